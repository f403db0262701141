//! The three parties that accept orders. Between two messages each keeps nothing but its ledger.
//!
//! Every step is in the same order: the ledger first, within the library; then a line in the
//! journal; then the message leaves. So whatever others have seen is in both, and what a crash
//! takes away, nobody has seen.
//!
//! Withdrawing and delivering cannot be in the ledger's transaction here: they happen outside.
//! A crash may fall between the two, and so both go by one rule. On what is new, act; on what was
//! there before, act only if the journal has nothing under the order's digest. Here the line in the
//! journal *is* the act. A bank would hand the digest to its booking system as the key under which
//! a sum is withdrawn once.

use std::sync::Arc;

use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Decided};
use polyseal::handshake::Evidence;
use polyseal::message::{Authorization, Dispatch, Envelope, OrderDigest, Part, Relay};
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{CardManager, Received, Recipient, Role, Seller, Share};
use sha2::{Digest, Sha256};

use crate::redb_ledger::RedbLedger;
use polyseal_examples::files::Journal;
use polyseal_examples::prices::Prices;
use polyseal_examples::program::{Result, os_rng};

/// A name for bytes in the journal.
fn fingerprint(bytes: &[u8]) -> String {
    OrderDigest::from_bytes(Sha256::digest(bytes).into()).to_string()
}

/// A seller. Its terminal is shared: what needs no ledger, such as a handshake, can happen beside an order.
pub struct Shop {
    pub terminal: Arc<Seller<Share>>,
    pub ledger: RedbLedger,
    pub prices: Prices,
    /// What it tells the delivery service, at this time.
    pub instructions: fn(u64) -> String,
}

impl Shop {
    /// Takes an order in.
    pub fn take_order(&mut self, envelope: &[u8], now: u64, journal: &mut Journal) -> Result<OrderDigest> {
        let envelope = Envelope::from_bytes(envelope)?;
        let digest = envelope.digest();
        let received = self.terminal.receive(&envelope, now)?.file(&mut self.ledger)?;
        if let Received::New(_) = received {
            journal.add(format!("{digest} accepted seller"))?;
        }
        if let Received::New(awaiting) | Received::Again(SellerOrder::AwaitingAuthorization(awaiting)) = received {
            self.prices.admit(awaiting.part())?;
        }
        Ok(digest)
    }

    /// How far an order has come, by the ledger.
    pub fn order(&mut self, digest: OrderDigest) -> Result<SellerOrder> {
        Ok(self.terminal.find(digest).file(&mut self.ledger)?)
    }

    /// The card manager's part, for one that has answered in a handshake if the seller's rules require it.
    pub fn relay(&mut self, digest: OrderDigest, met: &Evidence, now: u64) -> Result<Vec<u8>> {
        let (order, seller) = (self.order(digest)?, self.terminal.with_evidence(met)?);
        let relay = match order {
            SellerOrder::AwaitingAuthorization(order) => {
                order.relay(&seller, &Role::CARD_MANAGER, now, &mut os_rng())?
            }
            SellerOrder::Approved(order) => order.relay(&seller, &Role::CARD_MANAGER, now, &mut os_rng())?,
            SellerOrder::Declined(_) => return Err("the order was declined".into()),
        };
        Ok(relay.to_bytes())
    }

    /// Takes the card manager's answer. Whether it is an approval: the first one is what counts.
    pub fn take_answer(&mut self, answer: &[u8], now: u64) -> Result<bool> {
        let answer = Authorization::from_bytes(answer)?;
        match self.order(answer.digest())? {
            SellerOrder::AwaitingAuthorization(awaiting) => {
                let authorized = awaiting.authorize(&self.terminal, &answer, now)?.file(&mut self.ledger)?;
                Ok(matches!(authorized.into_inner(), Authorized::Approved(_)))
            }
            SellerOrder::Approved(_) => Ok(true),
            SellerOrder::Declined(_) => Ok(false),
        }
    }

    /// The dispatch of an approved order, with the instructions of the first time if there was one.
    pub fn dispatch(
        &mut self,
        digest: OrderDigest,
        met: &Evidence,
        now: u64,
        journal: &mut Journal,
    ) -> Result<Vec<u8>> {
        let SellerOrder::Approved(approved) = self.order(digest)? else {
            return Err("the order is not approved".into());
        };
        let (seller, to) = (self.terminal.with_evidence(met)?, Role::DELIVERY_SERVICE);
        let instructions = (self.instructions)(now);
        let pending = approved.dispatch(&seller, &to, instructions.as_bytes(), now)?;
        let approved = pending.file(&mut self.ledger)?.into_inner();
        let sent = approved.dispatch_message(&seller, &to, now, &mut os_rng())?;
        // Each sending seals anew: what stays the same is the instructions.
        let filed = fingerprint(approved.instructions(&to).unwrap_or_default());
        journal.add(format!("{digest} dispatched {filed}"))?;
        Ok(sent.to_bytes())
    }
}

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
                    journal.add(format!("{digest} decided declined"))?;
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
}

/// The line that stands for the withdrawal of a sum.
fn settled(digest: OrderDigest) -> String {
    format!("{digest} settled")
}

/// An order that was decided before. The process may have ended before it settled.
fn repeat(decided: Decided, journal: &mut Journal) -> Result<Decided> {
    if let Some(settlement) = decided.settlement() {
        let line = settled(settlement.digest());
        if !journal.has(&line) {
            journal.add(line)?;
        }
    }
    Ok(decided)
}

/// A delivery service.
pub struct Courier {
    pub terminal: Arc<Recipient<Share>>,
    pub ledger: RedbLedger,
}

impl Courier {
    /// Takes a dispatch in, and delivers.
    pub fn deliver(&mut self, dispatch: &[u8], now: u64, journal: &mut Journal) -> Result<()> {
        let dispatch = Dispatch::from_bytes(dispatch)?;
        let digest = dispatch.digest();
        let delivered = format!("{digest} delivered");
        match self.terminal.receive_dispatch(&dispatch, now)?.file(&mut self.ledger)? {
            Received::New(_) => {
                journal.add(format!("{digest} accepted delivery-service"))?;
                journal.add(delivered)?;
            }
            // Accepted by a process that may have ended before it delivered.
            Received::Again(_) if !journal.has(&delivered) => journal.add(delivered)?,
            Received::Again(_) => {}
        }
        Ok(())
    }
}
