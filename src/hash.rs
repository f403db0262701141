//! SHA-256, HMAC-SHA-256 and their one way of taking input.
//!
//! Every input of a hash or a MAC is one deterministic CBOR array that starts with the version and
//! a label, so no two uses can share an input and no field can run into the next. The items are
//! streamed into the hash: nothing is collected first.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::wire::{Sink, VERSION, Writer};

impl Sink for Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        Digest::update(self, bytes);
    }
}

impl Sink for Hmac<Sha256> {
    fn put(&mut self, bytes: &[u8]) {
        Mac::update(self, bytes);
    }
}

/// `SHA-256([VERSION, label, ...items])`, with `count` items.
pub(crate) fn digest(label: &str, count: usize, items: impl FnOnce(&mut Writer<'_, Sha256>)) -> [u8; 32] {
    let mut sha = Sha256::new();
    labelled(&mut sha, label, count, items);
    sha.finalize().into()
}

/// SHA-256 of bytes that already start with their label: an encoded header.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn labelled<S: Sink>(sink: &mut S, label: &str, count: usize, items: impl FnOnce(&mut Writer<'_, S>)) {
    let mut w = Writer::new(sink);
    w.array(count.saturating_add(2)).text(VERSION).text(label);
    items(&mut w);
}

/// HMAC-SHA-256 under a fixed key, the key block already absorbed.
///
/// Not `Clone` and without `Debug` content: it is the key.
pub(crate) struct Prf(Hmac<Sha256>);

impl Prf {
    /// A key of at most 64 bytes, the block of SHA-256, padded with zeros as RFC 2104 says.
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const { assert!(N <= 64, "longer keys would have to be hashed first") };
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        let mac = Hmac::new((&block).into());
        block.zeroize();
        Self(mac)
    }

    /// `HMAC(key, [VERSION, label, ...items])`, with `count` items.
    pub(crate) fn eval(
        &self,
        label: &str,
        count: usize,
        items: impl FnOnce(&mut Writer<'_, Hmac<Sha256>>),
    ) -> Zeroizing<[u8; 32]> {
        finish(self.absorb(label, count, items))
    }

    /// HKDF-Expand (RFC 5869 §2.3) to 32 bytes with info `[VERSION, label, ...items]`.
    ///
    /// For one block of output, Expand is one HMAC over the info and a counter byte of 1.
    pub(crate) fn expand(
        &self,
        label: &str,
        count: usize,
        items: impl FnOnce(&mut Writer<'_, Hmac<Sha256>>),
    ) -> Zeroizing<[u8; 32]> {
        let mut mac = self.absorb(label, count, items);
        mac.put(&[1]);
        finish(mac)
    }

    fn absorb(&self, label: &str, count: usize, items: impl FnOnce(&mut Writer<'_, Hmac<Sha256>>)) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        labelled(&mut mac, label, count, items);
        mac
    }
}

fn finish(mac: Hmac<Sha256>) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac.finalize().into_bytes().into())
}

impl core::fmt::Debug for Prf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Prf(..)")
    }
}

/// HKDF-Extract (RFC 5869 §2.2) with the version label as salt.
pub(crate) fn extract(input: &[u8; 32]) -> Prf {
    let mut mac = salted();
    mac.put(input);
    Prf::new(&finish(mac))
}

fn salted() -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(VERSION.as_bytes()) {
        *to = *from;
    }
    Hmac::new((&block).into())
}

/// `expand_message_xmd` with SHA-256 (RFC 9380 §5.3.1), to `N` blocks of 32 bytes.
pub(crate) fn expand_message<const N: usize>(dst: &str, message: impl FnOnce(&mut Sha256)) -> [[u8; 32]; N] {
    const { assert!(N < 256, "RFC 9380 allows 255 blocks") };
    let length = u16::try_from(N.saturating_mul(32)).unwrap_or(u16::MAX);
    let mut sha = Sha256::new();
    sha.put(&[0; 64]);
    message(&mut sha);
    sha.put(&length.to_be_bytes());
    sha.put(&[0]);
    put_dst(&mut sha, dst);
    let first: [u8; 32] = sha.finalize().into();

    let mut blocks = [[0; 32]; N];
    let mut previous = [0; 32];
    for (i, block) in (1_u8..).zip(&mut blocks) {
        let mut sha = Sha256::new();
        for (mixed, byte) in previous.iter_mut().zip(first) {
            *mixed ^= byte;
        }
        sha.put(&previous);
        sha.put(&[i]);
        put_dst(&mut sha, dst);
        previous = sha.finalize().into();
        *block = previous;
    }
    blocks
}

/// The DST with its length after it. The RFC bounds it by 255 bytes; ours is a short constant.
fn put_dst(sha: &mut Sha256, dst: &str) {
    sha.put(dst.as_bytes());
    sha.put(&[u8::try_from(dst.len()).unwrap_or(u8::MAX)]);
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use serde_json::Value;

    use super::*;

    fn unhex(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(hex.get(i..i + 2).unwrap(), 16).unwrap()).collect()
    }

    fn vectors(json: &str) -> Vec<Value> {
        let file: Value = serde_json::from_str(json).unwrap();
        file["tests"].as_array().unwrap().clone()
    }

    fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    #[test]
    fn expand_message_xmd_is_that_of_rfc_9380() {
        let dst = "QUUX-V01-CS02-with-expander-SHA256-128";
        let vectors = vectors(include_str!("../tests/vectors/rfc9380_k1.json"));
        assert_eq!(vectors.len(), 10);
        for vector in vectors {
            let message = text(&vector, "msg").to_string();
            let expected = unhex(text(&vector, "uniform_bytes"));
            let put = |sha: &mut Sha256| sha.put(message.as_bytes());
            match expected.len() {
                32 => assert_eq!(expand_message::<1>(dst, put).as_flattened(), expected),
                128 => assert_eq!(expand_message::<4>(dst, put).as_flattened(), expected),
                other => panic!("a vector of {other} bytes"),
            }
        }
    }

    /// RFC 5869 has no case with our salt, so the cases check HMAC and the one-block form of
    /// Expand through an implementation that passes them all.
    #[test]
    fn extract_and_expand_are_those_of_an_independent_hkdf() {
        for (input, items) in [([7; 32], 0_u64), ([0; 32], 1), ([0xff; 32], u64::MAX)] {
            let mut info = Vec::new();
            Writer::new(&mut info).array(3).text(VERSION).text("test").uint(items);
            let mut expected = [0; 32];
            hkdf::Hkdf::<Sha256>::new(Some(VERSION.as_bytes()), &input).expand(&info, &mut expected).unwrap();
            let found = extract(&input).expand("test", 1, |w| {
                w.uint(items);
            });
            assert_eq!(*found, expected);
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_5869() {
        // Extract is HMAC(salt, IKM), and a first block of Expand HMAC(PRK, info | 1).
        for vector in vectors(include_str!("../tests/vectors/rfc5869.json")) {
            let (salt, ikm) = (unhex(text(&vector, "salt")), unhex(text(&vector, "ikm")));
            let mut key = [0; 64];
            // Case 2's salt is longer than a block; the RFC 2104 rule hashes it first.
            let salt = if salt.len() > 64 { sha256(&salt).to_vec() } else { salt };
            key.get_mut(..salt.len()).unwrap().copy_from_slice(&salt);
            let mut mac = Prf::new(&key).0;
            mac.put(&ikm);
            let prk: [u8; 32] = mac.finalize().into_bytes().into();
            assert_eq!(prk.to_vec(), unhex(text(&vector, "prk")));

            let mut mac = Prf::new(&prk).0;
            mac.put(&unhex(text(&vector, "info")));
            mac.put(&[1]);
            let block: [u8; 32] = mac.finalize().into_bytes().into();
            assert_eq!(block.to_vec(), unhex(text(&vector, "okm")).get(..32).unwrap());
        }
    }

    #[test]
    fn labels_and_counts_separate_inputs() {
        let empty = digest("a", 0, |_| {});
        let mut seen = alloc::collections::BTreeSet::from([empty]);
        seen.insert(digest("b", 0, |_| {}));
        seen.insert(digest("a", 1, |w| {
            w.bytes(b"");
        }));
        seen.insert(digest("a", 1, |w| {
            w.text("");
        }));
        seen.insert(digest("a", 2, |w| {
            w.text("x").text("y");
        }));
        seen.insert(digest("a", 2, |w| {
            w.text("xy").text("");
        }));
        let prf = Prf::new(&[0; 32]);
        seen.insert(*prf.eval("a", 0, |_| {}));
        seen.insert(*prf.expand("a", 0, |_| {}));
        assert_eq!(seen.len(), 8);
        assert_eq!(alloc::format!("{prf:?}"), String::from("Prf(..)"));
    }
}
