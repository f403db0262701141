//! The ledger's contract test passes a sound ledger, and catches each of these unsound ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use polyseal::MemoryLedger;
use polyseal::ledger::contract::{Subject, check};
use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};

/// What is wrong with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    ForgetsRole,
    ForgetsOwner,
    ShortensDigest,
    ReplacesByDigest,
    ReplacesWithNoEnd,
    OverwritesOnInsert,
    IgnoresRevision,
    KeepsRevision,
    AnswersDoneToTheLoser,
    CreatesOnReplace,
    CreatesOnLookUp,
    LosesTheLastWrite,
    CutsStates,
    CutsStages,
    RefusesLongStages,
    KeepsTheFirstStage,
    TakesStagesOfLookUps,
    TakesStagesOfTheKnown,
    FloorIgnored,
    FloorSinks,
    FloorIsLost,
    FloorHidesEntries,
    FloorTooHigh,
    MarkIgnored,
    MarkSinks,
    MarkIsLost,
    MarkHidesEntries,
    MarkTooHigh,
    MarkForFloor,
    BoundIgnored,
    FullHidesEntries,
    EvictsTheOldest,
    FailsAlways,
}

const FAULTS: [Fault; 33] = [
    Fault::ForgetsRole,
    Fault::ForgetsOwner,
    Fault::ShortensDigest,
    Fault::ReplacesByDigest,
    Fault::ReplacesWithNoEnd,
    Fault::OverwritesOnInsert,
    Fault::IgnoresRevision,
    Fault::KeepsRevision,
    Fault::AnswersDoneToTheLoser,
    Fault::CreatesOnReplace,
    Fault::CreatesOnLookUp,
    Fault::LosesTheLastWrite,
    Fault::CutsStates,
    Fault::CutsStages,
    Fault::RefusesLongStages,
    Fault::KeepsTheFirstStage,
    Fault::TakesStagesOfLookUps,
    Fault::TakesStagesOfTheKnown,
    Fault::FloorIgnored,
    Fault::FloorSinks,
    Fault::FloorIsLost,
    Fault::FloorHidesEntries,
    Fault::FloorTooHigh,
    Fault::MarkIgnored,
    Fault::MarkSinks,
    Fault::MarkIsLost,
    Fault::MarkHidesEntries,
    Fault::MarkTooHigh,
    Fault::MarkForFloor,
    Fault::BoundIgnored,
    Fault::FullHidesEntries,
    Fault::EvictsTheOldest,
    Fault::FailsAlways,
];

type Key = (Vec<u8>, String, Vec<u8>);

#[derive(Clone, Default)]
struct Table {
    entries: BTreeMap<Key, (u64, u64, Vec<u8>)>,
    before: BTreeMap<Key, (u64, u64, Vec<u8>)>,
    floor: u64,
    mark: u64,
    order: Vec<Key>,
    stages: BTreeMap<Key, String>,
}

#[derive(Clone)]
struct Faulty(Fault, Arc<Mutex<Table>>);

const ROOM: usize = 60;

impl Faulty {
    fn key(&self, key: &LedgerKey) -> Key {
        let owner = if self.0 == Fault::ForgetsOwner { Vec::new() } else { key.owner.as_bytes().to_vec() };
        let role = if self.0 == Fault::ForgetsRole { String::new() } else { key.role.to_string() };
        let length = if self.0 == Fault::ShortensDigest { 31 } else { 32 };
        (owner, role, key.digest.as_bytes()[..length].to_vec())
    }
}

impl Ledger for Faulty {
    type Error = std::io::Error;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, std::io::Error> {
        if self.0 == Fault::FailsAlways {
            return Err(std::io::Error::other("no"));
        }
        let (fault, key) = (self.0, self.key(record.key));
        // As a column that is too short does it, strictly or not.
        let stage = if fault == Fault::CutsStages { &record.stage[..record.stage.len().min(15)] } else { record.stage };
        if fault == Fault::RefusesLongStages && stage.len() > 15 {
            return Err(std::io::Error::other("too long"));
        }
        let mut table = self.1.lock().unwrap();
        if fault == Fault::AnswersDoneToTheLoser && table.entries.contains_key(&key) {
            std::thread::yield_now();
        }
        let is_hidden = match fault {
            Fault::FloorHidesEntries => record.expires <= table.floor,
            Fault::MarkHidesEntries => record.issued_at < table.mark,
            Fault::FullHidesEntries => table.entries.len() >= ROOM,
            _ => false,
        };
        let present = table.entries.get(&key).filter(|_| !is_hidden).cloned();
        let cut = |state: &[u8]| {
            if fault == Fault::CutsStates { state[..state.len().min(4096)].to_vec() } else { state.to_vec() }
        };
        let store = |table: &mut Table, revision, state: &[u8]| {
            table.before = table.entries.clone();
            table.order.push(key.clone());
            let expires = if fault == Fault::ReplacesWithNoEnd && revision > 0 { 0 } else { record.expires };
            if fault == Fault::ReplacesByDigest && revision > 0 {
                let same =
                    table.entries.iter_mut().filter(|(other, (own, ..))| other.2 == key.2 && own + 1 == revision);
                same.for_each(|(_, entry)| *entry = (revision, expires, cut(state)));
            }
            table.entries.insert(key.clone(), (revision, expires, cut(state)));
            if revision == 0 || fault != Fault::KeepsTheFirstStage {
                table.stages.insert(key.clone(), stage.into());
            }
            Ok(Filed::Done)
        };
        match (present, record.change) {
            (Some(_), Change::Insert { state }) if fault == Fault::OverwritesOnInsert => store(&mut table, 0, state),
            (Some((revision, _, _)), Change::Replace { current, state })
                if revision == current || fault == Fault::IgnoresRevision =>
            {
                store(&mut table, if fault == Fault::KeepsRevision { revision } else { revision + 1 }, state)
            }
            (Some(_), Change::Insert { .. }) if fault == Fault::AnswersDoneToTheLoser => Ok(Filed::Done),
            (Some((_, _, state)), change) => {
                let takes = match change {
                    Change::LookUp => fault == Fault::TakesStagesOfLookUps,
                    _ => fault == Fault::TakesStagesOfTheKnown,
                };
                if takes {
                    table.stages.insert(key.clone(), stage.into());
                }
                Ok(Filed::Found(state.into()))
            }
            (None, Change::Replace { state, .. }) if fault == Fault::CreatesOnReplace => store(&mut table, 0, state),
            (None, Change::LookUp) if fault == Fault::CreatesOnLookUp => store(&mut table, 0, b""),
            (None, Change::LookUp | Change::Replace { .. }) => Ok(Filed::Absent),
            (None, Change::Insert { state }) => {
                let floor = if fault == Fault::FloorTooHigh { table.floor + 1 } else { table.floor };
                if record.expires < floor && fault != Fault::FloorIgnored {
                    return Ok(Filed::BelowFloor);
                }
                let mark = if fault == Fault::MarkTooHigh { table.mark + 1 } else { table.mark };
                let date = if fault == Fault::MarkForFloor { record.expires } else { record.issued_at };
                if date < mark && fault != Fault::MarkIgnored {
                    return Ok(Filed::BelowFloor);
                }
                if table.entries.len() >= ROOM && fault == Fault::EvictsTheOldest {
                    let oldest = table.order.remove(0);
                    table.entries.remove(&oldest);
                } else if table.entries.len() >= ROOM && fault != Fault::BoundIgnored {
                    return Ok(Filed::Full);
                }
                store(&mut table, 0, state)
            }
        }
    }
}

impl Subject for Faulty {
    type Ledger = Self;

    fn open(&mut self) -> Self {
        self.clone()
    }

    fn crash(&mut self) {
        let mut table = self.1.lock().unwrap();
        if self.0 == Fault::LosesTheLastWrite {
            table.entries = table.before.clone();
        }
        if self.0 == Fault::MarkIsLost {
            table.mark = 0;
        }
        if self.0 == Fault::FloorIsLost {
            table.floor = 0;
        }
    }

    fn raise_floor(&mut self, floor: u64) -> bool {
        let mut table = self.1.lock().unwrap();
        table.floor = if self.0 == Fault::FloorSinks { floor } else { table.floor.max(floor) };
        let floor = table.floor;
        table.entries.retain(|_, (_, expires, _)| self.0 != Fault::ReplacesWithNoEnd || *expires >= floor);
        true
    }

    fn refuse_issued_before(&mut self, mark: u64) -> bool {
        let mut table = self.1.lock().unwrap();
        table.mark = if self.0 == Fault::MarkSinks { mark } else { table.mark.max(mark) };
        true
    }

    fn stage(&mut self, key: &LedgerKey) -> Option<String> {
        self.1.lock().unwrap().stages.get(&self.key(key)).cloned()
    }

    fn room(&self) -> Option<usize> {
        Some(ROOM - self.1.lock().unwrap().entries.len())
    }
}

#[test]
fn a_sound_ledger_keeps_the_contract() {
    // L-2, L-3, L-6
    check(&mut Faulty(Fault::None, Arc::default())).unwrap();
    check(&mut Memory(Arc::new(Mutex::new(MemoryLedger::new(ROOM))))).unwrap();
}

#[test]
fn every_unsound_ledger_is_caught() {
    for fault in FAULTS {
        let violation = check(&mut Faulty(fault, Arc::default())).unwrap_err().to_string();
        assert!(violation.len() > 20, "{fault:?}: {violation}");
    }
}

#[test]
fn a_violation_says_what_was_answered() {
    for (fault, says) in [
        (Fault::ForgetsRole, "expected Absent, was answered Found(..)"),
        (Fault::CutsStates, "expected Found(..), was answered another state"),
        (Fault::OverwritesOnInsert, "expected Found(..), was answered Done"),
    ] {
        let violation = check(&mut Faulty(fault, Arc::default())).unwrap_err().to_string();
        assert!(violation.ends_with(says), "{fault:?}: {violation}");
    }
}

#[derive(Clone)]
struct Memory(Arc<Mutex<MemoryLedger>>);

impl Ledger for Memory {
    type Error = core::convert::Infallible;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Self::Error> {
        self.0.lock().unwrap().file(record)
    }
}

impl Subject for Memory {
    type Ledger = Self;

    fn open(&mut self) -> Self {
        self.clone()
    }

    fn raise_floor(&mut self, floor: u64) -> bool {
        self.0.lock().unwrap().raise_floor(floor);
        true
    }

    fn refuse_issued_before(&mut self, mark: u64) -> bool {
        self.0.lock().unwrap().refuse_issued_before(mark);
        true
    }

    fn room(&self) -> Option<usize> {
        Some(ROOM - self.0.lock().unwrap().len())
    }
}
