//! A durable [`Ledger`] for polyseal in one file, for one process, over the embedded database `redb`.
//!
//! ```
//! use polyseal_redb::RedbLedger;
//!
//! # let folder = std::env::temp_dir().join(format!("polyseal-redb-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = &folder.join("ledger.redb");
//! // Once, when the party begins: a party that never had a ledger has the mark 0.
//! let ledger = RedbLedger::create(path, 1_000_000, 0)?;
//! # drop(ledger);
//! // From then on:
//! let mut ledger = RedbLedger::open(path, 1_000_000)?;
//! // … pending.file(&mut ledger)? …
//! // Now and then: what expired a day ago is forgotten for good.
//! # let now = 1_800_000_000;
//! ledger.raise_floor(now - 86_400)?;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A record is filed in one transaction, which is on the disk when the method returns. Handles are cheap to clone and can
//! go to other threads; another process cannot open the file meanwhile.
//!
//! # Security
//!
//! The file holds secrets: it is made for its owner's eyes alone, and is to be kept there. Unlike the library, `redb` does not
//! wipe what it has in memory of it.
//!
//! What the entries hold comes from messages, so from strangers. Each transaction is flushed twice, which keeps an attacker
//! who can choose an entry, and crash the process, from passing off half a transaction as a whole one.
//!
//! # Damage
//!
//! To open a ledger is to read all of it and to check its sums, so that an entry which the disk has lost does not look like
//! an order that was never there. A file that is damaged, shortened or no ledger is [`RedbError::Damaged`], in one line. If
//! `redb` panics nevertheless, that is caught, here and in every later step, and comes out as the same error; a panic hook
//! is called before that, and a program built with `panic = "abort"` ends. After such an error the handle stays closed.
//! There is no repair: restore a copy, and mind [what that asks for](polyseal::ledger#after-a-loss).
//!
//! One thing has no sum: which of its two last commits is the newer one, a bit at the beginning of the file. If that flips
//! in a file that a process has left without closing it, the last commit is gone, as in a copy made just before it. Nothing
//! in the file tells that from a crash.
//!
//! A file says of which version it is. A later version of the package reads it; an earlier one that does not know it says
//! so, by [`RedbError::Version`].
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod operating;
mod tables;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polyseal::Zeroizing;
use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, WriteTransaction};

pub use error::RedbError;
use error::caught;
pub use operating::OpenOrder;
use tables::{ENTRIES, Entry, FLOOR, Key, MARK, TIMES, number_in};

/// Revision and state, in memory.
type Held = (u64, Zeroizing<Vec<u8>>);

type Result<T> = core::result::Result<T, RedbError>;

/// A handle on a ledger in a file, bounded.
#[derive(Clone, Debug)]
pub struct RedbLedger(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// None once it was found damaged.
    database: Mutex<Option<Database>>,
    most: u64,
}

impl RedbLedger {
    /// Makes a ledger for at most `most` orders, in a file that must not exist yet.
    ///
    /// New orders that were issued before the second `mark` are refused. For a party that has never had a ledger that is 0.
    /// For one that has lost it, it is later than the present and the skew that the party allows: see
    /// [there](polyseal::ledger#after-a-loss).
    ///
    /// # Errors
    ///
    /// [`RedbError::Storage`] if the file exists or cannot be made.
    pub fn create(path: &Path, most: u64, mark: u64) -> Result<Self> {
        caught(|| {
            let mut new = OpenOptions::new();
            new.read(true).write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
            let file = FileBackend::new(new.open(path)?)?;
            let database = Builder::new().create_with_backend(file)?;
            let change = begin(&database)?;
            tables::make(&change, mark)?;
            change.commit()?;
            sync_name(path)?;
            Ok(Self::of(database, most))
        })
    }

    /// Opens a ledger that was made before, and reads all of it once. From now on it takes at most `most` orders.
    ///
    /// A file that is not there is an error, never an empty ledger: that would accept everything once more.
    ///
    /// # Errors
    ///
    /// [`RedbError::Damaged`] if the file is damaged, shortened, or no ledger; [`RedbError::Version`] if it is of a version
    /// that this package does not read; [`RedbError::Storage`] if it is not there, is open already, or cannot be read.
    pub fn open(path: &Path, most: u64) -> Result<Self> {
        caught(|| {
            let mut database = Database::open(path)?;
            // Whether something was repaired does not matter here: what is kept has all its sums, or this fails.
            database.check_integrity()?;
            tables::check(&database.begin_read()?)?;
            Ok(Self::of(database, most))
        })
    }

    fn of(database: Database, most: u64) -> Self {
        Self(Arc::new(Shared { database: Mutex::new(Some(database)), most }))
    }

    /// Does something with the database, which is closed for good if it shows to be damaged.
    fn with<T>(&self, act: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        let mut held = self.0.database.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*held else { return Err(RedbError::closed()) };
        let outcome = caught(|| act(database));
        if matches!(outcome, Err(RedbError::Damaged(_))) {
            close(held.take());
        }
        outcome
    }

    /// How many orders it holds.
    ///
    /// # Errors
    ///
    /// [`RedbError`] if the file cannot be read.
    pub fn len(&self) -> Result<u64> {
        self.with(|database| Ok(database.begin_read()?.open_table(ENTRIES)?.len()?))
    }

    /// Whether it holds no order.
    ///
    /// # Errors
    ///
    /// [`RedbError`] if the file cannot be read.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Forgets every order that expired before the second `floor`, and from now on refuses orders that expire before it:
    /// both or neither, whenever the process ends. The floor never sinks. (Over PostgreSQL these are two calls,
    /// `raise_floor` and `purge`.)
    ///
    /// All entries are looked at, and nothing else is filed meanwhile.
    ///
    /// # Errors
    ///
    /// [`RedbError`] if the storage fails; whether the floor was raised may then be unknown.
    pub fn raise_floor(&self, floor: u64) -> Result<()> {
        self.with(|database| {
            let change = begin(database)?;
            {
                let mut times = change.open_table(TIMES)?;
                if floor <= number_in(&times, FLOOR)? {
                    return Ok(());
                }
                times.insert(FLOOR, floor)?;
                change.open_table(ENTRIES)?.retain(|_, (_, _, expires, _, _)| expires >= floor)?;
            }
            Ok(change.commit()?)
        })
    }

    /// From now on refuses new orders that were issued before the second `mark`: to be called before a copy of the file is
    /// used in its place. The mark never sinks.
    ///
    /// # Errors
    ///
    /// [`RedbError`] if the storage fails; whether the mark was set may then be unknown.
    pub fn refuse_issued_before(&self, mark: u64) -> Result<()> {
        self.with(|database| {
            let change = begin(database)?;
            {
                let mut times = change.open_table(TIMES)?;
                let mark = mark.max(number_in(&times, MARK)?);
                times.insert(MARK, mark)?;
            }
            Ok(change.commit()?)
        })
    }
}

impl Ledger for RedbLedger {
    type Error = RedbError;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed> {
        let most = self.0.most;
        self.with(|database| file(database, most, record))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        close(self.database.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// To close a file is to write to it, too.
fn close(database: Option<Database>) {
    // There is nobody left to tell; whoever opens the file next finds out.
    let _ = caught(|| {
        drop(database);
        Ok(())
    });
}

fn file(database: &Database, most: u64, record: &Record<'_>) -> Result<Filed> {
    let &Record { key, issued_at, expires, stage, change } = record;
    let transaction = begin(database)?;
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
                if expires < number_in(&times, FLOOR)? || issued_at < number_in(&times, MARK)? {
                    return Ok(Filed::BelowFloor);
                }
                if entries.len()? >= most {
                    return Ok(Filed::Full);
                }
                (0, state)
            }
        };
        entries.insert(row(key), (revision, issued_at, expires, stage, state))?;
    }
    transaction.commit()?;
    Ok(Filed::Done)
}

/// A transaction; without `commit` it changes nothing.
fn begin(database: &Database) -> Result<WriteTransaction> {
    let mut transaction = database.begin_write()?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn row(key: &LedgerKey) -> Key<'_> {
    (key.owner.as_bytes(), key.role.as_str(), key.digest.as_bytes())
}

fn entry_in(entries: &impl ReadableTable<Key<'static>, Entry<'static>>, key: &LedgerKey) -> Result<Option<Held>> {
    Ok(entries.get(row(key))?.map(|entry| {
        let (revision, _, _, _, state) = entry.value();
        (revision, Zeroizing::new(state.to_vec()))
    }))
}

/// Makes the name of a new file as durable as what is in it.
fn sync_name(path: &Path) -> std::io::Result<()> {
    // Elsewhere a directory cannot be opened like this, and need not be.
    if cfg!(unix) {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// The README's listing is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
