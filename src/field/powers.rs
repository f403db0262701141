//! The powers of a point.

#![expect(clippy::arithmetic_side_effects, reason = "of elements, and of places in a slice")]

use super::Element;

/// 1, x, x², …: each place from two places about half as far, so that no multiplication waits for long.
pub(crate) fn fill_powers(x: Element, powers: &mut [Element]) {
    for i in 0..powers.len() {
        let power = match i {
            0 => Element::ONE,
            1 => x,
            _ => match (powers.get(i / 2), powers.get(i - i / 2)) {
                (Some(low), Some(high)) => *low * *high,
                _ => break,
            },
        };
        if let Some(place) = powers.get_mut(i) {
            *place = power;
        }
    }
}
