//! What a million random cases say. `checks/faults` runs these with faults that they do not find, and theorems do.

use alloc::vec::Vec;

use num_bigint::BigUint;

use super::super::integers::{add, multiply, negative, product_of_words, reduce, reduce_wide};
use super::super::machine::low_word;
use super::super::polynomial::tests::all_agree;
use super::super::{Element, P, Sum};

const CASES: usize = 1_000_000;

/// Numbers without a pattern.
pub(super) fn random() -> impl Iterator<Item = u128> {
    let mut state = 1_u128;
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
        let rotated = (state ^ (state >> 64)).rotate_right(u32::try_from(state >> 122).unwrap());
        rotated.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) ^ (state >> 61)
    })
}

fn big(value: u128) -> BigUint {
    value.into()
}

#[test]
#[ignore = "checks/faults runs it"]
fn a_million_random_integers_are_right() {
    let (mut random, p) = (random(), big(P));
    for _ in 0..CASES {
        let [a, b] = [(); 2].map(|()| random.next().unwrap());
        assert_eq!(big(reduce(a)), big(a) % &p);
        assert_eq!(big(reduce_wide(a, b)), ((big(a) << 128) + big(b)) % &p);
        assert_eq!(big(product_of_words(low_word(a), low_word(b))), big(low_word(a).into()) * big(low_word(b).into()));
        let [a, b] = [a % P, b % P];
        assert_eq!(big(add(a, b)), (big(a) + big(b)) % &p);
        assert_eq!(big(negative(a)), (&p - big(a)) % &p);
        assert_eq!(big(multiply(a, b)), (big(a) * big(b)) % &p);
    }
}

#[test]
#[ignore = "checks/faults runs it"]
fn a_million_random_sums_are_right() {
    let (mut random, p) = (random(), big(P));
    for case in 0..CASES {
        let (mut sum, mut expected) = (Sum::default(), BigUint::ZERO);
        for _ in 0..case % 9 {
            let [a, b] = [(); 2].map(|()| random.next().unwrap());
            sum.add_wide_product(a, b);
            expected += big(a) * big(b);
        }
        assert_eq!(big(sum.reduce().0), expected % &p);
    }
}

#[test]
#[ignore = "checks/faults runs it"]
fn a_million_random_polynomials_are_right() {
    let mut random = random();
    // A hundred long ones, and as many short ones as make a million.
    for case in 0..CASES {
        let length = if case < 100 { 2 * case + 100 } else { case % 20 };
        let elements: Vec<Element> = random.by_ref().take(length + 1).map(|value| Element(value % P)).collect();
        let (x, coefficients) = elements.split_last().unwrap();
        all_agree(coefficients, *x);
    }
}
