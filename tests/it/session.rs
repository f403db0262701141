//! Sessions: handshakes with an exchange from start to end, which other tests need, and what names a session.

use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::{Party, Role, limits};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::session_of;
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, shop};

/// A handshake with an exchange: what each side has of it. Every message arrives as its bytes.
pub fn meet(from: &impl Party, to: &impl Party, now: u64, rng: &mut Repeatable) -> [Authenticated; 2] {
    let ([mine, theirs], acknowledgement) = meet_unacknowledged(from, to, now, rng);
    let acknowledgement = Acknowledgement::from_bytes(&acknowledgement.to_bytes()).unwrap();
    [mine.acknowledge(from, &acknowledgement, now).unwrap(), theirs]
}

/// The same, and the last message is still on its way.
pub fn meet_unacknowledged(
    from: &impl Party,
    to: &impl Party,
    now: u64,
    rng: &mut Repeatable,
) -> ([Authenticated; 2], Acknowledgement) {
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let (initiator, hello) = Initiator::start_with_exchange(from, role, identifier, now, rng).unwrap();
    let hello = Hello::from_bytes(&hello.to_bytes()).unwrap();
    let (responder, answer) = Responder::answer(to, &hello, b"form", now, rng).unwrap();
    let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
    let (mine, confirmation) = initiator.receive(from, &answer, b"", now, rng).unwrap();
    let confirmation = Confirmation::from_bytes(&confirmation.to_bytes()).unwrap();
    let (theirs, acknowledgement) = responder.receive(to, &confirmation, now, rng).unwrap();
    ([mine.authenticated, theirs.authenticated], acknowledgement.unwrap())
}

#[test]
fn a_session_is_named_by_what_its_key_seals_after_the_handshake() {
    // T-2
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(19);
    let start = [Initiator::start, Initiator::start_with_exchange];
    for (start, more) in start.into_iter().zip([None, Some(5)]) {
        let (initiator, hello) = start(card_holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
        let (responder, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
        let (_, confirmation) = initiator.receive(card_holder, &answer, b"", NOW, &mut rng).unwrap();
        let (_, acknowledgement) = responder.receive(seller, &confirmation, NOW, &mut rng).unwrap();
        let items = |bytes: &[u8], item: usize| at(bytes, &[item]).items().len();
        assert_eq!([items(&answer.to_bytes(), 4), items(&confirmation.to_bytes(), 2)], [4, 4]);
        assert_eq!(acknowledgement.map(|message| items(&message.to_bytes(), 2)), more);
    }
    // An order without sessions names none: with one, all of it does (`forward_secrecy`).
    let envelope = Story::standard(1).sealed().envelope.to_bytes();
    for part in 0..3 {
        assert_eq!(at(&envelope, &[3, part, 1]).items().len(), 4);
    }
}

#[test]
fn a_side_that_is_restored_from_a_copy_takes_a_reply_again() {
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(20);
    let (initiator, hello) = Initiator::start_with_exchange(card_holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(seller, &hello, b"", NOW, &mut rng).unwrap();
    let [begun, answered] = [initiator.export(), responder.export()];
    let mut again = |now| {
        let initiator = Initiator::restore(card_holder, &begun).unwrap();
        let (mine, confirmation) = initiator.receive(card_holder, &answer, b"", now, &mut rng).ok()?;
        let responder = Responder::restore(seller, &answered).unwrap();
        let (theirs, _) = responder.receive(seller, &confirmation, now, &mut rng).unwrap();
        assert_eq!(mine.authenticated.transcript(), theirs.authenticated.transcript());
        assert_eq!(mine.authenticated.at(), NOW);
        Some(mine.authenticated)
    };
    let [one, other] = [NOW, NOW + limits::HANDSHAKE].map(|now| again(now).unwrap());
    assert_eq!(session_of(&one), session_of(&other));
    assert_ne!(one.transcript(), other.transcript());
    assert!(again(NOW + limits::HANDSHAKE + 1).is_none());
}
