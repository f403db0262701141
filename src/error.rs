//! Why a step did not happen. There are two kinds: a message was not taken, and a message is not made.
//!
//! Misuse and public facts are named precisely, with what to do about them. Whatever depends on a key is one value,
//! `Rejected`.

mod receive;
mod send;

pub use receive::ReceiveError;
pub use send::SendError;

pub use crate::fault::{Fault, TimeError};
