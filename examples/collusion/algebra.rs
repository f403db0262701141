//! Polynomials over GF(2^127 - 1) in big integers: slow, short, and none of the crate's own arithmetic, which has no
//! public form. A polynomial is the list of its coefficients, from the lowest.
#![expect(clippy::arithmetic_side_effects, reason = "big integers do not overflow, and sizes are below 2^32")]

use core::iter::once;

use num_bigint::BigUint;

pub fn p() -> BigUint {
    (BigUint::from(1_u8) << 127_u8) - 1_u8
}

/// x^-1, by Fermat.
fn inverse(x: &BigUint) -> BigUint {
    x.modpow(&(p() - 2_u8), &p())
}

fn difference(a: &BigUint, b: &BigUint) -> BigUint {
    (a + p() - b) % p()
}

/// A polynomial at x.
fn evaluate<'n>(coefficients: impl DoubleEndedIterator<Item = &'n BigUint>, x: &BigUint) -> BigUint {
    coefficients.rev().fold(BigUint::ZERO, |sum, coefficient| (sum * x + coefficient) % p())
}

/// The coefficients of Π (X - root).
fn vanishing(roots: &[BigUint]) -> Vec<BigUint> {
    roots.iter().fold(vec![BigUint::from(1_u8)], |product, root| {
        let negative = difference(&BigUint::ZERO, root);
        let times_x = once(BigUint::ZERO).chain(product.iter().cloned());
        let times_root = product.iter().map(|coefficient| coefficient * &negative).chain([BigUint::ZERO]);
        times_x.zip(times_root).map(|(a, b)| (a + b) % p()).collect()
    })
}

/// What each of the values at these points counts for in the value at x, of a polynomial whose degree is below their
/// number (Lagrange).
pub fn weights(points: &[BigUint], x: &BigUint) -> Vec<BigUint> {
    let weight = |i: usize, own: &BigUint| {
        let others = || points.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, point)| point);
        let product = |from: &BigUint| {
            others().fold(BigUint::from(1_u8), |product, point| product * difference(from, point) % p())
        };
        product(x) * inverse(&product(own)) % p()
    };
    points.iter().enumerate().map(|(i, own)| weight(i, own)).collect()
}

/// The sum of rows, each as often as its weight says.
pub fn weighted(rows: &[Vec<BigUint>], weights: &[BigUint]) -> Vec<BigUint> {
    let length = rows.first().map_or(0, Vec::len);
    rows.iter().zip(weights).fold(vec![BigUint::ZERO; length], |sums, (row, weight)| {
        sums.iter().zip(row).map(|(sum, coefficient)| (sum + coefficient * weight) % p()).collect()
    })
}

/// The value of a symmetric polynomial of some degree in each variable at the point of two parties.
pub fn value(triangle: &[BigUint], degree: usize, [a, b]: &[BigUint; 2]) -> BigUint {
    let entry = |j: usize, k: usize| {
        let (high, low) = (j.max(k), j.min(k));
        triangle.get(high * (high + 1) / 2 + low).cloned().unwrap_or_default()
    };
    let at_b = |j: usize| evaluate((0..=degree).map(|k| entry(j, k)).collect::<Vec<_>>().iter(), b);
    evaluate((0..=degree).map(at_b).collect::<Vec<_>>().iter(), a)
}

/// Another symmetric polynomial f that takes the same values wherever a colluder looks, and the value `target` at the
/// point of two others.
///
/// It is f(X, Y) + c g(X) g(Y): g vanishes at the colluders' points, and c is chosen for the target. Symmetric
/// polynomials are the lower triangles of their matrices, row by row.
pub fn bent(triangle: &[BigUint], colluders: &[BigUint], [a, b]: &[BigUint; 2], target: &BigUint) -> Vec<BigUint> {
    let g = vanishing(colluders);
    let actual = value(triangle, colluders.len(), &[a.clone(), b.clone()]);
    let c = difference(target, &actual) * inverse(&(evaluate(g.iter(), a) * evaluate(g.iter(), b)));
    let places = g.iter().enumerate().flat_map(|(j, left)| g.iter().take(j + 1).map(move |right| (left, right)));
    triangle.iter().zip(places).map(|(entry, (left, right))| (entry + &c * left * right) % p()).collect()
}

/// The number that any 16 bytes stand for.
pub fn number(bytes: &[u8; 16]) -> BigUint {
    BigUint::from_bytes_le(bytes) % p()
}

/// Numbers of 16 little-endian bytes.
pub fn from_bytes(bytes: &[u8]) -> Vec<BigUint> {
    bytes.chunks(16).map(BigUint::from_bytes_le).collect()
}

pub fn to_bytes<'n>(numbers: impl IntoIterator<Item = &'n BigUint>) -> Vec<u8> {
    let word = |number: &BigUint| {
        let mut word = number.to_bytes_le();
        word.resize(16, 0);
        word
    };
    numbers.into_iter().flat_map(word).collect()
}
