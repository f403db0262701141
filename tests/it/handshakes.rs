//! The handshake: each side knows that the other is there, now, and that nothing was replayed or reflected. What
//! the network changes or mixes up is in `tampering.rs`.

use polyseal::handshake::{Answer, Authenticated, Confirmation, Evidence, Hello, Initiator, Responder};
use polyseal::message::{Windows, WireError};
use polyseal::{CardHolder, OrderForm, Party, ReceiveError, Release, Role, Rules, Seller, SendError, Share, limits};
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::{Letter, bound_to_hello, exported, labelled};
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, courier, disclosure, form, holder, id, new, order, shares, shop,
};

macro_rules! sent {
    ($type:ident, $message:expr) => {
        $type::from_bytes(&$message.to_bytes()).unwrap()
    };
}

/// What both ends have of a handshake between the card holder and the seller.
fn met(parties: &Parties<Share>, now: u64) -> [Authenticated; 2] {
    let mut rng = Repeatable(now);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), now, &mut rng).unwrap();
    let form = OrderForm::standard().to_bytes();
    let (responder, answer) =
        Responder::answer(&parties.seller, &sent!(Hello, hello), &form, now + 1, &mut rng).unwrap();
    let (finished, confirmation) =
        initiator.receive(&parties.holder, &sent!(Answer, answer), b"thanks", now + 2, &mut rng).unwrap();
    // The form arrives authentic, in one round trip.
    assert_eq!(OrderForm::from_bytes(&finished.payload).unwrap(), OrderForm::standard());
    let theirs = responder.receive(&parties.seller, &sent!(Confirmation, confirmation), now + 3).unwrap();
    assert_eq!(theirs.payload.as_slice(), b"thanks");
    [finished.authenticated, theirs.authenticated]
}

#[test]
fn both_sides_end_with_the_same_transcript() {
    let parties = Parties::standard();
    let [mine, theirs] = met(&parties, NOW);
    assert_eq!(mine.transcript(), theirs.transcript());
    // Each counts from when it drew its challenge.
    assert_eq!((mine.peer(), mine.role(), mine.at()), (&shop(), &Role::SELLER, NOW));
    assert_eq!((theirs.peer(), theirs.role(), theirs.at()), (&holder(), &Role::CARD_HOLDER, NOW + 1));
    let [again, _] = met(&parties, NOW + 10);
    assert_ne!(mine.transcript(), again.transcript());
}

#[test]
fn an_answer_that_is_held_back_grows_old() {
    let parties = Parties::standard();
    let mut rng = Repeatable(10);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW + 1, &mut rng).unwrap();
    // Nor does a state that is restored make it younger.
    let state = initiator.export();
    for later in [NOW + 100, NOW + 100_000] {
        let initiator = Initiator::restore(&parties.holder, &state).unwrap();
        let (finished, confirmation) = initiator.receive(&parties.holder, &answer, b"", later, &mut rng).unwrap();
        assert_eq!(finished.authenticated.at(), NOW);
        let responder = Responder::restore(&parties.seller, &responder.export()).unwrap();
        assert_eq!(responder.receive(&parties.seller, &confirmation, later).unwrap().authenticated.at(), NOW + 1);
        let one = careful(Rules::default().require_authenticated(60));
        assert_eq!(seals(&one, &OrderForm::standard(), &[&finished.authenticated], later), unmet(&Role::SELLER));
    }
}

#[test]
fn a_state_with_the_key_of_an_exchange_that_nobody_asked_for_is_refused() {
    let parties = Parties::standard();
    let mut rng = Repeatable(12);
    let (_, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let state = |key| {
        let items = vec![Value::Uint(NOW), Value::bytes(hello.to_bytes()), Value::bytes([7; 32]), key];
        exported("responder", &Value::Array(items).to_bytes())
    };
    Responder::restore(&parties.seller, &state(Value::Null)).unwrap();
    let refused = Responder::restore(&parties.seller, &state(Value::bytes([8; 32]))).err();
    assert_eq!(refused, Some(WireError::Corrupt));
}

#[test]
fn a_handshake_of_another_party_does_not_count() {
    let parties = Parties::standard();
    let mut rng = Repeatable(11);
    // The card manager has a handshake with the seller; the card holder, in the same process, has none.
    let (initiator, hello) = Initiator::start(&parties.manager, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (_, answer) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    let others = initiator.receive(&parties.manager, &answer, b"", NOW, &mut rng).unwrap().0.authenticated;
    let one = careful(Rules::default().require_authenticated(60));
    assert_eq!(seals(&one, &OrderForm::standard(), &[&others], NOW), unmet(&Role::SELLER));
}

#[test]
fn a_replayed_hello_gets_another_challenge() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    let (_, confirmation) = initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap();
    drop(responder.receive(&parties.seller, &confirmation, NOW).unwrap());
    // So the old confirmation is of no use.
    let (responder, _) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    assert!(matches!(
        responder.receive(&parties.seller, &confirmation, NOW).unwrap_err().error,
        ReceiveError::Rejected
    ));
}

#[test]
fn a_reflected_message_is_refused() {
    let parties = Parties::standard();
    let mut rng = Repeatable(3);
    // Seller and card manager begin with each other at the same time; a network plays each side's words back.
    let (from_seller, hello) = Initiator::start(&parties.seller, Role::CARD_MANAGER, bank(), NOW, &mut rng).unwrap();
    let (_, other) = Initiator::start(&parties.manager, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let back = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng);
    assert!(matches!(back, Err(ReceiveError::NotAddressed { role }) if role == Role::SELLER));
    let (_, sellers) = Responder::answer(&parties.seller, &other, b"", NOW, &mut rng).unwrap();
    assert!(matches!(
        from_seller.receive(&parties.seller, &sellers, b"", NOW, &mut rng).unwrap_err().error,
        ReceiveError::Rejected
    ));
}

#[test]
fn a_share_of_ones_own_cannot_answer_for_another() {
    let parties = Parties::standard();
    let mut rng = Repeatable(4);
    let (initiator, _) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let [share] = shares([id("mallory.example")]);
    let mallory = Seller::new(share, polyseal_testing::policy(OrderForm::standard()));
    let (_, to_mallory) =
        Initiator::start(&parties.holder, Role::SELLER, id("mallory.example"), NOW, &mut rng).unwrap();
    let (_, answer) = Responder::answer(&mallory, &to_mallory, b"", NOW, &mut rng).unwrap();
    assert!(matches!(
        initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap_err().error,
        ReceiveError::Rejected
    ));
}

#[test]
fn a_payload_longer_than_the_limit_is_neither_sent_nor_taken() {
    let parties = Parties::standard();
    let mut rng = Repeatable(9);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let long = vec![0; limits::PAYLOAD + 1];
    let refused = Responder::answer(&parties.seller, &hello, &long, NOW, &mut rng);
    assert!(matches!(refused, Err(ReceiveError::Payload)));
    // A seller with a mind of its own, and a genuine share.
    let [share] = shares([shop()]);
    let challenge = Value::bytes([7; 32]);
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, None);
    let answer = |length| {
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
        let sealed = letter.seal(&share, &vec![0; length]);
        Answer::from_bytes(&labelled("answer", [challenge.clone(), sealed]).to_bytes()).unwrap()
    };
    let refused = initiator.receive(&parties.holder, &answer(limits::PAYLOAD + 1), b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    let (finished, _) = refused.state.receive(&parties.holder, &answer(limits::PAYLOAD), b"", NOW, &mut rng).unwrap();
    assert_eq!(finished.payload.len(), limits::PAYLOAD);
}

/// A card holder that seals for authenticated parties only.
fn careful(rules: Rules) -> CardHolder<Share> {
    let [share] = shares([holder()]);
    CardHolder::new(share, disclosure()).with_rules(rules)
}

/// Whether it seals, or the role that has not answered lately enough.
fn seals(holder: &CardHolder<Share>, form: &OrderForm, proofs: &[&Authenticated], now: u64) -> Result<(), Role> {
    let order = order();
    let evidence = proofs.iter().copied().cloned().collect();
    let holder = holder.with_evidence(&evidence);
    let sealed = holder.split(&order, form).unwrap().seal(&holder, now, Windows::default(), &mut Repeatable(9));
    sealed.map(drop).map_err(|error| match error {
        SendError::NotAuthenticated { role } => role,
        other => panic!("{other}"),
    })
}

fn unmet(role: &Role) -> Result<(), Role> {
    Err(role.clone())
}

#[test]
fn a_card_holder_can_require_a_handshake_with_the_seller_or_with_all() {
    let parties = Parties::standard();
    let [of_seller, _] = met(&parties, NOW);
    let at = of_seller.at();
    let mut rng = Repeatable(5);
    let others = [(Role::CARD_MANAGER, bank()), (Role::DELIVERY_SERVICE, courier())].map(|(role, identifier)| {
        let (initiator, hello) = Initiator::start(&parties.holder, role.clone(), identifier, at, &mut rng).unwrap();
        let answer = if role == Role::CARD_MANAGER {
            Responder::answer(&parties.manager, &hello, b"", at, &mut rng).unwrap().1
        } else {
            Responder::answer(&parties.courier, &hello, b"", at, &mut rng).unwrap().1
        };
        initiator.receive(&parties.holder, &answer, b"", at, &mut rng).unwrap().0.authenticated
    });
    let [of_bank, of_courier] = &others;
    let standard = OrderForm::standard();

    let one = careful(Rules::default().require_authenticated(60));
    assert_eq!(seals(&one, &standard, &[], at), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[of_bank], at), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 60), Ok(()));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 61), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at - 1), unmet(&Role::SELLER));
    // Whom it sends a part to itself counts too.
    let direct = form(|recipients| {
        for entry in recipients.iter_mut().filter(|entry| entry.role == Role::CARD_MANAGER) {
            entry.release = Release::Direct;
        }
    });
    assert_eq!(seals(&one, &direct, &[&of_seller], at), unmet(&Role::CARD_MANAGER));
    assert_eq!(seals(&one, &direct, &[&of_seller, of_bank], at), Ok(()));

    let all = careful(Rules::default().require_all_authenticated(60));
    assert_eq!(seals(&all, &standard, &[&of_seller], at), unmet(&Role::CARD_MANAGER));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank], at), unmet(&Role::DELIVERY_SERVICE));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank, of_courier], at), Ok(()));
}

#[test]
fn of_two_requirements_the_stricter_holds() {
    let (one, all) = (Rules::default().require_authenticated(60), Rules::default().require_all_authenticated(60));
    assert_ne!(one, all);
    assert_eq!(all.clone().require_authenticated(90), all);
    assert_eq!(one.clone().require_all_authenticated(90), all);
    assert_eq!(one.require_authenticated(30), Rules::default().require_authenticated(30));
}

/// What a seller has of a handshake with another service.
fn met_by_seller(seller: &Seller<Share>, service: &impl Party) -> Authenticated {
    let mut rng = Repeatable(6);
    let (role, identifier) = (service.role().clone(), service.identifier().clone());
    let (initiator, hello) = Initiator::start(seller, role, identifier, NOW, &mut rng).unwrap();
    let (_, answer) = Responder::answer(service, &hello, b"", NOW, &mut rng).unwrap();
    initiator.receive(seller, &answer, b"", NOW, &mut rng).unwrap().0.authenticated
}

#[test]
fn a_seller_can_require_a_handshake_before_relay_and_before_dispatch() {
    let mut story = Story::standard(6);
    let awaiting = story.at_seller();
    let seller = story.parties.seller.with_rules(Rules::default().require_authenticated(60));
    let Parties { manager, courier, .. } = &Parties::standard();
    let mut rng = Repeatable(7);
    let is_unmet = |error: SendError, unmet: &Role| {
        assert!(matches!(error, SendError::NotAuthenticated { role } if role == *unmet));
    };
    let manager_role = Role::CARD_MANAGER;
    is_unmet(awaiting.relay(&seller, &manager_role, NOW, &mut rng).unwrap_err(), &manager_role);

    let of_bank = met_by_seller(&seller, manager);
    let knowing = Evidence::new().with(&of_bank);
    let relay = awaiting.relay(&seller.with_evidence(&knowing), &manager_role, NOW + 60, &mut rng).unwrap();
    let late = awaiting.relay(&seller.with_evidence(&knowing), &manager_role, NOW + 61, &mut rng);
    is_unmet(late.unwrap_err(), &manager_role);

    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    let decided = deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner();
    let answer = decided.authorization(manager, &mut rng).unwrap();
    let approved = approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap()));
    let role = Role::DELIVERY_SERVICE;
    // The card manager's handshake does not count for the delivery service.
    let refused = approved.dispatch(&seller.with_evidence(&knowing), &role, b"", NOW).unwrap_err();
    is_unmet(refused.error, &role);
    let knowing = knowing.with(&met_by_seller(&seller, courier));
    let seller = seller.with_evidence(&knowing);
    let pending = refused.state.dispatch(&seller, &role, b"", NOW + 60).unwrap();
    let approved = new(pending.file(&mut story.ledger).unwrap());
    // Each sending asks again.
    drop(approved.dispatch_message(&seller, &role, NOW + 60, &mut rng).unwrap());
    is_unmet(approved.dispatch_message(&seller, &role, NOW + 61, &mut rng).unwrap_err(), &role);
}

#[test]
fn a_handshake_goes_on_in_another_process() {
    crate::handshake::goes_on(|holder, rng| Initiator::start(holder, Role::SELLER, shop(), NOW, rng), false);
}
