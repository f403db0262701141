//! The arithmetic of machines that multiply 32-bit words to 64 bits.

#![expect(clippy::arithmetic_side_effects, reason = "`proof` shows of each operation that it does not overflow")]
#![expect(clippy::inline_always, reason = "sums stay in registers only where the whole loop is one function")]

use zeroize::DefaultIsZeroes;

use super::Element;
use super::coefficients::Packed;
use super::limbs::{BITS, LIMBS, MASK, WRAP, join, split};
use super::machine::{Half, Word, low_half};
use super::portable::Arithmetic;

/// Elements as [`split`], their products summed in five columns of 64 bits.
pub(super) struct Narrow;

/// The limbs of an element, or of two that were joined: below 2^27.
#[derive(Clone, Copy, Default)]
pub(super) struct Factor(pub(super) [Half; LIMBS]);

impl DefaultIsZeroes for Factor {}

impl Packed for Factor {
    const LANES: usize = 1;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        Self(split(elements.next().unwrap_or_default()))
    }

    fn unpack(&self, _: usize) -> Element {
        join(self.0)
    }
}

/// The columns of a sum of products.
#[derive(Clone, Copy, Default)]
pub(super) struct Columns(pub(super) [Word; LIMBS]);

impl DefaultIsZeroes for Columns {}

impl Arithmetic for Narrow {
    type Factor = Factor;
    type Sum = Columns;

    /// A column takes up to five products of two limbs, four of them eightfold. Of joined limbs, below 2^27, that is
    /// less than 33 * 2^54 = 2^59.05 for each term, and there are at most 17; of others, 33 * 2^52, and there are
    /// at most 32.
    fn block(length: usize) -> usize {
        if length <= 128 { 16 } else { 32 }
    }

    #[inline(always)]
    fn join(a: Factor, b: Factor) -> Factor {
        let mut sum = a;
        for (limb, other) in sum.0.iter_mut().zip(b.0) {
            *limb += other;
        }
        sum
    }

    #[inline(always)]
    fn add(sum: &mut Columns, packed: Factor) {
        for (column, limb) in sum.0.iter_mut().zip(packed.0) {
            *column += Word::from(limb);
        }
    }

    #[inline(always)]
    fn add_product(sum: &mut Columns, a: Factor, b: Factor) {
        // b times 2^(26 i), the limbs past the highest wrapped: below 2^30.
        let mut shifted = b.0;
        for limb in a.0 {
            for (column, other) in sum.0.iter_mut().zip(shifted) {
                *column += Word::from(limb) * Word::from(other);
            }
            let [s0, s1, s2, s3, s4] = shifted;
            shifted = [s4 << WRAP, s0, s1, s2, s3];
        }
    }

    #[inline(always)]
    fn fold(sum: Columns) -> Factor {
        let [c0, c1, c2, c3, c4] = sum.0;
        let c1 = c1 + (c0 >> BITS);
        let c2 = c2 + (c1 >> BITS);
        let c3 = c3 + (c2 >> BITS);
        let c4 = c4 + (c3 >> BITS);
        let c0 = (c0 & MASK) + ((c4 >> BITS) << WRAP);
        // A second carry from the lowest: it is below 2^16, and there it ends.
        let c1 = (c1 & MASK) + (c0 >> BITS);
        Factor([c0 & MASK, c1, c2 & MASK, c3 & MASK, c4 & MASK].map(low_half))
    }
}
