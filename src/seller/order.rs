//! How far an order has come at the seller.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::stage::{AnyVerdict, HasApproval, Life, Verdict};
use super::{Approved, AwaitingAuthorization, Cancelled, Cancelling, Declined, Seller};
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Asked, Consigned, Demand, OrderDigest, Part, Receipt, Request, Resolution, Status};
use crate::name::Role;
use crate::order::Amount;
use crate::pending::{Found, Resume, Resumed, known};
use crate::saved::{Resealed, Saved};
use crate::seal::{Purpose, Sealed};
use crate::step::Received;
use crate::wire::Decode;

/// How far an order has come at the seller.
#[derive(Debug)]
pub enum SellerOrder {
    /// The card manager has not answered, as far as the seller knows.
    AwaitingAuthorization(AwaitingAuthorization),
    /// The card manager approved it.
    Approved(Approved),
    /// The card manager declined it.
    Declined(Declined),
    /// The seller asks to cancel it, and the card manager has not answered that.
    Cancelling(Cancelling),
    /// It is cancelled.
    Cancelled(Cancelled),
}

/// The same of the order, whatever state it is in.
macro_rules! in_each_state {
    ($order:expr, $state:ident => $what:expr) => {
        match $order {
            SellerOrder::AwaitingAuthorization($state) => $what,
            SellerOrder::Approved($state) => $what,
            SellerOrder::Declined($state) => $what,
            SellerOrder::Cancelling($state) => $what,
            SellerOrder::Cancelled($state) => $what,
        }
    };
}

impl SellerOrder {
    /// What the seller sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        in_each_state!(self, order => order.part())
    }

    /// When the card holder's withdrawal was filed, in seconds since 1970: nothing new is dispatched since.
    #[must_use]
    pub fn withdrawn_at(&self) -> Option<u64> {
        in_each_state!(self, order => order.withdrawn_at())
    }

    /// Whether the card manager approved or declined it, whatever has come of the order since; `None` if the seller has no
    /// answer.
    #[must_use]
    pub fn is_approved(&self) -> Option<bool> {
        match in_each_state!(self, order => order.0.stage.verdict.status()) {
            Status::Approved => Some(true),
            Status::Declined { .. } => Some(false),
            Status::Received | Status::Cancelled => None,
        }
    }

    /// What was dispatched, in the order of filing: to which role, and which consignment. It may be sent again when the
    /// order is cancelled, too.
    pub fn dispatches(&self) -> impl Iterator<Item = (&Role, &Consigned)> {
        let dispatches = self.life().0.into_iter().flat_map(|approval| &approval.dispatches);
        dispatches.map(|one| (&one.role, &one.consigned))
    }

    /// What the seller has asked for, by number, and how that was answered.
    pub fn demands(&self) -> impl Iterator<Item = (&Demand, Option<&Resolution>)> {
        self.life().1.iter().map(|asked| (&asked.demand, asked.resolution.as_ref()))
    }

    /// The sum of all refunds that the seller knows to be granted.
    #[must_use]
    pub fn refunded(&self) -> Option<Amount> {
        in_each_state!(self, order => order.0.refunded())
    }

    /// The message of a demand that is filed, for the card manager. Each call seals anew, so a request that was lost, or whose
    /// answer was, is sent again by this.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no such demand, the time to settle is over, or there is no key for the card manager.
    pub fn request<K: KeySource>(
        &self,
        seller: &Seller<K>,
        number: u16,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Request, SendError> {
        in_each_state!(self, order => seller.request(&order.0, number, now, rng))
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
        in_each_state!(self, order => order.receipt(seller, now, rng))
    }

    /// The state as bytes: secret. [`Seller::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        in_each_state!(self, order => order.export())
    }

    pub(super) fn life(&self) -> (Option<&HasApproval>, &[Asked]) {
        in_each_state!(self, order => (order.0.stage.verdict.approval(), &order.0.stage.demands))
    }

    pub(super) fn dispatched(&self, role: &Role, number: u16) -> bool {
        self.life().0.is_some_and(|approval| approval.to(role).any(|consigned| consigned.number() == number))
    }

    pub(super) fn hears<K: KeySource, T: Decode>(
        &self,
        seller: &Seller<K>,
        purpose: Purpose,
        from: &Role,
        (digest, sealed): (OrderDigest, &Sealed),
        now: u64,
    ) -> Result<T, ReceiveError> {
        in_each_state!(self, order => seller.hear_about(&order.0, purpose, from, (digest, sealed), now))
    }

    pub(super) fn into_saved(self) -> Saved<Life<AnyVerdict>> {
        in_each_state!(self, order => order.0.into_any())
    }

    pub(super) fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        Saved::found(found).map(Self::of)
    }

    /// For a step that was taken before if the order in the ledger says so. Otherwise that has changed meanwhile.
    pub(super) fn found_if<N>(is_filed: impl Fn(&Self) -> bool + Send + Sync + 'static) -> Resume<N, Self> {
        known(move |found| {
            let order = Self::found(found)?;
            if is_filed(&order) { Ok(order) } else { Err(LedgerError::TakeAgain) }
        })
    }

    /// The order with the parts of an envelope, if they are newer than those that it has.
    pub(super) fn renewed(self, parts: &Resealed) -> Resumed<AwaitingAuthorization, Self> {
        let mut saved = self.into_saved();
        let amendment = saved.renew(parts);
        let order = Self::of(saved);
        match amendment {
            Some(amendment) => Resumed::Amended(Received::Again(order), amendment),
            None => Resumed::Known(order),
        }
    }

    pub(super) fn of(saved: Saved<Life<AnyVerdict>>) -> Self {
        if saved.stage.is_cancelled() {
            return Self::Cancelled(Cancelled(saved));
        }
        let (saved, life) = saved.split();
        if let Some(number) = life.open_cancellation().map(|asked| asked.demand.number()) {
            return Self::Cancelling(Cancelling(saved.at(life), number));
        }
        let (life, verdict) = life.split();
        match verdict {
            AnyVerdict::Waiting(verdict) => {
                Self::AwaitingAuthorization(AwaitingAuthorization(saved.at(life.at(verdict))))
            }
            AnyVerdict::Approved(verdict) => Self::Approved(Approved(saved.at(life.at(verdict)))),
            AnyVerdict::Declined(verdict) => Self::Declined(Declined(saved.at(life.at(verdict)))),
        }
    }
}
