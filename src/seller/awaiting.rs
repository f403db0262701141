//! An order whose authorization is awaited.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::stage::{HasApproval, IsDeclined, Life, Waiting};
use super::{Approved, Declined, Seller, SellerOrder, demands};
use crate::endpoint::Topic;
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Authorization, OrderDigest, Relay, Ruling, Verdict};
use crate::name::Role;
use crate::order::{Amount, Entry};
use crate::peer::Peer;
use crate::pending::{Found, Pending, known};
use crate::saved::{self, Saved, check_until};
use crate::seal::{Purpose, Sealed};
use crate::step::{Refused, give_back};
use crate::wire::Decode;

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
pub struct AwaitingAuthorization(pub(super) Saved<Life<Waiting>>);

/// What the card manager answered.
#[derive(Debug)]
pub enum Authorized {
    /// It approved this order.
    Approved(Approved),
    /// It declined it.
    Declined(Declined),
}

/// What the card manager's answer says of an order.
pub(super) enum Heard {
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
    /// When the step is filed, [`LedgerError::TakeAgain`] if the card holder's parts were replaced meanwhile, or the order
    /// is being cancelled.
    pub fn authorize<K: KeySource>(
        self,
        seller: &Seller<K>,
        authorization: &Authorization,
        now: u64,
    ) -> Result<Pending<Authorized>, Refused<Self, ReceiveError>> {
        let (Self(saved), verdict) = give_back(self, |order| seller.hear_verdict(&order.0, authorization, now))?;
        // A-7: of the answers that are filed in place of this state, the first one counts.
        let (saved, life) = saved.split();
        Ok(match verdict {
            Heard::Approved(verdict) => {
                let next = saved.at(life.at(verdict));
                saved::advance(next, known(Authorized::found), |next| Authorized::Approved(Approved(next)))
            }
            Heard::Declined(verdict) => {
                let next = saved.at(life.at(verdict));
                saved::advance(next, known(Authorized::found), |next| Authorized::Declined(Declined(next)))
            }
        })
    }

    /// Decides to refund a sum of an order without a card manager, which the seller fulfils, and refunds, as it sees fit: the
    /// demand of this number is granted as soon as it is filed.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state, as for [`Approved::refund`]; and [`SendError::NotApproved`] if there is a card manager.
    pub fn refund<K: KeySource>(
        self,
        seller: &Seller<K>,
        number: u16,
        sum: &Amount,
        now: u64,
    ) -> Result<Pending<SellerOrder>, Refused<Self, SendError>> {
        demands::refund(self, seller, number, sum, now)
    }
}

impl<K: KeySource> Seller<K> {
    /// Opens the card manager's answer and checks it against the order.
    pub(super) fn hear_verdict<S>(
        &self,
        saved: &Saved<S>,
        authorization: &Authorization,
        now: u64,
    ) -> Result<Heard, ReceiveError> {
        let part = saved.part();
        // A-1, A-2, A-3
        let (digest, sealed) = (authorization.digest, &authorization.sealed);
        let Verdict { at, ruling } =
            self.hear_about(saved, Purpose::Authorization, &Role::CARD_MANAGER, (digest, sealed), now)?;
        // A-4
        self.endpoint.check_filed(&part.header, at, part.accept_until(), now)?;
        match ruling {
            // A-5, A-6
            Ruling::Approved { token } if part.is_approved_by(&token) => {
                self.endpoint.check_not_revoked(part.sender())?;
                Ok(Heard::Approved(HasApproval { at, token, dispatches: Vec::new() }))
            }
            Ruling::Approved { .. } => Err(ReceiveError::Rejected),
            Ruling::Declined { reason } => Ok(Heard::Declined(IsDeclined { at, reason })),
        }
    }

    /// Opens what a recipient of a filed order tells the seller.
    pub(super) fn hear_about<S, T: Decode>(
        &self,
        saved: &Saved<S>,
        purpose: Purpose,
        from: &Role,
        (digest, sealed): (OrderDigest, &Sealed),
        now: u64,
    ) -> Result<T, ReceiveError> {
        let part = saved.part();
        saved.check_receiver(&self.endpoint)?;
        if digest != part.digest() {
            return Err(ReceiveError::OtherOrder);
        }
        let holder = Peer { role: &Role::CARD_HOLDER, identifier: part.sender() };
        let peer = if *from == Role::CARD_HOLDER { Some(holder) } else { part.recipient(from).map(Entry::as_peer) };
        let peer = peer.ok_or_else(|| ReceiveError::NoSuchRecipient { role: from.clone() })?;
        check_until(part.settle_until(), now)?;
        let topic = Topic { purpose, peer, digest: &digest.0, date: part.issued_at() };
        Ok(self.endpoint.hear(topic, sealed)?)
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

impl Authorized {
    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        match SellerOrder::found(found)? {
            SellerOrder::Approved(approved) => Ok(Self::Approved(approved)),
            SellerOrder::Declined(declined) => Ok(Self::Declined(declined)),
            // The envelope came again with other parts meanwhile, or the order is being cancelled.
            SellerOrder::AwaitingAuthorization(_) | SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => {
                Err(LedgerError::TakeAgain)
            }
        }
    }
}
