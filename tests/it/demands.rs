//! What a seller demands after an approval, and what becomes of the money: refunds and cancellations.

use polyseal::card_manager::{CardManager, CardManagerOrder, CardManagerRequest};
use polyseal::message::Status;
use polyseal::seller::SellerOrder;
use polyseal::{MemoryLedger, Peers, Received, Refused, Release, Role, limits};
use polyseal_testing::life::{Life, amount};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, disclosure, form, holder, id, is_like, new, shares, shop};

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
    assert_eq!((order.refunded(), order.is_approved()), (Some(amount("12.00 EUR")), Some(true)));
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
    let order = life.at_manager();
    assert!(matches!(order, CardManagerOrder::Cancelled(_)));
    let demands = order.demands().map(|(demand, resolution)| (demand.number(), resolution.refunded()));
    assert!(demands.eq([(1, &amount("9.80 EUR")), (2, &amount("9.80 EUR"))]));
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

#[test]
fn an_order_has_so_many_demands_and_no_more() {
    let mut life = Life::approved();
    let most = u16::try_from(limits::CONSIGNMENTS).unwrap();
    let SellerOrder::Approved(mut order) = life.at_seller() else { panic!("it is approved") };
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    for number in 1..=most {
        let pending = order.refund(seller, number, &amount("0.01 EUR"), NOW).unwrap();
        let SellerOrder::Approved(next) = new(pending.file(ledger).unwrap()) else { panic!("it is approved") };
        order = next;
    }
    let expected = "TooMany { what: \"demands\" }";
    let refused = order.refund(seller, most + 1, &amount("0.01 EUR"), NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), expected, "demands");
    let refused = refused.state.cancel(seller, NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), expected, "demands");
    // Such a state can be kept.
    let state = life.at_seller().export();
    assert_eq!(life.story.parties.seller.restore(&state).unwrap().export(), state);

    // The card manager answers all of them.
    for number in 1..=most {
        let request = life.request(number);
        life.grants(&request);
    }
    assert_eq!(life.manager_reports().refunded(), Some(&amount("2.56 EUR")));
}

/// A process may have died between the approval and the withdrawal, and a cancelled order says nothing of it.
#[test]
fn a_card_manager_can_book_what_is_to_be_settled_before_it_grants() {
    let mut life = Life::approved();
    let request = life.cancels();
    let demand = life.asked(&request);
    let settlement = demand.settlement().unwrap();
    assert_eq!((settlement.payer(), settlement.payee()), (&holder(), &shop()));
    assert_eq!(settlement.amount_due(), &amount("59.80 EUR"));
    let mut life = Life::begun();
    let request = life.cancels();
    assert!(life.asked(&request).settlement().is_none());
}

#[test]
fn a_card_manager_answers_its_own_demands_in_their_time() {
    let mut life = Life::approved();
    let request = life.demands(1, "1.00 EUR");
    let demand = life.asked(&request);
    let [share] = shares([id("other-bank.example")]);
    let other = CardManager::new(share, Peers::Anyone);
    let refused = demand.grant(&other, NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), "OtherParty", "another party");
    let refused = refused.state.refuse(&other, "no", NOW).unwrap_err();
    is_like(Err::<(), _>(refused.error), "OtherParty", "another party");
    let (manager, late) = (&life.story.parties.manager, NOW + life.story.windows.settle + 1);
    let refused = refused.state.grant(manager, late).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Time(Expired)", "expired");
    let refused = refused.state.refuse(manager, "no", late).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Time(Expired)", "expired");
    assert!(refused.state.grant(manager, late - 1).is_ok());
}

#[test]
fn a_seller_knows_whether_its_order_was_approved() {
    let mut life = Life::begun();
    assert_eq!(life.at_seller().is_approved(), None);
    let request = life.cancels();
    assert_eq!(life.at_seller().is_approved(), None);
    let resolved = life.grants(&request);
    assert_eq!(life.takes(&resolved).is_approved(), None);

    let mut life = Life::approved();
    assert_eq!(life.at_seller().is_approved(), Some(true));
    let request = life.cancels();
    let resolved = life.grants(&request);
    let SellerOrder::Cancelled(cancelled) = life.takes(&resolved) else { panic!("it is cancelled") };
    assert_eq!(SellerOrder::Cancelled(cancelled).is_approved(), Some(true));

    let mut life = Life::begun();
    let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
    let Story { parties: Parties { seller, manager, .. }, ledger, rng, .. } = &mut life.story;
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(ledger).unwrap());
    let decided = new(deciding.decline(manager, "no such card", NOW).unwrap().file(ledger).unwrap());
    let authorization = decided.authorization(manager, rng).unwrap();
    drop(new(awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap()));
    assert_eq!(life.at_seller().is_approved(), Some(false));
}
