//! Steps that wait for the ledger.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::endpoint::{Shown, Unheard};
use crate::error::TimeError;
use crate::identifier::Identifier;
use crate::ledger::{Change, Filed, Ledger, LedgerError, LedgerKey, Record};
use crate::message::SealedPart;
use crate::policy::PolicyError;
use crate::step::{Received, Refused};
use crate::wire::Secret;

/// A step that is checked and computed, and has not happened: its result is locked inside until its record is filed.
///
/// With a synchronous [`Ledger`] at hand, [`file`](Self::file) it in one call. With any other storage, file its
/// [`record`](Self::record) yourself, in a transaction of yours if you like, and [`complete`](Self::complete) the step
/// with what came of that. [The contract](crate::ledger) says what a storage has to do.
///
/// # Security
///
/// Time, policy and revocation were checked when the step was taken. File it at once; after a pause, such as a long
/// outage of the storage, drop it and take the step again from the message or the state.
///
/// `N` is what a new step gives, `A` what an order gives whose step was taken before.
#[must_use = "nothing has happened until the record is filed"]
pub struct Pending<N, A = N>(Box<Inner<N, A>>);

struct Inner<N, A> {
    entry: LedgerEntry<A>,
    renewal: Option<Renewal<A>>,
    step: Step<N, A>,
}

/// An entry of the ledger that a step is about, whatever comes of the step.
pub(crate) struct LedgerEntry<A> {
    pub(crate) key: LedgerKey,
    pub(crate) issued_at: u64,
    pub(crate) expires: u64,
    pub(crate) asked: Asked,
    pub(crate) resume: Resume<A>,
}

/// The parties that ask for the step, and their keys: the newest that the message or the state knows.
pub(crate) struct Asked {
    pub(crate) holder: Option<Shown>,
    pub(crate) seller: Option<(Identifier, Shown)>,
}

/// Reads what a ledger found.
pub(crate) type Resume<A> = fn(&Found<'_>) -> Result<A, LedgerError>;

/// What a ledger found for a key, and the parties that asked.
pub(crate) struct Found<'a> {
    pub(crate) key: &'a LedgerKey,
    pub(crate) state: &'a [u8],
    pub(crate) asked: Option<&'a Asked>,
}

/// Parts of an order that its card holder may have sealed again, and what brings a state that has older ones up to them.
pub(crate) struct Renewal<A> {
    pub(crate) parts: Resealed,
    pub(crate) renew: Renew<A>,
}

impl<A> Renewal<A> {
    fn apply(renewal: Option<&Self>, order: A) -> (A, Option<Renewed>) {
        match renewal {
            Some(Self { parts, renew }) => renew(order, parts),
            None => (order, None),
        }
    }
}

/// The parts of an envelope, as its own part vouches for them.
pub(crate) struct Resealed {
    pub(crate) revision: u64,
    pub(crate) companions: [u8; 32],
    pub(crate) others: Vec<SealedPart>,
}

/// Gives an order with the newer of both parts; if it had the older ones, with what is to be stored in place of its
/// revision.
pub(crate) type Renew<A> = fn(A, &Resealed) -> (A, Option<Renewed>);

/// A state to be stored in place of the one at a revision.
pub(crate) struct Renewed {
    pub(crate) state: Secret,
    pub(crate) replaces: u64,
}

enum Step<N, A> {
    /// A state to be stored in place of the one at a revision, or as the first.
    Store { next: N, state: Secret, replaces: Option<u64> },
    /// The same order with newer parts, to be stored.
    Renew { order: A, renewed: Renewed },
    /// The answer can only be what was filed before. Otherwise this is the error.
    LookUp { absent: OnlyKnown },
}

impl<A> LedgerEntry<A> {
    fn read(&self, state: &[u8]) -> Result<A, LedgerError> {
        (self.resume)(&Found { key: &self.key, state, asked: Some(&self.asked) })
    }
}

impl<N, A> Pending<N, A> {
    pub(crate) fn store(entry: LedgerEntry<A>, (next, state): (N, Secret), replaces: Option<u64>) -> Self {
        Self(Box::new(Inner { entry, renewal: None, step: Step::Store { next, state, replaces } }))
    }

    /// The same step. If the order is known with older parts, these take their place.
    pub(crate) fn renewing(mut self, renewal: Renewal<A>) -> Self {
        self.0.renewal = Some(renewal);
        self
    }

    /// A step that can only find what was filed before.
    pub(crate) fn look_up(entry: LedgerEntry<A>, absent: OnlyKnown) -> Self {
        Self(Box::new(Inner { entry, renewal: None, step: Step::LookUp { absent } }))
    }

    /// What is to be stored, or looked up.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        let Inner { entry: LedgerEntry { key, issued_at, expires, .. }, step, .. } = &*self.0;
        let change = match step {
            Step::Store { state, replaces: None, .. } => Change::Insert { state },
            Step::Store { state, replaces: Some(current), .. } => Change::Replace { current: *current, state },
            Step::Renew { renewed: Renewed { state, replaces }, .. } => Change::Replace { current: *replaces, state },
            Step::LookUp { .. } => Change::LookUp,
        };
        Record { key, issued_at: *issued_at, expires: *expires, change }
    }

    /// Completes the step with what your storage answered to its record.
    ///
    /// # Security
    ///
    /// Pass [`Filed::Done`] only for a change that is durable, or is part of a transaction that you commit before anything
    /// leaves.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the step does not happen, with the step, which can be filed again. [`LedgerError::Damaged`] if
    /// the answer is not the state of this order at this party, or does not fit the record.
    pub fn complete(self, filed: Filed) -> Result<Received<N, A>, Refused<Self, LedgerError>> {
        let Inner { entry, renewal, step } = *self.0;
        let refused_as = |absent: OnlyKnown| {
            let error = absent.clone().into();
            (Step::LookUp { absent }, error)
        };
        // L-2, L-3, L-6; L-4: only from here does a state come out, which makes the messages.
        let (step, error) = match (step, filed) {
            (Step::Store { next, .. }, Filed::Done) => return Ok(Received::New(next)),
            (Step::Renew { order, .. }, Filed::Done) => return Ok(Received::Again(order)),
            (step, Filed::Found(state)) => match (entry.read(&state), step) {
                (Ok(order), _) => match Renewal::apply(renewal.as_ref(), order) {
                    (order, None) => return Ok(Received::Again(order)),
                    (order, Some(renewed)) => (Step::Renew { order, renewed }, LedgerError::FileAgain),
                },
                // The order is not one of the party that asks for it.
                (Err(LedgerError::Absent), Step::LookUp { absent }) => refused_as(absent),
                (Err(error), step) => (step, error),
            },
            (step @ (Step::Store { replaces: Some(_), .. } | Step::Renew { .. }), Filed::Absent) => {
                (step, LedgerError::Absent)
            }
            (step @ Step::Store { replaces: None, .. }, Filed::BelowFloor) => (step, LedgerError::BelowFloor),
            (step @ Step::Store { replaces: None, .. }, Filed::Full) => (step, LedgerError::Full),
            (Step::LookUp { absent }, Filed::Absent) => refused_as(absent),
            (step, _) => (step, LedgerError::Damaged),
        };
        Err(Refused { state: Self(Box::new(Inner { entry, renewal, step })), error })
    }

    /// Files the record and completes the step. If the ledger says that it has to be filed once more
    /// ([`LedgerError::FileAgain`]), that is done, too.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] if the step does not happen, with the step, which can be filed again.
    pub fn file<L: Ledger + ?Sized>(self, ledger: &mut L) -> Result<Received<N, A>, Refused<Self, LedgerError>> {
        match self.file_once(ledger) {
            Err(Refused { state, error: LedgerError::FileAgain }) => state.file_once(ledger),
            filed => filed,
        }
    }

    fn file_once<L: Ledger + ?Sized>(self, ledger: &mut L) -> Result<Received<N, A>, Refused<Self, LedgerError>> {
        match ledger.file(&self.record()) {
            Ok(filed) => self.complete(filed),
            Err(error) => Err(Refused { state: self, error: LedgerError::Storage(error.into()) }),
        }
    }
}

impl<N, A> fmt::Debug for Pending<N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("record", &self.record()).finish_non_exhaustive()
    }
}

/// The search for an order in the ledger, by its digest: an answer that was filed can be had again without the message
/// that asked for it.
#[must_use = "nothing is known until the record is looked up"]
pub struct Lookup<A> {
    key: LedgerKey,
    resume: Resume<A>,
}

impl<A> Lookup<A> {
    pub(crate) fn new(key: LedgerKey, resume: Resume<A>) -> Self {
        Self { key, resume }
    }

    /// What is to be looked up.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record { key: &self.key, issued_at: 0, expires: 0, change: Change::LookUp }
    }

    /// The order, from what your storage answered to the record.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Absent`] if there is none; [`LedgerError::Damaged`] if the answer is not the state of this order at
    /// this party.
    pub fn complete(self, filed: Filed) -> Result<A, LedgerError> {
        match filed {
            Filed::Found(state) => (self.resume)(&Found { key: &self.key, state: &state, asked: None }),
            Filed::Absent => Err(LedgerError::Absent),
            Filed::Done | Filed::BelowFloor | Filed::Full => Err(LedgerError::Damaged),
        }
    }

    /// Looks the order up.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] as for [`complete`](Self::complete), or if the storage failed.
    pub fn file<L: Ledger + ?Sized>(self, ledger: &mut L) -> Result<A, LedgerError> {
        match ledger.file(&self.record()) {
            Ok(filed) => self.complete(filed),
            Err(error) => Err(LedgerError::Storage(error.into())),
        }
    }
}

impl<A> fmt::Debug for Lookup<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Why an order may be answered from the ledger only.
#[derive(Clone)]
pub(crate) enum OnlyKnown {
    /// The step was filed already.
    Filed,
    /// The time to accept it is over.
    Expired,
    /// This party does not deal with such an order.
    Policy(PolicyError),
    /// Its part does not open.
    Unopened(Unheard),
}

impl From<OnlyKnown> for LedgerError {
    fn from(reason: OnlyKnown) -> Self {
        match reason {
            OnlyKnown::Filed => Self::Absent,
            OnlyKnown::Expired => Self::Time(TimeError::Expired),
            OnlyKnown::Policy(error) => Self::Policy(error),
            OnlyKnown::Unopened(Unheard::Key(error)) => Self::Key(error),
            OnlyKnown::Unopened(Unheard::Rejected) => Self::Rejected,
        }
    }
}
