//! Elements in limbs, and sums of their products in columns.

use super::super::P;
use super::Element;
use super::claims::{at_most, congruent, equal};
use super::coefficients::Packed;
use super::expression::Expression;
use super::int::{Int, in_every_case};
use super::limbs::{BITS, LIMBS, join, split};
use super::narrow::{Columns, Factor, Narrow};
use super::portable::Arithmetic;
use super::session::power;

/// What limbs or columns stand for, as an integer.
fn value<const N: u32>(limbs: [Int<N>; LIMBS]) -> Expression {
    let weighed = limbs.iter().zip(0..).map(|(limb, i)| limb.expression().times(&power(BITS * i)));
    weighed.fold(Expression::default(), |sum, limb| &sum + &limb)
}

/// Any factor that `split` gives.
fn element() -> Factor {
    Factor([26, 26, 26, 26, 23].map(|bits| Int::up_to(power(bits) - 1)))
}

/// Any factor that `join` may give.
fn joined() -> Factor {
    Factor::joined_of(element(), element())
}

/// Any factor that `fold` may give.
fn folded() -> Factor {
    Factor([26, 27, 26, 26, 26].map(|bits| Int::up_to(power(bits) - 1)))
}

impl Factor {
    fn joined_of(a: Self, b: Self) -> Self {
        Narrow::join(a, b)
    }
}

/// That a factor is such as [`folded`] has them.
fn is_folded(factor: Factor) {
    for (limb, bits) in factor.0.into_iter().zip([26, 27, 26, 26, 26]) {
        at_most(limb, power(bits) - 1);
    }
}

#[test]
fn limbs_of_an_element_are_exact_and_short() {
    in_every_case(|| {
        let element = Element::any();
        let limbs = split(element);
        equal(&value(limbs), &element.expression());
        for (limb, bits) in limbs.into_iter().zip([26, 26, 26, 26, 23]) {
            at_most(limb, power(bits) - 1);
        }
    });
}

#[test]
fn limbs_below_2_31_are_joined_to_their_element() {
    in_every_case(|| {
        let limbs = [0; LIMBS].map(|_| Int::up_to(power(31) - 1));
        let element = join(limbs);
        congruent(&element.expression(), &value(limbs));
        at_most(element.0, P - 1);
    });
}

#[test]
fn a_factor_is_unpacked_to_its_element() {
    in_every_case(|| {
        let element = Element::any();
        congruent(&Factor::pack(&mut core::iter::once(element)).unpack(0).expression(), &element.expression());
        let any = folded();
        congruent(&any.unpack(0).expression(), &value(any.0));
    });
}

#[test]
fn a_sum_of_two_factors_is_exact() {
    in_every_case(|| {
        let (a, b) = (element(), element());
        let sum = Narrow::join(a, b);
        equal(&value(sum.0), &(&value(a.0) + &value(b.0)));
        for limb in sum.0 {
            at_most(limb, power(27) - 1);
        }
    });
}

/// Adds a product, and what it should be to what is expected.
fn add_product(sum: &mut Columns, expected: &mut Expression, a: Factor, b: Factor) {
    Narrow::add_product(sum, a, b);
    *expected = &*expected + &(&value(a.0) * &value(b.0));
}

/// That nothing overflows, and that the sum and its fold are what they should be.
fn is_the_sum(sum: Columns, expected: &Expression) {
    congruent(&value(sum.0), expected);
    let factor = Narrow::fold(sum);
    congruent(&value(factor.0), expected);
    is_folded(factor);
}

#[test]
fn a_block_of_up_to_32_in_limbs_is_congruent_and_does_not_overflow() {
    in_every_case(|| {
        let (mut sum, mut expected) = (Columns::default(), Expression::default());
        for _ in 0..2 {
            let correction = element();
            Narrow::add(&mut sum, correction);
            expected = &expected + &value(correction.0);
        }
        for pairs in 0..=16 {
            let mut ended = (sum, expected.clone());
            add_product(&mut ended.0, &mut ended.1, folded(), element());
            is_the_sum(ended.0, &ended.1);
            if pairs < 16 {
                add_product(&mut sum, &mut expected, joined(), joined());
            }
        }
    });
}

#[test]
fn up_to_32_products_in_limbs_are_congruent_and_do_not_overflow() {
    in_every_case(|| {
        let (mut sum, mut expected) = (Columns::default(), Expression::default());
        for _ in 0..=32 {
            is_the_sum(sum, &expected);
            add_product(&mut sum, &mut expected, element(), element());
        }
    });
}

#[test]
fn no_block_in_limbs_is_longer_than_32() {
    // What is longer than the longest threshold has the same block: there is one comparison.
    for length in 0..=4096 {
        assert!(matches!(Narrow::block(length), 16 | 32));
    }
    assert_eq!(Narrow::block(usize::MAX), 32);
}
