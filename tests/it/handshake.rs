//! What several tests of handshakes need: one without an exchange from start to end, one that goes on in another process,
//! however it was begun, and a hello that makes nobody draw anything.

use polyseal::handshake::{Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::message::WireError;
use polyseal::{CardHolder, OrderForm, Party, ReceiveError, Role, Seller, SendError, Share};
use polyseal_testing::forge::session_of;
use polyseal_testing::{Given, NOW, Parties, Repeatable, shop};

/// What both ends have of a handshake between the card holder and the seller.
pub fn met(parties: &Parties<Share>, now: u64) -> [Authenticated; 2] {
    let mut rng = Repeatable(now);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), now, &mut rng).unwrap();
    let form = OrderForm::standard().to_bytes();
    let hello = Hello::from_bytes(&hello.to_bytes()).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, &form, now + 1, &mut rng).unwrap();
    let answer = Answer::from_bytes(&answer.to_bytes()).unwrap();
    let (finished, confirmation) = initiator.receive(&parties.holder, &answer, b"thanks", now + 2, &mut rng).unwrap();
    // The form arrives authentic, in one round trip.
    assert_eq!(OrderForm::from_bytes(&finished.payload).unwrap(), OrderForm::standard());
    let confirmation = Confirmation::from_bytes(&confirmation.to_bytes()).unwrap();
    let (theirs, acknowledgement) = responder.receive(&parties.seller, &confirmation, now + 3, &mut rng).unwrap();
    assert_eq!(acknowledgement, None, "there is no session");
    assert_eq!(theirs.payload.as_slice(), b"thanks");
    [finished.authenticated, theirs.authenticated]
}

/// What one party has of a handshake with another.
pub fn proof(from: &impl Party, to: &impl Party, now: u64, rng: &mut Repeatable) -> Authenticated {
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let (initiator, hello) = Initiator::start(from, role, identifier, now, rng).unwrap();
    let (_, answer) = Responder::answer(to, &hello, b"", now, rng).unwrap();
    initiator.receive(from, &answer, b"", now, rng).unwrap().0.authenticated
}

/// A hello that is refused before anything is drawn.
pub fn answered_by_nobody(seller: &Seller<Share>, hello: &[u8], why: &str) {
    let hello = Hello::from_bytes(hello).unwrap();
    let answered = Responder::answer(seller, &hello, b"form", NOW, &mut Given(Vec::new()));
    assert!(matches!(answered, Err(ReceiveError::Rejected)), "{why}");
}

type Begun = Result<(Initiator, Hello), SendError>;

/// Each side goes on from what it exported, to the same transcript and to a key of the session if there is an exchange.
/// Nothing else is taken for its state.
pub fn goes_on(begin: impl Fn(&CardHolder<Share>, &mut Repeatable) -> Begun, has_exchange: bool) {
    let [before, after] = [(); 2].map(|()| Parties::standard());
    let mut rng = Repeatable(8);
    let (initiator, hello) = begin(&before.holder, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&before.seller, &hello, b"form", NOW, &mut rng).unwrap();
    let (begun, answered) = (initiator.export(), responder.export());
    let initiator = Initiator::restore(&after.holder, &begun).unwrap();
    let responder = Responder::restore(&after.seller, &answered).unwrap();
    assert_eq!((initiator.export(), responder.export()), (begun.clone(), answered.clone()));
    let (mine, confirmation) = initiator.receive(&after.holder, &answer, b"thanks", NOW, &mut rng).unwrap();
    let (theirs, acknowledgement) = responder.receive(&after.seller, &confirmation, NOW, &mut rng).unwrap();
    assert_eq!(acknowledgement.is_some(), has_exchange);
    assert_eq!((mine.payload.as_slice(), theirs.payload.as_slice()), (&b"form"[..], &b"thanks"[..]));
    assert_eq!(mine.authenticated.transcript(), theirs.authenticated.transcript());
    let [mine, theirs] = [&mine, &theirs].map(|end| session_of(&end.authenticated));
    assert!(mine == theirs && mine.is_some() == has_exchange);

    // Nobody else's, no other state, and nothing that is damaged.
    assert_eq!(Initiator::restore(&after.seller, &begun).err(), Some(WireError::OtherOwner));
    assert_eq!(Initiator::restore(&after.manager, &begun).err(), Some(WireError::OtherOwner));
    assert_eq!(Responder::restore(&after.holder, &answered).err(), Some(WireError::OtherOwner));
    assert!(Initiator::restore(&after.holder, &answered).is_err());
    assert!(Responder::restore(&after.seller, &begun).is_err());
    for state in [&begun, &answered] {
        for at in 0..state.len() {
            let mut damaged = state.to_vec();
            *damaged.get_mut(at).unwrap() ^= 1;
            assert!(Initiator::restore(&after.holder, &damaged).is_err());
            assert!(Responder::restore(&after.seller, &damaged).is_err());
        }
    }
}
