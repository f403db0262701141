//! An order that the card manager has approved.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::forward::waiting;
use super::stage::{Dispatched, HasApproval, Life};
use super::{Seller, SellerOrder, demands};
use crate::error::SendError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::limits;
use crate::message::{Consigned, Consignment, Load, Relay};
use crate::name::Role;
use crate::order::Amount;
use crate::pending::{Found, OnlyKnown, Pending, known};
use crate::saved::{self, Saved, time_of_filing};
use crate::step::{Refused, give_back};

/// An order that the card manager has approved.
///
/// It may wait until [`Part::deliver_until`](crate::message::Part::deliver_until) while the seller procures the
/// merchandise. Without a delivery service the seller fulfils the order from here.
pub struct Approved(pub(super) Saved<Life<HasApproval>>);

impl Approved {
    /// When the card manager approved it, by the card manager's clock, in seconds since 1970.
    #[must_use]
    pub fn decided_at(&self) -> u64 {
        self.0.stage.verdict.at
    }

    /// What was dispatched, in the order of filing: to which role, and which consignment.
    pub fn dispatches(&self) -> impl Iterator<Item = (&Role, &Consigned)> {
        self.0.stage.verdict.dispatches.iter().map(|one| (&one.role, &one.consigned))
    }

    /// The part of a recipient that is served on receipt, as
    /// [`AwaitingAuthorization::relay`](super::AwaitingAuthorization::relay) gives it: the card manager may have answered
    /// before another such recipient had its part.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is nothing to relay to the role now.
    pub fn relay<K: KeySource>(
        &self,
        seller: &Seller<K>,
        role: &Role,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Relay, SendError> {
        seller.relay(&self.0, role, now, rng)
    }

    /// Decides to dispatch all of the order at once to a recipient whose part waited for the approval, with instructions of
    /// at most 4 KiB: [`dispatch_consignment`](Self::dispatch_consignment) of [`Consignment::WHOLE`].
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state.
    pub fn dispatch<K: KeySource>(
        self,
        seller: &Seller<K>,
        role: &Role,
        instructions: &[u8],
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, SendError>> {
        self.dispatch_consignment(seller, role, Consignment::WHOLE, instructions, now)
    }

    /// Decides to dispatch a consignment of the order to a recipient whose part waited for the approval, with instructions
    /// of at most 4 KiB. Once that is filed, [`dispatch_message`](Self::dispatch_message) gives the message.
    ///
    /// Each consignment is dispatched once: where its number was filed before, the step gives
    /// [`Received::Again`](crate::Received::Again), and the content of the first time stays
    /// ([`dispatches`](Self::dispatches)).
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if it is not the next consignment, the last one is dispatched, the order is
    /// withdrawn, or the time to deliver is over. When the step is filed, [`LedgerError::TakeAgain`] if the order has
    /// changed meanwhile: another process dispatched something else, the card holder withdrew, or it is being cancelled.
    pub fn dispatch_consignment<K: KeySource>(
        self,
        seller: &Seller<K>,
        role: &Role,
        consignment: Consignment,
        instructions: &[u8],
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, SendError>> {
        let (Self(mut saved), is_filed) =
            give_back(self, |order| order.check(seller, role, consignment, instructions, now))?;
        let to = role.clone();
        let resume = known(move |found: &Found<'_>| Self::found_with(found, &to, consignment.number()));
        if is_filed {
            return Ok(Pending::look_up((saved.entry(), resume), OnlyKnown::Filed));
        }
        let load = Load { consignment, instructions: Zeroizing::new(instructions.to_vec()) };
        let consigned = Consigned { at: time_of_filing(saved.part(), now), load, outcome: None };
        saved.stage.verdict.dispatches.push(Dispatched { role: role.clone(), consigned });
        Ok(saved::advance(saved, resume, Self))
    }

    /// Whether the dispatch is filed already, if it is one that this seller may make.
    fn check<K: KeySource>(
        &self,
        seller: &Seller<K>,
        role: &Role,
        consignment: Consignment,
        instructions: &[u8],
        now: u64,
    ) -> Result<bool, SendError> {
        self.0.check_sender(&seller.endpoint)?;
        let entry = waiting(&self.0, role)?;
        let approval = &self.0.stage.verdict;
        let last = approval.to(role).last().map(Consigned::consignment);
        let filed = last.map_or(0, Consignment::number);
        if consignment.number() <= filed {
            return Ok(true);
        }
        if last.is_some_and(Consignment::is_last) {
            return Err(SendError::AllDispatched { role: role.clone() });
        }
        if consignment.number() != filed.saturating_add(1) {
            return Err(SendError::NotNext { next: filed.saturating_add(1) });
        }
        if self.0.stage.withdrawn.is_some() {
            return Err(SendError::Withdrawn);
        }
        self.check_room(instructions)?;
        // W-4
        seller.endpoint.check_not_revoked(&entry.identifier).map_err(SendError::key(role))?;
        seller.check_ready(&self.0, entry, now)?;
        Ok(false)
    }

    fn check_room(&self, instructions: &[u8]) -> Result<(), SendError> {
        let lengths = self.dispatches().map(|(_, consigned)| consigned.instructions().len());
        let all = lengths.fold(instructions.len(), usize::saturating_add);
        if instructions.len() > limits::INSTRUCTIONS {
            Err(SendError::TooLong { what: "instructions", most: limits::INSTRUCTIONS })
        } else if all > limits::ORDER_INSTRUCTIONS {
            Err(SendError::TooLong { what: "all instructions of an order", most: limits::ORDER_INSTRUCTIONS })
        } else if self.dispatches().count() >= limits::CONSIGNMENTS {
            Err(SendError::TooMany { what: "consignments" })
        } else {
            Ok(())
        }
    }

    /// Decides to refund a sum, by the demand of this number: see
    /// [`AwaitingAuthorization::refund`](super::AwaitingAuthorization::refund) for an order without a card manager.
    ///
    /// Demands of an order are numbered from 1, cancellations included. Where the same was filed before, the step gives
    /// [`Received::Again`](crate::Received::Again). Once it is filed, [`SellerOrder::request`] gives the message for the
    /// card manager.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if the number is not the next one, or is that of another demand; the sum is zero, of another currency or with other
    /// decimals than the amount due, or more than what is left of it; or the time to settle is over. When the step is
    /// filed, [`LedgerError::TakeAgain`] if the order has changed meanwhile.
    pub fn refund<K: KeySource>(
        self,
        seller: &Seller<K>,
        number: u16,
        sum: &Amount,
        now: u64,
    ) -> Result<Pending<SellerOrder>, Refused<Self, SendError>> {
        demands::refund(self, seller, number, sum, now)
    }

    /// The order with this consignment to a role. Without it, the order has changed meanwhile.
    fn found_with(found: &Found<'_>, role: &Role, number: u16) -> Result<Self, LedgerError> {
        let order = SellerOrder::found(found)?;
        let is_dispatched = order.dispatched(role, number);
        match order {
            SellerOrder::Approved(approved) if is_dispatched => Ok(approved),
            SellerOrder::Approved(_) | SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => {
                Err(LedgerError::TakeAgain)
            }
            // An approved order does not become another one.
            SellerOrder::AwaitingAuthorization(_) | SellerOrder::Declined(_) => Err(LedgerError::Damaged),
        }
    }
}
