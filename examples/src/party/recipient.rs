//! The delivery service, and a recipient in a role of the form's own, such as a payment gateway.

use polyseal::message::{Consigned, Direct, Dispatch, OrderDigest, Receipt, Relay};
use polyseal::policy::Peers;
use polyseal::recipient::Delivery;
use polyseal::{FieldName, LedgerError, MemoryLedger, Party, Recipient, Refused, Role, Share};

use super::handshake::{Demand, Handshakes};
use super::{Deed, Pace, Participant, ledger, names, unexpected};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// An office of any kind.
pub struct Office {
    recipient: Recipient<Share>,
    handshakes: Handshakes,
    ledger: MemoryLedger,
    /// Whether it delivers at once what it gets.
    pace: Pace,
    /// An order each.
    deliveries: Vec<Delivery>,
}

impl Office {
    pub fn new(role: Role, share: Share, sellers: Peers, (demand, pace): (&Demand, Pace)) -> Result<Self> {
        let recipient = Recipient::new(role, share, sellers)?.with_rules(demand.rules.clone());
        let handshakes = Handshakes::new(demand);
        Ok(Self { recipient, handshakes, ledger: ledger(), pace, deliveries: Vec::new() })
    }

    pub fn role(&self) -> &Role {
        self.recipient.role()
    }

    /// What it has received: a delivery service has to deliver it.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Notes what became of a consignment, that it was delivered or why not, and tells the seller. What was noted first
    /// stays, and is told again.
    pub fn report(&mut self, digest: OrderDigest, number: u16, failure: Option<&str>, now: u64) -> Deed {
        let recipient = self.recipient.with_evidence(&self.handshakes.evidence())?;
        let delivery = match recipient.find(digest).file(&mut self.ledger) {
            Err(LedgerError::Absent) => return Err(format!("the {} has nothing of it", recipient.role()).into()),
            found => found?,
        };
        let noted = match failure {
            None => delivery.delivered(&recipient, number, now),
            Some(reason) => delivery.failed(&recipient, number, reason, now),
        };
        let delivery = match noted {
            Ok(pending) => pending.file(&mut self.ledger)?.into_inner(),
            Err(Refused { error, .. }) => return Ok(Err(error)),
        };
        let report = delivery.delivery_report(&recipient, number, &mut os_rng())?;
        let (from, to) = (recipient.role().clone(), Role::SELLER);
        self.keep(delivery);
        Ok(Ok(vec![Message { from, to, kind: Kind::Delivery, bytes: report.to_bytes() }]))
    }

    /// Keeps an order as it is now.
    fn keep(&mut self, delivery: Delivery) {
        self.deliveries.retain(|other| other.part().digest() != delivery.part().digest());
        self.deliveries.push(delivery);
    }
}

impl Participant for Office {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Self { recipient: party, handshakes, ledger, .. } = self;
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
        let delivery = pending.file(ledger)?.into_inner();
        let (digest, consignment) = (delivery.part().digest(), delivery.consignment().map(Consigned::consignment));
        self.keep(delivery);
        match consignment.filter(|_| self.pace == Pace::AtOnce) {
            // Nothing is delivered twice, whatever comes twice.
            Some(consignment) => Ok(self.report(digest, consignment.number(), None, now)??),
            None => Ok(Vec::new()),
        }
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
