//! Handshakes: a party takes what the other side said in this very handshake, and nothing else. Without an
//! exchange, and with one.
//!
//! A script plays a dishonest party with a genuine share. It says what it likes, in the hello or behind the seals.

use polyseal::handshake::{Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::{CardHolder, Identifier, KeySource, ReceiveError, Role, Seller, Share};

use x_wing::{Ciphertext, Decapsulate, DecapsulationKey, EncapsulationKey};

use super::comes_back;
use super::handshake::{Handshake, SAID};
use super::honest::Honest;
use super::script::{EDITS, Script, get};
use super::told::Told;
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{self, Letter, bound_on, bound_to_hello, labelled, session_key, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::{NOW, Repeatable, holder, shop};

impl Handshake {
    fn has_exchange(&self) -> bool {
        at(&self.begun, &[2, 2]) != Value::Null
    }

    fn initiator(&self) -> Initiator {
        Initiator::restore(card_holder(), &self.begun).unwrap()
    }

    fn responder(&self) -> Responder {
        Responder::restore(seller(), &self.answered).unwrap()
    }

    /// Takes an answer; what is refused leaves the state as it was.
    fn takes_answer(&self, bytes: &[u8]) -> Option<Ended> {
        let answer = Answer::from_bytes(bytes).ok()?;
        match self.initiator().receive(card_holder(), &answer, SAID[1], NOW, &mut Repeatable(9)) {
            Ok((finished, confirmation)) => Some(Ended {
                authenticated: finished.authenticated,
                heard: finished.payload.to_vec(),
                said: confirmation.to_bytes(),
            }),
            Err(refused) => {
                assert!(matches!(refused.error, ReceiveError::Rejected | ReceiveError::NoExchange));
                assert_eq!(*refused.state.export(), *self.begun);
                let honest = Answer::from_bytes(&self.answer).unwrap();
                drop(refused.state.receive(card_holder(), &honest, SAID[1], NOW, &mut Repeatable(9)).unwrap());
                None
            }
        }
    }

    /// The same of a confirmation.
    fn takes_confirmation(&self, bytes: &[u8]) -> Option<Ended> {
        let confirmation = Confirmation::from_bytes(bytes).ok()?;
        match self.responder().receive(seller(), &confirmation, NOW, &mut Repeatable(11)) {
            Ok((finished, _)) => Some(Ended {
                authenticated: finished.authenticated,
                heard: finished.payload.to_vec(),
                said: Vec::new(),
            }),
            Err(refused) => {
                assert!(matches!(refused.error, ReceiveError::Rejected));
                assert_eq!(*refused.state.export(), *self.answered);
                let honest = Confirmation::from_bytes(&self.confirmation).unwrap();
                drop(refused.state.receive(seller(), &honest, NOW, &mut Repeatable(11)).unwrap());
                None
            }
        }
    }
}

pub(super) fn card_holder() -> &'static CardHolder<Share> {
    &Honest::get().world.parties.holder
}

fn seller() -> &'static Seller<Share> {
    &Honest::get().world.parties.seller
}

/// A side at its end.
struct Ended {
    authenticated: Authenticated,
    heard: Vec<u8>,
    said: Vec<u8>,
}

/// Bytes that start as a message does are one, received as they are; others are a script.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    bytes.get(1..12) == Some(b"jpolyseal/1")
}

/// The handshake that a script is about, and its edits to a tree.
fn scripted(bytes: &[u8], tree: impl FnOnce(&'static Handshake) -> Value) -> (&'static Handshake, Value) {
    let mut script = Script(bytes);
    let handshake = &Honest::get().handshakes[usize::from(script.byte() & 1)];
    (handshake, edited(script, tree(handshake)))
}

/// A tree with the edits of a script.
pub(super) fn edited(mut script: Script<'_>, mut tree: Value) -> Value {
    for _ in 0..EDITS {
        if script.is_empty() {
            break;
        }
        script.byte();
        script.edit(&mut tree);
    }
    tree
}

/// Whatever a hello says, the seller answers only if it is the one asked for and the MAC is that of the party that
/// asks, and the card holder takes the answer only if the hello is its own.
pub fn opens_hello(bytes: &[u8]) -> bool {
    let honest = Honest::get();
    let bytes = if is_message(bytes) {
        bytes.to_vec()
    } else {
        // A card holder with a genuine share, which says what it likes.
        let (_, tree) = scripted(bytes, |handshake| {
            let mut items = Value::parse(&handshake.hello).items().split_off(2);
            items.pop();
            Value::Array(items)
        });
        let Value::Array(items) = tree else { return false };
        forge::hello(&honest.world.holder, &shop(), items)
    };
    let Ok(hello) = Hello::from_bytes(&bytes) else { return false };
    let Ok((responder, answer)) = Responder::answer(seller(), &hello, SAID[0], NOW, &mut Repeatable(10)) else {
        assert!(honest.handshakes.iter().all(|handshake| handshake.hello != bytes));
        return false;
    };
    assert_eq!([5, 6].map(|item| at(&bytes, &[item])), [Value::text("seller"), Value::bytes(shop().as_bytes())]);
    let signed = forge::hello_with(&honest.world.holder, &shop(), &bytes, |_| {});
    assert_eq!(signed, bytes, "accepted, and the MAC is not by the key");
    let answer = answer.to_bytes();
    // An exchange is made if it was asked for, and with a sound key only.
    let asked = at(&bytes, &[8]);
    assert_eq!(at(&answer, &[3]) == Value::Null, asked == Value::Null);
    assert!(asked == Value::Null || EncapsulationKey::try_from(asked.as_bytes()).is_ok());
    assert!(comes_back(&responder.export(), responder_again));
    for handshake in &honest.handshakes {
        let ended = handshake.takes_answer(&answer);
        assert_eq!(ended.is_some(), handshake.hello == bytes);
        if let Some(ended) = ended {
            let confirmation = Confirmation::from_bytes(&ended.said).unwrap();
            let state = responder.export();
            let responder = Responder::restore(seller(), &state).unwrap();
            let (finished, _) = responder.receive(seller(), &confirmation, NOW, &mut Repeatable(11)).unwrap();
            assert_eq!((&*ended.heard, &**finished.payload), (SAID[0], SAID[1]));
            assert_eq!(ended.authenticated.transcript(), finished.authenticated.transcript());
            assert_eq!(key_of(&ended.authenticated), key_of(&finished.authenticated));
        }
    }
    true
}

fn key_of(authenticated: &Authenticated) -> Option<[u8; 32]> {
    session_of(authenticated).map(|key| key.try_into().unwrap())
}

/// The key of a handshake at a side's share: with an exchange, that of the session.
fn key(share: &Share, peer: &Identifier, shared: Option<[u8; 32]>, bound: &[u8]) -> [u8; 32] {
    let common = *share.common_key(peer, share.domain()).unwrap().export();
    shared.map_or(common, |shared| session_key(&common, &shared, bound))
}

/// An answer, from a seller that says what it likes.
pub fn opens_answer(bytes: &[u8]) -> bool {
    let honest = Honest::get();
    if is_message(bytes) {
        let taken = honest.handshakes.each_ref().map(|handshake| {
            let taken = handshake.takes_answer(bytes).is_some();
            assert_eq!(taken, handshake.answer == bytes, "accepted, or honest?");
            taken
        });
        return taken.contains(&true);
    }
    let (handshake, tree) = scripted(bytes, |handshake| {
        let [challenge, ciphertext] = [2, 3].map(|item| at(&handshake.answer, &[item]));
        Value::Array(vec![challenge, ciphertext, Told::honest(SAID[0], 2, "card-holder", Value::Null)])
    });
    let [challenge, ciphertext, told] = [0, 1, 2].map(|place| get(&tree, place).cloned().unwrap_or(Value::Null));
    let told = Told::read(&told);
    let bound = bound_to_hello(&handshake.hello, &challenge, &ciphertext);
    let shared = match (at(&handshake.begun, &[2, 2]), &ciphertext) {
        (Value::Bytes(seed), Value::Bytes(ciphertext)) => {
            let seed: [u8; 32] = seed.try_into().unwrap();
            let ciphertext = Ciphertext::try_from(ciphertext.as_slice()).ok();
            ciphertext.map(|ciphertext| DecapsulationKey::from(seed).decapsulate(&ciphertext).into())
        }
        _ => None,
    };
    let key = key(&honest.world.shop, &holder(), shared, &bound);
    let keys = in_session(&honest.world.shop, key);
    let sealed = told.sealed([&shop(), &holder()], &keys, &bound);
    let message = labelled("answer", [challenge.clone(), ciphertext.clone(), sealed]).to_bytes();

    let is_hash = |value: &Value| matches!(value, Value::Bytes(bytes) if bytes.len() == 32);
    let exchanged = shared.is_some() || (ciphertext == Value::Null && !handshake.has_exchange());
    let sound = is_hash(&challenge) && exchanged && told.is_honest_but_for_payload(2, "card-holder", &Value::Null);
    let ended = handshake.takes_answer(&message);
    assert_eq!(ended.is_some(), sound);
    let Some(Ended { authenticated, heard, said }) = ended else { return false };
    assert_eq!((authenticated.role(), authenticated.peer(), heard), (&Role::SELLER, &shop(), told.payload));
    assert_eq!(key_of(&authenticated), shared.map(|_| key));
    // The seller reads what comes back.
    let bound = bound_on("answer", &bound, &message);
    let (from, to, role) = (&holder(), &shop(), "seller");
    let letter =
        Letter { purpose: "handshake", step: 3, by: "card-holder", from, to, digest: &bound, role, token: None };
    assert_eq!(letter.open(&keys, &at(&said, &[2])), SAID[1]);
    assert_eq!(authenticated.transcript().as_slice(), bound_on("confirmation", &bound, &said));
    true
}

/// A confirmation, from a card holder that says what it likes.
pub fn opens_confirmation(bytes: &[u8]) -> bool {
    let honest = Honest::get();
    if is_message(bytes) {
        let taken = honest.handshakes.each_ref().map(|handshake| {
            let taken = handshake.takes_confirmation(bytes).is_some();
            assert_eq!(taken, handshake.confirmation == bytes, "accepted, or honest?");
            taken
        });
        return taken.contains(&true);
    }
    let (handshake, tree) = scripted(bytes, |_| Told::honest(SAID[1], 3, "seller", Value::Null));
    let told = Told::read(&tree);
    let [bound, session_key] = [2, 3].map(|item| at(&handshake.answered, &[2, item]));
    let key = match session_key {
        Value::Bytes(key) => key.try_into().unwrap(),
        _ => key(&honest.world.holder, &shop(), None, &[]),
    };
    let keys = in_session(&honest.world.holder, key);
    let message = labelled("confirmation", [told.sealed([&holder(), &shop()], &keys, bound.as_bytes())]).to_bytes();
    let ended = handshake.takes_confirmation(&message);
    assert_eq!(ended.is_some(), told.is_honest_but_for_payload(3, "seller", &Value::Null));
    let Some(Ended { authenticated, heard, .. }) = ended else { return false };
    assert_eq!((authenticated.role(), authenticated.peer(), heard), (&Role::CARD_HOLDER, &holder(), told.payload));
    assert_eq!(key_of(&authenticated), handshake.has_exchange().then_some(key));
    assert_eq!(authenticated.transcript().as_slice(), bound_on("confirmation", bound.as_bytes(), &message));
    true
}

pub fn initiator_again(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Initiator::restore(card_holder(), bytes).ok()?.export().to_vec())
}

pub fn responder_again(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Responder::restore(seller(), bytes).ok()?.export().to_vec())
}
