//! A polynomial at a point by AVX2: four coefficients at a time.
//!
//! The coefficients fall in four classes by their place modulo four, each a polynomial of its own in y = x^4. They lie
//! in the four lanes of a vector, so all of them meet the same powers of y, and in each the way is that of
//! `portable` with the arithmetic of `narrow`. At the end
//! g(x) = g0(y) + x g1(y) + x² g2(y) + x³ g3(y).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "vectors are made of signed integers and taken apart at constant places"
)]

use alloc::vec::Vec;
use core::arch::x86_64::{
    __m256i as Vector, _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_extract_epi64, _mm256_mul_epu32,
    _mm256_permute4x64_epi64, _mm256_set_epi32, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_slli_epi64,
    _mm256_srli_epi64, _mm256_sub_epi64,
};

use zeroize::{DefaultIsZeroes, Zeroizing};

use super::Element;
use super::coefficients::{Blocks, Packed};
use super::limbs::{BITS, LIMBS, MASK, WRAP, join, split};

/// The longest block, in vectors.
pub(super) const LONGEST: usize = 32;

cpufeatures::new!(avx2_detected, "avx2");

/// Proof that the processor has AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        avx2_detected::get().then_some(Self(()))
    }

    #[expect(unsafe_code, reason = "the one call into code for a processor that not everybody has")]
    #[expect(clippy::unused_self, reason = "it is the proof")]
    pub(super) fn evaluate(
        self,
        coefficients: impl Blocks<Quad>,
        corrections: &[Quad],
        length: usize,
        x: Element,
    ) -> Element {
        // SAFETY: `evaluate` is a safe function but for needing AVX2. `self` was made by `detect`, which alone can make
        // one and found that the processor has AVX2 and that the operating system keeps its registers.
        unsafe { evaluate(coefficients, corrections, length, x) }
    }
}

/// Four elements in limbs, two limbs to each 64-bit lane of a vector: [l0 + 2^32 l1, l2 + 2^32 l3, l4].
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Quad([[u32; 8]; 3]);

impl DefaultIsZeroes for Quad {}

impl Packed for Quad {
    const LANES: usize = 4;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        let mut words = [[0; 8]; 3];
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

/// How many vectors a block has.
///
/// The bound is that of `narrow`: at most 17 products of joined elements, or 32 of others.
fn block(length: usize) -> usize {
    match length {
        0..=160 => 8,
        161..=640 => 16,
        _ => LONGEST,
    }
}

/// For each whole block the half of the correction that depends on the coefficients, of which there are `length`.
pub(super) fn corrections(mut coefficients: impl Blocks<Quad>, length: usize) -> Zeroizing<Vec<Quad>> {
    let size = block(length);
    let blocks = length / (4 * size);
    let mut corrections = Zeroizing::new(Vec::with_capacity(blocks));
    for n in 0..blocks {
        let (pairs, _) = coefficients.block(n, size).as_chunks();
        let lane = |lane| {
            -pairs
                .iter()
                .fold(Element::default(), |sum, [even, odd]: &[Quad; 2]| sum + even.unpack(lane) * odd.unpack(lane))
        };
        corrections.push(Quad::pack(&mut (0..4).map(lane)));
    }
    corrections
}

/// Four factors, a vector for each limb. Above bit 32 of a lane there may be anything: multiplication does not see it.
type Factor = [Vector; LIMBS];

#[target_feature(enable = "avx2")]
fn evaluate(mut coefficients: impl Blocks<Quad>, corrections: &[Quad], length: usize, x: Element) -> Element {
    let size = block(length);
    let x_squared = x * x;
    // A polynomial that is shorter than a block needs no more.
    let powers = Powers::new(x_squared * x_squared, size.min(length.div_ceil(4)));

    let mut sum = [_mm256_setzero_si256(); LIMBS];
    for (coefficients, power) in coefficients.block(corrections.len(), size).iter().zip(powers.table.as_flattened()) {
        sum = add_product(sum, plus(coefficients, &[0; 3]), plus(&Quad::default(), power));
    }
    let mut value = fold(sum);

    let (power_pairs, _) = powers.table.as_flattened().as_chunks();
    for (n, correction) in corrections.iter().enumerate().rev() {
        let mut sum = add(limbs(correction), powers.correction);
        let (pairs, _) = coefficients.block(n, size).as_chunks();
        for ([even, odd], [even_power, odd_power]) in pairs.iter().zip(power_pairs) {
            sum = add_product(sum, plus(even, odd_power), plus(odd, even_power));
        }
        value = fold(add_product(sum, value, powers.step));
    }
    let classes = limbs(&Quad::pack(&mut [Element::ONE, x, x_squared, x_squared * x].into_iter()));
    joined(fold(add_product([_mm256_setzero_si256(); LIMBS], value, classes)))
}

/// What y contributes.
struct Powers {
    /// 1, y, y², …, each as a lane of a [`Quad`].
    table: [[[u64; 3]; 4]; LONGEST / 4],
    /// y^block.
    step: Factor,
    /// The half of the correction that depends on y.
    correction: Factor,
}

impl Powers {
    /// So many of them, or some more; `step` and `correction` are for a block of `count`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(y: Element, count: usize) -> Self {
        let y_squared = y * y;
        let mut four = limbs(&Quad::pack(&mut [Element::ONE, y, y_squared, y_squared * y].into_iter()));
        let on = spread(y_squared * y_squared);
        let zero = [_mm256_setzero_si256(); LIMBS];
        let (mut table, mut sum) = ([[[0; 3]; 4]; LONGEST / 4], zero);
        for place in table.iter_mut().take(count.div_ceil(4)) {
            *place = paired(four);
            sum = add(sum, four);
            four = fold(add_product(zero, four, on));
        }
        let step = four.map(|limb| _mm256_permute4x64_epi64::<0b00_00_00_00>(limb));
        // y^(0 + 1) + y^(2 + 3) + … = (y + y^5 + …, as many as vectors) (1 + y^count)
        let half = fold(sum).map(|limb| _mm256_permute4x64_epi64::<0b01_01_01_01>(limb));
        Self { table, step, correction: negative(fold(add_product(half, half, step))) }
    }
}

/// The four elements of a factor in the order of a [`Quad`]'s lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn paired(factor: Factor) -> [[u64; 3]; 4] {
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
fn negative(factor: Factor) -> Factor {
    let ([l0, l1, l2, l3, l4], lowest, other) = (factor, everywhere((1 << 28) - 32), everywhere((1 << 28) - 4));
    [
        _mm256_sub_epi64(lowest, l0),
        _mm256_sub_epi64(other, l1),
        _mm256_sub_epi64(other, l2),
        _mm256_sub_epi64(other, l3),
        _mm256_sub_epi64(other, l4),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
fn everywhere(value: u64) -> Vector {
    _mm256_set1_epi64x(value as i64)
}

/// One element in all lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn spread(element: Element) -> Factor {
    let [l0, l1, l2, l3, l4] = split(element).map(u64::from);
    [everywhere(l0), everywhere(l1), everywhere(l2), everywhere(l3), everywhere(l4)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn vector(words: [u32; 8]) -> Vector {
    let [w0, w1, w2, w3, w4, w5, w6, w7] = words.map(|word| word as i32);
    _mm256_set_epi32(w7, w6, w5, w4, w3, w2, w1, w0)
}

/// Four elements plus one, as factors.
#[inline]
#[target_feature(enable = "avx2")]
fn plus(four: &Quad, one: &[u64; 3]) -> Factor {
    let [l01, l23, l4] = four.0;
    let [o01, o23, o4] = one.map(|word| word as i64);
    let l01 = _mm256_add_epi32(vector(l01), _mm256_set1_epi64x(o01));
    let l23 = _mm256_add_epi32(vector(l23), _mm256_set1_epi64x(o23));
    let l4 = _mm256_add_epi32(vector(l4), _mm256_set1_epi64x(o4));
    [l01, _mm256_srli_epi64::<32>(l01), l23, _mm256_srli_epi64::<32>(l23), l4]
}

/// Four elements, as limbs to be added.
#[inline]
#[target_feature(enable = "avx2")]
fn limbs(four: &Quad) -> Factor {
    let [l0, l1, l2, l3, l4] = plus(four, &[0; 3]);
    let low = everywhere(u64::from(u32::MAX));
    [_mm256_and_si256(l0, low), l1, _mm256_and_si256(l2, low), l3, l4]
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(a: Factor, b: Factor) -> Factor {
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
fn add_product(sum: Factor, a: Factor, b: Factor) -> Factor {
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
fn fold(columns: Factor) -> Factor {
    const SHIFT: i32 = BITS as i32;
    let mask = everywhere(MASK);
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

#[inline]
#[target_feature(enable = "avx2")]
fn lanes(vector: Vector) -> [u64; 4] {
    [
        _mm256_extract_epi64::<0>(vector) as u64,
        _mm256_extract_epi64::<1>(vector) as u64,
        _mm256_extract_epi64::<2>(vector) as u64,
        _mm256_extract_epi64::<3>(vector) as u64,
    ]
}

/// The sum of the elements in the four lanes of what [`fold`] gave: limbs below 2^29.
#[inline]
#[target_feature(enable = "avx2")]
fn joined(factor: Factor) -> Element {
    join(factor.map(|limb| lanes(limb).iter().sum::<u64>() as u32))
}
