//! The seller: receives the envelope, relays the parts of others, dispatches after approval.

mod approved;
mod awaiting;
mod cancelled;
mod declined;
mod demands;
mod forward;
mod order;
mod stage;
mod states;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use approved::Approved;
pub use awaiting::{Authorized, AwaitingAuthorization};
pub use cancelled::{Cancelled, Cancelling};
pub use declined::Declined;
pub(crate) use demands::check_sum;
pub use order::SellerOrder;
use stage::{Life, Waiting};

use crate::endpoint::{Endpoint, party};
use crate::error::ReceiveError;
use crate::key::KeySource;
use crate::message::{Cargo, Envelope, OrderDigest, parts_digest};
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::pending::{Found, Lookup, Pending};
use crate::policy::SellerPolicy;
use crate::saved::{self, Resealed, Saved};
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
    /// new ones take the place of the old: it is filed in two steps, the second after [`LedgerError::FileAgain`](crate::LedgerError::FileAgain).
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
        self.endpoint.check_dates(header, header.deliver_until, now)?;
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
        let order = Saved::new(&Role::SELLER, opened, others, now, Life::new(Waiting));
        let nothing = alloc::collections::BTreeSet::new();
        let resume = Box::new(move |found: &Found<'_>| SellerOrder::found(found).map(|order| order.renewed(&parts)));
        Ok(saved::accept(order, (until, now), policy, &nothing, resume, AwaitingAuthorization))
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
