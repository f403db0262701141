//! GF(p) for the Mersenne prime p = 2^127 - 1.
//!
//! Elements are canonical, in `[0, p)`, and every operation takes the same steps whatever their
//! values: reduction is by masks, never by a branch. The one hot loop, [`evaluate`], sums whole
//! blocks of products before it reduces.
//!
//! Because 2^127 = 1 in this field, reduction is a shift and an addition, and because elements
//! have 127 bits, twice the upper half of one still fits a machine word. [`Power`] holds that
//! doubled half, so that the four word products of a multiplication fall in two columns only.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the arithmetic of the field is this file's purpose; each bound is argued where it is used"
)]

use zeroize::DefaultIsZeroes;

/// The prime p = 2^127 - 1.
const P: u128 = (1 << 127) - 1;

/// The length of an encoded element.
pub(crate) const ELEMENT: usize = 16;

/// How many products [`evaluate`] sums before it reduces once.
const BLOCK: usize = 16;

/// An element of GF(2^127 - 1), canonical in `[0, p)`.
///
/// `Copy`, unlike the secrets that are made of it: arithmetic passes elements through registers,
/// and the owners ([`crate::blom::Share`] and the authority's master) wipe what they store.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Element(u128);

impl DefaultIsZeroes for Element {}

impl Element {
    pub(crate) const ONE: Self = Self(1);

    /// Reads 16 little-endian bytes; `None` unless they are canonical.
    pub(crate) fn from_bytes(bytes: [u8; ELEMENT]) -> Option<Self> {
        let value = u128::from_le_bytes(bytes);
        (value < P).then_some(Self(value))
    }

    /// Writes 16 little-endian bytes.
    pub(crate) fn to_bytes(self) -> [u8; ELEMENT] {
        self.0.to_le_bytes()
    }

    /// Reduces a 256-bit big-endian integer: the last step of RFC 9380 `hash_to_field`.
    pub(crate) fn from_wide_bytes(bytes: &[u8; 32]) -> Self {
        let (mut high, mut low) = (0_u128, 0_u128);
        for (i, byte) in bytes.iter().enumerate() {
            let half = if i < 16 { &mut high } else { &mut low };
            *half = (*half << 8) | u128::from(*byte);
        }
        // 2^128 = 2.
        Self::reduce(low) + Self::reduce(high) + Self::reduce(high)
    }

    /// One trial of rejection sampling: the low 127 bits, unless they are p itself.
    pub(crate) fn from_random_bytes(bytes: [u8; ELEMENT]) -> Option<Self> {
        let value = u128::from_le_bytes(bytes) & P;
        (value != P).then_some(Self(value))
    }

    /// Any 128-bit integer to canonical form.
    fn reduce(value: u128) -> Self {
        let folded = fold(value); // at most p + 1
        // Adding one carries into bit 127 exactly when folded >= p.
        let mask = ((folded + 1) >> 127).wrapping_neg();
        Self(folded - (P & mask))
    }
}

/// One folding of the bits above 127: the result is congruent and at most 2^127.
fn fold(value: u128) -> u128 {
    (value & P) + (value >> 127)
}

fn halves(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

impl core::ops::Add for Element {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::reduce(self.0 + other.0)
    }
}

impl core::ops::Mul for Element {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mut sum = Sum::default();
        sum.add_product(self, Power::new(other));
        sum.reduce()
    }
}

/// A factor that is used many times, cut in words: low, high, and twice high (below 2^64).
#[derive(Clone, Copy, Default)]
pub(crate) struct Power([u64; 3]);

impl DefaultIsZeroes for Power {}

impl Power {
    pub(crate) fn new(value: Element) -> Self {
        let [low, high] = halves(value.0);
        Self([low, high, high << 1])
    }
}

/// An unreduced sum of products: two columns of 192 bits, at weights 1 and 2^64.
///
/// Each product adds less than 2^129 to a column, so the carries count exactly for any number of
/// terms below 2^60.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    low: u128,
    low_carry: u64,
    mid: u128,
    mid_carry: u64,
}

impl DefaultIsZeroes for Sum {}

impl Sum {
    #[inline]
    pub(crate) fn add_product(&mut self, a: Element, b: Power) {
        let [a0, a1] = halves(a.0);
        let Power([b0, b1, b1_doubled]) = b;
        accumulate(&mut self.low, &mut self.low_carry, product(a0, b0));
        // The column of weight 2^128 = 2.
        accumulate(&mut self.low, &mut self.low_carry, product(a1, b1_doubled));
        // Both below 2^127: their sum does not overflow.
        let cross = product(a0, b1) + product(a1, b0);
        accumulate(&mut self.mid, &mut self.mid_carry, cross);
    }

    /// The sum as a canonical element.
    pub(crate) fn reduce(self) -> Element {
        // 2^128 = 2, 2^192 = 2^65, and mid * 2^64 splits at bit 63 of mid.
        let mid_low = (self.mid & (u128::MAX >> 65)) << 64; // below 2^127
        let mid_high = self.mid >> 63; // below 2^65
        let large = fold(fold(self.low) + mid_low); // at most 2^127
        // Carries are below 2^61 for the sums this file allows, so these three are below 2^127.
        let small = (u128::from(self.low_carry) << 1) + mid_high + (u128::from(self.mid_carry) << 65);
        Element::reduce(large + small)
    }
}

#[inline]
fn accumulate(column: &mut u128, carry: &mut u64, term: u128) {
    let (sum, overflow) = column.overflowing_add(term);
    *column = sum;
    *carry += u64::from(overflow);
}

/// Adds elements to others, place by place.
pub(crate) fn add_assign<'e>(sums: impl Iterator<Item = &'e mut Element>, terms: impl Iterator<Item = &'e Element>) {
    for (sum, term) in sums.zip(terms) {
        *sum = *sum + *term;
    }
}

/// Writes 1, x, x², …, and returns the power that comes next.
pub(crate) fn fill_powers(x: Element, powers: &mut [Power]) -> Element {
    powers.iter_mut().fold(Element::ONE, |power, slot| {
        *slot = Power::new(power);
        power * x
    })
}

/// The polynomial with these coefficients (constant term first) at `x`.
///
/// Horner's rule over blocks: each block is an inner product with the powers of `x`, and the
/// running value times `x^BLOCK` is one more product in the same unreduced sum.
pub(crate) fn evaluate(coefficients: &[Element], x: Element) -> Element {
    let mut powers = [Power::default(); BLOCK];
    let step = Power::new(fill_powers(x, &mut powers));

    let mut value = Element::default();
    for block in coefficients.chunks(BLOCK).rev() {
        let mut sum = Sum::default();
        sum.add_product(value, step);
        for (coefficient, power) in block.iter().zip(&powers) {
            sum.add_product(*coefficient, *power);
        }
        value = sum.reduce();
    }
    value
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(x: Element) -> BigUint {
        BigUint::from(x.0)
    }

    /// Elements, with the edges of the range and of the machine words well represented.
    fn element() -> impl Strategy<Value = Element> {
        prop_oneof![
            4 => any::<u128>().prop_map(|v| Element(v % P)),
            1 => (0_u128..4).prop_map(Element),
            1 => (1_u128..4).prop_map(|v| Element(P - v)),
            1 => (0_u128..4).prop_map(|v| Element((1 << 64) - 2 + v)),
            1 => (0_u128..4).prop_map(|v| Element((1 << 126) - 2 + v)),
        ]
    }

    /// The plain definition, against which the fast one is held.
    fn horner(coefficients: &[Element], x: Element) -> Element {
        coefficients.iter().rev().fold(Element::default(), |value, c| value * x + *c)
    }

    proptest! {
        #[test]
        fn agrees_with_big_integers(a in element(), b in element()) {
            let p = BigUint::from(P);
            prop_assert_eq!(big(a + b), (big(a) + big(b)) % &p);
            prop_assert_eq!(big(a * b), (big(a) * big(b)) % &p);
        }

        #[test]
        fn is_a_commutative_ring(a in element(), b in element(), c in element()) {
            prop_assert_eq!((a + b).0, (b + a).0);
            prop_assert_eq!((a * b).0, (b * a).0);
            prop_assert_eq!(((a + b) + c).0, (a + (b + c)).0);
            prop_assert_eq!(((a * b) * c).0, (a * (b * c)).0);
            prop_assert_eq!((a * (b + c)).0, (a * b + a * c).0);
            prop_assert_eq!((a * Element::ONE).0, a.0);
            prop_assert_eq!((a + Element::default()).0, a.0);
        }

        #[test]
        fn every_element_but_zero_has_an_inverse(a in element()) {
            // Fermat: a^(p-2).
            let inverse = (0..127).rev().fold(Element::ONE, |acc, bit| {
                let square = acc * acc;
                if ((P - 2) >> bit) & 1 == 1 { square * a } else { square }
            });
            prop_assert_eq!((a * inverse).0, u128::from(a.0 != 0));
        }

        #[test]
        fn wide_bytes_reduce_as_big_integers(bytes in any::<[u8; 32]>()) {
            let expected = BigUint::from_bytes_be(&bytes) % BigUint::from(P);
            prop_assert_eq!(big(Element::from_wide_bytes(&bytes)), expected);
        }

        #[test]
        fn lazy_evaluation_is_horners_rule(
            coefficients in prop::collection::vec(element(), 0..70), x in element(),
        ) {
            prop_assert_eq!(evaluate(&coefficients, x).0, horner(&coefficients, x).0);
        }

        #[test]
        fn bytes_are_canonical(value in any::<u128>()) {
            let read = Element::from_bytes(value.to_le_bytes());
            prop_assert_eq!(read.map(Element::to_bytes), (value < P).then(|| value.to_le_bytes()));
        }
    }

    #[test]
    fn sums_of_the_largest_products_do_not_overflow() {
        let top = Element(P - 1);
        let mut sum = Sum::default();
        for _ in 0..100_000 {
            sum.add_product(top, Power::new(top));
        }
        // (p-1)^2 = 1.
        assert_eq!(sum.reduce().0, 100_000);
        let ones: Vec<_> = (0..4097).map(|_| top).collect();
        assert_eq!(evaluate(&ones, top).0, horner(&ones, top).0);
    }

    #[test]
    fn reduction_is_canonical_at_the_edges() {
        for value in [0, 1, P - 1, P, P + 1, P * 2, P * 2 + 1, u128::MAX] {
            assert_eq!(Element::reduce(value).0, value % P);
        }
        assert_eq!(Element::from_wide_bytes(&[0xff; 32]).0, 3); // 2^256 - 1 = 4 - 1
    }

    #[test]
    fn random_bytes_that_are_not_below_p_are_rejected() {
        assert!(Element::from_random_bytes([0xff; 16]).is_none());
        assert!(Element::from_random_bytes((P - 1).to_le_bytes()).is_some());
        assert_eq!(Element::from_random_bytes([0x81; 16]).unwrap().0, u128::from_le_bytes([0x81; 16]) - (1 << 127));
    }
}
