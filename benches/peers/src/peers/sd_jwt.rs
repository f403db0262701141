//! SD-JWT: the same order, signed, each of its fields to be disclosed or not. Alone, and in a JWE for each recipient.
//!
//! The card holder issues it and presents to each recipient the fields that the form lets that one see. The salts are
//! random, by the crate's own generator.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sd_jwt_rs::{
    ClaimsForSelectiveDisclosureStrategy, SDJWTHolder, SDJWTIssuer, SDJWTSerializationFormat, SDJWTVerifier,
};
use serde_json::{Map, Value, json};

use super::jwe::{Jwe, recipient};
use crate::measure::Operation;

const ALONE: &str = "SD-JWT signed with ES256, sd-jwt-rs";
const ENCRYPTED: &str = "SD-JWT with ES256 in JWE, sd-jwt-rs and josekit";

/// Issued, no more; then issued, presented to each of the three, each presentation encrypted.
pub(crate) fn sealing() -> [Operation; 2] {
    let [mut alone, mut signer] = [(); 2].map(|()| Signer::new());
    let (recipients, jwe) = (recipients(), Jwe::default());
    let recipients = recipients.map(|fields| (recipient().0, fields));
    [
        Operation::new(ALONE, move || alone.issue()),
        Operation::new(ENCRYPTED, move || {
            let mut holder = SDJWTHolder::new(signer.issue(), SDJWTSerializationFormat::Compact).unwrap();
            let mut seal = |(to, fields): &(_, Fields)| jwe.seal(to, present(&mut holder, fields).as_bytes());
            recipients.iter().map(&mut seal).collect::<Vec<_>>()
        }),
    ]
}

/// The seller's: verified, with the fields that were disclosed; before that decrypted, in the second.
pub(crate) fn opening() -> [Operation; 2] {
    let ([fields, ..], mut signer) = (recipients(), Signer::new());
    let mut holder = SDJWTHolder::new(signer.issue(), SDJWTSerializationFormat::Compact).unwrap();
    let presentation = present(&mut holder, &fields);
    let ((public, secret), jwe) = (recipient(), Jwe::default());
    let message = jwe.seal(&public, presentation.as_bytes());
    let (public_key, again) = (signer.public_key.clone(), signer.public_key);
    let verify = move || verified(presentation.clone(), &public_key);
    let decrypt = move || verified(String::from_utf8(jwe.open(&secret, &message)).unwrap(), &again);
    for disclosed in [verify(), decrypt()] {
        let of_the_order =
            order().keys().filter(|name| disclosed.get(name.as_str()).is_some()).cloned().collect::<Vec<_>>();
        assert_eq!(of_the_order, fields.keys().cloned().collect::<Vec<_>>());
    }
    [Operation::new(ALONE, verify), Operation::new(ENCRYPTED, decrypt)]
}

/// Names, each with `true`, which means disclosed.
type Fields = Map<String, Value>;

struct Signer {
    issuer: SDJWTIssuer,
    public_key: Vec<u8>,
    claims: Value,
}

impl Signer {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let signing = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let mut claims = Value::Object(order());
        let always = json!({ "iss": "holder.example/4711", "iat": 1_800_000_000, "exp": 4_000_000_000_u64 });
        claims.as_object_mut().unwrap().extend(always.as_object().unwrap().clone());
        Self {
            issuer: SDJWTIssuer::new(signing, Some("ES256".to_owned())),
            public_key: pair.public_key().as_ref().to_vec(),
            claims,
        }
    }

    fn issue(&mut self) -> String {
        let each_field = ClaimsForSelectiveDisclosureStrategy::TopLevel;
        let compact = SDJWTSerializationFormat::Compact;
        self.issuer.issue_sd_jwt(self.claims.clone(), each_field, None, false, compact).unwrap()
    }
}

fn present(holder: &mut SDJWTHolder, fields: &Fields) -> String {
    holder.create_presentation(fields.clone(), None, None, None, None).unwrap()
}

fn verified(presentation: String, public_key: &[u8]) -> Value {
    let key = DecodingKey::from_ec_der(public_key);
    let issuer = Box::new(move |_: &str, _: &_| key.clone());
    SDJWTVerifier::new(presentation, issuer, None, None, SDJWTSerializationFormat::Compact).unwrap().verified_claims
}

fn order() -> Fields {
    serde_json::from_str(include_str!("../../../../examples/data/order.json")).unwrap()
}

/// Which of the order's fields each recipient sees by the form, the seller first.
fn recipients() -> [Fields; 3] {
    let form: Value = serde_json::from_str(include_str!("../../../../examples/data/form.json")).unwrap();
    let entries = form.get("recipients").and_then(Value::as_array).unwrap();
    let order = order();
    let of = |entry: &Value| {
        let selectors = entry.get("selectors").and_then(Value::as_array).unwrap();
        let seen = |name: &&String| selectors.iter().any(|selector| selects(selector.as_str().unwrap(), name));
        order.keys().filter(seen).map(|name| (name.clone(), Value::Bool(true))).collect()
    };
    entries.iter().map(of).collect::<Vec<_>>().try_into().unwrap()
}

/// By its name, which may be optional, or by the beginning of it.
fn selects(selector: &str, name: &str) -> bool {
    let prefix = |prefix| name.starts_with(prefix);
    selector.strip_suffix('?').unwrap_or(selector) == name || selector.strip_suffix('*').is_some_and(prefix)
}
