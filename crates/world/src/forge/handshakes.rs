//! What the sides of a handshake say, and what can be wrong with it.

use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, bound_on, bound_to_hello, labelled};
use polyseal_testing::keys::in_session;

use crate::cast::{CAST, Keys};
use crate::random::Random;
use crate::trace::{Digest, Who};

/// Places in a hello.
const KEY_ID: usize = 2;
const FROM_ROLE: usize = 3;
const FROM: usize = 4;
const TO_ROLE: usize = 5;
const TO: usize = 6;
const ENCAPSULATION_KEY: usize = 8;
/// The items of a hello that can only be what they are: its key-id, its sender, and whom it is for.
pub const NAMES: [usize; 4] = [KEY_ID, FROM, TO_ROLE, TO];
/// Places in an answer.
const CHALLENGE: usize = 2;
const CIPHERTEXT: usize = 3;
/// The place of the key-id in what is sealed.
const KEY_ID_OF_SEALED: usize = 0;
/// Bytes of a ciphertext.
const LENGTH: usize = 1120;

/// A hello, as far as what follows depends on it.
pub struct Greeting {
    bytes: Vec<u8>,
    pub key_id: Vec<u8>,
    from_role: String,
    to_role: String,
    asks_for_exchange: bool,
}

impl Greeting {
    pub fn new(hello: &[u8]) -> Self {
        let text = |place| if let Value::Text(text) = at(hello, &[place]) { text } else { String::new() };
        Self {
            bytes: hello.to_vec(),
            key_id: at(hello, &[KEY_ID]).as_bytes().to_vec(),
            from_role: text(FROM_ROLE),
            to_role: text(TO_ROLE),
            asks_for_exchange: at(hello, &[ENCAPSULATION_KEY]) != Value::Null,
        }
    }

    /// Out of the state that a side exports.
    pub fn of(state: &[u8]) -> Self {
        Self::new(at(state, &[2, 1]).as_bytes())
    }

    fn bound(&self, challenge: &Value, ciphertext: &Value) -> Vec<u8> {
        bound_to_hello(&self.bytes, challenge, ciphertext)
    }

    /// The second message, from who was asked to who asks.
    fn answer(&self, (from, to): (Who, Who), bound: Vec<u8>) -> Speech<'_> {
        let (by, role) = (&self.to_role, &self.from_role);
        Speech { purpose: "handshake", step: 2, from, to, by, role, bound, token: None, key: None, session: None }
    }

    /// An answer that nobody may take, in place of one that was made. `key`: that of the session.
    pub fn false_answer(
        &self,
        ends: (Who, Who),
        answer: &[u8],
        (keys, key): (&Keys, Option<[u8; 32]>),
        random: &mut Random,
    ) -> Vec<u8> {
        let [mut challenge, mut ciphertext, mut sealed] = [2, 3, 4].map(|place| at(answer, &[place]));
        let said = |bound, key| Speech { key, ..self.answer(ends, bound) };
        match random.below(6) {
            // The challenge of another answer.
            0 => super::spoil(&mut challenge, random),
            // No exchange where one was asked for, in all honesty; and one where none was.
            1 => {
                ciphertext = if self.asks_for_exchange { Value::Null } else { Value::bytes([9; LENGTH]) };
                sealed = said(self.bound(&challenge, &ciphertext), None).seal(keys, b"", random);
            }
            2 if self.asks_for_exchange => {
                super::spoil(&mut ciphertext, random);
                sealed = said(self.bound(&challenge, &ciphertext), key).seal(keys, b"", random);
            }
            _ => sealed = said(self.bound(&challenge, &ciphertext), key).but_for_one_thing(keys, random),
        }
        labelled("answer", [challenge, ciphertext, sealed]).to_bytes()
    }

    /// An answer to a hello that was for another one, by whoever has these keys.
    pub fn answer_of_another(&self, ends: (Who, Who), keys: &Keys, random: &mut Random) -> Vec<u8> {
        let noise = u8::try_from(random.below(256)).unwrap();
        let challenge = Value::bytes([noise; 32]);
        let ciphertext = if self.asks_for_exchange { Value::bytes([noise; LENGTH]) } else { Value::Null };
        let key = self.asks_for_exchange.then_some([noise; 32]);
        let speech = Speech { key, ..self.answer(ends, self.bound(&challenge, &ciphertext)) };
        let sealed = speech.seal(keys, b"", random);
        labelled("answer", [challenge, ciphertext, sealed]).to_bytes()
    }

    pub fn false_confirmation(
        &self,
        (from, to): (Who, Who),
        answer: &[u8],
        (keys, key): (&Keys, Option<[u8; 32]>),
        random: &mut Random,
    ) -> Vec<u8> {
        let [challenge, ciphertext] = [CHALLENGE, CIPHERTEXT].map(|place| at(answer, &[place]));
        let bound = bound_on("answer", &self.bound(&challenge, &ciphertext), answer);
        let (by, role) = (&self.from_role, &self.to_role);
        let speech = Speech { step: 3, by, role, key, ..self.answer((from, to), bound) };
        labelled("confirmation", [speech.but_for_one_thing(keys, random)]).to_bytes()
    }

    pub fn false_acknowledgement(
        &self,
        ends: (Who, Who),
        session: Digest,
        (keys, key): (&Keys, Option<[u8; 32]>),
        random: &mut Random,
    ) -> Vec<u8> {
        let speech = Speech { step: 4, key, session: Some(session), ..self.answer(ends, session.to_vec()) };
        labelled("acknowledgement", [speech.but_for_one_thing(keys, random)]).to_bytes()
    }
}

/// What a side says behind a seal, and everything that it is bound to.
#[derive(Clone)]
struct Speech<'a> {
    purpose: &'a str,
    step: u64,
    from: Who,
    to: Who,
    by: &'a str,
    role: &'a str,
    bound: Vec<u8>,
    token: Option<&'a [u8]>,
    /// The key of the session; without one it is the common key.
    key: Option<[u8; 32]>,
    /// The session that it names.
    session: Option<Digest>,
}

impl Speech<'_> {
    fn seal(&self, keys: &Keys, payload: &[u8], random: &mut Random) -> Value {
        let fresh = u8::try_from(random.below(256)).unwrap();
        let letter = Letter {
            purpose: self.purpose,
            step: self.step,
            by: self.by,
            from: CAST.id(self.from),
            to: CAST.id(self.to),
            digest: &self.bound,
            role: self.role,
            token: self.token,
        };
        let mut sealed = match self.key {
            Some(key) => letter.seal_fresh(&in_session(keys, key), payload, fresh),
            None => letter.seal_fresh(keys, payload, fresh),
        };
        sealed.items().extend(self.session.map(Value::bytes));
        sealed
    }

    /// As the protocol says, but for one thing.
    fn but_for_one_thing(&self, keys: &Keys, random: &mut Random) -> Value {
        let other = |role| if role == "seller" { "card-manager" } else { "seller" };
        let mut wrong = self.clone();
        let mut payload: &[u8] = b"";
        match random.below(10) {
            0 => wrong.purpose = "receipt",
            1 => wrong.step = 2 + (self.step - 1) % 3,
            2 => wrong.by = other(self.by),
            3 => wrong.role = other(self.role),
            4 => (wrong.from, wrong.to) = (self.to, self.from),
            5 => wrong.bound[random.index(32)] ^= 1,
            6 => wrong.token = Some(&[7; 32]),
            7 => wrong.key = if self.key.is_some() { None } else { Some([7; 32]) },
            8 => {
                let mut sealed = self.seal(keys, payload, random);
                super::spoil(&mut sealed.items()[KEY_ID_OF_SEALED], random);
                return sealed;
            }
            // An acknowledgement names its session and says nothing; all else names none.
            _ if self.session.is_some() && random.once_in(2) => payload = b"more",
            _ if self.session.is_some() && random.once_in(2) => wrong.session = None,
            _ => wrong.session = Some([7; 32]),
        }
        wrong.seal(keys, payload, random)
    }
}
