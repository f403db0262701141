//! Where the terminals keep what: a folder for each role that its owner alone can read, and a phone book for all.
//!
//! ```text
//! DIR/lock                              held while terminals are enrolled, and while one command runs them all
//! DIR/phone-book/parties.json           who has which role
//! DIR/phone-book/seller                 where the seller listens, likewise card-manager, delivery-service
//! DIR/card-holder/lock                  held by the card holder's process, likewise of the others
//! DIR/card-holder/share                 the share of the card holder, likewise of the others
//! DIR/card-holder/{order.json,form…}    what it brings; the seller has form.json and prices.json, the
//!                                       card manager cards.json
//! DIR/card-holder/{placed,envelope…}    the order under way, as it was sealed
//! DIR/seller/notes                      what a clerk has told the seller to do
//! DIR/seller/{ledger.redb,journal}      what it must not forget, likewise card-manager, delivery-service
//! ```

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polyseal::{Identifier, LedgerError, Role, Share, Zeroizing};

use polyseal_example_ledger::books;
use polyseal_examples::files::{self, Lock};
use polyseal_examples::journal::Journal;
use polyseal_examples::program::{Result, now};
use polyseal_examples::source::Source;
use polyseal_examples::text::complaint;
use polyseal_redb::RedbLedger;

/// Bytes of the longest message, share or state here.
pub(crate) const MOST: u64 = 16 << 20;
/// Bytes of an address.
const ADDRESS: u64 = 64;

/// What a ledger has, if anything.
pub(crate) fn found<T>(looked_up: core::result::Result<T, LedgerError>) -> Result<Option<T>> {
    match looked_up {
        Err(LedgerError::Absent) => Ok(None),
        found => Ok(Some(found?)),
    }
}

/// The folder of a role.
#[derive(Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    own: PathBuf,
    _lock: Option<Arc<Lock>>,
}

impl Folder {
    /// Makes the folder, if it is not there.
    pub(crate) fn make(root: &Path, role: &Role) -> Result<Self> {
        let folder = Self::of(root, role);
        files::make_directory(&folder.own)?;
        Ok(folder)
    }

    /// The folder for who looks into it from outside.
    pub(crate) fn of(root: &Path, role: &Role) -> Self {
        Self { root: root.into(), own: root.join(role.as_str()), _lock: None }
    }

    /// The folder for its owner, which has it for itself until the last copy of this is dropped.
    pub(crate) fn lock(root: &Path, role: &Role) -> Result<Self> {
        let folder = Self::of(root, role);
        let lock = files::lock(&folder.own).map_err(|error| match error.kind() {
            ErrorKind::NotFound => not_enrolled(root),
            _ => error.to_string(),
        })?;
        files::remove_unfinished(&folder.own)?;
        Ok(Self { _lock: Some(Arc::new(lock)), ..folder })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.own.join(name)
    }

    /// A file that has to be there.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(files::require(&self.path(name), MOST)?)
    }

    /// The same of one that people may have written.
    pub(crate) fn source(&self, name: &str) -> Source {
        Source::at(&self.path(name))
    }

    /// The share of its owner.
    pub(crate) fn share(&self) -> Result<Share> {
        let share = Share::import(&Zeroizing::new(self.read("share")?));
        Ok(share.map_err(|error| self.damaged("share", &error))?)
    }

    /// A complaint about a file that the terminal itself has written.
    pub(crate) fn damaged(&self, name: &str, error: &dyn core::error::Error) -> String {
        format!("{}: {error}: restore it from a backup", self.path(name).display())
    }

    /// The ledger and the journal of its owner, made when it starts for the first time.
    pub(crate) fn books(&self) -> Result<(RedbLedger, Journal)> {
        let ([ledger], journal) = books::open(&self.own, ["ledger.redb"], now()?)?;
        Ok((ledger, journal))
    }

    /// The book that everybody has.
    pub(crate) fn phone_book(&self) -> Result<PhoneBook> {
        PhoneBook::open(&self.root)
    }
}

fn not_enrolled(root: &Path) -> String {
    format!("{}: nobody is enrolled there: run \"enrol\" first", root.display())
}

/// Who has which role, and where it listens: public. Whoever forges it gains nothing but that nobody is reached.
pub(crate) struct PhoneBook {
    path: PathBuf,
    parties: BTreeMap<Role, Identifier>,
}

impl PhoneBook {
    /// Makes the book.
    pub(crate) fn make<'a>(root: &Path, parties: impl Iterator<Item = (&'a Role, &'a Identifier)>) -> Result<()> {
        let path = root.join("phone-book");
        files::make_directory(&path)?;
        let parties: BTreeMap<_, _> = parties.collect();
        Ok(files::store(&path.join("parties.json"), &serde_json::to_vec(&parties)?)?)
    }

    pub(crate) fn open(root: &Path) -> Result<Self> {
        let path = root.join("phone-book");
        if !Self::is_made(root)? {
            return Err(not_enrolled(root).into());
        }
        let parties = Source::at(&path.join("parties.json")).parse(|text| serde_json::from_str(text))?;
        Ok(Self { path, parties })
    }

    /// Whether there is a book.
    pub(crate) fn is_made(root: &Path) -> Result<bool> {
        Ok(files::is_there(&root.join("phone-book").join("parties.json"))?)
    }

    /// Who has a role.
    pub(crate) fn party(&self, role: &Role) -> Result<&Identifier> {
        let missing = || format!("{}: parties.json has no {role}: restore it", self.path.display());
        Ok(self.parties.get(role).ok_or_else(missing)?)
    }

    /// Says where a role listens.
    pub(crate) fn publish(&self, role: &Role, address: SocketAddr) -> Result<()> {
        Ok(files::store(&self.path.join(role.as_str()), address.to_string().as_bytes())?)
    }

    /// Connects to a role.
    pub(crate) fn connect(&self, role: &Role, time: Duration) -> Result<TcpStream> {
        let path = self.path.join(role.as_str());
        let address = files::read(&path, ADDRESS)?.ok_or_else(|| format!("the {role} does not listen"))?;
        let address = core::str::from_utf8(&address).ok().and_then(|text| text.parse().ok());
        let wrong = || format!("{}: this is no address: start the {role} again", path.display());
        let address: SocketAddr = address.ok_or_else(wrong)?;
        Ok(TcpStream::connect_timeout(&address, time)
            .map_err(|error| format!("the {role} does not answer: {}", complaint(&error.to_string())))?)
    }
}
