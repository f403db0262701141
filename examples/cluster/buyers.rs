//! Buyers: each order goes to both processes of the shop, twice, until all four answers are there.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::message::{OrderDigest, Receipt, Status, Windows};
use polyseal::{CardHolder, Order, Share};
use polyseal_examples::program::os_rng;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::figures::Figures;
use crate::http::{self, Refusal};
use crate::service::Which;
use crate::{Arguments, Result, keys};

/// Until an order has to have ended, whatever is killed.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two attempts to send the same.
const PAUSE: Duration = Duration::from_millis(100);
/// How often each process of the shop gets each order.
const COPIES: usize = 2;
/// The most lines of an order.
const LINES: u32 = 60;
/// One order in so many names a card that the bank does not know, and one is of the customer who is revoked.
const DECLINED: u32 = 33;
const REVOKED: u32 = 25;

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Delivered,
    Declined,
    /// By a service that has revoked the customer.
    Revoked,
    /// It has not ended, or not like this.
    Open(String),
}

/// An order that was placed.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) digest: OrderDigest,
    /// In cents.
    pub(crate) due: u64,
    /// Whether it names a card that the bank knows.
    pub(crate) is_payable: bool,
    /// Whether it is of the customer who is revoked.
    pub(crate) is_revoked: bool,
    pub(crate) end: End,
}

/// Whoever places orders, and has not placed them all.
struct Buyers {
    folder: PathBuf,
    shops: Vec<u16>,
    next: AtomicU32,
    orders: u32,
    rolls: bool,
    revokes: bool,
}

/// Places all orders, some at once, and gives what came of each.
pub(crate) async fn buy(cluster: &Arc<Cluster>, figures: &Arc<Figures>, arguments: &Arguments) -> Result<Vec<Placed>> {
    let Arguments { orders, concurrency, roll_epoch, revoke, .. } = *arguments;
    let buyers = Arc::new(Buyers {
        folder: cluster.server.folder().to_owned(),
        shops: cluster.ports(Which::Shop),
        next: AtomicU32::new(0),
        orders,
        rolls: roll_epoch,
        revokes: revoke,
    });
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency {
        tasks.spawn(orders_in_turn(Arc::clone(&buyers), Arc::clone(figures)));
    }
    let mut placed = Vec::new();
    while let Some(done) = tasks.join_next().await {
        placed.extend(done??);
    }
    Ok(placed)
}

async fn orders_in_turn(buyers: Arc<Buyers>, figures: Arc<Figures>) -> Result<Vec<Placed>> {
    let mut placed = Vec::new();
    loop {
        let number = buyers.next.fetch_add(1, Ordering::Relaxed);
        if number >= buyers.orders {
            return Ok(placed);
        }
        let order = buyers.place(number, &figures).await?;
        figures.ended();
        placed.push(order);
    }
}

impl Buyers {
    /// Seals an order and sends it until it has ended.
    async fn place(&self, number: u32, figures: &Figures) -> Result<Placed> {
        let is_revoked = self.revokes && number.is_multiple_of(REVOKED);
        let name = if is_revoked { keys::REVOKED.into() } else { keys::customer(number) };
        let epoch = if self.rolls && figures.has_rolled() { 2 } else { 1 };
        let holder = holder(&self.folder, &name, epoch)?;
        let (order, due) = order(number)?;
        let now = polyseal_examples::program::now().map_err(|error| error.to_string())?;
        let sealed = holder.split(&order, &keys::form()?)?.seal(&holder, now, Windows::default(), &mut os_rng())?;
        let SealedOrder { envelope, awaiting, digest, .. } = sealed;
        let (envelope, begun) = (envelope.to_bytes(), Instant::now());
        let (awaiting, holder) = (Arc::new(awaiting), Arc::new(holder));
        let mut copies = JoinSet::new();
        for shop in (0..COPIES).flat_map(|_| self.shops.clone()) {
            copies.spawn(send(shop, envelope.clone(), Arc::clone(&awaiting), Arc::clone(&holder)));
        }
        let mut ends = Vec::new();
        while let Some(end) = copies.join_next().await {
            if ends.is_empty() {
                figures.answered(begun.elapsed());
            }
            ends.push(end??);
        }
        Ok(Placed { digest, due, is_payable: is_payable(number), is_revoked, end: agreed(&ends) })
    }
}

/// What all copies of an order were answered. A revocation may come between them.
fn agreed(ends: &[End]) -> End {
    let mut told = ends.iter().filter(|end| **end != End::Revoked);
    let Some(first) = told.next() else { return End::Revoked };
    match told.find(|end| *end != first) {
        Some(other) => End::Open(format!("one copy is answered {first:?}, another one {other:?}")),
        None => first.clone(),
    }
}

fn holder(folder: &Path, name: &str, epoch: u64) -> Result<CardHolder<Share>> {
    Ok(CardHolder::new(keys::share(folder, name, epoch)?, keys::disclosure()?))
}

/// Sends an order until it has ended.
async fn send(
    shop: u16,
    envelope: Vec<u8>,
    awaiting: Arc<AwaitingReceipt>,
    holder: Arc<CardHolder<Share>>,
) -> Result<End> {
    let begun = Instant::now();
    let mut last = String::new();
    while begun.elapsed() < PATIENCE {
        match http::ask(shop, "/order", envelope.clone()).await {
            Ok(receipt) => return read(&awaiting, &holder, &receipt),
            Err(Refusal::Never(reason)) if reason == "revoked" => return Ok(End::Revoked),
            Err(Refusal::Never(reason)) => return Ok(End::Open(reason)),
            Err(Refusal::Later(reason)) => last = reason,
        }
        sleep(PAUSE).await;
    }
    Ok(End::Open(last))
}

/// What the seller's receipt says.
fn read(awaiting: &AwaitingReceipt, holder: &CardHolder<Share>, receipt: &[u8]) -> Result<End> {
    let now = polyseal_examples::program::now().map_err(|error| error.to_string())?;
    let report = awaiting.receive(holder, &Receipt::from_bytes(receipt)?, now)?;
    let is_delivered = report.consignments().iter().any(|one| one.outcome().is_some_and(|end| end.failure().is_none()));
    Ok(match report.status() {
        Status::Approved if is_delivered => End::Delivered,
        Status::Declined { .. } => End::Declined,
        other => End::Open(format!("the receipt says {other:?}")),
    })
}

fn is_payable(number: u32) -> bool {
    number % DECLINED != 7
}

/// An order of some lines, and what is due in cents.
fn order(number: u32) -> Result<(Order, u64)> {
    let lines = number.wrapping_mul(7919).checked_rem(LINES).unwrap_or(0).saturating_add(1);
    let price =
        |line: u32| u64::from(number.wrapping_add(line.wrapping_mul(613)).wrapping_rem(9000)).saturating_add(100);
    let due = (0..lines).map(price).sum();
    let items: Vec<Value> = (0..lines)
        .map(|line| {
            let price = money(price(line));
            json!({ "sku": format!("K-{line:03}"), "name": "a thing that is sold", "quantity": "1", "price": price })
        })
        .collect();
    let card = if is_payable(number) { keys::CARD } else { "0000 9999 9999 9999" };
    let order = json!({
        "holder": { "name": "Ada Example", "address": "1 Sample Street, Testville" },
        "card": { "number": card, "expiry": "2029-12" },
        "payment": { "type": "single" },
        "amount": { "due": money(due) },
        "destination": { "name": "Bob Example", "address": "2 Other Street, Testville" },
        "items": items,
    });
    Ok((serde_json::from_value(order)?, due))
}

pub(crate) fn money(cents: u64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}
