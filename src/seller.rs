//! The seller: receives the envelope, relays the parts of others, dispatches after approval.

mod approved;
mod awaiting;
mod declined;
mod forward;
mod stage;

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

pub use approved::Approved;
pub use awaiting::{Authorized, AwaitingAuthorization};
pub use declined::Declined;
use stage::{SellerStage, Waiting};

use crate::endpoint::{Endpoint, party};
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Cargo, Envelope, OrderDigest, Part, Receipt, parts_digest};
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::pending::{Found, Lookup, Pending, Renewal, Renewed, Resealed};
use crate::policy::SellerPolicy;
use crate::saved::{self, Saved};
use crate::wire::WireError;

/// The seller's terminal (patent claim 10).
///
/// ```compile_fail
/// # use polyseal::{*, message::*, seller::*};
/// // Nothing can be done with an order that is not filed.
/// fn step(seller: &Seller<Share>, envelope: &Envelope) {
///     let order: AwaitingAuthorization = seller.receive(envelope, 0).unwrap();
/// }
/// ```
///
/// ```
/// # use polyseal::{*, message::*, seller::*};
/// fn step(seller: &Seller<Share>, envelope: &Envelope, ledger: &mut MemoryLedger) {
///     let order: Received<AwaitingAuthorization, SellerOrder> = seller.receive(envelope, 0).unwrap().file(ledger).unwrap();
/// }
/// ```
#[derive(Clone)]
pub struct Seller<K> {
    endpoint: Endpoint<K>,
    policy: SellerPolicy,
}

party!(Seller, policy);

impl<K: KeySource> Seller<K> {
    /// A seller with its keys, and the orders that it takes.
    pub fn new(keys: K, policy: SellerPolicy) -> Self {
        Self { endpoint: Endpoint::new(keys, Role::SELLER), policy }
    }

    /// The same seller with another policy.
    #[must_use]
    pub fn with_policy(self, policy: SellerPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Receives an order at the time `now`, in seconds since 1970.
    ///
    /// An order that was filed before comes back as [`Received::Again`](crate::Received::Again), whatever the policy is
    /// today. If its card holder has sealed the parts [again](crate::card_holder::AwaitingReceipt::seal_again) since, the
    /// new ones take the place of the old: it is filed in two steps, the second after [`LedgerError::FileAgain`].
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive(
        &self,
        envelope: &Envelope,
        now: u64,
    ) -> Result<Pending<AwaitingAuthorization, SellerOrder>, ReceiveError> {
        let Envelope(Cargo { header, parts }) = envelope;
        let (own, others): (Vec<_>, Vec<_>) = parts.iter().cloned().partition(|part| part.role == Role::SELLER);
        // M-2
        let [own] = &*own else { return Err(self.endpoint.not_addressed()) };
        self.endpoint.check_dates(header, now)?;
        // E-1 to E-3
        let opened = self.endpoint.open_part(header, own, Release::OnReceipt, None)?;
        let part = &opened.part;
        // The other parts are those that the card holder sent along, and none is missing. It is better to know that now
        // than when the order is paid and cannot be delivered.
        let expected = part.recipients().filter(|entry| entry.release != Release::Direct).map(Entry::role);
        let companions = parts_digest(&others);
        let (Some(vouched), Some(revision)) = (part.opening.companions, part.opening.revision) else {
            return Err(ReceiveError::Rejected);
        };
        // E-5, E-4
        if vouched != companions || !expected.eq(parts.iter().map(|part| &part.role)) {
            return Err(ReceiveError::Rejected);
        }
        let (policy, until) = (self.policy.check(part), part.accept_until());
        let parts = Resealed { revision, companions, others: others.clone() };
        let order = Saved::new(&Role::SELLER, opened, others, now, Waiting);
        let nothing = alloc::collections::BTreeSet::new();
        let pending = saved::accept(order, (until, now), policy, &nothing, SellerOrder::found, AwaitingAuthorization);
        Ok(pending.renewing(Renewal { parts, renew: SellerOrder::renew }))
    }

    /// Looks an order up in the ledger by its digest.
    pub fn find(&self, digest: OrderDigest) -> Lookup<SellerOrder> {
        Lookup::new(self.endpoint.ledger_key(digest), SellerOrder::found)
    }

    /// Continues an order from its exported state, such as the ledger has.
    ///
    /// # Security
    ///
    /// An old state of an order may be restored: the ledger refuses what has been done since.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this seller's.
    pub fn restore(&self, state: &[u8]) -> Result<SellerOrder, WireError> {
        Saved::import(state, &Role::SELLER, self.endpoint.identifier()).map(SellerOrder::of)
    }
}

/// How far an order has come at the seller.
#[derive(Debug)]
pub enum SellerOrder {
    /// The card manager's answer is awaited.
    AwaitingAuthorization(AwaitingAuthorization),
    /// The card manager approved.
    Approved(Approved),
    /// The card manager declined.
    Declined(Declined),
}

impl SellerOrder {
    /// What the seller sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        match self {
            Self::AwaitingAuthorization(order) => order.part(),
            Self::Approved(order) => order.part(),
            Self::Declined(order) => order.part(),
        }
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: how far the order has come.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the card holder.
    pub fn receipt<K: KeySource>(
        &self,
        seller: &Seller<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        match self {
            Self::AwaitingAuthorization(order) => order.receipt(seller, now, rng),
            Self::Approved(order) => order.receipt(seller, now, rng),
            Self::Declined(order) => order.receipt(seller, now, rng),
        }
    }

    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        Saved::found(found).map(Self::of)
    }

    fn renew(self, parts: &Resealed) -> (Self, Option<Renewed>) {
        macro_rules! renewed {
            ($($state:ident),*) => {
                match self {
                    $(Self::$state(mut order) => {
                        let renewed = order.0.renew(parts);
                        (Self::$state(order), renewed)
                    })*
                }
            };
        }
        renewed!(AwaitingAuthorization, Approved, Declined)
    }

    fn of(saved: Saved<SellerStage>) -> Self {
        let (saved, stage) = saved.split();
        match stage {
            SellerStage::Waiting(stage) => Self::AwaitingAuthorization(AwaitingAuthorization(saved.at(stage))),
            SellerStage::Approved(stage) => Self::Approved(Approved(saved.at(stage))),
            SellerStage::Declined(stage) => Self::Declined(Declined(saved.at(stage))),
        }
    }
}

/// What the seller's states have in common.
macro_rules! seller_states {
    ($($state:ident: $status:expr;)*) => {$(
        impl $state {
            /// What the seller sees of the order.
            #[must_use]
            pub fn part(&self) -> &Part {
                self.0.part()
            }

            /// The state as bytes: secret. [`Seller::restore`] reads them.
            #[must_use]
            pub fn export(&self) -> zeroize::Zeroizing<Vec<u8>> {
                self.0.export()
            }

            /// A receipt for the card holder, at the time `now`, in seconds since 1970: how far the order has come.
            ///
            /// # Errors
            ///
            /// [`SendError`] if the order is another party's, or there is no key for the card holder.
            pub fn receipt<K: KeySource>(
                &self,
                seller: &Seller<K>,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<Receipt, SendError> {
                let status: fn(&Self) -> crate::message::Status = $status;
                self.0.receipt(&seller.endpoint, status(self), now, rng)
            }
        }

        impl fmt::Debug for $state {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($state)).field(&self.0).finish()
            }
        }
    )*};
}

use crate::message::Status;

seller_states! {
    AwaitingAuthorization: |_| Status::Received;
    Approved: |order| if order.is_dispatched() { Status::Dispatched } else { Status::Approved };
    Declined: |order| Status::Declined { reason: order.0.stage.reason.clone() };
}
