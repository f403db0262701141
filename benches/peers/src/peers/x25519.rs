//! X25519 between static keys: a key agreement, and three parts sealed with it by hand.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use x25519_dalek::{PublicKey, StaticSecret};

use super::symmetric::{self, AwsLc, RustCrypto, Suite};
use crate::measure::Operation;
use crate::ours::order::Load;

const HERE: [u8; 32] = [1; 32];
const THERE: [[u8; 32]; 3] = [[2; 32], [3; 32], [4; 32]];

/// The fastest derivation that is measured here: where ours takes as long is the parity threshold.
pub(crate) const FASTEST: &str = "aws-lc-rs X25519 + HKDF";

pub(crate) fn derivations() -> [Operation; 2] {
    [fastest(), dalek()]
}

/// From the secret key and the other's public key's bytes.
fn fastest() -> Operation {
    let [there, ..] = THERE;
    let (here, peer) = (private(&HERE), public(&there));
    assert_eq!(agree(&here, &peer), agree(&private(&there), &public(&HERE)));
    Operation::new(FASTEST, move || agree(&here, &peer))
}

fn dalek() -> Operation {
    let [there, ..] = THERE;
    let (here, peer) = (StaticSecret::from(HERE), public(&there));
    let derive = move || RustCrypto::hkdf(b"salt", here.diffie_hellman(&PublicKey::from(peer)).as_bytes());
    assert_eq!(derive(), agree(&private(&HERE), &peer));
    Operation::new("x25519-dalek + HKDF", derive)
}

pub(crate) fn sealing(load: &Load) -> Operation {
    let (here, there, plaintexts) = (private(&HERE), THERE.map(|key| public(&key)), symmetric::plaintexts(load));
    Operation::new("static X25519 + HKDF + AEAD by hand, aws-lc-rs", move || {
        let parts = there.iter().zip(&plaintexts);
        parts.map(|(peer, text)| symmetric::seal::<AwsLc>(&agree(&here, peer), [7; 32], text)).collect::<Vec<_>>()
    })
}

pub(crate) fn opening(load: &Load) -> Operation {
    let ([plaintext, ..], [there, ..]) = (symmetric::plaintexts(load), THERE);
    let message = symmetric::seal::<AwsLc>(&agree(&private(&HERE), &public(&there)), [7; 32], &plaintext);
    let (here, peer) = (private(&there), public(&HERE));
    let open = move || symmetric::open::<AwsLc>(&agree(&here, &peer), &message);
    assert_eq!(open(), plaintext);
    Operation::new("static X25519 + HKDF + AEAD by hand, aws-lc-rs", open)
}

pub(super) fn agree(here: &PrivateKey, peer: &[u8; 32]) -> [u8; 32] {
    let peer = UnparsedPublicKey::new(&X25519, peer);
    agreement::agree(here, peer, (), |secret| Ok(AwsLc::hkdf(b"salt", secret))).unwrap()
}

pub(super) fn private(seed: &[u8; 32]) -> PrivateKey {
    PrivateKey::from_private_key(&X25519, seed).unwrap()
}

pub(super) fn public(seed: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*seed)).to_bytes()
}
