//! The other key agreement that needs identities only: Sakai, Ohgishi and Kasahara's, by a pairing on BLS12-381.
//!
//! An authority with the secret s gives a party s·H1(id) and s·H2(id). Two parties agree on
//! e(H1(a), H2(b))^s, each from its own secret and the other's name. No coalition breaks it, but a discrete logarithm
//! does.

use blstrs::{Bls12, Compress, G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Gt, Scalar};
use pairing::{MillerLoopResult, MultiMillerLoop};

use super::symmetric::{RustCrypto, Suite};
use crate::measure::Operation;

const A: &[u8] = b"card-holder 4711";
const B: &[u8] = b"seller.example";
const TAG: &[u8] = b"BLS12381_XMD:SHA-256_SSWU_RO_";

/// The cheaper of the two sides: it hashes to the smaller group, and its own secret's multiples are kept.
pub(crate) fn derivation() -> Operation {
    let authority = Scalar::from(0x0123_4567_89ab_cdef);
    let secret_of_a = G1Affine::from(hash_to_g1(A) * authority);
    let secret_of_b = G2Prepared::from(G2Affine::from(G2Projective::hash_to_curve(B, TAG, b"") * authority));
    let peer = G2Prepared::from(G2Affine::from(G2Projective::hash_to_curve(B, TAG, b"")));
    let derive = move || key(&hash_to_g1(A).into(), &secret_of_b);
    assert_eq!(derive(), key(&secret_of_a, &peer));
    Operation::new("BLS12-381 pairing (identity-based), blstrs", derive)
}

fn hash_to_g1(name: &[u8]) -> G1Projective {
    G1Projective::hash_to_curve(name, TAG, b"")
}

fn key(p: &G1Affine, q: &G2Prepared) -> [u8; 32] {
    let shared: Gt = Bls12::multi_miller_loop(&[(p, q)]).final_exponentiation();
    let mut bytes = Vec::with_capacity(288);
    shared.write_compressed(&mut bytes).unwrap();
    RustCrypto::hkdf(b"salt", &bytes)
}
