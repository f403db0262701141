//! Sums of products in columns.

use num_bigint::BigInt;

use super::super::P;
use super::claims::{at_most, congruent, difference_is_at_most, equal};
use super::expression::Expression;
use super::int::{Int, in_every_case};
use super::machine::Wide;
use super::session::power;
use super::sum::{Column, Sum};

/// The most terms that a sum may have.
const TERMS: u64 = 1 << 60;

fn column(carries: u64) -> Column {
    Column { value: Int::any(), carry: Int::up_to(carries) }
}

/// Any sum of fewer than `TERMS` terms: each adds at most one carry to a column, or two to the middle one.
fn any_sum() -> Sum {
    Sum { low: column(TERMS - 1), mid: column(2 * TERMS - 2), high: column(TERMS - 1) }
}

/// What a sum stands for, as an integer.
fn value(sum: Sum) -> Expression {
    let column = |column: Column, weight: u32| {
        let value = &column.value.expression() + &column.carry.expression().times(&power(128));
        value.times(&power(weight))
    };
    &(&column(sum.low, 0) + &column(sum.mid, 64)) + &column(sum.high, 128)
}

/// That one term adds no more carries than [`any_sum`] has for it.
fn carries_grow_by_at_most_one_for_a_term(before: Sum, after: Sum) {
    for (before, after, most) in [(before.low, after.low, 1), (before.mid, after.mid, 2), (before.high, after.high, 1)]
    {
        difference_is_at_most(after.carry, before.carry, most);
    }
}

#[test]
fn a_product_is_added_exactly_to_any_sum() {
    in_every_case(|| {
        let (before, a, b) = (any_sum(), Wide::any(), Wide::any());
        let mut sum = before;
        sum.add_wide_product(a, b);
        equal(&value(sum), &(&value(before) + &(&a.expression() * &b.expression())));
        carries_grow_by_at_most_one_for_a_term(before, sum);
    });
}

#[test]
fn an_integer_is_added_exactly_to_any_sum() {
    in_every_case(|| {
        let (before, term) = (any_sum(), Wide::any());
        let mut sum = before;
        sum.add(term);
        equal(&value(sum), &(&value(before) + &term.expression()));
        carries_grow_by_at_most_one_for_a_term(before, sum);
    });
}

#[test]
fn the_empty_sum_is_zero() {
    equal(&value(Sum::default()), &Expression::constant(BigInt::ZERO));
}

#[test]
fn a_fold_of_any_sum_is_congruent_and_at_most_2_127() {
    let cases = in_every_case(|| {
        let sum = any_sum();
        let folded = sum.fold();
        congruent(&folded.expression(), &value(sum));
        at_most(folded, P + 1);
    });
    assert!(cases > 1);
}

#[test]
fn a_reduced_sum_is_the_element() {
    in_every_case(|| {
        let sum = any_sum();
        congruent(&sum.reduce().0.expression(), &value(sum));
    });
}
