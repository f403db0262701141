//! The seller: relays the parts that it cannot read, and dispatches the order once the card manager approves.
//!
//! Between two messages it has its orders in its ledger, where `Seller::find` finds them.

mod life;

use core::result::Result as CoreResult;
use std::collections::BTreeMap;

use polyseal::message::{
    Authorization, Consignment, DeliveryReport, Envelope, OrderDigest, Part, Receipt, Response, Withdrawal,
};
use polyseal::seller::{Approved, AwaitingAuthorization, SellerOrder};
use polyseal::{
    FieldName, Identifier, MemoryLedger, OrderForm, Refused, Release, Role, Seller, SellerPolicy, SendError, Share,
};

use super::handshake::{Demand, Handshakes, Heard};
use super::{Pace, Participant, ledger, names, unexpected};
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
    /// Whether it dispatches at once what is approved.
    pace: Pace,
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
    pub fn new(
        share: Share,
        form: &OrderForm,
        policy: SellerPolicy,
        prices: Prices,
        (demand, pace): (&Demand, Pace),
    ) -> Self {
        Self {
            seller: Seller::new(share, policy).with_rules(demand.rules.clone()),
            form: form.to_bytes(),
            prices,
            handshakes: Handshakes::new(demand),
            ledger: ledger(),
            pace,
            waiting: BTreeMap::new(),
            readable: Vec::new(),
        }
    }

    /// Begins a handshake.
    pub fn greet(&mut self, other: (&Role, &Identifier), now: u64) -> Result<Message> {
        self.handshakes.begin(&self.seller, other, now)
    }

    /// How far an order has come.
    pub fn order(&mut self, digest: OrderDigest) -> Result<SellerOrder> {
        Ok(self.seller.find(digest).file(&mut self.ledger)?)
    }

    /// Why the card manager declined an order, if it did.
    pub fn declined(&mut self, digest: OrderDigest) -> Result<Option<String>> {
        if let Some(Waiting { silent, .. }) = self.waiting.get(&digest) {
            let error = SendError::NotAuthenticated { role: silent.clone() };
            return Err(format!("the seller sends nothing on: {error}").into());
        }
        match self.order(digest)? {
            SellerOrder::Declined(declined) => Ok(Some(declined.reason().into())),
            SellerOrder::AwaitingAuthorization(_) => Err("the card manager has not answered".into()),
            SellerOrder::Approved(_) | SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => Ok(None),
        }
    }

    /// Takes an order. An order that is received again goes on from its state, because messages may have been lost.
    fn take_order(&mut self, bytes: &[u8], now: u64) -> Result<Vec<Message>> {
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let order = seller.receive(&Envelope::from_bytes(bytes)?, now)?.file(&mut self.ledger)?.into_inner();
        self.readable = names(order.part());
        if let SellerOrder::AwaitingAuthorization(awaiting) = &order {
            self.prices.admit(awaiting.part())?;
        }
        self.proceed(order, now)
    }

    /// Takes the card manager's answer. A forged one changes nothing: the genuine one is still awaited.
    fn take_answer(&mut self, answer: Authorization, now: u64) -> Result<Vec<Message>> {
        let digest = answer.digest();
        if let Some(waiting) = self.waiting.get_mut(&digest) {
            waiting.early = Some(answer);
            return Ok(Vec::new());
        }
        let order = self.order(digest)?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let order = match order {
            SellerOrder::AwaitingAuthorization(awaiting) => {
                awaiting.authorize(&seller, &answer, now)?.file(&mut self.ledger)?.into_inner().into()
            }
            SellerOrder::Cancelling(cancelling) => {
                cancelling.authorize(&seller, &answer, now)?.file(&mut self.ledger)?.into_inner()
            }
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
                let order = self.order(digest)?;
                messages.extend(self.proceed(order, now)?);
            }
        }
        Ok(messages)
    }

    /// Sends the next messages of an order. If the rules say that a party has to answer first, it begins a handshake with
    /// that party instead.
    fn proceed(&mut self, order: SellerOrder, now: u64) -> Result<Vec<Message>> {
        let digest = order.part().digest();
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let sent = match order {
            SellerOrder::AwaitingAuthorization(awaiting) => relays(&seller, &awaiting, now),
            SellerOrder::Approved(approved) => dispatches(&seller, approved, self.pace, now, &mut self.ledger)?,
            // Without `Approved` there is no dispatch to be made.
            SellerOrder::Declined(_) | SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => Ok(Vec::new()),
        };
        let early = self.waiting.remove(&digest).and_then(|waiting| waiting.early);
        if let Err(SendError::NotAuthenticated { role: silent }) = sent {
            let order = self.order(digest)?;
            let entry = order.part().recipient(&silent).ok_or("the order has no such recipient")?;
            let hello = self.greet((&silent, entry.identifier()), now)?;
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

/// Arrow z, all of the order at once, to everybody served on approval: but for the delivery service, if the seller waits
/// until it is told. A dispatch that was filed before is sealed again.
fn dispatches(
    seller: &Seller<&Share>,
    mut approved: Approved,
    pace: Pace,
    now: u64,
    ledger: &mut MemoryLedger,
) -> Result<CoreResult<Vec<Message>, SendError>> {
    let mut messages = Vec::new();
    let roles = served(approved.part(), Release::OnApproval).into_iter();
    for role in roles.filter(|role| pace == Pace::AtOnce || *role != Role::DELIVERY_SERVICE) {
        let sent = dispatch(seller, approved, (&role, Consignment::WHOLE), now, ledger)?;
        match sent {
            Ok((next, message)) => {
                approved = next;
                messages.push(message);
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(messages))
}

/// Files a consignment, and gives the order with its message.
fn dispatch(
    seller: &Seller<&Share>,
    approved: Approved,
    (role, consignment): (&Role, Consignment),
    now: u64,
    ledger: &mut MemoryLedger,
) -> Result<CoreResult<(Approved, Message), SendError>> {
    let approved = match approved.dispatch_consignment(seller, role, consignment, INSTRUCTIONS, now) {
        Ok(pending) => pending.file(ledger)?.into_inner(),
        Err(Refused { error, .. }) => return Ok(Err(error)),
    };
    let dispatch = approved.consignment_message(seller, role, consignment.number(), now, &mut os_rng())?;
    Ok(Ok((approved, message(role.clone(), Kind::Dispatch, dispatch.to_bytes()))))
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
            Kind::Delivery => self.take_outcome(&DeliveryReport::from_bytes(&message.bytes)?, now),
            Kind::Withdrawal => self.take_withdrawal(&Withdrawal::from_bytes(&message.bytes)?, now),
            Kind::Response => self.take_resolution(&Response::from_bytes(&message.bytes)?, now),
            kind if kind.is_handshake() => self.take_handshake(message, now),
            _ => unexpected(&Role::SELLER, message),
        }
    }

    fn receipt(&mut self, digest: OrderDigest, now: u64) -> Result<Option<Receipt>> {
        let order = self.order(digest)?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        Ok(Some(order.receipt(&seller, now, &mut os_rng())?))
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
