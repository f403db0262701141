//! The part of the ledger example that others use: its ledger, and the parties that keep one.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::len_without_is_empty,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "to be read, and of no use elsewhere"
)]

pub mod party;
pub mod redb_ledger;
