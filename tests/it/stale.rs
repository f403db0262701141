//! Steps of the seller from a state that the ledger has no more.

use polyseal::seller::SellerOrder;
use polyseal::{Received, Refused};
use polyseal_testing::life::{Life, amount};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, is_like, new};

#[test]
fn a_demand_that_was_made_before_is_the_same_demand() {
    let mut life = Life::approved();
    let (first, second) = (life.at_seller(), life.at_seller());
    let _ = life.demands(1, "12.00 EUR");
    let (again, other) = (life.at_seller(), life.at_seller());
    let approved = |order| if let SellerOrder::Approved(order) = order { order } else { panic!("{order:?}") };
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    // The same again, from a state that has it and from one that does not.
    for order in [again, first] {
        let pending = approved(order).refund(seller, 1, &amount("12.00 EUR"), NOW).unwrap();
        let Received::Again(order) = pending.file(ledger).unwrap() else { panic!("it was filed before") };
        assert_eq!(order.demands().count(), 1);
    }
    // Another sum under its number.
    let refused = approved(other).refund(seller, 1, &amount("13.00 EUR"), NOW).map_err(Refused::into_error);
    is_like(refused, "NotNext { next: 2 }", "number 2");
    let pending = approved(second).refund(seller, 1, &amount("13.00 EUR"), NOW).unwrap();
    is_like(pending.file(ledger).map_err(Refused::into_error), "TakeAgain", "look it up");
}

#[test]
fn a_step_from_an_old_state_is_taken_again() {
    let mut life = Life::approved();
    let old = [life.at_seller(), life.at_seller()];
    let withdrawal = life.withdrawal();
    let order = life.at_seller();
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    new(order.withdraw(seller, &withdrawal, NOW).unwrap().file(ledger).unwrap());
    let [cancelled, refunded] =
        old.map(|order| if let SellerOrder::Approved(order) = order { order } else { panic!() });
    is_like(
        cancelled.cancel(seller, NOW).unwrap().file(ledger).map_err(Refused::into_error),
        "TakeAgain",
        "look it up",
    );
    let pending = refunded.refund(seller, 1, &amount("12.00 EUR"), NOW).unwrap();
    is_like(pending.file(ledger).map_err(Refused::into_error), "TakeAgain", "look it up");
    assert_eq!(life.at_seller().demands().count(), 0);

    // The card manager's answer is not lost with a state that has changed.
    let mut life = Life::begun();
    let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
    let deciding = life.story.at_manager(&awaiting);
    let approval = life.story.approval(deciding);
    let Story { parties: Parties { manager, .. }, rng, .. } = &mut life.story;
    let authorization = approval.authorization(manager, rng).unwrap();
    let _ = life.cancels();
    let SellerOrder::Cancelling(old) = life.at_seller() else { panic!("it is being cancelled") };
    let (withdrawal, order) = (life.withdrawal(), life.at_seller());
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    new(order.withdraw(seller, &withdrawal, NOW).unwrap().file(ledger).unwrap());
    is_like(
        old.authorize(seller, &authorization, NOW).unwrap().file(ledger).map_err(Refused::into_error),
        "TakeAgain",
        "look it up",
    );
    let SellerOrder::Cancelling(order) = life.at_seller() else { panic!("it is being cancelled") };
    let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
    let order = new(order.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap());
    assert_eq!(order.is_approved(), Some(true));
}
