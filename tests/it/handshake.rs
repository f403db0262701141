//! What several tests of handshakes need: one that goes on in another process, however it was begun, and a hello that
//! makes nobody draw anything.

use polyseal::handshake::{Hello, Initiator, Responder};
use polyseal::message::WireError;
use polyseal::{CardHolder, ReceiveError, Seller, SendError, Share};

use polyseal_testing::forge::session_of;
use polyseal_testing::{Given, NOW, Parties, Repeatable};

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
