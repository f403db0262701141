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

pub(super) fn evaluate<A: Arithmetic>(
    mut coefficients: impl Blocks<A::Factor>,
    corrections: &[A::Factor],
    length: usize,
    x: Element,
) -> Element {
    let size = A::block(length);
    let mut powers = [Element::default(); LONGEST];
    // A polynomial that is shorter than a block needs no more.
    let powers = powers.get_mut(..size.min(length)).unwrap_or_default();
    fill_powers(x, powers);
    let mut table = [A::Factor::default(); LONGEST];
    for (place, power) in table.iter_mut().zip(powers.iter()) {
        *place = pack(*power);
    }
    let step = pack(powers.last().map_or(Element::ONE, |last| *last * x));
    let (pairs, _) = powers.as_chunks();
    let own_correction = pack(-pairs.iter().fold(Element::default(), |sum, [even, odd]| sum + *even * *odd));

    // What is left above the whole blocks comes first, by plain products.
    let mut sum = A::Sum::default();
    for (coefficient, power) in coefficients.block(corrections.len(), size).iter().zip(&table) {
        A::add_product(&mut sum, *coefficient, *power);
    }
    let mut value = A::fold(sum);

    let (power_pairs, _) = table.as_chunks();
    for (n, correction) in corrections.iter().enumerate().rev() {
        let mut sum = A::Sum::default();
        A::add(&mut sum, *correction);
        A::add(&mut sum, own_correction);
        let (pairs, _) = coefficients.block(n, size).as_chunks();
        for ([even, odd], [even_power, odd_power]) in pairs.iter().zip(power_pairs) {
            A::add_product(&mut sum, A::join(*even, *odd_power), A::join(*odd, *even_power));
        }
        // Last, so that the block above need not be finished before this one begins.
        A::add_product(&mut sum, value, step);
        value = A::fold(sum);
    }
    value.unpack(0)
}
