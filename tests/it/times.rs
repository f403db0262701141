//! When statements and verdicts were filed, as their senders say, and until when things may be done.

use polyseal::error::TimeError;
use polyseal::message::{Authorization, Dispatch, Receipt, Relay, Windows};
use polyseal::seller::SellerOrder;
use polyseal::{MemoryLedger, ReceiveError, Refused, Role, Rules, Seller, SendError, Share, limits};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, World, labelled};
use polyseal_testing::story::Story;
use polyseal_testing::{
    GATEWAY, NOW, Repeatable, approved, bank, courier, gateway, gateway_form, id, is_like, new, role, shares, shop,
};

use crate::hostile_services::{Statement, part, token};
use crate::steps::{filed, with_gateway};

/// The default windows, as the world's orders have them.
const ACCEPT_UNTIL: u64 = NOW + 3600;
const DELIVER_UNTIL: u64 = NOW + 30 * 24 * 3600;

/// How a receiver answers at a time (the second) to what claims to be filed at another (the first).
fn bounds(until: u64) -> Vec<(u64, u64, &'static str)> {
    let skew = Rules::default().skew();
    vec![
        (NOW - 1, NOW, "Rejected"),
        (0, NOW, "Rejected"),
        (NOW, NOW, ""),
        (NOW, NOW + 3000, ""),
        (NOW + skew, NOW, ""),
        (NOW + skew + 1, NOW, "Time(NotYet)"),
        (until, until - skew, ""),
        (until, until - skew - 1, "Time(NotYet)"),
        (until, until, ""),
        (until + 1, until, "Rejected"),
        (limits::TIME + 1, NOW, "Rejected"),
    ]
}

fn answer<T>(result: Result<T, ReceiveError>) -> String {
    result.err().map_or_else(String::new, |error| format!("{error:?}"))
}

#[test]
fn a_statement_is_filed_in_its_time() {
    let world = World::new(gateway_form());
    let sealed = world.sealed(1);
    let envelope = sealed.envelope.to_bytes();
    let (header, bank, courier) = (at(&envelope, &[2]), bank(), courier());
    let relay = Statement::new("relay", &world.shop, &bank, "card-manager");
    let of_relay = vec![part(&envelope, "card-manager")];
    for (at, now, expected) in bounds(ACCEPT_UNTIL) {
        let relay = Relay::from_bytes(&Statement { at, token: Value::Null, ..relay }.with(&header, of_relay.clone()));
        let received = filed(world.parties.manager.receive(&relay.unwrap(), now), &mut MemoryLedger::new(1));
        assert_eq!(answer(received), expected, "relay, {at}, {now}");
    }
    let of_dispatch = vec![part(&envelope, "delivery-service")];
    for (at, now, expected) in bounds(DELIVER_UNTIL) {
        let statement = Statement::new("dispatch", &world.shop, &courier, "delivery-service");
        let dispatch = Statement { at, token: token(&world, &sealed), ..statement }.with(&header, of_dispatch.clone());
        let received = world.parties.courier.receive_dispatch(&Dispatch::from_bytes(&dispatch).unwrap(), now);
        assert_eq!(answer(filed(received, &mut MemoryLedger::new(1))), expected, "dispatch, {at}, {now}");
    }
}

#[test]
fn a_verdict_is_filed_before_the_time_to_accept_is_over() {
    let world = World::new(gateway_form());
    let sealed = world.sealed(1);
    let (seller, mut ledger) = (&world.parties.seller, MemoryLedger::new(1));
    let mut awaiting = world.at_seller(&sealed.envelope, &mut ledger);
    let token = token(&world, &sealed);
    let verdict = |at: u64, rest: [Value; 2]| {
        let digest = sealed.digest.as_bytes();
        let (purpose, by, from, to) = ("authorization", "card-manager", &bank(), &shop());
        let letter = Letter { purpose, step: 0, by, from, to, digest, role: "seller", token: None };
        let text = labelled("verdict", [Value::Uint(at)].into_iter().chain(rest)).to_bytes();
        let items = [Value::bytes(digest), letter.seal(&world.bank, &text)];
        Authorization::from_bytes(&labelled("authorization", items).to_bytes()).unwrap()
    };
    for (at, now, expected) in bounds(ACCEPT_UNTIL) {
        for rest in [[token.clone(), Value::Null], [Value::Null, Value::text("no")]] {
            let state = awaiting.export();
            awaiting = match awaiting.authorize(seller, &verdict(at, rest), now) {
                Ok(_) => {
                    assert_eq!(expected, "", "{at}, {now}");
                    let SellerOrder::AwaitingAuthorization(again) = seller.restore(&state).unwrap() else {
                        panic!("it awaits the answer");
                    };
                    again
                }
                Err(Refused { state, error }) => {
                    assert_eq!(format!("{error:?}"), expected, "{at}, {now}");
                    state
                }
            };
        }
    }
    // An answer that was given in time is taken after it.
    let late = awaiting.authorize(seller, &verdict(ACCEPT_UNTIL, [token, Value::Null]), DELIVER_UNTIL).unwrap();
    assert_eq!(approved(new(late.file(&mut ledger).unwrap())).decided_at(), ACCEPT_UNTIL);
}

/// Whenever it is sent, it is filed content, and nothing is filed before the order is issued: the card holder's clock may
/// be ahead.
#[test]
fn what_is_sent_again_says_the_same_time() {
    // W-2
    for (ahead, times) in [(0, [NOW, NOW + 10, NOW + 20]), (200, [NOW + 200; 3])] {
        let mut story = Story::standard(1);
        story.now = NOW + ahead;
        let envelope = story.sealed().envelope;
        story.now = NOW;
        let awaiting = story.taken(&envelope);
        story.now = NOW + 10;
        let deciding = story.at_manager(&awaiting);
        let approval = story.approval(deciding);
        story.now = NOW + 20;
        let answer = approval.authorization(&story.parties.manager, &mut story.rng).unwrap();
        assert_eq!(approval.into_decided().decided_at(), times[1]);
        let pending = awaiting.authorize(&story.parties.seller, &answer, story.now).unwrap();
        let approved = approved(new(pending.file(&mut story.ledger).unwrap()));
        assert_eq!(approved.decided_at(), times[1]);
        let (approved, _) = story.dispatched(approved, b"");
        story.now = NOW + 9000;
        let again =
            approved.dispatch_message(&story.parties.seller, &Role::DELIVERY_SERVICE, story.now, &mut story.rng);
        assert_eq!(story.delivered(&again.unwrap()).passed_on_at(), Some(times[2]));
    }
}

/// A relay says when its seller took the order.
#[test]
fn a_relay_is_of_the_time_of_filing() {
    // W-2
    let mut story = with_gateway();
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&story.parties.seller, &role(GATEWAY), NOW + 3000, &mut story.rng).unwrap();
    let [share] = shares([id("gateway.example")]);
    let service = gateway(share);
    let order = new(filed(service.receive_relay(&relay, NOW + 3000), &mut story.ledger).unwrap());
    assert_eq!(order.passed_on_at(), Some(NOW));
}

#[test]
fn no_order_settles_for_longer_than_the_rules_allow() {
    let mut story = Story::standard(1);
    let (settle, [share]) = (100 * 24 * 3600, shares([shop()]));
    story.windows = Windows { settle, ..Windows::default() };
    let envelope = story.sealed().envelope;
    assert_eq!(Rules::default().longest_settle(), 400 * 24 * 3600);
    for (longest, expected) in [(settle, None), (settle - 1, Some("Time(TooLong)"))] {
        let rules = Rules::default().with_longest_settle(longest);
        let seller: Seller<&Share> = story.parties.seller.with_keys(&share).with_rules(rules);
        match expected {
            None => drop(seller.receive(&envelope, NOW).unwrap()),
            Some(error) => is_like(seller.receive(&envelope, NOW), error, "longer than this party allows"),
        }
    }
}

#[test]
fn the_delivery_service_says_that_it_has_its_part() {
    let mut story = Story::standard(1);
    let sealed = story.sealed();
    let awaiting = story.taken(&sealed.envelope);
    let approved = story.approves(awaiting);
    let (_, dispatch) = story.dispatched(approved, b"");
    let delivery = story.delivered(&dispatch);
    let courier = &story.parties.courier;
    for order in [&delivery, &courier.restore(&delivery.export()).unwrap()] {
        let receipt = order.receipt(courier, NOW + 5, &mut story.rng).unwrap();
        let receipt = Receipt::from_bytes(&receipt.to_bytes()).unwrap();
        let report = sealed.awaiting.receive(&story.parties.holder, &receipt, story.now).unwrap();
        assert_eq!((report.role(), report.revision(), report.at()), (&Role::DELIVERY_SERVICE, 0, NOW + 5));
        assert_eq!(*report.status(), polyseal::message::Status::Received);
    }

    // Another recipient has nothing to say to the card holder.
    let world = World::new(gateway_form());
    let mut ledger = MemoryLedger::new(9);
    let awaiting = world.at_seller(&world.sealed(1).envelope, &mut ledger);
    let gateway = role(GATEWAY);
    let relay = awaiting.relay(&world.parties.seller, &gateway, NOW, &mut Repeatable(1)).unwrap();
    let order = new(filed(world.gateway.receive_relay(&relay, NOW), &mut ledger).unwrap());
    let says = order.receipt(&world.gateway, NOW, &mut Repeatable(1));
    is_like(says, &format!("GivesNoReceipts {{ role: {gateway:?} }}"), "gives no receipts");
}

#[test]
fn no_receipt_is_given_after_the_time_to_settle() {
    // W-3
    let mut story = Story::standard(3);
    let awaiting = story.at_seller();
    let (seller, until) = (&story.parties.seller, awaiting.part().settle_until());
    assert!(awaiting.receipt(seller, until, &mut story.rng).is_ok());
    let late = awaiting.receipt(seller, until + 1, &mut story.rng);
    assert!(matches!(late, Err(SendError::Time(TimeError::Expired))));
}
