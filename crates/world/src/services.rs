//! What every service does with a message: the steps of the library, filed at once or later, and their facts.

mod bank;
mod demands;
mod dispatching;
mod recipient;
mod resolving;
mod seller;

use std::sync::Arc;

pub use demands::Addition;
use polyseal::card_manager::{
    Approval, AwaitingDecision, AwaitingResolution, CardManagerOrder, CardManagerRequest, Decided, Resolved,
};
use polyseal::message::{
    Authorization, Consigned, DeliveryReport, Direct, Dispatch, Envelope, Part, Receipt, Relay, Request, Response,
    Withdrawal,
};
use polyseal::recipient::Delivery;
use polyseal::seller::{Approved, Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{Ledger, LedgerError, Pending, Received, Refused};

use crate::network::{Kind, Message};
use crate::orders;
use crate::process::Party;
use crate::storage::Storage;
use crate::trace::{At, Digest, Fact, Later, Load, Nature, Role, Says, Until, fingerprint};
use crate::world::{Stop, World};

/// As a program with a database of its own does it.
fn file_by_hand<N, A>(
    pending: Pending<N, A>,
    storage: &mut Storage,
) -> Result<Received<N, A>, Refused<Pending<N, A>, LedgerError>> {
    let filed = storage.file(&pending.record());
    match filed {
        Ok(filed) => pending.complete(filed),
        Err(error) => Err(Refused { state: pending, error: LedgerError::Storage(error.into()) }),
    }
}

/// A step that waits to be filed.
pub enum Step {
    AtSeller(Box<Pending<AwaitingAuthorization, SellerOrder>>),
    Answer(Pending<Authorized>),
    Dispatch(Pending<Approved>, Role, u16),
    Addition(Pending<SellerOrder>, Addition),
    AtBank(Box<Pending<AwaitingDecision, CardManagerOrder>>),
    Approve(Pending<Approval, Decided>),
    Decline(Pending<Decided>),
    Request(Box<Pending<AwaitingResolution, CardManagerRequest>>),
    /// Whether it is the first attempt.
    Resolve(Box<Pending<Resolved, CardManagerRequest>>, bool),
    AtRecipient(Pending<Delivery>),
    Outcome(Pending<Delivery>, u16),
}

/// A message that was checked, and how often its ledger had changed before.
pub(crate) type Taken = Option<(Message, u64)>;

/// A step with what led to it.
pub struct Parked {
    step: Step,
    at: At,
    /// The message that was checked, if it was one.
    message: Option<Message>,
}

/// The order that a message names.
pub fn digest(kind: Kind, bytes: &[u8]) -> Option<Digest> {
    let digest = match kind {
        Kind::Envelope => Envelope::from_bytes(bytes).ok()?.digest(),
        Kind::Direct => Direct::from_bytes(bytes).ok()?.digest(),
        Kind::Relay => Relay::from_bytes(bytes).ok()?.digest(),
        Kind::Dispatch => Dispatch::from_bytes(bytes).ok()?.digest(),
        Kind::Authorization => Authorization::from_bytes(bytes).ok()?.digest(),
        Kind::Receipt => Receipt::from_bytes(bytes).ok()?.digest(),
        Kind::Request => Request::from_bytes(bytes).ok()?.digest(),
        Kind::Response => Response::from_bytes(bytes).ok()?.digest(),
        Kind::Delivery => DeliveryReport::from_bytes(bytes).ok()?.digest(),
        Kind::Withdrawal => Withdrawal::from_bytes(bytes).ok()?.digest(),
        Kind::Hello | Kind::Answer | Kind::Confirmation | Kind::Acknowledgement => return None,
    };
    Some(*digest.as_bytes())
}

/// A consignment, as facts tell it.
fn load(consigned: &Consigned) -> Load {
    let consignment = consigned.consignment();
    let instructions = fingerprint(consigned.instructions());
    Load { number: consignment.number(), last: consignment.is_last(), instructions }
}

/// A consignment, as receipts tell it.
fn reported(role: Role, consigned: &Consigned) -> (Role, u16, bool, Option<bool>) {
    let consignment = consigned.consignment();
    let failed = consigned.outcome().map(|outcome| outcome.failure().is_some());
    (role, consignment.number(), consignment.is_last(), failed)
}

/// Gives up at an error of the library, by its label.
macro_rules! or_refuse {
    ($result:expr) => {
        $result.map_err(|error| $crate::world::Stop::Refused(error.label()))
    };
}

pub(crate) use or_refuse;

/// The party of a process in the role of this step, with the handshakes that it has made.
macro_rules! acting {
    ($world:expr, $process:expr, $role:ident($name:ident)) => {
        let party = $world.party($process);
        let $crate::process::Party::$role($name) = &*party else { return Err(Stop::Refused("no-such-endpoint")) };
        let $name = &$name.with_evidence(&$world.sessions($process).evidence).unwrap();
    };
}

use acting;

impl World {
    pub fn party(&mut self, process: usize) -> Arc<Party> {
        let who = usize::from(self.who(process));
        let identity = &self.identities[who];
        self.processes[process].party(&identity.revoked, &identity.forms)
    }

    /// Files a step now, or lets it lie for a while.
    pub fn go_on(&mut self, process: usize, step: Step, message: Option<&Message>) -> Result<(), Stop> {
        let parked = Parked { step, at: self.at(process), message: message.cloned() };
        self.breath(process)?;
        let slow = self.processes[process].slow;
        if slow > 0 {
            self.processes[process].slow = 0;
            self.processes[process].parked.push((self.step + slow, parked));
            return Ok(());
        }
        self.finish(process, parked)
    }

    /// Files the steps that have waited long enough.
    pub fn unpark(&mut self, process: usize) {
        let step = self.step;
        while let Some(place) = self.processes[process].parked.iter().position(|(due, _)| *due <= step) {
            let (_, parked) = self.processes[process].parked.remove(place);
            let (message, before) = (parked.message.clone(), self.identity(process).storage.changes());
            // What was checked then may be too late, and what comes of it now.
            let clock = parked.at.clock.max(self.clock.at(process));
            if let Err(Stop::Refused(label)) = self.finish(process, parked) {
                match message {
                    Some(message) => self.refuse(process, &message, (label, clock), before),
                    None => self.counts.label(label),
                }
            }
        }
    }

    fn finish(&mut self, process: usize, Parked { step, at, message }: Parked) -> Result<(), Stop> {
        let before = self.identity(process).storage.changes();
        let taken = message.map(|message| (message, before));
        match step {
            Step::AtSeller(pending) => self.filed_at_seller(process, *pending, taken, at),
            Step::Answer(pending) => self.filed_answer(process, pending, taken, at),
            Step::Dispatch(pending, role, number) => self.filed_dispatch(process, pending, (role, number), at),
            Step::Addition(pending, what) => self.filed_addition(process, pending, what, taken, at),
            Step::AtBank(pending) => self.filed_at_bank(process, *pending, taken, at),
            Step::Approve(pending) => {
                let decided = self.file(process, pending)?;
                self.filed_decision(process, decided, at)
            }
            Step::Decline(pending) => {
                let decided = self.file(process, pending)?;
                self.filed_decision(process, decided, at)
            }
            Step::Request(pending) => self.filed_request(process, *pending, taken, at),
            Step::Resolve(pending, is_first) => self.filed_resolution(process, *pending, is_first, at),
            Step::AtRecipient(pending) => self.filed_at_recipient(process, pending, taken, at),
            Step::Outcome(pending, number) => self.filed_outcome(process, pending, number),
        }
    }

    /// Files a step, again if the storage fails, as a program does: in one call, or record by record. What came of it, and
    /// whether it is new.
    fn file<N: Into<A>, A>(&mut self, process: usize, pending: Pending<N, A>) -> Result<(A, bool), Stop> {
        let by_hand = self.step.is_multiple_of(2);
        let mut left = pending;
        for is_last in [false, false, true] {
            let storage = &mut self.identity(process).storage;
            let refused = match if by_hand { file_by_hand(left, storage) } else { left.file(storage) } {
                Ok(received) => {
                    let is_new = matches!(received, Received::New(_));
                    return Ok((received.into_inner(), is_new));
                }
                Err(refused) => refused,
            };
            let label = refused.error.label();
            if is_last || !refused.error.can_retry() {
                return Err(Stop::Refused(label));
            }
            self.counts.label(label);
            left = refused.state;
        }
        Err(Stop::Died)
    }

    /// The facts of a message that was taken.
    fn took(&mut self, process: usize, taken: Taken, is_again: bool) {
        let Some((message, before)) = taken else { return };
        let wrote = self.identity(process).storage.changes() != before;
        let label = match message.kind {
            Kind::Envelope => "envelope",
            Kind::Direct => "direct",
            Kind::Relay => "relay",
            Kind::Dispatch => "dispatch",
            Kind::Authorization => "authorization",
            Kind::Receipt => "receipt",
            Kind::Request => "request",
            Kind::Response => "response",
            Kind::Delivery => "delivery report",
            Kind::Withdrawal => "withdrawal",
            _ => "handshake",
        };
        let (who, nature) = (self.who(process), message.nature);
        // A first attempt may have failed after it was stored, so that the second one found its own work.
        let again = is_again && !(wrote && self.identity(process).storage.take_failed_after());
        let (print, digest) = (message.print, digest(message.kind, &message.bytes));
        self.fact(Fact::Took { who, nature, digest, print, again, wrote, label });
    }

    /// A state of an order as it once was, from which a process goes on now and then.
    fn old_export(&mut self, process: usize, digest: &Digest) -> Option<&[u8]> {
        let is_old = self.step.is_multiple_of(5) && !self.is_calm;
        let state = self.identity(process).exports.get(digest).filter(|_| is_old);
        state.map(Vec::as_slice)
    }

    /// Keeps a state as it is, unless an older one is kept.
    fn keep_export(&mut self, process: usize, digest: Digest, export: impl FnOnce() -> polyseal::Zeroizing<Vec<u8>>) {
        self.identity(process).exports.entry(digest).or_insert_with(|| export().to_vec());
    }

    /// A part that came out.
    fn has_part(&mut self, process: usize, part: &Part, asked: bool, new: bool, at: At) {
        let (who, digest) = (self.who(process), *part.digest().as_bytes());
        let Some(role) = crate::cast::role(who) else { return };
        let fields = orders::seen(part.fields().map(|(name, value)| (name.as_str(), value)));
        self.fact(Fact::Accepted { who, role, digest, fields, asked, new, at });
    }

    fn later(&mut self, process: usize, digest: Digest, what: Later) {
        let who = self.who(process);
        self.fact(Fact::Later { who, digest, what });
    }

    /// A receipt for the card holder, and what the giver's record says.
    fn give(
        &mut self,
        process: usize,
        part: &Part,
        role: Role,
        says: Says,
        receipt: Result<Receipt, polyseal::SendError>,
    ) {
        let digest = *part.digest().as_bytes();
        if let Some(receipt) = self.made(process, digest, Until::Settle, receipt) {
            self.later(process, digest, Later::Gave { role, says });
            self.reply(process, part.sender(), Kind::Receipt, receipt.to_bytes());
        }
    }

    /// What is not made is told, and stops nothing else.
    fn made<T>(
        &mut self,
        process: usize,
        digest: Digest,
        until: Until,
        made: Result<T, polyseal::SendError>,
    ) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                self.not_made(process, digest, until, error.label());
                None
            }
        }
    }

    pub(crate) fn not_made(&mut self, process: usize, digest: Digest, until: Until, label: &'static str) {
        self.counts.label(label);
        self.note_if_early(&digest, label);
        let (who, clock) = (self.who(process), self.clock.at(process));
        self.fact(Fact::NotMade { who, digest, label, until, clock });
    }

    fn reply(&mut self, process: usize, to: &polyseal::Identifier, kind: Kind, bytes: Vec<u8>) {
        if let Some(to) = crate::cast::CAST.who(to) {
            let from = self.who(process);
            self.send(from, to, kind, bytes, Nature::Genuine);
        }
    }
}
