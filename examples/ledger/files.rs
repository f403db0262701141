//! Files that are whole, or not there, whenever the process ends.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// The content of a file, if there is one.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
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
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    sync_names(path)?;
    Ok(bytes)
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
        self.lines.iter().any(|written| written == line)
    }

    /// Adds a line. When this returns it is on the disk.
    pub(crate) fn add(&mut self, line: String) -> Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_all()?;
        self.lines.push(line);
        Ok(())
    }
}
