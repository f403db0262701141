//! The operations of the field on integers of 128 bits: canonical ones give canonical ones.

#![expect(clippy::arithmetic_side_effects, reason = "`proof` shows of each operation that it does not overflow")]
#![expect(clippy::inline_always, reason = "the field has them in one function with what uses them")]

use super::P;
#[cfg(any(test, not(target_pointer_width = "64")))]
use super::machine::low_half;
use super::machine::{Wide, Word, low_word};

/// Any 128-bit integer to canonical form.
#[inline(always)]
pub(super) fn reduce(value: Wide) -> Wide {
    let folded = fold(value); // at most p + 1
    // Adding one carries into bit 127 exactly when folded >= p, and then p is taken off by adding one and leaving
    // that bit out. (Of a mask that selects p or nothing, compilers make a branch.)
    (folded + ((folded + 1) >> 127)) & P
}

/// One folding of the bits above 127: the result is congruent and at most 2^127.
#[inline(always)]
pub(super) fn fold(value: Wide) -> Wide {
    (value & P) + (value >> 127)
}

/// The same of a 256-bit integer: 2^128 = 2.
#[inline(always)]
pub(super) fn reduce_wide(high: Wide, low: Wide) -> Wide {
    let high = reduce(high);
    add(add(reduce(low), high), high)
}

#[inline(always)]
pub(super) fn add(a: Wide, b: Wide) -> Wide {
    reduce(a + b)
}

#[inline(always)]
pub(super) fn negative(a: Wide) -> Wide {
    reduce(P - a)
}

#[inline(always)]
pub(super) fn multiply(a: Wide, b: Wide) -> Wide {
    let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
    let low = product(a0, b0);
    // Upper words are below 2^63, so none of these sums overflows.
    let cross = product(a0, b1) + (low >> 64);
    let mid = product(a1, b0) + Wide::from(low_word(cross));
    let high = product(a1, b1) + (cross >> 64) + (mid >> 64);
    let low = (mid << 64) | Wide::from(low_word(low));
    // Cut at bit 127: both parts are below 2^127.
    reduce((low & P) + ((high << 1) | (low >> 127)))
}

#[inline(always)]
pub(super) fn halves(value: Wide) -> [Word; 2] {
    [low_word(value), low_word(value >> 64)]
}

#[cfg(target_pointer_width = "64")]
#[inline(always)]
pub(super) fn product(a: Word, b: Word) -> Wide {
    Wide::from(a) * Wide::from(b)
}

#[cfg(not(target_pointer_width = "64"))]
pub(super) use product_of_words as product;

/// On machines with 32-bit words the product of two `u64` as `u128` is a call into the compiler's
/// library, which promises no constant time: here it is four of the machine's own products.
#[cfg(any(test, not(target_pointer_width = "64")))]
pub(super) fn product_of_words(a: Word, b: Word) -> Wide {
    let word = |a: Word, b: Word| Word::from(low_half(a)) * Word::from(low_half(b));
    let (low, high) = (word(a, b), word(a >> 32, b >> 32));
    let cross = word(a >> 32, b) + (low >> 32);
    let other = word(a, b >> 32) + Word::from(low_half(cross));
    let high = high + (cross >> 32) + (other >> 32);
    (Wide::from(high) << 64) | Wide::from((other << 32) | Word::from(low_half(low)))
}
