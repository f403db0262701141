//! Coefficients as an arithmetic stores them, or as the bytes they came in.

#![expect(clippy::arithmetic_side_effects, reason = "no count is above the highest threshold, and no divisor zero")]
#![expect(clippy::inline_always, reason = "sums stay in registers only where the whole loop is one function")]

use alloc::vec::Vec;

use zeroize::{DefaultIsZeroes, Zeroizing};

use super::{ELEMENT, Element};

/// One or more elements ready to be multiplied.
pub(super) trait Packed: Copy + DefaultIsZeroes {
    const LANES: usize;

    /// The next elements of a sequence; zeros where it has ended.
    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self;

    /// One of them.
    fn unpack(&self, lane: usize) -> Element;
}

/// The coefficients of a polynomial, constant term first. Secret.
pub(super) enum Coefficients<'a, P: Packed> {
    /// Packed, the last one filled up with zeros, and how many elements they are.
    Packed(Zeroizing<Vec<P>>, usize),
    /// Canonical bytes that are somewhere else: they are packed a block at a time.
    Bytes(&'a [[u8; ELEMENT]]),
}

impl<P: Packed> Coefficients<'_, P> {
    pub(super) fn packed(elements: impl ExactSizeIterator<Item = Element>) -> Self {
        let length = elements.len();
        let mut packed = Zeroizing::new(Vec::with_capacity(length.div_ceil(P::LANES)));
        let mut elements = elements;
        for _ in 0..length.div_ceil(P::LANES) {
            packed.push(P::pack(&mut elements));
        }
        Self::Packed(packed, length)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Packed(_, length) => *length,
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// The element at this place; zero beyond the last.
    pub(super) fn element(&self, place: usize) -> Element {
        match self {
            Self::Packed(packed, _) => packed.get(place / P::LANES).map(|packed| packed.unpack(place % P::LANES)),
            Self::Bytes(bytes) => bytes.get(place).map(|bytes| Element::from_known_bytes(*bytes)),
        }
        .unwrap_or_default()
    }
}

/// Coefficients a block at a time.
pub(super) trait Blocks<P> {
    /// The block numbered `n` of blocks of `size`: shorter if it is the last, empty beyond.
    fn block(&mut self, n: usize, size: usize) -> &[P];
}

impl<P> Blocks<P> for &[P] {
    #[inline(always)]
    fn block(&mut self, n: usize, size: usize) -> &[P] {
        let rest = self.get(n * size..).unwrap_or_default();
        rest.get(..size).unwrap_or(rest)
    }
}

/// Packs canonical bytes block by block, `N` being the longest.
pub(super) struct Unpacked<'a, P: Packed, const N: usize> {
    bytes: &'a [[u8; ELEMENT]],
    buffer: Zeroizing<[P; N]>,
}

impl<'a, P: Packed, const N: usize> Unpacked<'a, P, N> {
    pub(super) fn new(bytes: &'a [[u8; ELEMENT]]) -> Self {
        Self { bytes, buffer: Zeroizing::new([P::default(); N]) }
    }
}

impl<P: Packed, const N: usize> Blocks<P> for Unpacked<'_, P, N> {
    fn block(&mut self, n: usize, size: usize) -> &[P] {
        let rest = self.bytes.get(n * size * P::LANES..).unwrap_or_default();
        let mut elements = rest.iter().map(|bytes| Element::from_known_bytes(*bytes));
        let filled = self.buffer.get_mut(..rest.len().div_ceil(P::LANES).min(size)).unwrap_or_default();
        filled.fill_with(|| P::pack(&mut elements));
        filled
    }
}
