//! The polynomial in one field of 254 or 255 bits, for as many coefficients as a share has pairs: the same length of
//! key, by the arithmetic of others. Nothing else of a derivation is in it: no hash to the field, no extraction.

use ark_ff::PrimeField;
use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{U256, const_monty_params};
use fiat_crypto::curve25519_64::{
    fiat_25519_add, fiat_25519_carry, fiat_25519_carry_mul, fiat_25519_from_bytes, fiat_25519_loose_field_element,
    fiat_25519_tight_field_element,
};

use crate::measure::Operation;

/// How many of Horner's sums run side by side: a single one waits for its own multiplications.
const CHAINS: usize = 4;

trait Field: Copy + 'static {
    fn read(bytes: [u8; 32]) -> Self;

    /// `self * x + c`.
    fn step(self, x: Self, c: Self) -> Self;

    /// In the form that [`step`](Self::step) wants of `c`.
    fn normal(self) -> Self {
        self
    }
}

pub(crate) fn evaluations(threshold: usize) -> [Operation; 3] {
    [
        evaluation::<Fiat>("2^255 - 19, fiat-crypto", threshold),
        evaluation::<ark_bn254::Fr>("254 bits (BN254), ark-ff", threshold),
        evaluation::<Monty>("2^255 - 19, crypto-bigint", threshold),
    ]
}

fn evaluation<F: Field>(name: &'static str, threshold: usize) -> Operation {
    let coefficients: Vec<_> = (0_u8..=250).cycle().map(|byte| F::read([byte; 32])).take(threshold + 1).collect();
    let x = F::read([0x5a; 32]);
    Operation::new(name, move || evaluate(&coefficients, core::hint::black_box(x)))
}

fn evaluate<F: Field>(coefficients: &[F], x: F) -> F {
    let zero = F::read([0; 32]);
    let square = zero.step(x, x).normal().step(x, zero).normal();
    let stride = square.step(square, zero).normal();
    let (chunks, rest) = coefficients.as_chunks::<CHAINS>();
    let mut sums = [zero; CHAINS];
    for (sum, c) in sums.iter_mut().zip(rest) {
        *sum = *c;
    }
    for chunk in chunks.iter().rev() {
        for (sum, c) in sums.iter_mut().zip(chunk) {
            *sum = sum.step(stride, *c);
        }
    }
    sums.into_iter().rev().fold(zero, |value, sum| value.step(x, sum.normal())).normal()
}

/// Its limbs: tight where [`Field`] wants them normal, loose else.
#[derive(Clone, Copy)]
struct Fiat([u64; 5]);

impl Field for Fiat {
    fn read(mut bytes: [u8; 32]) -> Self {
        if let Some(top) = bytes.last_mut() {
            *top &= 0x7f;
        }
        let mut tight = fiat_25519_tight_field_element([0; 5]);
        fiat_25519_from_bytes(&mut tight, &bytes);
        Self(tight.0)
    }

    fn step(self, x: Self, c: Self) -> Self {
        let mut product = fiat_25519_tight_field_element([0; 5]);
        let mut sum = fiat_25519_loose_field_element([0; 5]);
        fiat_25519_carry_mul(
            &mut product,
            &fiat_25519_loose_field_element(self.0),
            &fiat_25519_loose_field_element(x.0),
        );
        fiat_25519_add(&mut sum, &product, &fiat_25519_tight_field_element(c.0));
        Self(sum.0)
    }

    fn normal(self) -> Self {
        let mut tight = fiat_25519_tight_field_element([0; 5]);
        fiat_25519_carry(&mut tight, &fiat_25519_loose_field_element(self.0));
        Self(tight.0)
    }
}

impl Field for ark_bn254::Fr {
    fn read(bytes: [u8; 32]) -> Self {
        Self::from_le_bytes_mod_order(&bytes)
    }

    fn step(self, x: Self, c: Self) -> Self {
        self * x + c
    }
}

const_monty_params!(Modulus, U256, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
type Monty = ConstMontyForm<Modulus, { U256::LIMBS }>;

impl Field for Monty {
    fn read(mut bytes: [u8; 32]) -> Self {
        if let Some(top) = bytes.last_mut() {
            *top &= 0x7f;
        }
        Self::new(&U256::from_le_slice(&bytes))
    }

    fn step(self, x: Self, c: Self) -> Self {
        self * x + c
    }
}

#[cfg(test)]
mod tests {
    use fiat_crypto::curve25519_64::fiat_25519_to_bytes;

    use super::*;

    fn horner(coefficients: &[Monty], x: Monty) -> Monty {
        coefficients.iter().rev().fold(Monty::ZERO, |value, c| value * x + *c)
    }

    /// In the same field, by other arithmetic and without chains, for every rest of a division by their number.
    #[test]
    fn evaluations_agree() {
        for count in [1, 2, 3, 4, 5, 17, 30, 255] {
            let bytes = (0_u8..count).map(|i| [i.wrapping_mul(37); 32]);
            let monty: Vec<_> = bytes.clone().map(Monty::read).collect();
            let fiat: Vec<_> = bytes.map(Fiat::read).collect();
            let expected = horner(&monty, Monty::read([0x5a; 32]));
            assert_eq!(evaluate(&monty, Monty::read([0x5a; 32])), expected);
            let mut found = [0; 32];
            let value = evaluate(&fiat, Fiat::read([0x5a; 32]));
            fiat_25519_to_bytes(&mut found, &fiat_25519_tight_field_element(value.0));
            assert_eq!(U256::from_le_slice(&found), expected.retrieve());
        }
    }
}
