//! What the examples share.
//!
//! To see how the library is used, read `simple.rs` and then `party`. That has one module for each party, with its keys
//! and its memory: other modules give it bytes and get bytes. `network` enrols the parties and carries their messages,
//! and `cast` names them. `story` has what happens to an order after its approval, `outcome` the results of a purchase, and
//! `report` prints them.
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
pub mod journal;
pub mod lists;
pub mod message;
pub mod network;
pub mod outcome;
pub mod party;
pub mod prices;
pub mod program;
pub mod report;
pub mod source;
pub mod story;
pub mod text;
