//! The card manager.

use std::sync::Arc;

use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, CardManagerRequest, Decided, Resolved};
use polyseal::message::{OrderDigest, Part, Relay, Request};
use polyseal::{CardManager, Received, Refused, Share};

use super::{act_once, fingerprint};
use polyseal_examples::journal::Journal;
use polyseal_examples::program::{Result, os_rng};
use polyseal_redb::RedbLedger;

/// Why an order does not go ahead, if it does not. The seller reads this.
pub type Objection = Box<dyn Fn(&Part) -> Option<&'static str> + Send>;

/// A card manager.
pub struct Bank {
    pub terminal: Arc<CardManager<Share>>,
    pub ledger: RedbLedger,
    pub objection: Objection,
}

impl Bank {
    /// Takes a part in, decides if that is still to be done, and answers.
    pub fn answer(&mut self, relay: &[u8], now: u64, journal: &mut Journal) -> Result<Vec<u8>> {
        let relay = Relay::from_bytes(relay)?;
        let digest = relay.digest();
        let received = self.terminal.receive(&relay, now)?.file(&mut self.ledger)?;
        if let Received::New(_) = received {
            journal.add(format!("{digest} accepted card-manager"))?;
        }
        let decided = match received.into_inner() {
            // Or again, if it was accepted by a process that ended before it decided.
            CardManagerOrder::AwaitingDecision(awaiting) => self.decide(awaiting, now, journal)?,
            CardManagerOrder::Decided(decided) => repeat(decided, journal)?,
            // A seller that has asked for that does not relay any more.
            CardManagerOrder::Cancelled(_) => return Err("the order is cancelled".into()),
        };
        let answer = decided.authorization(&self.terminal, &mut os_rng())?;
        // Each sending seals anew: what stays the same is the decision.
        let said = fingerprint(decided.reason().unwrap_or("approved").as_bytes());
        journal.add(format!("{digest} answered {said}"))?;
        Ok(answer.to_bytes())
    }

    /// The decision, this one or the first. If another process was faster, its decision is the decision.
    fn decide(&mut self, awaiting: AwaitingDecision, now: u64, journal: &mut Journal) -> Result<Decided> {
        let digest = awaiting.part().digest();
        if let Some(reason) = (self.objection)(awaiting.part()) {
            return match awaiting.decline(&self.terminal, reason, now)?.file(&mut self.ledger)? {
                Received::New(decided) => {
                    journal.add(declined(digest))?;
                    Ok(decided)
                }
                Received::Again(decided) => repeat(decided, journal),
            };
        }
        match awaiting.approve(&self.terminal, now)?.file(&mut self.ledger)? {
            Received::New(approval) => {
                journal.add(format!("{digest} decided approved"))?;
                // The settlement comes once, so no book has to be asked.
                journal.add(settled(approval.settlement().digest()))?;
                Ok(approval.into_decided())
            }
            Received::Again(decided) => repeat(decided, journal),
        }
    }

    /// Takes a demand of the seller, grants it if it can be granted and is not answered, and answers.
    pub fn resolve(&mut self, request: &[u8], now: u64, journal: &mut Journal) -> Result<Vec<u8>> {
        let request = Request::from_bytes(request)?;
        let resolved = match self.terminal.receive_request(&request, now)?.file(&mut self.ledger)? {
            Received::New(demand) | Received::Again(CardManagerRequest::AwaitingResolution(demand)) => {
                let pending = match demand.grant(&self.terminal, now) {
                    Ok(pending) => pending,
                    // The library says what cannot be granted.
                    Err(Refused { state, error }) => state.refuse(&self.terminal, &error.to_string(), now)?,
                };
                match pending.file(&mut self.ledger)? {
                    Received::New(resolved) | Received::Again(CardManagerRequest::Resolved(resolved)) => resolved,
                    Received::Again(_) => return Err("the order has changed meanwhile: ask again".into()),
                }
            }
            Received::Again(CardManagerRequest::Resolved(resolved)) => resolved,
        };
        pay_back(&resolved, journal)?;
        Ok(resolved.response(&self.terminal, &mut os_rng())?.to_bytes())
    }
}

/// The line that stands for the withdrawal of a sum.
fn settled(digest: OrderDigest) -> String {
    format!("{digest} settled")
}

/// The line that stands for a refusal.
fn declined(digest: OrderDigest) -> String {
    format!("{digest} decided declined")
}

/// An order that was decided before. The process may have ended before it settled, or noted that it declined.
fn repeat(decided: Decided, journal: &mut Journal) -> Result<Decided> {
    let line = decided.settlement().map_or_else(|| declined(decided.part().digest()), |due| settled(due.digest()));
    act_once(journal, line)?;
    Ok(decided)
}

/// Pays back what is granted. A crash may have cut the approval off from its withdrawal: that comes first.
fn pay_back(resolved: &Resolved, journal: &mut Journal) -> Result<()> {
    let (digest, line) = match (resolved.refund(), resolved.reversal()) {
        (Some(refund), _) => (refund.digest(), format!("refunded {} {}", refund.number(), refund.sum())),
        (None, Some(reversal)) => (reversal.digest(), format!("reversed {} {}", reversal.number(), reversal.sum())),
        (None, None) => return Ok(()),
    };
    act_once(journal, settled(digest))?;
    act_once(journal, format!("{digest} {line}"))
}
