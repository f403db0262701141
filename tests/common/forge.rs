//! What a party that does not keep to the protocol can seal with its own share: the construction
//! written once more, from the protocol's description.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use polyseal::card_holder::SealedOrder;
use polyseal::handshake::Authenticated;
use polyseal::key::{Domain, KeySource};
use polyseal::message::{Envelope, Windows};
use polyseal::seller::AwaitingAuthorization;
use polyseal::{DisclosurePolicy, Identifier, MemoryLedger, OrderForm, Recipient, Share};
use sha2::{Digest, Sha256};

use super::cbor::{Value, at};
use super::{
    NOW, Parties, Repeatable, bank, courier, gateway, gateway_disclosure, holder, id, new, order, shares, shop,
};

const VERSION: &str = "polyseal/1";

/// `[version, label, ...items]`.
pub fn labelled(label: &str, items: impl IntoIterator<Item = Value>) -> Value {
    Value::Array([Value::text(VERSION), Value::text(label)].into_iter().chain(items).collect())
}

pub fn hash(label: &str, items: impl IntoIterator<Item = Value>) -> Vec<u8> {
    Sha256::digest(labelled(label, items).to_bytes()).to_vec()
}

/// An exported secret of a kind, around its body.
pub fn exported(kind: &str, body: &[u8]) -> Vec<u8> {
    let check = hash("check", [Value::text(kind), Value::bytes(body)]);
    labelled(kind, [Value::bytes(body), Value::bytes(check)]).to_bytes()
}

/// An export with a change in its body, and the check that fits.
pub fn changed(export: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let [Value::Text(kind), body] = [1, 2].map(|item| at(export, &[item])) else { panic!("an export names its kind") };
    let mut body = Value::parse(body.as_bytes());
    change(&mut body);
    exported(&kind, &body.to_bytes())
}

pub fn mac(key: &[u8; 32], label: &str, items: impl IntoIterator<Item = Value>) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.update(&labelled(label, items).to_bytes());
    mac.finalize().into_bytes().into()
}

/// `X(HKDF-Extract("polyseal/1", secret), label, items…)`.
pub fn derived(secret: &[u8], label: &str, items: impl IntoIterator<Item = Value>) -> [u8; 32] {
    let (prk, _) = Hkdf::<Sha256>::extract(Some(VERSION.as_bytes()), secret);
    expand(&prk.into(), label, items)
}

fn expand(key: &[u8; 32], label: &str, items: impl IntoIterator<Item = Value>) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(key).unwrap().expand(&labelled(label, items).to_bytes(), &mut out).unwrap();
    out
}

/// Everything that a sealed message is bound to.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    pub purpose: &'a str,
    /// The number of the message in its exchange, 0 where there is one only.
    pub step: u64,
    /// The role in which the sender speaks.
    pub by: &'a str,
    pub from: &'a Identifier,
    pub to: &'a Identifier,
    pub digest: &'a [u8],
    /// The role in which the receiver is addressed.
    pub role: &'a str,
    pub token: Option<&'a [u8]>,
}

/// In which role one seals a message of a purpose, if the purpose says so.
pub fn speaker(purpose: &str) -> &'static str {
    match purpose {
        "part" | "withdrawal" => "card-holder",
        "authorization" | "response" => "card-manager",
        "relay" | "dispatch" | "request" => "seller",
        other => panic!("{other}: it may be anybody's"),
    }
}

impl<'a> Letter<'a> {
    /// A part of an order: with the token if its recipient waits for the approval.
    pub fn part(from: &'a Identifier, to: &'a Identifier, role: &'a str, digest: &'a [u8]) -> Self {
        Self { purpose: "part", step: 0, by: "card-holder", from, to, digest, role, token: None }
    }
}

impl Letter<'_> {
    /// What its keys are derived from besides a salt.
    fn bound(&self) -> [Value; 6] {
        let token = self.token.map_or(Value::Null, Value::bytes);
        let [purpose, by, role] = [self.purpose, self.by, self.role].map(Value::text);
        [purpose, Value::Uint(self.step), Value::bytes(self.digest), by, role, token]
    }

    /// What either end derives.
    fn derive(&self, keys: &impl KeySource, salt: &[u8]) -> Derived {
        let dk = directional(keys, self.from, self.to);
        let bound = || [Value::bytes(salt)].into_iter().chain(self.bound());
        let [key, commitment] = ["key", "commit"].map(|label| mac(&dk, label, bound()));
        Derived { dk, key, commitment }
    }

    /// Seals bytes that are padded already.
    pub fn seal_padded(&self, keys: &impl KeySource, padded: &[u8]) -> Value {
        self.seal_salted(keys, padded, &[0x5a; 32])
    }

    /// The same with a salt of one's own.
    pub fn seal_salted(&self, keys: &impl KeySource, padded: &[u8], salt: &[u8; 32]) -> Value {
        let Derived { key, commitment, .. } = self.derive(keys, salt);
        let cipher = ChaCha20Poly1305::new((&key).into());
        let mut ciphertext = padded.to_vec();
        let tag = cipher.encrypt_inout_detached(&[0; 12].into(), &[], ciphertext.as_mut_slice().into()).unwrap();
        ciphertext.extend_from_slice(&tag);
        let id = key_id(keys.domains().first().unwrap());
        Value::Array(vec![id, Value::bytes(salt), Value::bytes(commitment), Value::bytes(ciphertext)])
    }

    pub fn seal(&self, keys: &impl KeySource, plaintext: &[u8]) -> Value {
        self.seal_padded(keys, &self.padded(plaintext))
    }

    /// As an honest party does whose draw is 32 bytes of `fresh`. Not for parts, in whose salts other items stand for the
    /// plaintext.
    pub fn seal_fresh(&self, keys: &impl KeySource, plaintext: &[u8], fresh: u8) -> Value {
        let salt = self.salt(keys, &[fresh; 32], [Value::bytes(plaintext)]);
        self.seal_salted(keys, &self.padded(plaintext), &salt)
    }

    /// The salt of an honest party, for what stands for the plaintext.
    pub fn salt(&self, keys: &impl KeySource, fresh: &[u8; 32], content: impl IntoIterator<Item = Value>) -> [u8; 32] {
        let items = [Value::bytes(fresh)].into_iter().chain(self.bound()).chain(content);
        mac(&directional(keys, self.from, self.to), "salt", items)
    }

    pub fn padded(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut padded = [plaintext, &[0x80]].concat();
        padded.resize(padded_length(self.purpose, plaintext.len()), 0);
        padded
    }

    /// The plaintext, its padding removed, and how it was come by; `None` if the commitment is to another key or
    /// context.
    pub fn opened(&self, keys: &impl KeySource, sealed: &Value) -> Option<(Derived, Vec<u8>)> {
        let mut sealed = sealed.clone();
        let [_, salt, commitment, ciphertext, ..] = sealed.items().as_slice() else { panic!("four items or five") };
        let derived = self.derive(keys, salt.as_bytes());
        if commitment.as_bytes() != derived.commitment {
            return None;
        }
        let (text, tag) = ciphertext.as_bytes().split_last_chunk::<16>().unwrap();
        let mut text = text.to_vec();
        let cipher = ChaCha20Poly1305::new((&derived.key).into());
        cipher.decrypt_inout_detached(&[0; 12].into(), &[], text.as_mut_slice().into(), &Tag::from(*tag)).unwrap();
        while text.pop() == Some(0) {}
        Some((derived, text))
    }

    pub fn open(&self, keys: &impl KeySource, sealed: &Value) -> Vec<u8> {
        self.opened(keys, sealed).unwrap().1
    }
}

/// The directional key, which either end derives.
fn directional(keys: &impl KeySource, from: &Identifier, to: &Identifier) -> [u8; 32] {
    let peer = if keys.identifier() == from { to } else { from };
    let common = keys.common_key(peer, keys.domains().first().unwrap()).unwrap().export();
    expand(&common, "direction", [from, to].map(|end| Value::bytes(end.as_bytes())))
}

/// A hello with the MAC of a party that has these keys: `items` are those between its kind and its MAC.
pub fn hello(keys: &impl KeySource, to: &Identifier, items: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let mut hello = labelled("hello", items);
    let dk = directional(keys, keys.identifier(), to);
    let mac = mac(&dk, "hello", [hello.clone()]);
    hello.items().push(Value::bytes(mac));
    hello.to_bytes()
}

/// A hello with a change in what stands before its MAC, and the MAC of a party that has these keys.
pub fn hello_with(
    keys: &impl KeySource,
    to: &Identifier,
    hello: &[u8],
    change: impl FnOnce(&mut Vec<Value>),
) -> Vec<u8> {
    let mut items = Value::parse(hello).items().split_off(2);
    items.pop();
    change(&mut items);
    self::hello(keys, to, items)
}

/// What the answer to a hello is bound to (SPEC.md, "Handshake").
pub fn bound_to_hello(hello: &[u8], challenge: &Value, ciphertext: &Value) -> Vec<u8> {
    hash("hello", [Value::parse(hello), challenge.clone(), ciphertext.clone()])
}

/// What comes after an answer (`kind` is "answer") is bound to, or the transcript ("confirmation").
pub fn bound_on(kind: &str, before: &[u8], message: &[u8]) -> Vec<u8> {
    hash(kind, [Value::bytes(before), Value::parse(message)])
}

/// The key of a session: of the common key, of what the exchange gave, and of what the answer is bound to.
pub fn session_key(common: &[u8; 32], shared: &[u8; 32], bound: &[u8]) -> [u8; 32] {
    mac(common, "session", [Value::bytes(shared), Value::bytes(bound)])
}

/// The key of a session, from what is exported for a store: `[version, kind, body, check]`, the key last in the body.
pub fn session_of(authenticated: &Authenticated) -> Option<Vec<u8>> {
    let body = at(&authenticated.export(), &[2]);
    match at(body.as_bytes(), &[7]) {
        Value::Bytes(key) => Some(key),
        _ => None,
    }
}

/// What a seller may send in place of the card manager's part alone: all parts of the envelope, sealed by its share.
pub fn relay_of_all_parts(envelope: &Envelope, shop: &Share, bank: &Identifier) -> Vec<u8> {
    let [header, parts] = [2, 3].map(|item| at(&envelope.to_bytes(), &[item]));
    let says = [Value::bytes(hash("parts", [parts.clone()])), Value::Uint(NOW), Value::Null, Value::Null];
    let statement = labelled("statement", says);
    let digest = envelope.digest();
    let letter = Letter {
        purpose: "relay",
        step: 0,
        by: "seller",
        from: shop.identifier(),
        to: bank,
        digest: digest.as_bytes(),
        role: "card-manager",
        token: None,
    };
    let sealed = letter.seal_fresh(shop, &statement.to_bytes(), 7);
    labelled("relay", [header, parts, Value::bytes(shop.identifier().as_bytes()), sealed]).to_bytes()
}

/// What is derived for one message.
#[derive(Debug)]
pub struct Derived {
    pub dk: [u8; 32],
    pub key: [u8; 32],
    pub commitment: [u8; 32],
}

/// The padded length of a plaintext of this length and purpose: the next bucket, and above the buckets Padmé.
pub fn padded_length(purpose: &str, length: usize) -> usize {
    let least = if purpose == "part" { 1024 } else { 512 };
    let length = (length + 1).max(least);
    let exponent = length.ilog2();
    let unit = 1_usize << (exponent - (exponent.ilog2() + 1));
    let bucket = [512, 1024, 2048, 4096].into_iter().find(|bucket| length <= *bucket);
    bucket.unwrap_or_else(|| length.div_ceil(unit) * unit)
}

/// The key-id of a domain, as messages carry it.
pub fn key_id(domain: &Domain) -> Value {
    Value::bytes(&hash("domain", [super::domain_value(domain)])[..16])
}

/// The receiving ends, and the same shares once more for a forger.
#[derive(Debug)]
pub struct World {
    pub parties: Parties<Share>,
    pub gateway: Recipient<Share>,
    pub form: OrderForm,
    pub holder: Share,
    pub shop: Share,
    pub bank: Share,
    pub courier: Share,
    /// A party with a share and no role in the order.
    pub other: Share,
}

impl World {
    pub fn new(form: OrderForm) -> Self {
        Self::by(form, gateway_disclosure())
    }

    pub fn by(form: OrderForm, disclosure: DisclosurePolicy) -> Self {
        let all = || shares([holder(), shop(), bank(), courier(), id("gateway.example"), id("other.example")]);
        let ([a, b, c, d, e, _], [holder, shop, bank, courier, _, other]) = (all(), all());
        let parties = Parties::new([a, b, c, d], form.clone(), disclosure);
        Self { parties, gateway: gateway(e), form, holder, shop, bank, courier, other }
    }

    pub fn sealed(&self, seed: u64) -> SealedOrder {
        let order = order();
        let split = self.parties.holder.split(&order, &self.form).unwrap();
        split.seal(&self.parties.holder, NOW, Windows::default(), &mut Repeatable(seed)).unwrap()
    }

    pub fn at_seller(&self, envelope: &Envelope, ledger: &mut MemoryLedger) -> AwaitingAuthorization {
        new(self.parties.seller.receive(envelope, NOW).unwrap().file(ledger).unwrap())
    }
}
