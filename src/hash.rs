//! SHA-256, HMAC-SHA-256 and their one way of taking input.
//!
//! Every input of a hash or a MAC is one deterministic CBOR array that starts with the version and
//! a label, so no two uses can share an input and no field can run into the next. The items are
//! streamed into the hash: nothing is collected first.

mod prefix;
mod sha256;

use zeroize::{Zeroize, Zeroizing};

use crate::wire::{Secret32, Sink, Writer};

pub(crate) use prefix::{Prefix, prefix};
pub(crate) use sha256::Sha256;
use sha256::{BLOCK, INITIAL, State, compress, output};

/// `SHA-256([VERSION, label, ...items])`.
pub(crate) fn digest(prefix: &Prefix, items: impl FnOnce(&mut Writer<'_, Sha256>)) -> [u8; 32] {
    let mut sha = Sha256::beginning(INITIAL, 0, prefix);
    items(&mut Writer::new(&mut sha));
    sha.finish()
}

/// SHA-256 of bytes that already start with their label: an encoded header.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.put(bytes);
    sha.finish()
}

/// HMAC-SHA-256 (RFC 2104) under a fixed key, its two blocks already absorbed.
///
/// Not `Clone` and without `Debug` content: it is the key.
pub(crate) struct Prf {
    inner: State,
    outer: State,
}

impl Prf {
    /// A key of at most 64 bytes, the block of SHA-256, padded with zeros as RFC 2104 says.
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const { assert!(N <= BLOCK, "longer keys would have to be hashed first") };
        let mut block = [0; BLOCK];
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        let mut keyed = |mask| {
            let mut state = INITIAL;
            for byte in &mut block {
                *byte ^= mask;
            }
            compress(&mut state, &block);
            state
        };
        let prf = Self { inner: keyed(INNER), outer: keyed(INNER ^ OUTER) };
        block.as_mut_slice().zeroize();
        prf
    }

    /// `HMAC(key, [VERSION, label, ...items])`.
    pub(crate) fn eval(&self, prefix: &Prefix, items: impl FnOnce(&mut Writer<'_, Sha256>)) -> Secret32 {
        let mut inner = Sha256::beginning(self.inner, 1, prefix);
        items(&mut Writer::new(&mut inner));
        self.finish(inner)
    }

    /// HKDF-Expand (RFC 5869 §2.3) to 32 bytes with info `[VERSION, label, ...items]`.
    ///
    /// For one block of output, Expand is one HMAC over the info and a counter byte of 1.
    pub(crate) fn expand(&self, prefix: &Prefix, items: impl FnOnce(&mut Writer<'_, Sha256>)) -> Zeroizing<[u8; 32]> {
        let mut inner = Sha256::beginning(self.inner, 1, prefix);
        items(&mut Writer::new(&mut inner));
        inner.put(&[1]);
        Zeroizing::new(*self.finish(inner))
    }

    fn finish(&self, inner: Sha256) -> Secret32 {
        // The outer message is this digest, whose padding is always the same.
        let digest = Secret32::new(inner.finish());
        let mut block = OUTER_PADDING;
        if let Some(start) = block.first_chunk_mut() {
            *start = *digest;
        }
        let mut state = self.outer;
        compress(&mut state, &block);
        block.as_mut_slice().zeroize();
        let mac = Secret32::new(output(&state));
        state.as_mut_slice().zeroize();
        mac
    }
}

/// RFC 2104's ipad and opad.
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// The last block of the outer hash, before the inner digest is in it: a 1 bit after 32 bytes, the length of 96 bytes.
const OUTER_PADDING: [u8; BLOCK] = {
    let mut block = [0; BLOCK];
    block[32] = 0x80;
    [block[62], block[63]] = 768_u16.to_be_bytes();
    block
};

impl Drop for Prf {
    fn drop(&mut self) {
        self.inner.as_mut_slice().zeroize();
        self.outer.as_mut_slice().zeroize();
    }
}

impl core::fmt::Debug for Prf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Prf(..)")
    }
}

/// HKDF-Extract (RFC 5869 §2.2) with the version label as salt.
pub(crate) fn extract(input: &[u8; 32]) -> Prf {
    let mut inner = Sha256::continuing(SALTED.inner, 1);
    inner.put(input);
    Prf::new(&SALTED.finish(inner))
}

/// `Prf::new(VERSION)`, which a test computes: the salt of every extraction.
static SALTED: Prf = Prf {
    inner: [0x5e4c_2c38, 0x0df6_6dbe, 0x8063_6b13, 0x2669_a267, 0xdb67_fdf6, 0x073e_8d61, 0x61c4_7531, 0x18b6_53ef],
    outer: [0x8a7c_c167, 0x42d5_c268, 0x513a_e2b1, 0x1232_bef2, 0x60a4_2801, 0x57b7_b68d, 0x3c3e_b3b8, 0x0d92_e7f7],
};

/// What compressing a block of zeros leaves, which a test computes: `Z_pad` of RFC 9380 §5.3.1.
const ZERO_BLOCK: State =
    [0xda56_98be, 0x17b9_b469, 0x6233_5799, 0x779f_beca, 0x8ce5_d491, 0xc0d2_6243, 0xbafe_f9ea, 0x1837_a9d8];

/// `expand_message_xmd` with SHA-256 (RFC 9380 §5.3.1), to `N` blocks of 32 bytes.
pub(crate) fn expand_message<const N: usize>(dst: &str, message: impl FnOnce(&mut Sha256)) -> [[u8; 32]; N] {
    const { assert!(N < 256, "RFC 9380 allows 255 blocks") };
    let length = u16::try_from(N.saturating_mul(32)).unwrap_or(u16::MAX);
    let mut sha = Sha256::continuing(ZERO_BLOCK, 1);
    message(&mut sha);
    sha.put(&length.to_be_bytes());
    sha.put(&[0]);
    put_dst(&mut sha, dst);
    let first = sha.finish();

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
        previous = sha.finish();
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
    use crate::wire::VERSION;

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
        let vectors = vectors(include_str!("hash/vectors/rfc9380_k1.json"));
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
            hkdf::Hkdf::<sha2::Sha256>::new(Some(VERSION.as_bytes()), &input).expand(&info, &mut expected).unwrap();
            let found = extract(&input).expand(prefix!("test", 1), |w| {
                w.uint(items);
            });
            assert_eq!(*found, expected);
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_5869() {
        // Extract is HMAC(salt, IKM), and a first block of Expand HMAC(PRK, info | 1).
        for vector in vectors(include_str!("hash/vectors/rfc5869.json")) {
            let (salt, ikm) = (unhex(text(&vector, "salt")), unhex(text(&vector, "ikm")));
            let mut key = [0; 64];
            // Case 2's salt is longer than a block; the RFC 2104 rule hashes it first.
            let salt = if salt.len() > 64 { sha256(&salt).to_vec() } else { salt };
            key.get_mut(..salt.len()).unwrap().copy_from_slice(&salt);
            let prk = mac(&Prf::new(&key), &[&ikm]);
            assert_eq!(prk.to_vec(), unhex(text(&vector, "prk")));
            let block = mac(&Prf::new(&prk), &[&unhex(text(&vector, "info")), &[1]]);
            assert_eq!(block.to_vec(), unhex(text(&vector, "okm")).get(..32).unwrap());
        }
    }

    fn mac(prf: &Prf, pieces: &[&[u8]]) -> [u8; 32] {
        let mut inner = Sha256::continuing(prf.inner, 1);
        for piece in pieces {
            inner.put(piece);
        }
        *prf.finish(inner)
    }

    #[test]
    fn the_states_that_are_constants_are_what_compression_leaves() {
        let mut salt = [0; BLOCK];
        salt[..VERSION.len()].copy_from_slice(VERSION.as_bytes());
        let Prf { inner, outer } = &Prf::new(&salt);
        assert_eq!((inner, outer), (&SALTED.inner, &SALTED.outer));
        let mut state = INITIAL;
        compress(&mut state, &[0; BLOCK]);
        assert_eq!(state, ZERO_BLOCK);
    }

    #[test]
    fn labels_and_counts_separate_inputs() {
        let empty = digest(prefix!("a", 0), |_| {});
        let mut seen = alloc::collections::BTreeSet::from([empty]);
        seen.insert(digest(prefix!("b", 0), |_| {}));
        seen.insert(digest(prefix!("a", 1), |w| {
            w.bytes(b"");
        }));
        seen.insert(digest(prefix!("a", 1), |w| {
            w.text("");
        }));
        seen.insert(digest(prefix!("a", 2), |w| {
            w.text("x").text("y");
        }));
        seen.insert(digest(prefix!("a", 2), |w| {
            w.text("xy").text("");
        }));
        let prf = Prf::new(&[0; 32]);
        seen.insert(*prf.eval(prefix!("a", 0), |_| {}));
        seen.insert(*prf.expand(prefix!("a", 0), |_| {}));
        assert_eq!(seen.len(), 8);
        assert_eq!(alloc::format!("{prf:?}"), String::from("Prf(..)"));
    }
}
