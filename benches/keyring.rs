//! What a message costs a service that has keys of many cohorts: it must not depend on how many.
//!
//! A card holder says hello to a card manager, which answers: the cheapest message that makes a service derive a key
//! before it knows who is there. Keys are preshared, so that hardly anything but the search is measured.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench stops where it fails")]

#[path = "order/cohorts.rs"]
mod cohorts;

use core::hint::black_box;

use cohorts::{id, met, sources};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use polyseal::Keyring;
use polyseal::handshake::Responder;
use polyseal_testing::{NOW, Repeatable};

const COHORTS: [u32; 4] = [2, 1000, 4000, 16_000];

fn answer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a hello answered, by cohorts");
    for count in COHORTS {
        let (bank, hello) = met(count);
        let mut rng = Repeatable(2);
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bencher, _| {
            bencher.iter(|| black_box(Responder::answer(&bank, &hello, b"", NOW, &mut rng).unwrap()));
        });
    }
}

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a ring built, by cohorts");
    group.sample_size(10);
    for count in COHORTS {
        group.bench_with_input(BenchmarkId::from_parameter(count), &count, |bencher, count| {
            let ring = |sources| Keyring::new(id("bank.example"), sources).unwrap();
            bencher.iter_with_setup(|| sources(*count), ring);
        });
    }
}

criterion_group!(benches, answer, build);
criterion_main!(benches);
