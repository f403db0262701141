//! A deterministic world that tries to break the library through its public API. See the package's README.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    clippy::must_use_candidate,
    reason = "a program of the tests stops where it fails"
)]

pub mod random;
pub mod trace;
pub mod oracle;
pub mod clock;
pub mod network;
pub mod storage;
pub mod cast;
pub mod orders;
pub mod script;
pub mod report;
pub mod plans;
pub mod process;
pub mod services;
pub mod sessions;
pub mod people;
pub mod world;
pub mod forge;
pub mod liars;
pub mod play;
pub mod shrink;
