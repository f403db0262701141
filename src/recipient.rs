//! The delivery service, and every other recipient.

mod delivery;
mod stage;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

pub use delivery::Delivery;
use delivery::consigning;
use stage::Instructed;

use crate::endpoint::{Endpoint, party};
use crate::error::ReceiveError;
use crate::key::KeySource;
use crate::message::{Consigned, Direct, Dispatch, OrderDigest, Relay};
use crate::name::Role;
use crate::pending::{Lookup, Pending, Resume, known};
use crate::policy::Peers;
use crate::receive::{Forwarded, check_seller};
use crate::saved::{self, Opened, Saved};
use crate::value::ValueError;
use crate::wire::WireError;

/// A recipient of any role but seller and card manager: the delivery service (patent claim 4), a payment gateway, an
/// insurer, an office of any kind.
#[derive(Clone)]
pub struct Recipient<K> {
    endpoint: Endpoint<K>,
    sellers: Peers,
}

party!(Recipient, sellers);

impl<K: KeySource> Recipient<K> {
    /// A recipient of this role, with its keys, and the sellers that it serves.
    ///
    /// # Errors
    ///
    /// [`ValueError::ReservedRole`] for the roles that have a type of their own with more duties.
    pub fn new(role: Role, keys: K, sellers: Peers) -> Result<Self, ValueError> {
        if [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER].contains(&role) {
            return Err(ValueError::ReservedRole);
        }
        Ok(Self { endpoint: Endpoint::new(keys, role), sellers })
    }

    /// A delivery service with its keys, and the sellers that it serves.
    ///
    /// It takes dispatches, which nobody can open without the card manager's approval, unless the card holder or the card
    /// manager gave the token away.
    pub fn delivery_service(keys: K, sellers: Peers) -> Self {
        Self { endpoint: Endpoint::new(keys, Role::DELIVERY_SERVICE), sellers }
    }

    /// Receives a consignment of an order that waited for the card manager's approval, at the time `now`, in seconds since
    /// 1970: the patent's arrow z.
    ///
    /// On [`Received::New`](crate::Received::New) deliver [it](Delivery::consignment).
    /// [`Received::Again`](crate::Received::Again) was filed before: deliver if your books have nothing under its digest
    /// and number. A further consignment of an order is filed in two steps, the second after
    /// [`LedgerError::FileAgain`](crate::LedgerError::FileAgain).
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept. When the step is filed,
    /// [`LedgerError::Rejected`](crate::LedgerError::Rejected) for a consignment that cannot follow those that are filed.
    pub fn receive_dispatch(&self, dispatch: &Dispatch, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let Forwarded { opened, at, load } = self.endpoint.open_dispatch(dispatch, now)?;
        let load = load.ok_or(ReceiveError::Rejected)?;
        let consigned = Consigned { at, load, outcome: None };
        let stage = Instructed { at: None, consignments: [consigned.clone()].into() };
        Ok(match opened {
            Ok(opened) => {
                let until = opened.part.deliver_until();
                self.accept(opened, stage, (until, now), consigning(consigned))
            }
            Err(unopened) => unopened.look_up(consigning(consigned)),
        })
    }

    /// Receives a part that is relayed on receipt.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_relay(&self, relay: &Relay, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let Forwarded { opened, at, .. } = self.endpoint.open_relay(relay, now)?;
        Ok(match opened {
            Ok(opened) => {
                let until = opened.part.accept_until();
                let stage = Instructed { at: Some(at), consignments: Vec::new() };
                self.accept(opened, stage, (until, now), known(Delivery::found))
            }
            Err(unopened) => unopened.look_up(known(Delivery::found)),
        })
    }

    /// Receives a part that the card holder sends itself.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct(&self, direct: &Direct, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let opened = self.endpoint.open_direct(direct, now)?;
        let until = opened.part.accept_until();
        let stage = Instructed { at: None, consignments: Vec::new() };
        Ok(self.accept(opened, stage, (until, now), known(Delivery::found)))
    }

    fn accept(
        &self,
        opened: Opened,
        stage: Instructed,
        (until, now): (u64, u64),
        resume: Resume<Delivery, Delivery>,
    ) -> Pending<Delivery> {
        let policy = check_seller(&opened.part, &self.sellers);
        let order = Saved::new(&self.endpoint.role, opened, Vec::new(), now, stage);
        saved::accept(order, (until, now), policy, &BTreeSet::new(), resume, Delivery::of)
    }

    /// Looks an order up in the ledger by its digest.
    pub fn find(&self, digest: OrderDigest) -> Lookup<Delivery> {
        Lookup::new(self.endpoint.ledger_key(digest), Delivery::found)
    }

    /// Reads an order from its exported state, such as the ledger has.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this recipient's.
    pub fn restore(&self, state: &[u8]) -> Result<Delivery, WireError> {
        Saved::import(state, &self.endpoint.role, self.endpoint.identifier()).map(Delivery::of)
    }
}
