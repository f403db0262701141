//! A model of the intrinsics that `quads` uses, over words that stand for all their values.
//!
//! It is written over any lane: the tests below compare it with the processor over lanes that are numbers.

use super::int::Int;

/// A lane of 64 bits. What would wrap is refused, or nothing.
pub(super) trait Lane: Copy {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// The bits from `by` on, and those below.
    fn cut_at(self, by: u32) -> (Self, Self);
    /// To the left: what is shifted out is lost.
    fn shifted(self, by: u32) -> Self;
    /// The bits of a mask of ones.
    fn masked(self, mask: Self) -> Self;
    /// The same, if it is below 2^32.
    fn half(self) -> Self;
}

impl Lane for Int<64> {
    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn times(self, other: Self) -> Self {
        self * other
    }

    fn cut_at(self, by: u32) -> (Self, Self) {
        Self::cut_at(self, by)
    }

    fn shifted(self, by: u32) -> Self {
        Self::shifted(self, by)
    }

    fn masked(self, mask: Self) -> Self {
        Self::masked(self, mask)
    }

    fn half(self) -> Self {
        Int::<32>::of(self.expression()).into()
    }
}

/// Four lanes, lowest first.
pub(super) type Lanes<L> = [L; 4];
pub(super) type Vector = Lanes<Int<64>>;

fn lane_by_lane<L: Lane>(a: Lanes<L>, b: Lanes<L>, compute: impl Fn(L, L) -> L) -> Lanes<L> {
    core::array::from_fn(|lane| compute(a[lane], b[lane]))
}

/// Two words of 32 bits in one of 64.
fn pair<L: Lane>(high: L, low: L) -> L {
    high.shifted(32).plus(low)
}

pub(super) fn _mm256_add_epi32<L: Lane>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    lane_by_lane(a, b, |a, b| {
        let ((a_high, a_low), (b_high, b_low)) = (a.cut_at(32), b.cut_at(32));
        pair(a_high.plus(b_high).half(), a_low.plus(b_low).half())
    })
}

pub(super) fn _mm256_add_epi64<L: Lane>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    lane_by_lane(a, b, L::plus)
}

pub(super) fn _mm256_sub_epi64<L: Lane>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    lane_by_lane(a, b, L::minus)
}

pub(super) fn _mm256_and_si256<L: Lane>(a: Lanes<L>, mask: Lanes<L>) -> Lanes<L> {
    lane_by_lane(a, mask, L::masked)
}

/// The product of the lower halves of each lane.
pub(super) fn _mm256_mul_epu32<L: Lane>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    lane_by_lane(a, b, |a, b| a.cut_at(32).1.times(b.cut_at(32).1))
}

fn left<L: Lane>(a: Lanes<L>, by: i32) -> Lanes<L> {
    a.map(|lane| lane.shifted(by.unsigned_abs()))
}

pub(super) fn _mm256_slli_epi64<const BY: i32>(a: Vector) -> Vector {
    left(a, BY)
}

fn right<L: Lane>(a: Lanes<L>, by: i32) -> Lanes<L> {
    a.map(|lane| lane.cut_at(by.unsigned_abs()).0)
}

pub(super) fn _mm256_srli_epi64<const BY: i32>(a: Vector) -> Vector {
    right(a, BY)
}

/// Each lane from the place that two bits of `places` say.
fn permuted<L: Lane>(a: Lanes<L>, places: i32) -> Lanes<L> {
    [0, 2, 4, 6].map(|at| match places >> at & 3 {
        0 => a[0],
        1 => a[1],
        2 => a[2],
        _ => a[3],
    })
}

pub(super) fn _mm256_permute4x64_epi64<const PLACES: i32>(a: Vector) -> Vector {
    permuted(a, PLACES)
}

pub(super) fn everywhere<L: Lane>(value: L) -> Lanes<L> {
    [value; 4]
}

/// Eight words of 32 bits, lowest first.
pub(super) fn vector<L: Lane>(words: [impl Into<L>; 8]) -> Lanes<L> {
    let [w0, w1, w2, w3, w4, w5, w6, w7] = words.map(Into::into);
    [pair(w1, w0), pair(w3, w2), pair(w5, w4), pair(w7, w6)]
}

pub(super) fn lanes<L: Lane>(vector: Lanes<L>) -> Lanes<L> {
    vector
}

mod tests {
    use super::super::super::avx2::Avx2;
    use super::super::super::machine::{low_half, low_word};
    use super::super::super::vectors::{self as processor, Vector};
    use super::super::chance::random;
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

    /// A number, or nothing where it would have wrapped.
    #[derive(Clone, Copy, Debug)]
    struct Number(Option<u64>);

    impl From<u32> for Number {
        fn from(value: u32) -> Self {
            Self(Some(value.into()))
        }
    }

    impl Number {
        fn with(self, other: Self, of: impl Fn(u64, u64) -> Option<u64>) -> Self {
            Self(self.0.zip(other.0).and_then(|(a, b)| of(a, b)))
        }
    }

    impl Lane for Number {
        fn plus(self, other: Self) -> Self {
            self.with(other, u64::checked_add)
        }

        fn minus(self, other: Self) -> Self {
            self.with(other, u64::checked_sub)
        }

        fn times(self, other: Self) -> Self {
            self.with(other, u64::checked_mul)
        }

        fn cut_at(self, by: u32) -> (Self, Self) {
            (Self(self.0.map(|value| value >> by)), Self(self.0.map(|value| value & ((1 << by) - 1))))
        }

        fn shifted(self, by: u32) -> Self {
            Self(self.0.map(|value| value << by))
        }

        fn masked(self, mask: Self) -> Self {
            self.with(mask, |value, mask| Some(value % (mask + 1)))
        }

        fn half(self) -> Self {
            Self(self.0.filter(|value| value >> 32 == 0))
        }
    }

    /// Two vectors from random numbers, their sums below 2^64 in half of the cases; or from all pairs of edges.
    fn inputs() -> impl Iterator<Item = [[u64; 4]; 2]> {
        let edges = EDGES.into_iter().flat_map(|a| EDGES.map(|b| [[a, b, b, a], [b, a, b, a]]));
        let mut random = random().map(low_word);
        edges.chain(core::iter::repeat_with(move || {
            [0; 2].map(|_| {
                let shift = random.next().unwrap() % 34;
                [0; 4].map(|_| random.next().unwrap() >> shift)
            })
        }))
    }

    /// That the lanes that do not wrap are those of the processor. How many they are.
    #[target_feature(enable = "avx2")]
    fn same(found: Lanes<Number>, by_processor: Vector) -> u32 {
        let pairs = found.into_iter().zip(processor::lanes(by_processor));
        pairs.filter_map(|(Number(found), lane)| found.map(|found| assert_eq!(found, lane))).map(|()| 1).sum()
    }

    #[target_feature(enable = "avx2")]
    fn compared() {
        let mut count = [0; 10];
        for [a, b] in inputs().take(CASES) {
            let words = |v: [u64; 4]| [0, 1, 2, 3, 4, 5, 6, 7].map(|i: usize| low_half(v[i / 2] >> (32 * (i % 2))));
            let ([p, q], [m, n]) =
                ([a, b].map(|v| processor::vector(words(v))), [a, b].map(|v| v.map(|lane| Number(Some(lane)))));
            let mask = (1 << 26) - 1;
            for (count, same) in count.iter_mut().zip([
                same(m, p),
                same(vector(words(a)), p),
                same(_mm256_add_epi32(m, n), processor::_mm256_add_epi32(p, q)),
                same(_mm256_add_epi64(m, n), processor::_mm256_add_epi64(p, q)),
                same(_mm256_sub_epi64(m, n), processor::_mm256_sub_epi64(p, q)),
                same(_mm256_mul_epu32(m, n), processor::_mm256_mul_epu32(p, q)),
                same(
                    _mm256_and_si256(m, everywhere(Number(Some(mask)))),
                    processor::_mm256_and_si256(p, processor::everywhere(mask)),
                ),
                same(
                    _mm256_and_si256(m, everywhere(Number(Some(u32::MAX.into())))),
                    processor::_mm256_and_si256(p, processor::everywhere(u32::MAX.into())),
                ),
                same(permuted(m, 0b00_00_00_00), processor::_mm256_permute4x64_epi64::<0b00_00_00_00>(p))
                    + same(permuted(m, 0b01_01_01_01), processor::_mm256_permute4x64_epi64::<0b01_01_01_01>(p)),
                same(left(m, 3), processor::_mm256_slli_epi64::<3>(p))
                    + same(left(m, 32), processor::_mm256_slli_epi64::<32>(p))
                    + same(right(m, 26), processor::_mm256_srli_epi64::<26>(p))
                    + same(right(m, 32), processor::_mm256_srli_epi64::<32>(p)),
            ]) {
                *count += same;
            }
        }
        // Some lanes wrap; most do not.
        assert!(count.iter().all(|count| *count as usize > CASES), "{count:?}");
    }

    #[test]
    #[expect(unsafe_code, reason = "the intrinsics are for a processor that not everybody has")]
    fn the_model_is_as_the_processor_is() {
        if Avx2::detect().is_some() {
            // SAFETY: the processor has AVX2.
            unsafe { compared() };
        }
    }
}
