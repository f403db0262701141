//! ML-KEM-768 (FIPS 203): what either side of a post-quantum exchange computes. It takes a message, ours does not.

use aws_lc_rs::kem::{DecapsulationKey, ML_KEM_768};

use crate::measure::Operation;

pub(crate) fn derivations() -> [Operation; 2] {
    let secret = DecapsulationKey::generate(&ML_KEM_768).unwrap();
    let public = secret.encapsulation_key().unwrap();
    let (ciphertext, shared) = public.encapsulate().unwrap();
    let ciphertext = ciphertext.as_ref().to_vec();
    let decapsulate = move || secret.decapsulate(ciphertext.as_slice().into()).unwrap();
    assert_eq!(decapsulate().as_ref(), shared.as_ref());
    [
        Operation::new("aws-lc-rs ML-KEM-768, encapsulate", move || public.encapsulate().unwrap()),
        Operation::new("aws-lc-rs ML-KEM-768, decapsulate", decapsulate),
    ]
}
