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
        if !pointer.try_exists()? {
            return Ok(None);
        }
        let path = std::fs::read_to_string(&pointer).map_err(|error| blame(&pointer, error))?;
        Ok(Some(Self { path: path.trim_end_matches('\n').into() }))
    }

    /// Takes a directory as it is for the newest, and this file for its witness from now on.
    pub(crate) fn appoint(dir: &Path, file: &Path, terms: &Terms, registered: &Registered) -> Result<()> {
        let path = std::path::absolute(file)?;
        let text =
            path.to_str().filter(|text| !text.contains('\n')).ok_or("the path of a witness is text of one line")?;
        Self { path: path.clone() }.tell(terms, registered)?;
        Ok(files::store(&Self::pointer(dir), format!("{text}\n").as_bytes())?)
    }

    pub(crate) fn tell(&self, terms: &Terms, registered: &Registered) -> Result<()> {
        let (label, issuer, epoch) = (&terms.label, &terms.issuer, terms.epoch);
        let text = format!("{TITLE}\n{label} {issuer} {epoch} {} {}\n", registered.len(), registered.head());
        let stored = files::store(&self.path, text.as_bytes());
        stored.map_err(|error| blame(&self.path, format_args!("the witness cannot be written: {error}")).into())
    }

    /// Whether the directory is as the witness knows it, or further.
    pub(crate) fn check(&self, terms: &Terms, registered: &Registered) -> Result<()> {
        let name = self.path.display();
        let text = std::fs::read_to_string(&self.path).map_err(|error| {
            format!(
                "{name}: the witness cannot be read: {error}; if the directory is surely the newest, appoint another"
            )
        })?;
        let (epoch, count, head) = parse(&text, terms)
            .ok_or_else(|| format!("{name}: it is no witness of this authority; if it should be, appoint it anew"))?;
        if epoch > terms.epoch || (epoch == terms.epoch && count > registered.len()) {
            let (here, served) = (terms.epoch, registered.len());
            return Err(format!(
                "the directory has gone backwards: it is at epoch {here} with {served} identities, and {name} knows of \
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

/// Epoch, count and hash.
fn parse(text: &str, terms: &Terms) -> Option<(u64, usize, String)> {
    let words = text.strip_prefix(TITLE)?.strip_prefix('\n')?.strip_suffix('\n')?;
    let [label, issuer, epoch, count, head] = words.split(' ').collect::<Vec<_>>()[..] else { return None };
    let is_ours = label == terms.label.as_str() && issuer == terms.issuer.as_str();
    if is_ours { Some((epoch.parse().ok()?, count.parse().ok()?, head.to_owned())) } else { None }
}
