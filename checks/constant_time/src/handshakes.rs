//! Handshakes under keys of secret shares, without an exchange and with one, and what is sealed under a secret session.
//!
//! Of the exchange, what either side draws is marked: what the responder encapsulates, and the initiator's secret, as it
//! is drawn and in a state. ML-KEM's matrix is drawn by branches on what is public: they are expected (`matrix`).

use polyseal::handshake::{
    Acknowledgement, Answer, Authenticated, Confirmation, Evidence, Finished, Hello, Initiator, Responder,
};
use polyseal::message::{Envelope, Windows};
use polyseal::rand_core::CryptoRng;
use polyseal::{Identifier, KeySource, ReceiveError, Role, Share};

use crate::forgery::{Place, rejected, rejected_by};
use crate::world::{Counter, NAMES, NOW, World};
use crate::{Checks, leaks, matrix, memcheck, secret};

/// How often the matrix of an exchange is drawn when its answer is received: for the key, again to decapsulate with it,
/// and to encrypt anew what came out, which tells whether the ciphertext was made so.
const DRAWN: usize = 3;

/// A handshake between card holder and seller whose shares are not secret: its messages, and what the sides keep.
pub struct Met {
    exchange: bool,
    hello: Vec<u8>,
    answer: Vec<u8>,
    confirmation: Vec<u8>,
    acknowledgement: Option<Vec<u8>>,
    begun: Vec<u8>,
    answered: Vec<u8>,
    /// The card holder's, before it had the acknowledgement and after that, and the seller's.
    proofs: [Vec<u8>; 3],
}

fn start<K: KeySource>(world: &World<K>, exchange: bool, rng: &mut impl CryptoRng) -> (Initiator, Hello) {
    let seller = Identifier::new(NAMES[1]).expect("an identifier");
    let begun = if exchange {
        Initiator::start_with_exchange(&world.holder, Role::SELLER, seller, NOW, rng)
    } else {
        Initiator::start(&world.holder, Role::SELLER, seller, NOW, rng)
    };
    begun.expect("a hello")
}

fn answer<K: KeySource>(world: &World<K>, hello: &[u8]) -> Result<(Responder, Answer), ReceiveError> {
    answer_by(world, hello, &mut Counter::default())
}

fn answer_by<K: KeySource>(
    world: &World<K>,
    hello: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(Responder, Answer), ReceiveError> {
    Responder::answer(&world.seller, &Hello::from_bytes(hello).expect("a hello"), b"form", NOW, rng)
}

fn receive<K: KeySource>(world: &World<K>, initiator: Initiator, answer: &[u8]) -> Result<Finished, ReceiveError> {
    let answer = Answer::from_bytes(answer).expect("an answer");
    let received = initiator.receive(&world.holder, &answer, b"", NOW, &mut Counter::default());
    received.map(|(finished, _)| finished).map_err(|refused| refused.error)
}

impl Met {
    pub fn new(world: &World<Share>, exchange: bool) -> Self {
        let rng = &mut Counter::default();
        let (initiator, hello) = start(world, exchange, rng);
        let hello = hello.to_bytes();
        let (responder, answer) = answer(world, &hello).expect("an answer");
        let (begun, answered) = (initiator.export().to_vec(), responder.export().to_vec());
        let (mine, confirmation) = initiator.receive(&world.holder, &answer, b"", NOW, rng).expect("a confirmation");
        let (theirs, acknowledgement) = responder.receive(&world.seller, &confirmation, NOW, rng).expect("an end");
        let (mine, theirs) = (mine.authenticated, theirs.authenticated);
        let acknowledged = match &acknowledgement {
            Some(message) => mine.acknowledge(&world.holder, message, NOW).expect("an acknowledgement"),
            None => mine.clone(),
        };
        Self {
            exchange,
            hello,
            answer: answer.to_bytes(),
            confirmation: confirmation.to_bytes(),
            acknowledgement: acknowledgement.map(|message| message.to_bytes()),
            begun,
            answered,
            proofs: [mine, acknowledged, theirs].map(|proof| proof.export().to_vec()),
        }
    }
}

pub fn handshake(checks: &mut Checks, world: &World<secret::Keys>, met: &Met) {
    let name = |what| format!("{what}, {} exchange", if met.exchange { "with an" } else { "without" });
    let is_rejected = |error| matches!(error, Some(ReceiveError::Rejected));
    let mut hello =
        checks.silent(&name("a hello is signed"), || start(world, met.exchange, &mut Counter::default()).1.to_bytes());
    assert_eq!(memcheck::secret_bits(&hello), 256, "the MAC depends on the keys");
    memcheck::declassify(&mut hello);
    assert!(hello == met.hello, "it is the right one");

    // One report for the verdict on the MAC.
    let mut forged = hello.clone();
    *forged.last_mut().expect("a MAC") ^= 1;
    let refused = checks.expect(&name("a hello's MAC is checked, a forged one"), &[1], || answer(world, &forged).err());
    assert!(is_rejected(refused), "a forgery is rejected as one");
    let mut answered = checks.expect(&name("a hello is answered"), &[1], || {
        answer(world, &hello).map(|(_, answer)| answer.to_bytes()).expect("an answer")
    });
    let sealed = memcheck::secret_bits(&answered);
    assert!(sealed > 0, "what is sealed depends on the keys");
    memcheck::declassify(&mut answered);
    assert!(answered == met.answer, "it is the right one");
    // With an exchange, the secret that is encapsulated and the one of X25519 come from this.
    let drawn = checks.expect(&name("a hello is answered by secret randomness"), &[1], || {
        let answered = answer_by(world, &hello, &mut secret::Randomness::default());
        answered.map(|(_, answer)| answer.to_bytes()).expect("an answer")
    });
    // What is encapsulated has 1120 bytes.
    let least = sealed + if met.exchange { 8 * 1100 } else { 256 };
    assert!(memcheck::secret_bits(&drawn) >= least, "the answer depends on what was drawn");

    // The secret of an exchange is in the state: it is marked there.
    let state = if met.exchange { secret::last_key(&met.begun, 0) } else { met.begun.clone() };
    let public = if met.exchange { DRAWN * matrix::candidates(&met.hello) } else { 0 };
    let restored = || Initiator::restore(&world.holder, &state).expect("a state");
    let what = name("an answer is opened");
    rejected_by(checks, &what, &met.answer, Place::Last, public, restored, |initiator, bytes| {
        is_rejected(receive(world, initiator, bytes).err())
    });
    // The key of a session is in the state, too.
    let state = if met.exchange { secret::last_key(&met.answered, 0) } else { met.answered.clone() };
    let restored = || Responder::restore(&world.seller, &state).expect("a state");
    let what = name("a confirmation is opened");
    rejected_by(checks, &what, &met.confirmation, Place::Last, 0, restored, |responder, bytes| {
        let confirmation = Confirmation::from_bytes(bytes).expect("a confirmation");
        let refused = responder.receive(&world.seller, &confirmation, NOW, &mut Counter::default()).err();
        is_rejected(refused.map(|refused| refused.error))
    });
}

/// The initiator's side of an exchange of which nothing is marked but its secret: not the keys of the shares.
pub fn exchange(checks: &mut Checks, world: &World<Share>, met: &Met) {
    // Each secret has another matrix, and another number of candidates.
    let (mut plain, mut drawn) = (Counter::default(), secret::Randomness::default());
    for ordinal in ["first", "second", "third"] {
        let expected = start(world, true, &mut plain).1.to_bytes();
        let what = format!("a hello is signed, the {ordinal} secret of an exchange");
        let public = matrix::candidates(&expected);
        let mut hello = checks.expect(&what, &[public], || start(world, true, &mut drawn).1.to_bytes());
        // Of X25519's half all but the highest bit, which is zero.
        let (lattice, curve) = matrix::encapsulation_key(&hello).split_at(1184);
        assert_eq!([lattice, curve].map(memcheck::secret_bits), [8 * 1184, 255], "the key depends on the secret");
        memcheck::declassify(&mut hello);
        assert!(hello == expected, "it is the right one");
    }

    let public = matrix::candidates(&met.hello);
    let state = secret::last_key(&met.begun, 0);
    let restored = || Initiator::restore(&world.holder, &state).expect("a state");
    // The check of the state, and whether the key in the hello is that of the secret, by words or by bytes.
    let valid = [1 + 1216 / 8, 1 + 1216].map(|verdicts| public + verdicts);
    checks.expect("a handshake with a secret of an exchange is restored", &valid, restored);
    for (half, place) in [("ML-KEM", 0), ("X25519", 1119)] {
        let mut answer = met.answer.clone();
        matrix::ciphertext(&mut answer)[place] ^= 1;
        let initiator = restored();
        let what = format!("an answer is opened, a ciphertext changed in the half of {half}");
        let refused = checks.expect(&what, &[DRAWN * public + 1], || receive(world, initiator, &answer).err());
        assert!(matches!(refused, Some(ReceiveError::Rejected)), "nobody else has what it gives");
    }

    checks.expect("a branch on the secret of an exchange, which must be caught", &[public + 1], || {
        let (initiator, _) = start(world, true, &mut secret::Randomness::default());
        leaks::branch(&secret::read_last_key(&initiator.export(), 0))
    });
    // After the verdict the payload is read, which is not counted.
    let proof = receive(world, restored(), &met.answer).expect("a confirmation").authenticated.export();
    checks.expect("a branch on what was decapsulated, which must be caught", &[1], || {
        leaks::branch(&secret::read_last_key(&proof, 1))
    });
}

/// A proof whose session has a key that is secret.
fn proof(export: &[u8]) -> Authenticated {
    // After the key there is whether it is acknowledged.
    Authenticated::import(&secret::last_key(export, 1)).expect("a proof")
}

pub fn session(checks: &mut Checks, world: &World<secret::Keys>, met: &Met) {
    let [unacknowledged, holders, sellers] = met.proofs.each_ref().map(|export| proof(export));
    let acknowledgement = checks.silent("a session is acknowledged", || {
        let message = sellers.acknowledgement(&world.seller, NOW, &mut Counter::default());
        message.expect("an acknowledgement").to_bytes()
    });
    assert!(memcheck::secret_bits(&acknowledgement) > 0, "what is sealed depends on the session");
    let message = met.acknowledgement.as_ref().expect("an acknowledgement");
    rejected(checks, "an acknowledgement is opened", message, Place::Last, &|bytes| {
        let message = Acknowledgement::from_bytes(bytes).expect("an acknowledgement");
        matches!(unacknowledged.acknowledge(&world.holder, &message, NOW), Err(ReceiveError::Rejected))
    });

    let holder = world.holder.with_evidence(&Evidence::new().with(&holders)).expect("evidence");
    let seller = world.seller.with_evidence(&Evidence::new().with(&sellers)).expect("evidence");
    let mut envelope = checks.silent("the card holder seals an order under a session", || {
        let split = holder.split(&world.order, &world.form).expect("a split");
        let sealed = split.seal(&holder, NOW, Windows::default(), &mut Counter::default()).expect("an order");
        sealed.envelope.to_bytes()
    });
    assert!(memcheck::secret_bits(&envelope) > 0, "what is sealed depends on the session");
    memcheck::declassify(&mut envelope);
    let is_under_it = |part: &[u8; 32]| envelope.windows(32).any(|bytes| bytes == part);
    assert!(is_under_it(holders.transcript()), "the seller's part is sealed under the session");
    rejected(checks, "the seller opens its part under a session", &envelope, Place::First, &|bytes| {
        let envelope = Envelope::from_bytes(bytes).expect("an envelope");
        matches!(seller.receive(&envelope, NOW), Err(ReceiveError::Rejected))
    });
}
