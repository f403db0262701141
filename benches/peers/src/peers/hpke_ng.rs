//! HPKE once more, by another crate: one message to each recipient, in base mode and in auth mode.

use hpke_ng::{ChaCha20Poly1305, DhKemX25519HkdfSha256, HkdfSha256, Hpke, Kem};
use polyseal::rand_core::Rng;
use rand_core_09::{CryptoRng, RngCore};

use super::hpke::{INFO, for_each};
use super::symmetric;
use crate::counter::Counter;
use crate::measure::Operation;
use crate::ours::order::Load;

type Suite = Hpke<DhKemX25519HkdfSha256, HkdfSha256, ChaCha20Poly1305>;
type PrivateKey = <DhKemX25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <DhKemX25519HkdfSha256 as Kem>::PublicKey;

const AUTH: &str = "HPKE auth mode, hpke-ng";
const BASE: &str = "HPKE base mode, hpke-ng";

pub(crate) fn sealing(load: &Load) -> [Operation; 2] {
    let ((sender, _), recipient) = (keys(1), |seed| keys(seed).1);
    let [mut rng, mut other_rng] = [(); 2].map(|()| Free::default());
    let seal_auth = move |to: &_, text: &[u8]| Suite::seal_auth(&mut rng, to, INFO, b"", text, &sender).unwrap();
    let seal_base = move |to: &_, text: &[u8]| Suite::seal_base(&mut other_rng, to, INFO, b"", text).unwrap();
    [for_each(AUTH, recipient, load, seal_auth), for_each(BASE, recipient, load, seal_base)]
}

pub(crate) fn opening(load: &Load) -> [Operation; 2] {
    let ([plaintext, ..], (sender, sender_public)) = (symmetric::plaintexts(load), keys(1));
    let ((secret, public), (same_secret, _), mut rng) = (keys(2), keys(2), Free::default());
    let authenticated = Suite::seal_auth(&mut rng, &public, INFO, b"", &plaintext, &sender).unwrap();
    let anonymous = Suite::seal_base(&mut rng, &public, INFO, b"", &plaintext).unwrap();
    let open_auth = move || {
        let (encapped, ciphertext) = &authenticated;
        Suite::open_auth(encapped, &secret, INFO, b"", ciphertext, &sender_public).unwrap()
    };
    let open_base = move || {
        let (encapped, ciphertext) = &anonymous;
        Suite::open_base(encapped, &same_secret, INFO, b"", ciphertext).unwrap()
    };
    assert_eq!([open_auth(), open_base()], [plaintext.clone(), plaintext]);
    [Operation::new(AUTH, open_auth), Operation::new(BASE, open_base)]
}

fn keys(seed: u8) -> (PrivateKey, PublicKey) {
    DhKemX25519HkdfSha256::derive_key_pair(&[seed; 32]).unwrap()
}

/// The counter, to those who ask by the traits of `rand_core` 0.9.
#[derive(Default)]
struct Free(Counter);

impl RngCore for Free {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dst: &mut [u8]) {
        self.0.fill_bytes(dst);
    }
}

impl CryptoRng for Free {}
