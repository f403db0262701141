//! A row of the polynomial: f(x, ·) for one point x, in both lanes.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::field::{ELEMENT, Element, Polynomial};
use crate::point::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// f(x, ·) for each lane, of equal degree. Secret.
pub(super) struct Row<'a>([Polynomial<'a>; 2]);

impl Row<'static> {
    /// The row with these coefficients, constant term first.
    pub(super) fn new(lanes: [&[Element]; 2]) -> Self {
        Self(lanes.map(|lane| Polynomial::new(lane.iter().copied())))
    }

    /// The sum with another polynomial's row, of the same point and threshold.
    pub(super) fn plus(&self, other: &Row<'_>) -> Self {
        let ([a0, a1], [b0, b1]) = (&self.0, &other.0);
        Self([sum(a0, b0), sum(a1, b1)])
    }

    /// The row that is zero everywhere.
    pub(super) fn zero(threshold: usize) -> Self {
        let lane = || Polynomial::new((0..threshold.saturating_add(1)).map(|_| Element::default()));
        Self([lane(), lane()])
    }
}

fn sum(a: &Polynomial<'_>, b: &Polynomial<'_>) -> Polynomial<'static> {
    #[expect(clippy::arithmetic_side_effects, reason = "of the field: nothing overflows")]
    let sums = (0..a.len()).map(|place| a.coefficient(place) + b.coefficient(place));
    Polynomial::new(sums)
}

impl<'a> Row<'a> {
    /// Reads what [`Encode`] writes, and leaves the coefficients where they are.
    pub(super) fn over(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let [first, second] = lanes(r)?;
        match (Polynomial::over(first), Polynomial::over(second)) {
            (Some(first), Some(second)) => Ok(Self([first, second])),
            _ => Err(NOT_CANONICAL),
        }
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

const NOT_CANONICAL: WireError = WireError::Expected("canonical field elements");

/// The bytes of the coefficients of both lanes, canonical or not.
fn lanes<'a>(r: &mut Reader<'a>) -> Result<[&'a [[u8; ELEMENT]]; 2], WireError> {
    let size = r.threshold()?.saturating_add(1);
    let length = size.saturating_mul(2 * ELEMENT);
    let (words, _) = r.bytes("the coefficients of a share", length, length)?.as_chunks();
    let (first, second) = words.split_at_checked(size).ok_or(WireError::Truncated)?;
    Ok([first, second])
}

/// Two items: the threshold, and the coefficients of lane 0 and of lane 1, 16 bytes each.
impl Encode for Row<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let size = self.threshold().saturating_add(1).saturating_mul(2 * ELEMENT);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for coefficient in self.0.iter().flat_map(Polynomial::coefficients) {
            bytes.extend_from_slice(&coefficient.to_bytes());
        }
        w.uint(u64::try_from(self.threshold()).unwrap_or(u64::MAX)).bytes(&bytes);
    }
}

impl Decode for Row<'static> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let lane = |words: &[[u8; ELEMENT]]| {
            // All are looked at before any is used: none of these defaults is taken.
            let canonical = words.iter().all(|word| Element::from_bytes(*word).is_some());
            let elements = words.iter().map(|word| Element::from_bytes(*word).unwrap_or_default());
            if canonical { Ok(Polynomial::new(elements)) } else { Err(NOT_CANONICAL) }
        };
        let [first, second] = lanes(r)?;
        Ok(Self([lane(first)?, lane(second)?]))
    }
}
