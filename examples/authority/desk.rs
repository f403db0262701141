//! The authority in its directory, where one process works at a time.
//!
//! Killed at whatever moment, it loses nobody: an identity is in the register, on the disk, before anything that is
//! made for it is in a file. What is left undone the next run does, for a registered identity gets the same share
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use polyseal::Identifier;
use polyseal::key::Cohort;

use crate::register::{Kind, RegisterFile, Registered};
use crate::secret::{Secret, issue_all};
use crate::state::State;
use crate::store;
use crate::terms::Terms;
use crate::witness::Witness;
use crate::{Result, blame};
use polyseal_example_authority::dates::{Date, now};
use polyseal_example_authority::names::file_name;
use polyseal_examples::files::{self, Lock};

/// How many shares are in memory at once, and come into the directory together.
const BATCH: usize = 256;

/// A directory of this process alone.
pub(crate) struct Desk {
    dir: PathBuf,
    pub(crate) state: State,
    register: RegisterFile,
    witness: Option<Witness>,
    /// Freed by the operating system when the process ends, however it ends.
    _lock: Lock,
}

/// What came of issuing.
pub(crate) struct Issued {
    pub(crate) identities: usize,
    /// How many of them were not registered before.
    pub(crate) new: usize,
    /// How many files were written; the others were there.
    pub(crate) written: usize,
    pub(crate) shares: PathBuf,
}

impl Desk {
    /// Whether there is an authority already.
    pub(crate) fn is_taken(dir: &Path) -> Result<bool> {
        Ok(files::is_there(&State::path(dir))?)
    }

    /// Makes an authority. It is there when its state is, which is stored last.
    pub(crate) fn create(dir: &Path, terms: Terms) -> Result<()> {
        files::make_directory(dir)?;
        let _lock = files::lock(dir)?;
        if Self::is_taken(dir)? {
            return Err(blame(dir, "there is an authority already").into());
        }
        RegisterFile::create(dir, &terms)?;
        files::make_directory(&store::shares(dir, terms.epoch))?;
        State { secret: Secret::random(&terms), terms }.store(dir)
    }

    pub(crate) fn open(dir: &Path) -> Result<Self> {
        if !Self::is_taken(dir)? {
            return Err(blame(dir, "there is no authority: make one with init").into());
        }
        let lock = files::lock(dir)?;
        let state = State::load(dir)?;
        let shares = store::shares(dir, state.terms.epoch);
        files::make_directory(&shares)?;
        for directory in [dir, &shares] {
            files::remove_unfinished(directory)?;
        }
        let register = RegisterFile::open(dir, &state.terms)?;
        let witness = Witness::of(dir)?;
        has_not_gone_backwards(dir, &state.terms, &register.registered, witness.as_ref())?;
        Ok(Self { dir: dir.into(), state, register, witness, _lock: lock })
    }

    pub(crate) fn registered(&self) -> &Registered {
        &self.register.registered
    }

    /// Makes this file the witness of the directory.
    pub(crate) fn appoint(&self, file: &Path) -> Result<()> {
        Witness::appoint(&self.dir, file, &self.state.terms, self.registered())
    }

    /// Whether a witness would notice that the directory has gone backwards.
    pub(crate) fn has_witness(&self) -> bool {
        self.witness.is_some()
    }

    /// Voids the entry of an identity that should not be there: nothing more is issued to it, and
    /// the next epoch is without it. It keeps its place, as its share may be out. How many files of it were erased.
    pub(crate) fn void(&mut self, identifier: &Identifier) -> Result<usize> {
        let terms = &self.state.terms;
        let kind = self.register.void(identifier)?;
        if let Some(witness) = &self.witness {
            witness.tell(terms, &self.register.registered)?;
        }
        let mut erased = 0_usize;
        for cohort in store::cohorts(terms, kind, identifier) {
            let path = store::file(&self.dir, terms, identifier, cohort);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(files::blame(&path)(error).into()),
                Err(_) => {}
                Ok(()) => erased = erased.saturating_add(1),
            }
        }
        files::sync_names(&store::shares(&self.dir, terms.epoch).join("any"))?;
        Ok(erased)
    }

    /// Registers identities, and then writes what the register says they have and the directory does not hold.
    pub(crate) fn issue(
        &mut self,
        kind: Kind,
        identities: &[Identifier],
        progress: impl Fn(usize, usize),
    ) -> Result<Issued> {
        let terms = &self.state.terms;
        if terms.until <= now() {
            return Err(format!("the epoch ended on {}: rotate to the next", Date::of(terms.until)).into());
        }
        let new = self.register.admit(terms, kind, identities)?;
        if let Some(witness) = &self.witness {
            witness.tell(terms, &self.register.registered)?;
        }
        let identities: BTreeSet<_> = identities.iter().collect();
        let written = self.write(kind, &identities, progress)?;
        Ok(Issued { identities: identities.len(), new, written, shares: store::shares(&self.dir, terms.epoch) })
    }

    /// Writes the missing files, polynomial by polynomial. How many that were.
    fn write(&self, kind: Kind, identities: &BTreeSet<&Identifier>, progress: impl Fn(usize, usize)) -> Result<usize> {
        let Self { state: State { terms, secret }, register, dir, .. } = self;
        let mut missing = BTreeMap::<Cohort, Vec<Identifier>>::new();
        for identifier in identities {
            for cohort in store::cohorts(terms, kind, identifier) {
                if !store::is_there(&store::file(dir, terms, identifier, cohort), terms, identifier, cohort)? {
                    missing.entry(cohort).or_default().push((*identifier).clone());
                }
            }
        }
        let total = missing.values().map(Vec::len).sum();
        let mut written = 0_usize;
        progress(written, total);
        let loads = register.registered.loads(terms);
        for (cohort, identities) in missing {
            let mut authority = secret.authority(terms, cohort, register.registered.of(loads.get(&cohort)))?;
            let directory = store::shares(dir, terms.epoch);
            for batch in identities.chunks(BATCH) {
                let paths = batch.iter().map(|identifier| store::file(dir, terms, identifier, cohort));
                let files: Vec<_> = paths.zip(issue_all(&mut authority, terms, batch)?).collect();
                store::place_all(&files).map_err(|error| blame(&directory, error))?;
                files::sync_names(&directory.join("any"))?;
                written = written.saturating_add(files.len());
                progress(written, total);
            }
        }
        Ok(written)
    }

    /// Goes on to the next epoch, whose terms these are. From then on nobody can make a share of this one again.
    pub(crate) fn rotate(self, terms: Terms) -> Result<()> {
        let Self { dir, state, witness, .. } = self;
        let register = RegisterFile::create(&dir, &terms)?;
        files::make_directory(&store::shares(&dir, terms.epoch))?;
        let state = State { secret: state.secret.next(&terms)?, terms };
        state.store(&dir)?;
        witness.map_or(Ok(()), |witness| witness.tell(&state.terms, &register.registered))
    }
}

/// Whether the register knows all that there is. What the directory itself shows is looked at in any case; a witness
/// knows of more.
fn has_not_gone_backwards(dir: &Path, terms: &Terms, registered: &Registered, witness: Option<&Witness>) -> Result<()> {
    let later = Registered::path(dir, terms.epoch.saturating_add(1));
    if files::is_there(&later)? && later.metadata().map_err(files::blame(&later))?.len() > 0 {
        let later = later.display();
        return Err(format!("the state has gone backwards: there is a later {later}: restore the newest state").into());
    }
    let names: BTreeSet<_> = registered.iter().map(file_name).collect();
    if let Some(owner) = store::owners(dir, terms)?.into_iter().find(|owner| !names.contains(owner)) {
        let shares = store::shares(dir, terms.epoch);
        let mend = "restore the newest register, or take the file away";
        let complaint = format!("there is a file of {owner}, whom the register does not know: it has gone backwards");
        return Err(blame(&shares, format_args!("{complaint}, or the file is not its own: {mend}")).into());
    }
    witness.map_or(Ok(()), |witness| {
        witness.check(terms, registered)?;
        // A crash may have come between the register and the witness.
        witness.tell(terms, registered)
    })
}
