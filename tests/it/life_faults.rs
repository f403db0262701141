//! Checks of an order's life that the simulated world cannot miss: each stands in `crates/world/faults/life.toml`.

use polyseal::message::{DeliveryReport, Request, Windows};
use polyseal::{Refused, Role};
use polyseal_testing::cbor::Value;
use polyseal_testing::life::Life;
use polyseal_testing::{NOW, is_like};

const PARTS: usize = 3;
const FROM: usize = 3;

#[test]
fn outcomes_and_withdrawals_have_their_time() {
    let mut life = Life::approved();
    drop(life.dispatches(1, true));
    let until = NOW + Windows::default().settle;
    let (delivery, other) = (life.at_courier(), life.at_courier());
    let (courier, holder) = (&life.story.parties.courier, &life.story.parties.holder);
    assert!(delivery.delivered(courier, 1, until).is_ok());
    let refused = other.delivered(courier, 1, until + 1).map_err(Refused::into_error);
    is_like(refused, "Time(Expired)", "the time for it is over");

    let (awaiting, rng) = (&life.sealed.awaiting, &mut life.story.rng);
    assert!(awaiting.withdraw(holder, until, rng).is_ok());
    is_like(awaiting.withdraw(holder, until + 1, rng), "Time(Expired)", "the time for it is over");
}

#[test]
fn only_who_waits_for_the_approval_tells_of_consignments() {
    let mut life = Life::approved();
    let delivery = life.dispatches(1, true);
    let (parties, rng, ledger) = (&life.story.parties, &mut life.story.rng, &mut life.story.ledger);
    let delivery = delivery.delivered(&parties.courier, 1, NOW).unwrap().file(ledger).unwrap().into_inner();
    let report = delivery.delivery_report(&parties.courier, 1, rng).unwrap();
    let mut report = Value::parse(&report.to_bytes());
    report.items()[FROM] = Value::text(Role::CARD_MANAGER.as_str());
    let report = DeliveryReport::from_bytes(&report.to_bytes()).unwrap();
    let order = parties.seller.find(life.sealed.digest).file(ledger).unwrap();
    let refused = order.delivered(&parties.seller, &report, NOW).map_err(Refused::into_error);
    is_like(refused, "NoSuchRecipient { role: Role(\"card-manager\") }", "card-manager");
}

#[test]
fn a_request_has_no_part_of_others() {
    let mut life = Life::approved();
    let request = life.cancels();
    let parts = Value::parse(&life.sealed.envelope.to_bytes()).items()[PARTS].items().clone();
    let mut request = Value::parse(&request.to_bytes());
    for part in parts {
        let is_own = part.clone().items()[0] == Value::text(Role::CARD_MANAGER.as_str());
        request.items()[PARTS] = Value::Array(vec![part]);
        let other = Request::from_bytes(&request.to_bytes()).unwrap();
        let received = life.story.parties.manager.receive_request(&other, NOW);
        if is_own {
            assert!(received.is_ok());
        } else {
            is_like(received, "NotAddressed { role: Role(\"card-manager\") }", "card-manager");
        }
    }
}
