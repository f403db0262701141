//! What colluders can do, for the program that shows it and for the tests that prove the bound with it.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "to be read, and of no use elsewhere"
)]

pub mod algebra;
pub mod coalition;
pub mod export;
