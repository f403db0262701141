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

use core::error::Error;

use getrandom::SysRng;
use polyseal::rand_core::{Rng, UnwrapErr};
use polyseal::{
    Approval, Approved, Authenticated, Authentication, AwaitingDecision, CardManager, CardManagerOrder, DecideError,
    Decided, DeliveryService, Dispatch, Envelope, Ledger, LedgerKey, OrderDigest, Received, Refused, Relay, Role,
    Seller, SellerOrder, Share,
};
use sha2::{Digest, Sha256};

use crate::files::Journal;
use crate::redb_ledger::RedbLedger;

pub(crate) type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The operating system's generator. Should it ever fail, there is nothing to go on with.
pub(crate) fn os_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// A name for bytes in the journal.
fn fingerprint(bytes: &[u8]) -> String {
    OrderDigest::from_bytes(Sha256::digest(bytes).into()).to_string()
}

/// A seller.
pub(crate) struct Shop {
    pub(crate) terminal: Seller<Share>,
    pub(crate) ledger: RedbLedger,
}

impl Shop {
    /// Takes an order in.
    pub(crate) fn take_order(&mut self, envelope: &[u8], now: u64, journal: &mut Journal) -> Result<OrderDigest> {
        let envelope = Envelope::from_bytes(envelope)?;
        let digest = envelope.digest();
        if let Received::New(_) = self.terminal.receive(&envelope, now, &mut self.ledger)? {
            journal.add(format!("{digest} accepted seller"))?;
        }
        Ok(digest)
    }

    /// The card manager's part.
    pub(crate) fn relay(&self, digest: OrderDigest, now: u64) -> Result<Vec<u8>> {
        match resume(&self.terminal, &self.ledger, digest)? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                Ok(awaiting.relay(&Role::CARD_MANAGER, now, &mut os_rng())?.to_bytes())
            }
            _ => Err("the order was relayed before, and the relay is lost".into()),
        }
    }

    /// Takes the card manager's answer. If that is an approval, gives the dispatch.
    pub(crate) fn take_answer(&mut self, answer: &[u8], now: u64, journal: &mut Journal) -> Result<Option<Vec<u8>>> {
        let answer = Authentication::from_bytes(answer)?;
        let approved = match resume(&self.terminal, &self.ledger, answer.digest())? {
            SellerOrder::AwaitingAuthentication(awaiting) => {
                match awaiting.authenticate(&answer, now, &mut self.ledger).map_err(Refused::into_error)? {
                    Authenticated::Approved(approved) => approved,
                    Authenticated::Declined(_) => return Ok(None),
                }
            }
            SellerOrder::Approved(approved) => approved,
            SellerOrder::Declined(_) => return Ok(None),
        };
        dispatch(approved, now, &mut self.ledger, journal).map(Some)
    }
}

/// How far an order has come, by the ledger.
fn resume<'a>(terminal: &'a Seller<Share>, ledger: &RedbLedger, digest: OrderDigest) -> Result<SellerOrder<'a, Share>> {
    let state = ledger.load(&LedgerKey { role: Role::SELLER, digest })?;
    Ok(terminal.restore(&state.ok_or("the seller knows no such order")?)?)
}

/// The dispatch of an order: of the first time, if there was one.
fn dispatch(
    mut approved: Approved<'_, Share>,
    now: u64,
    ledger: &mut RedbLedger,
    journal: &mut Journal,
) -> Result<Vec<u8>> {
    // Other words each time, and yet the same message.
    let instructions = format!("collect after {now}, gate {}", os_rng().next_u32());
    let sent = approved.dispatch(&Role::DELIVERY_SERVICE, instructions.as_bytes(), now, ledger, &mut os_rng())?;
    let bytes = sent.to_bytes();
    journal.add(format!("{} dispatched {}", sent.digest(), fingerprint(&bytes)))?;
    Ok(bytes)
}

/// A card manager.
pub(crate) struct Bank {
    pub(crate) terminal: CardManager<Share>,
    pub(crate) ledger: RedbLedger,
}

impl Bank {
    /// Takes a part in, decides if that is still to be done, and answers.
    pub(crate) fn answer(&mut self, relay: &[u8], now: u64, journal: &mut Journal) -> Result<Vec<u8>> {
        let relay = Relay::from_bytes(relay)?;
        let (digest, ledger) = (relay.digest(), &mut self.ledger);
        let answer = match self.terminal.receive(&relay, now, ledger)? {
            Received::New(awaiting) => {
                journal.add(format!("{digest} accepted card-manager"))?;
                decide(awaiting, now, ledger, journal)?
            }
            // Accepted by a process that ended before it decided.
            Received::Again(CardManagerOrder::AwaitingDecision(awaiting)) => decide(awaiting, now, ledger, journal)?,
            Received::Again(CardManagerOrder::Decided(decided)) => repeat(&decided, journal)?,
        };
        let bytes = answer.to_bytes();
        journal.add(format!("{digest} answered {}", fingerprint(&bytes)))?;
        Ok(bytes)
    }
}

/// A bank's mind depends on the moment: a limit is reached, a card is blocked. Here it is a die, so
/// that whoever decided twice would soon say two things.
fn objection() -> Option<&'static str> {
    os_rng().next_u32().is_multiple_of(4).then_some("not today")
}

fn decide(
    awaiting: AwaitingDecision<'_, Share>,
    now: u64,
    ledger: &mut RedbLedger,
    journal: &mut Journal,
) -> Result<Authentication> {
    let digest = awaiting.part().digest();
    let refused = if let Some(reason) = objection() {
        match awaiting.decline(reason, ledger, &mut os_rng()) {
            Ok(answer) => {
                journal.add(format!("{digest} decided declined"))?;
                return Ok(answer);
            }
            Err(refused) => refused,
        }
    } else {
        match awaiting.approve(now, ledger, &mut os_rng()) {
            Ok(Approval { authentication, settlement }) => {
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
pub(crate) struct Courier {
    pub(crate) terminal: DeliveryService<Share>,
    pub(crate) ledger: RedbLedger,
}

impl Courier {
    /// Takes a dispatch in, and delivers.
    pub(crate) fn deliver(&mut self, dispatch: &[u8], now: u64, journal: &mut Journal) -> Result<()> {
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
