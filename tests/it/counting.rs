//! The statement on which raw keys rest (`SPEC.md`, section 22.6), by exact linear algebra: equally many symmetric
//! polynomials, with the shares of t colluders, stand behind each value of the key of two others.
//!
//! The coefficients of a symmetric polynomial of degree t in each variable are (t + 1)(t + 2) / 2 unknowns. A share is
//! t + 1 linear equations of them, a key is one more linear form. If that form is no combination of the equations, each
//! value of the key has equally many solutions: those with one value are those with another, shifted. Fewer colluders
//! have fewer equations, of which the form is no combination either.

use std::collections::BTreeMap;

use polyseal::rand_core::Rng;
use polyseal_testing::Repeatable;

const MERSENNE: u128 = (1 << 127) - 1;

/// The integers modulo a prime below 2^32, or modulo 2^127 - 1.
#[derive(Clone, Copy)]
struct Field(u128);

impl Field {
    fn reduced(self, value: u128) -> u128 {
        if let (Ok(value), Ok(p)) = (u64::try_from(value), u64::try_from(self.0)) {
            return (value % p).into();
        }
        let folded = (value & MERSENNE) + (value >> 127);
        if folded >= MERSENNE { folded - MERSENNE } else { folded }
    }

    fn add(self, a: u128, b: u128) -> u128 {
        self.reduced(a + b)
    }

    fn subtract(self, a: u128, b: u128) -> u128 {
        self.reduced(a + (self.0 - b))
    }

    fn multiply(self, a: u128, b: u128) -> u128 {
        if self.0 != MERSENNE {
            return self.reduced(a * b);
        }
        let low = |value: u128| value & u128::from(u64::MAX);
        let ([a0, a1], [b0, b1]) = ([low(a), a >> 64], [low(b), b >> 64]);
        // Times 2^64, of what is below 2^127: 127 bits go round.
        let moved = |value: u128| ((value << 64) & MERSENNE) | (value >> 63);
        let middle = self.add(self.reduced(a0 * b1), self.reduced(a1 * b0));
        let high = moved(self.add(moved(self.reduced(a1 * b1)), middle));
        self.add(high, self.reduced(a0 * b0))
    }

    fn inverse(self, a: u128) -> u128 {
        let (mut power, mut square, mut left) = (1, a, self.0 - 2);
        while left > 0 {
            if left & 1 == 1 {
                power = self.multiply(power, square);
            }
            (square, left) = (self.multiply(square, square), left >> 1);
        }
        power
    }

    fn powers(self, x: u128, t: usize) -> Vec<u128> {
        core::iter::successors(Some(1), |power| Some(self.multiply(*power, x))).take(t + 1).collect()
    }

    /// The coefficient with which each unknown enters the sum of `matrix[i][j] * left[i] * right[j]`.
    fn form(self, left: &[u128], right: &[u128]) -> Vec<u128> {
        let at = |i: usize, j: usize| self.multiply(left[i], right[j]);
        let places = (0..left.len()).flat_map(|i| (i..left.len()).map(move |j| (i, j)));
        places.map(|(i, j)| if i == j { at(i, i) } else { self.add(at(i, j), at(j, i)) }).collect()
    }

    /// The equations of the share at x: one for each coefficient.
    fn share(self, x: u128, t: usize) -> impl Iterator<Item = Vec<u128>> {
        let powers = self.powers(x, t);
        (0..=t).map(move |place| {
            let unit: Vec<u128> = (0..=t).map(|i| u128::from(i == place)).collect();
            self.form(&powers, &unit)
        })
    }

    fn key(self, a: u128, b: u128, t: usize) -> Vec<u128> {
        self.form(&self.powers(a, t), &self.powers(b, t))
    }
}

/// Linear forms, each with a place that no later one has, where it is one.
struct Forms(Field, Vec<(usize, Vec<u128>)>);

impl Forms {
    /// Those of the shares at these points.
    fn of(field: Field, points: &[u128], t: usize) -> Self {
        let mut forms = Self(field, Vec::new());
        for form in points.iter().flat_map(|x| field.share(*x, t)) {
            forms.include(form);
        }
        forms
    }

    /// What is left of a form when these are taken off: nothing, if it is a combination of them.
    fn rest(&self, mut form: Vec<u128>) -> Option<(usize, Vec<u128>)> {
        for (place, other) in &self.1 {
            let factor = form[*place];
            if factor != 0 {
                for (value, other) in form.iter_mut().zip(other) {
                    *value = self.0.subtract(*value, self.0.multiply(factor, *other));
                }
            }
        }
        let place = form.iter().position(|value| *value != 0)?;
        let inverse = self.0.inverse(form[place]);
        Some((place, form.iter().map(|value| self.0.multiply(*value, inverse)).collect()))
    }

    fn include(&mut self, form: Vec<u128>) {
        self.1.extend(self.rest(form));
    }
}

fn unknowns(t: usize) -> usize {
    (t + 1) * (t + 2) / 2
}

/// That t colluders lack exactly one equation, and that any key of two others is one.
fn says_nothing(field: Field, colluders: &[u128], others: &[u128]) {
    let t = colluders.len();
    let forms = Forms::of(field, colluders, t);
    assert_eq!(forms.1.len() + 1, unknowns(t), "{colluders:?} modulo {}", field.0);
    for (i, a) in others.iter().enumerate() {
        for b in &others[i + 1..] {
            let is_free = forms.rest(field.key(*a, *b, t)).is_some();
            assert!(is_free, "{colluders:?} know the key of {a} and {b} modulo {}", field.0);
        }
        // A colluder does know its own key.
        assert!(colluders.iter().all(|own| forms.rest(field.key(*own, *a, t)).is_none()));
    }
}

#[test]
fn every_coalition_of_t_leaves_every_key_open_over_all_primes_to_13() {
    let mut coalitions = 0;
    for p in [3_u32, 5, 7, 11, 13] {
        let points = |set: u32, within: bool| -> Vec<u128> {
            (0..p).filter(|x| (set >> x & 1 == 1) == within).map(u128::from).collect()
        };
        for set in 1_u32..1 << p {
            // Two others at least, which have a key.
            let t = set.count_ones();
            if t <= 8 && t + 2 <= p {
                says_nothing(Field(p.into()), &points(set, true), &points(set, false));
                coalitions += 1;
            }
        }
    }
    // The sum of the binomials of p over t.
    assert_eq!(coalitions, 3 + 25 + 119 + 1980 + 7098);
}

#[test]
fn a_coalition_of_up_to_24_leaves_every_key_open_over_the_field_itself() {
    let mut rng = Repeatable(24);
    for t in (1..=8).chain([12, 16, 24]) {
        let points: Vec<u128> =
            (0..t + 3).map(|_| (u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())) % MERSENNE).collect();
        let (colluders, others) = points.split_at(t);
        says_nothing(Field(MERSENNE), colluders, others);
    }
}

#[test]
fn one_colluder_more_has_every_key() {
    for (p, t) in [(13, 8), (13, 3), (MERSENNE, 8)] {
        let points: Vec<u128> = (1..).take(t + 1).collect();
        assert_eq!(Forms::of(Field(p), &points, t).1.len(), unknowns(t));
    }
}

/// The statement word for word, without any algebra: all polynomials are counted.
#[test]
fn counted_one_by_one_each_key_has_equally_many_polynomials() {
    for (p, t) in [(3_u32, 1), (5, 1), (7, 1), (13, 1), (5, 2)] {
        let field = Field(p.into());
        let colluders: Vec<u128> = (0..).take(t).collect();
        let shares: Vec<_> = colluders.iter().flat_map(|x| field.share(*x, t)).collect();
        let key = field.key(u128::from(p) - 1, u128::from(p) - 2, t);
        let mut counts: BTreeMap<(Vec<u128>, u128), u32> = BTreeMap::new();
        let size = u32::try_from(unknowns(t)).unwrap();
        for number in 0..p.pow(size) {
            let polynomial: Vec<u128> = (0..size).map(|place| (number / p.pow(place) % p).into()).collect();
            let value = |form: &Vec<u128>| {
                let terms = form.iter().zip(&polynomial).map(|(a, b)| field.multiply(*a, *b));
                terms.fold(0, |sum, term| field.add(sum, term))
            };
            *counts.entry((shares.iter().map(value).collect(), value(&key))).or_default() += 1;
        }
        // Each view of the coalition goes with every key, each time with one polynomial.
        assert!(counts.values().all(|count| *count == 1), "{p} {t}");
        assert_eq!(u32::try_from(counts.len()).unwrap(), p.pow(size));
    }
}
