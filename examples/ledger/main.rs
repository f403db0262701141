//! Ledgers in files, and purchases that survive the end of their process at any moment.
//!
//! ```text
//! cargo run --release --example ledger -- --dir DIR [--orders N] [--order FILE] [--form FILE] [--cards FILE]
//!     [--prices FILE] [--seed S]
//! ```
//!
//! A seller, a card manager and a delivery service, each with a ledger of its own in DIR, make N
//! purchases and write what they do in the outside world into DIR/journal. Kill it when you like and
//! run it again: it goes on from the ledgers. Each run hands every message to its receiver once
//! more, as a network may that loses and repeats, and only what is new changes anything: run it
//! twice, and the journal shows the answers repeated and nothing else.
//!
//! The ledgers are those of the package `polyseal-redb`. `party` shows how a party uses one, and what it
//! does about the one thing that no ledger can: a withdrawal that a crash has cut off from its approval.

use core::error::Error;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use polyseal::error::TimeError;
use polyseal::handshake::Evidence;
use polyseal::message::{Envelope, OrderDigest, Part, Relay, Windows, WireError};
use polyseal::order::Amount;
use polyseal::rand_core::Rng;
use polyseal::seller::SellerOrder;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, Domain, Epoch, FieldName, Label, Order, OrderForm, Peers,
    ReceiveError, Recipient, Seller, SellerPolicy, Share, limits,
};
use sha2::{Digest, Sha256};

use polyseal_example_ledger::books;
use polyseal_example_ledger::party::{Bank, Courier, Next, Shop};
use polyseal_examples::cards;
use polyseal_examples::cast::{Cast, STANDARD};
use polyseal_examples::files::{self, Lock};
use polyseal_examples::journal::Journal;
use polyseal_examples::lists::Lists;
use polyseal_examples::program::{self, Result, os_rng};
use polyseal_examples::source::Source;

/// Makes purchases with ledgers in files, and goes on where an earlier run was cut off.
#[derive(Parser)]
#[command(name = "ledger")]
struct Args {
    /// Where the ledgers, the messages and the journal are kept; made if it is missing
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,

    /// How many purchases to make
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    orders: u32,

    /// What is bought, each time: a JSON object [default: made up here, and other each time]
    #[arg(long, value_name = "FILE")]
    order: Option<PathBuf>,

    /// The seller's form, for seller, card manager and delivery service [default: examples/data/form.json]
    #[arg(long, value_name = "FILE")]
    form: Option<PathBuf>,

    #[command(flatten)]
    lists: Lists,

    /// From what the parties' keys and the orders come. Give the same for the same DIR
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// What time it is, in seconds since 1970 [default: the system's clock]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=limits::TIME))]
    now: Option<u64>,
}

/// Bytes of the longest message.
const MESSAGE: u64 = 6 << 20;

fn main() -> ExitCode {
    program::main(run)
}

fn run(args: &Args) -> Result<String> {
    let mut world = World::open(args)?;
    for number in 1..=args.orders {
        let (digest, outcome) = world.purchase(number).map_err(|error| format!("order {number}: {error}"))?;
        program::print(&format!("order {number} {digest} {outcome}\n"))?;
    }
    let World { shop, bank, courier, .. } = &world;
    let [seller, manager, service] = [shop.ledger.len()?, bank.ledger.len()?, courier.ledger.len()?];
    Ok(format!("orders held: seller {seller}, card manager {manager}, delivery service {service}\n"))
}

/// Everybody who takes part. In life each has a machine of its own.
struct World {
    dir: PathBuf,
    seed: u64,
    form: OrderForm,
    /// If it is always the same.
    order: Option<Order>,
    /// Those that the bank knows. What is made up is paid with the first.
    cards: Arc<[Order]>,
    now: u64,
    holder: CardHolder<Share>,
    shop: Shop,
    bank: Bank,
    courier: Courier,
    journal: Journal,
    _lock: Lock,
}

impl World {
    fn open(args: &Args) -> Result<Self> {
        let (dir, seed) = (args.dir.clone(), args.seed);
        let form_file = Source::new(args.form.as_deref(), "examples/data/form.json");
        let form = form_file.form()?;
        let cast = Cast::standard(&form).map_err(|error| form_file.blame(error))?;
        let order = args.order.as_deref().map(|path| Source::at(path).order()).transpose()?;
        let (cards, prices) = args.lists.read()?;
        let cards: Arc<[Order]> = cards.into();
        let known = Arc::clone(&cards);
        files::make_directory(&dir)?;
        let lock = files::lock(&dir)?;
        let now = args.now.map_or_else(program::now, Ok)?;
        let seed_file = dir.join("seed");
        let made_with = files::once(&seed_file, 32, || program::Result::Ok(seed.to_string().into_bytes()))?;
        if made_with != seed.to_string().as_bytes() {
            let (file, made_with) = (seed_file.display(), String::from_utf8_lossy(&made_with));
            return Err(format!("{file}: this was made with --seed {made_with}: give the same").into());
        }
        let names = ["seller.redb", "card-manager.redb", "delivery-service.redb"];
        let ([seller, manager, service], journal) = books::open(&dir, names, now)?;

        // In life a share is issued once, and its owner keeps `Share::export`. Here the authority is
        // asked again in each run, and gives the same.
        let mut authority = authority(seed)?;
        let [shop, bank, courier] = STANDARD.each_ref().map(|role| cast.require(role));
        let (shop, bank, courier) = (shop?, bank?, courier?);
        let policy = SellerPolicy::new(form.clone(), [bank.clone()].into_iter().collect(), [])?;
        let sellers: Peers = [shop.clone()].into_iter().collect();
        Ok(Self {
            holder: CardHolder::new(authority.issue(cast.holder())?, cast.disclosure()?),
            shop: Shop {
                terminal: Seller::new(authority.issue(shop)?, policy).into(),
                ledger: seller,
                prices,
                instructions,
            },
            bank: Bank {
                terminal: CardManager::new(authority.issue(bank)?, sellers.clone()).into(),
                ledger: manager,
                objection: Box::new(move |part| objection(&known, part)),
            },
            courier: Courier {
                terminal: Recipient::delivery_service(authority.issue(courier)?, sellers).into(),
                ledger: service,
                failure: None,
            },
            journal,
            _lock: lock,
            dir,
            seed,
            form,
            order,
            cards,
            now,
        })
    }

    /// A purchase from its first message to its last, whether it is made for the first time or has
    /// been cut off anywhere.
    fn purchase(&mut self, number: u32) -> Result<(OrderDigest, String)> {
        let Self { dir, seed, form, order, cards, now, holder, shop, bank, courier, journal, .. } = self;
        let (seed, now) = (*seed, *now);
        let message = |kind: &str| dir.join(format!("{number}.{kind}"));

        // Stored before it is sent: to seal again would be to make another order.
        let envelope = files::once(&message("envelope"), MESSAGE, || match order {
            Some(order) => seal(holder, order, form, now),
            None => seal(holder, &made_up(seed, number, cards.first())?, form, now),
        })?;
        let digest = Envelope::from_bytes(&envelope).map_err(damaged(&message("envelope")))?.digest();
        let admitted = match shop.take_order(&envelope, now, journal) {
            Err(error) if is_too_late(&*error) => return Ok((digest, ended(journal, digest))),
            taken => taken?.1,
        };
        let kept = message("relay");
        // What was sent is sent again, whether or not it has to be: but of an order that is to end, or has ended, early.
        let goes = match shop.next(digest, now)? {
            Next::Relay => true,
            Next::Cancel | Next::Request | Next::Nothing("cancelled" | "expired") => false,
            Next::Dispatch | Next::Nothing(_) => files::is_there(&kept)?,
        };
        if goes {
            let relay = files::once(&kept, MESSAGE, || shop.relay(digest, &Evidence::new(), now))?;
            drop(Relay::from_bytes(&relay).map_err(damaged(&kept))?);
            shop.take_answer(&bank.answer(&relay, now, journal)?, now)?;
        }
        if let SellerOrder::Approved(_) = shop.order(digest)? {
            let dispatch = shop.dispatch(digest, &Evidence::new(), now, journal)?;
            shop.take_report(&courier.deliver(&dispatch, now, journal)?, now)?;
        }
        let outcome = close(shop, bank, digest, now, journal)?;
        let finished = format!("{digest} finished {outcome}");
        if !journal.has(&finished) {
            journal.add(finished)?;
        }
        admitted?;
        Ok((digest, outcome.into()))
    }
}

/// Whether the seller does not know the order, and takes it no more.
fn is_too_late(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ReceiveError::Time(TimeError::Expired)))
}

/// How an order has ended that the ledgers have forgotten, since it has expired, or never had.
fn ended(journal: &Journal, digest: OrderDigest) -> String {
    let begin = format!("{digest} finished ");
    journal.lines().find_map(|line| line.strip_prefix(&begin)).unwrap_or("expired").into()
}

/// A complaint about a message that was stored.
fn damaged(path: &Path) -> impl Fn(WireError) -> String {
    move |error| format!("{}: {error}: restore it from a backup", path.display())
}

/// Sees to it that an order does not stay open: what nobody can deliver any more is cancelled. How it has ended.
fn close(
    shop: &mut Shop,
    bank: &mut Bank,
    digest: OrderDigest,
    now: u64,
    journal: &mut Journal,
) -> Result<&'static str> {
    loop {
        match shop.next(digest, now)? {
            Next::Nothing(outcome) => return Ok(outcome),
            Next::Cancel => {
                let number = shop.next_demand(digest)?;
                shop.demand(digest, number, None, now)??;
            }
            Next::Request => {
                let request = shop.request(digest, &Evidence::new(), now)?;
                shop.take_response(&bank.resolve(&request, now, journal)?, now, journal)?;
            }
            Next::Relay | Next::Dispatch => return Err("the order has not come as far as that".into()),
        }
    }
}

/// A shop's words to the courier: others each time, and yet the dispatch says the same.
fn instructions(now: u64) -> String {
    format!("collect after {now}, gate {}", os_rng().next_u32())
}

/// A bank's mind depends on the moment: a limit is reached, a card is blocked. Here it is a die, so
/// that whoever decided twice would soon say two things.
fn objection(cards: &[Order], part: &Part) -> Option<&'static str> {
    cards::objection(cards, part).or_else(|| os_rng().next_u32().is_multiple_of(4).then_some("not today"))
}

/// The authority of this seed. Its one epoch has no end, so that an old DIR stays of use.
fn authority(seed: u64) -> Result<Authority> {
    let seed = Sha256::new_with_prefix("the ledger example").chain_update(seed.to_be_bytes()).finalize();
    let domain =
        Domain::new(Label::new("cards.example")?, Label::new("authority.example")?, Epoch::new(1, 0, limits::TIME)?);
    Ok(Authority::from_seed(domain, 2, Capacity::UNCONDITIONAL, &seed.into(), BTreeSet::new())?)
}

/// What is bought, by the seed and the number of the purchase: so many kettles.
fn made_up(seed: u64, number: u32, card: Option<&Order>) -> Result<Order> {
    const KETTLE: &str = "K-17";
    const CENTS: u64 = 2990;
    let mut order = Order::new();
    let form = OrderForm::standard();
    let selectors: BTreeSet<_> = form.recipients().iter().flat_map(|entry| entry.selectors.iter()).collect();
    for selector in selectors.into_iter().filter(|selector| selector.is_exact()) {
        let field = FieldName::new(selector.as_str())?;
        let value = if field == FieldName::AMOUNT_DUE {
            Amount::new(CENTS.saturating_mul(number.into()), 2, "EUR")?.to_string()
        } else if field == FieldName::ITEM_NUMBER {
            KETTLE.into()
        } else if field == FieldName::ITEM_QUANTITY {
            number.to_string()
        } else if field == FieldName::ITEM_NAME {
            format!("Kettle, {seed}-{number}")
        } else if let Some(value) = card.and_then(|card| card.get(&field)) {
            value.into()
        } else {
            format!("the {field}")
        };
        order.insert(field, &value)?;
    }
    Ok(order)
}

/// The order for the seller, as bytes.
fn seal(holder: &CardHolder<Share>, order: &Order, form: &OrderForm, now: u64) -> Result<Vec<u8>> {
    let split = holder.split(order, form)?;
    Ok(split.seal(holder, now, Windows::default(), &mut os_rng())?.envelope.to_bytes())
}
