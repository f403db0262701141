//! What comes of an order once it is under way, in plain words.

use super::{At, Role, Status, Who};

/// A consignment: whether it is the last, and its instructions by a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Load {
    pub number: u16,
    pub last: bool,
    pub instructions: u64,
}

/// What a seller asks for. Sums are in the smallest unit of this world's currency; one in another is `u64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    pub number: u16,
    /// `None`: to cancel the order.
    pub sum: Option<u64>,
}

/// How a demand is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    pub granted: bool,
    /// All that is refunded up to it.
    pub refunded: u64,
}

/// What somebody says of an order in a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Says {
    pub status: Status,
    pub withdrawn: Option<u64>,
    pub refunded: Option<u64>,
    /// To which role, the number, whether it is the last, and whether it failed, if that is known.
    pub consignments: Vec<(Role, u16, bool, Option<bool>)>,
}

/// One thing that happened to an order at a party. `new`: its ledger said so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Later {
    /// The seller has dispatched it.
    Dispatched { role: Role, load: Load, new: Option<At> },
    /// A recipient of this role has it.
    Arrived { role: Role, load: Load, new: Option<At> },
    /// The recipient has filed what became of a consignment.
    Outcome { role: Role, number: u16, failed: bool },
    /// The seller has filed what became of a consignment.
    Heard { role: Role, number: u16, failed: bool },
    /// The card holder has sent a withdrawal.
    Withdrawing,
    /// The seller has filed it.
    Withdrawn,
    /// The seller has filed a demand.
    Demanded { demand: Demand, new: Option<At> },
    /// The bank has filed its answer.
    Resolved { demand: Demand, answer: Answer, new: Option<At> },
    /// The seller has filed the answer.
    Told { number: u16, answer: Answer },
    /// What is to be paid back came out at the bank: a refund, or what was left; `new`: with the answer.
    Booked { number: u16, sum: u64, reverses: bool, payer: Option<Who>, payee: Option<Who>, new: bool },
    /// Somebody in this role has given a receipt, and this is what its record says.
    Gave { role: Role, says: Says },
}
