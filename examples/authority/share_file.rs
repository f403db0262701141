//! Shares and contributions in files of their owner.

use std::path::{Path, PathBuf};

use polyseal::authority::Contribution;
use polyseal::{Domain, Identifier, KeySource, Label, Share, Zeroizing};

use crate::store::MOST;
use crate::terms::table;
use crate::{Result, blame};
use polyseal_example_authority::dates::Date;
use polyseal_examples::files::{self, Output};

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    Ok(files::given(path, MOST).map(Zeroizing::new)?)
}

/// Adds up contributions.
pub(crate) fn combine(contributions: &[PathBuf], out: &Path) -> Result<String> {
    let output = Output::new(out)?;
    let contributions = contributions.iter().map(|path| {
        Contribution::import(&read(path)?).map_err(|error| blame(path, format_args!("no contribution: {error}")).into())
    });
    let share = Share::combine(&contributions.collect::<Result<Vec<_>>>()?)?;
    output.finish(&share.export())?;
    Ok(format!("The share of {} is in {}\n", share.identifier(), out.display()))
}

/// What is public about a file.
pub(crate) fn inspect(path: &Path) -> Result<String> {
    let bytes = read(path)?;
    if let Ok(share) = Share::import(&bytes) {
        return Ok(describe("Share", share.identifier(), share.domain(), share.threshold(), &[]));
    }
    let contribution = Contribution::import(&bytes)
        .map_err(|error| blame(path, format_args!("neither share nor contribution: {error}")))?;
    let issuer = [("contributed by", contribution.issuer().to_string())];
    let (identifier, domain) = (contribution.identifier(), contribution.domain());
    Ok(describe("Contribution to the share", identifier, domain, contribution.threshold(), &issuer))
}

fn describe(
    what: &str,
    identifier: &Identifier,
    domain: &Domain,
    threshold: usize,
    more: &[(&'static str, String)],
) -> String {
    let issuers: Vec<_> = domain.issuers().iter().map(Label::as_str).collect();
    let (epoch, cohort) = (domain.epoch(), domain.cohort());
    let cohort = match cohort.index() {
        Some(index) => format!("{index} of {}", cohort.count()),
        None => format!("the services' own, besides {}", cohort.count()),
    };
    let dates = format!("{}, from {} until {}", epoch.number(), Date::of(epoch.start()), Date::of(epoch.until()));
    let lines = [
        ("network", domain.label().to_string()),
        ("issuers", issuers.join(", ")),
        ("epoch", dates),
        ("cohort", cohort),
        ("threshold", threshold.to_string()),
    ];
    table(&format!("{what} of {identifier}"), &[&lines, more].concat())
}
