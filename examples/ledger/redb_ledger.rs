//! A durable [`Ledger`] over the embedded database `redb`. Copy it, or do likewise over yours.
//!
//! Each record is filed in one transaction, which is on the disk when the method returns. The file holds
//! secrets: keep it where its party alone can read it. Once redb has reported an input or output
//! error, open the file anew: it may have kept the change or not, and the protocol takes both.
//!
//! Written for redb 2.6, in the file format that later versions read too. With redb 4 import
//! `redb::ReadableDatabase` and leave out the choice of the format.

use core::fmt;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use polyseal::Zeroizing;
use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use redb::{Builder, Database, ReadableTable, ReadableTableMetadata, StorageError, TableDefinition, WriteTransaction};

/// Owner, role and digest.
type Key<'a> = (&'a [u8], &'a str, &'a [u8; 32]);
/// Revision, expiry and state, in the file.
type Entry<'a> = (u64, u64, &'a [u8]);
/// Revision and state, in memory.
type Held = (u64, Zeroizing<Vec<u8>>);

/// How many orders a ledger of the examples takes.
const MOST: u64 = 10_000;

const ENTRIES: TableDefinition<'static, Key<'static>, Entry<'static>> = TableDefinition::new("entries");
/// Two rows: the floor and the mark.
const TIMES: TableDefinition<'static, &'static str, u64> = TableDefinition::new("times");
const FLOOR: &str = "floor";
const MARK: &str = "mark";

/// A ledger in a file, bounded.
pub struct RedbLedger {
    database: Database,
    most: u64,
}

impl RedbLedger {
    /// A ledger that is made with a party's journal, and opened again afterwards.
    ///
    /// Nothing is in the outside world before there is a journal. Afterwards a ledger that is missing is lost, and a
    /// new one must not take its place.
    pub fn beside_journal(path: &Path, is_first: bool, now: u64) -> Result<Self> {
        if is_first {
            // In place of one whose making was cut off.
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
                _ => Self::create(path, MOST, 0),
            };
        }
        let mut ledger = Self::open(path, MOST)?;
        // It forgets what has expired.
        ledger.raise_floor(now)?;
        Ok(ledger)
    }

    /// Makes a ledger for at most `most` orders, in a file that must not exist yet.
    ///
    /// New orders that were issued before the second `mark` are refused. For a party that has never
    /// had a ledger that is 0. For one that has lost it, it is later than the present and the skew
    /// that the party allows: see [`polyseal::ledger`].
    pub fn create(path: &Path, most: u64, mark: u64) -> Result<Self> {
        let mut new = OpenOptions::new();
        new.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
        let database = Builder::new().create_with_file_format_v3(true).create_file(new.open(path)?)?;
        let ledger = Self { database, most };
        let change = ledger.begin()?;
        change.open_table(ENTRIES)?;
        change.open_table(TIMES)?.insert(FLOOR, 0)?;
        change.open_table(TIMES)?.insert(MARK, mark)?;
        change.commit()?;
        sync_name(path)?;
        Ok(ledger)
    }

    /// Opens a ledger that was made before.
    ///
    /// A file that is not there is an error, never an empty ledger: that would accept everything
    /// once more.
    pub fn open(path: &Path, most: u64) -> Result<Self> {
        let ledger = Self { database: Database::open(path)?, most };
        ledger.time(FLOOR)?;
        ledger.time(MARK)?;
        Ok(ledger)
    }

    fn time(&self, which: &str) -> Result<u64> {
        time_in(&self.database.begin_read()?.open_table(TIMES)?, which)
    }

    /// How many orders it holds.
    pub fn len(&self) -> Result<u64> {
        Ok(self.database.begin_read()?.open_table(ENTRIES)?.len()?)
    }

    /// Forgets every order that expired before the second `floor`, and from now on refuses orders
    /// that expire before it: both or neither, whenever the process ends. The floor never sinks.
    pub fn raise_floor(&mut self, floor: u64) -> Result<()> {
        let change = self.begin()?;
        {
            let mut times = change.open_table(TIMES)?;
            if floor <= time_in(&times, FLOOR)? {
                return Ok(());
            }
            times.insert(FLOOR, floor)?;
            // All entries are looked at. A second table, by expiry, would spare that.
            change.open_table(ENTRIES)?.retain(|_, (_, expires, _)| expires >= floor)?;
        }
        Ok(change.commit()?)
    }

    /// From now on refuses new orders that were issued before the second `mark`: to be called before
    /// a copy of the file is used in its place. The mark never sinks.
    pub fn refuse_issued_before(&mut self, mark: u64) -> Result<()> {
        let change = self.begin()?;
        {
            let mut times = change.open_table(TIMES)?;
            let mark = mark.max(time_in(&times, MARK)?);
            times.insert(MARK, mark)?;
        }
        Ok(change.commit()?)
    }

    /// A transaction; without `commit` it changes nothing.
    ///
    /// What the entries hold comes from messages, so from strangers. The second flush keeps an attacker who can choose
    /// it, and crash the process, from passing off half a transaction as a whole one.
    fn begin(&self) -> Result<WriteTransaction> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_two_phase_commit(true);
        Ok(transaction)
    }
}

impl Ledger for RedbLedger {
    type Error = RedbError;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed> {
        let &Record { key, issued_at, expires, change } = record;
        let transaction = self.begin()?;
        {
            let mut entries = transaction.open_table(ENTRIES)?;
            let (revision, state) = match (entry_in(&entries, key)?, change) {
                (Some((revision, _)), Change::Replace { current, state }) if revision == current => {
                    (current.saturating_add(1), state)
                }
                // Before the floor, the mark and the bound: what is known is known, even then.
                (Some((_, present)), _) => return Ok(Filed::Found(present)),
                (None, Change::LookUp | Change::Replace { .. }) => return Ok(Filed::Absent),
                (None, Change::Insert { state }) => {
                    let times = transaction.open_table(TIMES)?;
                    if expires < time_in(&times, FLOOR)? || issued_at < time_in(&times, MARK)? {
                        return Ok(Filed::BelowFloor);
                    }
                    if entries.len()? >= self.most {
                        return Ok(Filed::Full);
                    }
                    (0, state)
                }
            };
            entries.insert(row(key), (revision, expires, state))?;
        }
        transaction.commit()?;
        Ok(Filed::Done)
    }
}

fn row(key: &LedgerKey) -> Key<'_> {
    (key.owner.as_bytes(), key.role.as_str(), key.digest.as_bytes())
}

fn entry_in(entries: &impl ReadableTable<Key<'static>, Entry<'static>>, key: &LedgerKey) -> Result<Option<Held>> {
    Ok(entries.get(row(key))?.map(|entry| {
        let (revision, _, state) = entry.value();
        (revision, Zeroizing::new(state.to_vec()))
    }))
}

fn time_in(times: &impl ReadableTable<&'static str, u64>, which: &str) -> Result<u64> {
    let time = times.get(which)?.map(|time| time.value());
    Ok(time.ok_or_else(|| StorageError::Corrupted(format!("the ledger has no {which}")))?)
}

/// How the storage fails: an error of redb, in a box for its size.
#[derive(Debug)]
pub struct RedbError(pub Box<redb::Error>);

type Result<T> = core::result::Result<T, RedbError>;

impl<E: Into<redb::Error>> From<E> for RedbError {
    fn from(error: E) -> Self {
        Self(Box::new(error.into()))
    }
}

impl fmt::Display for RedbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for RedbError {}

/// Makes the name of a new file as durable as what is in it.
fn sync_name(path: &Path) -> std::io::Result<()> {
    // Elsewhere a directory cannot be opened like this, and need not be.
    if cfg!(unix) {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
