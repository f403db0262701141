//! A polynomial at a point, in any arithmetic without vectors.
//!
//! Horner's rule over blocks, each block an inner product with the first powers of x, reduced once. An inner product
//! takes half the multiplications in the way of Winograd (1968): for each pair of places
//!
//! ```text
//! g0 x^0 + g1 x^1 = (g0 + x^1) (g1 + x^0) - g0 g1 - x^0 x^1
//! ```
//!
//! and of what is subtracted, one half depends on the polynomial alone and is summed once, when it is made, and the
//! other on x alone and is the same in every block.

#![expect(clippy::arithmetic_side_effects, reason = "of elements, and by the size of a block, which is not zero")]
#![expect(clippy::inline_always, reason = "sums stay in registers only where the whole loop is one function")]

use alloc::vec::Vec;

use zeroize::{DefaultIsZeroes, Zeroizing};

use super::coefficients::{Blocks, Packed};
use super::{Element, fill_powers};

/// The longest block of any arithmetic.
pub(super) const LONGEST: usize = 64;

pub(super) trait Arithmetic {
    /// A factor: an element, or the [`join`](Self::join) of two.
    type Factor: Packed;
    /// An unreduced sum of products.
    type Sum: Copy + DefaultIsZeroes;

    /// How many coefficients a block has, for a polynomial of so many: even, at most [`LONGEST`], and no more than a
    /// sum has room for.
    fn block(length: usize) -> usize;

    /// The sum of two elements, as a factor.
    fn join(a: Self::Factor, b: Self::Factor) -> Self::Factor;

    fn add(sum: &mut Self::Sum, element: Self::Factor);

    fn add_product(sum: &mut Self::Sum, a: Self::Factor, b: Self::Factor);

    /// The sum, reduced as far as a factor has to be.
    fn fold(sum: Self::Sum) -> Self::Factor;
}

fn pack<P: Packed>(element: Element) -> P {
    P::pack(&mut core::iter::once(element))
}

/// For each whole block the half of the correction that depends on the coefficients, of which there are `length`.
pub(super) fn corrections<A: Arithmetic>(
    mut coefficients: impl Blocks<A::Factor>,
    length: usize,
) -> Zeroizing<Vec<A::Factor>> {
    let size = A::block(length);
    let blocks = length / size;
    let mut corrections = Zeroizing::new(Vec::with_capacity(blocks));
    for n in 0..blocks {
        let (pairs, _) = coefficients.block(n, size).as_chunks();
        let sum = pairs.iter().fold(Element::default(), |sum, [even, odd]| sum + even.unpack(0) * odd.unpack(0));
        corrections.push(pack(-sum));
    }
    corrections
}

/// What the point contributes.
pub(super) struct Powers<A: Arithmetic> {
    /// 1, x, x², …
    table: [A::Factor; LONGEST],
    /// x^block.
    step: A::Factor,
    /// The half of the correction that depends on x.
    correction: A::Factor,
}

impl<A: Arithmetic> Powers<A> {
    /// So many of them; `step` and `correction` are for a block of `count`.
    #[inline(always)]
    pub(super) fn new(x: Element, count: usize) -> Self {
        let mut powers = [Element::default(); LONGEST];
        let powers = powers.get_mut(..count).unwrap_or_default();
        fill_powers(x, powers);
        let step = pack(powers.last().map_or(Element::ONE, |last| *last * x));
        let (pairs, _) = powers.as_chunks();
        let correction = pack(-pairs.iter().fold(Element::default(), |sum, [even, odd]| sum + *even * *odd));
        let mut made = Self { table: [A::Factor::default(); LONGEST], step, correction };
        for (place, power) in made.table.iter_mut().zip(powers.iter()) {
            *place = pack(*power);
        }
        made
    }

    /// The polynomial with these coefficients at x, by plain products.
    #[inline(always)]
    pub(super) fn at_the_top(&self, coefficients: &[A::Factor]) -> A::Factor {
        let mut sum = A::Sum::default();
        for (coefficient, power) in coefficients.iter().zip(&self.table) {
            A::add_product(&mut sum, *coefficient, *power);
        }
        A::fold(sum)
    }

    /// The polynomial of a whole block at x, and `value`, which is what is above it.
    #[inline(always)]
    pub(super) fn below(&self, value: A::Factor, coefficients: &[A::Factor], correction: A::Factor) -> A::Factor {
        let mut sum = A::Sum::default();
        A::add(&mut sum, correction);
        A::add(&mut sum, self.correction);
        let ((pairs, _), (power_pairs, _)) = (coefficients.as_chunks(), self.table.as_chunks());
        for ([even, odd], [even_power, odd_power]) in pairs.iter().zip(power_pairs) {
            A::add_product(&mut sum, A::join(*even, *odd_power), A::join(*odd, *even_power));
        }
        // Last, so that the block above need not be finished before this one begins.
        A::add_product(&mut sum, value, self.step);
        A::fold(sum)
    }
}

pub(super) fn evaluate<A: Arithmetic>(
    mut coefficients: impl Blocks<A::Factor>,
    corrections: &[A::Factor],
    length: usize,
    x: Element,
) -> Element {
    let size = A::block(length);
    // A polynomial that is shorter than a block needs no more.
    let powers = Powers::<A>::new(x, size.min(length));
    // What is left above the whole blocks comes first.
    let mut value = powers.at_the_top(coefficients.block(corrections.len(), size));
    for (n, correction) in corrections.iter().enumerate().rev() {
        value = powers.below(value, coefficients.block(n, size), *correction);
    }
    value.unpack(0)
}
