//! A recipient in a role of the form's own, such as a payment gateway.

use polyseal::{Accepted, Direct, Dispatch, FieldName, MemoryLedger, Received, Recipient, Relay, Role, Share};

use super::confirmation::Confirmations;
use super::{Party, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::Result;

/// An office of any kind.
pub struct Office {
    role: Role,
    terminal: Recipient<Share>,
    confirmations: Confirmations,
    ledger: MemoryLedger,
    /// For the example's report.
    readable: Vec<FieldName>,
}

impl Office {
    pub fn new(role: Role, share: Share, sellers: Accepted) -> Result<Self> {
        let terminal = Recipient::new(role.clone(), share, sellers)?;
        Ok(Self { role, terminal, confirmations: Confirmations::default(), ledger: ledger(), readable: Vec::new() })
    }

    pub fn role(&self) -> &Role {
        &self.role
    }
}

impl Party for Office {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Self { terminal, confirmations, ledger, .. } = self;
        let received = match message.kind {
            Kind::Relay => terminal.receive(&Relay::from_bytes(&message.bytes)?, now, ledger)?,
            Kind::Direct => terminal.receive_direct(&Direct::from_bytes(&message.bytes)?, now, ledger)?,
            Kind::Dispatch => terminal.receive_dispatch(&Dispatch::from_bytes(&message.bytes)?, now, ledger)?,
            Kind::Hello | Kind::Answer | Kind::Confirmation => {
                return Ok(confirmations.receive(terminal, message, &[], now)?.replies);
            }
            Kind::Envelope | Kind::Authentication | Kind::Receipt => return unexpected(&self.role, message),
        };
        let (Received::New(delivery) | Received::Again(delivery)) = received;
        self.readable = names(delivery.part());
        Ok(Vec::new())
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
