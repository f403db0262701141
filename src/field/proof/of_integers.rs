//! The operations of the field on 128-bit integers.

use super::super::P;
use super::claims::{at_most, congruent, equal};
use super::expression::Expression;
use super::int::{Int, in_every_case};
use super::integers;
use super::machine::{Wide, Word};

fn canonical() -> Wide {
    Int::up_to(P - 1)
}

/// That a word is canonical, and congruent to what is expected.
fn is_the_element(found: Wide, expected: &Expression) {
    congruent(&found.expression(), expected);
    at_most(found, P - 1);
}

#[test]
fn one_folding_is_congruent_and_at_most_2_127() {
    in_every_case(|| {
        let any = Wide::any();
        let folded = integers::fold(any);
        congruent(&folded.expression(), &any.expression());
        at_most(folded, P + 1);
    });
}

#[test]
fn a_folding_of_what_is_below_2_128_by_two_is_at_most_p() {
    in_every_case(|| {
        let any = Wide::up_to(u128::MAX - 1);
        at_most(integers::fold(any), P);
    });
}

#[test]
fn a_reduction_is_canonical_and_congruent() {
    let cases = in_every_case(|| {
        let any = Wide::any();
        is_the_element(integers::reduce(any), &any.expression());
    });
    assert!(cases > 1);
}

#[test]
fn a_sum_is_canonical_and_congruent() {
    in_every_case(|| {
        let (a, b) = (canonical(), canonical());
        is_the_element(integers::add(a, b), &(&a.expression() + &b.expression()));
    });
}

#[test]
fn a_negative_is_canonical_and_congruent() {
    in_every_case(|| {
        let a = canonical();
        is_the_element(integers::negative(a), &a.expression().times(&(-1).into()));
    });
}

#[test]
fn a_product_is_canonical_and_congruent() {
    in_every_case(|| {
        let (a, b) = (canonical(), canonical());
        is_the_element(integers::multiply(a, b), &(&a.expression() * &b.expression()));
    });
}

#[test]
fn a_wide_integer_is_reduced() {
    in_every_case(|| {
        let (high, low) = (Wide::any(), Wide::any());
        let expected = &low.expression() + &high.expression().times(&(num_bigint::BigInt::from(1) << 128));
        is_the_element(integers::reduce_wide(high, low), &expected);
    });
}

#[test]
fn halves_are_the_words_of_an_integer() {
    in_every_case(|| {
        let any = Wide::any();
        let [low, high] = integers::halves(any);
        let again = &low.expression() + &high.expression().times(&(num_bigint::BigInt::from(1) << 64));
        equal(&again, &any.expression());
    });
}

#[test]
fn a_product_of_words_is_exact_with_either_multiplication() {
    in_every_case(|| {
        let (a, b) = (Word::any(), Word::any());
        let expected = &a.expression() * &b.expression();
        equal(&integers::product_of_words(a, b).expression(), &expected);
        equal(&integers::product(a, b).expression(), &expected);
    });
}
