//! Storage: one ledger for each party, which fails in the ways in which databases do.

use core::fmt;
use std::collections::BTreeMap;

use polyseal::Zeroizing;
use polyseal::ledger::{Change, Filed, Ledger, Record};

use crate::trace::Digest;

/// The role and the digest: each party has a storage of its own.
type Key = (String, Digest);

#[derive(Clone, Debug)]
struct Row {
    revision: u64,
    expires: u64,
    state: Vec<u8>,
}

/// What happens to the next change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An error, and nothing is stored.
    Before,
    /// An error, and the change is stored.
    After,
    /// An error, and half of the state is stored.
    Torn,
}

#[derive(Clone, Debug, Default)]
pub struct Storage {
    rows: BTreeMap<Key, Row>,
    floor: u64,
    /// New orders that were issued before it are refused.
    mark: u64,
    /// The most rows, while it is full.
    most: Option<usize>,
    next: Option<(Failure, u64)>,
    /// The row as it was before the last change.
    undo: Option<(Key, Option<Row>)>,
    backup: Option<(BTreeMap<Key, Row>, u64, u64)>,
    changes: u64,
    /// The orders of rows that were torn.
    torn: Vec<Digest>,
    failed_after: bool,
}

#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk failed")
    }
}

impl core::error::Error for Failed {}

impl Storage {
    /// How often something changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// The next changes fail, so many of them.
    pub fn fail_next(&mut self, failure: Failure, times: u64) {
        self.next = Some((failure, times));
    }

    /// Full from now on.
    pub fn fill(&mut self) {
        self.most = Some(self.rows.len());
    }

    /// The orders whose rows were torn since this was asked.
    pub fn take_torn(&mut self) -> Vec<Digest> {
        core::mem::take(&mut self.torn)
    }

    /// Whether a change failed after it was stored, since this was asked.
    pub fn take_failed_after(&mut self) -> bool {
        core::mem::take(&mut self.failed_after)
    }

    /// Loses the last change, if there is one to lose: of which order.
    pub fn lose_last(&mut self) -> Option<Digest> {
        let (key, before) = self.undo.take()?;
        let digest = key.1;
        let changed = if let Some(row) = before { self.rows.insert(key, row) } else { self.rows.remove(&key) };
        changed.map(|_| digest)
    }

    pub fn back_up(&mut self) {
        self.backup = Some((self.rows.clone(), self.floor, self.mark));
    }

    /// Goes back to the last copy, with what it had for a floor and a mark. Whether there was a copy.
    pub fn restore(&mut self) -> bool {
        let Some((rows, floor, mark)) = &self.backup else { return false };
        self.rows = rows.clone();
        (self.floor, self.mark, self.undo) = (*floor, *mark, None);
        true
    }

    pub fn refuse_issued_before(&mut self, mark: u64) {
        self.mark = self.mark.max(mark);
    }

    pub fn raise_floor(&mut self, floor: u64) {
        self.floor = self.floor.max(floor);
        let floor = self.floor;
        self.rows.retain(|_, row| row.expires >= floor);
    }

    pub fn heal(&mut self) {
        (self.most, self.next) = (None, None);
    }

    fn change(&mut self, key: Key, row: Row) -> Result<Filed, Failed> {
        let failure = self.next.map(|(failure, _)| failure);
        self.next = self.next.filter(|(_, times)| *times > 1).map(|(failure, times)| (failure, times - 1));
        if failure == Some(Failure::Before) {
            return Err(Failed);
        }
        let mut row = row;
        if failure == Some(Failure::Torn) {
            let half = row.state.len() / 2;
            row.state[half..].fill(0);
            self.torn.push(key.1);
        }
        self.failed_after |= failure.is_some();
        self.changes += 1;
        let before = self.rows.insert(key.clone(), row);
        self.undo = Some((key, before));
        if failure.is_some() { Err(Failed) } else { Ok(Filed::Done) }
    }
}

impl Ledger for Storage {
    type Error = Failed;

    fn file(&mut self, &Record { key, issued_at, expires, change, .. }: &Record<'_>) -> Result<Filed, Failed> {
        let own = (key.role.as_str().to_owned(), *key.digest.as_bytes());
        match (self.rows.get(&own), change) {
            (Some(row), Change::Replace { current, state }) if row.revision == current => {
                self.change(own, Row { revision: current + 1, expires, state: state.to_vec() })
            }
            (Some(row), _) => Ok(Filed::Found(Zeroizing::new(row.state.clone()))),
            (None, Change::Replace { .. } | Change::LookUp) => Ok(Filed::Absent),
            (None, Change::Insert { .. }) if expires < self.floor || issued_at < self.mark => Ok(Filed::BelowFloor),
            (None, Change::Insert { .. }) if self.most.is_some_and(|most| self.rows.len() >= most) => Ok(Filed::Full),
            (None, Change::Insert { state }) => self.change(own, Row { revision: 0, expires, state: state.to_vec() }),
        }
    }
}
