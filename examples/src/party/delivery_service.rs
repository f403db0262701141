//! The delivery service: receives dispatches, and so nothing that was not approved.

use polyseal::{Accepted, Delivery, DeliveryService, Dispatch, FieldName, MemoryLedger, Received, Role, Share};

use super::confirmation::Confirmations;
use super::{Party, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::Result;

/// A courier.
pub struct Courier {
    terminal: DeliveryService<Share>,
    confirmations: Confirmations,
    ledger: MemoryLedger,
    deliveries: Vec<Delivery>,
}

impl Courier {
    pub fn new(share: Share, sellers: Accepted) -> Self {
        let terminal = DeliveryService::new(share, sellers);
        Self { terminal, confirmations: Confirmations::default(), ledger: ledger(), deliveries: Vec::new() }
    }

    /// What it has to deliver.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}

impl Party for Courier {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        if message.kind.is_handshake() {
            return Ok(self.confirmations.receive(&self.terminal, message, &[], now)?.replies);
        }
        let Kind::Dispatch = message.kind else { return unexpected(&Role::DELIVERY_SERVICE, message) };
        let dispatch = Dispatch::from_bytes(&message.bytes)?;
        match self.terminal.receive(&dispatch, now, &mut self.ledger)? {
            Received::New(delivery) => self.deliveries.push(delivery),
            // Nothing is delivered twice.
            Received::Again(_) => {}
        }
        Ok(Vec::new())
    }

    fn readable(&self) -> Vec<FieldName> {
        self.deliveries.iter().flat_map(|delivery| names(delivery.part())).collect()
    }
}
