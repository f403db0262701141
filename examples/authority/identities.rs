//! Who is to be served: identifiers on the command line, in a file, or in the last epoch's register.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use polyseal::{Identifier, IdentifierError};

use crate::Result;
use crate::register::{Kind, Registered};
use crate::terms::Terms;

#[derive(Args)]
#[group(id = "who", required = true, multiple = true)]
pub(crate) struct Whom {
    /// Identifiers, as they are to be known to others
    #[arg(value_name = "ID", group = "who")]
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
    let mut bytes = Vec::new();
    let (name, read) = if path == Path::new("-") {
        ("standard input".into(), std::io::stdin().read_to_end(&mut bytes))
    } else {
        let read = std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
        (path.display().to_string(), read)
    };
    read.map_err(|error| format!("{name}: {error}"))?;
    let mut identifiers = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        match identifier(line) {
            Ok(identifier) => identifiers.extend(identifier),
            Err(error) => return Err(format!("{name}, line {number}: {error}").into()),
        }
    }
    if identifiers.is_empty() {
        return Err(format!("{name}: there is no identifier in it").into());
    }
    Ok(identifiers)
}

/// The identifier of a line, if it has one. Identifiers are compared byte by byte, so a space that nobody sees is
/// another party's name.
fn identifier(line: &[u8]) -> core::result::Result<Option<Identifier>, String> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    if line.trim_ascii() != line {
        return Err("there is a space before or behind the identifier: remove it".into());
    }
    Identifier::new(line).map(Some).map_err(|error: IdentifierError| error.to_string())
}
