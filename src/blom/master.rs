//! The authority's secret: two symmetric matrices.

use alloc::vec;
use alloc::vec::Vec;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::row::Row;
use crate::domain::Domain;
use crate::field::{self, ELEMENT, Element, Sum};
use crate::hash;
use crate::name::Label;
use crate::point::Point;
use crate::wire::{Encode, Sink, Writer};

/// One symmetric (t+1)×(t+1) matrix for each lane, of which the lower triangle is kept: row by
/// row, row i having its i + 1 entries up to the diagonal.
pub(super) struct Master {
    threshold: usize,
    lanes: [Zeroizing<Vec<Element>>; 2],
}

/// How many entries a triangle has.
pub(super) fn triangle(threshold: usize) -> usize {
    // Thresholds are at most 2^15: no overflow on any target.
    threshold.saturating_add(1).saturating_mul(threshold.saturating_add(2)) / 2
}

/// The entries of a triangle, from a source of random bytes that is asked for many at once.
///
/// `None` if all of a block is rejected: a sound source does that once in 2^8000 blocks, so this is one that is stuck.
fn draw(threshold: usize, mut fill: impl FnMut(&mut [u8])) -> Option<Zeroizing<Vec<Element>>> {
    let mut buffer = Zeroizing::new([0; 64 * ELEMENT]);
    let mut entries = Zeroizing::new(Vec::with_capacity(triangle(threshold)));
    while entries.len() < triangle(threshold) {
        let (before, missing) = (entries.len(), triangle(threshold).saturating_sub(entries.len()));
        fill(buffer.as_mut_slice());
        let (words, _) = buffer.as_chunks();
        entries.extend(words.iter().filter_map(|word| Element::from_random_bytes(*word)).take(missing));
        if entries.len() == before {
            return None;
        }
    }
    Some(entries)
}

impl Master {
    /// Uniform entries from a generator; `None` if that is stuck.
    pub(super) fn random(threshold: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Option<Self> {
        let mut lane = || draw(threshold, |buffer| rng.fill_bytes(buffer));
        Some(Self { threshold, lanes: [lane()?, lane()?] })
    }

    /// Expands a seed: for each lane, the keystream of `ChaCha20` (RFC 8439, nonce 0, counter from
    /// 0) cut in 16-byte words, each giving one entry unless rejected.
    ///
    /// The key is `HKDF(seed, [version, "master", domain, issuer, threshold, lane])`.
    pub(super) fn from_seed(seed: &[u8; 32], domain: &Domain, issuer: &Label, threshold: usize) -> Option<Self> {
        let seed = hash::extract(seed);
        let lane = |lane| {
            let key = seed.expand("master", 4, |w| {
                w.item(domain).item(issuer).uint(u64::try_from(threshold).unwrap_or(u64::MAX)).uint(lane);
            });
            let mut stream = ChaCha20::new((&*key).into(), &[0; 12].into());
            draw(threshold, |buffer| {
                buffer.zeroize();
                stream.apply_keystream(buffer);
            })
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
            Some(entries)
        };
        Some(Self { threshold, lanes: [lane(first)?, lane(second)?] })
    }

    /// The coefficients of f(x, ·) in both lanes.
    pub(super) fn row(&self, point: &Point) -> Row<'static> {
        let Self { lanes: [first, second], .. } = self;
        let Point([x, y]) = *point;
        Row::new([&self.lane_row(first, x), &self.lane_row(second, y)])
    }

    /// `g[k] = Σ A[k][j] x^j` over j, walking the triangle once: an entry off the diagonal stands for two.
    fn lane_row(&self, triangle: &[Element], x: Element) -> Zeroizing<Vec<Element>> {
        let size = self.threshold.saturating_add(1);
        let mut powers = vec![Element::default(); size];
        field::fill_powers(x, &mut powers);

        let mut sums = Zeroizing::new(vec![Sum::default(); size]);
        let mut rest = triangle;
        for (i, own_power) in powers.iter().enumerate() {
            // The triangle has a row for each power: both splits exist.
            let Some((row, below)) = rest.split_at_checked(i.saturating_add(1)) else { break };
            let Some((diagonal, left)) = row.split_last() else { break };
            rest = below;
            let mut own = Sum::default();
            for ((entry, power), sum) in left.iter().zip(&powers).zip(sums.iter_mut()) {
                own.add_product(*entry, *power);
                sum.add_product(*entry, *own_power);
            }
            own.add_product(*diagonal, *own_power);
            if let Some(sum) = sums.get_mut(i) {
                *sum = own;
            }
            own.zeroize();
        }
        let mut row = Zeroizing::new(Vec::with_capacity(size));
        row.extend(sums.iter().map(|sum| sum.reduce()));
        row
    }
}

impl Encode for Master {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let mut bytes = Zeroizing::new(Vec::with_capacity(triangle(self.threshold).saturating_mul(2 * ELEMENT)));
        for entry in self.lanes.iter().flat_map(|lane| lane.iter()) {
            bytes.extend_from_slice(&entry.to_bytes());
        }
        w.bytes(&bytes);
    }
}
