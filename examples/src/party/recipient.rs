//! The delivery service, and a recipient in a role of the form's own, such as a payment gateway.

use polyseal::message::{Direct, Dispatch, OrderDigest, Receipt, Relay};
use polyseal::policy::Peers;
use polyseal::recipient::Delivery;
use polyseal::{FieldName, MemoryLedger, Party, Received, Recipient, Role, Share};

use super::handshake::{Demand, Handshakes};
use super::{Participant, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// An office of any kind.
pub struct Office {
    recipient: Recipient<Share>,
    handshakes: Handshakes,
    ledger: MemoryLedger,
    deliveries: Vec<Delivery>,
}

impl Office {
    pub fn new(role: Role, share: Share, sellers: Peers, demand: &Demand) -> Result<Self> {
        let recipient = Recipient::new(role, share, sellers)?.with_rules(demand.rules.clone());
        Ok(Self { recipient, handshakes: Handshakes::new(demand), ledger: ledger(), deliveries: Vec::new() })
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
        let Self { recipient: party, handshakes, ledger, deliveries } = self;
        let recipient = party.with_evidence(&handshakes.evidence())?;
        // A delivery service takes dispatches alone, and so nothing that was not approved.
        let takes_all = *recipient.role() != Role::DELIVERY_SERVICE;
        let pending = match message.kind {
            Kind::Dispatch => recipient.receive_dispatch(&Dispatch::from_bytes(&message.bytes)?, now)?,
            Kind::Relay if takes_all => recipient.receive_relay(&Relay::from_bytes(&message.bytes)?, now)?,
            Kind::Direct if takes_all => recipient.receive_direct(&Direct::from_bytes(&message.bytes)?, now)?,
            kind if kind.is_handshake() => return Ok(handshakes.receive(party, message, &[], now)?.replies),
            _ => return unexpected(recipient.role(), message),
        };
        match pending.file(ledger)? {
            Received::New(delivery) => deliveries.push(delivery),
            // Nothing is delivered twice.
            Received::Again(_) => {}
        }
        Ok(Vec::new())
    }

    /// Of these only the delivery service gives receipts, of what it has.
    fn receipt(&mut self, digest: OrderDigest, now: u64) -> Result<Option<Receipt>> {
        let delivery = self.deliveries.iter().find(|delivery| delivery.part().digest() == digest);
        let Some(delivery) = delivery.filter(|_| *self.role() == Role::DELIVERY_SERVICE) else { return Ok(None) };
        let recipient = self.recipient.with_evidence(&self.handshakes.evidence())?;
        Ok(Some(delivery.receipt(&recipient, now, &mut os_rng())?))
    }

    fn readable(&self) -> Vec<FieldName> {
        self.deliveries.iter().flat_map(|delivery| names(delivery.part())).collect()
    }
}
