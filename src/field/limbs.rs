//! Elements in five limbs of 26 bits, for multiplications of 32-bit words to 64 bits.

#![expect(clippy::arithmetic_side_effects, reason = "`proof` shows of each operation that it does not overflow")]

use super::machine::{Half, Wide, low_half, low_word};
use super::{Element, P};

pub(super) const LIMBS: usize = 5;
pub(super) const BITS: u32 = 26;
pub(super) const MASK: u64 = (1 << BITS) - 1;
/// 2^130 = 8: by how many bits a limb that is carried past the highest moves up.
pub(super) const WRAP: u32 = 3;

/// The limbs of an element, lowest first: the highest has 23 bits, the others 26.
pub(super) fn split(element: Element) -> [Half; LIMBS] {
    let limb = |i: u32| low_half(low_word((element.0 >> (BITS * i)) & u128::from(MASK)));
    [limb(0), limb(1), limb(2), limb(3), limb(4)]
}

/// The element that limbs stand for, each below 2^31.
pub(super) fn join(limbs: [Half; LIMBS]) -> Element {
    let [l0, l1, l2, l3, l4] = limbs.map(Wide::from);
    // The bits of the highest limb above bit 127 fold to weight one.
    let (top, over) = ((l4 << (4 * BITS)) & P, l4 >> 23);
    // Below 2^127 + 2^110, and far below 2^127: no overflow.
    let rest = l0 + (l1 << BITS) + (l2 << (2 * BITS)) + (l3 << (3 * BITS)) + over;
    Element::reduce(top) + Element::reduce(rest)
}
