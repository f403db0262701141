//! What a party must not forget: its ledgers, and the journal of what it has done. They belong together, and neither is
//! made anew while the other is there.

use std::path::Path;

use polyseal_examples::files;
use polyseal_examples::journal::Journal;
use polyseal_examples::program::Result;
use polyseal_redb::RedbLedger;

/// How many orders a ledger of the examples takes.
const MOST: u64 = 10_000;

/// The ledgers of these names and the journal in a directory, which the caller has locked. They are made at the first
/// start, the journal last: nothing is in the outside world before there is one.
pub fn open<const N: usize>(dir: &Path, names: [&str; N], now: u64) -> Result<([RedbLedger; N], Journal)> {
    files::remove_unfinished(dir)?;
    let journal = Journal::path(dir);
    let is_first = !files::is_there(&journal)?;
    let mut ledgers = Vec::new();
    for name in names {
        let path = dir.join(name);
        let ledger = ledger(&path, is_first, now).map_err(|error| format!("{}: {error}", path.display()))?;
        ledgers.push(ledger);
    }
    let ledgers = ledgers.try_into().map_err(|_| "as many ledgers as names")?;
    Ok((ledgers, Journal::open(&journal)?))
}

fn ledger(path: &Path, is_first: bool, now: u64) -> Result<RedbLedger> {
    match (is_first, files::is_there(path)?) {
        // Under its name once it is whole.
        (true, false) => {
            let unfinished = files::unfinished(path);
            drop(RedbLedger::create(&unfinished, MOST, 0)?);
            std::fs::rename(&unfinished, path)?;
            files::sync_names(path)?;
        }
        (true, true) if RedbLedger::open(path, MOST)?.len()? > 0 => {
            return Err("it holds orders, and the journal beside it is lost: restore that from a backup".into());
        }
        (false, false) => {
            return Err("it is lost, and the journal beside it is there: restore the ledger from a backup, with \
                        refuse_issued_before"
                .into());
        }
        (_, true) => {}
    }
    let ledger = RedbLedger::open(path, MOST)?;
    // It forgets what has expired.
    ledger.raise_floor(now)?;
    Ok(ledger)
}
