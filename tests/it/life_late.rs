//! What comes late in an order's life, after something else has overtaken it: an approval, a demand, an answer.

use polyseal::card_manager::{CardManagerOrder, CardManagerRequest};
use polyseal::ledger::Change;
use polyseal::message::{Authorization, Response, Status};
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{Received, Refused, Role};
use polyseal_testing::life::{Life, amount};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, is_like, new};

#[test]
fn a_cancellation_that_overtakes_its_relay_comes_first() {
    // Two processes of the card manager: one has the relay, the other the request, and neither knows the order.
    for request_first in [false, true] {
        let mut life = Life::begun();
        let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
        let Story { parties: Parties { seller, .. }, rng, .. } = &mut life.story;
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap();
        let request = life.cancels();
        let Story { parties: Parties { manager, .. }, ledger, .. } = &mut life.story;
        let (by_relay, by_request) = (manager.receive(&relay, NOW).unwrap(), manager.receive_request(&request, NOW));
        let by_request = by_request.unwrap();
        let (order, demand) = if request_first {
            let demand = new(by_request.file(ledger).unwrap());
            (by_relay.file(ledger).unwrap().into_inner(), demand)
        } else {
            let order = by_relay.file(ledger).unwrap().into_inner();
            let Received::Again(CardManagerRequest::AwaitingResolution(demand)) = by_request.file(ledger).unwrap()
            else {
                panic!("it is asked")
            };
            (order, demand)
        };
        let CardManagerOrder::AwaitingDecision(order) = order else { panic!("nobody decided") };
        new(demand.grant(manager, NOW).unwrap().file(ledger).unwrap());
        let late = order.approve(manager, NOW).unwrap().file(ledger);
        is_like(late.map_err(Refused::into_error), "TakeAgain", "look it up");
        assert!(matches!(life.at_manager(), CardManagerOrder::Cancelled(_)));
    }
}

#[test]
fn a_late_approval_is_noted_while_the_order_is_cancelled() {
    for is_granted in [false, true] {
        let mut life = Life::begun();
        let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
        let deciding = life.story.at_manager(&awaiting);
        let approval = life.story.approval(deciding);
        let authorization = approval.authorization(&life.story.parties.manager, &mut life.story.rng).unwrap();
        let authorization = Authorization::from_bytes(&authorization.to_bytes()).unwrap();
        let request = life.cancels();
        let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;

        // A process that does not know of the cancellation is told to look.
        let stale = awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger);
        is_like(stale.map_err(Refused::into_error), "TakeAgain", "look it up");
        let order = life.at_seller();
        let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
        let SellerOrder::Cancelling(order) = order else { panic!("{order:?}") };
        let order = new(order.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
        let SellerOrder::Cancelling(order) = order else { panic!("{order:?}") };
        let again = order.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap();
        assert!(matches!(again, Received::Again(SellerOrder::Cancelling(_))));
        assert_eq!(life.seller_reports().status(), &Status::Approved);

        let resolved = if is_granted { life.grants(&request) } else { life.refuses(&request, "it is paid") };
        assert_eq!(resolved.reversal().is_some(), is_granted);
        match life.takes(&resolved) {
            SellerOrder::Cancelled(_) if is_granted => {}
            SellerOrder::Approved(order) if !is_granted => assert_eq!(order.decided_at(), NOW),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn another_demand_under_the_same_number_gets_the_answer_of_the_first() {
    let mut life = Life::approved();
    let SellerOrder::Approved(before) = life.at_seller() else { panic!("it is approved") };
    let before = before.export();
    let request = life.demands(1, "20.00 EUR");
    let resolved = life.grants(&request);
    life.takes(&resolved);

    // The seller's ledger was restored from a copy, and asks for something else under the number.
    let Story { parties: Parties { seller, manager, .. }, ledger, rng, .. } = &mut life.story;
    let SellerOrder::Approved(order) = seller.restore(&before).unwrap() else { panic!("it is approved") };
    let pending = order.refund(seller, 1, &amount("30.00 EUR"), NOW).unwrap();
    let record = pending.record();
    let Change::Replace { state, .. } = record.change else { panic!("{record:?}") };
    let forked = seller.restore(state).unwrap();
    let request = forked.request(seller, 1, NOW, rng).unwrap();

    let found = manager.receive_request(&request, NOW).unwrap().file(ledger).unwrap();
    let Received::Again(CardManagerRequest::Resolved(again)) = found else { panic!("{found:?}") };
    assert_eq!(again.demand().refund(), Some(&amount("20.00 EUR")));
    let response = Response::from_bytes(&again.response(manager, rng).unwrap().to_bytes()).unwrap();
    // The seller refuses it: it does not match what it asked.
    is_like(forked.resolve(seller, &response, NOW).map_err(Refused::into_error), "Rejected", "not authentic");
}

#[test]
fn a_later_answer_finds_the_order_as_it_is_by_then() {
    // A withdrawal comes between the authorization's look-up and its filing.
    let mut life = Life::begun();
    let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
    let deciding = life.story.at_manager(&awaiting);
    let approval = life.story.approval(deciding);
    let authorization = approval.authorization(&life.story.parties.manager, &mut life.story.rng).unwrap();
    let (withdrawal, order) = (life.withdrawal(), life.at_seller());
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    let stale = awaiting.authorize(seller, &authorization, NOW).unwrap();
    new(order.withdraw(seller, &withdrawal, NOW).unwrap().file(ledger).unwrap());
    is_like(stale.file(ledger).map_err(Refused::into_error), "TakeAgain", "look it up");
    let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it awaits the answer") };
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    let authorized = new(awaiting.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
    let Authorized::Approved(order) = authorized else { panic!("{authorized:?}") };
    assert_eq!(order.withdrawn_at(), Some(NOW));
}
