//! An order of the standard form, from its fields to bytes and back.
//!
//! A group for each step: `split`, in which the form is checked against the disclosure policy; `seal`, that and three
//! parts sealed, to the envelope's bytes; `seller`, `card-manager` and `delivery-service`, from a message's bytes to
//! the accepted order; `purchase`, all steps of all four parties. In each group `derived` and `cached` are the step
//! with keys derived anew, at threshold 256, and with keys from a cache; `primitives/derived` and `primitives/cached`
//! are the calls of SHA-256's compression, ChaCha20-Poly1305 and the derivation that it cannot avoid, and nothing else.
//! `seal/lines-40` is `seal/derived` of an order with 40 lines of four fields.
//!
//! Before that it prints what was counted, and the ratio of step and primitives, of these steps and of what each message
//! about an approved order costs its receiver: of the fastest of many calls of each,
//! taken in turn, so that it holds on a machine that does other things as well. With `--quick-ratios` it ends there.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a bench stops where it fails"
)]

#[path = "order/bill.rs"]
mod bill;
#[path = "order/life.rs"]
mod life;
#[path = "order/primitives.rs"]
mod primitives;
#[path = "order/world.rs"]
mod world;

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use criterion::Criterion;
use polyseal::{Identifier, KeySource, OrderForm, Share};

use bill::Bill;
use life::Life;
use primitives::Bills;
use world::{Cached, Counter, Traffic, World};

/// How often a step is taken for its ratio.
const ROUNDS: usize = 3000;

/// Lines of a large order.
const LINES: usize = 40;

const STEPS: [&str; 5] = ["seal", "seller", "card-manager", "delivery-service", "purchase"];

/// The bills of these steps.
fn bills(traffic: &Traffic) -> [Bill; 5] {
    let bills = Bills::of(&OrderForm::standard(), traffic);
    let purchase = bills.purchase();
    [bills.seal, bills.seller, bills.manager, bills.courier, purchase]
}

/// The steps themselves, with one kind of keys.
struct Taken<K> {
    world: World<K>,
    traffic: Traffic,
    rng: Counter,
}

impl<K: KeySource + From<Share>> Taken<K> {
    fn new() -> Self {
        let world = World::new();
        let traffic = world.traffic();
        Self { world, traffic, rng: Counter::default() }
    }

    /// Takes a step.
    fn take(&mut self, step: &str) -> bool {
        let Self { world, traffic, rng } = self;
        match step {
            "seal" => !black_box(world.seal(rng)).is_empty(),
            "seller" => world.seller_opens(black_box(&traffic.envelope)),
            "card-manager" => world.manager_opens(black_box(&traffic.relay)),
            "delivery-service" => world.courier_opens(black_box(&traffic.dispatch)),
            _ => world.purchase(rng),
        }
    }
}

/// What primitives are called with.
struct Purse {
    share: Share,
    peer: Identifier,
    buffer: Vec<u8>,
}

impl Purse {
    fn new() -> Self {
        let [share, other, ..] = world::shares(world::THRESHOLD);
        Self { share, peer: other.identifier().clone(), buffer: vec![7; 1 << 12] }
    }

    fn pay(&mut self, bill: &Bill) {
        bill.pay(&self.share, &self.peer, &mut self.buffer);
    }
}

fn timed(fastest: &mut Duration, mut call: impl FnMut()) {
    let start = Instant::now();
    call();
    *fastest = (*fastest).min(start.elapsed());
}

/// Prints the ratio of each step, with one kind of keys.
fn ratios<K: KeySource + From<Share>>(keys: &str, purse: &mut Purse, bill: fn(&Bill) -> Bill) {
    let mut taken = Taken::<K>::new();
    for (step, whole) in STEPS.iter().zip(bills(&taken.traffic)) {
        ratio(&format!("{step:<16} {keys:<8}"), (&bill(&whole), purse), || taken.take(step));
    }
    let life = Life::of(&taken.world);
    for message in life::MESSAGES {
        let bill = bill(&life.bill(&taken.world, message));
        ratio(&format!("{message:<16} {keys:<8}"), (&bill, purse), || life.take(&taken.world, message));
    }
}

fn ratio(what: &str, (bill, purse): (&Bill, &mut Purse), mut take: impl FnMut() -> bool) {
    let [mut all, mut primitives] = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        timed(&mut all, || assert!(take(), "the step is taken"));
        timed(&mut primitives, || purse.pay(bill));
    }
    let [all, primitives] = [all, primitives].map(|time| time.as_secs_f64() * 1e6);
    println!("{what} {all:7.1} µs, primitives {primitives:6.1} µs: {:.2}   {bill}", all / primitives);
}

/// Prints how long sealing an order of many lines takes, against the standard order.
fn lines() {
    let (worlds, mut rng) = ([World::<Share>::new(), World::with_lines(LINES)], Counter::default());
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (world, fastest) in worlds.iter().zip(&mut fastest) {
            timed(fastest, || drop(black_box(world.seal(&mut rng))));
        }
    }
    let [standard, lines] = fastest.map(|time| time.as_secs_f64() * 1e6);
    let bytes = worlds.map(|world| world.seal(&mut rng).len());
    println!(
        "seal, {LINES} lines  {lines:7.1} µs, standard {standard:6.1} µs: {:.2}   envelopes of {bytes:?} bytes",
        lines / standard
    );
}

fn groups<K: KeySource + From<Share>>(c: &mut Criterion, keys: &str, purse: &mut Purse, bill: fn(&Bill) -> Bill) {
    let mut taken = Taken::<K>::new();
    for (step, whole) in STEPS.iter().zip(bills(&taken.traffic)) {
        let mut group = c.benchmark_group(*step);
        group.bench_function(keys, |b| b.iter(|| taken.take(step)));
        group.bench_function(format!("primitives/{keys}"), |b| b.iter(|| purse.pay(&bill(&whole))));
    }
}

fn main() {
    let mut purse = Purse::new();
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    if !asked("--profile-time") {
        ratios::<Share>("derived", &mut purse, Bill::clone);
        ratios::<Cached>("cached", &mut purse, Bill::cached);
        lines();
    }
    if asked("--quick-ratios") {
        return;
    }
    let mut c = Criterion::default().configure_from_args();
    let world: World<Cached> = World::new();
    let split = |b: &mut criterion::Bencher<'_>| b.iter(|| world.holder.split(black_box(&world.order), &world.form));
    c.benchmark_group("split").bench_function("split", split);
    let (large, mut rng) = (World::<Share>::with_lines(LINES), Counter::default());
    let seal = |b: &mut criterion::Bencher<'_>| b.iter(|| large.seal(&mut rng));
    c.benchmark_group("seal").bench_function(format!("lines-{LINES}"), seal);
    groups::<Share>(&mut c, "derived", &mut purse, Bill::clone);
    groups::<Cached>(&mut c, "cached", &mut purse, Bill::cached);
    c.final_summary();
}
