//! Placeholder front page, replaced with the README in this series.
#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "a test stops where its expectation fails"
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

// In the order in which data flows: a module uses only those above it.
mod blom;
mod domain;
mod export;
mod field;
mod hash;
mod identifier;
mod key;
mod name;
mod point;
mod wire;

pub use rand_core;
pub use zeroize::Zeroizing;

pub use blom::{Authority, AuthorityError, Capacity, IssueError, Register, Share};
pub use domain::{Cohort, CohortError, Domain, DomainError, Epoch, EpochError};
pub use identifier::{Identifier, IdentifierError};
pub use key::{CommonKey, KeyError, KeySource, PresharedKeys};
pub use name::{FieldName, Label, NameError, Role};
pub use point::Point;
pub use wire::{VERSION, WireError, limits};
