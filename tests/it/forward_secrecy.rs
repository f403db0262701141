//! The feature `forward-secrecy`: what is sealed under a handshake with an exchange stays sealed to a thief of every share
//! who comes afterwards.

use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Answer, Authenticated, Confirmation, Evidence, Hello, Initiator, Responder};
use polyseal::key::{Cohort, KeyError};
use polyseal::message::{Authorization, Dispatch, Envelope, Relay, Windows};
use polyseal::seller::Authorized;
use polyseal::{
    CardHolder, KeySource, Keyring, MemoryLedger, OrderForm, Party, ReceiveError, Role, Seller, SendError, Share,
};
use polyseal_testing::cbor::{Value, at, edited, with};
use polyseal_testing::forge::{InSession, Letter, bound_to_hello, key_id, labelled, session_key, session_of, speaker};
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, courier, disclosure, domain, holder, new, order, policy, shares, shop,
};

/// A handshake with an exchange between two parties; what each side has of it.
fn meet(from: &impl Party, to: &impl Party, rng: &mut Repeatable) -> [Authenticated; 2] {
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let (initiator, hello) = Initiator::start_with_exchange(from, role, identifier, NOW, rng).unwrap();
    let hello = Hello::from_bytes(&hello.to_bytes()).unwrap();
    let (responder, answer) = Responder::answer(to, &hello, b"form", NOW, rng).unwrap();
    let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
    let (mine, confirmation) = initiator.receive(from, &answer, b"", NOW, rng).unwrap();
    let confirmation = Confirmation::from_bytes(&confirmation.to_bytes()).unwrap();
    [mine.authenticated, responder.receive(to, &confirmation, NOW).unwrap().authenticated]
}

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
    let mut known = Known::default();
    let [mine, theirs] = meet(holder, seller, rng);
    (known.holder, known.seller) = (known.holder.with(&mine), known.seller.with(&theirs));
    let [mine, theirs] = meet(holder, manager, rng);
    (known.holder, known.manager) = (known.holder.with(&mine), known.manager.with(&theirs));
    let [mine, theirs] = meet(holder, courier, rng);
    (known.holder, known.courier) = (known.holder.with(&mine), known.courier.with(&theirs));
    let [mine, theirs] = meet(seller, manager, rng);
    (known.seller, known.manager) = (known.seller.with(&mine), known.manager.with(&theirs));
    let [mine, theirs] = meet(seller, courier, rng);
    (known.seller, known.courier) = (known.seller.with(&mine), known.courier.with(&theirs));
    known
}

fn sealed<K: KeySource>(holder: &CardHolder<K>, evidence: &Evidence) -> Result<SealedOrder, SendError> {
    let order = order();
    let holder = holder.with_evidence(evidence);
    let split = holder.split(&order, &OrderForm::standard()).unwrap();
    split.seal(&holder, NOW, Windows::default(), &mut Repeatable(2))
}

/// The sealed messages of a purchase.
struct Purchase {
    envelope: Envelope,
    relay: Relay,
    dispatch: Dispatch,
}

fn purchase(parties: &Parties<Share>, known: &Known) -> Purchase {
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_bank, mut at_courier] = [1; 3].map(MemoryLedger::new);
    let seller = parties.seller.with_evidence(&known.seller);
    let manager = parties.manager.with_evidence(&known.manager);
    let courier = parties.courier.with_evidence(&known.courier);
    let envelope = sealed(&parties.holder, &known.holder).unwrap().envelope;
    let envelope = Envelope::from_bytes(&envelope.to_bytes()).unwrap();
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let relay = Relay::from_bytes(&relay.to_bytes()).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_bank).unwrap());
    let decided = deciding.approve(&manager, NOW).unwrap().file(&mut at_bank).unwrap().into_inner();
    let answer = decided.authorization(&manager, &mut rng).unwrap();
    let approved = approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut at_seller).unwrap()));
    let role = Role::DELIVERY_SERVICE;
    let approved = new(approved.dispatch(&seller, &role, b"ring twice", NOW).unwrap().file(&mut at_seller).unwrap());
    let dispatch = approved.dispatch_message(&seller, &role, NOW, &mut rng).unwrap();
    let dispatch = Dispatch::from_bytes(&dispatch.to_bytes()).unwrap();
    let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap());
    assert_eq!(delivery.instructions(), b"ring twice");
    Purchase { envelope, relay, dispatch }
}

/// The sealed messages in a purchase, and what SPEC.md says that each is bound to but for the key.
fn letters(purchase: &Purchase, mut each: impl FnMut(&'static str, &Value, Letter<'_>)) {
    let digest = purchase.envelope.digest();
    let [holder, shop, bank, courier] = [holder(), shop(), bank(), courier()];
    let [envelope, relay, dispatch] =
        [purchase.envelope.to_bytes(), purchase.relay.to_bytes(), purchase.dispatch.to_bytes()];
    let letter = |purpose, from, to, role| Letter {
        purpose,
        step: 0,
        by: speaker(purpose),
        from,
        to,
        digest: digest.as_bytes(),
        role,
        token: None,
    };
    each("seller's part", &at(&envelope, &[3, 0, 1]), letter("part", &holder, &shop, "seller"));
    each("card manager's part", &at(&envelope, &[3, 1, 1]), letter("part", &holder, &bank, "card-manager"));
    each("relay", &at(&relay, &[5]), letter("relay", &shop, &bank, "card-manager"));
    each("dispatch", &at(&dispatch, &[5]), letter("dispatch", &shop, &courier, "delivery-service"));
}

#[test]
fn a_purchase_goes_through_under_sessions() {
    let parties = Parties::standard();
    let known = all_meet(&parties, &mut Repeatable(1));
    let Purchase { envelope, relay, dispatch } = purchase(&parties, &known);
    let envelope = envelope.to_bytes();
    let sealed = [0, 1, 2].map(|part| at(&envelope, &[3, part, 1]));
    let statements = [relay.to_bytes(), dispatch.to_bytes()].map(|message| at(&message, &[5]));
    for mut sealed in sealed.into_iter().chain(statements) {
        assert_eq!(sealed.items().len(), 5, "it names a session");
    }
}

#[test]
fn a_session_is_evidence_whatever_holds_the_keys() {
    let parties = Parties::standard();
    let [mine, theirs] = meet(&parties.holder, &parties.seller, &mut Repeatable(1));
    let envelope = sealed(&parties.holder, &Evidence::new().with(&mine)).unwrap().envelope;
    let ring = Keyring::new(shop(), shares([shop()])).unwrap();
    let seller = Seller::new(std::sync::Arc::new(ring), policy(OrderForm::standard()));
    assert!(is_unknown(&seller.receive(&envelope, NOW)));
    let seller = seller.with_evidence(&Evidence::new().with(&theirs));
    new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
}

fn is_unknown<T>(received: &Result<T, ReceiveError>) -> bool {
    matches!(received, Err(ReceiveError::Key(KeyError::UnknownSession)))
}

/// Why nothing is sealed for the seller, without a session and under one, with a ring that has changed since.
fn refused(change: impl FnOnce(&Keyring<Share>) -> Keyring<Share>) -> [Option<KeyError>; 2] {
    let parties = Parties::standard();
    let ring = Keyring::new(holder(), shares([holder()])).unwrap();
    let card_holder = CardHolder::new(ring.clone(), disclosure());
    let [of_seller, _] = meet(&card_holder, &parties.seller, &mut Repeatable(1));
    let card_holder = card_holder.with_keys(change(&ring));
    [Evidence::new(), Evidence::new().with(&of_seller)].map(|evidence| match sealed(&card_holder, &evidence) {
        Ok(_) => None,
        Err(SendError::Key { role, error }) if role == Role::SELLER => Some(error),
        Err(other) => panic!("{other}"),
    })
}

#[test]
fn a_session_does_not_outlive_the_right_to_its_peer() {
    assert_eq!(refused(Keyring::clone), [None, None]);
    assert_eq!(refused(|ring| ring.revoking(shop())), [Some(KeyError::Revoked); 2]);
    let [_, under_session] = refused(|ring| ring.without(&domain()));
    assert_eq!(under_session, Some(KeyError::Retired));
}

#[test]
fn a_thief_of_every_share_opens_nothing_that_was_sealed_under_a_session() {
    let parties = Parties::standard();
    let kept = purchase(&parties, &all_meet(&parties, &mut Repeatable(1)));
    // The thief has every share, and so whatever they derive, but no session: that was wiped.
    let [holders, shops] = shares([holder(), shop()]);
    letters(&kept, |name, sealed, letter| {
        let share = if *letter.from == holder() { &holders } else { &shops };
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
        let share = if *letter.from == holder() { &holders } else { &shops };
        assert!(letter.opened(share, sealed).is_some(), "{name}");
    });
}

#[test]
fn only_the_recipients_that_were_met_need_a_session() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(3);
    let [of_seller, _] = meet(holder, seller, &mut rng);
    let envelope = sealed(holder, &Evidence::new().with(&of_seller)).unwrap().envelope.to_bytes();
    assert_eq!([0, 1, 2].map(|part| at(&envelope, &[3, part, 1]).items().len()), [5, 4, 4]);
    // A session with a party counts for that party alone, and for the one that made it.
    let Parties { seller: other_side, .. } = &Parties::standard();
    let [_, of_holder] = meet(holder, other_side, &mut rng);
    let envelope = sealed(holder, &Evidence::new().with(&of_holder)).unwrap().envelope.to_bytes();
    assert_eq!(at(&envelope, &[3, 0, 1]).items().len(), 4);
}

#[test]
fn of_two_sessions_the_newest_counts() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(6);
    let (initiator, hello) = Initiator::start_with_exchange(holder, Role::SELLER, shop(), NOW - 60, &mut rng).unwrap();
    let (_, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let older = initiator.receive(holder, &answer, b"", NOW, &mut rng).unwrap().0.authenticated;
    let [newer, kept] = meet(holder, seller, &mut rng);
    for evidence in [[&older, &newer], [&newer, &older]] {
        let evidence = evidence.into_iter().cloned().collect();
        let envelope = sealed(holder, &evidence).unwrap().envelope;
        let seller = seller.with_evidence(&Evidence::new().with(&kept));
        new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    }
}

#[test]
fn a_session_that_is_forgotten_opens_nothing() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let [mine, theirs] = meet(holder, seller, &mut Repeatable(4));
    let envelope = sealed(holder, &Evidence::new().with(&mine)).unwrap().envelope;
    let kept = Evidence::new().with(&theirs);
    new(seller
        .with_evidence(&kept.clone().since(NOW))
        .receive(&envelope, NOW)
        .unwrap()
        .file(&mut MemoryLedger::new(1))
        .unwrap());
    for forgotten in [kept.clone().without(mine.transcript()), kept.since(NOW + 1)] {
        assert!(is_unknown(&seller.with_evidence(&forgotten).receive(&envelope, NOW)));
    }
}

/// A message that names the session of another peer, or another domain, is not opened with its key.
#[test]
fn a_session_is_of_one_peer_and_one_domain() {
    let parties = Parties::standard();
    let mut rng = Repeatable(5);
    let [_, with_holder] = meet(&parties.holder, &parties.seller, &mut rng);
    let evidence = Evidence::new().with(&with_holder);
    let envelope = sealed(&parties.holder, &Evidence::new()).unwrap().envelope;
    let digest = envelope.digest();
    // The card holder knows the session's key, and answers in the card manager's place.
    let [share] = shares([holder()]);
    let key = session_of(&with_holder).unwrap().try_into().unwrap();
    let (from, to, role) = (&bank(), &shop(), "seller");
    let letter = Letter {
        purpose: "authorization",
        step: 0,
        by: "card-manager",
        from,
        to,
        digest: digest.as_bytes(),
        role,
        token: None,
    };
    let verdict = labelled("verdict", [Value::Uint(NOW), Value::Null, Value::text("no")]).to_bytes();
    let mut forged = letter.seal(&InSession { share: &share, key }, &verdict);
    forged.items().push(Value::bytes(with_holder.transcript()));
    let forged = labelled("authorization", [Value::bytes(digest.as_bytes()), forged]).to_bytes();
    let seller = parties.seller.with_evidence(&evidence);
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let refused = awaiting.authorize(&seller, &Authorization::from_bytes(&forged).unwrap(), NOW);
    assert!(is_unknown(&refused.map_err(|refused| refused.error)));

    // A card holder of a cohort, with a session in one domain that is named in another of the two parties' domains.
    let own = Cohort::of(&holder(), domain().label(), 2);
    let later = polyseal::Epoch::new(8, NOW - 10, NOW + 1_000_000).unwrap();
    let label = domain().label().clone();
    let both = [domain().with_cohort(own), polyseal::Domain::new(label.clone(), label, later).with_cohort(own)];
    let rings = [holder(), shop()].map(|party| polyseal_testing::keyring(&party, &both));
    let [of_holder, of_shop] = rings;
    let card_holder = CardHolder::new(of_holder.without(&both[0]), disclosure());
    let seller = Seller::new(of_shop, policy(OrderForm::standard()));
    let [mine, theirs] = meet(&card_holder, &seller, &mut rng);
    let everybody = CardHolder::new(of_holder, disclosure());
    let order = order();
    let form = polyseal_testing::form(|recipients| recipients.truncate(1));
    let everybody = everybody.with_evidence(&Evidence::new().with(&mine));
    let split = everybody.split(&order, &form).unwrap();
    let envelope = split.seal(&everybody, NOW, Windows::default(), &mut rng).unwrap().envelope;
    let seller = Seller::new(seller_keys(&both), policy(form)).with_rules(polyseal::Rules::default());
    let knowing = Evidence::new().with(&theirs);
    assert!(seller.with_evidence(&knowing).receive(&envelope, NOW).is_ok());
    let moved = with(&envelope.to_bytes(), &[3, 0, 1, 0], key_id(&both[0]));
    let moved = Envelope::from_bytes(&moved).unwrap();
    assert!(is_unknown(&seller.with_evidence(&knowing).receive(&moved, NOW)));
}

fn seller_keys(domains: &[polyseal::Domain]) -> Keyring<Share> {
    polyseal_testing::keyring(&shop(), domains)
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
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(7);
    let begun = Initiator::start_with_exchange(card_holder, Role::SELLER, shop(), NOW, &mut rng);
    let (mut initiator, hello) = begun.unwrap();
    let [share] = shares([shop()]);
    let common = *share.common_key(&holder(), share.domain()).unwrap().export();
    for point in small_order() {
        let empty = Hello::from_bytes(&with(&hello.to_bytes(), &[8], Value::bytes(point))).unwrap();
        let refused = Responder::answer(seller, &empty, b"", NOW, &mut rng);
        assert!(matches!(refused, Err(ReceiveError::Rejected)));
        // A seller that wants what is shared to be known seals all else as it should.
        let (challenge, ephemeral) = (Value::bytes([7; 32]), Value::bytes(point));
        let bound = bound_to_hello(&hello.to_bytes(), &challenge, Some(&ephemeral));
        let keys = InSession { share: &share, key: session_key(&common, &[0; 32], &bound) };
        let (from, to) = (&shop(), &holder());
        let letter = Letter {
            purpose: "handshake",
            step: 2,
            by: "seller",
            from,
            to,
            digest: &bound,
            role: "card-holder",
            token: None,
        };
        let answer = labelled("answer", [challenge, letter.seal(&keys, b""), ephemeral]);
        let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
        let refused = initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap_err();
        assert!(matches!(refused.error, ReceiveError::Rejected));
        initiator = refused.state;
    }
    let (_, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    drop(initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap());
}

/// What the network leaves out or adds is in `tampering.rs`.
#[test]
fn an_exchange_that_was_asked_for_is_not_gone_without() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(8);
    let begun = Initiator::start_with_exchange(card_holder, Role::SELLER, shop(), NOW, &mut rng);
    let (initiator, hello) = begun.unwrap();
    // A seller that can make none answers without, authentically: that is said by name.
    let [share] = shares([shop()]);
    let challenge = Value::bytes([7; 32]);
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, None);
    let (from, to) = (&shop(), &holder());
    let letter = Letter {
        purpose: "handshake",
        step: 2,
        by: "seller",
        from,
        to,
        digest: &bound,
        role: "card-holder",
        token: None,
    };
    let answer = labelled("answer", [challenge, letter.seal(&share, b"")]);
    let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
    let refused = initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::NoExchange));
    // The state is handed back, and the seller's answer with one is taken still.
    let (_, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let (finished, _) = refused.state.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap();
    assert!(finished.authenticated.has_session());
}

#[test]
fn a_handshake_with_an_exchange_goes_on_in_another_process() {
    let begin = |holder: &_, rng: &mut _| Initiator::start_with_exchange(holder, Role::SELLER, shop(), NOW, rng);
    crate::handshake::goes_on(begin, true);
}

/// SPEC.md §7: no sender seals one so, and a receiver that has the key opens it.
#[test]
fn an_authorization_that_names_a_session_is_opened_with_its_key() {
    let mut story = Story::standard(9);
    let awaiting = story.at_seller();
    let Parties { seller, manager, .. } = &story.parties;
    let mut rng = Repeatable(9);
    let [of_bank, _] = meet(seller, manager, &mut rng);
    let [of_other, _] = meet(seller, manager, &mut rng);
    let seller = seller.with_evidence(&Evidence::new().with(&of_bank));

    let [share] = shares([bank()]);
    let key = session_of(&of_bank).unwrap().try_into().unwrap();
    let digest = awaiting.part().digest();
    let (from, to, digest) = (&bank(), &shop(), digest.as_bytes());
    let letter =
        Letter { purpose: "authorization", step: 0, by: "card-manager", from, to, digest, role: "seller", token: None };
    let verdict = labelled("verdict", [Value::Uint(NOW), Value::Null, Value::text("no")]).to_bytes();
    let answer = |session: &Authenticated| {
        let mut sealed = letter.seal(&InSession { share: &share, key }, &verdict);
        sealed.items().push(Value::bytes(session.transcript()));
        Authorization::from_bytes(&labelled("authorization", [Value::bytes(digest), sealed]).to_bytes()).unwrap()
    };
    let refused = awaiting.authorize(&seller, &answer(&of_other), NOW).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Key(KeyError::UnknownSession)));
    let declined = refused.state.authorize(&seller, &answer(&of_bank), NOW).unwrap().file(&mut story.ledger).unwrap();
    assert!(matches!(new(declined), Authorized::Declined(_)));
}
