//! Steps that wait for the ledger.

use alloc::boxed::Box;
use core::fmt;

use crate::endpoint::{Shown, Unheard};
use crate::error::TimeError;
use crate::identifier::Identifier;
use crate::ledger::{Change, Filed, Ledger, LedgerError, LedgerKey, Record};
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
    entry: LedgerEntry,
    resume: Resume<N, A>,
    step: Step<N, A>,
}

/// An entry of the ledger that a step is about, whatever comes of the step.
pub(crate) struct LedgerEntry {
    pub(crate) key: LedgerKey,
    pub(crate) issued_at: u64,
    pub(crate) expires: u64,
    pub(crate) asked: Askers,
}

/// The parties that ask for the step, and their keys: the newest that the message or the state knows.
pub(crate) struct Askers {
    pub(crate) holder: Option<Shown>,
    pub(crate) seller: Option<(Identifier, Shown)>,
    /// Whether the seller may ask for an order that the card holder sent itself.
    pub(crate) even_if_direct: bool,
}

/// What a step makes of an order that the ledger has.
pub(crate) type Resume<N, A> = Box<dyn Fn(&Found<'_>) -> Result<Resumed<N, A>, LedgerError> + Send + Sync>;

/// An order that the ledger has, as it is or with something new.
pub(crate) enum Resumed<N, A> {
    /// The step was taken before.
    Known(A),
    /// The step adds something to the order: it comes out when that is stored.
    Amended(Received<N, A>, Amendment),
}

/// A state to be stored, and the name of its stage.
pub(crate) struct Content {
    pub(crate) state: Secret,
    pub(crate) stage: &'static str,
}

/// A state to be stored in place of the one at a revision.
pub(crate) struct Amendment {
    pub(crate) content: Content,
    pub(crate) replaces: u64,
}

/// A step that adds nothing to an order which the ledger has.
pub(crate) fn known<N, A>(read: impl Fn(&Found<'_>) -> Result<A, LedgerError> + Send + Sync + 'static) -> Resume<N, A> {
    Box::new(move |found| read(found).map(Resumed::Known))
}

/// What a ledger found for a key, and the parties that asked.
pub(crate) struct Found<'a> {
    pub(crate) key: &'a LedgerKey,
    pub(crate) state: &'a [u8],
    pub(crate) asked: Option<&'a Askers>,
}

enum Step<N, A> {
    /// A state to be stored in place of the one at a revision, or as the first.
    Store { next: N, content: Content, replaces: Option<u64> },
    /// The order that the ledger has, amended, to be stored.
    Amend { result: Received<N, A>, amendment: Amendment },
    /// The answer can only be what was filed before. Otherwise this is the error.
    LookUp { absent: OnlyKnown },
}

impl<N, A> Pending<N, A> {
    pub(crate) fn store(
        (entry, resume): (LedgerEntry, Resume<N, A>),
        (next, content): (N, Content),
        replaces: Option<u64>,
    ) -> Self {
        Self(Box::new(Inner { entry, resume, step: Step::Store { next, content, replaces } }))
    }

    /// A step that can only find what was filed before.
    pub(crate) fn look_up((entry, resume): (LedgerEntry, Resume<N, A>), absent: OnlyKnown) -> Self {
        Self(Box::new(Inner { entry, resume, step: Step::LookUp { absent } }))
    }

    /// What is to be stored, or looked up.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        let Inner { entry: LedgerEntry { key, issued_at, expires, .. }, step, .. } = &*self.0;
        let (content, replaces) = match step {
            Step::Store { content, replaces, .. } => (Some(content), *replaces),
            Step::Amend { amendment: Amendment { content, replaces }, .. } => (Some(content), Some(*replaces)),
            Step::LookUp { .. } => (None, None),
        };
        let change = match (content, replaces) {
            (Some(Content { state, .. }), None) => Change::Insert { state },
            (Some(Content { state, .. }), Some(current)) => Change::Replace { current, state },
            (None, _) => Change::LookUp,
        };
        let stage = content.map_or("", |content| content.stage);
        Record { key, issued_at: *issued_at, expires: *expires, stage, change }
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
        let Inner { entry, resume, step } = *self.0;
        let refused_as = |absent: OnlyKnown| {
            let error = absent.clone().into();
            (Step::LookUp { absent }, error)
        };
        // L-2, L-3, L-6; L-4: only from here does a state come out, which makes the messages.
        let (step, error) = match (step, filed) {
            (Step::Store { next, .. }, Filed::Done) => return Ok(Received::New(next)),
            (Step::Amend { result, .. }, Filed::Done) => return Ok(result),
            (step, Filed::Found(state)) => {
                let found = Found { key: &entry.key, state: &state, asked: Some(&entry.asked) };
                match (resume(&found), step) {
                    (Ok(Resumed::Known(order)), _) => return Ok(Received::Again(order)),
                    (Ok(Resumed::Amended(result, amendment)), _) => {
                        (Step::Amend { result, amendment }, LedgerError::FileAgain)
                    }
                    // The order is not one of the party that asks for it.
                    (Err(LedgerError::Absent), Step::LookUp { absent }) => refused_as(absent),
                    (Err(error), step) => (step, error),
                }
            }
            (step @ (Step::Store { replaces: Some(_), .. } | Step::Amend { .. }), Filed::Absent) => {
                (step, LedgerError::Absent)
            }
            (step @ Step::Store { replaces: None, .. }, Filed::BelowFloor) => (step, LedgerError::BelowFloor),
            (step @ Step::Store { replaces: None, .. }, Filed::Full) => (step, LedgerError::Full),
            (Step::LookUp { absent }, Filed::Absent) => refused_as(absent),
            (step, _) => (step, LedgerError::Damaged),
        };
        Err(Refused { state: Self(Box::new(Inner { entry, resume, step })), error })
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
    read: fn(&Found<'_>) -> Result<A, LedgerError>,
}

impl<A> Lookup<A> {
    pub(crate) fn new(key: LedgerKey, read: fn(&Found<'_>) -> Result<A, LedgerError>) -> Self {
        Self { key, read }
    }

    /// What is to be looked up.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record { key: &self.key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp }
    }

    /// The order, from what your storage answered to the record.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Absent`] if there is none; [`LedgerError::Damaged`] if the answer is not the state of this order at
    /// this party.
    pub fn complete(self, filed: Filed) -> Result<A, LedgerError> {
        match filed {
            Filed::Found(state) => (self.read)(&Found { key: &self.key, state: &state, asked: None }),
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
