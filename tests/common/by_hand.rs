//! SPEC.md §2, §6 and §7 a second time, with other code: what an attacker, or another implementation, would write.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where it fails")]
#![allow(clippy::arithmetic_side_effects, reason = "on lengths of messages that the tests made")]

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use minicbor::{Decoder, Encoder};
use polyseal::{Identifier, Role};
use sha2::{Digest, Sha256};

/// The items of an input, after version and label.
pub type Items<'a> = &'a dyn Fn(&mut Encoder<&mut Vec<u8>>);

fn input(label: &str, count: u64, items: Items<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    encoder.array(count + 2).unwrap().str("polyseal/1").unwrap().str(label).unwrap();
    items(&mut encoder);
    bytes
}

pub fn h(label: &str, count: u64, items: Items<'_>) -> [u8; 32] {
    Sha256::digest(input(label, count, items)).into()
}

pub fn f(key: &[u8; 32], label: &str, count: u64, items: Items<'_>) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(&input(label, count, items));
    mac.finalize().into_bytes().into()
}

pub fn x(prk: &[u8; 32], label: &str, count: u64, items: Items<'_>) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(prk).unwrap().expand(&input(label, count, items), &mut out).unwrap();
    out
}

/// What opening by SPEC.md §7 comes by.
#[derive(Debug)]
pub struct Opened {
    pub dk: [u8; 32],
    pub context: [u8; 32],
    pub key: [u8; 32],
    pub plaintext: Vec<u8>,
}

/// Opens a sealed item; `None` if its commitment is to another key or context.
pub fn open(
    common: &[u8; 32],
    (purpose, from, to, role): (&str, &Identifier, &Identifier, &Role),
    digest: &[u8; 32],
    token: Option<&[u8]>,
    sealed: &mut Decoder<'_>,
) -> Option<Opened> {
    let dk = x(common, "seal", 3, &|e| {
        e.str(purpose).unwrap().bytes(from.as_bytes()).unwrap().bytes(to.as_bytes()).unwrap();
    });
    let context = h("context", 4, &|e| {
        e.str(purpose).unwrap().u8(0).unwrap().bytes(digest).unwrap().str(role.as_str()).unwrap();
    });
    assert_eq!(sealed.array().unwrap(), Some(4));
    sealed.skip().unwrap();
    let (salt, commitment) = (sealed.bytes().unwrap().to_vec(), sealed.bytes().unwrap().to_vec());
    let mut text = sealed.bytes().unwrap().to_vec();
    let derived = |label| {
        f(&dk, label, 3, &|e| {
            e.bytes(&salt).unwrap().bytes(&context).unwrap();
            match token {
                Some(token) => e.bytes(token).unwrap(),
                None => e.null().unwrap(),
            };
        })
    };
    if derived("commit").to_vec() != commitment {
        return None;
    }
    let key = derived("key");
    let tag: [u8; 16] = text.split_off(text.len() - 16).try_into().unwrap();
    let cipher = ChaCha20Poly1305::new(&key.into());
    cipher.decrypt_inout_detached(&[0; 12].into(), &[], text.as_mut_slice().into(), &tag.into()).unwrap();
    let end = text.iter().rposition(|byte| *byte == 0x80).unwrap();
    Some(Opened { dk, context, key, plaintext: text[..end].to_vec() })
}

/// The part of a role in a message's array of parts.
pub fn seek<'m>(message: &'m [u8], role: &Role) -> Decoder<'m> {
    let mut d = Decoder::new(message);
    d.array().unwrap();
    for _ in 0..3 {
        d.skip().unwrap();
    }
    for _ in 0..d.array().unwrap().unwrap() {
        d.array().unwrap();
        if d.str().unwrap() == role.as_str() {
            return d;
        }
        d.skip().unwrap();
    }
    panic!("no part for {role}");
}

/// The sealed statement or verdict at the end of a message, after `skip` items.
pub fn last(message: &[u8], skip: usize) -> Decoder<'_> {
    let mut d = Decoder::new(message);
    d.array().unwrap();
    for _ in 0..skip {
        d.skip().unwrap();
    }
    d
}
