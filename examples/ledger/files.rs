//! Files that are whole, or not there, whenever the process ends.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

use crate::redb_ledger::{RedbError, RedbLedger};

/// How many orders each ledger takes.
const MOST: u64 = 10_000;

/// The content of a file, if there is one.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Stores a file, unless it is there; in any case gives what it then holds.
pub(crate) fn once<E: From<std::io::Error>>(
    path: &Path,
    make: impl FnOnce() -> core::result::Result<Vec<u8>, E>,
) -> core::result::Result<Vec<u8>, E> {
    if let Some(bytes) = read(path)? {
        return Ok(bytes);
    }
    let bytes = make()?;
    store(path, &bytes)?;
    Ok(bytes)
}

/// Stores a file that its owner alone can read, in place of one that is there.
pub(crate) fn store(path: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    let mut file = new.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    sync_names(path)
}

/// A ledger that is made with a party's journal, and opened again afterwards.
///
/// Nothing is in the outside world before there is a journal. Afterwards a ledger that is missing is lost, and a new one
/// must not take its place.
pub(crate) fn ledger(path: &Path, is_first: bool, now: u64) -> core::result::Result<RedbLedger, RedbError> {
    if is_first {
        // In place of one whose making was cut off.
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => RedbLedger::create(path, MOST, 0),
        };
    }
    let mut ledger = RedbLedger::open(path, MOST)?;
    // It forgets what has expired.
    ledger.raise_floor(now)?;
    Ok(ledger)
}

/// Makes the name of a file as durable as what is in it.
fn sync_names(path: &Path) -> Result<()> {
    // Elsewhere a directory cannot be opened like this, and need not be.
    match path.parent() {
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// What has been done in the outside world, a line for each deed: written at the end, never
/// changed.
pub(crate) struct Journal {
    file: File,
    lines: Vec<String>,
}

impl Journal {
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join("journal")
    }

    /// Opens the journal, or begins one.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let path = Self::path(dir);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // A line without an end was being written when the process ended: nobody has acted on it.
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        text.truncate(whole);
        file.set_len(text.len().try_into().map_err(std::io::Error::other)?)?;
        file.sync_all()?;
        sync_names(&path)?;
        Ok(Self { file, lines: text.lines().map(str::to_owned).collect() })
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        self.lines().any(|written| written == line)
    }

    /// What was written, in this run and in those before.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Adds a line. When this returns it is on the disk.
    pub(crate) fn add(&mut self, line: String) -> Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_all()?;
        self.lines.push(line);
        Ok(())
    }
}
