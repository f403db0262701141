//! The exchange in a handshake, and its fourth message.

use crate::handshake::{answered_by_nobody, proof};
use crate::session::{meet, meet_unacknowledged};
use polyseal::handshake::{
    Acknowledgement, Answer, Authenticated, Confirmation, Evidence, Hello, Initiator, Responder,
};
use polyseal::key::KeyError;
use polyseal::message::{Relay, Windows, WireError};
use polyseal::{CardHolder, KeySource, OrderForm, ReceiveError, Role, Rules, SendError, Share, limits};
use polyseal_testing::cbor::{Value, at, edited, with};
use polyseal_testing::forge::{Letter, bound_to_hello, changed, hello_with, labelled, session_key, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, bank, holder, order, shares, shop};
use x_wing::{Ciphertext, Decapsulate, DecapsulationKey};

fn begun(from: &CardHolder<Share>, rng: &mut Repeatable) -> (Initiator, Hello) {
    Initiator::start_with_exchange(from, Role::SELLER, shop(), NOW, rng).unwrap()
}

/// An answer of a seller with a genuine share, which exchanges what it likes.
fn answer(hello: &Hello, ciphertext: Value, shared: Option<[u8; 32]>) -> Answer {
    let [share] = shares([shop()]);
    let challenge = Value::bytes([7; 32]);
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, &ciphertext);
    let common = *share.common_key(&holder(), share.domain()).unwrap().export();
    let key = shared.map_or(common, |shared| session_key(&common, &shared, &bound));
    let (from, to, role) = (&shop(), &holder(), "card-holder");
    let letter = Letter { purpose: "handshake", step: 2, by: "seller", from, to, digest: &bound, role, token: None };
    let sealed = letter.seal(&in_session(&share, key), b"");
    Answer::from_bytes(&labelled("answer", [challenge, ciphertext, sealed]).to_bytes()).unwrap()
}

/// What the network leaves out or adds besides is in `tampering.rs`.
#[test]
fn an_exchange_that_was_asked_for_is_not_gone_without() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(8);
    let (initiator, hello) = begun(card_holder, &mut rng);
    // A seller that can make none answers without, authentically: that is said by name.
    let without = answer(&hello, Value::Null, None);
    let refused = initiator.receive(card_holder, &without, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::NoExchange));
    // The network strips one.
    let (_, honest) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let stripped = Answer::from_bytes(&with(&honest.to_bytes(), &[3], Value::Null)).unwrap();
    let refused = refused.state.receive(card_holder, &stripped, b"", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    // The state is handed back, and the seller's answer with one is taken still.
    let (finished, _) = refused.state.receive(card_holder, &honest, b"", NOW, &mut rng).unwrap();
    assert!(finished.authenticated.has_session());
}

/// Its payload would go under the common key.
#[test]
fn whoever_requires_a_session_makes_no_handshake_without_an_exchange() {
    // U-3
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(8);
    let [mine, theirs] = shares([holder(), shop()]);
    let strict_holder = card_holder.with_keys(mine).with_rules(Rules::default().require_session(Role::SELLER));
    let strict_seller = seller.with_keys(theirs).with_rules(Rules::default().require_session(Role::CARD_HOLDER));
    let refused = Initiator::start(&strict_holder, Role::SELLER, shop(), NOW, &mut rng).unwrap_err();
    assert!(matches!(refused, SendError::Key { error: KeyError::NoSession, .. }), "{refused}");
    let (initiator, hello) = Initiator::start(card_holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let refused = Responder::answer(&strict_seller, &hello, b"a form", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused, ReceiveError::NoExchange), "{refused}");
    // Nor does it go on with one that it had begun.
    let (_, answer) = Responder::answer(seller, &hello, b"a form", NOW, &mut rng).unwrap();
    let refused = initiator.receive(&strict_holder, &answer, b"a secret", NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::NoExchange));
    // Both are at ease with an exchange, and with those of whom they require none.
    assert!(meet(&strict_holder, &strict_seller, NOW, &mut rng)[0].has_session());
    drop(Initiator::start(&strict_holder, Role::CARD_MANAGER, bank(), NOW, &mut rng).unwrap());
}

#[test]
fn an_exchange_that_nobody_asked_for_is_refused() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(9);
    let (initiator, hello) = Initiator::start(card_holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (_, honest) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let added = with(&honest.to_bytes(), &[3], Value::bytes([7; 1120]));
    // Added by the network, and by the seller itself.
    let mut state = initiator;
    for answer in [Answer::from_bytes(&added).unwrap(), answer(&hello, Value::bytes([7; 1120]), None)] {
        let refused = state.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap_err();
        assert!(matches!(refused.error, ReceiveError::Rejected));
        state = refused.state;
    }
    drop(state.receive(card_holder, &honest, b"", NOW, &mut rng).unwrap());
}

#[test]
fn a_changed_ciphertext_fails_like_any_other_forgery() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(10);
    let (mut initiator, hello) = begun(card_holder, &mut rng);
    let (_, honest) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    // In ML-KEM's ciphertext, and in X25519's key.
    for place in [0, 1087, 1088, 1119] {
        let changed = edited(&honest.to_bytes(), &[3], |value| match value {
            Value::Bytes(ciphertext) => ciphertext[place] ^= 1,
            other => panic!("{other:?}"),
        });
        let changed = Answer::from_bytes(&changed).unwrap();
        let refused = initiator.receive(card_holder, &changed, b"", NOW, &mut rng).unwrap_err();
        assert!(matches!(refused.error, ReceiveError::Rejected), "byte {place}");
        initiator = refused.state;
    }
    drop(initiator.receive(card_holder, &honest, b"", NOW, &mut rng).unwrap());
}

/// X-Wing does not look at X25519's result: a seller that spoils that half has ML-KEM's secret in the key all the same.
#[test]
fn a_ciphertext_of_small_order_is_one_all_the_same() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(11);
    let (initiator, hello) = begun(card_holder, &mut rng);
    let (_, honest) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let mut spoiled = at(&honest.to_bytes(), &[3]).as_bytes().to_vec();
    spoiled[1088..].fill(0);
    let seed: [u8; 32] = at(&initiator.export(), &[2, 2]).as_bytes().try_into().unwrap();
    let shared = DecapsulationKey::from(seed).decapsulate(&Ciphertext::try_from(spoiled.as_slice()).unwrap());
    let answer = answer(&hello, Value::bytes(&spoiled), Some(shared.into()));
    assert!(initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap().0.authenticated.has_session());
}

#[test]
fn a_handshake_with_an_exchange_goes_on_in_another_process() {
    let begin = |holder: &_, rng: &mut _| Initiator::start_with_exchange(holder, Role::SELLER, shop(), NOW, rng);
    crate::handshake::goes_on(begin, true);
}

/// The MAC covers the encapsulation key, and a key that is none is refused before anything is drawn.
#[test]
fn a_key_that_is_none_makes_nobody_draw_anything() {
    let parties = Parties::standard();
    let hello = begun(&parties.holder, &mut Repeatable(14)).1.to_bytes();
    let refused = |bytes: &[u8], why: &str| answered_by_nobody(&parties.seller, bytes, why);
    let changed = edited(&hello, &[8], |value| match value {
        Value::Bytes(key) => *key.last_mut().unwrap() ^= 1,
        other => panic!("{other:?}"),
    });
    refused(&changed, "another key");
    refused(&with(&hello, &[8], Value::Null), "without the exchange that was asked for");
    // The MAC is that of the party that asks, but a coefficient is not below the modulus.
    let [share] = shares([holder()]);
    let signed = |change: &dyn Fn(&mut Vec<u8>)| {
        hello_with(&share, &shop(), &hello, |items| match &mut items[6] {
            Value::Bytes(key) => change(key),
            other => panic!("{other:?}"),
        })
    };
    refused(&signed(&|key| key[..2].fill(0xff)), "the first coefficient");
    refused(&signed(&|key| key[1150..1152].fill(0xff)), "the last coefficient");
    assert!(Hello::from_bytes(&signed(&|key| key.truncate(1215))).is_err(), "of another length");
    assert_eq!(signed(&|_| {}), hello);
}

#[test]
fn a_replayed_hello_makes_another_session() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(12);
    let (initiator, hello) = begun(card_holder, &mut rng);
    let (first, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let (second, _) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let (_, confirmation) = initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap();
    let refused = second.receive(seller, &confirmation, NOW, &mut rng).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Rejected));
    drop(first.receive(seller, &confirmation, NOW, &mut rng).unwrap());
}

/// Which parts of an order that is sealed with this proof go under its session.
fn parts_under(holder: &CardHolder<Share>, proof: &Authenticated) -> [bool; 3] {
    let holder = holder.with_evidence(&Evidence::new().with(proof)).unwrap();
    let order = order();
    let split = holder.split(&order, &OrderForm::standard()).unwrap();
    let envelope = split.seal(&holder, NOW, Windows::default(), &mut Repeatable(2)).unwrap().envelope;
    [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE].map(|role| {
        let session = envelope.keys(&role).next().unwrap().1.session();
        assert!(session.is_none_or(|session| session == proof.transcript()));
        session.is_some()
    })
}

#[test]
fn nothing_goes_under_a_session_before_it_is_acknowledged() {
    // U-2
    let mut story = Story::standard(1);
    let awaiting = story.at_seller();
    let Parties { holder: card_holder, seller, manager, courier } = &story.parties;
    let mut rng = Repeatable(13);
    let ([mine, theirs], acknowledgement) = meet_unacknowledged(card_holder, seller, NOW, &mut rng);
    assert_eq!([mine.is_acknowledged(), theirs.is_acknowledged()], [false, true]);
    assert_eq!(parts_under(card_holder, &mine), [false; 3]);
    let acknowledged = mine.acknowledge(card_holder, &acknowledgement, NOW).unwrap();
    assert_eq!(parts_under(card_holder, &acknowledged), [true, false, false]);
    // Nothing has become of the other, and neither is lost when it is stored.
    for (proof, is_acknowledged) in [(&mine, false), (&acknowledged, true), (&theirs, true)] {
        let proof = Authenticated::import(&proof.export()).unwrap();
        assert_eq!(proof.is_acknowledged(), is_acknowledged);
        assert_eq!(proof.transcript(), mine.transcript());
    }
    assert_eq!(parts_under(card_holder, &Authenticated::import(&acknowledged.export()).unwrap()), [true, false, false]);
    // Once acknowledged, it stays so.
    let again = acknowledged.acknowledge(card_holder, &acknowledgement, NOW).unwrap();
    assert!(again.is_acknowledged());

    // The side that answered may at once, because the confirmation has arrived.
    let ([_, at_holder], _) = meet_unacknowledged(courier, card_holder, NOW, &mut rng);
    assert_eq!(parts_under(card_holder, &at_holder), [false, false, true]);
    // A relay waits for that, too: had the confirmation been lost, it would not open, however often it came.
    let ([at_seller, at_manager], acknowledgement) = meet_unacknowledged(seller, manager, NOW, &mut rng);
    let mut relayed_with = |proof: &Authenticated| {
        let selling = seller.with_evidence(&Evidence::new().with(proof)).unwrap();
        awaiting.relay(&selling, &Role::CARD_MANAGER, NOW, &mut rng).unwrap()
    };
    let session = |relay: &Relay| relay.keys(&Role::CARD_MANAGER).next().unwrap().1.session().copied();
    let relay = relayed_with(&at_seller);
    assert_eq!(session(&relay), None);
    drop(manager.receive(&relay, NOW).unwrap());
    let relay = relayed_with(&at_seller.acknowledge(seller, &acknowledgement, NOW).unwrap());
    assert_eq!(session(&relay), Some(*at_seller.transcript()));
    drop(manager.with_evidence(&Evidence::new().with(&at_manager)).unwrap().receive(&relay, NOW).unwrap());
}

#[test]
fn a_lost_confirmation_is_sent_again() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(14);
    let (initiator, hello) = begun(card_holder, &mut rng);
    let (responder, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let (mine, confirmation) = initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap();
    // The first one is lost: the card holder, which got no acknowledgement, sends the same bytes.
    let again = Confirmation::from_bytes(&confirmation.to_bytes()).unwrap();
    let (theirs, acknowledgement) = responder.receive(seller, &again, NOW + 30, &mut rng).unwrap();
    let mine = mine.authenticated.acknowledge(card_holder, &acknowledgement.unwrap(), NOW + 30).unwrap();
    assert_eq!(mine.transcript(), theirs.authenticated.transcript());
}

#[test]
fn a_lost_acknowledgement_is_made_again_in_any_process() {
    let Parties { holder: card_holder, seller, manager, .. } = &Parties::standard();
    let mut rng = Repeatable(15);
    let ([mine, theirs], lost) = meet_unacknowledged(card_holder, seller, NOW, &mut rng);
    let theirs = Authenticated::import(&theirs.export()).unwrap();
    let again = theirs.acknowledgement(seller, NOW + 30, &mut rng).unwrap();
    assert_ne!(again, lost, "sealed anew");
    assert_eq!(again.key().session(), Some(mine.transcript()));
    let last = NOW + limits::HANDSHAKE;
    assert!(mine.acknowledge(card_holder, &again, last).unwrap().is_acknowledged());
    assert!(matches!(mine.acknowledge(card_holder, &again, last + 1), Err(ReceiveError::HandshakeExpired)));

    // By its own party, and of a session alone.
    assert!(matches!(theirs.acknowledgement(manager, NOW, &mut rng), Err(SendError::OtherParty)));
    assert!(matches!(mine.acknowledge(seller, &again, NOW), Err(ReceiveError::OtherParty)));
    let no_session = |made: Result<_, _>| matches!(made, Err(SendError::Key { role, error: KeyError::NoSession }) if role == Role::SELLER);
    // The party that began does not know that the other side has the session.
    assert!(no_session(mine.acknowledgement(card_holder, NOW, &mut rng)));
    let plain = proof(card_holder, seller, NOW, &mut rng);
    assert!(no_session(plain.acknowledgement(card_holder, NOW, &mut rng)));
    assert!(matches!(plain.acknowledge(card_holder, &again, NOW), Err(ReceiveError::Key(KeyError::UnknownSession))));
}

#[test]
fn an_acknowledgement_is_of_one_session_and_of_the_side_that_answered() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(16);
    let ([mine, theirs], acknowledgement) = meet_unacknowledged(card_holder, seller, NOW, &mut rng);
    let ([other, _], others) = meet_unacknowledged(card_holder, seller, NOW, &mut rng);
    let unknown = |taken| matches!(taken, Err(ReceiveError::Key(KeyError::UnknownSession)));
    assert!(unknown(mine.acknowledge(card_holder, &others, NOW)));
    // H-13 comes before H-14.
    let late = mine.acknowledge(card_holder, &others, NOW + limits::HANDSHAKE + 1);
    assert!(matches!(late, Err(ReceiveError::HandshakeExpired)));
    // Moved to another session by name, stripped of its session, changed anywhere.
    let bytes = acknowledgement.to_bytes();
    let moved = with(&bytes, &[2, 4], Value::bytes(other.transcript()));
    let unnamed = edited(&bytes, &[2], |sealed| drop(sealed.items().pop()));
    let rejected = |proof: &Authenticated, bytes: &[u8]| {
        let message = Acknowledgement::from_bytes(bytes).unwrap();
        matches!(proof.acknowledge(card_holder, &message, NOW), Err(ReceiveError::Rejected))
    };
    assert!(rejected(&other, &moved) && rejected(&mine, &unnamed));
    for item in [0, 1, 2, 3] {
        let changed = edited(&bytes, &[2, item], |value| match value {
            Value::Bytes(bytes) => *bytes.last_mut().unwrap() ^= 1,
            other => panic!("{other:?}"),
        });
        assert!(rejected(&mine, &changed), "item {item}");
    }
    // Reflected: what the card holder itself could say under the session.
    let [share] = shares([holder()]);
    let key = session_of(&mine).unwrap().try_into().unwrap();
    let (from, to, digest) = (&holder(), &shop(), mine.transcript().as_slice());
    let letter =
        Letter { purpose: "handshake", step: 4, by: "card-holder", from, to, digest, role: "seller", token: None };
    let mut sealed = letter.seal(&in_session(&share, key), b"");
    sealed.items().push(Value::bytes(digest));
    assert!(rejected(&mine, &labelled("acknowledgement", [sealed]).to_bytes()));
    assert!(mine.acknowledge(card_holder, &acknowledgement, NOW).is_ok() && theirs.is_acknowledged());
}

#[test]
fn a_proof_without_a_session_is_not_acknowledged() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let [_, theirs] = meet(card_holder, seller, NOW, &mut Repeatable(17));
    let changed = |change: fn(&mut Vec<Value>)| {
        let export = changed(&theirs.export(), |body| change(body.items()));
        Authenticated::import(&export).err()
    };
    assert_eq!(changed(|_| {}), None);
    assert_eq!(changed(|items| items[6..].clone_from_slice(&[Value::Null, Value::Null, Value::Uint(0)])), None);
    let acknowledged = changed(|items| items[6..].clone_from_slice(&[Value::Null, Value::Null, Value::Uint(1)]));
    assert_eq!(acknowledged, Some(WireError::Corrupt));
    let acknowledged = changed(|items| items[8] = Value::Uint(2));
    assert!(matches!(acknowledged, Some(WireError::Limit { what: "whether it is acknowledged", found: 2, .. })));
    assert!(changed(|items| items[7] = Value::Null).is_some());
}
