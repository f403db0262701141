//! What comes of an order once it is filed: requests, and what the seller and the card holder are told.

use polyseal::card_manager::CardManagerRequest;
use polyseal::message::{
    Consigned, Consignment, DeliveryReport, Demand, Outcome, Report, Request, Resolution, Response, Status, Withdrawal,
};
use polyseal::seller::SellerOrder;
use polyseal::{CardManager, KeySource, MemoryLedger, Received, Role, Seller};
use serde_json::{Value, json};

use super::messages::{filed, told};
use super::{Found, Refusal, hex};

pub(super) fn request<K: KeySource>(
    manager: &CardManager<K>,
    request: &Request,
    ledger: &mut MemoryLedger,
    now: u64,
) -> Found {
    let (received, outcome) = filed(manager.receive_request(request, now)?, ledger)?;
    let (outcome, known) = match received {
        Received::New(order) => (outcome, CardManagerRequest::AwaitingResolution(order)),
        Received::Again(known) => ("open", known),
    };
    let mut told = match &known {
        CardManagerRequest::AwaitingResolution(order) => {
            let mut told = told(order.part(), outcome);
            told["demand"] = demand(order.demand());
            told
        }
        CardManagerRequest::Resolved(order) => json!({
            "outcome": "settled",
            "digest": hex(request.digest().as_bytes()),
            "demand": demand(order.demand()),
            "settled": settled(order.resolution()),
        }),
    };
    //
    if let (CardManagerRequest::AwaitingResolution(order), "open") = (known, outcome) {
        told["refunded"] = match order.grant(manager, now) {
            Ok(pending) => polyseal_testing::new(pending.file(ledger).map_err(|refused| refused.error)?)
                .resolution()
                .refunded()
                .to_string()
                .into(),
            Err(_) => Value::Null,
        };
    }
    // What was filed can be read.
    manager.find(request.digest()).file(ledger)?;
    Ok(told)
}

pub(super) fn response<K: KeySource>(
    seller: &Seller<K>,
    response: &Response,
    ledger: &mut MemoryLedger,
    now: u64,
) -> Found {
    let order = seller.find(response.digest()).file(ledger)?;
    let open = |order: &SellerOrder| -> Vec<u16> {
        let demands = order.demands().filter(|(_, resolution)| resolution.is_none());
        demands.map(|(demand, _)| demand.number()).collect()
    };
    let before = open(&order);
    let pending = order.resolve(seller, response, now).map_err(|refused| refused.error)?;
    let digest = hex(response.digest().as_bytes());
    let (order, outcome) = match filed(pending, ledger)? {
        (Received::New(order), _) => (order, "resolved"),
        (Received::Again(_), _) => return Ok(json!({"outcome": "known", "digest": digest})),
    };
    let after = open(&order);
    let resolved = order.demands().find(|(one, _)| before.contains(&one.number()) && !after.contains(&one.number()));
    let (one, resolution) = resolved.unwrap();
    let settled = settled(resolution.unwrap());
    Ok(json!({"outcome": outcome, "digest": digest, "demand": demand(one), "settled": settled}))
}

pub(super) fn delivery<K: KeySource>(
    seller: &Seller<K>,
    report: &DeliveryReport,
    ledger: &mut MemoryLedger,
    now: u64,
) -> Found {
    let order = seller.find(report.digest()).file(ledger)?;
    let outcomes = |order: &SellerOrder| -> Vec<(Role, u16, Value)> {
        let SellerOrder::Approved(order) = order else { return Vec::new() };
        let known = order.dispatches().filter_map(|(role, consigned)| Some((role, consigned, consigned.outcome()?)));
        known
            .map(|(role, consigned, outcome)| (role.clone(), consigned.consignment().number(), result(outcome)))
            .collect()
    };
    let before = outcomes(&order);
    let pending = order.delivered(seller, report, now).map_err(|refused| refused.error)?;
    let digest = hex(report.digest().as_bytes());
    let order = match filed(pending, ledger)? {
        (Received::New(order), _) => order,
        (Received::Again(_), _) => return Ok(json!({"outcome": "known", "digest": digest})),
    };
    let mut told = json!({"outcome": "outcome", "digest": digest, "from": report.role().as_str()});
    // A cancelled order does not show what was dispatched.
    if let Some((role, number, result)) = outcomes(&order).into_iter().find(|one| !before.contains(one)) {
        assert_eq!(role, *report.role());
        told["number"] = number.into();
        told["result"] = result;
    }
    Ok(told)
}

pub(super) fn withdrawal<K: KeySource>(
    seller: &Seller<K>,
    withdrawal: &Withdrawal,
    ledger: &mut MemoryLedger,
    now: u64,
) -> Found {
    let order = seller.find(withdrawal.digest()).file(ledger)?;
    let pending = order.withdraw(seller, withdrawal, now).map_err(|refused| refused.error)?;
    let digest = hex(withdrawal.digest().as_bytes());
    Ok(match filed(pending, ledger)? {
        (Received::New(order), _) => json!({"outcome": "withdrawn", "digest": digest, "at": order.withdrawn_at()}),
        (Received::Again(_), _) => json!({"outcome": "known", "digest": digest}),
    })
}

/// What a receipt says.
pub(super) fn report(report: &Report) -> Value {
    let (status, reason) = match report.status() {
        Status::Received => (0, None),
        Status::Approved => (1, None),
        Status::Declined { reason } => (2, Some(&***reason)),
        Status::Cancelled => (3, None),
        other => panic!("{other:?}"),
    };
    let consignments = report.consignments().iter().map(|one| {
        let consignment = one.consignment();
        json!([one.role().as_str(), consignment.number(), u8::from(consignment.is_last()), one.outcome().map(result)])
    });
    json!({
        "outcome": "receipt",
        "from": report.role().as_str(),
        "revision": report.revision(),
        "at": report.at(),
        "status": status,
        "reason": reason,
        "withdrawn": report.withdrawn_at(),
        "refunded": report.refunded().map(ToString::to_string),
        "consignments": consignments.collect::<Vec<_>>(),
    })
}

/// `[number, last, instructions]`
pub(super) fn consignment(consigned: &Consigned) -> Value {
    let one: Consignment = consigned.consignment();
    json!([one.number(), u8::from(one.is_last()), hex(consigned.instructions())])
}

/// `[number, kind, sum or null]`
fn demand(demand: &Demand) -> Value {
    json!([demand.number(), u8::from(demand.refund().is_some()), demand.refund().map(ToString::to_string)])
}

/// `[at, refusal or null, refunded]`
fn settled(resolution: &Resolution) -> Value {
    json!([resolution.at(), resolution.refusal(), resolution.refunded().to_string()])
}

/// `[at, failure or null]`
fn result(outcome: &Outcome) -> Value {
    json!([outcome.at(), outcome.failure()])
}

/// An authorization, of an order that is to be cancelled.
pub(super) fn while_cancelling<K: KeySource>(
    seller: &Seller<K>,
    order: polyseal::seller::Cancelling,
    authorization: &polyseal::message::Authorization,
    ledger: &mut MemoryLedger,
    now: u64,
) -> Result<&'static str, Refusal> {
    let pending = order.authorize(seller, authorization, now).map_err(|refused| refused.error)?;
    Ok(match filed(pending, ledger)? {
        (Received::New(_), _) => "new",
        (Received::Again(_), _) => "known",
    })
}
