//! The parties. Each has its own share and its own ledger, private to its module, and deals with the others in bytes
//! only.

pub mod card_holder;
pub mod card_manager;
pub mod handshake;
pub mod recipient;
pub mod seller;

use std::collections::BTreeSet;

use polyseal::message::{OrderDigest, Part, Receipt};
use polyseal::{FieldName, MemoryLedger, Role, SendError};

use crate::message::Message;
use crate::program::Result;

/// When a party acts on an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The seller dispatches what is approved, and the delivery service delivers it.
    AtOnce,
    /// Each waits until it is told.
    AsTold,
}

/// What comes of a step that a party was told to take: messages, or that the library refuses it. It is an error if an order
/// in this state has no such step.
pub type Deed = Result<core::result::Result<Vec<Message>, SendError>>;

/// A party that receives.
pub trait Participant {
    /// Takes a message at the time `now`, and gives those that follow from it.
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>>;

    /// Its receipt of an order for the card holder: how far the order has come. None if it has none to give.
    fn receipt(&mut self, digest: OrderDigest, now: u64) -> Result<Option<Receipt>>;

    /// The fields whose values it has come to know.
    fn readable(&self) -> Vec<FieldName>;
}

/// The names of the fields in a part: of those too whose values the party has forgotten since.
pub fn names(part: &Part) -> Vec<FieldName> {
    let names: BTreeSet<_> = part.fields().map(|(name, _)| name).chain(part.forgotten()).collect();
    names.into_iter().cloned().collect()
}

/// The answer to a message that a party has no use for.
fn unexpected<T>(role: &Role, message: &Message) -> Result<T> {
    Err(format!("the {role} has no use for a message of kind \"{}\"", message.kind).into())
}

/// An empty ledger. A real one is a table in the party's database, see [`polyseal::Ledger`].
fn ledger() -> MemoryLedger {
    MemoryLedger::new(1000)
}
