//! Where a message arrives.

use polyseal::{Identifier, MemoryLedger, Role, Share};
use polyseal_testing::forge::{World, speaker};
use polyseal_testing::role;

use super::honest::{Honest, filed, insert};

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
    /// The state of the order that the receiver's ledger has, if it has the order.
    pub filed: Option<&'static str>,
    /// Where the card holder's part is, if there is one.
    pub part: Option<&'static [usize]>,
    /// What the sender sealed besides: its purpose, where it is, and who sealed it.
    pub statement: Option<Statement>,
}

impl Desk {
    fn receiver(&self) -> (Identifier, Role) {
        ((self.to)(), role(self.role))
    }

    /// The receiver's ledger before the message arrives.
    pub fn ledger(&self, honest: &Honest) -> MemoryLedger {
        let mut ledger = MemoryLedger::new(9);
        if let Some(state) = self.filed {
            insert(&mut ledger, self.receiver(), honest.digest, &honest.states[state]);
        }
        ledger
    }

    /// What a ledger of the receiver's has of the honest order.
    pub fn found(&self, honest: &Honest, ledger: &mut MemoryLedger) -> Option<Vec<u8>> {
        filed(ledger, self.receiver(), honest.digest)
    }
}

/// In which role one seals a message of a purpose, in this purchase.
pub fn role_of(purpose: &str) -> &'static str {
    match purpose {
        "receipt" => "seller",
        "delivery" => "delivery-service",
        other => speaker(other),
    }
}
