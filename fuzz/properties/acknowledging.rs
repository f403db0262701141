//! Acknowledgements: the party that began a handshake seals under its session only if the other side said that it has that
//! session.

use polyseal::ReceiveError;
use polyseal::handshake::{Acknowledgement, Authenticated};
use polyseal::key::KeyError;

use super::handshake::Handshake;
use super::handshaking::{card_holder, edited, is_message};
use super::honest::Honest;
use super::script::Script;
use super::told::Told;
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::{labelled, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::{NOW, holder, shop};

/// Whether the card holder takes it. What is refused leaves the proof as it was, and the honest one is taken after it.
fn takes(handshake: &Handshake, bytes: &[u8]) -> bool {
    let Ok(message) = Acknowledgement::from_bytes(bytes) else { return false };
    let proof = Authenticated::import(&handshake.proofs[0]).unwrap();
    match proof.acknowledge(card_holder(), &message, NOW) {
        Ok(acknowledged) => {
            assert!(!proof.is_acknowledged() && acknowledged.is_acknowledged());
            assert_eq!(acknowledged.transcript(), proof.transcript());
            assert_eq!(session_of(&acknowledged), session_of(&proof));
            true
        }
        Err(error) => {
            assert!(matches!(error, ReceiveError::Rejected | ReceiveError::Key(KeyError::UnknownSession)));
            assert_eq!(*proof.export(), handshake.proofs[0]);
            if let Some(honest) = &handshake.acknowledgement {
                let honest = Acknowledgement::from_bytes(honest).unwrap();
                assert!(proof.acknowledge(card_holder(), &honest, NOW).is_ok());
            }
            false
        }
    }
}

/// An acknowledgement, from a seller that says what it likes.
pub fn opens_acknowledgement(bytes: &[u8]) -> bool {
    let Honest { world, handshakes: [plain, exchange], .. } = Honest::get();
    let is_taken = |bytes: &[u8]| {
        assert!(!takes(plain, bytes), "there is no session");
        takes(exchange, bytes)
    };
    if is_message(bytes) {
        let taken = is_taken(bytes);
        assert_eq!(taken, exchange.acknowledgement.as_deref() == Some(bytes), "accepted, or honest?");
        return taken;
    }
    let proof = Authenticated::import(&exchange.proofs[1]).unwrap();
    let (session, transcript) = (Value::bytes(proof.transcript()), proof.transcript());
    let honest = Told::honest(b"", 4, "card-holder", session.clone());
    let told = Told::read(&edited(Script(bytes), honest));
    let key = session_of(&proof).unwrap().try_into().unwrap();
    let keys = in_session(&world.shop, key);
    let message = labelled("acknowledgement", [told.sealed([&shop(), &holder()], &keys, transcript)]);
    let taken = is_taken(&message.to_bytes());
    assert_eq!(taken, told.payload.is_empty() && told.is_honest_but_for_payload(4, "card-holder", &session));
    taken
}
