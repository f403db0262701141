//! `tests/vectors/sealing.json`.

use serde_json::Value;

use super::padding::padded;
use super::*;
use crate::hash;
use crate::identifier::Identifier;
use crate::key::CommonKey;
use crate::vectors::{Given, exact, tests_of, unhex};
use crate::wire;

/// What a test binds a message to.
struct Bound {
    purpose: Purpose,
    step: u64,
    digest: [u8; 32],
    roles: [Role; 2],
    token: Option<[u8; 32]>,
}

fn key(input: &Value) -> DirectionalKey {
    let [sender, receiver] = ["sender", "receiver"].map(|name| Identifier::new(unhex(&input[name])).unwrap());
    CommonKey::import(&exact(&input["key"]).unwrap()).directional(&sender, &receiver)
}

fn purpose(input: &Value) -> Purpose {
    let all = [
        Purpose::Part,
        Purpose::Relay,
        Purpose::Dispatch,
        Purpose::Request,
        Purpose::Authorization,
        Purpose::Response,
        Purpose::Delivery,
        Purpose::Withdrawal,
        Purpose::Receipt,
        Purpose::Handshake,
    ];
    all.into_iter().find(|purpose| input["purpose"] == purpose.label()).unwrap()
}

impl Bound {
    fn new(input: &Value) -> Self {
        let roles = ["sender_role", "receiver_role"].map(|name| Role::new(input[name].as_str().unwrap()).unwrap());
        Self {
            purpose: purpose(input),
            step: input["step"].as_u64().unwrap(),
            digest: exact(&input["digest"]).unwrap(),
            roles,
            token: exact(&input["token"]),
        }
    }

    fn context(&self) -> Context<'_> {
        let Self { purpose, step, digest, roles: [sender, receiver], token, .. } = self;
        Context { purpose: *purpose, step: *step, digest, sender, receiver, token: token.as_ref() }
    }
}

#[test]
fn what_is_sealed_is_what_the_vectors_say() {
    let tests = tests_of("sealing", "seal");
    assert!(tests.len() > 40);
    for test in tests {
        let (input, output) = (&test["input"], &test["output"]);
        let bound = Bound::new(input);
        let name =
            KeyName { id: KeyId::from_bytes(exact(&input["key_id"]).unwrap()), session: exact(&input["session"]) };
        let companions = exact(&input["companions"]);
        let content = match bound.purpose {
            Purpose::Part => {
                SaltContent::Part { companions: companions.as_ref(), revision: input["revision"].as_u64() }
            }
            _ => SaltContent::Whole,
        };
        let plaintext = unhex(&input["plaintext"]);
        let context = bound.context();
        let link = Link { name, key: key(input) };
        let mut fresh = Given(unhex(&input["fresh"]));
        let sealed = Sealed::seal(&link, context, &Payload(&plaintext), content, &mut fresh);
        assert_eq!(sealed.salt, exact(&input["salt"]).unwrap(), "{}", test["comment"]);
        let bytes = wire::encode(&sealed);
        match output.get("sealed") {
            Some(whole) => assert_eq!(bytes, unhex(whole), "{}", test["comment"]),
            None => assert_eq!(hash::sha256(&bytes), exact(&output["sealed_sha256"]).unwrap(), "{}", test["comment"]),
        }
        assert_eq!(*sealed.open(&link.key, context).unwrap(), *plaintext);
    }
}

#[test]
fn what_is_opened_is_what_the_vectors_say() {
    let tests = tests_of("sealing", "open");
    assert!(tests.iter().filter(|test| test["result"] == "invalid").count() > 20);
    for test in tests {
        let input = &test["input"];
        let bound = Bound::new(input);
        let sealed: Sealed = wire::decode(&unhex(&input["sealed"])).unwrap();
        let opened = sealed.open(&key(input), bound.context()).ok().map(|plaintext| plaintext.to_vec());
        let expected = test["output"].get("plaintext").map(unhex);
        assert_eq!(opened, expected, "{}", test["comment"]);
    }
}

#[test]
fn padded_lengths_are_those_of_the_vectors() {
    let tests = tests_of("sealing", "padding");
    assert!(tests.len() > 40);
    for test in tests {
        let input = &test["input"];
        let found = padded(purpose(input), usize::try_from(input["length"].as_u64().unwrap()).unwrap());
        match test["output"]["padded"].as_u64() {
            Some(expected) => assert_eq!(u64::try_from(found).unwrap(), expected, "{}", test["comment"]),
            None => assert!(found + TAG > limits::CIPHERTEXT, "{}", test["comment"]),
        }
    }
}
