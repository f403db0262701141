//! The card manager: knows the cards, and approves or declines.

use polyseal::card_manager::{Approval, AwaitingDecision, CardManagerOrder, Settlement};
use polyseal::message::{Authorization, Direct, OrderDigest, Receipt, Relay};
use polyseal::policy::Peers;
use polyseal::{CardManager, FieldName, MemoryLedger, Order, Received, Role, Share};

use super::handshake::{Demand, Handshakes};
use super::{Participant, ledger, names, unexpected};
use crate::cards;
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// A bank.
pub struct Bank {
    manager: CardManager<Share>,
    handshakes: Handshakes,
    ledger: MemoryLedger,
    /// A record is a small order: names and secret values.
    cards: Vec<Order>,
    /// The orders that it has paid.
    approvals: Vec<Approval>,
    /// For the example's report.
    readable: Vec<FieldName>,
}

impl Bank {
    pub fn new(share: Share, sellers: Peers, cards: Vec<Order>, demand: &Demand) -> Self {
        Self {
            manager: CardManager::new(share, sellers).with_rules(demand.rules.clone()),
            handshakes: Handshakes::new(demand),
            ledger: ledger(),
            cards,
            approvals: Vec::new(),
            readable: Vec::new(),
        }
    }

    /// The settlements that it has booked.
    pub fn settled(&self) -> impl Iterator<Item = &Settlement> {
        self.approvals.iter().map(Approval::settlement)
    }

    /// Decides an order. An approval is kept: it has the settlement.
    fn decide(&mut self, awaiting: AwaitingDecision, now: u64) -> Result<Authorization> {
        let Self { manager, handshakes, ledger, .. } = self;
        let manager = &manager.with_evidence(&handshakes.evidence())?;
        let decided = if let Some(reason) = cards::objection(&self.cards, awaiting.part()) {
            awaiting.decline(manager, reason, now)?.file(ledger)?.into_inner()
        } else {
            match awaiting.approve(manager, now)?.file(ledger)? {
                Received::New(approval) => {
                    let authorization = approval.authorization(manager, &mut os_rng())?;
                    self.approvals.push(approval);
                    return Ok(authorization);
                }
                Received::Again(decided) => decided,
            }
        };
        Ok(decided.authorization(manager, &mut os_rng())?)
    }
}

impl Participant for Bank {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Self { manager: party, handshakes, ledger, .. } = self;
        let manager = party.with_evidence(&handshakes.evidence())?;
        let pending = match message.kind {
            Kind::Relay => manager.receive(&Relay::from_bytes(&message.bytes)?, now)?,
            Kind::Direct => manager.receive_direct(&Direct::from_bytes(&message.bytes)?, now)?,
            kind if kind.is_handshake() => return Ok(handshakes.receive(party, message, &[], now)?.replies),
            _ => return unexpected(&Role::CARD_MANAGER, message),
        };
        let answer = match pending.file(ledger)? {
            Received::New(awaiting) | Received::Again(CardManagerOrder::AwaitingDecision(awaiting)) => {
                self.readable = names(awaiting.part());
                self.decide(awaiting, now)?
            }
            // The seller asks again: the answer is the same, and nothing is paid twice.
            Received::Again(CardManagerOrder::Decided(decided)) => decided.authorization(&manager, &mut os_rng())?,
        };
        let (from, to) = (Role::CARD_MANAGER, Role::SELLER);
        Ok(vec![Message { from, to, kind: Kind::Authorization, bytes: answer.to_bytes() }])
    }

    fn receipt(&mut self, digest: OrderDigest, now: u64) -> Result<Option<Receipt>> {
        let manager = self.manager.with_evidence(&self.handshakes.evidence())?;
        let order = manager.find(digest).file(&mut self.ledger)?;
        Ok(Some(order.receipt(&manager, now, &mut os_rng())?))
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
