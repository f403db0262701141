//! An order of the standard form, from its fields to bytes and back.
//!
//! A group for each step: `split`, the form held against the confinement; `seal`, that and three parts sealed, to the
//! envelope's bytes; `seller`, `card-manager` and `delivery-service`, from a message's bytes to the accepted order;
//! `purchase`, all steps of all four parties. In each group `derived` and `cached` are the step with keys derived anew, at
//! threshold 256, and with keys from a cache; `primitives/derived` and `primitives/cached` are the calls of
//! SHA-256, ChaCha20-Poly1305 and the derivation that it cannot avoid, and nothing else. `--list` names them; what is counted is printed
//! first.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a bench stops where it fails"
)]

#[path = "order/primitives.rs"]
mod primitives;
#[path = "order/world.rs"]
mod world;

use core::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use polyseal::{KeySource, MemoryLedger, OrderForm, Share};

use primitives::{Bill, Bills};
use world::{Cached, Counter, World};

/// The steps of an order, with one kind of keys.
fn steps<K: KeySource + From<Share>>(c: &mut Criterion, keys: &str) {
    let world: World<K> = World::new();
    let traffic = world.traffic();
    let mut rng = Counter::default();
    c.benchmark_group("seal").bench_function(keys, |b| b.iter(|| world.seal(&mut rng)));
    let opens = |group: BenchmarkGroup<'_, WallTime>,
                 message: &[u8],
                 open: fn(&World<K>, &[u8], &mut MemoryLedger) -> bool| {
        let mut group = group;
        group.bench_function(keys, |b| {
            let ledger = || MemoryLedger::new(1);
            b.iter_batched(ledger, |mut ledger| open(&world, black_box(message), &mut ledger), BatchSize::SmallInput);
        });
    };
    opens(c.benchmark_group("seller"), &traffic.envelope, World::seller_opens);
    opens(c.benchmark_group("card-manager"), &traffic.relay, World::manager_opens);
    opens(c.benchmark_group("delivery-service"), &traffic.dispatch, World::courier_opens);
    c.benchmark_group("purchase").bench_function(keys, |b| b.iter(|| world.purchase(&mut rng)));
}

fn order(c: &mut Criterion) {
    let world: World<Cached> = World::new();
    let split =
        |b: &mut criterion::Bencher<'_>| b.iter(|| world.holder.split(black_box(&world.order), &world.form).unwrap());
    c.benchmark_group("split").bench_function("split", split);
    steps::<Share>(c, "derived");
    steps::<Cached>(c, "cached");

    let bills = Bills::of(&OrderForm::standard(), &world.traffic());
    let purchase = bills.purchase();
    let named = [
        ("seal", &bills.seal),
        ("seller", &bills.seller),
        ("card-manager", &bills.manager),
        ("delivery-service", &bills.courier),
        ("purchase", &purchase),
    ];
    let (share, peer) = primitives::pair(world::shares(world::THRESHOLD));
    let mut buffer = vec![7; 1 << 16];
    for (name, bill) in named {
        println!("{name:<16} {bill}");
    }
    for (name, bill) in named {
        let mut group = c.benchmark_group(name);
        let mut pay = |name: &str, bill: &Bill| {
            group.bench_function(name, |b| b.iter(|| bill.pay(&share, &peer, &mut buffer)));
        };
        pay("primitives/derived", bill);
        pay("primitives/cached", &bill.cached());
    }
}

criterion_group!(benches, order);
criterion_main!(benches);
