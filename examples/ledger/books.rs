//! The ledger that a party has beside its journal.

use std::io::ErrorKind;
use std::path::Path;

use polyseal_redb::{RedbError, RedbLedger};

/// How many orders a ledger of the examples takes.
const MOST: u64 = 10_000;

/// A ledger that is made with a party's journal, and opened again afterwards.
///
/// Nothing is in the outside world before there is a journal. Afterwards a ledger that is missing is lost, and a
/// new one must not take its place.
pub fn ledger_beside_journal(path: &Path, is_first: bool, now: u64) -> Result<RedbLedger, RedbError> {
    if is_first {
        // In place of one whose making was cut off.
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => RedbLedger::create(path, MOST, 0),
        };
    }
    let ledger = RedbLedger::open(path, MOST)?;
    // It forgets what has expired.
    ledger.raise_floor(now)?;
    Ok(ledger)
}
