//! Files of lines that only grow, and what is left of them after a crash.
//!
//! A process that ends while it writes leaves the beginning of a line. That is cut off: nobody has acted on it. A last
//! line that is whole and has lost its end is kept, and what no crash explains is an error.

use std::fs::File;
use std::io::{Error, ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::files::{blame, is_plain, is_there, place, private, read_from, store, sync_names};

/// Bytes of the longest.
const MOST: u64 = 1 << 30;

/// What a last line without an end is.
pub enum Last {
    Whole,
    /// The beginning of one that was being written.
    Remains,
}

/// A file of lines. What they mean, and which of them are whole, its owner knows.
pub struct Log {
    path: PathBuf,
    file: File,
    lines: Vec<String>,
    length: u64,
    /// Whether what failed may be there, or there in part.
    is_unknown: bool,
}

impl Log {
    /// Opens a file of lines, or begins one. The function says what a last line without an end is, from the lines before
    /// it and itself.
    pub fn open(path: &Path, last: impl FnOnce(&[String], &str) -> Result<Last>) -> Result<Self> {
        is_plain(path)?;
        let open = || {
            let mut file = private().read(true).append(true).create(true).open(path)?;
            let text = text(read_from(&file, MOST)?)?;
            let (mut lines, rest) = split(&text);
            let mut length = text.len().saturating_sub(rest.len());
            if !rest.is_empty() {
                match last(&lines, rest)? {
                    Last::Whole => {
                        file.write_all(b"\n")?;
                        lines.push(rest.into());
                        length = text.len().saturating_add(1);
                    }
                    Last::Remains => file.set_len(u64::try_from(length).map_err(Error::other)?)?,
                }
            }
            file.sync_all()?;
            sync_names(path)?;
            let length = u64::try_from(length).map_err(Error::other)?;
            Ok(Self { path: path.into(), file, lines, length, is_unknown: false })
        };
        open().map_err(blame(path))
    }

    /// The lines of a file that is there, which stays as it is.
    pub fn look(path: &Path, last: impl FnOnce(&[String], &str) -> Result<Last>) -> Result<Vec<String>> {
        is_plain(path)?;
        let look = || {
            let text = text(read_from(File::open(path)?, MOST)?)?;
            let (mut lines, rest) = split(&text);
            if !rest.is_empty() && matches!(last(&lines, rest)?, Last::Whole) {
                lines.push(rest.into());
            }
            Ok(lines)
        };
        look().map_err(blame(path))
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Adds lines, all or none of them, whatever happens. When this returns they are on the disk; if it fails, none is.
    pub fn add_all(&mut self, lines: Vec<String>) -> Result<()> {
        if self.is_unknown {
            return Err(blame(&self.path)(Error::other("what it has is not known: begin anew with this file")));
        }
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        // A process that is killed may have written any number of whole lines to a file. One line is whole or cut off;
        // more of them come with a file in place of this one.
        if lines.len() < 2 { self.append(&text) } else { self.replace(&text) }?;
        self.length = self.length.saturating_add(text.len().try_into().map_err(Error::other)?);
        self.lines.extend(lines);
        Ok(())
    }

    fn append(&mut self, line: &str) -> Result<()> {
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        if written.is_err() {
            let undone = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            self.is_unknown = undone.is_err();
        }
        written.map_err(blame(&self.path))
    }

    fn replace(&mut self, more: &str) -> Result<()> {
        let text: String = self.lines.iter().flat_map(|line| [line, "\n"]).chain([more]).collect();
        place(&self.path, text.as_bytes())?;
        self.is_unknown = true;
        sync_names(&self.path).map_err(blame(&self.path))?;
        self.file = private().append(true).open(&self.path).map_err(blame(&self.path))?;
        self.is_unknown = false;
        Ok(())
    }
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| damaged("it is no text"))
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{what}: it is damaged: restore it from a backup"))
}

/// The lines that have an end, and the rest.
fn split(text: &str) -> (Vec<String>, &str) {
    match text.rsplit_once('\n') {
        Some((whole, rest)) => (whole.split('\n').map(str::to_owned).collect(), rest),
        None => (Vec::new(), text),
    }
}

/// What has been done in the outside world, a line for each deed: written at the end, never changed.
///
/// In the file a hash stands behind each line. So what is there in part, or damaged, is not taken for a deed. The first line
/// says that it is a journal: one that was emptied is not taken for a new one.
pub struct Journal(Log, Vec<String>);

/// The first line.
const BEGIN: &str = "journal";

impl Journal {
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("journal")
    }

    /// Opens a journal, or begins one.
    pub fn open(path: &Path) -> Result<Self> {
        if !is_there(path)? {
            store(path, format!("{}\n", sealed(BEGIN)).as_bytes())?;
        }
        let log = Log::open(path, |_, last| Ok(end_of(last)))?;
        let deeds = deeds(log.lines()).map_err(blame(path))?;
        Ok(Self(log, deeds))
    }

    /// The lines of one that another process may be writing. Without a file there are none.
    pub fn look(path: &Path) -> Result<Vec<String>> {
        match Log::look(path, |_, last| Ok(end_of(last))) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            lines => deeds(&lines?).map_err(blame(path)),
        }
    }

    pub fn has(&self, line: &str) -> bool {
        self.lines().any(|written| written == line)
    }

    /// What was written, in this run and in those before.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.1.iter().map(String::as_str)
    }

    /// Adds a line. When this returns it is on the disk.
    pub fn add(&mut self, deed: String) -> Result<()> {
        self.0.add_all(vec![sealed(&deed)])?;
        self.1.push(deed);
        Ok(())
    }
}

fn sealed(deed: &str) -> String {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(deed).into();
    format!("{deed} {:08x}", u32::from_be_bytes([a, b, c, d]))
}

/// The deed of a line, if it is whole.
fn deed(line: &str) -> Option<&str> {
    line.rsplit_once(' ').map(|(deed, _)| deed).filter(|deed| sealed(deed) == line)
}

fn end_of(last: &str) -> Last {
    if deed(last).is_some() { Last::Whole } else { Last::Remains }
}

fn deeds(lines: &[String]) -> Result<Vec<String>> {
    let deed = |(number, line): (usize, &String)| {
        deed(line).map(str::to_owned).ok_or_else(|| damaged(&format!("line {number}")))
    };
    match (1..).zip(lines).map(deed).collect::<Result<Vec<_>>>()?.split_first() {
        Some((first, deeds)) if first == BEGIN => Ok(deeds.to_vec()),
        _ => Err(damaged("its first line is lost")),
    }
}
