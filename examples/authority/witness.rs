//! A file kept elsewhere, on another disk if possible, that knows how far the authority has come.
//!
//! A directory that was restored from a backup is whole and wrong: it has forgotten whom it served, and that it went on
//! to the next epoch. Nothing in the directory itself can tell. The witness can.

use std::path::{Path, PathBuf};

use crate::register::Registered;
use crate::terms::Terms;
use crate::{Result, blame};
use polyseal_examples::files;

const TITLE: &str = "polyseal authority 1: witness";
/// Bytes of the longest witness, and of the longest path of one.
const MOST: u64 = 64 * 1024;

pub(crate) struct Witness {
    path: PathBuf,
}

impl Witness {
    /// Where the directory says where its witness is.
    fn pointer(dir: &Path) -> PathBuf {
        dir.join("witness")
    }

    /// The witness of a directory, if it has one.
    pub(crate) fn of(dir: &Path) -> Result<Option<Self>> {
        let pointer = Self::pointer(dir);
        let Some(path) = files::read(&pointer, MOST)? else { return Ok(None) };
        let path = core::str::from_utf8(&path).ok().and_then(|path| path.strip_suffix('\n'));
        let path = path.ok_or_else(|| blame(&pointer, "it is damaged: appoint a witness anew"))?;
        Ok(Some(Self { path: path.into() }))
    }

    /// Takes a directory as it is for the newest, and this file for its witness from now on.
    pub(crate) fn appoint(dir: &Path, file: &Path, terms: &Terms, registered: &Registered) -> Result<()> {
        let path = std::path::absolute(file)?;
        let text =
            path.to_str().filter(|text| !text.contains('\n')).ok_or("the path of a witness is text of one line")?;
        is_free(dir, &path, terms)?;
        Self { path: path.clone() }.tell(terms, registered)?;
        Ok(files::store(&Self::pointer(dir), format!("{text}\n").as_bytes())?)
    }

    pub(crate) fn tell(&self, terms: &Terms, registered: &Registered) -> Result<()> {
        let (label, issuer, epoch) = (&terms.label, &terms.issuer, terms.epoch);
        let text = format!("{TITLE}\n{label} {issuer} {epoch} {} {}\n", registered.lines(), registered.head());
        let stored = files::store(&self.path, text.as_bytes());
        stored.map_err(|error| blame(&self.path, format_args!("the witness cannot be written: {error}")).into())
    }

    /// Whether the directory is as the witness knows it, or further.
    pub(crate) fn check(&self, terms: &Terms, registered: &Registered) -> Result<()> {
        let name = self.path.display();
        let text = files::require(&self.path, MOST).map_err(|error| {
            format!("the witness cannot be read: {error}; if the directory is surely the newest, appoint another")
        })?;
        let (epoch, count, head) = parse(&text, terms)
            .ok_or_else(|| format!("{name}: it is no witness of this authority; if it should be, appoint it anew"))?;
        if epoch > terms.epoch || (epoch == terms.epoch && count > registered.lines()) {
            let (here, served) = (terms.epoch, registered.lines());
            return Err(format!(
                "the directory has gone backwards: it is at epoch {here} with {served} entries, and {name} knows of \
                 epoch {epoch} with {count}: restore the newest copy"
            )
            .into());
        }
        if epoch == terms.epoch && registered.head_at(count) != Some(&head) {
            return Err(format!("the register is another than {name} knows: restore the right one").into());
        }
        Ok(())
    }
}

/// Whether a file may become the witness: one that is not there yet, or is a witness of this authority, and is not among the
/// authority's own files, with which it would be lost.
fn is_free(dir: &Path, path: &Path, terms: &Terms) -> Result<()> {
    let parent = path.parent().ok_or_else(|| blame(path, "this is no name of a file: correct it"))?;
    let parent = parent.canonicalize().map_err(files::blame(parent))?;
    if parent.starts_with(dir.canonicalize().map_err(files::blame(dir))?) {
        return Err(blame(path, "it is in the authority's own directory: name a file elsewhere").into());
    }
    match files::is_there(path)? {
        true if !path.symlink_metadata()?.is_file() => Err(blame(path, "it is no file: name another").into()),
        true if parse(&files::require(path, MOST)?, terms).is_none() => {
            Err(blame(path, "it exists, and is no witness of this authority: name another file").into())
        }
        _ => Ok(()),
    }
}

/// Epoch, count and hash.
fn parse(text: &[u8], terms: &Terms) -> Option<(u64, usize, String)> {
    let words = core::str::from_utf8(text).ok()?.strip_prefix(TITLE)?.strip_prefix('\n')?.strip_suffix('\n')?;
    let [label, issuer, epoch, count, head] = words.split(' ').collect::<Vec<_>>()[..] else { return None };
    let is_ours = label == terms.label.as_str() && issuer == terms.issuer.as_str();
    if is_ours { Some((epoch.parse().ok()?, count.parse().ok()?, head.to_owned())) } else { None }
}
