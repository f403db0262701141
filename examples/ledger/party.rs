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

use polyseal::{
    Approval, Approved, Authenticated, Authentication, AwaitingAuthentication, AwaitingDecision, CardManager,
    CardManagerOrder, Confirmed, DecideError, Decided, DeliveryService, Dispatch, Envelope, Ledger, LedgerKey,
    OrderDigest, Part, Received, Refused, Relay, Role, Seller, SellerOrder, Share,
};
use sha2::{Digest, Sha256};

use crate::redb_ledger::RedbLedger;
use polyseal_examples::files::Journal;
use polyseal_examples::program::{Result, os_rng};

/// A name for bytes in the journal.
fn fingerprint(bytes: &[u8]) -> String {
    OrderDigest::from_bytes(Sha256::digest(bytes).into()).to_string()
}

/// A seller. Its terminal is shared: what needs no ledger, such as an advance confirmation, can happen beside an order.
pub struct Shop {
    pub terminal: Arc<Seller<Share>>,
    pub ledger: RedbLedger,
    /// What it tells the delivery service, at this time.
    pub instructions: fn(u64) -> String,
}

impl Shop {
    /// Takes an order in.
    pub fn take_order(&mut self, envelope: &[u8], now: u64, journal: &mut Journal) -> Result<OrderDigest> {
        let envelope = Envelope::from_bytes(envelope)?;
        let digest = envelope.digest();
        if let Received::New(_) = self.terminal.receive(&envelope, now, &mut self.ledger)? {
            journal.add(format!("{digest} accepted seller"))?;
        }
        Ok(digest)
    }

    /// The card manager's part, for one that is confirmed if the seller's rules require it.
    pub fn relay<'c>(
        &self,
        digest: OrderDigest,
        met: impl Iterator<Item = &'c Confirmed>,
        now: u64,
    ) -> Result<Vec<u8>> {
        match resume(&self.terminal, &self.ledger, digest)? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                let awaiting = met.fold(awaiting, AwaitingAuthentication::with_confirmed);
                Ok(awaiting.relay(&Role::CARD_MANAGER, now, &mut os_rng())?.to_bytes())
            }
            _ => Err("the order was relayed before, and the relay is lost".into()),
        }
    }

    /// Takes the card manager's answer. Whether it is an approval: the first one is what counts.
    pub fn take_answer(&mut self, answer: &[u8], now: u64) -> Result<bool> {
        let answer = Authentication::from_bytes(answer)?;
        match resume(&self.terminal, &self.ledger, answer.digest())? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                let authenticated = awaiting.authenticate(&answer, now, &mut self.ledger);
                Ok(matches!(authenticated.map_err(Refused::into_error)?, Authenticated::Approved(_)))
            }
            SellerOrder::Approved(_) => Ok(true),
            SellerOrder::Declined(_) => Ok(false),
        }
    }

    /// The dispatch of an approved order: that of the first time, if there was one.
    pub fn dispatch<'c>(
        &mut self,
        digest: OrderDigest,
        met: impl Iterator<Item = &'c Confirmed>,
        now: u64,
        journal: &mut Journal,
    ) -> Result<Vec<u8>> {
        let SellerOrder::Approved(approved) = resume(&self.terminal, &self.ledger, digest)? else {
            return Err("the order is not approved".into());
        };
        let mut approved = met.fold(approved, Approved::with_confirmed);
        let instructions = (self.instructions)(now);
        let to = Role::DELIVERY_SERVICE;
        let sent = approved.dispatch(&to, instructions.as_bytes(), now, &mut self.ledger, &mut os_rng())?;
        let bytes = sent.to_bytes();
        journal.add(format!("{digest} dispatched {}", fingerprint(&bytes)))?;
        Ok(bytes)
    }
}

/// How far an order has come at a seller, by its ledger.
pub fn resume<'a>(
    terminal: &'a Seller<Share>,
    ledger: &RedbLedger,
    digest: OrderDigest,
) -> Result<SellerOrder<'a, Share>> {
    let state = ledger.load(&LedgerKey { role: Role::SELLER, digest })?;
    Ok(terminal.restore(&state.ok_or("the seller knows no such order")?)?)
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
        let received = self.terminal.receive(&relay, now, &mut self.ledger)?;
        if let Received::New(_) = received {
            journal.add(format!("{digest} accepted card-manager"))?;
        }
        let answer = match received {
            // Again, if it was accepted by a process that ended before it decided.
            Received::New(awaiting) | Received::Again(CardManagerOrder::AwaitingDecision(awaiting)) => {
                let objection = (self.objection)(awaiting.part());
                decide(awaiting, objection, now, &mut self.ledger, journal)?
            }
            Received::Again(CardManagerOrder::Decided(decided)) => repeat(&decided, journal)?,
        };
        let bytes = answer.to_bytes();
        journal.add(format!("{digest} answered {}", fingerprint(&bytes)))?;
        Ok(bytes)
    }
}

fn decide(
    awaiting: AwaitingDecision<'_, Share>,
    objection: Option<&str>,
    now: u64,
    ledger: &mut RedbLedger,
    journal: &mut Journal,
) -> Result<Authentication> {
    let digest = awaiting.part().digest();
    let refused = if let Some(reason) = objection {
        match awaiting.decline(reason, ledger, &mut os_rng()) {
            Ok(answer) => {
                journal.add(format!("{digest} decided declined"))?;
                return Ok(answer);
            }
            Err(refused) => refused,
        }
    } else {
        match awaiting.approve(now, ledger, &mut os_rng()) {
            Ok(Approval { authentication, settlement, .. }) => {
                journal.add(format!("{digest} decided approved"))?;
                // The settlement comes once, so no book has to be asked.
                journal.add(settled(settlement.digest()))?;
                return Ok(authentication);
            }
            Err(refused) => refused,
        }
    };
    match refused.into_error() {
        // Another process was faster: its answer is the answer.
        DecideError::AlreadyDecided(decided) => repeat(&decided, journal),
        error => Err(error.into()),
    }
}

/// The line that stands for the withdrawal of a sum.
fn settled(digest: OrderDigest) -> String {
    format!("{digest} settled")
}

/// The answer to an order that was decided before. The process may have ended before it settled.
fn repeat(decided: &Decided, journal: &mut Journal) -> Result<Authentication> {
    if let Some(settlement) = decided.settlement() {
        let line = settled(settlement.digest());
        if !journal.has(&line) {
            journal.add(line)?;
        }
    }
    Ok(decided.authentication().clone())
}

/// A delivery service.
pub struct Courier {
    pub terminal: Arc<DeliveryService<Share>>,
    pub ledger: RedbLedger,
}

impl Courier {
    /// Takes a dispatch in, and delivers.
    pub fn deliver(&mut self, dispatch: &[u8], now: u64, journal: &mut Journal) -> Result<()> {
        let dispatch = Dispatch::from_bytes(dispatch)?;
        let digest = dispatch.digest();
        let delivered = format!("{digest} delivered");
        match self.terminal.receive(&dispatch, now, &mut self.ledger)? {
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
