//! The words that the arithmetic is made of.
//!
//! What uses these names is compiled twice: over the machine's words, and for the tests over words that stand for all
//! values at once (`proof`).

#![expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "to cut is what is meant")]
#![expect(clippy::inline_always, reason = "each is one instruction or none")]

#[cfg(any(test, target_arch = "x86_64", not(all(target_pointer_width = "64", not(polyseal_backend = "portable32")))))]
pub(super) type Half = u32;
pub(super) type Word = u64;
pub(super) type Wide = u128;

#[inline(always)]
pub(super) fn low_word(value: Wide) -> Word {
    value as Word
}

#[cfg(any(test, target_arch = "x86_64", not(all(target_pointer_width = "64", not(polyseal_backend = "portable32")))))]
#[inline(always)]
pub(super) fn low_half(value: Word) -> Half {
    value as Half
}

/// A word that is known when the program is compiled.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn constant(value: u64) -> Word {
    value
}
