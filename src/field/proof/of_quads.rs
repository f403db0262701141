//! Four elements at a time, by AVX2, over a model of its intrinsics.

use super::super::P;
use super::Element;
use super::claims::{at_most, congruent, difference_is_at_most, equal};
use super::coefficients::Packed;
use super::expression::Expression;
use super::int::{Int, in_every_case};
use super::limbs::{BITS, LIMBS};
use super::quadruples::quads::{ADDED, ELEMENT, FACTOR, FOLDED, Factor as Contract, JOINED, SUM};
use super::quads::{
    Factor, Quad, Single, add, add_product, fold, from_lane, joined, limbs, negative, paired, plus, spread, zero,
};
use super::session::power;

/// Any quad of elements.
fn quad() -> Quad {
    Quad::pack(&mut core::iter::repeat_with(Element::any))
}

/// Any factor with limbs up to these, and with nothing above them.
fn factor(highest: [u64; LIMBS]) -> Factor {
    highest.map(|highest| [0; 4].map(|_| Int::up_to(highest)))
}

/// The same with anything above bit 32.
fn factor_with_anything_above(highest: [u64; LIMBS]) -> Factor {
    factor(highest).map(|limb| limb.map(|low| Int::up_to(power(32) - 1).shifted(32) + low))
}

/// What the lanes of a factor stand for: the lower 32 bits count.
fn values(factor: Factor) -> [Expression; 4] {
    columns(lower(factor))
}

fn lower(factor: Factor) -> Factor {
    factor.map(|limb| limb.map(|lane| lane.cut_at(32).1))
}

/// What the lanes of a sum stand for.
fn columns(sum: Factor) -> [Expression; 4] {
    core::array::from_fn(|lane| {
        let weighed = sum.iter().zip(0..).map(|(limb, i)| limb[lane].expression().times(&power(BITS * i)));
        weighed.fold(Expression::default(), |sum, limb| &sum + &limb)
    })
}

/// That four expressions are those that are expected.
fn all(holds: impl Fn(&Expression, &Expression), found: &[Expression; 4], expected: &[Expression; 4]) {
    for (found, expected) in found.iter().zip(expected) {
        holds(found, expected);
    }
}

fn are_at_most(factor: Factor, highest: [u64; LIMBS]) {
    for (limb, highest) in factor.into_iter().zip(highest) {
        for lane in limb {
            at_most(lane, highest);
        }
    }
}

fn lane_by_lane(
    a: &[Expression; 4],
    b: &[Expression; 4],
    of: impl Fn(&Expression, &Expression) -> Expression,
) -> [Expression; 4] {
    core::array::from_fn(|lane| of(&a[lane], &b[lane]))
}

theorem!(a_quad_is_its_elements, {
    let elements = [0; 4].map(|_| Element::any());
    let quad = Quad::pack(&mut elements.into_iter());
    let expected = elements.map(Element::expression);
    all(equal, &columns(limbs(&quad)), &expected);
    are_at_most(limbs(&quad), ELEMENT);
    for (lane, element) in expected.iter().enumerate() {
        congruent(&quad.unpack(lane).expression(), element);
    }
});

theorem!(four_elements_plus_one_are_exact, {
    let (quad, folded) = (quad(), factor(FOLDED));
    for (lane, single) in paired(folded).into_iter().enumerate() {
        let (sum, one) = (plus(&quad, &single), &columns(folded)[lane]);
        let expected = columns(limbs(&quad)).map(|element| &element + one);
        all(equal, &values(sum), &expected);
        are_at_most(lower(sum), [JOINED; LIMBS]);
        let alone = plus(&Quad::default(), &single);
        all(equal, &values(alone), &[0; 4].map(|_| one.clone()));
        are_at_most(lower(alone), FOLDED);
    }
    let alone = plus(&quad, &Single::default());
    all(equal, &values(alone), &columns(limbs(&quad)));
    are_at_most(lower(alone), ELEMENT);
});

theorem!(a_product_is_added_to_columns_without_overflow, {
    let highest = [u64::from(u32::MAX) >> 6, FOLDED[1], JOINED, FACTOR];
    for (highest_a, highest_b) in highest.into_iter().flat_map(|a| highest.map(|b| (a, b))) {
        // Any sum with room for one more.
        let most = Contract::product(highest_a, highest_b);
        let sum = [0; LIMBS].map(|_| [0; 4].map(|_| Int::up_to(u64::MAX - most)));
        let [a, b] = [highest_a, highest_b].map(|highest| factor_with_anything_above([highest; LIMBS]));
        let expected = lane_by_lane(&values(a), &values(b), |a, b| a * b);
        let after = add_product(sum, a, b);
        all(congruent, &columns(after), &lane_by_lane(&columns(sum), &expected, |a, b| a + b));
        for (after, before) in after.as_flattened().iter().zip(sum.as_flattened()) {
            difference_is_at_most(*after, *before, most);
        }
    }
});

theorem!(a_fold_of_columns_is_congruent_and_short, {
    let sum = [0; LIMBS].map(|_| [0; 4].map(|_| Int::up_to(SUM)));
    let folded = fold(sum);
    all(congruent, &columns(folded), &columns(sum));
    are_at_most(folded, FOLDED);
});

theorem!(a_sum_of_factors_is_exact, {
    let (a, b) = (factor([ADDED; LIMBS]), factor([ADDED; LIMBS]));
    all(equal, &columns(add(a, b)), &lane_by_lane(&columns(a), &columns(b), |a, b| a + b));
    all(equal, &columns(zero()), &[0; 4].map(|_| Expression::default()));
});

theorem!(a_negative_is_congruent_and_short, {
    let folded = factor(FOLDED);
    let negated = negative(folded);
    all(congruent, &columns(negated), &columns(folded).map(|value| &Expression::default() - &value));
    are_at_most(negated, [FACTOR; LIMBS]);
});

theorem!(one_element_is_in_all_lanes, {
    let element = Element::any();
    all(equal, &columns(spread(element)), &[0; 4].map(|_| element.expression()));
    are_at_most(spread(element), ELEMENT);
    let factor = factor(FOLDED);
    let [first, second, ..] = columns(factor);
    all(equal, &columns(from_lane::<0b00_00_00_00>(factor)), &[0; 4].map(|_| first.clone()));
    all(equal, &columns(from_lane::<0b01_01_01_01>(factor)), &[0; 4].map(|_| second.clone()));
});

theorem!(the_lanes_are_joined_to_their_sum, {
    let folded = factor(FOLDED);
    let element = joined(folded);
    congruent(&element.expression(), &columns(folded).iter().fold(Expression::default(), |sum, lane| &sum + lane));
    at_most(element.0, P - 1);
});
