//! What is said between the processes, the library and the ledgers.

/// The number of some bytes: a state or a message.
pub type Id = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    Manager,
    Seller,
}

/// Where that party's is, of a pair.
pub fn place(owner: Owner) -> usize {
    usize::from(owner == Owner::Seller)
}

/// A step that waits for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    ReceiveEnvelope,
    ReceiveRelay { relay: Id },
    Decide { state: Id, approves: bool },
    Authorize { state: Id, answer: Id },
    Dispatch { state: Id, content: u8 },
}

/// What a step asks of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Filing {
    pub owner: Owner,
    pub issued_at: u64,
    pub expires: u64,
    pub change: Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    Insert(Id),
    Replace { current: u64, state: Id },
    LookUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Done,
    Found(Id),
    Absent,
    BelowFloor,
}

/// How far an order is, and the state that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    pub state: Id,
    pub stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Undecided,
    Decided { approved: bool },
    Awaiting,
    Approved { dispatched: bool },
    Declined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    New(Order),
    Again(Order),
    /// The ledger cannot tell whether the order is new.
    Refused,
    /// The ledger does not have what the step went from.
    TakeAgain,
}
