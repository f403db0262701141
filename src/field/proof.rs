//! The arithmetic, for all inputs.
//!
//! The sources are compiled once more over words that stand for all their values: `docs/proofs.md` says what is proven
//! by that, and what is not.

#![allow(dead_code, reason = "not every function of a source is proven by itself")]
#![allow(clippy::duplicate_mod, reason = "that is the purpose")]
#![allow(clippy::used_underscore_items, reason = "the model has the names of the processor's intrinsics")]

/// Runs a theorem where the processor has AVX2: the sources are compiled for it, although the model needs nothing of it.
#[cfg(target_arch = "x86_64")]
macro_rules! theorem {
    ($name:ident, $proof:block) => {
        #[test]
        #[expect(unsafe_code, reason = "the functions of `quads` are for a processor that not everybody has")]
        fn $name() {
            #[target_feature(enable = "avx2")]
            fn proof() {
                in_every_case(|| $proof);
            }
            if $crate::field::avx2::Avx2::detect().is_some() {
                // SAFETY: the processor has AVX2.
                unsafe { proof() };
            }
        }
    };
}

mod chance;
mod claims;
mod expression;
mod int;
mod machinery;
mod of_integers;
mod of_limbs;
mod of_polynomials;
#[cfg(target_arch = "x86_64")]
mod of_quads;
#[cfg(target_arch = "x86_64")]
mod quadruples;
mod of_sums;
mod session;
#[cfg(target_arch = "x86_64")]
mod vectors;

#[path = "coefficients.rs"]
mod coefficients;
#[path = "integers.rs"]
mod integers;
#[path = "limbs.rs"]
mod limbs;
#[path = "narrow.rs"]
mod narrow;
#[path = "portable.rs"]
mod portable;
#[path = "powers.rs"]
mod powers;
#[cfg(target_arch = "x86_64")]
#[path = "quads.rs"]
mod quads;
#[path = "sum.rs"]
mod sum;
#[path = "words.rs"]
mod words;

use core::ops::{Add, Mul, Neg};

use super::{ELEMENT, P};
use expression::Expression;
use int::Int;
use integers::{fold, halves, product};
use powers::fill_powers;
use sum::Sum;

/// What stands in place of the machine's words.
mod machine {
    use super::Int;

    pub(super) type Half = Int<32>;
    pub(super) type Word = Int<64>;
    pub(super) type Wide = Int<128>;

    pub(super) fn low_word(value: Wide) -> Word {
        value.cut()
    }

    pub(super) fn low_half(value: Word) -> Half {
        value.cut()
    }

    pub(super) fn constant(value: u64) -> Word {
        Int::constant(value)
    }
}

/// An element by what is proven of its operations: canonical, and congruent to what it should be.
#[derive(Clone, Copy, Default)]
pub(crate) struct Element(machine::Wide);

impl zeroize::DefaultIsZeroes for Element {}

impl Element {
    const ONE: Self = Self(Int::ONE);

    /// Any element.
    fn any() -> Self {
        Self(Int::up_to(P - 1))
    }

    /// The element that is congruent to this.
    fn canonical(value: &Expression) -> Self {
        Self(Int::residue(P - 1, value))
    }

    fn reduce(value: machine::Wide) -> Self {
        Self::canonical(&value.expression())
    }

    fn from_known_bytes(_: [u8; ELEMENT]) -> Self {
        session::refuse("there is no model of bytes")
    }

    fn expression(self) -> Expression {
        self.0.expression()
    }
}

impl Add for Element {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::canonical(&(&self.expression() + &other.expression()))
    }
}

impl Mul for Element {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::canonical(&(&self.expression() * &other.expression()))
    }
}

impl Neg for Element {
    type Output = Self;

    fn neg(self) -> Self {
        Self::canonical(&(&Expression::default() - &self.expression()))
    }
}
