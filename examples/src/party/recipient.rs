//! The delivery service, and a recipient in a role of the form's own, such as a payment gateway.

use polyseal::message::{Direct, Dispatch, Relay};
use polyseal::policy::Peers;
use polyseal::recipient::Delivery;
use polyseal::{FieldName, MemoryLedger, Party, Received, Recipient, Role, Share};

use super::handshake::Handshakes;
use super::{Participant, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::Result;

/// An office of any kind.
pub struct Office {
    recipient: Recipient<Share>,
    handshakes: Handshakes,
    ledger: MemoryLedger,
    deliveries: Vec<Delivery>,
}

impl Office {
    pub fn new(role: Role, share: Share, sellers: Peers) -> Result<Self> {
        let recipient = Recipient::new(role, share, sellers)?;
        Ok(Self { recipient, handshakes: Handshakes::default(), ledger: ledger(), deliveries: Vec::new() })
    }

    pub fn role(&self) -> &Role {
        self.recipient.role()
    }

    /// What it has received: a delivery service has to deliver it.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}

impl Participant for Office {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Self { recipient, handshakes, ledger, deliveries } = self;
        // A delivery service takes dispatches alone, and so nothing that was not approved.
        let takes_all = *recipient.role() != Role::DELIVERY_SERVICE;
        let pending = match message.kind {
            Kind::Dispatch => recipient.receive_dispatch(&Dispatch::from_bytes(&message.bytes)?, now)?,
            Kind::Relay if takes_all => recipient.receive_relay(&Relay::from_bytes(&message.bytes)?, now)?,
            Kind::Direct if takes_all => recipient.receive_direct(&Direct::from_bytes(&message.bytes)?, now)?,
            kind if kind.is_handshake() => return Ok(handshakes.receive(recipient, message, &[], now)?.replies),
            _ => return unexpected(recipient.role(), message),
        };
        match pending.file(ledger)? {
            Received::New(delivery) => deliveries.push(delivery),
            // Nothing is delivered twice.
            Received::Again(_) => {}
        }
        Ok(Vec::new())
    }

    fn readable(&self) -> Vec<FieldName> {
        self.deliveries.iter().flat_map(|delivery| names(delivery.part())).collect()
    }
}
