//! What a record says of how far its order has come, for whoever looks after the ledger.

use polyseal::ledger::{CLOSED_STAGES, Record};
use polyseal::message::Consignment;
use polyseal::recipient::Delivery;
use polyseal::seller::SellerOrder;
use polyseal::{Pending, Role};
use polyseal_testing::life::{Life, amount, consignment};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, new};

/// The step is filed; what its record says.
fn filed<N: core::fmt::Debug, A: core::fmt::Debug>(life: &mut Life, pending: Pending<N, A>) -> &'static str {
    let Record { stage, .. } = pending.record();
    // The contract promises it to columns, and files the longest that there is.
    assert!(stage.len() <= "partly-delivered".len(), "{stage}");
    new(pending.file(&mut life.story.ledger).unwrap());
    stage
}

/// What seller and delivery service say when a consignment is dispatched.
fn dispatched(life: &mut Life, which: Consignment) -> [&'static str; 2] {
    let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
    let (number, to) = (which.number(), &Role::DELIVERY_SERVICE);
    let pending = order.dispatch_consignment(&life.story.parties.seller, to, which, b"", NOW).unwrap();
    let sellers = filed(life, pending);
    let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
    let Story { parties: Parties { seller, courier, .. }, rng, .. } = &mut life.story;
    let dispatch = order.consignment_message(seller, to, number, NOW, rng).unwrap();
    let mut pending = courier.receive_dispatch(&dispatch, NOW).unwrap();
    // It is one more of an order that is known: what is filed then says so.
    let known = life.story.parties.courier.find(life.sealed.digest).file(&mut life.story.ledger).ok();
    if known.is_some() {
        let ledger = &mut life.story.ledger;
        let found = polyseal::Ledger::file(ledger, &pending.record()).unwrap();
        pending = pending.complete(found).unwrap_err().state;
    }
    [sellers, filed(life, pending)]
}

/// What delivery service and seller say when that is delivered, or is not.
fn reported(life: &mut Life, number: u16, failure: Option<&str>) -> [&'static str; 2] {
    let delivery: Delivery = life.at_courier();
    let courier = &life.story.parties.courier;
    let pending = match failure {
        None => delivery.delivered(courier, number, NOW).unwrap(),
        Some(reason) => delivery.failed(courier, number, reason, NOW).unwrap(),
    };
    let couriers = filed(life, pending);
    let (delivery, order) = (life.at_courier(), life.at_seller());
    let Story { parties: Parties { seller, courier, .. }, rng, .. } = &mut life.story;
    let report = delivery.delivery_report(courier, number, rng).unwrap();
    let pending = order.delivered(seller, &report, NOW).unwrap();
    [couriers, filed(life, pending)]
}

#[test]
fn a_record_says_how_far_the_order_has_come() {
    let mut story = Story::standard(3);
    let envelope = story.sealed().envelope;
    assert_eq!(story.parties.seller.receive(&envelope, NOW).unwrap().record().stage, "received");
    let awaiting = story.taken(&envelope);
    let relay = awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    assert_eq!(story.parties.manager.receive(&relay, NOW).unwrap().record().stage, "received");
    let deciding = story.at_manager(&awaiting);
    let manager = &story.parties.manager;
    let declined = new(deciding.decline(manager, "no such card", NOW).unwrap().file(&mut story.ledger).unwrap());
    let authorization = declined.authorization(manager, &mut story.rng).unwrap();
    let pending = awaiting.authorize(&story.parties.seller, &authorization, NOW).unwrap();
    assert_eq!(pending.record().stage, "declined");
    assert_eq!(manager.find(envelope.digest()).record().stage, "");

    let deciding = {
        let awaiting = story.at_seller();
        story.at_manager(&awaiting)
    };
    assert_eq!(deciding.approve(&story.parties.manager, NOW).unwrap().record().stage, "approved");
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let decline = deciding.decline(&story.parties.manager, "no such card", NOW).unwrap();
    assert_eq!(decline.record().stage, "declined");
}

#[test]
fn a_record_says_what_became_of_the_consignments() {
    let mut life = Life::approved();
    assert_eq!(dispatched(&mut life, consignment(1, false)), ["dispatched"; 2]);
    assert_eq!(reported(&mut life, 1, None), ["partly-delivered"; 2]);
    assert_eq!(dispatched(&mut life, consignment(2, false)), ["dispatched"; 2]);
    assert_eq!(reported(&mut life, 2, Some("nobody home")), ["failed"; 2]);
    assert_eq!(dispatched(&mut life, consignment(3, false)), ["dispatched"; 2]);
    assert_eq!(dispatched(&mut life, consignment(4, true)), ["dispatched"; 2]);
    // One of the two is still open.
    assert_eq!(reported(&mut life, 4, None), ["dispatched"; 2]);
    assert_eq!(reported(&mut life, 3, None), ["delivered"; 2]);

    // Money that is asked back keeps it open until that is answered.
    let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
    let refund = order.refund(&life.story.parties.seller, 1, &amount("1.00 EUR"), NOW).unwrap();
    assert_eq!(filed(&mut life, refund), "refunding");
    let request = life.request(1);
    let grant = life.asked(&request).grant(&life.story.parties.manager, NOW).unwrap();
    assert_eq!(grant.record().stage, "approved");
    let resolved = life.grants(&request);
    let (response, order) = (life.response(&resolved), life.at_seller());
    let resolve = order.resolve(&life.story.parties.seller, &response, NOW).unwrap();
    assert_eq!(resolve.record().stage, "delivered");
}

#[test]
fn a_record_says_that_an_order_is_to_be_cancelled_or_is() {
    let mut life = Life::approved();
    let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
    let cancel = order.cancel(&life.story.parties.seller, NOW).unwrap();
    assert_eq!(cancel.record().stage, "cancelling");
    let request = life.cancels();
    let grant = life.asked(&request).grant(&life.story.parties.manager, NOW).unwrap();
    assert_eq!(grant.record().stage, "cancelled");
    let resolved = life.grants(&request);
    let (response, order) = (life.response(&resolved), life.at_seller());
    let resolve = order.resolve(&life.story.parties.seller, &response, NOW).unwrap();
    assert_eq!(resolve.record().stage, "cancelled");
    // With the two of the other tests, at which nothing is awaited.
    assert_eq!(CLOSED_STAGES, ["delivered", "declined", resolve.record().stage]);
}
