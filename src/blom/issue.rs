//! Issuing: the rows of many identities from one triangle of entries.
//!
//! For an identity with point x, coefficient k of its row is `Σ A[k][j] x^j` over j. Only entries with j up to k are
//! kept, for A is symmetric. For few identities the triangle is walked once, an entry off the diagonal standing for
//! two. For many, its rows are made whole, a group at a time, and each is a polynomial that is evaluated at all points:
//! half the multiplications and, where there are vectors, four at once; making them whole is paid once for all.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "of field elements, and of places in a matrix whose size is at most 2^15"
)]

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::field::{self, Element, Polynomial, Sum};

/// From how many identities on it pays to make rows whole.
const MANY: usize = 3;

/// How many rows are made whole at once: their part of a column is a few cache lines, and all of them fit the cache.
const GROUP: usize = 16;

/// The rows of the identities with these points, from the triangle of a matrix of `size` rows.
pub(super) fn rows(triangle: &[Element], size: usize, points: &[Element]) -> Vec<Zeroizing<Vec<Element>>> {
    if points.len() < MANY {
        let mut walk = Walk::new(size, points);
        for i in 0..size {
            walk.add(row(triangle, i));
        }
        return walk.finish();
    }
    let starts = (0..size).step_by(GROUP).collect::<Vec<_>>();
    let groups = each(&starts, |start| group(triangle, size, *start, points));
    let whole = |n: usize| {
        let mut row = Zeroizing::new(Vec::with_capacity(size));
        row.extend(groups.iter().flat_map(|group| group.iter().skip(n).step_by(points.len()).copied()));
        row
    };
    (0..points.len()).map(whole).collect()
}

/// Row i of a triangle, up to the diagonal.
fn row(triangle: &[Element], i: usize) -> &[Element] {
    let start = i * (i + 1) / 2;
    triangle.get(start..=start + i).unwrap_or_default()
}

/// For each row of the group that begins at `start`, its value at each point.
fn group(triangle: &[Element], size: usize, start: usize, points: &[Element]) -> Zeroizing<Vec<Element>> {
    let count = GROUP.min(size - start);
    let mut whole = Zeroizing::new(vec![Element::default(); count * size]);
    for (k, places) in whole.chunks_mut(size).enumerate() {
        for (place, entry) in places.iter_mut().zip(row(triangle, start + k)) {
            *place = *entry;
        }
    }
    // What lies right of the diagonal lies in the rows below, a group's part of each side by side.
    for j in start + 1..size {
        let column = row(triangle, j).get(start..).unwrap_or_default();
        for (k, entry) in column.iter().take(count.min(j - start)).enumerate() {
            if let Some(place) = whole.get_mut(k * size + j) {
                *place = *entry;
            }
        }
    }
    let mut values = Zeroizing::new(Vec::with_capacity(count * points.len()));
    for places in whole.chunks(size) {
        let polynomial = Polynomial::new(places.iter().copied());
        values.extend(points.iter().map(|x| polynomial.evaluate(*x)));
    }
    values
}

/// Does something for each item, in their order; on all cores with the feature `parallel`.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    #[cfg(feature = "parallel")]
    {
        use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
        items.par_iter().map(work).collect()
    }
    #[cfg(not(feature = "parallel"))]
    items.iter().map(work).collect()
}

/// A walk over a triangle, row by row, that sums up the rows of some identities.
pub(super) struct Walk {
    rows: Vec<Unfinished>,
    next: usize,
}

/// The row of one identity, as far as the walk has come.
struct Unfinished {
    /// Of the identity's point.
    powers: Vec<Element>,
    sums: Zeroizing<Vec<Sum>>,
}

impl Walk {
    /// A walk over `size` rows.
    pub(super) fn new(size: usize, points: &[Element]) -> Self {
        let unfinished = |x: &Element| {
            let mut powers = vec![Element::default(); size];
            field::fill_powers(*x, &mut powers);
            Unfinished { powers, sums: Zeroizing::new(vec![Sum::default(); size]) }
        };
        Self { rows: points.iter().map(unfinished).collect(), next: 0 }
    }

    /// Adds the next row, which ends on the diagonal.
    pub(super) fn add(&mut self, row: &[Element]) {
        let Some((diagonal, left)) = row.split_last() else { return };
        for Unfinished { powers, sums } in &mut self.rows {
            let Some(own_power) = powers.get(self.next).copied() else { continue };
            let mut own = Sum::default();
            for ((entry, power), sum) in left.iter().zip(powers.iter()).zip(sums.iter_mut()) {
                own.add_product(*entry, *power);
                sum.add_product(*entry, own_power);
            }
            own.add_product(*diagonal, own_power);
            if let Some(sum) = sums.get_mut(self.next) {
                *sum = own;
            }
        }
        self.next += 1;
    }

    /// The rows, as coefficients.
    pub(super) fn finish(self) -> Vec<Zeroizing<Vec<Element>>> {
        let row = |Unfinished { sums, .. }: Unfinished| {
            let mut row = Zeroizing::new(Vec::with_capacity(sums.len()));
            row.extend(sums.iter().map(|sum| sum.reduce()));
            row
        };
        self.rows.into_iter().map(row).collect()
    }
}
