//! How others do it, a file for each family. An operation sets up what its user would keep, and runs the rest.

pub(crate) mod batch;
pub(crate) mod field;
pub(crate) mod hpke;
pub(crate) mod hpke_ng;
pub(crate) mod jwe;
pub(crate) mod ml_kem;
pub(crate) mod nacl;
pub(crate) mod p256;
pub(crate) mod pairing;
pub(crate) mod products;
pub(crate) mod sd_jwt;
pub(crate) mod symmetric;
pub(crate) mod x25519;
