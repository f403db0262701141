//! What a dishonest side of a handshake says behind the seals.

use polyseal::{Identifier, KeySource};

use super::script::get;
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::{Letter, key_id};
use polyseal_testing::{domain, shop};

/// What a dishonest party seals, and in what it puts that.
pub struct Told {
    pub payload: Vec<u8>,
    step: u64,
    role: String,
    token: Option<Vec<u8>>,
    domain: Value,
    session: Value,
}

impl Told {
    /// What an honest one does.
    pub fn honest(payload: &[u8], step: u64, role: &str, session: Value) -> Value {
        let told = [Value::bytes(payload), Value::Uint(step), Value::text(role), Value::Null];
        Value::Array(told.into_iter().chain([key_id(&domain()), session]).collect())
    }

    /// What is no longer of its kind is taken for nothing.
    pub fn read(tree: &Value) -> Self {
        let item = |place| get(tree, place).cloned().unwrap_or(Value::Null);
        let bytes = |place| if let Value::Bytes(bytes) = item(place) { Some(bytes) } else { None };
        Self {
            payload: bytes(0).unwrap_or_default(),
            step: if let Value::Uint(step) = item(1) { step } else { 0 },
            role: if let Value::Text(role) = item(2) { role } else { String::new() },
            token: bytes(3),
            domain: item(4),
            session: item(5),
        }
    }

    pub fn is_honest_but_for_payload(&self, step: u64, role: &str, session: &Value) -> bool {
        (self.step, &*self.role) == (step, role)
            && (&self.token, &self.session) == (&None, session)
            && self.domain == key_id(&domain())
    }

    pub fn sealed(&self, [from, to]: [&Identifier; 2], keys: &impl KeySource, digest: &[u8]) -> Value {
        let Self { payload, step, role, token, domain, session } = self;
        let (purpose, by) = ("handshake", if *from == shop() { "seller" } else { "card-holder" });
        let letter = Letter { purpose, step: *step, by, from, to, digest, role, token: token.as_deref() };
        let mut sealed = letter.seal(keys, payload);
        sealed.items()[0] = domain.clone();
        if *session != Value::Null {
            sealed.items().push(session.clone());
        }
        sealed
    }
}
