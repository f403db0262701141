//! That the machinery computes what the machine computes, and refuses what is wrong.

use num_bigint::BigInt;
use std::panic::catch_unwind;
use std::string::String;

use super::super::{P, integers as machine_integers, machine, sum as machine_sum};
use super::claims::{at_most, congruent, difference_is_at_most, equal};
use super::expression::Expression;
use super::int::{Int, in_every_case, with_values};
use super::machine::{Wide, Word};
use super::sum::{Column, Sum};
use super::{Element, integers};

/// Integers of 128 bits, those at the edges of words and of the field among them.
fn samples() -> impl Iterator<Item = u128> {
    let edges = [0, 1 << 63, 1 << 64, 1 << 126, P, 1 << 127, u128::MAX].into_iter();
    let about = edges.flat_map(|edge: u128| [edge.wrapping_sub(2), edge.wrapping_sub(1), edge, edge.wrapping_add(1)]);
    let mut state = 1_u128;
    about.chain(core::iter::repeat_with(move || {
        state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
        state ^ (state >> 67)
    }))
}

/// Pairs of the first samples.
fn pairs() -> impl Iterator<Item = (u128, u128)> {
    samples().take(40).flat_map(|a| samples().take(40).map(move |b| (a, b)))
}

fn value<const BITS: u32>(word: Int<BITS>) -> BigInt {
    word.value()
}

#[test]
fn it_computes_what_the_machine_computes() {
    for (a, b) in pairs() {
        let found = with_values([a], || value(integers::reduce(Wide::any())));
        assert_eq!(found, machine_integers::reduce(a).into());
        let found = with_values([a % P, b % P], || value(integers::multiply(Wide::up_to(P - 1), Wide::up_to(P - 1))));
        assert_eq!(found, machine_integers::multiply(a % P, b % P).into());
        let words = [a, b].map(machine::low_word);
        let found = with_values(words.map(u128::from), || value(integers::product_of_words(Word::any(), Word::any())));
        assert_eq!(found, machine_integers::product_of_words(words[0], words[1]).into());
    }
}

#[test]
fn it_sums_as_the_machine_sums() {
    for (a, b) in pairs() {
        let carry = machine::low_word(a) >> 4;
        let values = [a, carry.into(), b, carry.into(), !a, carry.into(), a, b];
        let found = with_values(values, || {
            let column = || Column { value: Int::any(), carry: Int::up_to(u64::MAX >> 4) };
            let mut sum = Sum { low: column(), mid: column(), high: column() };
            sum.add_wide_product(Wide::any(), Wide::any());
            value(sum.fold())
        });
        let column = |value| machine_sum::Column { value, carry };
        let mut sum = machine_sum::Sum { low: column(a), mid: column(b), high: column(!a) };
        sum.add_wide_product(a, b);
        assert_eq!(found, sum.fold().into());
    }
}

/// That a theorem is refused, and for this reason.
fn refused(reason: &str, theorem: impl Fn() + core::panic::RefUnwindSafe) {
    let outcome = catch_unwind(|| in_every_case(&theorem)).expect_err("it is not refused");
    let says = outcome.downcast::<String>().expect("a refusal");
    assert!(says.starts_with("refused: ") && says.contains(reason), "{says}");
}

#[test]
fn it_refuses_what_may_overflow() {
    refused("in a word of 128 bits", || _ = Wide::any() + 1);
    refused("in a word of 128 bits", || _ = Wide::any() * Wide::up_to(2));
    refused("in a word of 64 bits", || _ = Word::any().wrapping_add(Word::up_to(1)));
    refused("in a word of 128 bits", || _ = Wide::up_to(1) - Wide::up_to(2));
    refused("in a word of 128 bits", || _ = P - Wide::any());
    refused("in a word of 32 bits", || _ = Int::<32>::of(Word::any().expression()));
    refused("more bits than there are", || _ = Wide::any() >> 128);
    refused("more bits than there are", || _ = Word::any() << 64);
}

#[test]
fn it_refuses_what_it_has_no_model_of() {
    refused("a mask with a gap", || _ = Wide::any() & 5);
    refused("a mask that is not constant", || _ = Wide::any() & Wide::any());
    refused("a bit in common", || _ = Wide::any() | Wide::up_to(1));
    refused("a bit in common", || _ = (Wide::up_to(3) << 1) | Wide::up_to(2));
}

#[test]
fn it_refuses_what_is_not_so() {
    let is = |found: Wide, expected: Wide| congruent(&found.expression(), &expected.expression());
    // A carry that is left out, one that is added at a wrong place, a shift that loses a bit.
    refused("not congruent", move || {
        let any = Wide::any();
        is(any & P, any);
    });
    refused("not congruent", move || {
        let any = Wide::any();
        is((any & P) + (any >> 126), any);
    });
    refused("not congruent", move || {
        let any = Wide::any();
        is(any << 1, any + (any >> 1));
    });
    refused("not congruent", move || {
        let (a, b) = (Word::any(), Word::any());
        is(Wide::from(a.overflowing_add(b).0), Wide::from(a) + Wide::from(b));
    });
    refused("not equal", || equal(&(Wide::up_to(P) + 1).expression(), &Wide::up_to(P).expression()));
    refused("and not", || at_most(integers::fold(Wide::any()), P));
    refused("and not", || at_most(Wide::up_to(8), 7_u32));
    refused("and not 0 to 1", || difference_is_at_most(Wide::any() & 3, Wide::default(), 1));
    refused("no value is left", || (Wide::up_to(8) + 9).is_at_most(8_u32));
}

#[test]
fn a_case_is_refused_though_another_one_holds() {
    // Zero in the case that nothing is above bit 127, and one in the other.
    refused("not equal", || equal(&(Wide::any() >> 127).expression(), &Expression::constant(BigInt::ZERO)));
    assert_eq!(in_every_case(|| at_most(Wide::any() >> 127, 1_u32)), 2);
    assert_eq!(in_every_case(|| _ = (Wide::any() >> 127, Wide::any() >> 127)), 4);
}

#[test]
fn an_element_is_known_by_its_residue_alone() {
    in_every_case(|| {
        let any = Wide::any();
        congruent(&Element::reduce(any).0.expression(), &any.expression());
    });
    refused("not congruent", || {
        let (a, b) = (Element::any(), Element::any());
        congruent(&a.0.expression(), &b.0.expression());
    });
}

#[test]
fn cuts_of_one_word_at_several_places_fit_together() {
    in_every_case(|| {
        let any = Word::any();
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| (any >> (8 * i)) & 255);
        let sum = bytes.iter().rev().fold(Word::default(), |sum, byte| (sum << 8) | *byte);
        equal(&sum.expression(), &any.expression());
        equal(&((any << 40) >> 60).expression(), &((any >> 20) & 15).expression());
    });
}
