//! The vectors of AVX2: the intrinsics that are used, and words in and out.

#![expect(
    clippy::as_conversions,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "vectors are made of signed integers"
)]

pub(super) use core::arch::x86_64::{
    __m256i as Vector, _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_mul_epu32,
    _mm256_permute4x64_epi64, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_sub_epi64,
};
use core::arch::x86_64::{_mm256_extract_epi64, _mm256_set_epi32, _mm256_set1_epi64x};

/// The same word in each lane.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn everywhere(value: u64) -> Vector {
    _mm256_set1_epi64x(value as i64)
}

/// Eight words of 32 bits, lowest first.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn vector(words: [u32; 8]) -> Vector {
    let [w0, w1, w2, w3, w4, w5, w6, w7] = words.map(|word| word as i32);
    _mm256_set_epi32(w7, w6, w5, w4, w3, w2, w1, w0)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn lanes(vector: Vector) -> [u64; 4] {
    [
        _mm256_extract_epi64::<0>(vector) as u64,
        _mm256_extract_epi64::<1>(vector) as u64,
        _mm256_extract_epi64::<2>(vector) as u64,
        _mm256_extract_epi64::<3>(vector) as u64,
    ]
}
