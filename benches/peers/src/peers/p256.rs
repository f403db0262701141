//! ECDH on P-256 between static keys.

use p256::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};

use super::symmetric::{RustCrypto, Suite};
use crate::measure::Operation;

/// From the secret key and the bytes of the other's public key, uncompressed.
pub(crate) fn derivation() -> Operation {
    let [here, there] = [1, 2].map(|seed| SecretKey::from_slice(&[seed; 32]).unwrap());
    let (peer, own) = (bytes(&there), bytes(&here));
    assert_eq!(derive(&here, &peer), derive(&there, &own));
    Operation::new("p256 ECDH + HKDF", move || derive(&here, &peer))
}

fn derive(here: &SecretKey, peer: &[u8]) -> [u8; 32] {
    let peer = PublicKey::from_sec1_bytes(peer).unwrap();
    let shared = diffie_hellman(here.to_nonzero_scalar(), peer.as_affine());
    RustCrypto::hkdf(b"salt", shared.raw_secret_bytes())
}

fn bytes(key: &SecretKey) -> Vec<u8> {
    key.public_key().to_sec1_point(false).as_bytes().to_vec()
}
