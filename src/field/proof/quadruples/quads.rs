//! The contract of the kernels: each refuses what no theorem of `of_quads` covers.

use zeroize::DefaultIsZeroes;

use super::super::coefficients::Packed;
use super::super::expression::Expression;
use super::super::int::Int;
use super::super::limbs::LIMBS;
use super::super::session::{power, refuse};
use super::Element;

/// The highest limbs that `limbs` gives.
pub(in super::super) const ELEMENT: [u64; LIMBS] =
    [(1 << 26) - 1, (1 << 26) - 1, (1 << 26) - 1, (1 << 26) - 1, (1 << 23) - 1];
/// The highest limbs that `fold` gives: a second carry stays in one of them.
pub(in super::super) const FOLDED: [u64; LIMBS] =
    [(1 << 26) - 1, (1 << 26) - 1 + (1 << 15), (1 << 26) - 1, (1 << 26) - 1, (1 << 26) - 1];
/// The highest limb of an element and a folded one.
pub(in super::super) const JOINED: u64 = ELEMENT[1] + FOLDED[1];
/// The highest limb that is multiplied.
pub(in super::super) const FACTOR: u64 = (1 << 28) - 1;
/// The highest limb that is added.
pub(in super::super) const ADDED: u64 = (1 << 60) - 1;
/// The highest column that is folded.
pub(in super::super) const SUM: u64 = u64::MAX - (1 << 39);

#[derive(Clone, Copy, Default)]
pub(super) struct Quad([Element; 4]);

impl DefaultIsZeroes for Quad {}

impl Packed for Quad {
    const LANES: usize = 4;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        Self([(); 4].map(|()| elements.next().unwrap_or_default()))
    }

    fn unpack(&self, lane: usize) -> Element {
        self.0[lane % 4]
    }
}

/// Any integers, which are seldom words.
type Value = Int<600>;

fn value(element: Element) -> Value {
    Int::of(element.expression())
}

fn any_congruent(value: &Expression) -> Value {
    Int::residue(power(132), value)
}

/// Four integers in limbs.
#[derive(Clone, Copy)]
pub(in super::super) struct Factor {
    pub(super) values: [Value; 4],
    /// The highest limb, or column.
    highest: u64,
    is: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Limbs up to [`ELEMENT`].
    Element,
    /// Limbs up to [`FOLDED`].
    Folded,
    /// Limbs with anything above bit 32.
    Plus,
    /// Limbs, or columns.
    Sum,
}

/// One of four.
#[derive(Clone, Copy, Default)]
pub(super) struct Single {
    value: Value,
    highest: u64,
}

impl Factor {
    /// The most that a product of limbs up to these adds to a column: five products, four of them eightfold.
    pub(in super::super) const fn product(a: u64, b: u64) -> u64 {
        33 * a * b
    }

    /// Anything that `fold` may give.
    pub(super) fn folded(values: [Value; 4]) -> Self {
        Self { values, highest: FOLDED[1], is: Kind::Folded }
    }

    fn has_nothing_above(self) -> bool {
        self.is != Kind::Plus
    }
}

pub(super) fn zero() -> Factor {
    Factor { values: [Value::default(); 4], highest: 0, is: Kind::Sum }
}

pub(super) fn spread(element: Element) -> Factor {
    limbs(&Quad([element; 4]))
}

pub(super) fn limbs(four: &Quad) -> Factor {
    Factor { values: four.0.map(value), highest: ELEMENT[1], is: Kind::Element }
}

pub(super) fn plus(four: &Quad, one: &Single) -> Factor {
    let is_zero = four.0.iter().all(|element| element.expression() == Expression::default());
    let highest = if is_zero { 0 } else { ELEMENT[1] } + one.highest;
    Factor { values: four.0.map(|element| value(element) + one.value), highest, is: Kind::Plus }
}

pub(super) fn paired(factor: Factor) -> [Single; 4] {
    if !matches!(factor.is, Kind::Element | Kind::Folded) {
        refuse("limbs that are too long for a pair");
    }
    factor.values.map(|value| Single { value, highest: FOLDED[1] })
}

pub(super) fn from_lane<const PLACES: i32>(factor: Factor) -> Factor {
    let lane = match PLACES {
        0b00_00_00_00 => 0,
        0b01_01_01_01 => 1,
        _ => refuse("an order that no theorem covers"),
    };
    if !matches!(factor.is, Kind::Element | Kind::Folded) {
        refuse("what is not folded");
    }
    Factor::folded([factor.values[lane]; 4])
}

pub(super) fn negative(factor: Factor) -> Factor {
    if factor.is != Kind::Folded {
        refuse("what is not folded");
    }
    let values = factor.values.map(|value| any_congruent(&(&Expression::default() - &value.expression())));
    Factor { values, highest: FACTOR, is: Kind::Sum }
}

pub(super) fn add(a: Factor, b: Factor) -> Factor {
    let are_short = a.highest <= ADDED && b.highest <= ADDED;
    if !are_short || !a.has_nothing_above() || !b.has_nothing_above() {
        refuse("limbs that are too long to be added");
    }
    let values = core::array::from_fn(|lane| a.values[lane] + b.values[lane]);
    Factor { values, highest: a.highest + b.highest, is: Kind::Sum }
}

pub(super) fn add_product(sum: Factor, a: Factor, b: Factor) -> Factor {
    if a.highest > FACTOR || b.highest > FACTOR || !sum.has_nothing_above() {
        refuse("limbs that are too long to be multiplied");
    }
    let Some(highest) = sum.highest.checked_add(Factor::product(a.highest, b.highest)) else {
        refuse("more products than a column has room for")
    };
    let values = core::array::from_fn(|lane| sum.values[lane] + a.values[lane] * b.values[lane]);
    Factor { values, highest, is: Kind::Sum }
}

pub(super) fn fold(sum: Factor) -> Factor {
    if sum.highest > SUM || !sum.has_nothing_above() {
        refuse("columns that are too full to be folded");
    }
    Factor::folded(sum.values.map(|value| any_congruent(&value.expression())))
}

pub(super) fn joined(factor: Factor) -> Element {
    if factor.is != Kind::Folded {
        refuse("what is not folded");
    }
    let sum = factor.values.iter().fold(Expression::default(), |sum, value| &sum + &value.expression());
    Element::canonical(&sum)
}
