//! Why a step did not happen. There are two kinds: a message was not taken, and a message is not made.
//!
//! Misuse and public facts are named precisely, with what to do about them. Whatever depends on a key is one value,
//! `Rejected`.
//!
//! Both kinds say whose fault it is and whether trying again can help, and so do the errors of a ledger and of an authority.
//! The others are about a value (a text, an amount, a form, bytes of the wire): there the value is at fault, and the same one
//! fails again.

mod receive;
mod send;

pub use receive::ReceiveError;
pub use send::SendError;

pub use crate::fault::{Fault, TimeError};
