//! A whole purchase: four parties, each with a share of its own, and every message as bytes.
//!
//! ```text
//! cargo run --release --example purchase -- [--order FILE] [--form FILE] [--decline] [--no-handshakes] [--forward-secret]
//!     [--story FILE] [--json]
//! ```
//!
//! An authority issues a share to each party and is not needed again. Then, as in the patent's figure 1, the card holder
//! sends one envelope to the seller (arrow x). The seller passes on the parts that it cannot read: the card manager's part
//! at once (arrow y), and the delivery service's once the card manager has approved (arrow z). Before a party sends
//! anything to another one, the two make a handshake (claim 7). In that with the card holder, the seller also gives its
//! order form. At the end there is a table: each field, and the parties that could read it.
//! What happens after the approval a story can tell: `play` has the parties do it.
//!
//! To see how the library is used, read `../simple.rs` and then `../src/party`. That has one module for each party, with
//! its keys and its memory: other modules give it bytes and get bytes. `../src/network` enrols the parties and carries
//! their messages, and `purchase` has them buy something.

mod play;
mod purchase;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use polyseal::Role;
use polyseal::order::Selector;

use polyseal_examples::lists::Lists;
use polyseal_examples::program::{self, Result};
use polyseal_examples::report;

/// The highest threshold that this example goes to: the random master takes 16 (t + 1) (t + 2) bytes,
/// which is a quarter of a gigabyte here.
const MOST: u16 = 4096;

/// Buys something: splits an order by a form, and carries the sealed parts between the parties.
#[derive(Parser)]
#[command(name = "purchase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
struct Args {
    /// The order: a JSON object of objects, arrays and strings [default: examples/data/order.json]
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,

    /// The seller's form: {"recipients": [{"role", "identifier" or null, "release", "selectors"}]}
    /// [default: examples/data/form.json]
    #[arg(long, value_name = "FILE")]
    form: Option<PathBuf>,

    #[command(flatten)]
    lists: Lists,

    /// The degree t of the authority's polynomial, 1 to 4096: any t shares reveal nothing about
    /// other keys. It serves t + 2 parties, so the standard form's four need 2 or more
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST)))]
    threshold: u16,

    /// Widen the card holder's disclosure policy: let FIELD go to ROLE. For a role that the standard form
    /// does not have, this also lets its part travel as the form says. May be repeated
    #[arg(long, value_name = "FIELD:ROLE", value_parser = allowance)]
    allow: Vec<(Selector, Role)>,

    /// Pay with a card that the card manager does not know, to see what happens then
    #[arg(long)]
    decline: bool,

    /// Go without the handshakes: the card holder has the form from the file, and nobody has to show that it is there
    /// before something is sent to it
    #[arg(long)]
    no_handshakes: bool,

    /// Make an exchange in every handshake, and send all that follows under the sessions that come of it: shares that are
    /// stolen later open nothing. The card holder makes a handshake with every recipient, and gets receipts in the end
    #[arg(long, conflicts_with = "no_handshakes")]
    forward_secret: bool,

    /// Let the party in ROLE be away, to see whom that stops
    #[arg(long, value_name = "ROLE", conflicts_with_all = ["decline", "no_handshakes"])]
    absent: Option<Role>,

    /// Let somebody without its share speak for the party in ROLE, to see whom that stops
    #[arg(long, value_name = "ROLE", conflicts_with_all = ["decline", "no_handshakes"])]
    impostor: Option<Role>,

    /// What happens once the card manager has answered: a JSON list of steps, such as "dispatch 1 of 2", "delivered 1" and
    /// "refund 12.00 EUR"; examples/data/stories has some [default: all is dispatched at once, and delivered]
    #[arg(long, value_name = "FILE")]
    story: Option<PathBuf>,

    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// The argument of `--allow`.
fn allowance(text: &str) -> core::result::Result<(Selector, Role), String> {
    let (selector, role) = text.split_once(':').ok_or("write it as FIELD:ROLE, such as amount.due:gateway")?;
    let selector = selector.parse().map_err(|error| format!("FIELD: {error}"))?;
    let role = role.parse().map_err(|error| format!("ROLE: {error}"))?;
    Ok((selector, role))
}

fn main() -> ExitCode {
    program::main(run)
}

/// Everything has been read, checked and done before there is anything to print.
fn run(args: &Args) -> Result<String> {
    let purchase = purchase::make(args)?;
    if args.json { Ok(report::json(&purchase)) } else { report::text(&purchase) }
}
