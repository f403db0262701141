//! The card holder: splits an order and seals its parts.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::error::SealError;
use super::terminal::{Peer, Rules, Terminal};
use crate::envelope::{self, Direct, Envelope, OrderDigest, Windows};
use crate::key::{KeySource, Purpose};
use crate::name::Role;
use crate::order::{Confinement, Entry, Order, OrderForm, Plan, SplitError};

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
    pub fn split<'a>(&'a self, order: &'a Order, form: &OrderForm) -> Result<Split<'a, K>, SplitError> {
        let plan = self.confinement.plan(self.terminal.identifier(), order, form)?;
        Ok(Split { holder: self, plan })
    }
}

/// An order cut by a form that the card holder's rules allow.
///
/// ```compile_fail
/// # use polyseal::*;
/// // Only what was held against the rules can be sealed: an order alone has no such step.
/// fn step(order: Order, rng: &mut impl rand_core::CryptoRng) {
///     order.seal(0, Windows::default(), rng);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step<K: KeySource>(split: Split<'_, K>, rng: &mut impl rand_core::CryptoRng) {
///     split.seal(0, Windows::default(), rng);
/// }
/// ```
pub struct Split<'a, K> {
    holder: &'a CardHolder<K>,
    plan: Plan<'a>,
}

impl<K: KeySource> Split<'_, K> {
    /// The recipients, in sending order, and what each will see.
    #[must_use]
    pub fn recipients(&self) -> &[Entry] {
        &self.plan.entries
    }

    /// Seals the order at the time `now`, in seconds since 1970.
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
        self,
        now: u64,
        windows: Windows,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SealedOrder, SealError> {
        let Self { holder: CardHolder { terminal, .. }, plan } = self;
        let mut links = Vec::with_capacity(plan.entries.len());
        for entry in &plan.entries {
            let peer = Peer { role: &entry.role, identifier: &entry.identifier };
            let link = terminal.link_to(Purpose::Part, peer, now);
            links.push(link.map_err(|error| SealError::Key { role: entry.role.clone(), error })?);
        }
        let (envelope, directs) = envelope::seal(&plan, &links, terminal.identifier(), now, windows, rng)?;
        Ok(SealedOrder { digest: envelope.digest(), envelope, directs })
    }
}

impl<K> fmt::Debug for Split<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("recipients", &self.plan.entries).finish_non_exhaustive()
    }
}
