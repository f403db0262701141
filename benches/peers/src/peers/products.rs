//! The multiplier's own bound: as many products of 64-bit words as both lanes have, each added to a sum, none waiting
//! for another, and nothing reduced.

use core::hint::black_box;

use crate::measure::Operation;

/// The words of both lanes of a coefficient.
const WORDS: usize = 4;

/// Each word goes into two products, as in a product of two words by two.
pub(crate) fn evaluation(threshold: usize) -> Operation {
    let coefficients = vec![[0x0123_4567_89ab_cdef; WORDS]; threshold + 1];
    Operation::new("8 word products a coefficient, no more", move || sum(&coefficients, black_box([3, 5, 7, 9])))
}

/// Two sums, so that they stay in registers, and in each a factor once: what has a factor in common, the compiler would
/// multiply once.
fn sum(coefficients: &[[u64; WORDS]], [f, g, h, i]: [u64; WORDS]) -> [u128; 2] {
    let mut sums = [0_u128; 2];
    for words in coefficients {
        for (sum, factors) in sums.iter_mut().zip([[f, g, h, i], [g, h, i, f]]) {
            for (word, factor) in words.iter().zip(factors) {
                *sum = sum.wrapping_add(u128::from(*word) * u128::from(factor));
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_both_sums() {
        assert_eq!(sum(&[[1, 10, 100, 1000], [1, 0, 0, 0]], [1, 2, 3, 4]), [4322, 1434]);
    }
}
