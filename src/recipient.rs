//! The delivery service, and every other recipient.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::endpoint::{Endpoint, party};
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::limits;
use crate::message::{Direct, Dispatch, OrderDigest, Part, Receipt, Relay, Status};
use crate::name::Role;
use crate::order::Release;
use crate::pending::{Found, Lookup, Pending};
use crate::policy::Peers;
use crate::receive::{Forwarded, check_seller};
use crate::saved::{self, Opened, Saved, Stage};
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

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
        let forwarded = self.endpoint.open_dispatch(dispatch, now)?;
        Ok(self.accept_forwarded(forwarded, Part::deliver_until, now))
    }

    /// Receives a part that is relayed on receipt.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_relay(&self, relay: &Relay, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let forwarded = self.endpoint.open_relay(relay, now)?;
        Ok(self.accept_forwarded(forwarded, Part::accept_until, now))
    }

    /// Receives a part that the card holder sends itself.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. Nothing of a refused message is kept.
    pub fn receive_direct(&self, direct: &Direct, now: u64) -> Result<Pending<Delivery>, ReceiveError> {
        let opened = self.endpoint.open_direct(direct, now)?;
        let until = opened.part.accept_until();
        Ok(self.accept(opened, Instructed { at: None, instructions: Zeroizing::default() }, (until, now)))
    }

    fn accept_forwarded(&self, forwarded: Forwarded, until: fn(&Part) -> u64, now: u64) -> Pending<Delivery> {
        let Forwarded { opened, at, instructions } = forwarded;
        match opened {
            Ok(opened) => {
                let until = until(&opened.part);
                self.accept(opened, Instructed { at: Some(at), instructions }, (until, now))
            }
            Err(unopened) => unopened.look_up(Delivery::found),
        }
    }

    fn accept(&self, opened: Opened, stage: Instructed, (until, now): (u64, u64)) -> Pending<Delivery> {
        let policy = check_seller(&opened.part, &self.sellers);
        let order = Saved::new(&self.endpoint.role, opened, Vec::new(), now, stage);
        saved::accept(order, (until, now), policy, &BTreeSet::new(), Delivery::found, Delivery)
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
    /// When the seller filed that it sends it, if it came through the seller.
    at: Option<u64>,
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

    /// When the seller filed what it passed on with the part, by the seller's clock, in seconds since 1970. `None` if the
    /// part came from the card holder itself.
    #[must_use]
    pub fn passed_on_at(&self) -> Option<u64> {
        self.0.stage.at
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: the part is received. The seller passes it
    /// on, and can neither read nor make it. Only the delivery service gives one.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, the recipient has another role, or there is no key for the card
    /// holder.
    pub fn receipt<K: KeySource>(
        &self,
        recipient: &Recipient<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        self.0.receipt(&recipient.endpoint, Status::Received, now, rng)
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
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        // S-11
        ![Role::SELLER, Role::CARD_MANAGER].contains(role)
            && match (part.own().release, self.at) {
                (Release::Direct, None) => self.instructions.is_empty(),
                (Release::OnReceipt, Some(at)) => part.was_open_at(at) && self.instructions.is_empty(),
                (Release::OnApproval, Some(at)) => part.was_deliverable_at(at),
                _ => false,
            }
    }
}

impl Encode for Instructed {
    /// `["received", at or null, instructions]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).text(RECEIVED).uint_or_null(self.at).bytes(&self.instructions);
    }
}

impl Decode for Instructed {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a stage", 3)?;
        if r.text("a stage", limits::NAME)? != RECEIVED {
            return Err(WireError::Expected("a stage of a recipient"));
        }
        let at = r.or_null(|r| r.uint("a time", limits::TIME))?;
        let instructions = Zeroizing::new(r.bytes("instructions", 0, limits::INSTRUCTIONS)?.to_vec());
        Ok(Self { at, instructions })
    }
}
