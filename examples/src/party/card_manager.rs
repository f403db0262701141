//! The card manager: knows the cards, approves or declines, and pays back what it grants.

use polyseal::card_manager::{
    Approval, AwaitingDecision, AwaitingResolution, CardManagerOrder, CardManagerRequest, Resolved, Settlement,
};
use polyseal::message::{Authorization, Direct, OrderDigest, Receipt, Relay, Request};
use polyseal::policy::Peers;
use polyseal::{CardManager, FieldName, MemoryLedger, Order, Received, Refused, Role, Share};

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
    /// What it has answered to demands: there is something to pay back in those that it granted.
    resolved: Vec<Resolved>,
    /// Why it will refuse the next demand.
    refusal: Option<String>,
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
            resolved: Vec::new(),
            refusal: None,
            readable: Vec::new(),
        }
    }

    /// The settlements that it has booked.
    pub fn settled(&self) -> impl Iterator<Item = &Settlement> {
        self.approvals.iter().map(Approval::settlement)
    }

    /// What it has answered to demands of sellers.
    pub fn resolved(&self) -> &[Resolved] {
        &self.resolved
    }

    /// Whether it is to refuse the next demand, and why.
    pub fn refuse(&mut self, reason: Option<String>) {
        self.refusal = reason;
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

    /// Answers a demand of the seller: the same, if it was answered before. What is new in it is booked.
    fn answer(&mut self, request: &Request, now: u64) -> Result<Vec<u8>> {
        let Self { manager, handshakes, ledger, refusal, .. } = self;
        let manager = &manager.with_evidence(&handshakes.evidence())?;
        let demand = match manager.receive_request(request, now)?.file(ledger)? {
            Received::New(demand) | Received::Again(CardManagerRequest::AwaitingResolution(demand)) => demand,
            Received::Again(CardManagerRequest::Resolved(resolved)) => {
                return Ok(resolved.response(manager, &mut os_rng())?.to_bytes());
            }
        };
        match resolve(manager, demand, refusal.take(), (ledger, now))? {
            Received::New(resolved) => {
                let response = resolved.response(manager, &mut os_rng())?;
                self.resolved.push(resolved);
                Ok(response.to_bytes())
            }
            Received::Again(CardManagerRequest::Resolved(resolved)) => {
                Ok(resolved.response(manager, &mut os_rng())?.to_bytes())
            }
            Received::Again(CardManagerRequest::AwaitingResolution(_)) => Err("the order has changed meanwhile".into()),
        }
    }
}

/// Grants what it need not refuse: the library says what cannot be granted.
fn resolve(
    manager: &CardManager<&Share>,
    demand: AwaitingResolution,
    refusal: Option<String>,
    (ledger, now): (&mut MemoryLedger, u64),
) -> Result<Received<Resolved, CardManagerRequest>> {
    let pending = match refusal {
        Some(reason) => demand.refuse(manager, &reason, now)?,
        None => match demand.grant(manager, now) {
            Ok(pending) => pending,
            Err(Refused { state, error }) => state.refuse(manager, &error.to_string(), now)?,
        },
    };
    Ok(pending.file(ledger)?)
}

/// For the seller.
fn answer(kind: Kind, bytes: Vec<u8>) -> Vec<Message> {
    vec![Message { from: Role::CARD_MANAGER, to: Role::SELLER, kind, bytes }]
}

impl Participant for Bank {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Self { manager: party, handshakes, ledger, .. } = self;
        let manager = party.with_evidence(&handshakes.evidence())?;
        let pending = match message.kind {
            Kind::Relay => manager.receive(&Relay::from_bytes(&message.bytes)?, now)?,
            Kind::Direct => manager.receive_direct(&Direct::from_bytes(&message.bytes)?, now)?,
            Kind::Request => {
                let response = self.answer(&Request::from_bytes(&message.bytes)?, now)?;
                return Ok(answer(Kind::Response, response));
            }
            kind if kind.is_handshake() => return Ok(handshakes.receive(party, message, &[], now)?.replies),
            _ => return unexpected(&Role::CARD_MANAGER, message),
        };
        let authorization = match pending.file(ledger)? {
            Received::New(awaiting) | Received::Again(CardManagerOrder::AwaitingDecision(awaiting)) => {
                self.readable = names(awaiting.part());
                self.decide(awaiting, now)?
            }
            // The seller asks again: the answer is the same, and nothing is paid twice.
            Received::Again(CardManagerOrder::Decided(decided)) => decided.authorization(&manager, &mut os_rng())?,
            Received::Again(CardManagerOrder::Cancelled(cancelled)) => {
                return Ok(answer(Kind::Response, cancelled.response(&manager, &mut os_rng())?.to_bytes()));
            }
        };
        Ok(answer(Kind::Authorization, authorization.to_bytes()))
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
