//! The feature `forward-secrecy`: what is sealed under a handshake with an exchange stays sealed to who steals every
//! share afterwards.

use polyseal::{
    Answer, AuthenticateError, Authenticated, Authentication, CardHolder, ConfirmError, Confirmation, Confirmed,
    Dispatch, Envelope, Hello, KeyError, KeySource, Keyring, MemoryLedger, OrderForm, ReceiveError, Relay, Role,
    SealError, Seller, Sessions, Share, Split, Windows,
};
use polyseal_testing::cbor::{Value, at, edited, with};
use polyseal_testing::forge::{InSession, Letter, bound_to_hello, labelled, session_key};
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, confinement, courier, domain, holder, new, order, policy, shares, shop,
};

type World = Parties<Sessions<Share>>;

/// The four parties of the same shares, however often they are asked for, none of which knows any session.
fn world() -> World {
    let keys = shares([holder(), shop(), bank(), courier()]).map(Sessions::new);
    Parties::new(keys, OrderForm::standard(), confinement())
}

/// A handshake with an exchange between two parties, by role; both ends' evidence.
macro_rules! meet {
    ($from:expr, $role:expr, $identifier:expr, $to:expr, $rng:expr) => {{
        let (initiator, hello) = $from.confirm_with_exchange($role, $identifier, NOW, $rng).unwrap();
        let hello = Hello::from_bytes(&hello.to_bytes()).unwrap();
        let (responder, answer) = $to.answer(&hello, b"form", NOW, $rng).unwrap();
        let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
        let (mine, confirmation) = initiator.receive(&answer, b"", NOW, $rng).unwrap();
        let confirmation = Confirmation::from_bytes(&confirmation.to_bytes()).unwrap();
        [mine.confirmed, responder.receive(&confirmation, NOW).unwrap().confirmed]
    }};
}

/// The card holder's evidence of seller, card manager and delivery service, whose own keep the sessions.
fn met(world: &mut World, rng: &mut Repeatable) -> [Confirmed; 3] {
    let [of_seller, kept] = meet!(world.holder, Role::SELLER, shop(), world.seller, rng);
    world.seller.keys_mut().keep(&kept);
    let [of_bank, kept] = meet!(world.holder, Role::CARD_MANAGER, bank(), world.manager, rng);
    world.manager.keys_mut().keep(&kept);
    let [of_courier, kept] = meet!(world.holder, Role::DELIVERY_SERVICE, courier(), world.courier, rng);
    world.courier.keys_mut().keep(&kept);
    [of_seller, of_bank, of_courier]
}

fn sealed(world: &World, evidence: &[Confirmed], rng: &mut Repeatable) -> Envelope {
    let order = order();
    let split = world.holder.split(&order, &OrderForm::standard()).unwrap();
    let split = evidence.iter().fold(split, Split::with_confirmed);
    split.seal(NOW, Windows::default(), rng).unwrap().envelope
}

/// All messages of a purchase under sessions: of the card holder with each, and of the seller with bank and courier.
struct Purchase {
    envelope: Envelope,
    relay: Relay,
    dispatch: Dispatch,
}

fn purchase(world: &mut World) -> Purchase {
    let mut rng = Repeatable(1);
    let evidence = met(world, &mut rng);
    let [of_bank, kept] = meet!(world.seller, Role::CARD_MANAGER, bank(), world.manager, &mut rng);
    world.manager.keys_mut().keep(&kept);
    let [of_courier, kept] = meet!(world.seller, Role::DELIVERY_SERVICE, courier(), world.courier, &mut rng);
    world.courier.keys_mut().keep(&kept);

    let [mut at_seller, mut at_bank, mut at_courier] = [1; 3].map(MemoryLedger::new);
    let envelope = Envelope::from_bytes(&sealed(world, &evidence, &mut rng).to_bytes()).unwrap();
    let awaiting = new(world.seller.receive(&envelope, NOW, &mut at_seller).unwrap()).with_confirmed(&of_bank);
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let relay = Relay::from_bytes(&relay.to_bytes()).unwrap();
    let deciding = new(world.manager.receive(&relay, NOW, &mut at_bank).unwrap());
    let approval = deciding.approve(NOW, &mut at_bank, &mut rng).unwrap().authentication;
    let approved = approved(awaiting.authenticate(&approval, NOW, &mut at_seller).unwrap());
    let mut approved = approved.with_confirmed(&of_courier);
    let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"ring twice", NOW, &mut at_seller, &mut rng).unwrap();
    let dispatch = Dispatch::from_bytes(&dispatch.to_bytes()).unwrap();
    let delivery = new(world.courier.receive(&dispatch, NOW, &mut at_courier).unwrap());
    assert_eq!(delivery.instructions(), b"ring twice");
    Purchase { envelope, relay, dispatch }
}

/// The sealed messages in a purchase, and what SPEC.md says that each is bound to but for the key.
fn letters(purchase: &Purchase, mut each: impl FnMut(&'static str, &Value, Letter<'_>)) {
    let digest = purchase.envelope.digest();
    let [holder, shop, bank, courier] = [holder(), shop(), bank(), courier()];
    let [envelope, relay, dispatch] =
        [purchase.envelope.to_bytes(), purchase.relay.to_bytes(), purchase.dispatch.to_bytes()];
    let letter =
        |purpose, from, to, role| Letter { purpose, step: 0, from, to, digest: digest.as_bytes(), role, token: None };
    each("seller's part", &at(&envelope, &[3, 0, 1]), letter("part", &holder, &shop, "seller"));
    each("card manager's part", &at(&envelope, &[3, 1, 1]), letter("part", &holder, &bank, "card-manager"));
    each("relay", &at(&relay, &[5]), letter("relay", &shop, &bank, "card-manager"));
    each("dispatch", &at(&dispatch, &[5]), letter("dispatch", &shop, &courier, "delivery-service"));
}

#[test]
fn a_purchase_goes_through_under_sessions() {
    purchase(&mut world());
}

#[test]
fn a_session_is_found_through_whatever_holds_its_keys() {
    let (world, mut rng) = (world(), Repeatable(1));
    let [of_seller, kept] = meet!(world.holder, Role::SELLER, shop(), world.seller, &mut rng);
    let envelope = sealed(&world, &[of_seller], &mut rng);

    let [_, share, ..] = shares([holder(), shop(), bank(), courier()]);
    let mut sessions = Sessions::new(share);
    sessions.keep(&kept);
    let mut ring = Keyring::new(shop());
    ring.insert(sessions).unwrap();
    // Outside, sessions that know none.
    let seller = Seller::new(Sessions::new(ring), policy(OrderForm::standard()));
    new(seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
}

/// Why nothing is sealed for the seller under a session, with the card holder's keys in a ring that has changed since.
fn refused(change: impl FnOnce(&mut Keyring<Share>)) -> [Option<SealError>; 2] {
    let [share, of_shop, ..] = shares([holder(), shop(), bank(), courier()]);
    let mut ring = Keyring::new(holder());
    ring.insert(share).unwrap();
    let mut card_holder = CardHolder::new(Sessions::new(ring), confinement());
    let seller = Seller::new(of_shop, policy(OrderForm::standard()));
    let [of_seller, _] = meet!(card_holder, Role::SELLER, shop(), seller, &mut Repeatable(1));
    change(card_holder.keys_mut().keys_mut());
    let order = order();
    let split = || card_holder.split(&order, &OrderForm::standard()).unwrap();
    let seals = |split: Split<'_, '_, _>| split.seal(NOW, Windows::default(), &mut Repeatable(1)).err();
    [seals(split()), seals(split().with_confirmed(&of_seller))]
}

#[test]
fn a_session_does_not_outlive_the_right_to_its_peer() {
    assert_eq!(refused(|_| ()), [None, None]);
    let without_a_key = |error| Some(SealError::Key { role: Role::SELLER, error });
    let revoked = without_a_key(KeyError::Revoked);
    assert_eq!(refused(|ring| ring.revoke(shop())), [revoked.clone(), revoked]);
    let [_, under_session] = refused(|ring| assert!(ring.retire(&domain())));
    assert_eq!(under_session, without_a_key(KeyError::Retired));
}

#[test]
fn who_steals_every_share_later_opens_nothing_that_was_sealed_under_a_session() {
    let kept = purchase(&mut world());
    // The thief has every share, and so whatever they derive, but no session: that was wiped.
    let [holders, shops, ..] = shares([holder(), shop(), bank(), courier()]);
    letters(&kept, |name, sealed, letter| {
        let share = if *letter.from == holder() { &holders } else { &shops };
        assert!(letter.opened(share, sealed).is_none(), "{name}");
    });
    // The same thief with the library, with the session's name on the message and without.
    let thief = world();
    let mut ledger = MemoryLedger::new(9);
    let unknown = ReceiveError::Key(KeyError::UnknownSession);
    assert_eq!(thief.seller.receive(&kept.envelope, NOW, &mut ledger).err(), Some(unknown));
    let unnamed = edited(&kept.envelope.to_bytes(), &[3, 0, 1], |sealed| match sealed {
        Value::Array(items) => drop(items.pop()),
        _ => panic!("a sealed message is an array"),
    });
    let unnamed = Envelope::from_bytes(&unnamed).unwrap();
    assert_eq!(thief.seller.receive(&unnamed, NOW, &mut ledger).err(), Some(ReceiveError::Rejected));

    // Without a session the shares open everything: what is shown above is not for want of trying.
    let mut rng = Repeatable(2);
    let world = world();
    let envelope = sealed(&world, &[], &mut rng);
    let awaiting = new(world.seller.receive(&envelope, NOW, &mut ledger).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(world.manager.receive(&relay, NOW, &mut ledger).unwrap());
    let approval = deciding.approve(NOW, &mut ledger, &mut rng).unwrap().authentication;
    let mut approved = approved(awaiting.authenticate(&approval, NOW, &mut ledger).unwrap());
    let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut ledger, &mut rng).unwrap();
    letters(&Purchase { envelope, relay, dispatch }, |name, sealed, letter| {
        let share = if *letter.from == holder() { &holders } else { &shops };
        assert!(letter.opened(share, sealed).is_some(), "{name}");
    });
}

#[test]
fn only_the_recipients_that_were_met_need_a_session() {
    let mut world = world();
    let mut rng = Repeatable(3);
    let [of_seller, _, _] = met(&mut world, &mut rng);
    let envelope = sealed(&world, &[of_seller], &mut rng).to_bytes();
    assert_eq!([0, 1, 2].map(|part| at(&envelope, &[3, part, 1]).items().len()), [5, 4, 4]);
    // The newest counts.
    let [older, newer] = [1, 2].map(|_| meet!(world.holder, Role::SELLER, shop(), world.seller, &mut rng));
    world.seller.keys_mut().keep(&newer[1]);
    let envelope = sealed(&world, &[older.into_iter().next().unwrap(), newer.into_iter().next().unwrap()], &mut rng);
    new(world.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
}

#[test]
fn a_session_that_is_forgotten_opens_nothing() {
    let mut world = world();
    let mut rng = Repeatable(4);
    let evidence = met(&mut world, &mut rng);
    let envelope = sealed(&world, &evidence, &mut rng);
    let transcript = *evidence[0].transcript();
    let unknown = || Some(ReceiveError::Key(KeyError::UnknownSession));
    world.seller.keys_mut().forget_before(NOW);
    new(world.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
    world.seller.keys_mut().forget(&transcript);
    assert_eq!(world.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).err(), unknown());

    let [again, kept] = meet!(world.holder, Role::SELLER, shop(), world.seller, &mut rng);
    world.seller.keys_mut().keep(&kept);
    let envelope = sealed(&world, &[again], &mut rng);
    world.seller.keys_mut().forget_before(NOW + 1);
    assert_eq!(world.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).err(), unknown());
}

#[test]
fn a_session_of_another_peer_or_domain_is_unknown() {
    let mut world = world();
    let mut rng = Repeatable(5);
    let [of_seller, _, _] = met(&mut world, &mut rng);
    let (keys, transcript) = (world.seller.keys_mut(), of_seller.transcript());
    let own = polyseal_testing::domain();
    let key = |peer, domain| keys.session_key(&peer, domain, transcript).map(|key| *key.export());
    assert_eq!(key(holder(), &own), Ok(*of_seller.session().unwrap().1.export()));
    assert_eq!(key(bank(), &own), Err(KeyError::UnknownSession));
    let other = own.clone().with_cohort(polyseal::Cohort::services(2));
    assert_eq!(key(holder(), &other), Err(KeyError::UnknownSession));
    // The session's key is none that the shares give.
    assert_ne!(key(holder(), &own), keys.common_key(&holder(), &own).map(|key| *key.export()));
}

/// Points with which nothing would be shared (RFC 7748 §6.1): 0, 1, p - 1, p and p + 1, little-endian.
fn small_order() -> [[u8; 32]; 5] {
    let near_p = |low| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (low, 0x7f);
        point
    };
    let mut one = [0; 32];
    one[0] = 1;
    [[0; 32], one, near_p(0xec), near_p(0xed), near_p(0xee)]
}

#[test]
fn an_exchange_to_which_the_other_side_adds_nothing_is_refused() {
    let world = world();
    let mut rng = Repeatable(7);
    let (mut initiator, hello) = world.holder.confirm_with_exchange(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let [share] = shares([shop()]);
    let common = *share.common_key(&holder(), share.domain()).unwrap().export();
    for point in small_order() {
        let empty = Hello::from_bytes(&with(&hello.to_bytes(), &[8], Value::bytes(point))).unwrap();
        assert_eq!(world.seller.answer(&empty, b"", NOW, &mut rng).err(), Some(ConfirmError::Rejected));
        // A seller that wants what is shared to be known seals all else as it should.
        let (challenge, ephemeral) = (Value::bytes([7; 32]), Value::bytes(point));
        let bound = bound_to_hello(&hello.to_bytes(), &challenge, Some(&ephemeral));
        let keys = InSession { share: &share, key: session_key(&common, &[0; 32], &bound) };
        let (from, to) = (&shop(), &holder());
        let letter = Letter { purpose: "confirm", step: 2, from, to, digest: &bound, role: "card-holder", token: None };
        let answer = labelled("answer", [challenge, letter.seal(&keys, b""), ephemeral]);
        let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
        let refused = initiator.receive(&answer, b"", NOW, &mut rng).unwrap_err();
        assert_eq!(refused.error, ConfirmError::Rejected);
        initiator = refused.state;
    }
    let (_, answer) = world.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    drop(initiator.receive(&answer, b"", NOW, &mut rng).unwrap());
}

/// What the network leaves out or adds is in `tampering.rs`.
#[test]
fn who_asked_for_an_exchange_does_not_go_without() {
    let world = world();
    let mut rng = Repeatable(8);
    let (initiator, hello) = world.holder.confirm_with_exchange(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    // A seller that can make none answers without, authentically: that is said by name.
    let [share] = shares([shop()]);
    let challenge = Value::bytes([7; 32]);
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, None);
    let (from, to) = (&shop(), &holder());
    let letter = Letter { purpose: "confirm", step: 2, from, to, digest: &bound, role: "card-holder", token: None };
    let answer = labelled("answer", [challenge, letter.seal(&share, b"")]);
    let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
    let refused = initiator.receive(&answer, b"", NOW, &mut rng).unwrap_err();
    assert_eq!(refused.error, ConfirmError::NoExchange);
    // The state is handed back, and the seller's answer with one is taken still.
    let (_, answer) = world.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (meeting, _) = refused.state.receive(&answer, b"", NOW, &mut rng).unwrap();
    assert!(meeting.confirmed.session().is_some());
}

#[test]
fn a_handshake_with_an_exchange_goes_on_in_another_process() {
    crate::handshake::goes_on(|holder, rng| holder.confirm_with_exchange(Role::SELLER, shop(), NOW, rng), true);
}

/// SPEC.md §7: no sender seals one so, and a receiver that holds the key opens it.
#[test]
fn an_authentication_that_names_a_session_is_opened_with_its_key() {
    let mut world = world();
    let mut rng = Repeatable(9);
    let [of_bank, _] = meet!(world.seller, Role::CARD_MANAGER, bank(), world.manager, &mut rng);
    let [of_other, _] = meet!(world.seller, Role::CARD_MANAGER, bank(), world.manager, &mut rng);
    world.seller.keys_mut().keep(&of_bank);
    let envelope = sealed(&world, &[], &mut rng);
    let mut ledger = MemoryLedger::new(1);
    let awaiting = new(world.seller.receive(&envelope, NOW, &mut ledger).unwrap());

    let [share] = shares([bank()]);
    let key = *of_bank.session().unwrap().1.export();
    let digest = envelope.digest();
    let (from, to, digest) = (&bank(), &shop(), digest.as_bytes());
    let letter = Letter { purpose: "authentication", step: 0, from, to, digest, role: "seller", token: None };
    let verdict = labelled("verdict", [Value::Null, Value::text("no")]).to_bytes();
    let answer = |session: &Confirmed| {
        let mut sealed = letter.seal(&InSession { share: &share, key }, &verdict);
        sealed.items().push(Value::bytes(session.transcript()));
        Authentication::from_bytes(&labelled("authentication", [Value::bytes(digest), sealed]).to_bytes()).unwrap()
    };
    let refused = awaiting.authenticate(&answer(&of_other), NOW, &mut ledger).unwrap_err();
    assert_eq!(refused.error, AuthenticateError::Key(KeyError::UnknownSession));
    let declined = refused.state.authenticate(&answer(&of_bank), NOW, &mut ledger).unwrap();
    assert!(matches!(declined, Authenticated::Declined(_)));
}
