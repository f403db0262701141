//! A shopping agent carries an order that it can neither read nor change.
//!
//! ```text
//! cargo run --release --example agent -- [--order FILE] [--form FILE] [--prices FILE] [--json]
//! ```
//!
//! The card holder gives the sealed envelope to a program that is to bring it to the seller. The program has a share of
//! the same authority, as anybody may, and tries to read the order, to alter it, to swap its parts, to redirect it, to hold
//! it back, and to hand it over twice. Each attempt is refused by name and leaves no trace. If the agent leaves the order
//! alone, it is accepted, once; in the end the seller cancels it, so that nothing stays open.
//!
//! `agent` has the attempts, and `receivers` the parties that they are tried on.

mod agent;
mod receivers;

use core::cmp::Reverse;
use core::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use polyseal::card_holder::Split;
use polyseal::message::{OrderDigest, Windows};
use polyseal::{CardHolder, Share};
use serde_json::{Value, json};

use agent::Attempt;
use polyseal_examples::authority;
use polyseal_examples::cast::{Cast, STANDARD};
use polyseal_examples::lists::PriceList;
use polyseal_examples::program::{self, Result, os_rng};
use polyseal_examples::source::Source;
use polyseal_examples::text;
use receivers::{Received, Receivers};

/// The degree of the authority's polynomial: plenty for the parties and the agent.
const THRESHOLD: u16 = 64;

/// How many of the reasons for refusing one attempt the table names: bytes at random find many.
const SHOWN: usize = 3;

/// Lets a program that is not trusted carry an order to the seller
#[derive(Parser)]
#[command(name = "agent")]
struct Args {
    /// The order: a JSON object of objects, arrays and strings [default: examples/data/order.json]
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,

    /// The seller's form, with a card manager and a delivery service that are served by the seller
    /// [default: examples/data/form.json]
    #[arg(long, value_name = "FILE")]
    form: Option<PathBuf>,

    #[command(flatten)]
    prices: PriceList,

    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// What came of it.
struct Errand {
    digest: OrderDigest,
    /// The length of the envelope.
    bytes: usize,
    attempts: Vec<Attempt>,
    /// What the seller did with the envelope, untouched, the first time and the second.
    untouched: [Received; 2],
}

fn main() -> ExitCode {
    program::main(run)
}

fn run(args: &Args) -> Result<String> {
    let errand = make(args)?;
    if args.json { Ok(report(&errand)) } else { table(&errand) }
}

/// Reads the files, enrols everybody, and sends the agent on its errand.
fn make(args: &Args) -> Result<Errand> {
    let order_file = Source::new(args.order.as_deref(), "examples/data/order.json");
    let form_file = Source::new(args.form.as_deref(), "examples/data/form.json");
    let (order, form) = (order_file.order()?, form_file.form()?);
    let (prices, cast) = (args.prices.read()?, Cast::by(&form).map_err(|error| form_file.blame(error))?);
    for needed in STANDARD {
        cast.require(&needed).map_err(|error| form_file.blame(error))?;
    }
    let now = program::now()?;
    let mut authority = authority::authority(THRESHOLD, cast.parties().count(), now)?;
    let holder = CardHolder::new(authority.issue(cast.holder())?, cast.disclosure()?);
    let mut receivers = Receivers::enrol(&mut authority, &cast, &form, &prices)?;

    let windows = Windows::default();
    let split =
        || holder.split(&order, &form).map_err(|error| Source::at_fault(&order_file, &form_file, &error).blame(error));
    let (digest, envelope) = seal(&holder, split()?, windows, now)?;
    let (_, second) = seal(&holder, split()?, windows, now)?;
    let late = now.saturating_add(windows.accept).saturating_add(1);
    let mut attempts = vec![agent::search(&order, &envelope)?];
    for forgery in agent::forgeries(&envelope, &second)? {
        attempts.push(forgery.attempt(&mut receivers, now)?);
    }
    attempts.push(agent::delayed(second).attempt(&mut receivers, late)?);
    // A forgery that left a trace could keep the order out, or bring it in again.
    if !receivers.are_untouched() {
        return Err("a refused attempt left a trace in a ledger".into());
    }
    let untouched = [receivers.seller(&envelope, now)?, receivers.seller(&envelope, now)?];
    receivers.cancel(digest, now)?;
    Ok(Errand { digest, bytes: envelope.len(), attempts, untouched })
}

fn seal(holder: &CardHolder<Share>, split: Split<'_>, windows: Windows, now: u64) -> Result<(OrderDigest, Vec<u8>)> {
    let sealed = split.seal(holder, now, windows, &mut os_rng())?;
    Ok((sealed.digest, sealed.envelope.to_bytes()))
}

/// The report for people.
fn table(Errand { digest, bytes, attempts, untouched }: &Errand) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "The agent carries order {digest}\nfrom the card holder to the seller: {bytes} bytes.\n")?;
    for Attempt { deed, how, refusals } in attempts {
        writeln!(out, "  {deed:<9}  {how}")?;
        let mut refusals: Vec<_> = refusals.iter().collect();
        refusals.sort_by_key(|(_, count)| Reverse(**count));
        let (shown, others) = refusals.split_at(refusals.len().min(SHOWN));
        for (refusal, count) in shown {
            writeln!(out, "  {count:>9} × {refusal}")?;
        }
        if !others.is_empty() {
            let count: usize = others.iter().map(|(_, count)| **count).sum();
            writeln!(out, "  {count:>9} × one of {} other reasons, which --json lists", others.len())?;
        }
    }
    out.push_str("\nNone of it left a trace in a ledger.\n\n");
    let [first, second] = untouched;
    writeln!(out, "  untouched  hands it to the seller:       {first}")?;
    writeln!(out, "             and once more, a moment later: {second}")?;
    out.push_str("\nNothing stays open: the seller has cancelled the order, and the card manager knows it.\n");
    Ok(out)
}

/// The one JSON object of `--json`.
fn report(Errand { digest, bytes, attempts, untouched }: &Errand) -> String {
    let attempts = attempts.iter().map(|Attempt { deed, how, refusals }| {
        let refusals = refusals.iter().map(|(refusal, count)| (refusal.clone(), Value::from(*count))).collect();
        json!({"deed": deed, "how": how, "refused": Value::Object(refusals)})
    });
    let report = json!({
        "digest": digest.to_string(),
        "bytes": bytes,
        "attempts": attempts.collect::<Value>(),
        "closed": "cancelled",
        "untouched": untouched.each_ref().map(ToString::to_string),
    });
    text::json(&report)
}
