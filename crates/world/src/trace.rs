//! What went in and came out at each party, in plain words: all that the oracle knows.

mod fingerprint;
mod later;

pub use fingerprint::{Fingerprint, fingerprint};
pub use later::{Answer, Demand, Later, Load, Says};

/// A party, whatever number of processes it has.
pub type Who = u16;
pub type Digest = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Seller,
    Bank,
    Courier,
    Gateway,
}

/// How a part travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    Direct,
    OnReceipt,
    OnApproval,
}

/// A field by its place among the names of the world, and its value by a fingerprint.
pub type Seen = Vec<(u8, u64)>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartIn {
    pub role: Role,
    pub who: Who,
    pub way: Way,
    pub fields: Seen,
}

/// What a message is, as the world knows it and its receiver does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nature {
    /// As an honest party made it, however late, often, or wrongly addressed it arrives.
    Genuine,
    /// Changed on its way.
    Altered,
    /// Sealed by a liar, or put together of genuine pieces, in such a way that nobody may take it.
    Lie,
    /// Sealed by a liar in its own name: whether it is taken is the receiver's affair.
    Doubtful,
}

/// When a step was taken: by the clock of the process, and in the order of all that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    pub clock: u64,
    pub moment: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Received,
    Approved,
    Declined,
    Cancelled,
}

/// The dates of an order: sealed, and the last seconds to accept, to deliver and to settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dates {
    pub issued: u64,
    pub accept: u64,
    pub deliver: u64,
    pub settle: u64,
}

/// Up to which of its dates an order admits a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    Accept,
    Deliver,
    Settle,
}

impl Dates {
    pub fn end(&self, until: Until) -> u64 {
        match until {
            Until::Accept => self.accept,
            Until::Deliver => self.deliver,
            Until::Settle => self.settle,
        }
    }
}

/// What a bank does of its own accord. A sum is what it grants to refund; without one it grants to cancel the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    Approve,
    Decline,
    Grant(Option<u64>),
    Refuse,
}

impl Decision {
    pub fn until(self) -> Until {
        match self {
            Self::Approve | Self::Decline => Until::Accept,
            Self::Grant(_) | Self::Refuse => Until::Settle,
        }
    }
}

/// One thing that happened at one party.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A card holder sealed an order. `parts` is what it meant each to see, `due` what it pays; `honest`: by the protocol.
    Placed {
        holder: Who,
        digest: Digest,
        dates: Dates,
        due: u64,
        parts: Vec<PartIn>,
        honest: bool,
    },
    /// Whoever has broken a cohort made this order in the name of another member, and with its keys.
    Impersonated {
        digest: Digest,
    },
    /// A liar made this order, whose part for this role is not to be taken.
    Spoiled {
        digest: Digest,
        role: Role,
    },
    /// A message was taken. `digest`: its order, if it is about one; `print`: its bytes; `again`: the order was known;
    /// `wrote`: the ledger changed.
    Took {
        who: Who,
        nature: Nature,
        digest: Option<Digest>,
        print: u64,
        again: bool,
        wrote: bool,
        label: &'static str,
    },
    /// A message was not taken. `from`: who sent it to this party, unless it went astray; `until`: by when it is to
    /// come; `wrote`: the ledger or the state changed.
    Refused {
        who: Who,
        from: Option<Who>,
        nature: Nature,
        digest: Option<Digest>,
        label: &'static str,
        until: Until,
        clock: u64,
        wrote: bool,
    },
    /// What an order needs next was not made, which it admits `until` then.
    NotMade {
        who: Who,
        digest: Digest,
        label: &'static str,
        until: Until,
        clock: u64,
    },
    /// A bank was kept from deciding.
    Kept {
        who: Who,
        digest: Digest,
        from: Decision,
        label: &'static str,
        at: At,
    },
    /// A party has an order; `new`: the ledger said so. `asked`: by a seller's request.
    Accepted {
        who: Who,
        role: Role,
        digest: Digest,
        fields: Seen,
        asked: bool,
        new: bool,
        at: At,
    },
    Decided {
        who: Who,
        digest: Digest,
        approved: bool,
        new: bool,
        at: At,
    },
    /// A settlement came out at the bank; `new`: with the decision.
    Settled {
        who: Who,
        digest: Digest,
        amount: u64,
        payer: Option<Who>,
        payee: Option<Who>,
        new: bool,
    },
    /// The seller has the bank's answer; `new`: its ledger said so.
    Answered {
        who: Who,
        digest: Digest,
        approved: bool,
        new: Option<At>,
    },
    Later {
        who: Who,
        digest: Digest,
        what: Later,
    },
    /// A card holder has read a receipt.
    Reported {
        holder: Who,
        digest: Digest,
        giver: Role,
        revision: u64,
        says: Says,
    },
    /// A side of a handshake has said something that nobody has said before.
    Spoke {
        who: Who,
        to: Who,
        word: u64,
        at: At,
    },
    /// A party ended a handshake, in which it heard this, and which it began or answered when it `drew` its challenge.
    Met {
        who: Who,
        peer: Option<Who>,
        word: u64,
        session: Digest,
        began: bool,
        drew: At,
        at: At,
    },
    /// Whoever began a handshake has heard that the other side ended it.
    Acknowledged {
        who: Who,
        peer: Option<Who>,
        session: Digest,
    },
    /// A generator of a party sticks, begins again, or is that of another process, too.
    Repeats {
        who: Who,
    },
    /// A ledger went backwards, in all that it has or in one order. `mark`: it refuses new orders that were issued before.
    RolledBack {
        who: Who,
        only: Option<Digest>,
        mark: u64,
    },
    /// A ledger lost the entry of this order to a torn write.
    Torn {
        who: Who,
        digest: Digest,
    },
    Revoked {
        who: Who,
        peer: Who,
        moment: u64,
        on: bool,
    },
    /// A party lost its sessions.
    Forgot {
        who: Who,
    },
    /// The clock of a party was ahead of the others up to this time.
    Ahead {
        who: Who,
        until: u64,
    },
    /// A seller takes another form from now on.
    FormChanged {
        who: Who,
    },
    /// A party is not honest.
    Dishonest {
        who: Who,
    },
    /// The faults have stopped.
    Calm {
        now: u64,
    },
    /// Everything that has not come to its end is sent for the last time.
    LastRound,
    /// Everything that was still to happen has happened, within the bound.
    Ended {
        now: u64,
        quiet: bool,
    },
}
