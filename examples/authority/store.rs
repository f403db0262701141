//! The files that are to be handed over: where they are, whose, and how they get there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use polyseal::authority::Contribution;
use polyseal::key::Cohort;
use polyseal::{Identifier, KeySource, Share, Zeroizing};

use crate::Result;
use crate::register::Kind;
use crate::terms::Terms;
use polyseal_example_authority::names::file_name;
use polyseal_examples::files;

/// Bytes of the longest share or contribution: 2 MiB at the highest threshold, and its domain.
pub(crate) const MOST: u64 = 4 << 20;
/// How many files are on their way to the disk at once.
const THREADS: usize = 32;

/// Where the files of an epoch are.
pub(crate) fn shares(dir: &Path, epoch: u64) -> PathBuf {
    dir.join("shares").join(epoch.to_string())
}

pub(crate) fn file(dir: &Path, terms: &Terms, identifier: &Identifier, cohort: Cohort) -> PathBuf {
    let cohort = cohort.index().map_or("services".into(), |index| format!("cohort-{index}"));
    shares(dir, terms.epoch).join(format!("{}.{cohort}.{}", file_name(identifier), terms.product()))
}

/// The polynomials on which a party has a share.
pub(crate) fn cohorts(terms: &Terms, kind: Kind, identifier: &Identifier) -> Vec<Cohort> {
    match kind {
        Kind::CardHolder => vec![Cohort::of(identifier, &terms.label, terms.cohorts)],
        Kind::Service => Cohort::every(terms.cohorts).collect(),
    }
}

/// Whether a file is there, undamaged, and what its name says.
pub(crate) fn is_there(path: &Path, terms: &Terms, identifier: &Identifier, cohort: Cohort) -> Result<bool> {
    let Some(bytes) = files::read(path, MOST)?.map(Zeroizing::new) else { return Ok(false) };
    let domain = terms.domain(cohort)?;
    Ok(if terms.is_joint() {
        Contribution::import(&bytes)
            .is_ok_and(|it| (it.identifier(), it.domain(), it.issuer()) == (identifier, &domain, &terms.issuer))
    } else {
        Share::import(&bytes).is_ok_and(|it| (it.identifier(), it.domain()) == (identifier, &domain))
    })
}

/// Places many files. A disk asked for many things at once does them in one go, so threads wait here.
pub(crate) fn place_all<B: AsRef<[u8]> + Sync>(batch: &[(PathBuf, B)]) -> std::io::Result<()> {
    let each = batch.len().div_ceil(THREADS).max(1);
    let place_each =
        |batch: &[(PathBuf, B)]| batch.iter().try_for_each(|(path, bytes)| files::place(path, bytes.as_ref()));
    std::thread::scope(|scope| {
        let threads: Vec<_> = batch.chunks(each).map(|batch| scope.spawn(move || place_each(batch))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(ErrorKind::Other.into())))
    })
}

/// The owners of the files among the shares of an epoch, as the names of the files have them. What is not called like one
/// is nobody's.
pub(crate) fn owners(dir: &Path, terms: &Terms) -> Result<Vec<String>> {
    let shares = shares(dir, terms.epoch);
    let list = || {
        let mut owners = Vec::new();
        for entry in std::fs::read_dir(&shares)? {
            let name = entry?.file_name();
            owners.extend(name.to_str().and_then(|name| owner(name, terms)).map(str::to_owned));
        }
        Ok(owners)
    };
    Ok(list().map_err(files::blame(&shares))?)
}

/// Whose a file is, by its name.
fn owner<'n>(name: &'n str, terms: &Terms) -> Option<&'n str> {
    let (owner, cohort) = name.strip_suffix(terms.product())?.strip_suffix('.')?.rsplit_once('.')?;
    let is_cohort = cohort == "services"
        || cohort.strip_prefix("cohort-").is_some_and(|index| index.parse::<u32>().is_ok_and(|it| it < terms.cohorts));
    (is_cohort && !owner.starts_with('.')).then_some(owner)
}
