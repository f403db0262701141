//! Who is answered, and under which key: an order that came directly is no seller's to ask for, and a session is one of
//! two parties in their roles.

use polyseal::handshake::Evidence;
use polyseal::message::{OrderDigest, Relay};
use polyseal::{
    CardManager, KeySource, MemoryLedger, OrderForm, Peers, Received, Recipient, Release, Role, Rules, Share,
};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, World, hash, labelled, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::{GATEWAY, NOW, Repeatable, bank, gateway_disclosure, gateway_form, id, new, role, shares, shop};

use crate::session::meet;

/// A relay with this part, whose statement the seller itself seals, under a session if there is a transcript.
fn relay(
    (shop, keys, session): (&Share, &impl KeySource, Option<&[u8; 32]>),
    to: (&str, &str),
    (digest, header): (&OrderDigest, Value),
    part: Value,
) -> Relay {
    let parts = Value::Array(vec![part]);
    let says = [Value::bytes(hash("parts", [parts.clone()])), Value::Uint(NOW), Value::Null, Value::Null];
    let letter = Letter {
        purpose: "relay",
        step: 0,
        by: "seller",
        from: shop.identifier(),
        to: &id(to.0),
        digest: digest.as_bytes(),
        role: to.1,
        token: None,
    };
    let mut sealed = letter.seal(keys, &labelled("statement", says).to_bytes());
    sealed.items().extend(session.map(Value::bytes));
    let items = [header, parts, Value::bytes(shop.identifier().as_bytes()), sealed];
    Relay::from_bytes(&labelled("relay", items).to_bytes()).unwrap()
}

#[test]
fn a_seller_does_not_ask_for_what_came_directly() {
    let mut recipients = gateway_form().into_recipients();
    recipients[1].release = Release::Direct;
    recipients[3].release = Release::Direct;
    recipients.rotate_right(1);
    recipients.swap(1, 2);
    let form = OrderForm::new(recipients).unwrap();
    let world = World::by(form, gateway_disclosure().allow_release(role(GATEWAY), Release::Direct));
    let sealed = world.sealed(1);
    let (manager, header) = (&world.parties.manager, at(&sealed.envelope.to_bytes(), &[2]));
    let part = |to: &str| {
        let mut part = at(&sealed.envelope.to_bytes(), &[3, 0]);
        part.items()[0] = Value::text(to);
        part
    };
    let mut ledger = MemoryLedger::new(9);
    for direct in &sealed.directs {
        if *direct.role() == Role::CARD_MANAGER {
            let deciding = new(manager.receive_direct(direct, NOW).unwrap().file(&mut ledger).unwrap());
            drop(deciding.approve(manager, NOW).unwrap().file(&mut ledger).unwrap());
        } else {
            new(world.gateway.receive_direct(direct, NOW).unwrap().file(&mut ledger).unwrap());
        }
    }
    let own = (&world.shop, &world.shop, None);
    let asked = relay(own, ("bank.example", "card-manager"), (&sealed.digest, header.clone()), part("card-manager"));
    let refused = manager.receive(&asked, NOW).unwrap().file(&mut ledger).unwrap_err();
    assert_eq!(format!("{:?}", refused.error), "Rejected");
    let asked = relay(own, ("gateway.example", GATEWAY), (&sealed.digest, header), part(GATEWAY));
    let refused = world.gateway.receive_relay(&asked, NOW).unwrap().file(&mut ledger).unwrap_err();
    assert_eq!(format!("{:?}", refused.error), "Rejected");
    // What is filed is still read.
    assert!(manager.find(sealed.digest).file(&mut ledger).is_ok());
    assert!(world.gateway.find(sealed.digest).file(&mut ledger).is_ok());
}

#[test]
fn nobody_is_answered_under_a_session_of_another_role() {
    // U-1, U-3
    let world = World::new(gateway_form());
    let sealed = world.sealed(1);
    let mut rng = Repeatable(5);
    let [share, keys] = shares([shop(), bank()]);
    let as_courier = Recipient::delivery_service(share, Peers::Anyone);
    let [mine, theirs] = meet(&as_courier, &world.parties.manager, NOW, &mut rng);
    let envelope = sealed.envelope.to_bytes();
    let part = at(&envelope, &[3, 1]);
    let session = in_session(&world.shop, session_of(&mine).unwrap().try_into().unwrap());
    let asked = relay(
        (&world.shop, &session, Some(mine.transcript())),
        ("bank.example", "card-manager"),
        (&sealed.digest, at(&envelope, &[2])),
        part,
    );
    for (is_required, expected) in [(true, Err("OtherRole")), (false, Ok(4))] {
        let rules = if is_required { Rules::default().require_session(Role::SELLER) } else { Rules::default() };
        let manager = CardManager::new(&keys, [shop()].into_iter().collect()).with_rules(rules);
        let evidence = Evidence::new().with(&theirs);
        let manager = manager.with_evidence(&evidence).unwrap();
        let mut ledger = MemoryLedger::new(9);
        let Received::New(order) = manager.receive(&asked, NOW).unwrap().file(&mut ledger).unwrap() else {
            panic!("a new ledger")
        };
        let decided = new(order.decline(&manager, "no", NOW).unwrap().file(&mut ledger).unwrap());
        let answer = decided.authorization(&manager, &mut rng);
        let found = answer.map(|answer| at(&answer.to_bytes(), &[3]).items().len());
        match (found, expected) {
            (Ok(items), Ok(expected)) => assert_eq!(items, expected),
            (Err(error), Err(expected)) => assert!(format!("{error:?}").contains(expected), "{error:?}"),
            (found, _) => panic!("{found:?}"),
        }
    }
}
