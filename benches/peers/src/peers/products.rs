//! The multiplier's own bound: as many products of 64-bit words as both lanes have, each added to a sum, none waiting for
//! another, and nothing reduced.

use core::hint::black_box;

use crate::measure::Operation;

/// Two lanes of two words by two words.
const PRODUCTS: usize = 8;

pub(crate) fn evaluation(threshold: usize) -> Operation {
    let words: Vec<[u64; PRODUCTS / 2]> = vec![[0x0123_4567_89ab_cdef; PRODUCTS / 2]; threshold + 1];
    Operation::new("8 word products a coefficient, no more", move || sum(&words, black_box([3, 5])))
}

/// Each word of a coefficient goes into two products, and those into different sums: what has a factor in common in one
/// sum, the compiler would multiply once.
fn sum(words: &[[u64; PRODUCTS / 2]], [f, g]: [u64; 2]) -> [u128; PRODUCTS / 2] {
    let mut sums = [0_u128; PRODUCTS / 2];
    for coefficient in words {
        let next = coefficient.iter().cycle().skip(1);
        for ((sum, word), other) in sums.iter_mut().zip(coefficient).zip(next) {
            *sum = sum.wrapping_add(product(*word, f)).wrapping_add(product(*other, g));
        }
    }
    sums
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}
