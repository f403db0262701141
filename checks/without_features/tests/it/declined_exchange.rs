//! A library without the feature `forward-secrecy` among others that have it: it answers a hello that asks for an
//! exchange without one, and does not finish a handshake that asked for one without it.
//!
//! Nobody asks for one here, so the hello and the state of a party that did are made from a plain one's.

use polyseal::handshake::{Answer, Confirmation, Hello, Initiator, Responder};
use polyseal::{ReceiveError, Role, Share};
use polyseal_testing::cbor::{Value, with};
use polyseal_testing::forge::{Letter, bound_on, bound_to_hello, exported, hello_with, labelled};
use polyseal_testing::{NOW, Parties, Repeatable, holder, shares, shop};

/// Key and ciphertext have the lengths of X-Wing's.
const KEY: [u8; 1216] = [9; 1216];
const CIPHERTEXT: [u8; 1120] = [7; 1120];

/// The card holder's hello to the seller, and the same as it is with a key for an exchange.
fn hellos(parties: &Parties<Share>, rng: &mut Repeatable) -> [Hello; 2] {
    let (_, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, rng).unwrap();
    let [share] = shares([holder()]);
    let asking = hello_with(&share, &shop(), &hello.to_bytes(), |items| items[6] = Value::bytes(KEY));
    [hello, Hello::from_bytes(&asking).unwrap()]
}

#[test]
fn who_is_asked_for_an_exchange_answers_without() {
    let parties = Parties::standard();
    let mut rng = Repeatable(1);
    let [_, asking] = hellos(&parties, &mut rng);
    let (responder, answer) = Responder::answer(&parties.seller, &asking, b"form", NOW, &mut rng).unwrap();
    let answer = answer.to_bytes();

    // To what was asked, authentically.
    let mut items = Value::parse(&answer);
    let [_, _, challenge, ciphertext, sealed] = items.items().as_slice() else { panic!("an answer of five items") };
    assert_eq!(*ciphertext, Value::Null);
    let bound = bound_to_hello(&asking.to_bytes(), challenge, &Value::Null);
    let ([share], [from, to]) = (shares([holder()]), [shop(), holder()]);
    let purpose = "handshake";
    let letter = Letter {
        purpose,
        step: 2,
        by: "seller",
        from: &from,
        to: &to,
        digest: &bound,
        role: "card-holder",
        token: None,
    };
    assert_eq!(letter.open(&share, sealed), b"form");

    // The party that asked may be content with that.
    let bound = bound_on("answer", &bound, &answer);
    let letter = Letter { step: 3, by: "card-holder", from: &to, to: &from, digest: &bound, role: "seller", ..letter };
    let confirmation = labelled("confirmation", [letter.seal(&share, b"")]).to_bytes();
    let sent = Confirmation::from_bytes(&confirmation).unwrap();
    let (finished, acknowledgement) = responder.receive(&parties.seller, &sent, NOW, &mut rng).unwrap();
    assert_eq!(*finished.authenticated.transcript(), *bound_on("confirmation", &bound, &confirmation));
    assert!(!finished.authenticated.has_session() && acknowledgement.is_none());
}

#[test]
fn who_asked_for_an_exchange_does_not_go_without() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let [plain, asking] = hellos(&parties, &mut rng);
    let state = Value::Array(vec![Value::Uint(NOW), Value::bytes(asking.to_bytes()), Value::bytes([8; 32])]);
    let state = exported("initiator", &state.to_bytes());
    let initiator = Initiator::restore(&parties.holder, &state).unwrap();

    let (_, answer) = Responder::answer(&parties.seller, &asking, b"", NOW, &mut rng).unwrap();
    let refused = initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::NoExchange));
    // One with a ciphertext in it is not for this build; one to another hello is for nobody.
    let with_ciphertext = Answer::from_bytes(&with(&answer.to_bytes(), &[3], Value::bytes(CIPHERTEXT))).unwrap();
    let refused = refused.state.receive(&parties.holder, &with_ciphertext, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    let (_, answer) = Responder::answer(&parties.seller, &plain, b"", NOW, &mut rng).unwrap();
    let refused = refused.state.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    assert_eq!(*refused.state.export(), state);
}
