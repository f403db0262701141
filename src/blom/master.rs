//! The authority's secret: two symmetric matrices.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::entries;
use super::issue::{self, Walk};
use super::row::Row;
use crate::domain::Domain;
use crate::field::{ELEMENT, Element};
use crate::hash;
use crate::limits;
use crate::name::Label;
use crate::point::Point;
use crate::wire::{Encode, Sink, Writer};

/// One symmetric (t+1)×(t+1) matrix for each lane.
pub(super) struct Master {
    threshold: usize,
    lanes: [Lane; 2],
}

/// The lower triangle of a matrix: row by row, row i having its i + 1 entries up to the diagonal.
enum Lane {
    Stored(Zeroizing<Vec<Element>>),
    /// The key that it is expanded from, anew each time it is used.
    Streamed(Zeroizing<[u8; 32]>),
}

/// How many entries a triangle has.
pub(super) fn triangle(threshold: usize) -> usize {
    // Thresholds are at most 2^15: no overflow on any target.
    threshold.saturating_add(1).saturating_mul(threshold.saturating_add(2)) / 2
}

impl Master {
    /// Uniform entries from a generator; `None` if that is stuck.
    pub(super) fn random(threshold: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Option<Self> {
        // One sequence for each lane, as many bytes of the generator as a seeded lane takes of its keystream.
        let mut lane = || stored(triangle(threshold), &mut entries::random(rng));
        Some(Self { threshold, lanes: [lane()?, lane()?] })
    }

    /// Expands a seed: each lane's entries from the keystream of `ChaCha20` under the key
    /// `HKDF(seed, [version, "master", domain, issuer, threshold, lane])`.
    ///
    /// Above [`limits::EXPANDED`] that is done each time shares are issued.
    pub(super) fn from_seed(seed: &[u8; 32], domain: &Domain, issuer: &Label, threshold: usize) -> Option<Self> {
        let seed = hash::extract(seed);
        let lane = |lane| {
            let key = seed.expand("master", 4, |w| {
                w.item(domain).item(issuer).uint(u64::try_from(threshold).unwrap_or(u64::MAX)).uint(lane);
            });
            if threshold > limits::EXPANDED {
                Some(Lane::Streamed(key))
            } else {
                stored(triangle(threshold), &mut entries::expanded(&key))
            }
        };
        Some(Self { threshold, lanes: [lane(0)?, lane(1)?] })
    }

    /// Reads the entries of both lanes, one lane after the other; `None` unless their number is
    /// that of the threshold and all are canonical.
    pub(super) fn from_bytes(threshold: usize, bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks() else { return None };
        let (first, second) = words.split_at_checked(triangle(threshold))?;
        if second.len() != triangle(threshold) {
            return None;
        }
        let lane = |words: &[[u8; ELEMENT]]| {
            let mut entries = Zeroizing::new(Vec::with_capacity(words.len()));
            for word in words {
                entries.push(Element::from_bytes(*word)?);
            }
            Some(Lane::Stored(entries))
        };
        Some(Self { threshold, lanes: [lane(first)?, lane(second)?] })
    }

    /// The rows of identities with these points: the coefficients of f(x, ·) in both lanes.
    pub(super) fn rows(&self, points: &[Point]) -> Vec<Row<'static>> {
        let coordinates = |lane: fn(&Point) -> Element| points.iter().map(lane).collect::<Vec<_>>();
        let [first, second] = &self.lanes;
        let first = self.lane_rows(first, &coordinates(|Point([x, _])| *x));
        let second = self.lane_rows(second, &coordinates(|Point([_, x])| *x));
        first.iter().zip(&second).map(|(first, second)| Row::new([first, second])).collect()
    }

    /// The same in one lane, as coefficients.
    fn lane_rows(&self, lane: &Lane, points: &[Element]) -> Vec<Zeroizing<Vec<Element>>> {
        let size = self.threshold.saturating_add(1);
        match lane {
            Lane::Stored(entries) => issue::rows(entries, size, points),
            Lane::Streamed(key) => {
                let mut entries = entries::expanded(key);
                let mut walk = Walk::new(size, points);
                let mut row = Zeroizing::new(Vec::with_capacity(size));
                for length in 1..=size {
                    row.clear();
                    // The keystream of a cipher is not stuck.
                    row.extend((0..length).map_while(|_| entries.next()));
                    walk.add(&row);
                }
                walk.finish()
            }
        }
    }
}

/// So many entries, all at once.
fn stored<F: FnMut(&mut [u8])>(count: usize, source: &mut entries::Entries<F>) -> Option<Lane> {
    let mut entries = Zeroizing::new(Vec::with_capacity(count));
    for _ in 0..count {
        entries.push(source.next()?);
    }
    Some(Lane::Stored(entries))
}

/// Of a master with a seed, the seed is exported and not this.
impl Encode for Master {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let mut bytes = Zeroizing::new(Vec::with_capacity(triangle(self.threshold).saturating_mul(2 * ELEMENT)));
        for lane in &self.lanes {
            let Lane::Stored(entries) = lane else { continue };
            bytes.extend(entries.iter().flat_map(|entry| entry.to_bytes()));
        }
        w.bytes(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Polynomial;

    /// The entries of a small triangle, and those of its square.
    fn lane(size: usize) -> (Zeroizing<Vec<Element>>, Vec<Vec<Element>>) {
        let Some(Lane::Stored(entries)) = stored(triangle(size - 1), &mut entries::expanded(&[7; 32])) else {
            panic!("no entries")
        };
        let at = |i: usize, j: usize| entries[i.max(j) * (i.max(j) + 1) / 2 + i.min(j)];
        let square = (0..size).map(|i| (0..size).map(|j| at(i, j)).collect()).collect();
        (entries, square)
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
            let streamed =
                Master { threshold: size - 1, lanes: [(); 2].map(|()| Lane::Streamed(Zeroizing::new([7; 32]))) };
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
