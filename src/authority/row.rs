//! A row of the polynomial: f(x, ·) for one point x, in both lanes.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::count;
use crate::field::{ELEMENT, Element, Polynomial};
use crate::hazmat::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

pub(super) const NOT_CANONICAL: WireError = WireError::Expected("canonical field elements");

/// f(x, ·) for each lane, of equal degree. Secret.
pub(super) struct Row<'a>([Polynomial<'a>; 2]);

impl Row<'static> {
    /// The row with these coefficients, constant term first.
    pub(super) fn new(lanes: [&[Element]; 2]) -> Self {
        Self(lanes.map(|lane| Polynomial::new(lane.iter().copied())))
    }
}

impl<'a> Row<'a> {
    /// Reads what [`Encode`] writes, and leaves the coefficients where they are.
    pub(super) fn over(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let size = r.threshold()?.saturating_add(1);
        let length = size.saturating_mul(2 * ELEMENT);
        // S-2
        let (words, _) = r.bytes("the coefficients of a share", length, length)?.as_chunks();
        let (first, second) = words.split_at_checked(size).ok_or(WireError::Truncated)?;
        match (Polynomial::over(first), Polynomial::over(second)) {
            (Some(first), Some(second)) => Ok(Self([first, second])),
            _ => Err(NOT_CANONICAL),
        }
    }

    /// The same row with coefficients of its own.
    pub(super) fn owned(&self) -> Row<'static> {
        Row(self.0.each_ref().map(|lane| Polynomial::new(lane.coefficients())))
    }

    /// The sum with another polynomial's row, of the same point and threshold.
    pub(super) fn plus(&self, other: &Row<'_>) -> Row<'static> {
        let ([a0, a1], [b0, b1]) = (&self.0, &other.0);
        Row([sum(a0, b0), sum(a1, b1)])
    }

    pub(super) fn threshold(&self) -> usize {
        let [lane, _] = &self.0;
        lane.len().saturating_sub(1)
    }

    /// f(x, y) in both lanes: 16 little-endian bytes each.
    pub(super) fn evaluate(&self, point: &Point) -> Zeroizing<[u8; 32]> {
        let mut raw = Zeroizing::new([0; 32]);
        let (words, _) = raw.as_chunks_mut::<ELEMENT>();
        for ((word, lane), y) in words.iter_mut().zip(&self.0).zip(point.0) {
            *word = lane.evaluate(y).to_bytes();
        }
        raw
    }
}

fn sum(a: &Polynomial<'_>, b: &Polynomial<'_>) -> Polynomial<'static> {
    #[expect(clippy::arithmetic_side_effects, reason = "of the field: nothing overflows")]
    let sums = (0..a.len()).map(|place| a.coefficient(place) + b.coefficient(place));
    Polynomial::new(sums)
}

/// Two items: the threshold, and the coefficients of lane 0 and of lane 1, 16 bytes each.
impl Encode for Row<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let size = self.threshold().saturating_add(1).saturating_mul(2 * ELEMENT);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for coefficient in self.0.iter().flat_map(Polynomial::coefficients) {
            bytes.extend_from_slice(&coefficient.to_bytes());
        }
        w.uint(count(self.threshold())).bytes(&bytes);
    }
}

impl Decode for Row<'static> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Row::over(r).map(|row| row.owned())
    }
}

/// Without the coefficients.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("threshold", &self.threshold()).finish_non_exhaustive()
    }
}
