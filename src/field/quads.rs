//! Four elements at a time, by AVX2: the arithmetic of `narrow` in the four lanes of a vector.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_wrap,
    reason = "`proof` shows of each operation that it does not overflow"
)]
#![allow(clippy::indexing_slicing, reason = "places are constant; in `proof`, which is a test, the lint is silent")]

use zeroize::DefaultIsZeroes;

use super::Element;
use super::coefficients::Packed;
use super::limbs::{BITS, LIMBS, MASK, WRAP, join, split};
use super::machine::{Half, Word, constant, low_half};
use super::vectors::{
    _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_mul_epu32, _mm256_permute4x64_epi64,
    _mm256_slli_epi64, _mm256_srli_epi64, _mm256_sub_epi64, Vector, everywhere, lanes, vector,
};

/// Four elements in limbs, two limbs to each 64-bit lane of a vector: [l0 + 2^32 l1, l2 + 2^32 l3, l4].
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Quad(pub(super) [[Half; 8]; 3]);

impl DefaultIsZeroes for Quad {}

impl Packed for Quad {
    const LANES: usize = 4;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        let mut words = [[Half::default(); 8]; 3];
        for lane in 0..4 {
            let limbs = split(elements.next().unwrap_or_default());
            for (i, limb) in limbs.into_iter().enumerate() {
                words[i / 2][2 * lane + i % 2] = limb;
            }
        }
        Self(words)
    }

    fn unpack(&self, lane: usize) -> Element {
        join(core::array::from_fn(|i| self.0[i / 2][2 * (lane % 4) + i % 2]))
    }
}

/// Four factors, a vector for each limb. Above bit 32 of a lane there may be anything: multiplication does not see it.
pub(super) type Factor = [Vector; LIMBS];

/// One element of a factor, as a lane of a [`Quad`] has it.
pub(super) type Single = [Word; 3];

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn zero() -> Factor {
    [everywhere(Word::default()); LIMBS]
}

/// The element of one lane in all lanes: the place of the lane, four times.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn from_lane<const PLACES: i32>(factor: Factor) -> Factor {
    let [l0, l1, l2, l3, l4] = factor;
    [
        _mm256_permute4x64_epi64::<PLACES>(l0),
        _mm256_permute4x64_epi64::<PLACES>(l1),
        _mm256_permute4x64_epi64::<PLACES>(l2),
        _mm256_permute4x64_epi64::<PLACES>(l3),
        _mm256_permute4x64_epi64::<PLACES>(l4),
    ]
}

/// The four elements of a factor in the order of a [`Quad`]'s lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn paired(factor: Factor) -> [Single; 4] {
    let [l0, l1, l2, l3, l4] = factor;
    let l01 = lanes(_mm256_add_epi64(l0, _mm256_slli_epi64::<32>(l1)));
    let l23 = lanes(_mm256_add_epi64(l2, _mm256_slli_epi64::<32>(l3)));
    let l4 = lanes(l4);
    core::array::from_fn(|lane| [l01[lane], l23[lane], l4[lane]])
}

/// The negative of what [`fold`] gave: a multiple of p whose limbs are larger, less its limbs.
///
/// The multiple is 2^132 - 32, which is zero as 2^127 is one.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn negative(factor: Factor) -> Factor {
    let ([l0, l1, l2, l3, l4], lowest, other) =
        (factor, everywhere(constant((1 << 28) - 32)), everywhere(constant((1 << 28) - 4)));
    [
        _mm256_sub_epi64(lowest, l0),
        _mm256_sub_epi64(other, l1),
        _mm256_sub_epi64(other, l2),
        _mm256_sub_epi64(other, l3),
        _mm256_sub_epi64(other, l4),
    ]
}

/// One element in all lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn spread(element: Element) -> Factor {
    let [l0, l1, l2, l3, l4] = split(element).map(Word::from);
    [everywhere(l0), everywhere(l1), everywhere(l2), everywhere(l3), everywhere(l4)]
}

/// Four elements plus one, as factors.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn plus(four: &Quad, one: &Single) -> Factor {
    let [l01, l23, l4] = four.0;
    let [o01, o23, o4] = *one;
    let l01 = _mm256_add_epi32(vector(l01), everywhere(o01));
    let l23 = _mm256_add_epi32(vector(l23), everywhere(o23));
    let l4 = _mm256_add_epi32(vector(l4), everywhere(o4));
    [l01, _mm256_srli_epi64::<32>(l01), l23, _mm256_srli_epi64::<32>(l23), l4]
}

/// Four elements, as limbs to be added.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn limbs(four: &Quad) -> Factor {
    let [l0, l1, l2, l3, l4] = plus(four, &Single::default());
    let low = everywhere(constant(u32::MAX.into()));
    [_mm256_and_si256(l0, low), l1, _mm256_and_si256(l2, low), l3, l4]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add(a: Factor, b: Factor) -> Factor {
    let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (a, b);
    [
        _mm256_add_epi64(a0, b0),
        _mm256_add_epi64(a1, b1),
        _mm256_add_epi64(a2, b2),
        _mm256_add_epi64(a3, b3),
        _mm256_add_epi64(a4, b4),
    ]
}

/// Adds products to columns, as `narrow` does.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add_product(sum: Factor, a: Factor, b: Factor) -> Factor {
    let mut sum = sum;
    let mut shifted = b;
    for limb in a {
        for (column, other) in sum.iter_mut().zip(shifted) {
            *column = _mm256_add_epi64(*column, _mm256_mul_epu32(limb, other));
        }
        let [s0, s1, s2, s3, s4] = shifted;
        shifted = [_mm256_slli_epi64::<{ WRAP as i32 }>(s4), s0, s1, s2, s3];
    }
    sum
}

/// Carries, as `narrow` does: limbs below 2^27 again.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn fold(columns: Factor) -> Factor {
    const SHIFT: i32 = BITS as i32;
    let mask = everywhere(constant(MASK));
    let [c0, c1, c2, c3, c4] = columns;
    let c1 = _mm256_add_epi64(c1, _mm256_srli_epi64::<SHIFT>(c0));
    let c2 = _mm256_add_epi64(c2, _mm256_srli_epi64::<SHIFT>(c1));
    let c3 = _mm256_add_epi64(c3, _mm256_srli_epi64::<SHIFT>(c2));
    let c4 = _mm256_add_epi64(c4, _mm256_srli_epi64::<SHIFT>(c3));
    let wrapped = _mm256_slli_epi64::<{ WRAP as i32 }>(_mm256_srli_epi64::<SHIFT>(c4));
    let c0 = _mm256_add_epi64(_mm256_and_si256(c0, mask), wrapped);
    let c1 = _mm256_add_epi64(_mm256_and_si256(c1, mask), _mm256_srli_epi64::<SHIFT>(c0));
    [_mm256_and_si256(c0, mask), c1, _mm256_and_si256(c2, mask), _mm256_and_si256(c3, mask), _mm256_and_si256(c4, mask)]
}

/// The sum of the elements in the four lanes of what [`fold`] gave: limbs below 2^29.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn joined(factor: Factor) -> Element {
    join(factor.map(|limb| low_half(lanes(limb).iter().sum::<Word>())))
}
