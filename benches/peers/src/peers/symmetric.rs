//! HKDF, AEAD and hash, twice: what the peers do besides their public-key operation, and the least that
//! sealing an order can cost once every key is cached.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf as aws_hkdf};
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

use crate::measure::Operation;
use crate::ours::order::Load;

/// What a derived key is bound to: as long as two public keys.
pub(super) const INFO: [u8; 64] = [9; 64];

pub(super) trait Suite {
    /// HKDF-SHA-256 with [`INFO`].
    fn hkdf(salt: &[u8], secret: &[u8]) -> [u8; 32];

    /// `ChaCha20-Poly1305` under a key that is used once.
    fn seal(key: [u8; 32], plaintext: &[u8]) -> Vec<u8>;

    fn open(key: [u8; 32], ciphertext: &[u8]) -> Vec<u8>;

    fn sha256(bytes: &[u8]) -> [u8; 32];
}

pub(super) struct AwsLc;

impl Suite for AwsLc {
    fn hkdf(salt: &[u8], secret: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        let prk = aws_hkdf::Salt::new(aws_hkdf::HKDF_SHA256, salt).extract(secret);
        prk.expand(&[&INFO], aws_hkdf::HKDF_SHA256).unwrap().fill(&mut key).unwrap();
        key
    }

    fn seal(key: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(plaintext.len() + 16);
        buffer.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        cipher(&key).seal_in_place_append_tag(nonce, Aad::empty(), &mut buffer).unwrap();
        buffer
    }

    fn open(key: [u8; 32], ciphertext: &[u8]) -> Vec<u8> {
        let mut buffer = ciphertext.to_vec();
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        let length = cipher(&key).open_in_place(nonce, Aad::empty(), &mut buffer).unwrap().len();
        buffer.truncate(length);
        buffer
    }

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap()
    }
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).unwrap())
}

pub(super) struct RustCrypto;

impl Suite for RustCrypto {
    fn hkdf(salt: &[u8], secret: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(salt), secret).expand(&INFO, &mut key).unwrap();
        key
    }

    fn seal(key: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
        ChaCha20Poly1305::new(&key.into()).encrypt(&[0; 12].into(), plaintext).unwrap()
    }

    fn open(key: [u8; 32], ciphertext: &[u8]) -> Vec<u8> {
        ChaCha20Poly1305::new(&key.into()).decrypt(&[0; 12].into(), ciphertext).unwrap()
    }

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// A message under a key that two parties keep: a salt, then the ciphertext under the key that the salt makes.
pub(super) fn seal<S: Suite>(kept: &[u8; 32], salt: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
    [salt.as_slice(), &S::seal(S::hkdf(&salt, kept), plaintext)].concat()
}

pub(super) fn open<S: Suite>(kept: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let (salt, ciphertext) = message.split_first_chunk::<32>().unwrap();
    S::open(S::hkdf(salt, kept), ciphertext)
}

/// The plaintexts that all peers seal.
pub(super) fn plaintexts(load: &Load) -> [Vec<u8>; 3] {
    load.parts.map(|length| vec![b'x'; length])
}

/// With cached keys: a derived key and an AEAD for each part, and the hash of each commitment.
pub(crate) fn sealing_cached(load: &Load) -> [Operation; 2] {
    [
        floor_of_sealing::<AwsLc>("AEAD + HKDF + commitments' hashes, aws-lc-rs", load),
        floor_of_sealing::<RustCrypto>("AEAD + HKDF + commitments' hashes, RustCrypto", load),
    ]
}

/// The same for one part, and the commitments that its reader checks.
pub(crate) fn opening_cached(load: &Load) -> [Operation; 2] {
    [
        floor_of_opening::<AwsLc>("AEAD + HKDF + commitments' hashes, aws-lc-rs", load),
        floor_of_opening::<RustCrypto>("AEAD + HKDF + commitments' hashes, RustCrypto", load),
    ]
}

fn floor_of_sealing<S: Suite>(name: &'static str, load: &Load) -> Operation {
    let (plaintexts, committed) = (plaintexts(load), load.sealed.clone());
    let keys = [[1; 32], [2; 32], [3; 32]];
    Operation::new(name, move || {
        let commitments: Vec<_> = committed.iter().map(|bytes| S::sha256(bytes)).collect();
        let parts: Vec<_> = keys.iter().zip(&plaintexts).map(|(key, text)| seal::<S>(key, [7; 32], text)).collect();
        (commitments, parts)
    })
}

fn floor_of_opening<S: Suite>(name: &'static str, load: &Load) -> Operation {
    let ([plaintext, ..], committed) = (plaintexts(load), load.opened.clone());
    let message = seal::<S>(&[1; 32], [7; 32], &plaintext);
    assert_eq!(open::<S>(&[1; 32], &message), plaintext);
    Operation::new(name, move || {
        let commitments: Vec<_> = committed.iter().map(|bytes| S::sha256(bytes)).collect();
        (commitments, open::<S>(&[1; 32], &message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_suites_are_the_same() {
        assert_eq!(AwsLc::hkdf(&[1; 32], &[2; 32]), RustCrypto::hkdf(&[1; 32], &[2; 32]));
        assert_eq!(AwsLc::seal([1; 32], b"text"), RustCrypto::seal([1; 32], b"text"));
        assert_eq!(AwsLc::sha256(b"text"), RustCrypto::sha256(b"text"));
    }
}
