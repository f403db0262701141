//! What a search is of, what can happen in it, and what it can find.

use super::table::Fault;
use super::terms::{Id, Owner};

#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub cast: Cast,
    /// At most this many.
    pub crashes: u8,
    pub restoring: Option<Restoring>,
    pub fault: Fault,
    pub careless: Careless,
}

#[derive(Clone, Copy, Debug)]
pub enum Cast {
    /// One approves, one declines, one dispatches.
    TwoDeciders,
    /// One approves, two dispatch.
    TwoDispatchers,
}

/// What is done when a copy takes the place of a ledger.
#[derive(Clone, Copy, Debug)]
pub struct Restoring {
    /// The mark is set.
    pub marks: bool,
    /// The floor is raised to the present.
    pub floor: bool,
    /// An entry of which more has left than the copy knows is deleted from it.
    pub by_the_books: bool,
}

/// What a program does against the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Careless {
    Never,
    /// It withdraws without a look into its books.
    Withdraws,
    /// It goes on with what it holds after its ledger was restored.
    OutlivesRestoring,
}

/// Which ledgers a copy is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    One(Owner),
    Both,
}

impl Scope {
    pub fn has(self, owner: Owner) -> bool {
        match self {
            Self::One(one) => one == owner,
            Self::Both => true,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A process goes on; where it waits, with this of two answers.
    Go {
        process: usize,
        answer: Option<Id>,
    },
    Crash {
        process: usize,
    },
    Copy(Scope),
    Restore,
    Forget(Owner),
}

/// A property that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    AcceptedTwice,
    AcceptedBehindTheMark,
    SettledTwice,
    WithdrawnTwice,
    ContraryDecisions,
    DispatchedOtherwise,
    /// Nobody can go on, or nobody to an end.
    NoEnd,
}
