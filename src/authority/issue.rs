//! Issuing: the rows of many identities from one triangle of entries.
//!
//! For an identity with point x, coefficient k of its row is `Σ A[k][j] x^j` over j. Because A is symmetric, only entries
//! with j up to k are kept. For few identities the triangle is walked once, and an entry off the diagonal stands for two.
//! For many identities its rows are made whole, a group at a time, and each row is a polynomial that is evaluated at all
//! points. This takes half the multiplications and, where there are vectors, does four at once. The cost of making rows
//! whole is shared by all identities.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
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
        let mut sums = RowSums::new(size, points);
        for i in 0..size {
            sums.add(row(triangle, i));
        }
        return sums.finish();
    }
    let starts = (0..size).step_by(GROUP).collect::<Vec<_>>();
    let groups = each(&starts, |start| group(triangle, size, *start, points));
    let whole =
        |n: usize| secret(size, groups.iter().flat_map(|group| group.iter().skip(n).step_by(points.len()).copied()));
    (0..points.len()).map(whole).collect()
}

fn row(triangle: &[Element], i: usize) -> &[Element] {
    let start = i * (i + 1) / 2;
    &triangle[start..=start + i]
}

/// For each row of the group that begins at `start`, its value at each point.
fn group(triangle: &[Element], size: usize, start: usize, points: &[Element]) -> Zeroizing<Vec<Element>> {
    let count = GROUP.min(size - start);
    let mut whole = Zeroizing::new(vec![Element::default(); count * size]);
    for (k, places) in whole.chunks_mut(size).enumerate() {
        places[..=start + k].copy_from_slice(row(triangle, start + k));
    }
    // The entries to the right of the diagonal are in the rows below, where a group's part of each is contiguous.
    for j in start + 1..size {
        let column = &row(triangle, j)[start..];
        for (k, entry) in column.iter().take(count.min(j - start)).enumerate() {
            whole[k * size + j] = *entry;
        }
    }
    let polynomials = whole.chunks(size).map(|places| Polynomial::new(places.iter().copied()));
    let values = |polynomial: Polynomial<'static>| points.iter().map(move |x| polynomial.evaluate(*x));
    secret(count * points.len(), polynomials.flat_map(values))
}

/// That many secret elements, in one allocation.
fn secret(count: usize, elements: impl Iterator<Item = Element>) -> Zeroizing<Vec<Element>> {
    let mut secret = Zeroizing::new(Vec::with_capacity(count));
    secret.extend(elements);
    secret
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

/// The rows of some identities, summed up in a walk over a triangle, row by row.
pub(super) struct RowSums(Vec<Unfinished>);

/// The row of one identity, as far as the walk has come.
struct Unfinished {
    /// The powers of the identity's point.
    powers: Vec<Element>,
    sums: Zeroizing<Vec<Sum>>,
}

impl RowSums {
    /// Before a walk over `size` rows.
    pub(super) fn new(size: usize, points: &[Element]) -> Self {
        let unfinished = |x: &Element| {
            let mut powers = vec![Element::default(); size];
            field::fill_powers(*x, &mut powers);
            Unfinished { powers, sums: Zeroizing::new(vec![Sum::default(); size]) }
        };
        Self(points.iter().map(unfinished).collect())
    }

    /// Adds the next row, which ends on the diagonal.
    pub(super) fn add(&mut self, row: &[Element]) {
        let diagonal = row.len() - 1;
        for Unfinished { powers, sums } in &mut self.0 {
            let own_power = powers[diagonal];
            let mut own = Sum::default();
            for ((entry, power), sum) in row[..diagonal].iter().zip(powers.iter()).zip(sums.iter_mut()) {
                own.add_product(*entry, *power);
                sum.add_product(*entry, own_power);
            }
            own.add_product(row[diagonal], own_power);
            sums[diagonal] = own;
        }
    }

    /// The rows, as coefficients.
    pub(super) fn finish(self) -> Vec<Zeroizing<Vec<Element>>> {
        let row = |Unfinished { sums, .. }: Unfinished| secret(sums.len(), sums.iter().map(|sum| sum.reduce()));
        self.0.into_iter().map(row).collect()
    }
}
