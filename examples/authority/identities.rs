//! Who is to be served: identifiers on the command line, in a file, or in the last epoch's register.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use polyseal::{Identifier, ValueError};

use crate::Result;
use crate::register::{Kind, Registered};
use crate::terms::Terms;
use polyseal_examples::files;
use polyseal_examples::source::text;
use polyseal_examples::text::is_visible;

/// Bytes of the longest list.
const MOST: u64 = 256 << 20;

#[derive(Args)]
#[group(id = "who", required = true, multiple = true)]
pub(crate) struct Whom {
    /// Identifiers, as they are to be known to others
    #[arg(value_name = "ID", group = "who", value_parser = plain)]
    identifiers: Vec<Identifier>,
    /// A file of identifiers, one a line; - for standard input
    #[arg(long, value_name = "FILE", group = "who")]
    from: Option<PathBuf>,
    /// Everybody of the last epoch, services as services
    #[arg(long, group = "who")]
    renew: bool,
}

/// Those who were named, and whether those of the last epoch come with them.
pub(crate) struct Lists {
    kind: Kind,
    named: Vec<Identifier>,
    renew: bool,
}

impl Whom {
    pub(crate) fn read(&self, kind: Kind) -> Result<Lists> {
        let mut named = self.identifiers.clone();
        if let Some(path) = &self.from {
            named.extend(read(path)?);
        }
        Ok(Lists { kind, named, renew: self.renew })
    }
}

impl Lists {
    pub(crate) fn with_renewed(self, dir: &Path, terms: &Terms) -> Result<Vec<(Kind, Vec<Identifier>)>> {
        let mut lists = Vec::new();
        if self.renew {
            let last = terms
                .epoch
                .checked_sub(1)
                .filter(|last| *last > 0)
                .ok_or("this is the first epoch: there is none to renew")?;
            let last = Registered::read(dir, &Terms { epoch: last, ..terms.clone() })?;
            lists.extend([Kind::Service, Kind::CardHolder].map(|kind| (kind, last.identities(kind))));
        }
        lists.push((self.kind, self.named));
        lists.retain(|(_, identities)| !identities.is_empty());
        Ok(lists)
    }
}

fn read(path: &Path) -> Result<Vec<Identifier>> {
    let (name, bytes) = if path == Path::new("-") {
        (
            "standard input".into(),
            files::read_from(std::io::stdin(), MOST).map_err(|error| format!("standard input: {error}"))?,
        )
    } else {
        (path.display().to_string(), files::given(path, MOST)?)
    };
    let lines = text(&bytes).map_err(|error| format!("{name}: {error}"))?.lines();
    let mut identifiers = Vec::new();
    let mut places = BTreeMap::new();
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let blame = |complaint: String| format!("{name}, line {number}: {complaint}");
        let identifier = plain(line).map_err(blame)?;
        // It may be meant to be another.
        if let Some(first) = places.insert(identifier.clone(), number) {
            return Err(blame(format!("it is in line {first} already: remove one of them")).into());
        }
        identifiers.push(identifier);
    }
    if identifiers.is_empty() {
        return Err(format!("{name}: there is no identifier in it").into());
    }
    Ok(identifiers)
}

/// An identifier that looks like what it is. Identifiers are compared byte by byte, so a space that nobody sees is another
/// party's name.
pub(crate) fn plain(text: &str) -> core::result::Result<Identifier, String> {
    if text.trim() != text {
        return Err("there is a space before or behind the identifier: remove it".into());
    }
    if let Some(c) = text.chars().find(|c| !is_visible(*c)) {
        return Err(format!("there is {} in the identifier, which nobody sees: remove it", c.escape_unicode()));
    }
    Identifier::new(text).map_err(|error: ValueError| error.to_string())
}
