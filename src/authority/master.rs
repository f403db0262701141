//! An authority's secret: two symmetric matrices.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::entries::{self, Entries};
use super::issue::{self, RowSums};
use super::row::{NOT_CANONICAL, Row};
use super::{AuthorityError, count};
use crate::domain::Domain;
use crate::field::{ELEMENT, Element};
use crate::hash::{self, prefix};
use crate::hazmat::Point;
use crate::limits;
use crate::name::Label;
use crate::wire::{Encode, Sink, WireError, Writer};

/// One symmetric (t+1)×(t+1) matrix for each lane.
pub(super) struct Master {
    threshold: usize,
    /// The seed from which the matrices are expanded. Boxed, like a lane's key: an authority is moved.
    seed: Option<Box<Zeroizing<[u8; 32]>>>,
    lanes: [Lane; 2],
}

/// The lower triangle of a matrix, row by row. Row i has its i + 1 entries up to the diagonal.
enum Lane {
    Stored(Zeroizing<Vec<Element>>),
    /// The key that the entries are expanded from, again for each use.
    Streamed(Box<Zeroizing<[u8; 32]>>),
}

/// How many entries a triangle has.
pub(super) fn triangle(threshold: usize) -> usize {
    // Thresholds are at most 2^15: this does not overflow 32 bits.
    threshold.saturating_add(1).saturating_mul(threshold.saturating_add(2)) / 2
}

impl Master {
    /// Uniform entries from a generator.
    pub(super) fn random(threshold: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, AuthorityError> {
        // One sequence for each lane, as many bytes of the generator as a seeded lane takes of its keystream.
        let mut lane = || stored(threshold, &mut entries::random(rng));
        Ok(Self { threshold, seed: None, lanes: [lane()?, lane()?] })
    }

    /// Expands a seed: the entries of each lane are the keystream of `ChaCha20` under the key
    /// `HKDF(seed, [version, "master", domain, issuer, threshold, lane])`.
    ///
    /// Above [`limits::EXPANDED`] this is done each time shares are issued.
    pub(super) fn from_seed(
        seed: &[u8; 32],
        domain: &Domain,
        issuer: &Label,
        threshold: usize,
    ) -> Result<Self, AuthorityError> {
        let extracted = hash::extract(seed);
        let lane = |lane| {
            let key = extracted.expand(prefix!("master", 4), |w| {
                w.item(domain).item(issuer).uint(count(threshold)).uint(lane);
            });
            if threshold > limits::EXPANDED {
                Ok(Lane::Streamed(Box::new(key)))
            } else {
                stored(threshold, &mut entries::expanded(&key))
            }
        };
        Ok(Self { threshold, seed: Some(Box::new(Zeroizing::new(*seed))), lanes: [lane(0)?, lane(1)?] })
    }

    /// Reads the entries of both lanes, one lane after the other.
    pub(super) fn from_bytes(threshold: usize, bytes: &[u8]) -> Result<Self, WireError> {
        // S-4
        let (words, rest) = bytes.as_chunks();
        let (first, second) = words.split_at_checked(triangle(threshold)).ok_or(NOT_CANONICAL)?;
        if second.len() != first.len() || !rest.is_empty() {
            return Err(NOT_CANONICAL);
        }
        let lane = |words: &[[u8; ELEMENT]]| {
            let mut entries = Zeroizing::new(Vec::with_capacity(words.len()));
            for word in words {
                entries.push(Element::from_bytes(*word).ok_or(NOT_CANONICAL)?);
            }
            Ok(Lane::Stored(entries))
        };
        Ok(Self { threshold, seed: None, lanes: [lane(first)?, lane(second)?] })
    }

    pub(super) fn threshold(&self) -> usize {
        self.threshold
    }

    /// The rows of identities with these points: the coefficients of f(x, ·) in both lanes.
    pub(super) fn rows(&self, points: &[Point]) -> Vec<Row<'static>> {
        let coordinates = |lane: fn(&Point) -> Element| points.iter().map(lane).collect::<Vec<_>>();
        let [first, second] = &self.lanes;
        let first = self.lane_rows(first, &coordinates(|Point([x, _])| *x));
        let second = self.lane_rows(second, &coordinates(|Point([_, x])| *x));
        first.iter().zip(&second).map(|(first, second)| Row::new([first, second])).collect()
    }

    #[expect(clippy::expect_used, reason = "one point gives one row")]
    pub(super) fn row(&self, point: Point) -> Row<'static> {
        self.rows(&[point]).pop().expect("a row")
    }

    /// The rows in one lane, as coefficients.
    #[expect(clippy::expect_used, reason = "a cipher's keystream is not stuck at refused values")]
    fn lane_rows(&self, lane: &Lane, points: &[Element]) -> Vec<Zeroizing<Vec<Element>>> {
        let size = self.threshold.saturating_add(1);
        match lane {
            Lane::Stored(entries) => issue::rows(entries, size, points),
            Lane::Streamed(key) => {
                let mut entries = entries::expanded(key);
                let mut sums = RowSums::new(size, points);
                let mut row = Zeroizing::new(Vec::with_capacity(size));
                for length in 1..=size {
                    row.clear();
                    row.extend((0..length).map(|_| entries.next().expect("an entry of the keystream")));
                    sums.add(&row);
                }
                sums.finish()
            }
        }
    }
}

/// The entries of a triangle, all at once.
fn stored<F: FnMut(&mut [u8])>(threshold: usize, source: &mut Entries<F>) -> Result<Lane, AuthorityError> {
    let mut entries = Zeroizing::new(Vec::new());
    entries.try_reserve_exact(triangle(threshold)).map_err(|_| AuthorityError::Memory)?;
    for _ in 0..triangle(threshold) {
        entries.push(source.next().ok_or(AuthorityError::Generator)?);
    }
    Ok(Lane::Stored(entries))
}

/// The seed, or else all entries.
impl Encode for Master {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        if let Some(seed) = &self.seed {
            w.bytes(seed.as_slice());
            return;
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(triangle(self.threshold).saturating_mul(2 * ELEMENT)));
        let [Lane::Stored(first), Lane::Stored(second)] = &self.lanes else {
            unreachable!("only the lanes of a seed are streamed")
        };
        bytes.extend(first.iter().chain(second.iter()).flat_map(|entry| entry.to_bytes()));
        w.bytes(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Polynomial;

    /// The entries of a small triangle, and those of its square.
    fn lane(size: usize) -> (Zeroizing<Vec<Element>>, Vec<Vec<Element>>) {
        let Ok(Lane::Stored(entries)) = stored(size - 1, &mut entries::expanded(&[7; 32])) else {
            panic!("no entries")
        };
        let at = |i: usize, j: usize| entries[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let square = (0..size).map(|i| (0..size).map(|j| at(i, j)).collect()).collect();
        (entries, square)
    }

    #[test]
    fn a_polynomial_that_does_not_fit_in_memory_is_refused() {
        let lane = stored(usize::MAX / 2, &mut entries::expanded(&[7; 32]));
        assert_eq!(lane.err(), Some(AuthorityError::Memory));
    }

    #[test]
    fn every_way_to_issue_gives_the_rows_of_the_matrix() {
        let points: Vec<Element> =
            (1..=9_u8).map(|n| Element::from_random_bytes([n.wrapping_mul(29); 16]).unwrap()).collect();
        for size in [2, 3, 16, 17, 33, 70, 130] {
            let (entries, square) = lane(size);
            let expected: Vec<Vec<Element>> = points
                .iter()
                .map(|x| square.iter().map(|row| Polynomial::new(row.iter().copied()).evaluate(*x)).collect())
                .collect();
            let lanes = [(); 2].map(|()| Lane::Streamed(Box::new(Zeroizing::new([7; 32]))));
            let streamed = Master { threshold: size - 1, seed: None, lanes };
            for count in 1..=points.len() {
                let same = |found: Vec<Zeroizing<Vec<Element>>>| {
                    assert!(found.iter().map(|row| &**row).eq(&expected[..count]), "{size}, {count}");
                };
                same(issue::rows(&entries, size, &points[..count]));
                same(streamed.lane_rows(&streamed.lanes[0], &points[..count]));
            }
        }
    }
}
