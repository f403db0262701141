//! Where a message arrives.

use polyseal::{Identifier, MemoryLedger, Share};
use polyseal_testing::forge::World;

use super::honest::Honest;

/// A purpose, a place, and who seals.
type Statement = (&'static str, usize, fn(&World) -> &Share);

/// Where a message arrives, and what is sealed in it.
pub struct Desk {
    /// The honest ones. The first is the one to alter.
    pub messages: &'static [&'static str],
    /// `None` if it is no such message, else whether it was accepted.
    pub receive: fn(&Honest, &[u8], &mut MemoryLedger) -> Option<bool>,
    pub role: &'static str,
    pub to: fn() -> Identifier,
    /// Where the card holder's part is, if there is one.
    pub part: Option<&'static [usize]>,
    /// What the seller or the card manager sealed: its purpose, where it is, and who sealed it.
    pub statement: Option<Statement>,
}
