//! A polynomial at a point, in four classes.

use alloc::vec::Vec;

use super::super::claims::congruent;
use super::super::coefficients::Packed;
use super::super::expression::Expression;
use super::super::int::{Int, in_every_case};
use super::super::session::power;
use super::Element;
use super::avx2::{Avx2, Powers, corrections};
use super::quads::{Factor, Quad};

fn elements(count: usize) -> Vec<Element> {
    core::iter::repeat_with(Element::any).take(count).collect()
}

fn packed(elements: &[Element]) -> Vec<Quad> {
    let mut elements = elements.iter().copied();
    (0..elements.len().div_ceil(4)).map(|_| Quad::pack(&mut elements)).collect()
}

/// The polynomial of every fourth coefficient from `class` on, with `above` in place of what is above them.
fn polynomial(elements: &[Element], class: usize, step: usize, above: &Expression, x: Element) -> Expression {
    let own: Vec<_> = elements.iter().skip(class).step_by(step).collect();
    own.into_iter().rev().fold(above.clone(), |value, element| &(&value * &x.expression()) + &element.expression())
}

/// For each block the least number of coefficients with which it is chosen.
const BLOCKS: [(usize, usize); 3] = [(8, 0), (16, 161), (32, 641)];

theorem!(a_block_of_fours_below_any_values_is_one_step_of_horners_rule, {
    for (size, least) in BLOCKS {
        let (elements, y) = (elements(4 * size), Element::any());
        let packed = packed(&elements);
        // The correction of a block is chosen by the length of the whole.
        let mut whole = packed.clone();
        whole.resize(least.div_ceil(4).max(size), Quad::default());
        let own = corrections(whole.as_slice(), least.max(4 * size));
        let above = Factor::folded([(); 4].map(|()| Int::up_to(power(131))));
        let value = Powers::new(y, size).below(above, &packed, &own[0]);
        for (class, above) in above.values.iter().enumerate() {
            let expected = polynomial(&elements, class, 4, &above.expression(), y);
            congruent(&value.values[class].expression(), &expected);
        }
    }
});

theorem!(what_is_left_above_the_blocks_of_fours_is_the_polynomial_of_its_coefficients, {
    for (size, _) in BLOCKS {
        for left in 0..4 * size {
            let (elements, y) = (elements(left), Element::any());
            let value = Powers::new(y, size).at_the_top(&packed(&elements));
            for class in 0..4 {
                let expected = polynomial(&elements, class, 4, &Expression::default(), y);
                congruent(&value.values[class].expression(), &expected);
            }
        }
    }
});

#[test]
fn a_whole_polynomial_in_fours_is_right_with_a_few_blocks_and_anything_left() {
    let Some(avx2) = Avx2::detect() else { return };
    for (size, least) in BLOCKS {
        // What is left, and each block, are proven above for all of them: here is how they are put together.
        let ends = (least.div_ceil(4 * size)..).take(2).flat_map(|blocks| [4 * size * blocks, 4 * size * blocks + 1]);
        let lengths = (least..least + 2).chain(ends).chain(if least == 0 { 2..70 } else { 0..0 });
        for length in lengths {
            in_every_case(|| {
                let (elements, x) = (elements(length), Element::any());
                let packed = packed(&elements);
                let own = corrections(packed.as_slice(), length);
                assert_eq!(own.len(), length / (4 * size));
                let value = avx2.evaluate(packed.as_slice(), &own, length, x);
                congruent(&value.expression(), &polynomial(&elements, 0, 1, &Expression::default(), x));
            });
        }
    }
}
