//! An order's life after its approval: consignments, what becomes of them, withdrawal.

use polyseal::message::{Consignment, Report, Status};
use polyseal::seller::SellerOrder;
use polyseal::{Received, Refused, Role, limits};
use polyseal_testing::life::{Life, amount, consignment};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, is_like, new};

/// The consignments of a report: number, whether it is the last, and what became of it.
fn told(report: &Report) -> Vec<String> {
    let consignments = report.consignments().iter();
    let told = consignments.map(|one| {
        assert_eq!(one.role(), &Role::DELIVERY_SERVICE);
        let last = if one.consignment().is_last() { ", the last" } else { "" };
        let became = one.outcome().map_or("?", |outcome| outcome.failure().unwrap_or("delivered"));
        format!("{}{last}: {became}", one.consignment().number())
    });
    told.collect()
}

#[test]
fn an_order_goes_in_consignments_and_all_learn_what_became_of_them() {
    let mut life = Life::approved();
    assert_eq!(life.dispatches(1, false).consignments().len(), 1);
    assert_eq!(life.dispatches(2, false).consignments().len(), 2);
    let _ = life.reports(2, Some("nobody home"));
    assert_eq!(life.dispatches(3, true).consignments().len(), 3);
    let _ = life.reports(1, None);

    let expected = ["1: delivered", "2: nobody home", "3, the last: ?"];
    let (sellers, couriers) = (life.seller_reports(), life.courier_reports());
    assert_eq!(told(&sellers), expected);
    assert_eq!(told(&couriers), expected);
    assert_eq!((sellers.status(), couriers.status()), (&Status::Approved, &Status::Received));
    assert_eq!((sellers.refunded(), couriers.refunded()), (Some(&amount("0.00 EUR")), None));
    // Three dispatches and two outcomes at either end; the seller's first revision is the approval's.
    assert_eq!((sellers.revision(), couriers.revision()), (6, 4));
    assert!(life.manager_reports().consignments().is_empty());
}

#[test]
fn a_consignment_is_dispatched_once_and_in_its_turn() {
    let mut life = Life::approved();
    let to = &Role::DELIVERY_SERVICE;
    macro_rules! dispatch {
        ($number:expr, $is_last:expr, $instructions:expr) => {{
            let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
            let seller = &life.story.parties.seller;
            let pending = order.dispatch_consignment(seller, to, consignment($number, $is_last), $instructions, NOW);
            pending.map_err(Refused::into_error)
        }};
    }
    is_like(dispatch!(2, false, b""), "NotNext { next: 1 }", "the number 1");
    new(dispatch!(1, false, b"first").unwrap().file(&mut life.story.ledger).unwrap());
    let again = dispatch!(1, true, b"second").unwrap().file(&mut life.story.ledger).unwrap();
    let Received::Again(order) = again else { panic!("it was dispatched twice") };
    let (_, filed) = order.dispatches().next().unwrap();
    assert_eq!((filed.instructions(), filed.consignment()), (&b"first"[..], consignment(1, false)));
    is_like(dispatch!(3, false, b""), "NotNext { next: 2 }", "the number 2");
    new(dispatch!(2, true, b"").unwrap().file(&mut life.story.ledger).unwrap());
    is_like(
        dispatch!(3, true, b""),
        "AllDispatched { role: Role(\"delivery-service\") }",
        "the last consignment is dispatched",
    );

    // All instructions together have a limit, and so has the count.
    life = Life::approved();
    let most = vec![7; limits::INSTRUCTIONS];
    let fitting = u16::try_from(limits::ORDER_INSTRUCTIONS / limits::INSTRUCTIONS).unwrap();
    for number in 1..=fitting {
        new(dispatch!(number, false, &most).unwrap().file(&mut life.story.ledger).unwrap());
    }
    is_like(
        dispatch!(fitting + 1, false, b"x"),
        "TooLong { what: \"all instructions of an order\", most: 65536 }",
        "at most 65536 bytes",
    );
    let least = u16::try_from(limits::CONSIGNMENTS).unwrap();
    for number in fitting + 1..=least {
        new(dispatch!(number, false, b"").unwrap().file(&mut life.story.ledger).unwrap());
    }
    is_like(Consignment::new(least + 1, false), "Number", "from 1 to 256");
    is_like(Consignment::new(0, false), "Number", "from 1 to 256");
    // Such a state can be kept, and its receipt be read.
    let state = life.at_seller().export();
    assert_eq!(life.story.parties.seller.restore(&state).unwrap().export(), state);
    assert_eq!(life.seller_reports().consignments().len(), limits::CONSIGNMENTS);
}

#[test]
fn consignments_come_in_any_order_and_each_is_taken_once() {
    let mut life = Life::approved();
    let to = &Role::DELIVERY_SERVICE;
    let mut messages = Vec::new();
    for number in 1..=3 {
        let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
        let Story { parties: Parties { seller, .. }, ledger, rng, .. } = &mut life.story;
        let which = consignment(number, number == 3);
        let order = new(order.dispatch_consignment(seller, to, which, b"", NOW).unwrap().file(ledger).unwrap());
        messages.push(order.consignment_message(seller, to, number, NOW, rng).unwrap());
    }
    let Story { parties: Parties { courier, .. }, ledger, .. } = &mut life.story;
    for place in [2, 0, 1] {
        let delivery = new(courier.receive_dispatch(&messages[place], NOW).unwrap().file(ledger).unwrap());
        assert_eq!(usize::from(delivery.consignment().unwrap().consignment().number()), place + 1);
        let again = courier.receive_dispatch(&messages[place], NOW).unwrap().file(ledger).unwrap();
        let Received::Again(again) = again else { panic!("it was taken twice") };
        assert_eq!(again.consignment().unwrap().consignment(), delivery.consignment().unwrap().consignment());
        assert_eq!(again.export(), delivery.export());
    }
    let numbers = life.at_courier().consignments().iter().map(|one| one.consignment().number()).collect::<Vec<_>>();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn ten_consignments_add_little_to_a_record() {
    let mut life = Life::approved();
    let before = life.at_seller().export().len();
    for number in 1..=10 {
        drop(life.dispatches(number, number == 10));
        let _ = life.reports(number, None);
    }
    let after = life.at_seller().export().len();
    assert!(after - before <= 2048, "{}", after - before);
}

#[test]
fn the_first_outcome_of_a_consignment_stays() {
    let mut life = Life::approved();
    life.dispatches(1, true);
    let _ = life.reports(1, Some("refused at the door"));
    let delivery = life.at_courier();
    let Story { parties: Parties { seller, courier, .. }, ledger, rng, windows, .. } = &mut life.story;
    let again = delivery.delivered(courier, 1, NOW).unwrap().file(ledger).unwrap();
    let Received::Again(delivery) = again else { panic!("it has two outcomes") };
    let outcome = delivery.consignment().unwrap().outcome().unwrap();
    assert_eq!((outcome.failure(), outcome.at()), (Some("refused at the door"), NOW));
    let report = delivery.delivery_report(courier, 1, rng).unwrap();
    let order = seller.find(life.sealed.digest).file(ledger).unwrap();
    // Y-7
    let again = order.delivered(seller, &report, NOW).unwrap().file(ledger).unwrap();
    assert!(matches!(again, Received::Again(_)));

    let refused = delivery.failed(courier, 2, "no such", NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), "NotDispatched { role: Role(\"delivery-service\") }", "not dispatched");
    let refused = refused.state.failed(courier, 1, &"x".repeat(limits::REASON + 1), NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), "TooLong { what: \"the reason\", most: 256 }", "at most 256 bytes");
    let late = NOW + windows.settle + 1;
    let refused = refused.state.delivered(courier, 1, late).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Time(Expired)", "expired");
}

#[test]
fn an_outcome_is_of_its_consignment_whatever_comes_meanwhile() {
    let mut life = Life::approved();
    life.dispatches(1, false);
    let early = life.at_courier();
    life.dispatches(2, true);
    // Another consignment has come since: the outcome is not filed, and the step is taken again.
    let Story { parties: Parties { courier, .. }, ledger, .. } = &mut life.story;
    let refused = early.delivered(courier, 1, NOW).unwrap().file(ledger).unwrap_err();
    assert_eq!(refused.error.label(), "ledger-take-again");
    let delivery = courier.find(life.sealed.digest).file(ledger).unwrap();
    let delivery = new(delivery.delivered(courier, 1, NOW).unwrap().file(ledger).unwrap());
    // Where it is known, it comes back with its own consignment at hand, which is not the last.
    let again = delivery.failed(courier, 1, "nobody home", NOW).unwrap().file(ledger).unwrap();
    let Received::Again(delivery) = again else { panic!("it has two outcomes") };
    let at_hand = delivery.consignment().unwrap();
    assert_eq!((at_hand.consignment().number(), at_hand.outcome().unwrap().failure()), (1, None));
    assert!(delivery.consignments().last().unwrap().outcome().is_none());
}

#[test]
fn nothing_new_is_dispatched_after_a_withdrawal() {
    let mut life = Life::approved();
    life.dispatches(1, false);
    let (withdrawal, order) = (life.withdrawal(), life.at_seller());
    let Story { parties: Parties { seller, courier, .. }, ledger, rng, .. } = &mut life.story;
    let order = new(order.withdraw(seller, &withdrawal, NOW + 9).unwrap().file(ledger).unwrap());
    assert_eq!(order.withdrawn_at(), Some(NOW + 9));
    // Z-4
    let again = order.withdraw(seller, &withdrawal, NOW + 10).unwrap().file(ledger).unwrap();
    let Received::Again(SellerOrder::Approved(order)) = again else { panic!("{again:?}") };
    assert_eq!(order.withdrawn_at(), Some(NOW + 9));
    let role = &Role::DELIVERY_SERVICE;
    let refused = order.dispatch_consignment(seller, role, consignment(2, true), b"", NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Withdrawn", "withdrawn");
    // What was filed goes again.
    let dispatch = refused.state.consignment_message(seller, role, 1, NOW, rng).unwrap();
    assert!(matches!(courier.receive_dispatch(&dispatch, NOW).unwrap().file(ledger).unwrap(), Received::Again(_)));
    assert_eq!(life.seller_reports().withdrawn_at(), Some(NOW + 9));
}
