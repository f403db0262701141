//! Whom an epoch's authority has served: a file that only grows, a line for each identity.
//!
//! A line is the kind of party, its identifier, and a hash over all lines up to here. So damage is found, and a count
//! with the hash at that count says which register it is of. A line of the kind `void` says of one before that it should
//! not be there. Its party keeps its place: it may have its share.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use polyseal::Identifier;
use polyseal::key::Cohort;
use sha2::{Digest, Sha256};

use crate::terms::Terms;
use crate::{Result, blame};
use polyseal_example_authority::names::{escape, hex, unescape};
use polyseal_examples::files;
use polyseal_examples::journal::{Last, Log};

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
    void: BTreeSet<Identifier>,
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
        Self { kinds: BTreeMap::new(), void: BTreeSet::new(), services: BTreeSet::new(), heads: vec![hash(&start)] }
    }

    /// Reads the register of the epoch of these terms, and leaves the file as it is.
    pub(crate) fn read(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Self::path(dir, terms.epoch);
        let lines = Log::look(&path, |lines, last| Self::parse(terms, lines)?.last(lines.len(), last))?;
        Ok(Self::parse(terms, &lines).map_err(files::blame(&path))?)
    }

    fn parse(terms: &Terms, lines: &[String]) -> std::io::Result<Self> {
        let mut registered = Self::new(terms);
        for (number, line) in (1..).zip(lines) {
            let entry = read_line(line).filter(|entry| registered.line(entry) == *line);
            registered.enter(entry.ok_or_else(|| damaged(number))?);
        }
        Ok(registered)
    }

    /// What a last line without an end is, after so many: whole, or what a crash leaves of one.
    fn last(&self, lines: usize, last: &str) -> std::io::Result<Last> {
        let begins = |entry: &Entry| self.line(entry).starts_with(last);
        let is_begun = match read_line(last) {
            Some(entry) if self.line(&entry) == last => return Ok(Last::Whole),
            Some(entry) => begins(&entry),
            None => ["card-holder ", "service ", "void "].iter().any(|kind| {
                kind.starts_with(last) || last.strip_prefix(kind).is_some_and(|name| name.bytes().all(is_of_a_name))
            }),
        };
        if is_begun { Ok(Last::Remains) } else { Err(damaged(lines.saturating_add(1))) }
    }

    /// The line that an entry would have next.
    fn line(&self, entry: &Entry) -> String {
        let text = entry.text();
        format!("{text} {}", hash(&format!("{} {text}", self.head())))
    }

    /// Enters what is not in it. Gives its line.
    fn enter(&mut self, entry: Entry) -> String {
        let line = self.line(&entry);
        self.heads.push(line.rsplit_once(' ').map_or_else(String::new, |(_, head)| head.to_owned()));
        match entry {
            Entry::Party(kind, identifier) => {
                if kind == Kind::Service {
                    self.services.insert(identifier.clone());
                }
                self.kinds.insert(identifier, kind);
            }
            Entry::Void(identifier) => drop(self.void.insert(identifier)),
        }
        line
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// How many of its entries are void.
    pub(crate) fn voided(&self) -> usize {
        self.void.len()
    }

    pub(crate) fn lines(&self) -> usize {
        self.heads.len().saturating_sub(1)
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

    /// Those of a kind whose entries are not void.
    pub(crate) fn identities(&self, kind: Kind) -> Vec<Identifier> {
        let valid = self.kinds.iter().filter(|(name, other)| **other == kind && !self.void.contains(name));
        valid.map(|(identifier, _)| identifier.clone()).collect()
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
    log: Log,
    pub(crate) registered: Registered,
}

impl RegisterFile {
    /// Begins the register of an epoch. One that was begun before is taken if nobody is in it.
    pub(crate) fn create(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Registered::path(dir, terms.epoch);
        let registered = Registered::new(terms);
        let log = Log::open(&path, |lines, last| registered.last(lines.len(), last))?;
        if !log.lines().is_empty() {
            return Err(blame(&path, "it has entries, and its state is lost: restore that from a backup").into());
        }
        Ok(Self { log, registered })
    }

    pub(crate) fn open(dir: &Path, terms: &Terms) -> Result<Self> {
        let path = Registered::path(dir, terms.epoch);
        if !files::is_there(&path)? {
            // An empty one would let the authority issue past its capacity.
            return Err(blame(&path, "the register is lost: restore it from a backup").into());
        }
        let log = Log::open(&path, |lines, last| Registered::parse(terms, lines)?.last(lines.len(), last))?;
        let registered = Registered::parse(terms, log.lines()).map_err(files::blame(&path))?;
        Ok(Self { log, registered })
    }

    /// Enters identities, all or none of them. How many are new. When this returns they are on the disk.
    pub(crate) fn admit(&mut self, terms: &Terms, kind: Kind, identities: &[Identifier]) -> Result<usize> {
        let mut new = BTreeSet::new();
        for identifier in identities {
            if self.registered.void.contains(identifier) {
                return Err(format!("{identifier} is void in this register: nothing is issued to it").into());
            }
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
        let entries = new.iter().map(|identifier| Entry::Party(kind, (*identifier).clone()));
        let lines = entries.map(|entry| self.registered.enter(entry)).collect();
        self.log.add_all(lines).map_err(|error| format!("{error}: nobody was registered"))?;
        Ok(new.len())
    }

    /// Makes the entry of an identity void. Of what kind it is. When this returns it is on the disk.
    pub(crate) fn void(&mut self, identifier: &Identifier) -> Result<Kind> {
        let kind = self.registered.kinds.get(identifier).copied();
        let kind = kind.ok_or_else(|| format!("{identifier} is not registered: correct the identifier"))?;
        if !self.registered.void.contains(identifier) {
            let line = self.registered.enter(Entry::Void(identifier.clone()));
            self.log.add_all(vec![line])?;
        }
        Ok(kind)
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

/// What a line says, but for its hash.
enum Entry {
    Party(Kind, Identifier),
    Void(Identifier),
}

impl Entry {
    fn text(&self) -> String {
        match self {
            Self::Party(kind, identifier) => format!("{kind} {}", escape(identifier)),
            Self::Void(identifier) => format!("void {}", escape(identifier)),
        }
    }
}

fn read_line(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let (kind, identifier) = (words.next()?, unescape(words.next()?)?);
    match kind {
        "card-holder" => Some(Entry::Party(Kind::CardHolder, identifier)),
        "service" => Some(Entry::Party(Kind::Service, identifier)),
        "void" => Some(Entry::Void(identifier)),
        _ => None,
    }
}

/// Whether [`escape`] writes such a byte.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.%".contains(&byte)
}

fn damaged(number: usize) -> std::io::Error {
    let complaint = "it is damaged, or of another authority: restore it from a backup";
    std::io::Error::new(std::io::ErrorKind::InvalidData, format!("line {number}: {complaint}"))
}
