//! Whom an epoch's authority has served: a file that only grows, a line for each identity.
//!
//! A line is the kind of party, its identifier, and a hash over all lines up to here. So damage is found, and a count
//! with the hash at that count says which register it is of.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polyseal::Identifier;
use polyseal::key::Cohort;
use sha2::{Digest, Sha256};

use crate::terms::Terms;
use crate::{Result, blame};
use polyseal_example_authority::names::{escape, hex, unescape};
use polyseal_examples::files::{self, Journal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In the one cohort that its identifier says.
    CardHolder,
    /// In every cohort, and on the services' own polynomial.
    Service,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CardHolder => "card-holder",
            Self::Service => "service",
        })
    }
}

/// The registered identities of one epoch.
pub(crate) struct Registered {
    kinds: BTreeMap<Identifier, Kind>,
    services: BTreeSet<Identifier>,
    /// The hash before the first line, and after each.
    heads: Vec<String>,
}

impl Registered {
    pub(crate) fn path(dir: &Path, epoch: u64) -> PathBuf {
        dir.join(format!("register.{epoch}"))
    }

    fn new(terms: &Terms) -> Self {
        let start = format!("polyseal authority register {} {} {}", terms.label, terms.issuer, terms.epoch);
        Self { kinds: BTreeMap::new(), services: BTreeSet::new(), heads: vec![hash(&start)] }
    }

    /// Reads the register of the epoch of these terms, and leaves the file as it is.
    pub(crate) fn read(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Self::path(dir, terms.epoch);
        let text = std::fs::read_to_string(&path).map_err(|error| blame(&path, error))?;
        Self::parse(terms, &path, files::whole_lines(&text).lines())
    }

    fn parse<'a>(terms: &Terms, path: &Path, lines: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut registered = Self::new(terms);
        for (number, line) in (1..).zip(lines) {
            let entry = read_line(line);
            let written = entry.map(|(kind, identifier)| registered.enter(kind, identifier));
            if written.as_deref() != Some(line) {
                let complaint = "it is damaged, or of another authority: restore it from a backup";
                return Err(format!("{}, line {number}: {complaint}", path.display()).into());
            }
        }
        Ok(registered)
    }

    /// Enters an identity that is not in it. Gives its line.
    fn enter(&mut self, kind: Kind, identifier: Identifier) -> String {
        let entry = format!("{kind} {}", escape(&identifier));
        let head = hash(&format!("{} {entry}", self.head()));
        let line = format!("{entry} {head}");
        self.heads.push(head);
        if kind == Kind::Service {
            self.services.insert(identifier.clone());
        }
        self.kinds.insert(identifier, kind);
        line
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(crate) fn services(&self) -> usize {
        self.services.len()
    }

    pub(crate) fn head(&self) -> &str {
        self.heads.last().map_or("", String::as_str)
    }

    /// The hash after so many lines.
    pub(crate) fn head_at(&self, count: usize) -> Option<&str> {
        self.heads.get(count).map(String::as_str)
    }

    pub(crate) fn identities(&self, kind: Kind) -> Vec<Identifier> {
        self.kinds.iter().filter(|(_, other)| **other == kind).map(|(identifier, _)| identifier.clone()).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Identifier> {
        self.kinds.keys()
    }

    /// The card holders of each cohort that has any.
    pub(crate) fn loads(&self, terms: &Terms) -> BTreeMap<Cohort, Vec<&Identifier>> {
        let mut loads = BTreeMap::<_, Vec<_>>::new();
        for (identifier, kind) in &self.kinds {
            if *kind == Kind::CardHolder {
                loads.entry(Cohort::of(identifier, &terms.label, terms.cohorts)).or_default().push(identifier);
            }
        }
        loads
    }

    /// The register of a polynomial: its card holders and all services.
    pub(crate) fn of(&self, card_holders: Option<&Vec<&Identifier>>) -> BTreeSet<Identifier> {
        card_holders.into_iter().flatten().copied().chain(&self.services).cloned().collect()
    }
}

/// A register that can grow.
pub(crate) struct RegisterFile {
    journal: Journal,
    pub(crate) registered: Registered,
}

impl RegisterFile {
    /// Begins the register of an epoch. One that was begun before is taken if nobody is in it.
    pub(crate) fn create(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Registered::path(dir, terms.epoch);
        let journal = Journal::open_file(&path).map_err(|error| blame(&path, error))?;
        if journal.lines().next().is_some() {
            return Err(blame(&path, "it has entries, and its state is lost: restore that from a backup").into());
        }
        Ok(Self { journal, registered: Registered::new(terms) })
    }

    pub(crate) fn open(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Registered::path(dir, terms.epoch);
        if !path.try_exists()? {
            // An empty one would let the authority issue past its capacity.
            return Err(blame(&path, "the register is lost: restore it from a backup").into());
        }
        let journal = Journal::open_file(&path).map_err(|error| blame(&path, error))?;
        let registered = Registered::parse(terms, &path, journal.lines())?;
        Ok(Self { journal, registered })
    }

    /// Enters identities, all or (unless the process dies) none. How many are new. When this returns they are on the
    /// disk.
    pub(crate) fn admit(&mut self, terms: &Terms, kind: Kind, identities: &[Identifier]) -> Result<usize> {
        let mut new = BTreeSet::new();
        for identifier in identities {
            match self.registered.kinds.get(identifier) {
                Some(other) if *other != kind => {
                    return Err(
                        format!("{identifier} is registered as a {other}, and cannot be a {kind} as well").into()
                    );
                }
                Some(_) => {}
                None => drop(new.insert(identifier)),
            }
        }
        self.check_room(terms, kind, &new)?;
        let lines: Vec<_> = new.iter().map(|identifier| self.registered.enter(kind, (*identifier).clone())).collect();
        self.journal.add_all(lines)?;
        Ok(new.len())
    }

    /// The library refuses at the capacity too, but one by one, and then some would be in and others not.
    fn check_room(&self, terms: &Terms, kind: Kind, new: &BTreeSet<&Identifier>) -> Result<()> {
        let mut holders: BTreeMap<Cohort, usize> =
            self.registered.loads(terms).into_iter().map(|(cohort, load)| (cohort, load.len())).collect();
        let mut services = self.registered.services();
        match kind {
            Kind::Service => services = services.saturating_add(new.len()),
            Kind::CardHolder => {
                for identifier in new {
                    let load = holders.entry(Cohort::of(identifier, &terms.label, terms.cohorts)).or_default();
                    *load = load.saturating_add(1);
                }
            }
        }
        let fullest = holders.into_iter().max_by_key(|(_, load)| *load);
        let (cohort, load) = fullest.unwrap_or((Cohort::services(terms.cohorts), 0));
        let (parties, room) = (load.saturating_add(services), terms.room());
        if new.is_empty() || parties <= room {
            return Ok(());
        }
        let index = cohort.index().map_or("the services' own polynomial".into(), |index| format!("cohort {index}"));
        let mend = "raise the threshold with the next epoch, or make a network of more cohorts";
        Err(format!("{index} would have {parties} parties and takes {room}, so nobody was registered: {mend}").into())
    }
}

/// As much of a hash as it takes to notice accidents. It stops no attacker: one who can write here can write a hash,
/// too.
fn hash(text: &str) -> String {
    let mut hash = hex(&Sha256::digest(text));
    hash.truncate(32);
    hash
}

fn read_line(line: &str) -> Option<(Kind, Identifier)> {
    let mut words = line.split(' ');
    let kind = match words.next()? {
        "card-holder" => Kind::CardHolder,
        "service" => Kind::Service,
        _ => return None,
    };
    Some((kind, unescape(words.next()?)?))
}
