//! A polynomial at a point, in any arithmetic without vectors that keeps to its contract.
//!
//! The contract is stated by [`Contract`], which refuses what it does not allow, and knows of a result no more than it
//! promises. `of_limbs` and the end of this file show that both arithmetics keep it.

use alloc::vec::Vec;
use core::cell::Cell;

use zeroize::DefaultIsZeroes;

use super::super::P;
use super::Element;
use super::claims::{at_most, congruent, equal};
use super::coefficients::Packed;
use super::expression::Expression;
use super::int::{Int, in_every_case};
use super::portable::{Arithmetic, Powers, corrections, evaluate};
use super::session::refuse;
use super::words::Words;

std::thread_local! {
    static BLOCK: Cell<usize> = const { Cell::new(2) };
}

/// An arithmetic of which only this is known.
struct Contract;

#[derive(Clone, Copy, Default)]
struct Factor {
    value: Int<300>,
    is: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Kind {
    /// A canonical element.
    #[default]
    Element,
    /// The sum of two.
    Joined,
    /// What `fold` gave: congruent to the sum, and no more.
    Folded,
}

/// An exact sum, and how many of what are in it.
#[derive(Clone, Copy, Default)]
struct Sum {
    value: Int<300>,
    elements: u32,
    products: u32,
    of_joined: u32,
    of_folded: u32,
}

impl DefaultIsZeroes for Factor {}
impl DefaultIsZeroes for Sum {}

impl Packed for Factor {
    const LANES: usize = 1;

    fn pack(elements: &mut impl Iterator<Item = Element>) -> Self {
        let element = elements.next().unwrap_or_default();
        Self { value: Int::of(element.expression()), is: Kind::Element }
    }

    fn unpack(&self, _: usize) -> Element {
        if self.is == Kind::Joined {
            refuse("a sum of two elements is not unpacked");
        }
        Element::canonical(&self.value.expression())
    }
}

impl Arithmetic for Contract {
    type Factor = Factor;
    type Sum = Sum;

    fn block(_: usize) -> usize {
        BLOCK.get()
    }

    fn join(a: Factor, b: Factor) -> Factor {
        if [a.is, b.is] != [Kind::Element; 2] {
            refuse("only elements are joined");
        }
        Factor { value: a.value + b.value, is: Kind::Joined }
    }

    fn add(sum: &mut Sum, element: Factor) {
        if element.is != Kind::Element {
            refuse("only elements are added");
        }
        sum.value += element.value;
        sum.elements += 1;
    }

    fn add_product(sum: &mut Sum, a: Factor, b: Factor) {
        sum.value += a.value * b.value;
        match [a.is, b.is] {
            [Kind::Element, Kind::Element] => sum.products += 1,
            [Kind::Joined, Kind::Joined] => sum.of_joined += 1,
            [Kind::Folded, Kind::Element] => sum.of_folded += 1,
            kinds => refuse(&alloc::format!("a product of {kinds:?}")),
        }
    }

    fn fold(sum: Sum) -> Factor {
        let block = u32::try_from(BLOCK.get()).unwrap();
        let is_block = sum.products == 0 && sum.elements <= 2 && sum.of_joined <= block / 2 && sum.of_folded <= 1;
        let is_top = sum.products <= block && sum.elements + sum.of_joined + sum.of_folded == 0;
        if !is_block && !is_top {
            refuse("more than a sum has room for");
        }
        Factor { value: Int::residue(P + 1, &sum.value.expression()), is: Kind::Folded }
    }
}

/// So many elements.
fn elements(count: usize) -> Vec<Element> {
    core::iter::repeat_with(Element::any).take(count).collect()
}

fn factors(elements: &[Element]) -> Vec<Factor> {
    elements.iter().map(|element| Factor::pack(&mut core::iter::once(*element))).collect()
}

/// The polynomial by its definition, with `above` in place of what is above its coefficients.
fn polynomial(elements: &[Element], above: &Expression, x: Element) -> Expression {
    elements.iter().rev().fold(above.clone(), |value, element| &(&value * &x.expression()) + &element.expression())
}

/// The blocks that there are.
const BLOCKS: [usize; 3] = [16, 32, 64];

#[test]
fn a_block_below_any_value_is_one_step_of_horners_rule() {
    for size in BLOCKS {
        BLOCK.set(size);
        in_every_case(|| {
            let (elements, x) = (elements(size), Element::any());
            let factors = factors(&elements);
            let own = corrections::<Contract>(factors.as_slice(), size);
            let above = Factor { value: Int::up_to(P + 1), is: Kind::Folded };
            let value = Powers::<Contract>::new(x, size).below(above, &factors, own[0]);
            congruent(&value.value.expression(), &polynomial(&elements, &above.value.expression(), x));
        });
    }
}

#[test]
fn what_is_left_above_the_blocks_is_the_polynomial_of_its_coefficients() {
    for size in BLOCKS {
        BLOCK.set(size);
        for (count, left) in (0..size).map(|left| (size, left)).chain((0..size).map(|left| (left, left))) {
            in_every_case(|| {
                let (elements, x) = (elements(left), Element::any());
                let value = Powers::<Contract>::new(x, count).at_the_top(&factors(&elements));
                congruent(&value.value.expression(), &polynomial(&elements, &Expression::default(), x));
            });
        }
    }
}

#[test]
fn a_whole_polynomial_is_right_with_no_block_one_or_two_and_anything_left() {
    for size in BLOCKS {
        BLOCK.set(size);
        for length in 0..3 * size {
            in_every_case(|| {
                let (elements, x) = (elements(length), Element::any());
                let factors = factors(&elements);
                let own = corrections::<Contract>(factors.as_slice(), length);
                assert_eq!(own.len(), length / size);
                let value = evaluate::<Contract>(factors.as_slice(), &own, length, x);
                congruent(&value.expression(), &polynomial(&elements, &Expression::default(), x));
            });
        }
    }
}

#[test]
fn the_arithmetic_of_words_keeps_the_contract() {
    in_every_case(|| {
        let (a, b) = (Element::any(), Element::any());
        let joined = Words::join(a.0, b.0);
        equal(&joined.expression(), &(&a.expression() + &b.expression()));
        let packed = <Int<128> as Packed>::pack(&mut core::iter::once(a));
        equal(&packed.expression(), &a.expression());
        let folded = Int::<128>::up_to(P + 1);
        congruent(&Packed::unpack(&folded, 0).expression(), &folded.expression());
        // The rest is what `of_sums` has: a sum takes any integers of 128 bits, of which these are some.
        at_most(joined, u128::MAX);
    });
    // Fewer terms than the 2^60 of `of_sums`.
    for length in 0..=4096 {
        assert!(BLOCKS.contains(&Words::block(length)));
    }
    assert_eq!(Words::block(usize::MAX), 64);
}
