//! An authority in a directory: it makes the shares of a network, and keeps its register, for years.
//!
//! ```text
//! cargo run --release --example authority -- init --dir DIR --label cards.example --threshold 256 --population 20000
//! cargo run --release --example authority -- issue --dir DIR --service shop.example bank.example
//! cargo run --release --example authority -- issue --dir DIR --from customers.txt
//! cargo run --release --example authority -- inspect DIR
//! ```
//!
//! The library has no files, no terminal and no lock; this is how one may put them around it. DIR holds the state
//! (terms and secret, replaced as a whole), a register for each epoch (a journal: a line for each identity, on the disk
//! before its share is in a file), the shares to be handed over, and a lock. Kill it when you like and run it again.
//!
//! Several authorities that do not trust each other make a network together: each runs `init --joint`, with the same
//! terms, and `contribute`; the party that gets a contribution from each adds them up with `combine`.
//!
//! To see how the library is used, read `secret`; to see what a register needs, `register`, `desk` and `witness`. The
//! rest reads and prints.

mod arguments;
mod confirm;
mod desk;
mod identities;
mod plan;
mod register;
mod secret;
mod share_file;
mod state;
mod store;
mod terms;
mod witness;

use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use polyseal::key::Cohort;

use arguments::{Appoint, Arguments, Combine, Command, Init, Inspect, Issue, Rotate, SizeArguments, Void};
use desk::{Desk, Issued};
use plan::{Figures, Size};
use polyseal_examples::program::{self, Result};
use register::{Kind, Registered};
use state::State;
use terms::table;

/// A complaint about a file or a directory.
pub(crate) fn blame(path: &Path, what: impl core::fmt::Display) -> String {
    format!("{}: {what}", path.display())
}

fn main() -> ExitCode {
    program::main(|arguments: &Arguments| run(&arguments.command))
}

/// Does it. What there is to say about it.
fn run(command: &Command) -> Result<String> {
    match command {
        Command::Init(init) => self::init(init),
        Command::Issue(issue) => self::issue(issue, false),
        Command::Contribute(issue) => self::issue(issue, true),
        Command::Combine(Combine { contributions, out }) => share_file::combine(contributions, out),
        Command::Rotate(rotate) => self::rotate(rotate),
        Command::Witness(Appoint { dir, file }) => {
            Desk::open(dir)?.appoint(file)?;
            Ok(format!("{} knows from now on how far {} has come\n", file.display(), dir.display()))
        }
        Command::Void(void) => self::void(void),
        Command::Inspect(Inspect { path }) if path.is_dir() => directory(path),
        Command::Inspect(Inspect { path }) => share_file::inspect(path),
    }
}

fn init(init: &Init) -> Result<String> {
    let dir = init.dir.display();
    if Desk::is_taken(&init.dir)? {
        return Err(format!("{dir}: there is an authority already").into());
    }
    let size = match &init.size {
        SizeArguments { population: Some(population), .. } => Size::CardHolders(*population),
        SizeArguments { cohorts, .. } => Size::Cohorts(cohorts.unwrap_or(1)),
    };
    let mut terms = init.terms()?;
    let figures = Figures::new(&terms, init.services, size)?;
    terms.cohorts = figures.cohorts();
    terms.domain(Cohort::services(terms.cohorts))?;
    let lines: Vec<_> = terms.lines().into_iter().chain(figures.lines()).collect();
    program::print(&table(&terms.title(), &lines))?;
    confirm::ask("Make this authority?", init.yes)?;
    Desk::create(&init.dir, terms)?;
    Ok(format!("The authority is in {dir}. Back it up, in secret\n{NO_WITNESS}"))
}

fn issue(Issue { dir, whom, service }: &Issue, joint: bool) -> Result<String> {
    let lists = whom.read(if *service { Kind::Service } else { Kind::CardHolder })?;
    let mut desk = Desk::open(dir)?;
    match (desk.state.terms.is_joint(), joint) {
        (true, false) => return Err("this is one of several authorities: contribute is its command".into()),
        (false, true) => return Err("this is the only authority of its network: issue is its command".into()),
        _ => {}
    }
    let mut lines = Vec::new();
    for (kind, identities) in lists.with_renewed(dir, &desk.state.terms)? {
        let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
            "{bar:40} {human_pos} of {human_len} files, {elapsed}, {eta} to go",
        )?);
        let issued = desk.issue(kind, &identities, |done, all| {
            bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        });
        bar.finish_and_clear();
        let Issued { identities, new, written, shares } = issued?;
        let shares = shares.display();
        lines.push(format!("{identities} of kind {kind}, {new} new: {written} files written to {shares}\n"));
    }
    let registered = desk.registered();
    lines.push(format!("The register has {} identities, up to {}\n", registered.len(), registered.head()));
    lines.extend((!desk.has_witness()).then(|| NO_WITNESS.into()));
    Ok(lines.concat())
}

/// Said as long as it is so.
const NO_WITNESS: &str =
    "There is no witness: a backup that is too old cannot be told from the newest state. Appoint one with witness\n";

fn void(Void { dir, identifier, yes }: &Void) -> Result<String> {
    let mut desk = Desk::open(dir)?;
    confirm::ask(
        &format!("Make {identifier} void? Nothing more is issued to that name, and --renew leaves it out."),
        *yes,
    )?;
    let erased = desk.void(identifier)?;
    Ok(format!(
        "{identifier} is void, and keeps its place: {erased} files of it were erased. If its share is out, have its \
         peers revoke it\n"
    ))
}

fn rotate(Rotate { dir, until, threshold, yes }: &Rotate) -> Result<String> {
    let desk = Desk::open(dir)?;
    let old = desk.state.terms.clone();
    let terms = old.clone().next(*until, threshold.map(usize::from));
    terms.epoch()?;
    program::print(&table(&terms.title(), &terms.lines()))?;
    confirm::ask(&format!("Go on to this epoch? Nobody can make a share of epoch {} then.", old.epoch), *yes)?;
    let epoch = terms.epoch;
    desk.rotate(terms)?;
    let shares = store::shares(dir, old.epoch);
    let left = store::owners(dir, &old)?.len();
    Ok(format!(
        "Epoch {epoch} has begun, with nobody registered: issue --renew takes over everybody of the last\n\
         {} holds {left} files of {}s that open all of epoch {}: hand them over, or erase them\n",
        shares.display(),
        old.product(),
        old.epoch
    ))
}

/// What is public about an authority. It may be at work meanwhile.
fn directory(dir: &Path) -> Result<String> {
    let State { terms, .. } = State::load(dir)?;
    let registered = Registered::read(dir, &terms)?;
    let fullest = registered.loads(&terms).into_values().map(|load| load.len()).max().unwrap_or(0);
    let services = registered.services();
    let holders = registered.len().saturating_sub(services);
    let mut lines = terms.lines();
    let void = match registered.voided() {
        0 => String::new(),
        voided => format!(", {voided} of them void"),
    };
    lines.push((
        "registered",
        format!("{holders} card holders and {services} services{void}, up to {}", registered.head()),
    ));
    let most = fullest.saturating_add(services);
    lines.push(("fullest cohort", format!("{most} parties of {}", terms.room())));
    Ok(table(&terms.title(), &lines))
}
