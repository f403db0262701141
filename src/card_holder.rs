//! The card holder: splits an order, seals its parts, and reads what comes of it.

mod placed;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

pub use placed::AwaitingReceipt;
use rand_core::CryptoRng;

use crate::endpoint::{Endpoint, party};
use crate::error::SendError;
use crate::key::KeySource;
use crate::limits;
use crate::message::{self, Direct, Envelope, OrderDigest, Parts, Windows};
use crate::name::{FieldName, Role};
use crate::order::{Entry, Order, OrderForm, Plan, Release, Selector};
use crate::policy::{DisclosurePolicy, SplitError};
use crate::seal::Link;
use crate::wire::WireError;

/// The card holder's terminal (patent claim 8): places orders.
#[derive(Clone)]
pub struct CardHolder<K> {
    endpoint: Endpoint<K>,
    policy: Arc<DisclosurePolicy>,
}

party!(CardHolder, policy);

impl<K: KeySource> CardHolder<K> {
    /// A card holder with its keys, and its policy of what goes to whom.
    pub fn new(keys: K, policy: DisclosurePolicy) -> Self {
        Self { endpoint: Endpoint::new(keys, Role::CARD_HOLDER), policy: Arc::new(policy) }
    }

    /// Splits an order by a form, if the policy allows what the form asks for. The result borrows the order's values.
    ///
    /// # Errors
    ///
    /// [`SplitError`], naming the role and the field.
    pub fn split<'o>(&self, order: &'o Order, form: &OrderForm) -> Result<Split<'o>, SplitError> {
        self.policy.plan(self.endpoint.identifier(), order, form).map(Split)
    }

    /// Continues to await receipts from an exported state.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this card holder's.
    pub fn restore(&self, state: &[u8]) -> Result<AwaitingReceipt, WireError> {
        AwaitingReceipt::import(state, self.endpoint.identifier())
    }
}

/// An order cut by a form that the card holder's policy allows. Borrowed data: the values stay in the order.
///
/// ```compile_fail
/// # use polyseal::{*, message::Windows};
/// // Only what the policy allows can be sealed: an order alone has no such step.
/// fn step(order: Order, holder: &CardHolder<Share>, rng: &mut impl rand_core::CryptoRng) {
///     order.seal(holder, 0, Windows::default(), rng);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, card_holder::Split, message::Windows};
/// fn step(split: Split<'_>, holder: &CardHolder<Share>, rng: &mut impl rand_core::CryptoRng) {
///     split.seal(holder, 0, Windows::default(), rng);
/// }
/// ```
pub struct Split<'o>(Plan<'o>);

/// A sealed order, ready to be sent.
#[non_exhaustive]
#[must_use = "this is the only copy of the order: send its envelope and keep what awaits the receipt"]
pub struct SealedOrder {
    /// The name of the order.
    pub digest: OrderDigest,
    /// What reads the receipts of this order.
    pub awaiting: AwaitingReceipt,
    /// For the seller: the patent's arrow x.
    pub envelope: Envelope,
    /// For the recipients whose release is direct, each to be sent to its recipient. Send that of a card manager once a
    /// receipt shows that the seller has the order: an approval of what no seller has cannot be cancelled.
    pub directs: Vec<Direct>,
}

impl Split<'_> {
    /// The recipients, in sending order.
    #[must_use]
    pub fn recipients(&self) -> &[Entry] {
        &self.0.entries
    }

    /// Which fields a recipient of this order will see, as the form has it.
    pub fn selectors(&self, recipient: &Entry) -> impl Iterator<Item = &Selector> {
        self.0.seen_by(recipient).flat_map(|group| &group.selectors)
    }

    /// The fields of this order that a recipient of it will see: group by group, ascending in each.
    pub fn fields(&self, recipient: &Entry) -> impl Iterator<Item = &FieldName> {
        self.0.seen_by(recipient).flat_map(|group| &group.fields).map(|field| field.name)
    }

    /// Seals the order at the time `now`, in seconds since 1970, for the card holder that split it.
    ///
    /// Sealing the same order again makes another order, with another digest. To repeat an order that may have been lost,
    /// send the same bytes; if a recipient can no longer open its part,
    /// [seal the parts again](AwaitingReceipt::seal_again).
    ///
    /// # Security
    ///
    /// With a generator that repeats itself, equal orders of the same second come out equal. Nothing else is lost.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no key for a recipient, a handshake is missing, or the windows are impossible.
    pub fn seal<K: KeySource>(
        self,
        holder: &CardHolder<K>,
        now: u64,
        windows: Windows,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SealedOrder, SendError> {
        let Self(plan) = self;
        if plan.sender != *holder.endpoint.identifier() {
            return Err(SendError::OtherParty);
        }
        let links = holder.links(&plan.entries, now, now)?;
        let sealed = message::seal(plan, &links, now, windows, rng);
        let (placed, Parts { envelope, directs }) = sealed.map_err(|_| SendError::Windows)?;
        let awaiting = AwaitingReceipt::new(placed);
        Ok(SealedOrder { digest: envelope.digest(), awaiting, envelope, directs })
    }
}

impl<K: KeySource> CardHolder<K> {
    /// How to seal parts of an order of `date` for these recipients.
    fn links<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e Entry>,
        date: u64,
        now: u64,
    ) -> Result<Vec<Link>, SendError> {
        let mut links = Vec::with_capacity(limits::RECIPIENTS);
        for entry in entries {
            let peer = entry.as_peer();
            let is_sent_to = entry.role == Role::SELLER || entry.release == Release::Direct;
            if !self.endpoint.is_authenticated(peer, is_sent_to, now) {
                return Err(SendError::NotAuthenticated { role: entry.role.clone() });
            }
            links.push(self.endpoint.link_to(peer, date).map_err(SendError::key(&entry.role))?);
        }
        Ok(links)
    }
}

impl fmt::Debug for Split<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("recipients", &self.0.entries).finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedOrder").field("digest", &self.digest).finish_non_exhaustive()
    }
}
