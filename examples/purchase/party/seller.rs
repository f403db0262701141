//! The seller: relays what it cannot read, and dispatches once the card manager approves.
//!
//! Between two messages it keeps nothing but its ledger, as a server would that may be restarted at
//! any time: each message finds the state of its order there.

use polyseal::{
    Approved, Authenticated, Authentication, AwaitingAuthentication, Envelope, FieldName, Ledger, LedgerKey,
    MemoryLedger, OrderDigest, Part, Received, Refused, Release, Role, Seller, SellerOrder, SellerPolicy, Share,
    Zeroizing,
};

use super::{Party, Result, ledger, names, os_rng, unexpected};
use crate::message::{Kind, Message};

/// What the seller tells whoever receives a dispatch.
const INSTRUCTIONS: &str = "collect at gate 2";

/// A shop.
pub(crate) struct Shop {
    terminal: Seller<Share>,
    ledger: MemoryLedger,
    /// For the example's report.
    readable: Vec<FieldName>,
}

impl Shop {
    pub(crate) fn new(share: Share, policy: SellerPolicy) -> Self {
        Self { terminal: Seller::new(share, policy), ledger: ledger(), readable: Vec::new() }
    }

    /// Why the card manager declined an order, if it did.
    pub(crate) fn declined(&self, digest: OrderDigest) -> Result<Option<String>> {
        Ok(match self.terminal.restore(&self.load(digest)?)? {
            SellerOrder::Declined(declined) => Some(declined.reason().into()),
            SellerOrder::Approved(_) => None,
            SellerOrder::AwaitingAuthentication(_) => return Err("the card manager has not answered".into()),
        })
    }

    /// Takes an order, and relays the parts that do not wait.
    fn take_order(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let envelope = Envelope::from_bytes(bytes)?;
        let awaiting = match self.terminal.receive(&envelope, now, &mut self.ledger)? {
            // Received again, it is relayed again: the first relay may have been lost.
            Received::New(awaiting) | Received::Again(SellerOrder::AwaitingAuthentication(awaiting)) => awaiting,
            Received::Again(SellerOrder::Approved(_) | SellerOrder::Declined(_)) => return Ok(Vec::new()),
        };
        self.readable = names(awaiting.part());
        relays(&awaiting, now)
    }

    /// Takes the card manager's answer, and dispatches the parts that waited for it.
    fn take_answer(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let answer = Authentication::from_bytes(bytes)?;
        let state = self.load(answer.digest())?;
        let approved = match self.terminal.restore(&state)? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                match awaiting.authenticate(&answer, now, &mut self.ledger).map_err(Refused::into_error)? {
                    Authenticated::Approved(approved) => approved,
                    // Without `Approved` there is no dispatch to be made.
                    Authenticated::Declined(_) => return Ok(Vec::new()),
                }
            }
            // Answered before: the dispatches are the same again, for they may have been lost.
            SellerOrder::Approved(approved) => approved,
            SellerOrder::Declined(_) => return Ok(Vec::new()),
        };
        dispatches(approved, now, &mut self.ledger)
    }

    fn load(&self, digest: OrderDigest) -> Result<Zeroizing<Vec<u8>>> {
        let state = self.ledger.load(&LedgerKey { role: Role::SELLER, digest })?;
        Ok(state.ok_or("the seller knows no such order")?)
    }
}

/// Arrow y, to everybody served on receipt.
fn relays(awaiting: &AwaitingAuthentication<'_, Share>, now: u64) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for role in served(awaiting.part(), Release::OnReceipt) {
        let relay = awaiting.relay(&role, now, &mut os_rng())?;
        messages.push(message(role, Kind::Relay, relay.to_bytes()));
    }
    Ok(messages)
}

/// Arrow z, to everybody served on approval.
fn dispatches(mut approved: Approved<'_, Share>, now: u64, ledger: &mut MemoryLedger) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    for role in served(approved.part(), Release::OnApproval) {
        let dispatch = approved.dispatch(&role, INSTRUCTIONS.as_bytes(), now, ledger, &mut os_rng())?;
        messages.push(message(role, Kind::Dispatch, dispatch.to_bytes()));
    }
    Ok(messages)
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
            _ => unexpected(&Role::SELLER, message),
        }
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
