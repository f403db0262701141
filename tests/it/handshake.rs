//! A handshake that goes on in another process, however it was begun.

use polyseal::{CardHolder, Hello, Initiator, KeyError, RestoreError, Share};

use polyseal_testing::{NOW, Parties, Repeatable};

type Begun<'a> = Result<(Initiator<'a, Share>, Hello), KeyError>;

/// Each side goes on from what it exported, to the same transcript and to a key of the session if there is an exchange.
/// Nothing else is taken for its state.
pub fn goes_on(begin: impl for<'a> Fn(&'a CardHolder<Share>, &mut Repeatable) -> Begun<'a>, has_exchange: bool) {
    let [before, after] = [(); 2].map(|()| Parties::standard());
    let mut rng = Repeatable(8);
    let (initiator, hello) = begin(&before.holder, &mut rng).unwrap();
    let (responder, answer) = before.seller.answer(&hello, b"form", NOW, &mut rng).unwrap();
    let (begun, answered) = (initiator.export(), responder.export());
    let initiator = after.holder.restore_initiator(&begun).unwrap();
    let responder = after.seller.restore_responder(&answered).unwrap();
    assert_eq!((initiator.export(), responder.export()), (begun.clone(), answered.clone()));
    let (mine, confirmation) = initiator.receive(&answer, b"thanks", NOW, &mut rng).unwrap();
    let theirs = responder.receive(&confirmation, NOW).unwrap();
    assert_eq!((mine.payload.as_slice(), theirs.payload.as_slice()), (&b"form"[..], &b"thanks"[..]));
    assert_eq!(mine.confirmed.transcript(), theirs.confirmed.transcript());
    let [mine, theirs] = [&mine, &theirs].map(|end| end.confirmed.session().map(|(_, key)| key.export()));
    assert!(mine == theirs && mine.is_some() == has_exchange);

    // Nobody else's, no other state, and nothing that is damaged.
    assert_eq!(after.seller.restore_initiator(&begun).err(), Some(RestoreError::OtherOwner));
    assert_eq!(after.manager.restore_initiator(&begun).err(), Some(RestoreError::OtherOwner));
    assert_eq!(after.holder.restore_responder(&answered).err(), Some(RestoreError::OtherOwner));
    assert!(matches!(after.holder.restore_initiator(&answered), Err(RestoreError::Wire(_))));
    assert!(matches!(after.seller.restore_responder(&begun), Err(RestoreError::Wire(_))));
    for state in [&begun, &answered] {
        for at in 0..state.len() {
            let mut damaged = state.to_vec();
            *damaged.get_mut(at).unwrap() ^= 1;
            assert!(after.holder.restore_initiator(&damaged).is_err());
            assert!(after.seller.restore_responder(&damaged).is_err());
        }
    }
}
