//! Polynomials with integer coefficients, exactly.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::{Add, Mul, Sub};

use num_bigint::BigInt;

/// A product of variables, by their numbers in order, each as often as it occurs.
pub(super) type Monomial = Vec<usize>;

/// A polynomial with integer coefficients in normal form: two that are equal have the same terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Expression(BTreeMap<Monomial, BigInt>);

impl Expression {
    pub(super) fn constant(value: impl Into<BigInt>) -> Self {
        Self::term(Vec::new(), value.into())
    }

    pub(super) fn variable(number: usize) -> Self {
        Self::term([number].into(), BigInt::from(1))
    }

    fn term(monomial: Monomial, coefficient: BigInt) -> Self {
        Self([(monomial, coefficient)].into_iter().filter(|(_, coefficient)| *coefficient != BigInt::ZERO).collect())
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = (&Monomial, &BigInt)> {
        self.0.iter()
    }

    /// The constant, and what is left without it.
    pub(super) fn parted(&self) -> (BigInt, Self) {
        let mut rest = self.clone();
        (rest.0.remove(&Vec::new()).unwrap_or_default(), rest)
    }

    pub(super) fn as_constant(&self) -> Option<BigInt> {
        let (constant, rest) = self.parted();
        rest.0.is_empty().then_some(constant)
    }

    pub(super) fn times(&self, factor: &BigInt) -> Self {
        Self(self.0.iter().map(|(monomial, coefficient)| (monomial.clone(), coefficient * factor)).collect())
    }

    /// All coefficients divided by this power of two, which divides them.
    pub(super) fn halved(&self, times: u32) -> Self {
        Self(self.0.iter().map(|(monomial, coefficient)| (monomial.clone(), coefficient >> times)).collect())
    }

    /// Which power of two divides the value, whatever the variables are; `None` for zero.
    pub(super) fn trailing_zeros(&self) -> Option<u32> {
        let zeros = self.0.values().filter_map(BigInt::trailing_zeros).min()?;
        u32::try_from(zeros).ok()
    }

    /// The terms whose coefficients this power of two divides, divided by it, and the other terms.
    pub(super) fn multiples(&self, power: u32) -> (Self, Self) {
        let is_multiple = |coefficient: &BigInt| coefficient.trailing_zeros().unwrap_or(0) >= u64::from(power);
        let (multiples, rest) = self.0.clone().into_iter().partition(|(_, coefficient)| is_multiple(coefficient));
        (Self(multiples).halved(power), Self(rest))
    }

    /// The coefficients modulo `modulus`, from 0.
    pub(super) fn modulo(&self, modulus: &BigInt) -> Self {
        let residue = |coefficient: &BigInt| ((coefficient % modulus) + modulus) % modulus;
        let reduced = self.0.iter().map(|(monomial, coefficient)| (monomial.clone(), residue(coefficient)));
        Self(reduced.filter(|(_, coefficient)| *coefficient != BigInt::ZERO).collect())
    }

    /// The same with something in place of each variable.
    pub(super) fn substituted(&self, of: impl Fn(usize) -> Self) -> Self {
        self.0.iter().fold(Self::default(), |sum, (monomial, coefficient)| {
            let term = monomial.iter().fold(Self::constant(coefficient.clone()), |term, number| &term * &of(*number));
            &sum + &term
        })
    }
}

impl Add for &Expression {
    type Output = Expression;

    fn add(self, other: Self) -> Expression {
        let (mut sum, less) = if self.0.len() < other.0.len() { (other.clone(), self) } else { (self.clone(), other) };
        for (monomial, coefficient) in &less.0 {
            let place = sum.0.entry(monomial.clone()).or_default();
            *place += coefficient;
            if *place == BigInt::ZERO {
                sum.0.remove(monomial);
            }
        }
        sum
    }
}

impl Sub for &Expression {
    type Output = Expression;

    fn sub(self, other: Self) -> Expression {
        self + &other.times(&BigInt::from(-1))
    }
}

impl Mul for &Expression {
    type Output = Expression;

    fn mul(self, other: Self) -> Expression {
        let mut product = Expression::default();
        for (a, left) in &self.0 {
            for (b, right) in &other.0 {
                let mut monomial: Monomial = a.iter().chain(b).copied().collect();
                monomial.sort_unstable();
                *product.0.entry(monomial).or_default() += left * right;
            }
        }
        product.0.retain(|_, coefficient| *coefficient != BigInt::ZERO);
        product
    }
}
