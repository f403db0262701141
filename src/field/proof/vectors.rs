//! A model of the intrinsics that `quads` uses, over words that stand for all their values.

#![allow(clippy::used_underscore_items, reason = "the names are the processor's")]

use super::int::Int;

/// Four lanes of 64 bits, lowest first.
pub(super) type Vector = [Int<64>; 4];

fn lane_by_lane(a: Vector, b: Vector, compute: impl Fn(Int<64>, Int<64>) -> Int<64>) -> Vector {
    core::array::from_fn(|lane| compute(a[lane], b[lane]))
}

/// Two words of 32 bits in one of 64.
fn pair(high: Int<64>, low: Int<64>) -> Int<64> {
    high.shifted(32) + low
}

/// Words of 32 bits. Where one wraps it refuses, as its addition to a word of 32 bits does.
pub(super) fn _mm256_add_epi32(a: Vector, b: Vector) -> Vector {
    let half = |a: Int<64>, b: Int<64>| Int::<64>::from(a.cut::<32>() + b.cut::<32>());
    lane_by_lane(a, b, |a, b| {
        let ((a_high, a_low), (b_high, b_low)) = (a.cut_at(32), b.cut_at(32));
        pair(half(a_high, b_high), half(a_low, b_low))
    })
}

/// Where a lane wraps it refuses.
pub(super) fn _mm256_add_epi64(a: Vector, b: Vector) -> Vector {
    lane_by_lane(a, b, |a, b| a + b)
}

/// Where a lane wraps it refuses.
pub(super) fn _mm256_sub_epi64(a: Vector, b: Vector) -> Vector {
    lane_by_lane(a, b, |a, b| a - b)
}

/// By a mask that is constant.
pub(super) fn _mm256_and_si256(a: Vector, mask: Vector) -> Vector {
    lane_by_lane(a, mask, Int::masked)
}

/// The product of the lower halves of each lane.
pub(super) fn _mm256_mul_epu32(a: Vector, b: Vector) -> Vector {
    lane_by_lane(a, b, |a, b| a.cut_at(32).1 * b.cut_at(32).1)
}

pub(super) fn _mm256_slli_epi64<const BY: i32>(a: Vector) -> Vector {
    a.map(|lane| lane.shifted(BY.unsigned_abs()))
}

pub(super) fn _mm256_srli_epi64<const BY: i32>(a: Vector) -> Vector {
    a.map(|lane| lane.cut_at(BY.unsigned_abs()).0)
}

/// Each lane from the place that two bits of `PLACES` say.
pub(super) fn _mm256_permute4x64_epi64<const PLACES: i32>(a: Vector) -> Vector {
    [0, 2, 4, 6].map(|at| a[(PLACES >> at & 3).unsigned_abs() as usize])
}

pub(super) fn everywhere(value: Int<64>) -> Vector {
    [value; 4]
}

pub(super) fn vector(words: [Int<32>; 8]) -> Vector {
    let [w0, w1, w2, w3, w4, w5, w6, w7] = words.map(Int::<64>::from);
    [pair(w1, w0), pair(w3, w2), pair(w5, w4), pair(w7, w6)]
}

pub(super) fn lanes(vector: Vector) -> [Int<64>; 4] {
    vector
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::super::super::avx2::Avx2;
    use super::super::super::vectors as processor;
    use super::super::int::with_values;
    use super::*;

    const CASES: usize = 1_000_000;
    const EDGES: [u64; 12] = [
        0,
        1,
        2,
        (1 << 26) - 1,
        1 << 26,
        (1 << 31) - 1,
        (1 << 32) - 1,
        1 << 32,
        (1 << 58) - 1,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX,
    ];
}
