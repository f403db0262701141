//! A polynomial at a point by AVX2: four coefficients at a time.
//!
//! The coefficients fall in four classes by their place modulo four, each a polynomial of its own in y = x^4. They lie
//! in the four lanes of a vector, so all of them meet the same powers of y, and in each the way is that of
//! `portable` with the arithmetic of `narrow`. At the end
//! g(x) = g0(y) + x g1(y) + x² g2(y) + x³ g3(y).

#![expect(clippy::arithmetic_side_effects, reason = "of elements, and by the size of a block, which is not zero")]

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::Element;
use super::coefficients::{Blocks, Packed};
use super::quads::{
    Factor, Quad, Single, add, add_product, fold, from_lane, joined, limbs, negative, paired, plus, spread, zero,
};

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

#[target_feature(enable = "avx2")]
fn evaluate(mut coefficients: impl Blocks<Quad>, corrections: &[Quad], length: usize, x: Element) -> Element {
    let size = block(length);
    let x_squared = x * x;
    // A polynomial that is shorter than a block needs no more.
    let powers = Powers::new(x_squared * x_squared, size.min(length.div_ceil(4)));
    let mut value = powers.at_the_top(coefficients.block(corrections.len(), size));
    for (n, correction) in corrections.iter().enumerate().rev() {
        value = powers.below(value, coefficients.block(n, size), correction);
    }
    let classes = limbs(&Quad::pack(&mut [Element::ONE, x, x_squared, x_squared * x].into_iter()));
    joined(fold(add_product(zero(), value, classes)))
}

/// What y contributes.
pub(super) struct Powers {
    /// 1, y, y², …, each as a lane of a [`Quad`].
    table: [[Single; 4]; LONGEST / 4],
    /// y^block.
    step: Factor,
    /// The half of the correction that depends on y.
    correction: Factor,
}

impl Powers {
    /// So many of them, or some more; `step` and `correction` are for a block of `count`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn new(y: Element, count: usize) -> Self {
        let y_squared = y * y;
        let mut four = limbs(&Quad::pack(&mut [Element::ONE, y, y_squared, y_squared * y].into_iter()));
        let on = spread(y_squared * y_squared);
        let (mut table, mut sum) = ([[Single::default(); 4]; LONGEST / 4], zero());
        for place in table.iter_mut().take(count.div_ceil(4)) {
            *place = paired(four);
            sum = add(sum, four);
            four = fold(add_product(zero(), four, on));
        }
        let step = from_lane::<0b00_00_00_00>(four);
        // y^(0 + 1) + y^(2 + 3) + … = (y + y^5 + …, as many as vectors) (1 + y^count)
        let half = from_lane::<0b01_01_01_01>(fold(sum));
        Self { table, step, correction: negative(fold(add_product(half, half, step))) }
    }

    /// Four polynomials with these coefficients at y, by plain products.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn at_the_top(&self, coefficients: &[Quad]) -> Factor {
        let mut sum = zero();
        for (coefficients, power) in coefficients.iter().zip(self.table.as_flattened()) {
            sum = add_product(sum, plus(coefficients, &Single::default()), plus(&Quad::default(), power));
        }
        fold(sum)
    }

    /// Four polynomials of a whole block at y, and `value`, which is what is above them.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn below(&self, value: Factor, coefficients: &[Quad], correction: &Quad) -> Factor {
        let mut sum = add(limbs(correction), self.correction);
        let ((pairs, _), (power_pairs, _)) = (coefficients.as_chunks(), self.table.as_flattened().as_chunks());
        for ([even, odd], [even_power, odd_power]) in pairs.iter().zip(power_pairs) {
            sum = add_product(sum, plus(even, odd_power), plus(odd, even_power));
        }
        fold(add_product(sum, value, self.step))
    }
}
