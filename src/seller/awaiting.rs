//! An order whose authorization is awaited.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::stage::{HasApproval, IsDeclined, Waiting};
use super::{Approved, Declined, Seller, SellerOrder};
use crate::endpoint::Topic;
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Authorization, Outcome, Relay, Verdict};
use crate::name::Role;
use crate::pending::{Found, Pending};
use crate::saved::{self, Saved, check_until};
use crate::seal::Purpose;
use crate::step::{Refused, give_back};

/// An order that the seller has accepted, and the card manager has not answered.
///
/// ```compile_fail
/// # use polyseal::{*, message::*, seller::*};
/// // A dispatch needs the approval: there is no such step from here.
/// fn step(awaiting: AwaitingAuthorization, seller: &Seller<Share>) {
///     let pending = awaiting.dispatch(seller, &Role::DELIVERY_SERVICE, b"", 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, message::*, seller::*};
/// fn step(approved: Approved, seller: &Seller<Share>) {
///     let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"", 0);
/// }
/// ```
pub struct AwaitingAuthorization(pub(super) Saved<Waiting>);

/// What the card manager answered.
#[derive(Debug)]
pub enum Authorized {
    /// It approved this order.
    Approved(Approved),
    /// It declined it.
    Declined(Declined),
}

/// The next stage, as the answer has it.
enum NextStage {
    Approved(HasApproval),
    Declined(IsDeclined),
}

impl AwaitingAuthorization {
    /// The part of a recipient that is served on receipt, to be sent to it: the patent's arrow y.
    ///
    /// Relaying again is safe: the recipient knows the order and repeats its answer. Each call seals anew.
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

    /// Takes the card manager's answer. The first answer that is filed stays.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged answer changes nothing, and the card manager's own still goes through.
    /// When the step is filed, [`LedgerError::TakeAgain`] if the card holder's parts were replaced meanwhile.
    pub fn authorize<K: KeySource>(
        self,
        seller: &Seller<K>,
        authorization: &Authorization,
        now: u64,
    ) -> Result<Pending<Authorized>, Refused<Self, ReceiveError>> {
        let (Self(saved), next) = give_back(self, |order| order.next_stage(seller, authorization, now))?;
        // A-7: of the answers that are filed in place of this state, the first one counts.
        Ok(match next {
            NextStage::Approved(stage) => {
                saved::advance(saved.at(stage), Authorized::found, |next| Authorized::Approved(Approved(next)))
            }
            NextStage::Declined(stage) => {
                saved::advance(saved.at(stage), Authorized::found, |next| Authorized::Declined(Declined(next)))
            }
        })
    }

    /// Opens the answer and checks it against the order.
    fn next_stage<K: KeySource>(
        &self,
        seller: &Seller<K>,
        authorization: &Authorization,
        now: u64,
    ) -> Result<NextStage, ReceiveError> {
        self.0.check_receiver(&seller.endpoint)?;
        let part = self.part();
        // A-1
        if authorization.digest != part.digest() {
            return Err(ReceiveError::OtherOrder);
        }
        let manager = part.recipient(&Role::CARD_MANAGER);
        let manager = manager.ok_or(ReceiveError::NoSuchRecipient { role: Role::CARD_MANAGER })?;
        // A-2
        check_until(part.header.settle_until, now)?;
        let (purpose, peer, date) = (Purpose::Authorization, manager.as_peer(), part.issued_at());
        let topic = Topic { purpose, peer, digest: &part.header.digest().0, date };
        // A-3
        let Verdict { at, outcome } = seller.endpoint.hear(topic, &authorization.sealed)?;
        // A-4
        seller.endpoint.check_filed(&part.header, at, part.accept_until(), now)?;
        match outcome {
            // A-5, A-6
            Outcome::Approved { token } if part.is_approved_by(&token) => {
                seller.endpoint.check_not_revoked(part.sender())?;
                Ok(NextStage::Approved(HasApproval { at, token, dispatches: Vec::new() }))
            }
            Outcome::Approved { .. } => Err(ReceiveError::Rejected),
            Outcome::Declined { reason } => Ok(NextStage::Declined(IsDeclined { at, reason })),
        }
    }
}

impl From<Authorized> for SellerOrder {
    fn from(authorized: Authorized) -> Self {
        match authorized {
            Authorized::Approved(order) => Self::Approved(order),
            Authorized::Declined(order) => Self::Declined(order),
        }
    }
}

impl From<AwaitingAuthorization> for SellerOrder {
    fn from(order: AwaitingAuthorization) -> Self {
        Self::AwaitingAuthorization(order)
    }
}

impl Authorized {
    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        match SellerOrder::found(found)? {
            SellerOrder::Approved(approved) => Ok(Self::Approved(approved)),
            SellerOrder::Declined(declined) => Ok(Self::Declined(declined)),
            // The envelope came again with other parts meanwhile.
            SellerOrder::AwaitingAuthorization(_) => Err(LedgerError::TakeAgain),
        }
    }
}
