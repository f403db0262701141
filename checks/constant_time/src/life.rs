//! What is sealed and opened in an order's life after its dispatch, under keys of secret shares.

use polyseal::card_manager::{CardManagerOrder, CardManagerRequest};
use polyseal::message::{DeliveryReport, Request, Response, Withdrawal};
use polyseal::seller::SellerOrder;
use polyseal::{ReceiveError, Share};

use crate::forgery::{Place, rejected};
use crate::orders::Traffic;
use crate::world::{Counter, NOW, NoLedger, World};
use crate::{Checks, secret};

/// What travels and is filed when a consignment is delivered, and the order cancelled, by parties whose shares are not secret.
pub struct Life {
    withdrawal: Vec<u8>,
    report: Vec<u8>,
    request: Vec<u8>,
    response: Vec<u8>,
    /// The delivery service's, with an outcome; the seller's, with a demand; the card manager's, with its answer.
    delivered: Vec<u8>,
    cancelling: Vec<u8>,
    cancelled: Vec<u8>,
}

impl Life {
    pub fn new(world: &World<Share>, traffic: &Traffic) -> Self {
        let (rng, purchase) = (&mut Counter::default(), &traffic.purchase);
        let placed = world.holder.restore(&traffic.placed).expect("a placed order");
        let withdrawal = placed.withdraw(&world.holder, NOW, rng).expect("a withdrawal").to_bytes();

        let delivery = world.courier.restore(&purchase.courier[0]).expect("a state");
        let delivered = delivery.delivered(&world.courier, 1, NOW).expect("an outcome");
        let delivered = delivered.file(&mut NoLedger).expect("a ledger").into_inner();
        let report = delivered.delivery_report(&world.courier, 1, rng).expect("a report").to_bytes();

        let SellerOrder::Approved(approved) = world.seller.restore(&purchase.seller[2]).expect("a state") else {
            panic!("the seller has dispatched");
        };
        let cancelling = approved.cancel(&world.seller, NOW).expect("a demand");
        let cancelling = cancelling.file(&mut NoLedger).expect("a ledger").into_inner();
        let request = cancelling.request(&world.seller, 1, NOW, rng).expect("a request");

        // The card manager takes the order for one that it did not know.
        let asked = world.manager.receive_request(&request, NOW).expect("a demand");
        let asked = asked.file(&mut NoLedger).expect("a ledger").into_inner();
        let CardManagerRequest::AwaitingResolution(asked) = asked.into() else { panic!("it is not answered") };
        let granted = asked.grant(&world.manager, NOW).expect("an answer");
        let CardManagerRequest::Resolved(resolved) = granted.file(&mut NoLedger).expect("a ledger").into_inner().into()
        else {
            panic!("it is answered");
        };
        let response = resolved.response(&world.manager, rng).expect("a response").to_bytes();
        Self {
            withdrawal,
            report,
            request: request.to_bytes(),
            response,
            delivered: delivered.export().to_vec(),
            cancelling: cancelling.export().to_vec(),
            cancelled: resolved.export().to_vec(),
        }
    }
}

pub fn sealing(checks: &mut Checks, world: &World<secret::Keys>, traffic: &Traffic, life: &Life) {
    let placed = world.holder.restore(&traffic.placed).expect("a placed order");
    checks.sealed("the card holder seals a withdrawal", |rng| {
        placed.withdraw(&world.holder, NOW, rng).expect("a withdrawal").to_bytes()
    });
    let delivered = world.courier.restore(&life.delivered).expect("a state");
    checks.sealed("the delivery service seals a report", |rng| {
        delivered.delivery_report(&world.courier, 1, rng).expect("a report").to_bytes()
    });
    checks.sealed("the delivery service seals a receipt", |rng| {
        delivered.receipt(&world.courier, NOW, rng).expect("a receipt").to_bytes()
    });
    let cancelling = world.seller.restore(&life.cancelling).expect("a state");
    checks.sealed("the seller seals a request", |rng| {
        cancelling.request(&world.seller, 1, NOW, rng).expect("a request").to_bytes()
    });
    let Ok(CardManagerOrder::Cancelled(cancelled)) = world.manager.restore(&life.cancelled) else {
        panic!("the card manager cancelled it");
    };
    checks.sealed("the card manager seals a response", |rng| {
        cancelled.response(&world.manager, rng).expect("a response").to_bytes()
    });
    checks.sealed("the card manager seals a receipt", |rng| {
        cancelled.receipt(&world.manager, NOW, rng).expect("a receipt").to_bytes()
    });
}

pub fn opening(checks: &mut Checks, world: &World<secret::Keys>, life: &Life) {
    let mut forged = |what: &str, message: &[u8], open: &dyn Fn(&[u8]) -> Option<ReceiveError>| {
        rejected(checks, what, message, Place::Last, &|bytes| matches!(open(bytes), Some(ReceiveError::Rejected)));
    };
    let seller = || world.seller.restore(&life.cancelling).expect("a state");
    forged("the seller opens a withdrawal", &life.withdrawal, &|bytes| {
        let message = Withdrawal::from_bytes(bytes).expect("a withdrawal");
        seller().withdraw(&world.seller, &message, NOW).err().map(|refused| refused.error)
    });
    forged("the seller opens a delivery report", &life.report, &|bytes| {
        let message = DeliveryReport::from_bytes(bytes).expect("a report");
        seller().delivered(&world.seller, &message, NOW).err().map(|refused| refused.error)
    });
    forged("the seller opens a response", &life.response, &|bytes| {
        let message = Response::from_bytes(bytes).expect("a response");
        seller().resolve(&world.seller, &message, NOW).err().map(|refused| refused.error)
    });
    forged("the card manager opens a request", &life.request, &|bytes| {
        world.manager.receive_request(&Request::from_bytes(bytes).expect("a request"), NOW).err()
    });
}
