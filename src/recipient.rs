//! The delivery service, and every other recipient.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, party};
use crate::error::ReceiveError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::limits;
use crate::message::{Direct, Dispatch, OrderDigest, Part, Relay};
use crate::name::Role;
use crate::pending::{Found, Lookup, Pending};
use crate::policy::Peers;
use crate::receive::{Forwarded, check_seller};
use crate::saved::{self, Opened, Saved, Stage};
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// A recipient of any role but seller and card manager: the delivery service (patent claim 11), a payment gateway, an
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

    /// Receives a part that waited for the card manager's approval, at the time `now`, in seconds since 1970: the patent's
    /// arrow z.
    ///
    /// On [`Received::New`](crate::Received::New) deliver. [`Received::Again`](crate::Received::Again) was filed before:
    /// deliver if your books have no delivery under its digest.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_dispatch(&self, dispatch: &Dispatch, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let Forwarded { opened, instructions } = self.endpoint.open_dispatch(dispatch, now)?;
        let until = opened.part.deliver_until();
        Ok(self.accept(opened, instructions, (until, now)))
    }

    /// Receives a part that is relayed on receipt.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_relay(&self, relay: &Relay, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let Forwarded { opened, instructions } = self.endpoint.open_relay(relay, now)?;
        let until = opened.part.accept_until();
        Ok(self.accept(opened, instructions, (until, now)))
    }

    /// Receives a part that the card holder sends itself.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct(&self, direct: &Direct, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let opened = self.endpoint.open_direct(direct, now)?;
        let until = opened.part.accept_until();
        Ok(self.accept(opened, Zeroizing::default(), (until, now)))
    }

    fn accept(&self, opened: Opened, instructions: Zeroizing<Vec<u8>>, times: (u64, u64)) -> Pending<Delivery> {
        let policy = check_seller(&opened.part, &self.sellers);
        let order = Saved::new(&self.endpoint.role, opened, Vec::new(), Instructed { instructions });
        saved::accept(order, times, policy, &BTreeSet::new(), Delivery::found, Delivery)
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
        Saved::import(state, &self.endpoint.role, self.endpoint.identifier()).map(Delivery)
    }
}

/// An order as its recipient got it.
pub struct Delivery(Saved<Instructed>);

/// The one stage of a recipient's order.
struct Instructed {
    instructions: Zeroizing<Vec<u8>>,
}

impl Delivery {
    /// What the recipient sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.0.part()
    }

    /// The seller's instructions. Only a dispatch can carry any.
    #[must_use]
    pub fn instructions(&self) -> &[u8] {
        &self.0.stage.instructions
    }

    /// The state as bytes: secret. [`Recipient::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.0.export()
    }

    fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        Saved::found(found).map(Self)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.0).finish()
    }
}

const RECEIVED: &str = "received";

impl Stage for Instructed {
    fn is_of(&self, role: &Role, _: &Part) -> bool {
        ![Role::SELLER, Role::CARD_MANAGER].contains(role)
    }
}

impl Encode for Instructed {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).text(RECEIVED).bytes(&self.instructions);
    }
}

impl Decode for Instructed {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a stage", 2)?;
        if r.text("a stage", limits::NAME)? != RECEIVED {
            return Err(WireError::Expected("a stage of a recipient"));
        }
        let instructions = Zeroizing::new(r.bytes("instructions", 0, limits::INSTRUCTIONS)?.to_vec());
        Ok(Self { instructions })
    }
}
