//! The seller: relays the parts that it cannot read, and dispatches the order once the card manager approves.
//!
//! It has its orders in memory. A server that may be restarted finds them in its ledger instead, by `Seller::find`.

use core::result::Result as CoreResult;
use std::collections::BTreeMap;

use polyseal::message::{Authorization, Envelope, OrderDigest, Part, Receipt};
use polyseal::seller::{Approved, Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{
    FieldName, MemoryLedger, OrderForm, Received, Refused, Release, Role, Seller, SellerPolicy, SendError, Share,
};

use super::handshake::{Demand, Handshakes, Heard};
use super::{Participant, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::prices::Prices;
use crate::program::{Result, os_rng};

/// The instructions in every dispatch.
const INSTRUCTIONS: &[u8] = b"collect at gate 2";

/// A shop.
pub struct Shop {
    seller: Seller<Share>,
    /// Its order form, which it sends along when it answers in a handshake.
    form: Vec<u8>,
    prices: Prices,
    handshakes: Handshakes,
    ledger: MemoryLedger,
    orders: BTreeMap<OrderDigest, SellerOrder>,
    /// The orders that go on when somebody has answered in a handshake.
    waiting: BTreeMap<OrderDigest, Waiting>,
    /// For the example's report.
    readable: Vec<FieldName>,
}

/// Why an order does not go on yet.
struct Waiting {
    /// This party has not answered in a handshake.
    silent: Role,
    /// The card manager's answer, if that comes first, as it can where the card holder sent its part directly.
    early: Option<Authorization>,
}

impl Shop {
    pub fn new(share: Share, form: &OrderForm, policy: SellerPolicy, prices: Prices, demand: &Demand) -> Self {
        Self {
            seller: Seller::new(share, policy).with_rules(demand.rules.clone()),
            form: form.to_bytes(),
            prices,
            handshakes: Handshakes::new(demand),
            ledger: ledger(),
            orders: BTreeMap::new(),
            waiting: BTreeMap::new(),
            readable: Vec::new(),
        }
    }

    /// Why the card manager declined an order, if it did.
    pub fn declined(&self, digest: OrderDigest) -> Result<Option<String>> {
        if let Some(Waiting { silent, .. }) = self.waiting.get(&digest) {
            let error = SendError::NotAuthenticated { role: silent.clone() };
            return Err(format!("the seller sends nothing on: {error}").into());
        }
        match self.orders.get(&digest).ok_or("the seller knows no such order")? {
            SellerOrder::Declined(declined) => Ok(Some(declined.reason().into())),
            SellerOrder::Approved(_) => Ok(None),
            SellerOrder::AwaitingAuthorization(_) => Err("the card manager has not answered".into()),
        }
    }

    /// Takes an order. An order that is received again goes on from its state, because messages may have been lost.
    fn take_order(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let order = match seller.receive(&Envelope::from_bytes(bytes)?, now)?.file(&mut self.ledger)? {
            Received::New(awaiting) => SellerOrder::AwaitingAuthorization(awaiting),
            Received::Again(order) => order,
        };
        self.readable = names(order.part());
        if let SellerOrder::AwaitingAuthorization(awaiting) = &order {
            self.prices.admit(awaiting.part())?;
        }
        self.proceed(order, now)
    }

    /// Takes the card manager's answer.
    fn take_answer(&mut self, answer: Authorization, now: u64) -> Result<Vec<Message>> {
        let digest = answer.digest();
        if let Some(waiting) = self.waiting.get_mut(&digest) {
            waiting.early = Some(answer);
            return Ok(Vec::new());
        }
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let order = match self.orders.remove(&digest).ok_or("the seller knows no such order")? {
            SellerOrder::AwaitingAuthorization(awaiting) => match awaiting.authorize(&seller, &answer, now) {
                Ok(pending) => match pending.file(&mut self.ledger)?.into_inner() {
                    Authorized::Approved(approved) => SellerOrder::Approved(approved),
                    Authorized::Declined(declined) => SellerOrder::Declined(declined),
                },
                // A forged answer changes nothing: the genuine one is still awaited.
                Err(Refused { state, error }) => {
                    self.orders.insert(digest, SellerOrder::AwaitingAuthorization(state));
                    return Err(error.into());
                }
            },
            answered => answered,
        };
        self.proceed(order, now)
    }

    /// Takes a message of a handshake. At the end of one, an order may have waited for it.
    fn take_handshake(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Heard { replies: mut messages, payload } =
            self.handshakes.receive(&self.seller, message, &self.form, now)?;
        if payload.is_some() {
            let ready = self.waiting.iter().filter(|(_, waiting)| waiting.silent == message.from);
            for digest in ready.map(|(digest, _)| *digest).collect::<Vec<_>>() {
                if let Some(order) = self.orders.remove(&digest) {
                    messages.extend(self.proceed(order, now)?);
                }
            }
        }
        Ok(messages)
    }

    /// Sends the next messages of an order. If the rules say that a party has to answer first, it begins a handshake with
    /// that party instead.
    fn proceed(&mut self, order: SellerOrder, now: u64) -> Result<Vec<Message>> {
        let digest = order.part().digest();
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let (order, sent) = match order {
            SellerOrder::AwaitingAuthorization(awaiting) => {
                let sent = relays(&seller, &awaiting, now);
                (SellerOrder::AwaitingAuthorization(awaiting), sent)
            }
            SellerOrder::Approved(approved) => {
                let (approved, sent) = dispatches(&seller, approved, now, &mut self.ledger)?;
                (SellerOrder::Approved(approved), sent)
            }
            // Without `Approved` there is no dispatch to be made.
            declined @ SellerOrder::Declined(_) => (declined, Ok(Vec::new())),
        };
        self.orders.insert(digest, order);
        let early = self.waiting.remove(&digest).and_then(|waiting| waiting.early);
        if let Err(SendError::NotAuthenticated { role: silent }) = sent {
            let entry = self.orders.get(&digest).and_then(|order| order.part().recipient(&silent));
            let identifier = entry.ok_or("the order has no such recipient")?.identifier();
            let hello = self.handshakes.begin(&self.seller, (&silent, identifier), now)?;
            self.waiting.insert(digest, Waiting { silent, early });
            return Ok(vec![hello]);
        }
        let mut messages = sent?;
        if let Some(answer) = early {
            messages.extend(self.take_answer(answer, now)?);
        }
        Ok(messages)
    }
}

/// Arrow y, to everybody served on receipt.
fn relays(seller: &Seller<&Share>, awaiting: &AwaitingAuthorization, now: u64) -> CoreResult<Vec<Message>, SendError> {
    let relay = |role: Role| {
        let relay = awaiting.relay(seller, &role, now, &mut os_rng())?;
        Ok(message(role, Kind::Relay, relay.to_bytes()))
    };
    served(awaiting.part(), Release::OnReceipt).into_iter().map(relay).collect()
}

/// Arrow z, to everybody served on approval. A dispatch that was filed before is sealed again.
fn dispatches(
    seller: &Seller<&Share>,
    mut approved: Approved,
    now: u64,
    ledger: &mut MemoryLedger,
) -> Result<(Approved, CoreResult<Vec<Message>, SendError>)> {
    let mut messages = Vec::new();
    for role in served(approved.part(), Release::OnApproval) {
        approved = match approved.dispatch(seller, &role, INSTRUCTIONS, now) {
            Ok(pending) => pending.file(ledger)?.into_inner(),
            Err(Refused { state, error }) => return Ok((state, Err(error))),
        };
        let dispatch = approved.dispatch_message(seller, &role, now, &mut os_rng())?;
        messages.push(message(role, Kind::Dispatch, dispatch.to_bytes()));
    }
    Ok((approved, Ok(messages)))
}

/// The roles to which the seller passes parts on in this way.
fn served(part: &Part, release: Release) -> Vec<Role> {
    let others = part.recipients().filter(|entry| *entry.role() != Role::SELLER);
    others.filter(|entry| entry.release() == release).map(|entry| entry.role().clone()).collect()
}

fn message(to: Role, kind: Kind, bytes: Vec<u8>) -> Message {
    Message { from: Role::SELLER, to, kind, bytes }
}

impl Participant for Shop {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        match message.kind {
            Kind::Envelope => self.take_order(&message.bytes, now),
            Kind::Authorization => self.take_answer(Authorization::from_bytes(&message.bytes)?, now),
            kind if kind.is_handshake() => self.take_handshake(message, now),
            _ => unexpected(&Role::SELLER, message),
        }
    }

    fn receipt(&mut self, digest: OrderDigest, now: u64) -> Result<Option<Receipt>> {
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let receipt = self.orders.get(&digest).map(|order| order.receipt(&seller, now, &mut os_rng()));
        Ok(receipt.transpose()?)
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
