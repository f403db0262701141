//! The card holder: splits an order and seals its parts.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::error::SealError;
use super::terminal::{Peer, Rules, Terminal};
use crate::envelope::{self, Direct, Envelope, OrderDigest, Windows};
use crate::key::{KeySource, Purpose};
use crate::name::Role;
use crate::order::{Confinement, Order, OrderForm, Split, SplitError};

/// The card holder's terminal (patent claim 8): places orders.
#[derive(Debug)]
pub struct CardHolder<K> {
    terminal: Terminal<K>,
    confinement: Confinement,
}

/// A sealed order, ready to be sent.
#[derive(Debug)]
pub struct SealedOrder {
    /// The name of the order.
    pub digest: OrderDigest,
    /// For the seller: the patent's arrow x.
    pub envelope: Envelope,
    /// For the recipients whose release is direct, each to be sent to it.
    pub directs: Vec<Direct>,
}

impl<K: KeySource> CardHolder<K> {
    /// A card holder with its keys, and its rules of what goes to whom.
    pub fn new(keys: K, confinement: Confinement) -> Self {
        Self { terminal: Terminal::new(keys, Role::CARD_HOLDER), confinement }
    }

    /// The same with rules for the domains of its links.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.terminal.rules = rules;
        self
    }

    /// Splits an order by a form, if the confinement allows what the form asks for.
    ///
    /// # Errors
    ///
    /// [`SplitError`], naming the role and the field.
    pub fn split<'o>(&self, order: &'o Order, form: &OrderForm) -> Result<Split<'o>, SplitError> {
        self.confinement.split(self.terminal.identifier(), order, form)
    }

    /// Seals a split order at the time `now`, in seconds since 1970.
    ///
    /// Sealing the same order again makes another order, with another digest; to repeat an order
    /// that may have been lost, send the same bytes.
    ///
    /// # Security
    ///
    /// With a generator that repeats itself, equal orders of the same second come out equal; nothing
    /// else is lost.
    ///
    /// # Errors
    ///
    /// [`SealError`] if there is no key for a recipient, or if the windows are impossible.
    pub fn seal(
        &self,
        split: &Split<'_>,
        now: u64,
        windows: Windows,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SealedOrder, SealError> {
        let mut links = Vec::with_capacity(split.entries.len());
        for entry in &split.entries {
            let peer = Peer { role: &entry.role, identifier: &entry.identifier };
            let link = self.terminal.link_to(Purpose::Part, peer, now);
            links.push(link.map_err(|error| SealError::Key { role: entry.role.clone(), error })?);
        }
        let (envelope, directs) = envelope::seal(split, &links, self.terminal.identifier(), now, windows, rng)?;
        Ok(SealedOrder { digest: envelope.digest(), envelope, directs })
    }
}
