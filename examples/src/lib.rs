//! What the examples share.
//!
//! To see how the library is used, read `party`: one module for each party, with its keys and its memory, that other
//! modules hand bytes and get bytes from. `network` enrols them and carries their messages, `cast` says who they are.
//! `outcome` and `report` are what a purchase came to, and how it is told.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "to be read, and of no use elsewhere"
)]

pub mod authority;
pub mod cards;
pub mod cast;
pub mod files;
pub mod forgery;
pub mod message;
pub mod network;
pub mod outcome;
pub mod party;
pub mod program;
pub mod report;
pub mod source;
