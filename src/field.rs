//! GF(p) for the Mersenne prime p = 2^127 - 1.
//!
//! Elements are canonical, in `[0, p)`, and every operation takes the same steps whatever their
//! values: reduction is by carries, never by a branch. Because 2^127 = 1 in this field, reduction is a
//! shift and an addition.
//!
//! The hot loop, a polynomial at a point, is [`Polynomial`]: one method in three kinds of arithmetic.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod coefficients;
mod integers;
#[cfg(any(test, target_arch = "x86_64", not(all(target_pointer_width = "64", not(polyseal_backend = "portable32")))))]
mod limbs;
mod machine;
#[cfg(any(test, not(all(target_pointer_width = "64", not(polyseal_backend = "portable32")))))]
mod narrow;
mod polynomial;
mod portable;
mod powers;
#[cfg(test)]
mod proof;
#[cfg(target_arch = "x86_64")]
mod quads;
mod sum;
#[cfg(target_arch = "x86_64")]
mod vectors;
#[cfg(any(test, all(target_pointer_width = "64", not(polyseal_backend = "portable32"))))]
mod words;

use zeroize::DefaultIsZeroes;

use integers::{fold, halves, product};
pub(crate) use polynomial::Polynomial;
pub(crate) use powers::fill_powers;
pub(crate) use sum::Sum;

/// The prime p = 2^127 - 1.
const P: u128 = (1 << 127) - 1;

/// The length of an encoded element.
pub(crate) const ELEMENT: usize = 16;

/// An element of GF(2^127 - 1), canonical in `[0, p)`.
///
/// `Copy`, unlike the secrets that are made of it: arithmetic passes elements through registers,
/// and the owners ([`crate::authority::Share`] and the authority's master) wipe what they store.
#[derive(Clone, Copy, Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Element(u128);

impl DefaultIsZeroes for Element {}

impl Element {
    pub(crate) const ONE: Self = Self(1);

    /// Reads 16 little-endian bytes; `None` unless they are canonical.
    pub(crate) fn from_bytes(bytes: [u8; ELEMENT]) -> Option<Self> {
        let value = u128::from_le_bytes(bytes);
        (value < P).then_some(Self(value))
    }

    /// The same of bytes that were found canonical before, without another look at them; others are reduced.
    fn from_known_bytes(bytes: [u8; ELEMENT]) -> Self {
        Self::reduce(u128::from_le_bytes(bytes))
    }

    /// Writes 16 little-endian bytes.
    pub(crate) fn to_bytes(self) -> [u8; ELEMENT] {
        self.0.to_le_bytes()
    }

    /// Reduces a 256-bit big-endian integer: the last step of RFC 9380 `hash_to_field`.
    pub(crate) fn from_wide_bytes(bytes: &[u8; 32]) -> Self {
        let (halves, _) = bytes.as_chunks();
        let half = |i: usize| halves.get(i).map_or(0, |half| u128::from_be_bytes(*half));
        Self(integers::reduce_wide(half(0), half(1)))
    }

    /// One trial of rejection sampling: the low 127 bits, unless they are p itself.
    pub(crate) fn from_random_bytes(bytes: [u8; ELEMENT]) -> Option<Self> {
        let value = u128::from_le_bytes(bytes) & P;
        (value != P).then_some(Self(value))
    }

    /// Any 128-bit integer to canonical form.
    fn reduce(value: u128) -> Self {
        Self(integers::reduce(value))
    }
}

impl core::ops::Add for Element {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(integers::add(self.0, other.0))
    }
}

impl core::ops::Neg for Element {
    type Output = Self;

    fn neg(self) -> Self {
        Self(integers::negative(self.0))
    }
}

impl core::ops::Mul for Element {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(integers::multiply(self.0, other.0))
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::integers::product_of_words;
    use super::*;

    fn big(x: Element) -> BigUint {
        BigUint::from(x.0)
    }

    /// Elements, with the edges of the range and of the machine words well represented.
    pub(super) fn element() -> impl Strategy<Value = Element> {
        prop_oneof![
            4 => any::<u128>().prop_map(|v| Element(v % P)),
            1 => (0_u128..4).prop_map(Element),
            1 => (1_u128..4).prop_map(|v| Element(P - v)),
            1 => (0_u128..4).prop_map(|v| Element((1 << 64) - 2 + v)),
            1 => (0_u128..4).prop_map(|v| Element((1 << 126) - 2 + v)),
        ]
    }

    /// The plain definition, with which the fast one is compared.
    pub(super) fn horner(coefficients: &[Element], x: Element) -> Element {
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
        fn products_of_words_are_products(a in any::<u64>(), b in any::<u64>()) {
            for (a, b) in [(a, b), (a, u64::MAX), (u64::MAX, u64::MAX), (a >> 32, b), (a << 32, b << 32)] {
                prop_assert_eq!(product_of_words(a, b), u128::from(a) * u128::from(b));
            }
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
            sum.add_product(top, top);
        }
        // (p-1)^2 = 1.
        assert_eq!(sum.reduce().0, 100_000);
        // (2^128 - 1)^2 = (2p + 1)^2 = 1.
        let mut sum = Sum::default();
        for _ in 0..100_000 {
            sum.add_wide_product(u128::MAX, u128::MAX);
        }
        assert_eq!(sum.reduce().0, 100_000);
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
        // N-1
        assert!(Element::from_random_bytes([0xff; 16]).is_none());
        assert!(Element::from_random_bytes((P - 1).to_le_bytes()).is_some());
        assert_eq!(Element::from_random_bytes([0x81; 16]).unwrap().0, u128::from_le_bytes([0x81; 16]) - (1 << 127));
    }
}
