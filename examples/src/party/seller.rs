//! The seller: relays what it cannot read, and dispatches once the card manager approves.
//!
//! Between two messages it keeps an order in its ledger alone, as a server would that may be restarted
//! at any time: each message finds the state of its order there.

use std::collections::BTreeMap;

use polyseal::{
    Approved, Authentication, AwaitingAuthentication, DispatchError, Envelope, FieldName, Identifier, Ledger,
    LedgerKey, MemoryLedger, OrderDigest, OrderForm, Part, Received, Refused, RelayError, Release, Role, Rules, Seller,
    SellerOrder, SellerPolicy, Share, Zeroizing,
};

use super::confirmation::{Confirmations, Heard};
use super::{Party, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// What the seller tells whoever receives a dispatch.
const INSTRUCTIONS: &str = "collect at gate 2";

/// A shop.
pub struct Shop {
    terminal: Seller<Share>,
    /// Its order form, which it sends along when it answers a confirmation.
    form: Vec<u8>,
    confirmations: Confirmations,
    /// The orders that go on when somebody has been confirmed.
    waiting: BTreeMap<OrderDigest, Waiting>,
    ledger: MemoryLedger,
    /// For the example's report.
    readable: Vec<FieldName>,
}

/// Why an order does not go on yet.
struct Waiting {
    unconfirmed: Role,
    /// The card manager's answer, if that comes first, as it can where the card holder sent its part directly.
    early: Option<Vec<u8>>,
}

impl Shop {
    pub fn new(share: Share, form: &OrderForm, policy: SellerPolicy, rules: Rules) -> Self {
        Self {
            terminal: Seller::new(share, policy).with_rules(rules),
            form: form.to_bytes(),
            confirmations: Confirmations::default(),
            waiting: BTreeMap::new(),
            ledger: ledger(),
            readable: Vec::new(),
        }
    }

    /// Why the card manager declined an order, if it did.
    pub fn declined(&self, digest: OrderDigest) -> Result<Option<String>> {
        if let Some(Waiting { unconfirmed, .. }) = self.waiting.get(&digest) {
            let error = RelayError::Unconfirmed { role: unconfirmed.clone() };
            return Err(format!("the seller sends nothing on: {error}").into());
        }
        Ok(match self.terminal.restore(&self.load(digest)?)? {
            SellerOrder::Declined(declined) => Some(declined.reason().into()),
            SellerOrder::Approved(_) => None,
            SellerOrder::AwaitingAuthentication(_) => return Err("the card manager has not answered".into()),
        })
    }

    /// Takes an order.
    fn take_order(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let envelope = Envelope::from_bytes(bytes)?;
        let awaiting = match self.terminal.receive(&envelope, now, &mut self.ledger)? {
            // Received again, it is relayed again: the first relay may have been lost.
            Received::New(awaiting) | Received::Again(SellerOrder::AwaitingAuthentication(awaiting)) => awaiting,
            Received::Again(SellerOrder::Approved(_) | SellerOrder::Declined(_)) => return Ok(Vec::new()),
        };
        self.readable = names(awaiting.part());
        let digest = awaiting.part().digest();
        self.proceed(digest, now)
    }

    /// Takes the card manager's answer.
    fn take_answer(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let answer = Authentication::from_bytes(bytes)?;
        let digest = answer.digest();
        let state = self.load(digest)?;
        if let SellerOrder::AwaitingAuthentication(awaiting) = self.terminal.restore(&state)? {
            if let Some(waiting) = self.waiting.get_mut(&digest) {
                waiting.early = Some(bytes.to_vec());
                return Ok(Vec::new());
            }
            // Filed in the ledger, where the next step finds it.
            awaiting.authenticate(&answer, now, &mut self.ledger).map_err(Refused::into_error)?;
        }
        self.proceed(digest, now)
    }

    /// Takes a message of an advance confirmation. Whoever is met now, an order may have waited for it.
    fn take_handshake(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Heard { replies: mut messages, payload } =
            self.confirmations.receive(&self.terminal, message, &self.form, now)?;
        if payload.is_some() {
            let ready = self.waiting.iter().filter(|(_, waiting)| waiting.unconfirmed == message.from);
            for digest in ready.map(|(digest, _)| *digest).collect::<Vec<_>>() {
                messages.extend(self.proceed(digest, now)?);
            }
        }
        Ok(messages)
    }

    /// Sends what comes next in an order, or begins a confirmation with somebody who lacks one. That the rules know.
    ///
    /// Made before, the messages are the same again, for they may have been lost.
    fn proceed(&mut self, digest: OrderDigest, now: u64) -> Result<Vec<Message>> {
        let state = self.load(digest)?;
        let next = match self.terminal.restore(&state)? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                let awaiting = self.confirmations.met().fold(awaiting, AwaitingAuthentication::with_confirmed);
                match relays(&awaiting, now) {
                    Err(RelayError::Unconfirmed { role }) => Err(peer(awaiting.part(), role)?),
                    sent => Ok(sent?),
                }
            }
            SellerOrder::Approved(approved) => {
                let mut approved = self.confirmations.met().fold(approved, Approved::with_confirmed);
                match dispatches(&mut approved, now, &mut self.ledger) {
                    Err(DispatchError::Unconfirmed { role }) => Err(peer(approved.part(), role)?),
                    sent => Ok(sent?),
                }
            }
            // Without `Approved` there is no dispatch to be made.
            SellerOrder::Declined(_) => Ok(Vec::new()),
        };
        match next {
            Ok(mut messages) => {
                if let Some(answer) = self.waiting.remove(&digest).and_then(|waiting| waiting.early) {
                    messages.extend(self.take_answer(&answer, now)?);
                }
                Ok(messages)
            }
            Err((role, identifier)) => {
                let hello = self.confirmations.begin(&self.terminal, &Role::SELLER, (&role, &identifier), now)?;
                let early = self.waiting.remove(&digest).and_then(|waiting| waiting.early);
                self.waiting.insert(digest, Waiting { unconfirmed: role, early });
                Ok(vec![hello])
            }
        }
    }

    fn load(&self, digest: OrderDigest) -> Result<Zeroizing<Vec<u8>>> {
        let state = self.ledger.load(&LedgerKey { role: Role::SELLER, digest })?;
        Ok(state.ok_or("the seller knows no such order")?)
    }
}

/// Arrow y, to everybody served on receipt.
fn relays(awaiting: &AwaitingAuthentication<'_, Share>, now: u64) -> core::result::Result<Vec<Message>, RelayError> {
    let relay = |role: Role| {
        let relay = awaiting.relay(&role, now, &mut os_rng())?;
        Ok(message(role, Kind::Relay, relay.to_bytes()))
    };
    served(awaiting.part(), Release::OnReceipt).into_iter().map(relay).collect()
}

/// Arrow z, to everybody served on approval.
fn dispatches<L: Ledger>(
    approved: &mut Approved<'_, Share>,
    now: u64,
    ledger: &mut L,
) -> core::result::Result<Vec<Message>, DispatchError<L::Error>> {
    let roles = served(approved.part(), Release::OnApproval);
    let dispatch = |role: Role| {
        let dispatch = approved.dispatch(&role, INSTRUCTIONS.as_bytes(), now, ledger, &mut os_rng())?;
        Ok(message(role, Kind::Dispatch, dispatch.to_bytes()))
    };
    roles.into_iter().map(dispatch).collect()
}

/// Who has a role in an order.
fn peer(part: &Part, role: Role) -> Result<(Role, Identifier)> {
    let entry = part.recipient(&role).ok_or("the order has no such recipient")?;
    Ok((role, entry.identifier().clone()))
}

/// The roles to which the seller passes parts on in this way.
fn served(part: &Part, release: Release) -> Vec<Role> {
    let others = part.recipients().filter(|entry| *entry.role() != Role::SELLER);
    others.filter(|entry| entry.release() == release).map(|entry| entry.role().clone()).collect()
}

fn message(to: Role, kind: Kind, bytes: Vec<u8>) -> Message {
    Message { from: Role::SELLER, to, kind, bytes }
}

impl Party for Shop {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        match message.kind {
            Kind::Envelope => self.take_order(&message.bytes, now),
            Kind::Authentication => self.take_answer(&message.bytes, now),
            Kind::Hello | Kind::Answer | Kind::Confirmation => self.take_handshake(message, now),
            _ => unexpected(&Role::SELLER, message),
        }
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
