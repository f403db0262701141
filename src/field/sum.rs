//! Sums of products of 64-bit words, reduced once at their end.

#![expect(clippy::arithmetic_side_effects, reason = "each bound is argued where it is used")]
#![expect(clippy::inline_always, reason = "sums stay in registers only where the whole loop is one function")]

use zeroize::DefaultIsZeroes;

use super::machine::{Wide, Word};
use super::{Element, P, fold, halves, product};

/// An unreduced sum of products of 128-bit integers: three columns of 192 bits, at weights 1, 2^64 and 2^128.
///
/// The carries count exactly for any number of terms below 2^60.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(super) low: Column,
    pub(super) mid: Column,
    pub(super) high: Column,
}

impl DefaultIsZeroes for Sum {}

#[derive(Clone, Copy, Default)]
pub(super) struct Column {
    pub(super) value: Wide,
    pub(super) carry: Word,
}

impl Column {
    #[inline(always)]
    fn add(&mut self, term: Wide) {
        let (value, overflow) = self.value.overflowing_add(term);
        self.value = value;
        self.carry += Word::from(overflow);
    }
}

impl Sum {
    #[inline(always)]
    pub(crate) fn add_product(&mut self, a: Element, b: Element) {
        self.add_wide_product(a.0, b.0);
    }

    /// Adds the product of any two 128-bit integers, canonical or not.
    #[inline(always)]
    pub(super) fn add_wide_product(&mut self, a: Wide, b: Wide) {
        let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
        self.low.add(product(a0, b0));
        self.mid.add(product(a0, b1));
        self.mid.add(product(a1, b0));
        self.high.add(product(a1, b1));
    }

    #[cfg(any(test, all(target_pointer_width = "64", not(polyseal_backend = "portable32"))))]
    #[inline(always)]
    pub(super) fn add(&mut self, term: Wide) {
        self.low.add(term);
    }

    /// The sum as a canonical element.
    pub(crate) fn reduce(self) -> Element {
        Element::reduce(self.fold())
    }

    /// A number congruent to the sum, at most 2^127.
    #[inline(always)]
    pub(super) fn fold(self) -> Wide {
        let Self { low, mid, high } = self;
        // mid * 2^64, cut at bit 127: below 2^127, and below 2^65.
        let (mid_low, mid_high) = ((mid.value & (u128::MAX >> 65)) << 64, mid.value >> 63);
        // high * 2^128 = 2 high, cut at bit 127: at most p + 2, and folded at most p.
        let high_twice = fold(((high.value << 1) & P) + (high.value >> 126));
        // At most 2^128 - 2^64, so folded at most p; and 2p, folded, is at most p again.
        let large = fold(fold(fold(low.value) + mid_low) + high_twice);
        // 2^128 = 2, 2^192 = 2^65, 2^256 = 4. The carries are below 2^61: below 2^127 together.
        let carries =
            (Wide::from(low.carry) << 1) + (Wide::from(mid.carry) << 65) + (Wide::from(high.carry) << 2) + mid_high;
        fold(large + carries)
    }
}
