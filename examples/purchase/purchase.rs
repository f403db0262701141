//! The purchase, from the files to the outcome.

use polyseal::order::Selector;
use polyseal::policy::{Peers, SplitError};
use polyseal::{DisclosurePolicy, Identifier, OrderForm, Release, Role, SellerPolicy};

use crate::Args;
use crate::play::Story;
use polyseal_examples::authority::authority;
use polyseal_examples::cards;
use polyseal_examples::cast::{Cast, STANDARD};
use polyseal_examples::forgery;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::network::{Network, Setup};
use polyseal_examples::outcome::{self, Books, Delivered, Outcome, Purchase, Record, Refusal, Scene, Sent, Told};
use polyseal_examples::party::Pace;
use polyseal_examples::party::handshake::Demand;
use polyseal_examples::program::{Result, now};
use polyseal_examples::source::Source;

/// Reads the files and makes the purchase.
pub(crate) fn make(args: &Args) -> Result<Purchase> {
    let order_file = Source::new(args.order.as_deref(), "examples/data/order.json");
    let form_file = Source::new(args.form.as_deref(), "examples/data/form.json");
    let (cards, prices) = args.lists.read()?;
    let story = args.story.as_deref().map(Story::read).transpose()?;
    let form = form_file.form()?;
    let mut order = order_file.order()?;
    if args.decline {
        order = cards::paid_with_unknown(&order, &cards).map_err(|error| order_file.blame(error))?;
    }

    let cast = Cast::by(&form)?;
    let manager = cast.require(&Role::CARD_MANAGER).map_err(|error| form_file.blame(error))?;
    let managers: Peers = [manager.clone()].into_iter().collect();
    let policy = SellerPolicy::new(form.clone(), managers, []).map_err(|error| form_file.blame(error))?;

    let now = now()?;
    let demand = demand(args, &cast);
    let disclosure = disclosure(&cast, &form, &args.allow)?;
    let pace = if story.is_some() { Pace::AsTold } else { Pace::AtOnce };
    let setup =
        Setup { disclosure, form: form.clone(), policy, cards, prices, demand, pace, absent: args.absent.clone() };
    let mut network = enrol(args, &cast, setup, now)?;

    let (form, mut wire) =
        if args.no_handshakes { (form, Vec::new()) } else { greet(&mut network, &cast, args.forward_secret, now)? };
    let blame = |error| Source::at_fault(&order_file, &form_file, &error).blame(advise(&error));
    let split = network.holder.split(&order, &form).map_err(blame)?;
    let (digest, messages) = network.holder.seal(split, now)?;
    wire.extend(network.carry(messages, now)?);

    let declined = network.seller.declined(digest)?;
    let scenes = story.map(|story| story.play(&mut network, &cast, digest, (&mut wire, now))).transpose()?;
    let outcome = match declined {
        None => delivered(&mut network),
        Some(reason) => {
            let refusals = insist(&mut network, &form, &wire, cast.require(&Role::SELLER)?, now)?;
            Outcome::Declined { reason, refusals }
        }
    };
    if args.forward_secret || scenes.is_some() {
        let receipts = network.receipts(&cast, digest, now)?;
        wire.extend(network.carry(receipts, now)?);
    }
    let story = scenes.map(|scenes| told(&network, scenes));
    let receipts = network.holder.reports().iter().map(Record::of).collect();
    let readable = cast.recipients().filter_map(|(role, _)| Some((role.clone(), network.party(role)?.readable())));
    let readable = readable.collect();
    let roles: Vec<_> = cast.recipients().map(|(role, _)| role.clone()).collect();
    let wire = wire.iter().map(|message| Sent::of(message, &roles)).collect::<Result<_>>()?;
    let fields = order.names().cloned().collect();
    Ok(Purchase { cast, threshold: args.threshold, digest, wire, fields, form, readable, outcome, receipts, story })
}

/// What the parties demand of others before they send to them.
fn demand(args: &Args, cast: &Cast) -> Demand {
    if args.forward_secret {
        Demand::sessions(cast.parties().map(|(role, _)| role))
    } else if args.no_handshakes {
        Demand::default()
    } else {
        Demand::handshakes()
    }
}

/// What came of a story.
fn told(network: &Network, scenes: Vec<Scene>) -> Told {
    let books = Books::of(network.card_manager.settled().next(), network.card_manager.resolved());
    let seller = network.holder.reports().iter().find(|report| *report.role() == Role::SELLER);
    Told { scenes, books, end: seller.map_or("open", outcome::end) }
}

/// Issues the shares: an impostor's is of another authority, which has the same name.
fn enrol(args: &Args, cast: &Cast, setup: Setup, now: u64) -> Result<Network> {
    for (flag, named) in [("absent", &args.absent), ("impostor", &args.impostor)] {
        if let Some(role) = named.as_ref().filter(|role| cast.find(role).is_none()) {
            return Err(format!("--{flag} {role}: the form has no such role: name one of its recipients").into());
        }
    }
    let parties = cast.parties().count();
    let mut genuine = authority(args.threshold, parties, now)?;
    Network::enrol(cast, setup, |role, identifier| match &args.impostor {
        Some(impostor) if impostor == role => Ok(authority(args.threshold, parties, now)?.issue(identifier)?),
        _ => Ok(genuine.issue(identifier)?),
    })
}

/// The card holder makes a handshake with everybody that it sends to, or with everybody that it seals for. Gives the form, and the messages that went.
fn greet(network: &mut Network, cast: &Cast, all: bool, now: u64) -> Result<(OrderForm, Vec<Message>)> {
    // The seller first: the form comes with its answer.
    let hello = network.holder.greet((&Role::SELLER, cast.require(&Role::SELLER)?), now)?;
    let mut wire = network.carry(vec![hello], now)?;
    let form = network.holder.form()?.clone();
    let others = form.recipients().iter().filter(|entry| entry.role != Role::SELLER);
    for entry in others.filter(|entry| all || entry.release == Release::Direct) {
        let hello = network.holder.greet((&entry.role, cast.require(&entry.role)?), now)?;
        wire.extend(network.carry(vec![hello], now)?);
    }
    Ok((form, wire))
}

/// The card holder's own policy, with the additions of `--allow`.
fn disclosure(cast: &Cast, form: &OrderForm, allow: &[(Selector, Role)]) -> Result<DisclosurePolicy> {
    let mut policy = cast.disclosure()?;
    for (selector, role) in allow {
        policy = policy.allow(selector.clone(), role.clone());
        // The standard roles are served as ever: a delivery service that is served on receipt would read its part
        // without an approval.
        let own = form.recipients().iter().filter(|entry| entry.role == *role && !STANDARD.contains(role));
        for entry in own {
            policy = policy.allow_release(role.clone(), entry.release);
        }
    }
    Ok(policy)
}

/// A complaint of the card holder's policy, with the flag that widens it.
fn advise(error: &SplitError) -> String {
    match error {
        SplitError::Leak { selector, role } => format!("{error} (--allow {selector}:{role})"),
        SplitError::Release { role, .. } if !STANDARD.contains(role) => format!("{error} (--allow FIELD:{role})"),
        SplitError::Release { role, .. } => {
            format!("{error} (this example has no flag for \"{role}\": change it in the form)")
        }
        _ => error.to_string(),
    }
}

fn delivered(network: &mut Network) -> Outcome {
    Outcome::Delivered {
        settled: network.card_manager.settled().map(outcome::settled).collect(),
        delivery: network.delivery().map(Delivered::of),
    }
}

/// After a refusal, the seller does its worst to have the parts opened that waited for approval.
fn insist(
    network: &mut Network,
    form: &OrderForm,
    wire: &[Message],
    seller: &Identifier,
    now: u64,
) -> Result<Vec<Refusal>> {
    let mut refusals = Vec::new();
    for entry in form.recipients().iter().filter(|entry| entry.release == Release::OnApproval) {
        for (attempt, bytes) in forgery::attempts(wire, seller, &entry.role)? {
            let (from, to, kind) = (Role::SELLER, entry.role.clone(), Kind::Dispatch);
            match network.deliver(&Message { from, to, kind, bytes }, now) {
                Ok(_) => return Err(format!("the {} took {attempt} without an approval", entry.role).into()),
                Err(error) => {
                    refusals.push(Refusal { role: entry.role.clone(), attempt, error: error.to_string() });
                }
            }
        }
    }
    Ok(refusals)
}
