//! An order's life after its approval: consignments, what becomes of them, withdrawal, cancellation, refunds.

use polyseal::card_manager::{CardManagerOrder, CardManagerRequest};
use polyseal::message::{Consignment, Report, Status};
use polyseal::seller::SellerOrder;
use polyseal::{MemoryLedger, Received, Refused, Release, Role, limits};
use polyseal_testing::life::{Life, amount, consignment};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, disclosure, form, is_like, new};

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

#[test]
fn sums_are_refunded_within_what_was_approved() {
    let mut life = Life::approved();
    for (sum, error, says) in [
        ("0.00 EUR", "NoSum", "zero"),
        ("12.0 EUR", "OtherCurrency", "other decimals"),
        ("12 EUR", "OtherCurrency", "other decimals"),
        ("12.00 USD", "OtherCurrency", "another currency"),
        ("59.81 EUR", "TooMuch", "refund less"),
        ("9999999999999999.99 EUR", "TooMuch", "refund less"),
    ] {
        let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
        let pending = order.refund(&life.story.parties.seller, 1, &amount(sum), NOW);
        is_like(pending.map_err(Refused::into_error), error, says);
    }
    let request = life.demands(1, "12.00 EUR");
    let resolved = life.grants(&request);
    let refund = resolved.refund().unwrap();
    assert_eq!((refund.number(), refund.sum(), refund.digest()), (1, &amount("12.00 EUR"), life.sealed.digest));
    assert_eq!(
        (refund.payer().as_bytes(), refund.payee().as_bytes()),
        (&b"holder.example/4711"[..], &b"shop.example"[..])
    );
    assert!(resolved.reversal().is_none());
    let order = life.takes(&resolved);
    assert_eq!(order.refunded(), Some(amount("12.00 EUR")));
    // J-7. The first answer stays.
    let response = life.response(&resolved);
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    let again = order.resolve(seller, &response, NOW).unwrap().file(ledger).unwrap();
    let Received::Again(order) = again else { panic!("it was answered") };

    let SellerOrder::Approved(order) = order else { panic!("it is approved") };
    is_like(
        order.refund(&life.story.parties.seller, 3, &amount("1.00 EUR"), NOW).map_err(Refused::into_error),
        "NotNext { next: 2 }",
        "number 2",
    );
    let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
    is_like(
        order.refund(&life.story.parties.seller, 2, &amount("47.81 EUR"), NOW).map_err(Refused::into_error),
        "TooMuch",
        "refund less",
    );
    // W-5. A refusal leaves the sum.
    let request = life.demands(2, "47.80 EUR");
    let refused = life.refuses(&request, "ask your branch");
    assert!(refused.refund().is_none());
    assert_eq!(refused.resolution().refusal(), Some("ask your branch"));
    life.takes(&refused);
    let request = life.demands(3, "47.80 EUR");
    let resolved = life.grants(&request);
    assert_eq!(resolved.resolution().refunded(), &amount("59.80 EUR"));
    let order = life.takes(&resolved);
    assert_eq!(order.refunded(), Some(amount("59.80 EUR")));
    let answers: Vec<_> =
        order.demands().map(|(demand, answer)| (demand.number(), answer.unwrap().refusal())).collect();
    assert_eq!(answers, [(1, None), (2, Some("ask your branch")), (3, None)]);
    for report in [life.seller_reports(), life.manager_reports()] {
        assert_eq!((report.status(), report.refunded()), (&Status::Approved, Some(&amount("59.80 EUR"))));
    }
}

#[test]
fn a_cancelled_order_gives_the_rest_back_and_stays_so() {
    let mut life = Life::approved();
    life.dispatches(1, false);
    let request = life.demands(1, "9.80 EUR");
    let resolved = life.grants(&request);
    life.takes(&resolved);
    let request = life.cancels();
    let resolved = life.grants(&request);
    let reversal = resolved.reversal().unwrap();
    assert_eq!((reversal.number(), reversal.sum()), (2, &amount("50.00 EUR")));
    assert!(resolved.refund().is_none());
    let SellerOrder::Cancelled(order) = life.takes(&resolved) else { panic!("it is cancelled") };

    // What was dispatched may go again, and its outcome is still taken.
    let Story { parties: Parties { seller, courier, .. }, ledger, rng, .. } = &mut life.story;
    let dispatch = order.consignment_message(seller, &Role::DELIVERY_SERVICE, 1, NOW, rng).unwrap();
    assert!(matches!(courier.receive_dispatch(&dispatch, NOW).unwrap().file(ledger).unwrap(), Received::Again(_)));
    let _ = life.reports(1, Some("sent back"));
    for report in [life.seller_reports(), life.manager_reports()] {
        assert_eq!((report.status(), report.refunded()), (&Status::Cancelled, Some(&amount("9.80 EUR"))));
    }
    // Any demand is answered with the cancellation now, and a relay finds it.
    let again = life.received(&request);
    let CardManagerRequest::Resolved(again) = again else { panic!("{again:?}") };
    assert_eq!((again.demand().number(), again.demand().refund()), (2, None));
    assert_eq!(again.reversal().unwrap().sum(), &amount("50.00 EUR"));
    assert!(matches!(life.at_manager(), CardManagerOrder::Cancelled(_)));
    let state = life.at_seller().export();
    assert_eq!(life.story.parties.seller.restore(&state).unwrap().export(), state);
    let state = life.at_manager().export();
    assert_eq!(life.story.parties.manager.restore(&state).unwrap().export(), state);
}

#[test]
fn a_refused_cancellation_returns_the_order_to_where_it_was() {
    for is_approved in [false, true] {
        let mut life = if is_approved { Life::approved() } else { Life::begun() };
        let request = life.cancels();
        let refused = life.refuses(&request, "it is on its way");
        assert!(refused.reversal().is_none());
        match life.takes(&refused) {
            SellerOrder::AwaitingAuthorization(awaiting) if !is_approved => {
                let CardManagerOrder::AwaitingDecision(deciding) = life.at_manager() else {
                    panic!("it is not decided")
                };
                let approval = life.story.approval(deciding);
                let Story { parties: Parties { seller, manager, .. }, ledger, rng, .. } = &mut life.story;
                let authorization = approval.authorization(manager, rng).unwrap();
                new(awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
            }
            SellerOrder::Approved(_) if is_approved => {}
            other => panic!("{other:?}"),
        }
        life.dispatches(1, true);
        // A later one may be granted.
        let request = life.cancels();
        let resolved = life.grants(&request);
        assert_eq!(resolved.reversal().unwrap().sum(), &amount("59.80 EUR"));
        assert!(matches!(life.takes(&resolved), SellerOrder::Cancelled(_)));
    }
}

#[test]
fn an_order_that_the_card_manager_never_saw_is_cancelled() {
    let mut life = Life::begun();
    // Long after the time to accept it.
    life.story.now = NOW + life.story.windows.settle;
    let request = life.cancels();
    assert_eq!(request.keys().count(), 2);
    let resolved = life.grants(&request);
    assert!(resolved.reversal().is_none() && resolved.refund().is_none());
    assert!(matches!(life.takes(&resolved), SellerOrder::Cancelled(_)));
    let report = life.manager_reports();
    assert_eq!((report.status(), report.refunded()), (&Status::Cancelled, Some(&amount("0.00 EUR"))));

    let mut late = Life::begun();
    late.story.now = NOW + late.story.windows.settle + 1;
    let SellerOrder::AwaitingAuthorization(order) = late.at_seller() else { panic!("it is new") };
    is_like(
        order.cancel(&late.story.parties.seller, late.story.now).map_err(Refused::into_error),
        "Time(Expired)",
        "expired",
    );
}

#[test]
fn a_relay_of_a_cancelled_order_finds_the_cancellation() {
    let mut life = Life::begun();
    let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
    let Story { parties: Parties { seller, .. }, rng, .. } = &mut life.story;
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
    let request = life.cancels();
    life.grants(&request);
    let Story { parties: Parties { manager, .. }, ledger, .. } = &mut life.story;
    let found = manager.receive(&relay, NOW).unwrap().file(ledger).unwrap();
    let Received::Again(CardManagerOrder::Cancelled(cancelled)) = found else { panic!("{found:?}") };
    let response = life.response(&cancelled);
    let order = life.at_seller();
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    let order = new(order.resolve(seller, &response, NOW).unwrap().file(ledger).unwrap());
    assert!(matches!(order, SellerOrder::Cancelled(_)));
}

#[test]
fn only_what_is_approved_is_refunded() {
    //
    // The seller's own types say so where there is a card manager, and its card manager says so too.
    let mut life = Life::begun();
    let SellerOrder::AwaitingAuthorization(order) = life.at_seller() else { panic!("it is new") };
    is_like(
        order.refund(&life.story.parties.seller, 1, &amount("1.00 EUR"), NOW).map_err(Refused::into_error),
        "NotApproved",
        "not approved",
    );
    let mut elsewhere = Life::approved();
    let request = elsewhere.demands(1, "1.00 EUR");
    // The same order at a card manager with an empty ledger: it is not known, and only a cancellation makes it so.
    let Story { parties: Parties { manager, .. }, .. } = &elsewhere.story;
    let found = manager.receive_request(&request, NOW).unwrap().file(&mut MemoryLedger::new(9));
    is_like(found.map_err(|refused| refused.error), "Rejected", "not authentic");
}

#[test]
fn an_order_without_a_card_manager_is_cancelled_and_refunded_by_the_seller() {
    let form = form(|recipients| {
        recipients.retain(|entry| entry.role != Role::CARD_MANAGER);
        for entry in recipients {
            entry.release = Release::OnReceipt;
        }
    });
    let disclosure = disclosure().allow_release(Role::DELIVERY_SERVICE, Release::OnReceipt);
    let mut story = Story::of(Parties::by_form(form.clone(), disclosure), form, 5);
    let awaiting = story.at_seller();
    let Story { parties: Parties { seller, .. }, ledger, rng, .. } = &mut story;
    let order = new(awaiting.refund(seller, 1, &amount("20.00 EUR"), NOW).unwrap().file(ledger).unwrap());
    assert_eq!(order.refunded(), Some(amount("20.00 EUR")));
    is_like(order.request(seller, 1, NOW, rng), "NoSuchRecipient { role: Role(\"card-manager\") }", "no recipient");
    let state = order.export();
    let SellerOrder::AwaitingAuthorization(awaiting) = order else { panic!("{order:?}") };
    is_like(
        awaiting.refund(seller, 2, &amount("39.81 EUR"), NOW).map_err(Refused::into_error),
        "TooMuch",
        "refund less",
    );
    let order = seller.restore(&state).unwrap();
    let SellerOrder::AwaitingAuthorization(awaiting) = order else { panic!("{order:?}") };
    let order = new(awaiting.cancel(seller, NOW).unwrap().file(ledger).unwrap());
    assert!(matches!(order, SellerOrder::Cancelled(_)));
    assert_eq!(order.refunded(), Some(amount("20.00 EUR")));
    assert_eq!(seller.restore(&order.export()).unwrap().export(), order.export());
}
