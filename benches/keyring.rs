//! What a message costs a service that has keys of many cohorts: it must not depend on how many.
//!
//! A card holder says hello to a card manager, which answers: the cheapest message that makes a service derive a key
//! before it knows who is there. Keys are preshared, so that hardly anything but the search is measured.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use polyseal::handshake::{Hello, Initiator, Responder};
use polyseal::key::{Cohort, Domain, Epoch, KeySource, Keyring, PresharedKeys};
use polyseal::{CardHolder, CardManager, DisclosurePolicy, Identifier, Label, Peers, Role};
use polyseal_testing::{NOW, Repeatable};

const COHORTS: [u32; 4] = [2, 1000, 4000, 16_000];

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn sources(count: u32) -> Vec<PresharedKeys> {
    let label = Label::new("cards.example").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, NOW - 1000, NOW + 1000).unwrap());
    let keys = |cohort| {
        let mut keys = PresharedKeys::new(id("bank.example"), domain.clone().with_cohort(cohort));
        keys.insert(id("holder.example"), &[7; 32]);
        keys
    };
    Cohort::every(count).map(keys).collect()
}

/// The bank with all its keys, and a hello of a card holder.
fn met(count: u32) -> (CardManager<Keyring<PresharedKeys>>, Hello) {
    let ring = Keyring::new(id("bank.example"), sources(count)).unwrap();
    let own = ring
        .domains()
        .iter()
        .find(|domain| domain.cohort() == Cohort::of(&id("holder.example"), domain.label(), domain.cohort().count()));
    let mut keys = PresharedKeys::new(id("holder.example"), own.unwrap().clone());
    keys.insert(id("bank.example"), &[7; 32]);
    let holder = CardHolder::new(keys, DisclosurePolicy::standard(id("shop.example")));
    let begun = Initiator::start(&holder, Role::CARD_MANAGER, id("bank.example"), NOW, &mut Repeatable(1));
    (CardManager::new(ring, Peers::Anyone), begun.unwrap().1)
}

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
