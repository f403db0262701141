//! Sessions that other tests need: handshakes with an exchange, from start to end.

use polyseal::Party;
use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello, Initiator, Responder};

use polyseal_testing::Repeatable;

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
