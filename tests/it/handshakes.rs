//! The handshake: each side knows that the other is there, now, and that nothing was replayed or reflected. What
//! the network changes or mixes up is in `tampering.rs`, and what waits for a handshake in `required_handshakes.rs`.

use polyseal::handshake::{Answer, Hello, Initiator, Responder};
use polyseal::key::KeyError;
use polyseal::message::WireError;
use polyseal::{CardHolder, OrderForm, ReceiveError, Refused, Role, Seller, SendError, Share, limits};
use polyseal_testing::cbor::{Value, edited, with};
use polyseal_testing::forge::{Letter, bound_to_hello, exported, labelled};
use polyseal_testing::{NOW, Parties, Repeatable, bank, disclosure, holder, id, shares, shop};

use crate::handshake::{answered_by_nobody, goes_on, met};

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
fn each_side_waits_for_ten_minutes_from_its_own_first_word() {
    let parties = Parties::standard();
    let mut rng = Repeatable(13);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW + 60, &mut rng).unwrap();
    let last = NOW + limits::HANDSHAKE;
    let refused = initiator.receive(&parties.holder, &answer, b"", last + 1, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::HandshakeExpired));
    let (_, confirmation) = refused.state.receive(&parties.holder, &answer, b"", last, &mut rng).unwrap();
    let refused = responder.receive(&parties.seller, &confirmation, last + 61, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::HandshakeExpired));
    drop(refused.state.receive(&parties.seller, &confirmation, last + 60, &mut rng).unwrap());
    // A clock that was set back ends nothing.
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (_, answer) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    drop(initiator.receive(&parties.holder, &answer, b"", NOW - 5, &mut rng).unwrap());
}

#[test]
fn a_hello_of_who_has_no_key_makes_nobody_draw_anything() {
    // H-2, H-3
    let parties = Parties::standard();
    let begin = |from: &CardHolder<Share>| {
        Initiator::start(from, Role::SELLER, shop(), NOW, &mut Repeatable(14)).unwrap().1.to_bytes()
    };
    let hello = begin(&parties.holder);
    let refused = |bytes: &[u8], why: &str| answered_by_nobody(&parties.seller, bytes, why);
    for (item, name) in [(4, "from"), (7, "challenge"), (9, "MAC")] {
        let changed = edited(&hello, &[item], |value| match value {
            Value::Bytes(bytes) => *bytes.last_mut().unwrap() ^= 1,
            other => panic!("{other:?}"),
        });
        refused(&changed, name);
    }
    refused(&with(&hello, &[3], Value::text("gateway")), "the sender's role");
    refused(&with(&hello, &[8], Value::bytes([9; 1216])), "with an exchange that was not asked for");
    // Another share says that it is the card holder's.
    let [other] = shares([id("mallory.example")]);
    let others = begin(&CardHolder::new(other, disclosure()));
    refused(&with(&others, &[4], Value::bytes(holder().as_bytes())), "another share's");
}

#[test]
fn nobody_shakes_hands_with_oneself_nor_a_card_holder_with_another() {
    let parties = Parties::standard();
    let mut rng = Repeatable(15);
    let begun = Initiator::start(&parties.seller, Role::CARD_MANAGER, shop(), NOW, &mut rng);
    let error = begun.unwrap_err();
    assert!(matches!(error, SendError::Key { role, error: KeyError::Oneself } if role == Role::CARD_MANAGER));
    let begun = Initiator::start(&parties.holder, Role::CARD_HOLDER, id("other.example"), NOW, &mut rng);
    let error = begun.unwrap_err();
    assert_eq!((error.label(), error.can_retry()), ("both-card-holders", false));
    // Nor is such a message one.
    let (_, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let hello = hello.to_bytes();
    for (item, value) in [(4, Value::bytes(shop().as_bytes())), (5, Value::text("card-holder"))] {
        let refused = Hello::from_bytes(&with(&hello, &[item], value)).unwrap_err();
        assert!(matches!(refused, WireError::Expected(_)), "{refused}");
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
fn a_replayed_hello_gets_another_challenge() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    let (_, confirmation) = initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap();
    drop(responder.receive(&parties.seller, &confirmation, NOW, &mut rng).unwrap());
    // So the old confirmation is of no use.
    let (responder, _) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    assert!(matches!(
        responder.receive(&parties.seller, &confirmation, NOW, &mut rng).unwrap_err().error,
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
fn a_handshake_goes_on_only_at_the_party_that_began_or_answered_it() {
    let Parties { holder, seller, manager, .. } = Parties::standard();
    let mut rng = Repeatable(16);
    let (initiator, hello) = Initiator::start(&holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&seller, &hello, b"", NOW, &mut rng).unwrap();
    let Refused { state: initiator, error } = initiator.receive(&manager, &answer, b"", NOW, &mut rng).unwrap_err();
    assert_eq!((error.label(), error.can_retry()), ("other-party", false));
    let (_, confirmation) = initiator.receive(&holder, &answer, b"", NOW, &mut rng).unwrap();
    let Refused { state: responder, error } = responder.receive(&manager, &confirmation, NOW, &mut rng).unwrap_err();
    assert_eq!(error.label(), "other-party");
    assert!(responder.receive(&seller, &confirmation, NOW, &mut rng).is_ok());
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
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, &Value::Null);
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
        Answer::from_bytes(&labelled("answer", [challenge.clone(), Value::Null, sealed]).to_bytes()).unwrap()
    };
    let refused = initiator.receive(&parties.holder, &answer(limits::PAYLOAD + 1), b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    let (finished, _) = refused.state.receive(&parties.holder, &answer(limits::PAYLOAD), b"", NOW, &mut rng).unwrap();
    assert_eq!(finished.payload.len(), limits::PAYLOAD);
}

#[test]
fn a_handshake_goes_on_in_another_process() {
    goes_on(|holder, rng| Initiator::start(holder, Role::SELLER, shop(), NOW, rng), false);
}
