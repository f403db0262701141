//! A payment gateway between seller and card manager, as a further recipient of the order.
//!
//! ```text
//! cargo run --release --example gateway -- [--order FILE] [--form FILE] [--json]
//! ```
//!
//! The seller's form gives the gateway a part of its own: the sum and how it is paid. All messages between seller and
//! card manager go through its hands as well, and it can read nothing of them: not the card, and not the card manager's
//! answer. It tries to, with its own share.
//!
//! `gateway` is the gateway's side. The other parties are those of `polyseal_examples::party`, which have
//! never heard of a gateway: to the protocol it is one more role in the form.

mod gateway;
mod report;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use polyseal::message::OrderDigest;
use polyseal::{DisclosurePolicy, FieldName, OrderForm, Release, Role, SellerPolicy};

use gateway::{Gateway, Hop};
use polyseal_examples::authority;
use polyseal_examples::cast::Cast;
use polyseal_examples::lists::Lists;
use polyseal_examples::message::Message;
use polyseal_examples::network::{Network, Setup};
use polyseal_examples::party::Pace;
use polyseal_examples::party::handshake::Demand;
use polyseal_examples::program::{self, Result};
use polyseal_examples::source::Source;

/// The degree of the authority's polynomial: plenty for the five parties.
const THRESHOLD: u16 = 64;

/// Buys something through a payment gateway that sees the sum and nothing of the card
#[derive(Parser)]
#[command(name = "gateway")]
struct Args {
    /// The order: a JSON object of objects, arrays and strings [default: examples/data/order.json]
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,

    /// The seller's form, which has a gateway in it [default: examples/data/gateway.json]
    #[arg(long, value_name = "FILE")]
    form: Option<PathBuf>,

    #[command(flatten)]
    lists: Lists,

    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// A purchase through the gateway, that has happened.
struct Journey {
    digest: OrderDigest,
    form: OrderForm,
    hops: Vec<Hop>,
    /// What each recipient could read, in the form's order.
    readable: Vec<(Role, Vec<FieldName>)>,
    /// What the card manager has booked, or why it declined.
    outcome: core::result::Result<Vec<String>, String>,
}

fn main() -> ExitCode {
    program::main(run)
}

fn run(args: &Args) -> Result<String> {
    let journey = make(args)?;
    if args.json { Ok(report::json(&journey)) } else { report::text(&journey) }
}

/// Reads the files, enrols the parties and makes the purchase.
fn make(args: &Args) -> Result<Journey> {
    let order_file = Source::new(args.order.as_deref(), "examples/data/order.json");
    let form_file = Source::new(args.form.as_deref(), "examples/data/gateway.json");
    let (order, form) = (order_file.order()?, form_file.form()?);
    let (cards, prices) = args.lists.read()?;
    let cast = Cast::by(&form).map_err(|error| form_file.blame(error))?;
    let role: Role = "gateway".parse()?;
    for needed in [&role, &Role::CARD_MANAGER] {
        cast.require(needed).map_err(|error| form_file.blame(error))?;
    }

    let now = program::now()?;
    let managers = [cast.require(&Role::CARD_MANAGER)?.clone()].into_iter().collect();
    let policy = SellerPolicy::new(form.clone(), managers, []).map_err(|error| form_file.blame(error))?;
    let mut authority = authority::authority(THRESHOLD, cast.parties().count(), now)?;
    let (disclosure, demand) = (disclosure(&cast, &role)?, Demand::default());
    let setup =
        Setup { disclosure, form: form.clone(), policy, cards, prices, demand, pace: Pace::AtOnce, absent: None };
    let mut network = Network::enrol(&cast, setup, |_, identifier| Ok(authority.issue(identifier)?))?;

    let blame = |error| Source::at_fault(&order_file, &form_file, &error).blame(error);
    let split = network.holder.split(&order, &form).map_err(blame)?;
    let (digest, messages) = network.holder.seal(split, now)?;
    let hops = carry(&mut network, &mut Gateway::new(role), messages, now)?;

    let outcome = match network.seller.declined(digest)? {
        Some(reason) => Err(reason),
        None => Ok(network.card_manager.settled().map(|entry| entry.amount_due().to_string()).collect()),
    };
    let readable = cast.recipients().filter_map(|(role, _)| Some((role.clone(), network.party(role)?.readable())));
    let readable = readable.collect();
    Ok(Journey { digest, form, hops, readable, outcome })
}

/// The card holder's own policy. The standard split knows no gateway, so the policy says by name what the gateway may
/// see and how its part may travel.
fn disclosure(cast: &Cast, gateway: &Role) -> Result<DisclosurePolicy> {
    Ok(cast
        .disclosure()?
        .allow(FieldName::AMOUNT_DUE, gateway.clone())
        .allow(FieldName::PAYMENT_TYPE, gateway.clone())
        .allow_release(gateway.clone(), Release::OnReceipt))
}

/// Delivers messages, and those that follow from them, until all is quiet: between seller and card
/// manager by way of the gateway.
fn carry(network: &mut Network, gateway: &mut Gateway, messages: Vec<Message>, now: u64) -> Result<Vec<Hop>> {
    let mut waiting = VecDeque::from(messages);
    let mut hops = Vec::new();
    while let Some(message) = waiting.pop_front() {
        let [sent, passed_on] = if gateway.is_between(&message) {
            gateway.pass_on(network, &message, now)?.map(Some)
        } else {
            [Some(Hop::straight(&message)), None]
        };
        waiting.extend(network.deliver(&message, now)?);
        gateway.note(&message)?;
        hops.extend(sent.into_iter().chain(passed_on));
    }
    Ok(hops)
}
