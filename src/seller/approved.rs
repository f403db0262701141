//! An order that the card manager has approved.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::forward::{Says, recipient};
use super::stage::{Dispatched, HasApproval};
use super::{Seller, SellerOrder};
use crate::error::SendError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::limits;
use crate::message::{Dispatch, Relay};
use crate::name::Role;
use crate::order::{Entry, Release};
use crate::pending::{Found, OnlyKnown, Pending};
use crate::saved::{self, Saved, time_of_filing};
use crate::seal::Purpose;
use crate::step::{Refused, give_back};

/// An order that the card manager has approved.
///
/// It may wait until [`Part::deliver_until`](crate::message::Part::deliver_until) while the seller procures the
/// merchandise. Without a delivery service the seller fulfils the order from here.
pub struct Approved(pub(super) Saved<HasApproval>);

impl From<Approved> for SellerOrder {
    fn from(order: Approved) -> Self {
        Self::Approved(order)
    }
}

impl Approved {
    /// When the card manager approved it, by the card manager's clock, in seconds since 1970.
    #[must_use]
    pub fn decided_at(&self) -> u64 {
        self.0.stage.at
    }

    /// The roles to which the order has been dispatched, in that order.
    pub fn dispatched(&self) -> impl Iterator<Item = &Role> {
        self.0.stage.dispatches.iter().map(|dispatched| &dispatched.role)
    }

    /// The instructions with which the order was dispatched to a role, if it was.
    #[must_use]
    pub fn instructions(&self, role: &Role) -> Option<&[u8]> {
        self.dispatched_to(role).map(|dispatched| dispatched.instructions.as_slice())
    }

    pub(super) fn is_dispatched(&self) -> bool {
        !self.0.stage.dispatches.is_empty()
    }

    fn dispatched_to(&self, role: &Role) -> Option<&Dispatched> {
        self.0.stage.dispatches.iter().find(|dispatched| dispatched.role == *role)
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

    /// Decides to dispatch the order to a recipient whose part waited for the approval, with instructions of at most
    /// 4 KiB. Once that is filed, [`dispatch_message`](Self::dispatch_message) gives the message.
    ///
    /// An order is dispatched to each role once: where that was filed before, the step gives
    /// [`Received::Again`](crate::Received::Again), and the instructions of the first time stay. It gives that, too, if
    /// another process dispatched to another role meanwhile; the order then says so
    /// ([`dispatched`](Self::dispatched)), and the step can be taken again from there.
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
        let (Self(mut saved), is_filed) = give_back(self, |order| order.check(seller, role, instructions, now))?;
        if is_filed {
            return Ok(Pending::look_up(saved.entry(Self::found), OnlyKnown::Filed));
        }
        let (role, at) = (role.clone(), time_of_filing(saved.part(), now));
        let instructions = Zeroizing::new(instructions.to_vec());
        saved.stage.dispatches.push(Dispatched { role, at, instructions });
        Ok(saved::advance(saved, Self::found, Self))
    }

    /// Whether the dispatch is filed already, if it is one that this seller may make.
    fn check<K: KeySource>(
        &self,
        seller: &Seller<K>,
        role: &Role,
        instructions: &[u8],
        now: u64,
    ) -> Result<bool, SendError> {
        self.0.check_sender(&seller.endpoint)?;
        let entry = self.waiting(role)?;
        if self.dispatched_to(role).is_some() {
            return Ok(true);
        }
        if instructions.len() > limits::INSTRUCTIONS {
            return Err(SendError::TooLong { what: "instructions", most: limits::INSTRUCTIONS });
        }
        // W-4
        seller.endpoint.check_not_revoked(&entry.identifier).map_err(SendError::key(role))?;
        seller.check_ready(&self.0, entry, now)?;
        Ok(false)
    }

    fn waiting(&self, role: &Role) -> Result<&Entry, SendError> {
        let entry = recipient(&self.0, role)?;
        if entry.release == Release::OnApproval {
            Ok(entry)
        } else {
            Err(SendError::NotOnApproval { role: role.clone() })
        }
    }

    /// The message of a dispatch that is filed: the patent's arrow z. Each call seals anew, with the instructions that
    /// were filed, so a message that was lost, or that its receiver could not open, is sent again by this.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is not dispatched to the role, or nothing can be sealed for it now.
    pub fn dispatch_message<K: KeySource>(
        &self,
        seller: &Seller<K>,
        role: &Role,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Dispatch, SendError> {
        self.0.check_sender(&seller.endpoint)?;
        let entry = self.waiting(role)?;
        let dispatched = self.dispatched_to(role).ok_or_else(|| SendError::NotDispatched { role: role.clone() })?;
        seller.check_ready(&self.0, entry, now)?;
        let Dispatched { at, instructions, .. } = dispatched;
        let says = Says { at: *at, token: Some(&self.0.stage.token), instructions };
        seller.forward(&self.0, Purpose::Dispatch, entry, says, rng).map(Dispatch)
    }

    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        match SellerOrder::found(found)? {
            SellerOrder::Approved(approved) => Ok(approved),
            // An approved order does not become another one.
            SellerOrder::AwaitingAuthorization(_) | SellerOrder::Declined(_) => Err(LedgerError::Damaged),
        }
    }
}
