//! What is in the file.

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};

use crate::{RedbError, Result};

/// Owner, role and digest.
pub(crate) type Key<'a> = (&'a [u8], &'a str, &'a [u8; 32]);
/// Revision, date of issue, expiry, stage and state, in the file. A change of this, or of any table, is another [`VERSION`].
pub(crate) type Entry<'a> = (u64, u64, u64, &'a str, &'a [u8]);

/// One row: the version of all that the file has besides, so that this table never changes.
const FORMAT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("format");
pub(crate) const ENTRIES: TableDefinition<'static, Key<'static>, Entry<'static>> = TableDefinition::new("entries");
/// Two rows: the floor and the mark.
pub(crate) const TIMES: TableDefinition<'static, &'static str, u64> = TableDefinition::new("times");
const FORMAT_VERSION: &str = "version";
/// A later version of the package goes on reading the files of this one.
pub(crate) const VERSION: u64 = 1;
pub(crate) const FLOOR: &str = "floor";
pub(crate) const MARK: &str = "mark";

/// Makes the tables of a new ledger.
pub(crate) fn make(change: &WriteTransaction, mark: u64) -> Result<()> {
    change.open_table(FORMAT)?.insert(FORMAT_VERSION, VERSION)?;
    change.open_table(ENTRIES)?;
    let mut times = change.open_table(TIMES)?;
    times.insert(FLOOR, 0)?;
    times.insert(MARK, mark)?;
    Ok(())
}

/// Whether the tables are those of a ledger, and of this version.
pub(crate) fn check(all: &ReadTransaction) -> Result<()> {
    match number_in(&all.open_table(FORMAT)?, FORMAT_VERSION)? {
        VERSION => {}
        other => return Err(RedbError::Version(other)),
    }
    let times = all.open_table(TIMES)?;
    number_in(&times, FLOOR)?;
    number_in(&times, MARK)?;
    all.open_table(ENTRIES)?;
    Ok(())
}

pub(crate) fn number_in(table: &impl ReadableTable<&'static str, u64>, which: &str) -> Result<u64> {
    let number = table.get(which)?.map(|number| number.value());
    number.ok_or_else(|| RedbError::Damaged(format!("it has no {which}")))
}
