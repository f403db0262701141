//! The arithmetic of machines with 64-bit words.

#![expect(clippy::inline_always, reason = "sums stay in registers only where the whole loop is one function")]

use super::coefficients::Packed;
use super::machine::Wide;
use super::portable::Arithmetic;
use super::{Element, Sum};

/// Elements as they are, their products summed in columns of two words and a carry.
pub(super) struct Words;

impl Packed for Wide {
    const LANES: usize = 1;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        elements.next().unwrap_or_default().0
    }

    fn unpack(&self, _: usize) -> Element {
        Element::reduce(*self)
    }
}

impl Arithmetic for Words {
    type Factor = Wide;
    type Sum = Sum;

    fn block(length: usize) -> usize {
        match length {
            0..=128 => 16,
            129..=2048 => 32,
            _ => 64,
        }
    }

    #[inline(always)]
    fn join(a: Wide, b: Wide) -> Wide {
        // Both are below 2^127: nothing is lost.
        a.wrapping_add(b)
    }

    #[inline(always)]
    fn add(sum: &mut Sum, element: Wide) {
        sum.add(element);
    }

    #[inline(always)]
    fn add_product(sum: &mut Sum, a: Wide, b: Wide) {
        sum.add_wide_product(a, b);
    }

    #[inline(always)]
    fn fold(sum: Sum) -> Wide {
        sum.fold()
    }
}
