//! The part of the ledger example that others use: how a party keeps its ledger, and the parties.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "to be read, and of no use elsewhere"
)]

pub mod books;
pub mod party;
