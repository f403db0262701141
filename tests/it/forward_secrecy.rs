//! The feature `forward-secrecy`: what is sealed under a handshake with an exchange stays sealed to a thief of every share
//! who comes afterwards.

use crate::session::meet;
use polyseal::card_holder::SealedOrder;
use polyseal::handshake::Evidence;
use polyseal::key::KeyError;
use polyseal::message::{Authorization, Dispatch, Envelope, Receipt, Relay, Status, Windows};
use polyseal::{CardHolder, KeySource, MemoryLedger, OrderForm, ReceiveError, Role, SendError, Share};
use polyseal_testing::cbor::{Value, at, edited};
use polyseal_testing::forge::Letter;
use polyseal_testing::{NOW, Parties, Repeatable, approved, bank, courier, holder, new, order, shares, shop};

/// What each party knows of sessions.
#[derive(Default)]
struct Known {
    holder: Evidence,
    seller: Evidence,
    manager: Evidence,
    courier: Evidence,
}

/// The card holder's sessions with everybody, and the seller's with the services.
fn all_meet(parties: &Parties<Share>, rng: &mut Repeatable) -> Known {
    let Parties { holder, seller, manager, courier } = parties;
    let [of_seller, for_holder] = meet(holder, seller, NOW, rng);
    let [of_manager, at_manager] = meet(holder, manager, NOW, rng);
    let [of_courier, at_courier] = meet(holder, courier, NOW, rng);
    let [for_relay, of_relay] = meet(seller, manager, NOW, rng);
    let [for_dispatch, of_dispatch] = meet(seller, courier, NOW, rng);
    Known {
        holder: [of_seller, of_manager, of_courier].into_iter().collect(),
        seller: [for_holder, for_relay, for_dispatch].into_iter().collect(),
        manager: [at_manager, of_relay].into_iter().collect(),
        courier: [at_courier, of_dispatch].into_iter().collect(),
    }
}

pub fn sealed<K: KeySource>(holder: &CardHolder<K>, evidence: &Evidence) -> Result<SealedOrder, SendError> {
    let order = order();
    let holder = holder.with_evidence(evidence).unwrap();
    let split = holder.split(&order, &OrderForm::standard()).unwrap();
    split.seal(&holder, NOW, Windows::default(), &mut Repeatable(2))
}

/// The sealed messages of a purchase.
struct Purchase {
    envelope: Envelope,
    relay: Relay,
    authorization: Authorization,
    dispatch: Dispatch,
    receipts: [Receipt; 2],
}

fn purchase(parties: &Parties<Share>, known: &Known) -> Purchase {
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_bank, mut at_courier] = [1; 3].map(MemoryLedger::new);
    let seller = parties.seller.with_evidence(&known.seller).unwrap();
    let manager = parties.manager.with_evidence(&known.manager).unwrap();
    let courier = parties.courier.with_evidence(&known.courier).unwrap();
    let SealedOrder { envelope, awaiting: placed, .. } = sealed(&parties.holder, &known.holder).unwrap();
    let envelope = Envelope::from_bytes(&envelope.to_bytes()).unwrap();
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let relay = Relay::from_bytes(&relay.to_bytes()).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_bank).unwrap());
    let decided = deciding.approve(&manager, NOW).unwrap().file(&mut at_bank).unwrap().into_inner();
    let authorization = decided.authorization(&manager, &mut rng).unwrap();
    let pending = awaiting.authorize(&seller, &authorization, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let role = Role::DELIVERY_SERVICE;
    let approved = new(approved.dispatch(&seller, &role, b"ring twice", NOW).unwrap().file(&mut at_seller).unwrap());
    let dispatch = approved.dispatch_message(&seller, &role, NOW, &mut rng).unwrap();
    let dispatch = Dispatch::from_bytes(&dispatch.to_bytes()).unwrap();
    let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap());
    assert_eq!(delivery.instructions(), b"ring twice");

    let receipts =
        [approved.receipt(&seller, NOW, &mut rng).unwrap(), decided.receipt(&manager, NOW, &mut rng).unwrap()];
    let reading = parties.holder.with_evidence(&known.holder).unwrap();
    let [sellers, managers] = receipts.each_ref().map(|receipt| placed.receive(&reading, receipt, NOW).unwrap());
    assert_eq!((sellers.status(), managers.status()), (&Status::Approved, &Status::Approved));
    assert_eq!(sellers.consignments().len(), 1);
    Purchase { envelope, relay, authorization, dispatch, receipts }
}

/// The sealed messages in a purchase, and what SPEC.md says that each is bound to but for the key.
fn letters(purchase: &Purchase, mut each: impl FnMut(&'static str, &Value, Letter<'_>)) {
    let digest = purchase.envelope.digest();
    let [holder, shop, bank, courier] = [holder(), shop(), bank(), courier()];
    let Purchase { envelope, relay, authorization, dispatch, receipts: [sellers, managers] } = purchase;
    let [envelope, relay, dispatch] = [envelope.to_bytes(), relay.to_bytes(), dispatch.to_bytes()];
    let [authorization, sellers, managers] = [authorization.to_bytes(), sellers.to_bytes(), managers.to_bytes()];
    let letter = |purpose, by, from, to, role| Letter {
        purpose,
        step: 0,
        by,
        from,
        to,
        digest: digest.as_bytes(),
        role,
        token: None,
    };
    let part = |to, role| letter("part", "card-holder", &holder, to, role);
    each("seller's part", &at(&envelope, &[3, 0, 1]), part(&shop, "seller"));
    each("card manager's part", &at(&envelope, &[3, 1, 1]), part(&bank, "card-manager"));
    each("relay", &at(&relay, &[5]), letter("relay", "seller", &shop, &bank, "card-manager"));
    let answer = letter("authorization", "card-manager", &bank, &shop, "seller");
    each("authorization", &at(&authorization, &[3]), answer);
    each("dispatch", &at(&dispatch, &[5]), letter("dispatch", "seller", &shop, &courier, "delivery-service"));
    let receipt = |by, from| letter("receipt", by, from, &holder, "card-holder");
    each("seller's receipt", &at(&sellers, &[4]), receipt("seller", &shop));
    each("card manager's receipt", &at(&managers, &[4]), receipt("card-manager", &bank));
}

#[test]
fn a_purchase_goes_through_under_sessions() {
    let parties = Parties::standard();
    let purchase = purchase(&parties, &all_meet(&parties, &mut Repeatable(1)));
    letters(&purchase, |name, sealed, _| assert_eq!(sealed.clone().items().len(), 5, "{name} names a session"));
    let couriers = at(&purchase.envelope.to_bytes(), &[3, 2, 1]).items().len();
    assert_eq!(couriers, 5, "and the delivery service's part, which needs a token besides");
}

pub fn is_unknown<T>(received: &Result<T, ReceiveError>) -> bool {
    matches!(received, Err(ReceiveError::Key(KeyError::UnknownSession)))
}

#[test]
fn a_thief_of_every_share_opens_nothing_that_was_sealed_under_a_session() {
    let parties = Parties::standard();
    let kept = purchase(&parties, &all_meet(&parties, &mut Repeatable(1)));
    // The thief has every share, and so whatever they derive, but no session: that was wiped.
    let [holders, shops] = shares([holder(), shop()]);
    letters(&kept, |name, sealed, letter| {
        let share = if [letter.from, letter.to].contains(&&holder()) { &holders } else { &shops };
        assert!(letter.opened(share, sealed).is_none(), "{name}");
    });
    // The same thief with the library, with the session's name on the message and without.
    let thief = Parties::standard();
    assert!(is_unknown(&thief.seller.receive(&kept.envelope, NOW)));
    let unnamed = edited(&kept.envelope.to_bytes(), &[3, 0, 1], |sealed| match sealed {
        Value::Array(items) => drop(items.pop()),
        _ => panic!("a sealed message is an array"),
    });
    let unnamed = Envelope::from_bytes(&unnamed).unwrap();
    assert!(matches!(thief.seller.receive(&unnamed, NOW), Err(ReceiveError::Rejected)));

    // Without a session the shares open everything: what is shown above is not for want of trying.
    letters(&purchase(&thief, &Known::default()), |name, sealed, letter| {
        let share = if [letter.from, letter.to].contains(&&holder()) { &holders } else { &shops };
        assert!(letter.opened(share, sealed).is_some(), "{name}");
    });
}
