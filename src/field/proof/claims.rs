//! What a theorem claims of words: a claim that cannot be shown is refused.

use alloc::format;

use num_bigint::BigInt;

use super::expression::Expression;
use super::int::{Int, session};
use super::session::refuse;

/// That both are congruent modulo p for all values.
pub(super) fn congruent(found: &Expression, expected: &Expression) {
    session(|session| {
        let difference = session.modulo(&(found - expected));
        if difference != Expression::default() {
            refuse(&format!("not congruent, by {}", session.explained(&difference)));
        }
    });
}

/// That both are equal for all values.
pub(super) fn equal(found: &Expression, expected: &Expression) {
    if found != expected {
        refuse(&format!("not equal, by {}", session(|session| session.explained(&(found - expected)))));
    }
}

/// That a word is not above this one.
pub(super) fn at_most<const BITS: u32>(word: Int<BITS>, highest: impl Into<BigInt>) {
    let (high, highest) = (word.range().1, highest.into());
    if high > highest {
        refuse(&format!("up to {high:#x}, and not {highest:#x}"));
    }
}

/// That a word is not below another one, and above it by no more than this.
pub(super) fn difference_is_at_most<const BITS: u32>(word: Int<BITS>, other: Int<BITS>, most: impl Into<BigInt>) {
    let most = most.into();
    let difference = &word.expression() - &other.expression();
    let (low, high) = session(|session| session.range(&difference));
    if low < BigInt::ZERO || high > most {
        refuse(&format!("the difference is {low} to {high}, and not 0 to {most}"));
    }
}
