//! The exchange: X-Wing (draft-connolly-cfrg-xwing-kem-06), which is X25519 with ML-KEM-768, from x-wing.
//!
//! Without the feature this side asks for no exchange. If it is asked for one, it answers without, and the other side
//! then says that it wanted more.

use alloc::boxed::Box;

#[cfg(not(feature = "forward-secrecy"))]
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::seal::Rejected;

/// Bytes of X-Wing's encapsulation key, and of its ciphertext.
pub(super) const KEY: usize = 1216;
pub(super) const CIPHERTEXT: usize = 1120;

/// The initiator's secret, until the ciphertext is there: X-Wing's seed. It is dropped with the state of its side, and so
/// wiped (U-4).
pub(super) type Seed = Zeroizing<[u8; 32]>;

/// The ciphertext, and what the two sides share.
pub(super) type Encapsulated = (Box<[u8; CIPHERTEXT]>, Zeroizing<[u8; 32]>);

#[cfg(feature = "forward-secrecy")]
pub(super) use x_wing::{Encapsulator, begin, decapsulate, is_of};

#[cfg(feature = "forward-secrecy")]
mod x_wing {
    use alloc::boxed::Box;

    use ::x_wing::{
        Ciphertext, Decapsulate, DecapsulationKey, Decapsulator, Encapsulate, EncapsulationKey, KeyExport, SharedKey,
    };
    use rand_core::CryptoRng;
    use zeroize::{Zeroize, Zeroizing};

    use super::{CIPHERTEXT, Encapsulated, KEY, Rejected, Seed};

    /// A fresh secret, and its encapsulation key.
    pub(in crate::handshake) fn begin(rng: &mut (impl CryptoRng + ?Sized)) -> (Seed, Box<[u8; KEY]>) {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        let key = Box::new(key_of(&seed));
        (seed, key)
    }

    /// Whether the encapsulation key is that of the secret.
    pub(in crate::handshake) fn is_of(seed: &Seed, key: &[u8; KEY]) -> bool {
        key_of(seed) == *key
    }

    fn key_of(seed: &Seed) -> [u8; KEY] {
        DecapsulationKey::from(**seed).encapsulation_key().to_bytes().into()
    }

    /// What the owner of `seed` shares with the maker of the ciphertext.
    ///
    /// A ciphertext that nobody made gives a secret that nobody else has (ML-KEM's implicit rejection): what is sealed
    /// under it does not open.
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
    pub(in crate::handshake) fn decapsulate(
        seed: &Seed,
        ciphertext: &[u8; CIPHERTEXT],
    ) -> Result<Zeroizing<[u8; 32]>, Rejected> {
        let key = DecapsulationKey::from(**seed);
        Ok(wiped(key.decapsulate(&Ciphertext::from(*ciphertext))))
    }

    /// An encapsulation key that passes the check of FIPS 203 (§7.2).
    pub(in crate::handshake) struct Encapsulator(EncapsulationKey);

    impl Encapsulator {
        pub(in crate::handshake) fn read(key: &[u8; KEY]) -> Result<Option<Self>, Rejected> {
            EncapsulationKey::try_from(key.as_slice()).map(|key| Some(Self(key))).map_err(|_| Rejected)
        }

        pub(in crate::handshake) fn encapsulate(self, rng: &mut (impl CryptoRng + ?Sized)) -> Encapsulated {
            let (ciphertext, shared) = self.0.encapsulate_with_rng(rng);
            (Box::new(ciphertext.into()), wiped(shared))
        }
    }

    fn wiped(mut shared: SharedKey) -> Zeroizing<[u8; 32]> {
        let kept = Zeroizing::new(shared.into());
        shared.as_mut_slice().zeroize();
        kept
    }
}

/// Nothing is shared: this build makes no exchange.
#[cfg(not(feature = "forward-secrecy"))]
pub(super) fn decapsulate(_: &Seed, _: &[u8; CIPHERTEXT]) -> Result<Zeroizing<[u8; 32]>, Rejected> {
    Err(Rejected)
}

/// Cannot be told: this build makes no exchange.
#[cfg(not(feature = "forward-secrecy"))]
pub(super) fn is_of(_: &Seed, _: &[u8; KEY]) -> bool {
    true
}

/// There is none: this build makes no exchange.
#[cfg(not(feature = "forward-secrecy"))]
pub(super) enum Encapsulator {}

#[cfg(not(feature = "forward-secrecy"))]
impl Encapsulator {
    #[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
    pub(super) fn read(_: &[u8; KEY]) -> Result<Option<Self>, Rejected> {
        Ok(None)
    }

    pub(super) fn encapsulate(self, _: &mut (impl CryptoRng + ?Sized)) -> Encapsulated {
        match self {}
    }
}

#[cfg(all(test, feature = "forward-secrecy"))]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::vectors::{Given, tests_of, unhex};

    /// `spec/test-vectors.json` of the draft's repository.
    #[test]
    fn the_exchange_is_that_of_the_draft() {
        let vectors: Value = serde_json::from_str(include_str!("vectors/x_wing.json")).unwrap();
        let vectors = vectors.as_array().unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let [seed, eseed, key, ciphertext, shared] =
                ["seed", "eseed", "pk", "ct", "ss"].map(|name| unhex(&vector[name]));
            let (secret, made) = begin(&mut Given(seed));
            assert_eq!(secret.to_vec(), unhex(&vector["sk"]));
            assert_eq!(made.to_vec(), key);
            let (told, here) = Encapsulator::read(&made).unwrap().unwrap().encapsulate(&mut Given(eseed));
            assert_eq!((told.to_vec(), here.to_vec()), (ciphertext, shared.clone()));
            assert_eq!(decapsulate(&secret, &told).unwrap().to_vec(), shared);
        }
    }

    #[test]
    fn the_exchange_is_that_of_the_vectors() {
        for test in tests_of("handshakes", "x-wing") {
            let (input, output) = (&test["input"], &test["output"]);
            let (secret, key) = begin(&mut Given(unhex(&input["seed"])));
            assert_eq!(key.to_vec(), unhex(&output["encapsulation_key"]));
            let encapsulator = Encapsulator::read(&key).unwrap().unwrap();
            let (ciphertext, shared) = encapsulator.encapsulate(&mut Given(unhex(&input["randomness"])));
            assert_eq!(ciphertext.to_vec(), unhex(&output["ciphertext"]));
            assert_eq!(shared.to_vec(), unhex(&output["shared"]));
            assert_eq!(*decapsulate(&secret, &ciphertext).unwrap(), *shared);
        }
    }

    /// A ciphertext that was changed anywhere gives another secret, and no error that would tell where.
    #[test]
    fn a_changed_ciphertext_gives_another_secret() {
        let (secret, key) = begin(&mut Given([1; 32].into()));
        let (ciphertext, shared) = Encapsulator::read(&key).unwrap().unwrap().encapsulate(&mut Given([2; 64].into()));
        for place in [0, 1087, 1088, CIPHERTEXT - 1] {
            let mut changed = ciphertext.clone();
            changed[place] ^= 1;
            assert_ne!(*decapsulate(&secret, &changed).unwrap(), *shared, "byte {place}");
        }
    }

    /// The coefficients of ML-KEM's key are numbers below 3329, of 12 bits each.
    #[test]
    fn a_key_with_a_coefficient_out_of_range_is_refused() {
        let (_, key) = begin(&mut Given([1; 32].into()));
        for (low, is_taken) in [(3328_u16, true), (3329, false), (4095, false)] {
            for place in [0, 1149] {
                let mut changed = key.clone();
                let [least, most] = low.to_le_bytes();
                changed[place] = least;
                changed[place + 1] = (changed[place + 1] & 0xf0) | most;
                assert_eq!(Encapsulator::read(&changed).is_ok(), is_taken, "{low} at {place}");
            }
        }
    }
}
