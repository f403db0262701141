//! What a ledger has of the order, and how it answers: by its contract, or with a fault.

use polyseal::ledger::{Change, Filed, Record};
use polyseal::{Ledger, MemoryLedger};

use super::library::Library;
use super::terms::{Answer, Asked, Filing, Id};

/// What is wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// An insert takes the place of what is there.
    OverwritesOnInsert,
    /// A replacement does not look at the revision.
    IgnoresRevision,
    /// A replacement does not raise the revision.
    KeepsRevision,
    /// A process that comes too late is answered as if it had been in time.
    AnswersDoneToTheLoser,
    /// It looks and writes in two steps, and another may come between.
    LooksThenWrites,
    /// It answers before the change is durable, and a crash takes the change back.
    AnswersTooEarly,
    /// It may delete an entry that has not expired.
    ForgetsEarly,
    IgnoresTheMark,
    /// What is there is not found either, if it was issued before the mark.
    MarkHidesEntries,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub revision: u64,
    pub state: Id,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Before(pub Option<Entry>);

/// The ledger of one party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Table {
    pub entry: Option<Entry>,
    pub floor: u64,
    pub mark: u64,
    /// What was there before the latest change, while that is not durable.
    pub before: Option<Before>,
}

impl Table {
    /// Files a record, for someone who sees this entry.
    pub fn file(&mut self, filing: Filing, seen: Option<Entry>, fault: Fault) -> Answer {
        let Filing { issued_at, expires, change, .. } = filing;
        let is_old = issued_at < self.mark && fault != Fault::IgnoresTheMark;
        let seen = seen.filter(|_| !(is_old && fault == Fault::MarkHidesEntries));
        match (seen, change) {
            (Some(_), Asked::Insert(state)) if fault == Fault::OverwritesOnInsert => self.store(0, state, fault),
            (Some(Entry { revision, .. }), Asked::Replace { current, state })
                if revision == current || fault == Fault::IgnoresRevision =>
            {
                self.store(if fault == Fault::KeepsRevision { revision } else { revision + 1 }, state, fault)
            }
            (Some(_), Asked::Replace { .. }) if fault == Fault::AnswersDoneToTheLoser => Answer::Done,
            (Some(Entry { state, .. }), _) => Answer::Found(state),
            (None, Asked::Replace { .. } | Asked::LookUp) => Answer::Absent,
            (None, Asked::Insert(_)) if is_old || expires < self.floor => Answer::BelowFloor,
            (None, Asked::Insert(state)) => self.store(0, state, fault),
        }
    }

    fn store(&mut self, revision: u64, state: Id, fault: Fault) -> Answer {
        self.before = (fault == Fault::AnswersTooEarly).then_some(Before(self.entry));
        self.entry = Some(Entry { revision, state });
        Answer::Done
    }

    /// What the library's ledger in memory answers in this place.
    pub fn by_memory(&self, filing: Filing, library: &Library) -> Filed {
        let key = &library.key(filing.owner);
        let mut ledger = MemoryLedger::new(9);
        let Filing { issued_at, expires, .. } = filing;
        let mut file = |change| ledger.file(&Record { key, issued_at, expires, stage: "received", change }).unwrap();
        if let Some(Entry { revision, state }) = self.entry {
            file(Change::Insert { state: library.bytes(state) });
            for current in 0..revision {
                file(Change::Replace { current, state: library.bytes(state) });
            }
        }
        ledger.raise_floor(self.floor);
        ledger.refuse_issued_before(self.mark);
        let change = match filing.change {
            Asked::Insert(state) => Change::Insert { state: library.bytes(state) },
            Asked::Replace { current, state } => Change::Replace { current, state: library.bytes(state) },
            Asked::LookUp => Change::LookUp,
        };
        ledger.file(&Record { key, issued_at, expires, stage: "received", change }).unwrap()
    }
}
