//! Messages of an order, under sessions or not.

use polyseal::handshake::Evidence;
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, Part, Receipt, Relay, Request, Response, Withdrawal,
};
use polyseal::recipient::Delivery;
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{
    CardHolder, CardManager, KeySource, Ledger as _, LedgerError, MemoryLedger, Pending, Received, Recipient, Seller,
};
use polyseal_testing::cbor::Value as Item;
use serde_json::{Value, json};

use super::party::{self, Party};
use super::{Found, Input, Refusal, hex, life};

/// A message as it was parsed.
enum Message {
    Envelope(Envelope),
    Direct(Direct),
    Relay(Relay),
    Dispatch(Dispatch),
    Request(Request),
    Authorization(Authorization),
    Response(Response),
    Delivery(DeliveryReport),
    Withdrawal(Withdrawal),
    Receipt(Receipt),
}

impl Message {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let Item::Array(items) = Item::parse(bytes) else { panic!("an array") };
        let [_, Item::Text(kind), ..] = items.as_slice() else { panic!("a kind") };
        Ok(match &**kind {
            "envelope" => Self::Envelope(Envelope::from_bytes(bytes)?),
            "direct" => Self::Direct(Direct::from_bytes(bytes)?),
            "relay" => Self::Relay(Relay::from_bytes(bytes)?),
            "dispatch" => Self::Dispatch(Dispatch::from_bytes(bytes)?),
            "request" => Self::Request(Request::from_bytes(bytes)?),
            "authorization" => Self::Authorization(Authorization::from_bytes(bytes)?),
            "response" => Self::Response(Response::from_bytes(bytes)?),
            "delivery" => Self::Delivery(DeliveryReport::from_bytes(bytes)?),
            "withdrawal" => Self::Withdrawal(Withdrawal::from_bytes(bytes)?),
            "receipt" => Self::Receipt(Receipt::from_bytes(bytes)?),
            other => panic!("{other}: no such message"),
        })
    }
}

pub(super) fn messages(input: Input<'_>) -> Found {
    let message = Message::from_bytes(&input.bytes("message"))?;
    let receiver = input.member("receiver").unwrap();
    let (party, evidence, now) = (Party::of(receiver)?, party::evidence(receiver)?, receiver.int("now"));
    let arrival = Arrival { receiver, evidence, message, now };
    match &party {
        Party::Holder(holder) => at_holder(holder, &arrival),
        Party::Seller(seller) => at_seller(seller, &arrival),
        Party::Manager(manager) => at_manager(manager, &arrival),
        Party::Other(recipient) => at_recipient(recipient, &arrival),
    }
}

/// A message, and what its receiver has besides keys.
struct Arrival<'a> {
    receiver: Input<'a>,
    evidence: Evidence,
    message: Message,
    now: u64,
}

impl Arrival<'_> {
    fn ledger(&self) -> MemoryLedger {
        party::ledger(self.receiver)
    }
}

/// There is no step for such a message at a party of this type.
fn no_step() -> Found {
    Err(Refusal::new("not-addressed"))
}

/// Files a step. What was filed before and is replaced has to be filed twice.
pub(super) fn filed<N, A>(
    pending: Pending<N, A>,
    ledger: &mut MemoryLedger,
) -> Result<(Received<N, A>, &'static str), Refusal> {
    let once = ledger.file(&pending.record()).unwrap();
    match pending.complete(once) {
        Ok(received @ Received::New(_)) => Ok((received, "new")),
        Ok(received @ Received::Again(_)) => Ok((received, "known")),
        Err(refused) if matches!(refused.error, LedgerError::FileAgain) => {
            let received = refused.state.file(ledger).map_err(|refused| Refusal::from(refused.error))?;
            Ok((received, "replaced"))
        }
        Err(refused) => Err(refused.error.into()),
    }
}

/// What a message of a new order says, as far as every part shows it.
pub(super) fn told(part: &Part, outcome: &str) -> Value {
    let mut told = json!({"outcome": outcome, "digest": hex(part.digest().as_bytes())});
    if outcome == "new" {
        told["sender"] = hex(part.sender().as_bytes()).into();
        told["seller"] = hex(part.seller().identifier().as_bytes()).into();
        told["fields"] = fields(part);
    }
    told
}

/// The fields of a part, ascending.
pub(super) fn fields(part: &Part) -> Value {
    part.fields().map(|(name, value)| json!([name.as_str(), value])).collect()
}

fn at_holder<K: KeySource>(
    holder: &CardHolder<K>,
    Arrival { receiver, evidence, message, now }: &Arrival<'_>,
) -> Found {
    let Message::Receipt(receipt) = message else { return no_step() };
    let holder = holder.with_evidence(evidence)?;
    for state in receiver.all("placed") {
        let awaiting = holder.restore(&state)?;
        if awaiting.digest() == receipt.digest() {
            let report = awaiting.receive(&holder, receipt, *now)?;
            let mut told = life::report(&report);
            told["digest"] = hex(awaiting.digest().as_bytes()).into();
            return Ok(told);
        }
    }
    Err(Refusal::new("no-state"))
}

fn at_seller<K: KeySource>(seller: &Seller<K>, arrival: &Arrival<'_>) -> Found {
    let (seller, ledger, now) = (seller.with_evidence(&arrival.evidence)?, &mut arrival.ledger(), arrival.now);
    match &arrival.message {
        Message::Envelope(envelope) => {
            let (received, outcome) = filed(seller.receive(envelope, now)?, ledger)?;
            Ok(match received {
                Received::New(order) => told(order.part(), outcome),
                Received::Again(order) => told(order.part(), outcome),
            })
        }
        Message::Authorization(authorization) => {
            let digest = hex(authorization.digest().as_bytes());
            let order = match seller.find(authorization.digest()).file(ledger)? {
                SellerOrder::AwaitingAuthorization(order) => order,
                SellerOrder::Cancelling(order) => {
                    return match life::while_cancelling(&seller, order, authorization, ledger, now)? {
                        // What it is then, its state tells once the cancellation is answered.
                        "new" => Ok(json!({"digest": digest})),
                        outcome => Ok(json!({"outcome": outcome, "digest": digest})),
                    };
                }
                // Nothing is awaited: the first answer stays.
                _ => {
                    return Ok(json!({"outcome": "known", "digest": digest}));
                }
            };
            let pending = order.authorize(&seller, authorization, now).map_err(|refused| refused.error)?;
            let (Received::New(authorized), _) = filed(pending, ledger)? else { panic!("not new") };
            Ok(match authorized {
                Authorized::Approved(order) => {
                    json!({"outcome": "approved", "digest": digest, "at": order.decided_at(), "reason": null})
                }
                Authorized::Declined(order) => json!({
                    "outcome": "declined", "digest": digest, "at": order.decided_at(), "token": null,
                    "reason": order.reason(),
                }),
            })
        }
        Message::Response(response) => life::response(&seller, response, ledger, now),
        Message::Delivery(report) => life::delivery(&seller, report, ledger, now),
        Message::Withdrawal(withdrawal) => life::withdrawal(&seller, withdrawal, ledger, now),
        _ => no_step(),
    }
}

fn at_manager<K: KeySource>(manager: &CardManager<K>, arrival: &Arrival<'_>) -> Found {
    let (manager, ledger, now) = (manager.with_evidence(&arrival.evidence)?, &mut arrival.ledger(), arrival.now);
    let pending = match &arrival.message {
        Message::Relay(relay) => manager.receive(relay, now)?,
        Message::Direct(direct) => manager.receive_direct(direct, now)?,
        Message::Request(request) => return life::request(&manager, request, ledger, now),
        _ => return no_step(),
    };
    let (received, outcome) = filed(pending, ledger)?;
    Ok(match received {
        Received::New(order) => told(order.part(), outcome),
        Received::Again(order) => told(order.part(), outcome),
    })
}

fn at_recipient<K: KeySource>(recipient: &Recipient<K>, arrival: &Arrival<'_>) -> Found {
    let (recipient, ledger, now) = (recipient.with_evidence(&arrival.evidence)?, &mut arrival.ledger(), arrival.now);
    let pending = match &arrival.message {
        Message::Relay(relay) => recipient.receive_relay(relay, now)?,
        Message::Dispatch(dispatch) => recipient.receive_dispatch(dispatch, now)?,
        Message::Direct(direct) => recipient.receive_direct(direct, now)?,
        _ => return no_step(),
    };
    let (received, outcome) = filed(pending, ledger)?;
    let delivery: &Delivery = match &received {
        Received::New(delivery) | Received::Again(delivery) => delivery,
    };
    // What is added to an order is another consignment.
    let outcome = if outcome == "replaced" { "consignment" } else { outcome };
    let mut told = told(delivery.part(), outcome);
    if outcome != "known" {
        told["at"] = delivery.passed_on_at().into();
        told["consignment"] = delivery.consignment().map_or(Value::Null, life::consignment);
    }
    Ok(told)
}
