//! The box of `NaCl` (X25519, `HSalsa20`, `XSalsa20-Poly1305`), by `RustCrypto` and by libsodium.

use crypto_box::SalsaBox;
use crypto_box::aead::Aead;
use libsodium_rs::crypto_box as sodium;

use super::symmetric;
use crate::measure::Operation;
use crate::ours::order::Load;

const HERE: [u8; 32] = [1; 32];
const THERE: [[u8; 32]; 3] = [[2; 32], [3; 32], [4; 32]];

/// Fixed: a fresh one for each message would cost them, not us.
const NONCE: [u8; 24] = [7; 24];

pub(crate) fn derivations() -> [Operation; 2] {
    let [there, ..] = THERE;
    let (here, peer) = rustcrypto_keys(HERE, there);
    let (sodium_here, sodium_peer) = sodium_keys(HERE, there);
    [
        Operation::new("crypto_box_beforenm, libsodium", move || sodium::beforenm(&sodium_peer, &sodium_here).unwrap()),
        Operation::new("crypto_box key, RustCrypto", move || SalsaBox::new(&peer, &here)),
    ]
}

pub(crate) fn sealing(load: &Load) -> [Operation; 2] {
    let rustcrypto = THERE.map(|there| rustcrypto_keys(HERE, there)).into_iter().zip(symmetric::plaintexts(load));
    let rustcrypto: Vec<_> = rustcrypto.collect();
    let sodium = THERE.map(|there| sodium_keys(HERE, there)).into_iter().zip(symmetric::plaintexts(load));
    let sodium: Vec<_> = sodium.collect();
    [
        Operation::new("crypto_box_easy, libsodium", move || {
            let seal = |((here, peer), text): &(_, Vec<u8>)| sodium::seal(text, &nonce(), peer, here).unwrap();
            sodium.iter().map(seal).collect::<Vec<_>>()
        }),
        Operation::new("crypto_box, RustCrypto", move || {
            let seal = |((here, peer), text): &(_, Vec<u8>)| encrypt(&SalsaBox::new(peer, here), text);
            rustcrypto.iter().map(seal).collect::<Vec<_>>()
        }),
    ]
}

pub(crate) fn sealing_cached(load: &Load) -> [Operation; 2] {
    let rustcrypto: Vec<_> = THERE.map(salsa_box).into_iter().zip(symmetric::plaintexts(load)).collect();
    let sodium: Vec<_> = THERE.map(precomputed).into_iter().zip(symmetric::plaintexts(load)).collect();
    [
        Operation::new("crypto_box_easy_afternm, libsodium", move || {
            let seal = |(key, text): &(_, Vec<u8>)| sodium::seal_afternm(text, &nonce(), key).unwrap();
            sodium.iter().map(seal).collect::<Vec<_>>()
        }),
        Operation::new("crypto_box with kept key, RustCrypto", move || {
            rustcrypto.iter().map(|(key, text)| encrypt(key, text)).collect::<Vec<_>>()
        }),
    ]
}

pub(crate) fn opening(load: &Load) -> [Operation; 2] {
    let ([plaintext, ..], [there, ..]) = (symmetric::plaintexts(load), THERE);
    let ciphertext = encrypt(&salsa_box(there), &plaintext);
    let (here, peer) = rustcrypto_keys(there, HERE);
    let (sodium_here, sodium_peer) = sodium_keys(there, HERE);
    let sealed = ciphertext.clone();
    let by_sodium = move || sodium::open(&sealed, &nonce(), &sodium_peer, &sodium_here).unwrap();
    let by_rustcrypto = move || decrypt(&SalsaBox::new(&peer, &here), &ciphertext);
    assert_eq!([by_sodium(), by_rustcrypto()], [plaintext.clone(), plaintext]);
    [
        Operation::new("crypto_box_open_easy, libsodium", by_sodium),
        Operation::new("crypto_box, RustCrypto", by_rustcrypto),
    ]
}

pub(crate) fn opening_cached(load: &Load) -> [Operation; 2] {
    let ([plaintext, ..], [there, ..]) = (symmetric::plaintexts(load), THERE);
    let key = salsa_box(there);
    let ciphertext = encrypt(&key, &plaintext);
    let (sealed, sodium_key) = (ciphertext.clone(), precomputed(there));
    [
        Operation::new("crypto_box_open_easy_afternm, libsodium", move || {
            sodium::open_afternm(&sealed, &nonce(), &sodium_key).unwrap()
        }),
        Operation::new("crypto_box with kept key, RustCrypto", move || decrypt(&key, &ciphertext)),
    ]
}

fn encrypt(key: &SalsaBox, plaintext: &[u8]) -> Vec<u8> {
    key.encrypt(&NONCE.into(), plaintext).unwrap()
}

fn decrypt(key: &SalsaBox, ciphertext: &[u8]) -> Vec<u8> {
    key.decrypt(&NONCE.into(), ciphertext).unwrap()
}

fn salsa_box(there: [u8; 32]) -> SalsaBox {
    let (here, peer) = rustcrypto_keys(HERE, there);
    SalsaBox::new(&peer, &here)
}

fn precomputed(there: [u8; 32]) -> sodium::PrecomputedKey {
    let (here, peer) = sodium_keys(HERE, there);
    sodium::beforenm(&peer, &here).unwrap()
}

fn rustcrypto_keys(here: [u8; 32], there: [u8; 32]) -> (crypto_box::SecretKey, crypto_box::PublicKey) {
    (here.into(), crypto_box::SecretKey::from(there).public_key())
}

fn sodium_keys(here: [u8; 32], there: [u8; 32]) -> (sodium::SecretKey, sodium::PublicKey) {
    libsodium_rs::ensure_init().unwrap();
    let (here, peer) = rustcrypto_keys(here, there);
    let secret = sodium::SecretKey::from_bytes(&here.to_bytes()).unwrap();
    (secret, sodium::PublicKey::from_bytes(peer.as_bytes()).unwrap())
}

fn nonce() -> sodium::Nonce {
    NONCE.as_slice().try_into().unwrap()
}
