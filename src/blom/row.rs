//! A row of the polynomial: f(x, ·) for one point x, in both lanes.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::field::{self, ELEMENT, Element};
use crate::point::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// The coefficients of f(x, ·), constant term first, for each lane: equally many. Secret.
pub(super) struct Row(pub(super) [Zeroizing<Vec<Element>>; 2]);

impl Row {
    pub(super) fn threshold(&self) -> usize {
        let [lane, _] = &self.0;
        lane.len().saturating_sub(1)
    }

    /// f(x, y) in both lanes: 16 little-endian bytes each.
    pub(super) fn evaluate(&self, point: &Point) -> Zeroizing<[u8; 32]> {
        let mut raw = Zeroizing::new([0; 32]);
        let (words, _) = raw.as_chunks_mut::<ELEMENT>();
        for ((word, lane), y) in words.iter_mut().zip(&self.0).zip(point.0) {
            *word = field::evaluate(lane, y).to_bytes();
        }
        raw
    }

    /// Adds another polynomial's row, of the same point and threshold.
    pub(super) fn add(&mut self, other: &Self) {
        field::add_assign(
            self.0.iter_mut().flat_map(|lane| lane.iter_mut()),
            other.0.iter().flat_map(|lane| lane.iter()),
        );
    }

    /// The row that is zero everywhere.
    pub(super) fn zero(threshold: usize) -> Self {
        let lane = || Zeroizing::new(alloc::vec![Element::default(); threshold.saturating_add(1)]);
        Self([lane(), lane()])
    }
}

/// Two items: the threshold, and the coefficients of lane 0 and of lane 1, 16 bytes each.
impl Encode for Row {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let size = self.threshold().saturating_add(1).saturating_mul(2 * ELEMENT);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for coefficient in self.0.iter().flat_map(|lane| lane.iter()) {
            bytes.extend_from_slice(&coefficient.to_bytes());
        }
        w.uint(u64::try_from(self.threshold()).unwrap_or(u64::MAX)).bytes(&bytes);
    }
}

impl Decode for Row {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let size = r.threshold()?.saturating_add(1);
        let length = size.saturating_mul(2 * ELEMENT);
        let (words, _) = r.bytes("the coefficients of a share", length, length)?.as_chunks();
        let lane = |words: &[[u8; ELEMENT]]| {
            let mut lane = Zeroizing::new(Vec::with_capacity(size));
            for word in words {
                lane.push(Element::from_bytes(*word).ok_or(WireError::Expected("canonical field elements"))?);
            }
            Ok(lane)
        };
        let (first, second) = words.split_at_checked(size).ok_or(WireError::Truncated)?;
        Ok(Self([lane(first)?, lane(second)?]))
    }
}
