//! What the examples share.
//!
//! To see how the library is used, read `party`: one module for each party, with its keys and its memory, that other
//! modules hand bytes and get bytes from. `network` enrols them and carries their messages, `cast` says who they are.
//! `outcome` and `report` are what a purchase came to, and how it is told.
#![allow(dead_code, reason = "no example uses all of it")]

pub(crate) mod authority;
pub(crate) mod cards;
pub(crate) mod cast;
pub(crate) mod files;
pub(crate) mod forgery;
pub(crate) mod message;
pub(crate) mod network;
pub(crate) mod outcome;
pub(crate) mod party;
pub(crate) mod program;
pub(crate) mod report;
pub(crate) mod source;
