//! HPKE once more, by another crate: one message to each recipient, in base mode and in auth mode.

use hpke_ng::{ChaCha20Poly1305, DhKemX25519HkdfSha256, HkdfSha256, Hpke, Kem};
use polyseal::rand_core::Rng;
use rand_core_09::{CryptoRng, RngCore};

use super::symmetric;
use crate::counter::Counter;
use crate::measure::Operation;
use crate::ours::order::Load;

type Suite = Hpke<DhKemX25519HkdfSha256, HkdfSha256, ChaCha20Poly1305>;
type PrivateKey = <DhKemX25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <DhKemX25519HkdfSha256 as Kem>::PublicKey;
type Message = (<DhKemX25519HkdfSha256 as Kem>::EncappedKey, Vec<u8>);

const INFO: &[u8] = b"order 4711";
const AUTH: &str = "HPKE auth mode, hpke-ng";
const BASE: &str = "HPKE base mode, hpke-ng";

pub(crate) fn sealing(load: &Load) -> [Operation; 2] {
    let (sender, _) = keys(1);
    [
        sealing_by(AUTH, load, move |to, text, rng| Suite::seal_auth(rng, to, INFO, b"", text, &sender).unwrap()),
        sealing_by(BASE, load, |to, text, rng| Suite::seal_base(rng, to, INFO, b"", text).unwrap()),
    ]
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

fn sealing_by(
    name: &'static str,
    load: &Load,
    seal: impl Fn(&PublicKey, &[u8], &mut Free) -> Message + 'static,
) -> Operation {
    let recipients = [2, 3, 4].map(|seed| keys(seed).1);
    let (plaintexts, mut rng) = (symmetric::plaintexts(load), Free::default());
    Operation::new(name, move || {
        recipients.iter().zip(&plaintexts).map(|(to, text)| seal(to, text, &mut rng)).collect::<Vec<_>>()
    })
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
