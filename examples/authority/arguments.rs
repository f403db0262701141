//! The command line.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use polyseal::{Identifier, Label, limits};

use crate::Result;
use crate::identities::Whom;
use crate::terms::{Parties, Terms};
use polyseal_example_authority::dates::{Date, now};

/// Makes the shares of a network, and keeps the register of whom it gave them.
#[derive(Parser)]
#[command(name = "authority")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Makes an authority in a directory, after it has shown what the network will hold and cost
    Init(Init),
    /// Registers identities and writes their shares; those that are registered get the same again
    Issue(Issue),
    /// Does the same at one of several authorities: what it writes are contributions to shares
    Contribute(Issue),
    /// Adds up the contributions of all authorities of a network to a share
    Combine(Combine),
    /// Goes on to the next epoch, from where no share of this one can be made again
    Rotate(Rotate),
    /// Names a file, on another disk if possible, that will know how far the authority has come
    Witness(Appoint),
    /// Says of a registered identity that it should not be there: nothing more is issued to it. It keeps its place
    Void(Void),
    /// Shows what is public about a directory, a share or a contribution
    Inspect(Inspect),
}

#[derive(Args)]
pub(crate) struct Init {
    /// Where the authority is kept; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The name of the network
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Label,
    /// The name of this authority [default: the label]
    #[arg(long, value_name = "ISSUER")]
    pub(crate) issuer: Option<Label>,
    /// Another authority of the network, without which no share is whole; repeat it for each. All use the same terms
    #[arg(long, value_name = "ISSUER", requires_all = ["issuer", "start", "until"])]
    pub(crate) joint: Vec<Label>,
    /// The degree t of the polynomials, 1 to 32768: t shares of one reveal no other key, t + 1 reveal all
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=32_768))]
    pub(crate) threshold: u16,
    #[command(flatten)]
    pub(crate) size: SizeArguments,
    /// How many services (sellers, banks, couriers) to plan for in each cohort. Their room is not reserved: issue to
    /// them first
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) services: u32,
    /// How many parties a polynomial serves: t + 2, or t + 1 to keep strangers out as well
    #[arg(long, value_name = "RULE", default_value = "unconditional")]
    pub(crate) capacity: Rule,
    /// Serve this many parties, on the assumption that no t + 1 of them ever collude or are broken into. If they do,
    /// every key of their polynomial is theirs
    #[arg(long, value_name = "PARTIES", conflicts_with = "capacity", value_parser = clap::value_parser!(u32).range(3..=32_770))]
    pub(crate) assuming_no_coalition_above_threshold: Option<u32>,
    /// The first day of the first epoch, as YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) start: Option<Date>,
    /// The first day after it [default: 365 days later]
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<Date>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct SizeArguments {
    /// How many cohorts to cut the card holders into [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::COHORTS)))]
    pub(crate) cohorts: Option<u32>,
    /// How many card holders to plan for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) population: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Rule {
    Unconditional,
    Closed,
}

#[derive(Args)]
pub(crate) struct Issue {
    /// Where the authority is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) whom: Whom,
    /// They are services: each gets a share in every cohort, and one of the services' own polynomial if there are
    /// several
    #[arg(long)]
    pub(crate) service: bool,
}

#[derive(Args)]
pub(crate) struct Void {
    /// Where the authority is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The identity, as the register has it
    #[arg(value_name = "ID")]
    pub(crate) identifier: Identifier,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Combine {
    /// The contributions, one of each authority
    #[arg(required = true, value_name = "FILE")]
    pub(crate) contributions: Vec<PathBuf>,
    /// Where the share goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Rotate {
    /// Where the authority is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The first day after the next epoch [default: as long as this one]
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<Date>,
    /// The degree of its polynomials [default: as now]
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=32_768))]
    pub(crate) threshold: Option<u16>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args)]
pub(crate) struct Appoint {
    /// Where the authority is kept. As it is there it is taken for the newest
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The witness
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// A directory, or a file of a share or contribution
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
}

impl Init {
    /// What is asked for. How many cohorts is the planner's to say.
    pub(crate) fn terms(&self) -> Result<Terms> {
        let issuer = self.issuer.as_ref().unwrap_or(&self.label).clone();
        let issuers: BTreeSet<_> = self.joint.iter().chain([&issuer]).cloned().collect();
        if !self.joint.is_empty() && issuers.len() == 1 {
            return Err("--joint names this authority itself: name the others".into());
        }
        let start = self.start.unwrap_or_else(|| Date::of(now()));
        let parties = match (self.assuming_no_coalition_above_threshold, self.capacity) {
            (Some(parties), _) => Parties::Assumed(parties.try_into()?),
            (None, Rule::Unconditional) => Parties::Unconditional,
            (None, Rule::Closed) => Parties::Closed,
        };
        Ok(Terms {
            label: self.label.clone(),
            issuer,
            issuers,
            epoch: 1,
            from: start.start(),
            until: self.until.unwrap_or_else(|| start.plus(365)).start(),
            threshold: self.threshold.into(),
            parties,
            cohorts: 1,
        })
    }
}
