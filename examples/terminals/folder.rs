//! Where the terminals keep what: a folder for each role that its owner alone can read, and a phone book for all.
//!
//! ```text
//! DIR/phone-book/parties.json           who has which role
//! DIR/phone-book/seller                 where the seller listens, likewise card-manager, delivery-service
//! DIR/card-holder/share                 the share of the card holder, likewise of the others
//! DIR/card-holder/{order.json,form…}    what it brings; the seller has form.json and prices.json, the
//!                                       card manager cards.json
//! DIR/card-holder/{envelope,placed}     the order as it was sealed, and what reads its receipts
//! DIR/seller/notes                      what a clerk has told the seller to do
//! DIR/seller/{ledger.redb,journal}      what it must not forget, likewise card-manager, delivery-service
//! ```

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use polyseal::{Identifier, LedgerError, Role, Share};

use polyseal_example_ledger::books::ledger_beside_journal;
use polyseal_examples::files::{self, Journal};
use polyseal_examples::program::{Result, now};
use polyseal_redb::RedbLedger;

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
}

impl Folder {
    /// Makes the folder, if it is not there.
    pub(crate) fn make(root: &Path, role: &Role) -> Result<Self> {
        let folder = Self::of(root, role);
        files::make_directory(&folder.own)?;
        Ok(folder)
    }

    pub(crate) fn of(root: &Path, role: &Role) -> Self {
        Self { root: root.into(), own: root.join(role.as_str()) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.own.join(name)
    }

    /// A file that has to be there.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.path(name);
        let missing = || format!("{}: there is no such file: run \"enrol\" first", path.display());
        Ok(files::read(&path)?.ok_or_else(missing)?)
    }

    /// The share of its owner.
    pub(crate) fn share(&self) -> Result<Share> {
        Ok(Share::import(&polyseal::Zeroizing::new(self.read("share")?))?)
    }

    /// The ledger and the journal of its owner, made when it starts for the first time.
    pub(crate) fn books(&self) -> Result<(RedbLedger, Journal)> {
        let is_first = !Journal::path(&self.own).try_exists()?;
        let path = self.path("ledger.redb");
        let ledger =
            ledger_beside_journal(&path, is_first, now()?).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((ledger, Journal::open(&self.own)?))
    }

    /// The book that everybody has.
    pub(crate) fn phone_book(&self) -> Result<PhoneBook> {
        PhoneBook::open(&self.root)
    }
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
        let missing = || format!("{}: nobody is enrolled there: run \"enrol\" first", root.display());
        let parties = files::read(&path.join("parties.json"))?.ok_or_else(missing)?;
        Ok(Self { path, parties: serde_json::from_slice(&parties)? })
    }

    /// Who has a role.
    pub(crate) fn party(&self, role: &Role) -> Result<&Identifier> {
        Ok(self.parties.get(role).ok_or_else(|| format!("the phone book has no {role}"))?)
    }

    /// Says where a role listens.
    pub(crate) fn publish(&self, role: &Role, address: SocketAddr) -> Result<()> {
        Ok(files::store(&self.path.join(role.as_str()), address.to_string().as_bytes())?)
    }

    /// Strikes out where a role listened.
    pub(crate) fn strike(&self, role: &Role) -> Result<()> {
        match std::fs::remove_file(self.path.join(role.as_str())) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether it says where a role listens.
    pub(crate) fn lists(&self, role: &Role) -> Result<bool> {
        Ok(self.path.join(role.as_str()).try_exists()?)
    }

    /// Connects to a role.
    pub(crate) fn connect(&self, role: &Role, time: Duration) -> Result<TcpStream> {
        let address =
            files::read(&self.path.join(role.as_str()))?.ok_or_else(|| format!("the {role} does not listen"))?;
        let address: SocketAddr = core::str::from_utf8(&address)?.parse()?;
        Ok(TcpStream::connect_timeout(&address, time)?)
    }
}
