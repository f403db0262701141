//! Words that stand for all their values at once: what the sources of the field are compiled over.
//!
//! An operation refuses where it may overflow, or keeps what it drops as a variable. Nothing wraps in silence.

use alloc::format;
use core::cell::RefCell;
use core::ops::{Add, AddAssign, BitAnd, BitOr, Mul, Shl, Shr, Sub};

use num_bigint::BigInt;
use zeroize::DefaultIsZeroes;

use super::expression::Expression;
use super::session::{Cases, Range, Session, Values, power, refuse};

std::thread_local! {
    static SESSION: RefCell<Session> = RefCell::new(Session::new(Cases::default()));
}

pub(super) fn session<R>(act: impl FnOnce(&mut Session) -> R) -> R {
    SESSION.with_borrow_mut(act)
}

/// Runs a theorem once for each case: how many there were.
pub(super) fn in_every_case(theorem: impl Fn()) -> usize {
    let mut cases = Some(Cases::default());
    let mut count = 0;
    while let Some(these) = cases {
        session(|session| *session = Session::new(these));
        theorem();
        count += 1;
        cases = session(core::mem::take).next_cases();
    }
    count
}

/// Runs code over words with these values of its inputs, in order: what [`Int::value`] then gives is what it computes.
pub(super) fn with_values<R>(inputs: impl IntoIterator<Item = u128>, act: impl FnOnce() -> R) -> R {
    session(|session| {
        *session = Session::new(Cases::default());
        session.values = Some(Values::new(inputs));
    });
    act()
}

/// An unsigned word of so many bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Int<const BITS: u32>(usize);

impl<const BITS: u32> DefaultIsZeroes for Int<BITS> {}

/// An overflow, 0 or 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag(usize);

impl<const BITS: u32> Int<BITS> {
    pub(super) const ONE: Self = Self(1);
    /// Any word.
    pub(super) fn any() -> Self {
        Self::up_to(power(BITS) - 1)
    }

    /// Any word up to this one.
    pub(super) fn up_to(highest: impl Into<BigInt>) -> Self {
        Self::of(session(|session| session.input((BigInt::ZERO, highest.into()))))
    }

    /// Any word up to `highest` that is congruent to `value` modulo p.
    pub(super) fn residue(highest: impl Into<BigInt>, value: &Expression) -> Self {
        Self::of(session(|session| session.residue((BigInt::ZERO, highest.into()), value)))
    }

    /// The word that is this expression, which has to fit.
    pub(super) fn of(value: Expression) -> Self {
        let (low, high) = session(|session| session.range(&value));
        if low < BigInt::ZERO || high >= power(BITS) {
            refuse(&format!("{low} to {high:#x} in a word of {BITS} bits"));
        }
        Self(session(|session| session.word(value)))
    }

    pub(super) fn expression(self) -> Expression {
        session(|session| session.expression(self.0).clone())
    }

    pub(super) fn range(self) -> Range {
        session(|session| session.range(session.expression(self.0)))
    }

    /// Takes it as known that the word is not above this. A theorem says so where it uses it.
    pub(super) fn is_at_most(self, highest: impl Into<BigInt>) {
        session(|session| {
            let of = session.expression(self.0).clone();
            session.know(&of, (BigInt::ZERO, highest.into()));
        });
    }

    /// The value in a run with values.
    pub(super) fn value(self) -> BigInt {
        session(|session| session.value(session.expression(self.0))).unwrap_or_default()
    }

    /// What `compute` gives is in this range, by that of the operands.
    fn computed(value: Expression, range: Range) -> Self {
        if range.0 < BigInt::ZERO || range.1 >= power(BITS) {
            // The expression may allow less than the operands do.
            return Self::of(value);
        }
        session(|session| session.know(&value, range));
        Self::of(value)
    }

    fn parts(self, k: u32, in_cases: bool) -> (Expression, Expression) {
        parts(&self.expression(), k, in_cases)
    }

    /// The lower bits, as a word of another length.
    pub(super) fn cut<const LESS: u32>(self) -> Int<LESS> {
        Int::of(self.parts(LESS, false).1)
    }

    /// The bits from `by` on, and those below `by`: never the matter of two cases.
    pub(super) fn cut_at(self, by: u32) -> (Self, Self) {
        let (upper, lower) = self.parts(by, false);
        (Self::of(upper), Self::of(lower))
    }

    /// So many bits to the left. What is shifted out is a variable of its own: the result is right only where it makes
    /// no difference.
    fn shifted_left(self, by: u32, in_cases: bool) -> Self {
        let (_, lower) = self.parts(BITS - by, in_cases);
        let (low, high) = session(|session| session.range(&lower));
        Self::computed(lower.times(&power(by)), (low << by, high << by))
    }

    pub(super) fn shifted(self, by: u32) -> Self {
        self.shifted_left(by, false)
    }

    /// How many bits a constant has that is all ones.
    fn bits_of_a_mask(self) -> u32 {
        let Some(mask) = self.expression().as_constant() else { refuse("a mask that is not constant") };
        let bits = u32::try_from(mask.bits()).unwrap_or_else(|_| refuse("a mask that is too long"));
        if power(bits) - 1 != mask {
            refuse("a mask with a gap");
        }
        bits
    }

    /// The bits of a mask, never the matter of two cases.
    pub(super) fn masked(self, mask: Self) -> Self {
        self.cut_at(mask.bits_of_a_mask()).1
    }

    /// Both operands have to fit together: that it cannot wrap is what has to be shown.
    pub(super) fn wrapping_add(self, other: Self) -> Self {
        self + other
    }

    pub(super) fn overflowing_add(self, other: Self) -> (Self, Flag) {
        let (a, b) = (self.range(), other.range());
        let sum = &self.expression() + &other.expression();
        session(|session| session.know(&sum, (a.0 + b.0, a.1 + b.1)));
        let (upper, lower) = parts(&sum, BITS, false);
        (Self::of(lower), Flag(Int::<1>::of(upper).0))
    }

    pub(super) fn constant(value: impl Into<BigInt>) -> Self {
        Self::of(Expression::constant(value))
    }
}

/// The bits of a number from `k` on, and those below.
fn parts(of: &Expression, k: u32, in_cases: bool) -> (Expression, Expression) {
    session(|session| {
        let upper = session.upper(of, k, in_cases);
        let lower = of - &upper.times(&power(k));
        let (low, high) = session.range(&lower);
        session.know(&lower, (low.max(BigInt::ZERO), high.min(power(k) - 1)));
        (upper, lower)
    })
}

impl<const BITS: u32> Add for Int<BITS> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (a, b) = (self.range(), other.range());
        let (left, right) = (self.expression(), other.expression());
        let sum = Self::computed(&left + &right, (&a.0 + &b.0, &a.1 + &b.1));
        session(|session| {
            session.know_parts(&left, &right, &b);
            session.know_parts(&right, &left, &a);
        });
        sum
    }
}

impl<const BITS: u32> Sub for Int<BITS> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let (a, b) = (self.range(), other.range());
        Self::computed(&self.expression() - &other.expression(), (a.0 - b.1, a.1 - b.0))
    }
}

impl<const BITS: u32> Mul for Int<BITS> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (a, b) = (self.range(), other.range());
        Self::computed(&self.expression() * &other.expression(), (a.0 * b.0, a.1 * b.1))
    }
}

impl<const BITS: u32> AddAssign for Int<BITS> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const BITS: u32> Shr<u32> for Int<BITS> {
    type Output = Self;

    fn shr(self, by: u32) -> Self {
        if by >= BITS {
            refuse("a shift by more bits than there are");
        }
        Self::of(self.parts(by, true).0)
    }
}

impl<const BITS: u32> Shl<u32> for Int<BITS> {
    type Output = Self;

    fn shl(self, by: u32) -> Self {
        if by >= BITS {
            refuse("a shift by more bits than there are");
        }
        self.shifted_left(by, true)
    }
}

impl<const BITS: u32> BitAnd for Int<BITS> {
    type Output = Self;

    fn bitand(self, mask: Self) -> Self {
        Self::of(self.parts(mask.bits_of_a_mask(), true).1)
    }
}

impl<const BITS: u32> BitOr for Int<BITS> {
    type Output = Self;

    /// Of words that have no bit in common: it is their sum.
    fn bitor(self, other: Self) -> Self {
        let fits = |low: Self, high: Self| {
            let zeros = high.expression().trailing_zeros().unwrap_or(BITS);
            low.range().1 < power(zeros)
        };
        if !fits(self, other) && !fits(other, self) {
            refuse("words that may have a bit in common");
        }
        self + other
    }
}

macro_rules! with_constants {
    ($($bits:literal $constant:ty),*) => { $(
        impl Add<$constant> for Int<$bits> {
            type Output = Self;

            fn add(self, other: $constant) -> Self {
                self + Self::constant(other)
            }
        }

        impl Sub<Int<$bits>> for $constant {
            type Output = Int<$bits>;

            fn sub(self, other: Int<$bits>) -> Int<$bits> {
                Int::constant(self) - other
            }
        }

        impl BitAnd<$constant> for Int<$bits> {
            type Output = Self;

            fn bitand(self, other: $constant) -> Self {
                self & Self::constant(other)
            }
        }
    )* };
}

with_constants!(32 u32, 64 u64, 128 u128);

macro_rules! extended {
    ($($from:literal to $to:literal),*) => { $(
        impl From<Int<$from>> for Int<$to> {
            fn from(word: Int<$from>) -> Self {
                Self::of(word.expression())
            }
        }
    )* };
}

extended!(32 to 64, 32 to 128, 64 to 128);

impl From<Flag> for Int<64> {
    fn from(flag: Flag) -> Self {
        Self(flag.0)
    }
}

impl<'a, const BITS: u32> core::iter::Sum<&'a Self> for Int<BITS> {
    fn sum<I: Iterator<Item = &'a Self>>(words: I) -> Self {
        words.fold(Self::default(), |sum, word| sum + *word)
    }
}
