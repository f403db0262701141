//! Ledgers: what makes "once" true across retries, crashes, restored states and any number of processes (`SPEC.md`,
//! section 19).
//!
//! The library does no I/O. A step that must happen once gives a [`Pending`](crate::Pending), which says in a [`Record`]
//! what is to be stored, and which is completed by what your storage [answered](Filed). A program with a synchronous
//! storage at hand implements [`Ledger`] and files in one call.
//!
//! # The contract
//!
//! A ledger is a table: (owner, role, digest) → (revision, expiry, state), and two times, its floor and its mark. States are
//! opaque and secret. For each record, in one atomic step:
//!
//! | change | if the key is absent | if the key is present |
//! | --- | --- | --- |
//! | [`Insert`](Change::Insert) | store the state at revision 0, answer `Done` | change nothing, answer `Found` with the state |
//! | [`Replace`](Change::Replace) | answer `Absent` | if the revision is `current`: store state and expiry at `current + 1`, answer `Done`; else change nothing, answer `Found` with the state |
//! | [`LookUp`](Change::LookUp) | answer `Absent` | answer `Found` with the state |
//!
//! - **Durable before anything leaves.** Complete a step with `Done` only when the change is as durable as a commit, or is
//!   part of a transaction of yours that you commit before you send or do anything that follows from the step. The
//!   step may share that transaction with your own books: a withdrawal is then booked if and only if the order is
//!   decided. If the transaction fails, drop what `complete` gave, and take the step again. The state went into the step:
//!   get it by the order's digest (`find`) if it was filed before, else receive the message again. Records may share a
//!   transaction, also several of one key, in their order.
//! - **An insert is never answered with `Absent`.** A database may report a conflict with a row that your transaction does
//!   not see yet. Then roll back, and take the step again.
//! - **Nothing is forgotten early.** An entry is kept at least through the second `expires`. A ledger that deletes older
//!   entries has a floor: an insert that expires before the floor is answered with `BelowFloor`. A bounded ledger without
//!   room answers `Full`; it never makes room by deleting what has not expired. A present entry is always found, whatever
//!   the floor, the mark and the bound.
//! - **It does not go backwards.** A ledger that was restored from a copy, or begun anew in place of a lost one, has a mark:
//!   an insert of an order that was issued before the mark is answered with `BelowFloor`. Neither floor nor mark ever sinks,
//!   and both are as durable as the entries.
//!
//! # After a loss
//!
//! Before a copy is used, or a new ledger in place of a lost one, end every process of the party: a state, a step or an
//! answer that a process still holds is of the ledger that was lost, and would go on beside the copy. Then set the mark. It
//! has to be later than the issue of every order that may be lost: later than the time of restoring plus the skew of the
//! party's [`Rules`](crate::Rules), by the clock of the party that is the furthest ahead. An hour after the time of
//! restoring is enough for the default of five minutes. Until then, new orders are refused; an order that was issued before
//! and is not in the copy stays refused, and its card holder has to place another one. The floor does not do this: it
//! is compared with the end of settlement, and that of a forgotten order may be still to come.
//!
//! The mark keeps out what the copy *forgot*. An entry that the copy has in an *older state* goes on from there: what was
//! decided, answered or dispatched after the copy can be so again, and otherwise. Nothing in the ledger can tell. So before
//! the copy is used, go through its entries and look into the books, under the digest, for what has happened since: an order
//! that is undecided in the copy and withdrawn in the books is neither to be declined nor to be withdrawn once more. A
//! seller compares what it asked for with the card manager: a cancellation that has another number now is answered as the
//! one before, which the seller does not take, and the order stays to be cancelled until its settlement ends.
//!
//! As columns: the owner is at most 512 bytes, the role a text of at most 64, the digest 32 bytes, the stage, if you keep
//! it, a text of at most 16; revision and expiry fit a signed 64-bit number; the state is at most
//! [`limits::STATE`](crate::limits::STATE) bytes.
//!
//! The packages `polyseal-postgres` and `polyseal-redb` are ledgers: the one over PostgreSQL, for any number of processes, the
//! other in a file, for one. The feature `ledger-contract` has a test of all this, to be run against your own ledger:
//! `ledger::contract`.

#[cfg(feature = "ledger-contract")]
pub mod contract;
mod error;
mod memory;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

pub use error::LedgerError;
pub use memory::MemoryLedger;

use crate::identifier::Identifier;
use crate::message::{DELIVERED, OrderDigest};
use crate::name::Role;

/// The key of a ledger's entry: one order at one party in one role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey {
    /// The party.
    pub owner: Identifier,
    /// The role in which the party acts.
    pub role: Role,
    /// The order.
    pub digest: OrderDigest,
}

/// The [stages](Record::stage) at which nothing is awaited: an order at any other is open. A refund opens a delivered order
/// again, until it is answered.
///
/// Some orders stay open until they are forgotten, although nobody has anything to do any more: at `received` those that
/// nobody has decided in time, and those of recipients that have their part on receipt or from the card holder itself; a
/// card manager's that are `approved`, for there may be refunds; and where no delivery is reported, those of the recipients
/// and the seller at `dispatched`, or the seller's at `approved` if there is nobody to dispatch to.
pub const CLOSED_STAGES: &[&str] = &[DELIVERED, "declined", "cancelled"];

/// What a step wants to be stored, or to know.
///
/// There are no other fields, and a pattern without `..` can rely on that: a further one would be something more to store,
/// so a change of the contract, and a ledger that overlooks it must not compile.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The key of the entry.
    pub key: &'a LedgerKey,
    /// When the order was issued, in seconds since 1970, by the card holder's clock.
    pub issued_at: u64,
    /// The last second through which the entry is to be kept, counted since 1970.
    pub expires: u64,
    /// How far the order has come with this change: a short, stable name, for whoever looks after the ledger. No step reads
    /// it, and a ledger may leave it out.
    ///
    /// - `received`: it is not decided. A recipient that waits for no approval has nothing else;
    /// - `approved`, `declined`: the card manager has decided, and nothing was dispatched;
    /// - `dispatched`: there are consignments whose outcome is not known;
    /// - `failed`: of those whose outcome is known, the latest to some recipient did not arrive;
    /// - `partly-delivered`, `delivered`: the consignments so far have arrived, and others follow or do not;
    /// - `cancelling`, `refunding`: the card manager has not answered what the seller asks for;
    /// - `cancelled`;
    /// - empty: it is a look-up, which changes no stage.
    ///
    /// The order is open, but for [`CLOSED_STAGES`].
    pub stage: &'static str,
    /// The change to make.
    pub change: Change<'a>,
}

/// A change of a ledger's entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// Store this state at revision 0, if the key has none.
    Insert {
        /// The state: secret.
        state: &'a [u8],
    },
    /// Store this state at revision `current + 1`, if the key's revision is `current`.
    Replace {
        /// The revision that the step read.
        current: u64,
        /// The next state: secret.
        state: &'a [u8],
    },
    /// Change nothing.
    LookUp,
}

impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert { .. } => f.write_str("Insert { .. }"),
            Self::Replace { current, .. } => write!(f, "Replace {{ current: {current}, .. }}"),
            Self::LookUp => f.write_str("LookUp"),
        }
    }
}

/// What a ledger answers.
#[derive(PartialEq, Eq)]
pub enum Filed {
    /// The change is stored.
    Done,
    /// Nothing was changed: the key has this state.
    Found(Zeroizing<Vec<u8>>),
    /// Nothing was changed: the key has no state.
    Absent,
    /// Nothing was changed: the record expires before the ledger's floor, or its order was issued before the ledger's mark,
    /// so the ledger cannot tell whether it is new.
    BelowFloor,
    /// Nothing was changed: the ledger is full.
    Full,
}

impl fmt::Debug for Filed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Found(_) => "Found(..)",
            Self::Absent => "Absent",
            Self::BelowFloor => "BelowFloor",
            Self::Full => "Full",
        })
    }
}

/// A storage that files records at once. See [the contract](self).
pub trait Ledger {
    /// How the storage fails.
    type Error: Into<Box<dyn core::error::Error + Send + Sync>>;

    /// Files a record in a transaction of its own, which is durable when the method returns.
    ///
    /// # Errors
    ///
    /// If the storage fails. Whether the change was stored may then be unknown: filing it again is safe.
    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Self::Error>;
}

impl<L: Ledger + ?Sized> Ledger for &mut L {
    type Error = L::Error;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Self::Error> {
        (**self).file(record)
    }
}

impl<L: Ledger + ?Sized> Ledger for Box<L> {
    type Error = L::Error;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Self::Error> {
        (**self).file(record)
    }
}
