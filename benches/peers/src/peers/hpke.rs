//! HPKE (RFC 9180), one message to each recipient: base mode, and auth mode, which authenticates the sender as ours
//! does.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Kem, OpModeR, OpModeS, single_shot_open, single_shot_seal_with_rng};

use super::symmetric;
use crate::counter::Counter;
use crate::measure::Operation;
use crate::ours::order::Load;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type Message = (<X25519HkdfSha256 as Kem>::EncappedKey, Vec<u8>);

pub(super) const INFO: &[u8] = b"order 4711";
const AUTH: &str = "HPKE auth mode, hpke";
const BASE: &str = "HPKE base mode, hpke";

pub(crate) fn sealing(load: &Load) -> [Operation; 2] {
    [sealing_in(AUTH, sender(), load), sealing_in(BASE, OpModeS::Base, load)]
}

pub(crate) fn opening(load: &Load) -> [Operation; 2] {
    let (_, sender_key) = keys(1);
    [
        opening_in(AUTH, &sender(), OpModeR::Auth(sender_key), load),
        opening_in(BASE, &OpModeS::Base, OpModeR::Base, load),
    ]
}

fn sealing_in(name: &'static str, mode: OpModeS<'static, X25519HkdfSha256>, load: &Load) -> Operation {
    let mut rng = Counter::default();
    for_each(name, |seed| keys(seed).1, load, move |recipient, text| seal(&mode, recipient, text, &mut rng))
}

/// Seals each part for its recipient, whose key comes from a seed.
pub(super) fn for_each<K: 'static, M: 'static>(
    name: &'static str,
    key: impl Fn(u8) -> K,
    load: &Load,
    mut seal: impl FnMut(&K, &[u8]) -> M + 'static,
) -> Operation {
    let (recipients, plaintexts) = ([2, 3, 4].map(key), symmetric::plaintexts(load));
    Operation::new(name, move || {
        recipients.iter().zip(&plaintexts).map(|(recipient, text)| seal(recipient, text)).collect::<Vec<_>>()
    })
}

fn opening_in(
    name: &'static str,
    from: &OpModeS<'static, X25519HkdfSha256>,
    mode: OpModeR<'static, X25519HkdfSha256>,
    load: &Load,
) -> Operation {
    let ([plaintext, ..], (secret, public)) = (symmetric::plaintexts(load), keys(2));
    let (encapped, ciphertext) = seal(from, &public, &plaintext, &mut Counter::default());
    let open = move || {
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &mode,
            &secret,
            &encapped,
            INFO,
            &ciphertext,
            b"",
        )
        .unwrap()
    };
    assert_eq!(open(), plaintext);
    Operation::new(name, open)
}

fn seal(mode: &OpModeS<'_, X25519HkdfSha256>, recipient: &PublicKey, plaintext: &[u8], rng: &mut Counter) -> Message {
    single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        mode, recipient, INFO, plaintext, b"", rng,
    )
    .unwrap()
}

fn sender() -> OpModeS<'static, X25519HkdfSha256> {
    OpModeS::Auth(keys(1))
}

fn keys(seed: u8) -> (PrivateKey, PublicKey) {
    X25519HkdfSha256::derive_keypair(&[seed; 32])
}
