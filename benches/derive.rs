//! The hot path: from a share and the other party's identifier to their common key.
//!
//! `derive/t`: hash to the field, both lanes of the polynomial, and the extraction, for a polynomial of degree t.
//! `issue/t`: one share from the authority's master polynomial.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a bench stops where it fails")]

use core::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label, Register, Share};

fn authority(threshold: usize) -> Authority {
    let label = Label::new("bench").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 1).unwrap());
    Authority::from_seed(domain, threshold, Capacity::UNCONDITIONAL, &[7; 32], Register::new()).unwrap()
}

fn share(threshold: usize) -> Share {
    authority(threshold).issue(&Identifier::new("seller.example").unwrap()).unwrap()
}

fn derive(c: &mut Criterion) {
    let mut group = c.benchmark_group("derive");
    let peer = Identifier::new("card-holder 4711").unwrap();
    for threshold in [16, 64, 256, 1024, 4096] {
        let share = share(threshold);
        group.throughput(Throughput::Elements(u64::try_from(threshold + 1).unwrap()));
        group.bench_function(BenchmarkId::from_parameter(threshold), |b| {
            b.iter(|| share.common_key(black_box(&peer), share.domain()).unwrap());
        });
    }
    group.finish();
}

fn issue(c: &mut Criterion) {
    let mut group = c.benchmark_group("issue");
    group.sample_size(20);
    let identifier = Identifier::new("seller.example").unwrap();
    for threshold in [64, 256, 1024] {
        let mut authority = authority(threshold);
        group.bench_function(BenchmarkId::from_parameter(threshold), |b| {
            b.iter(|| authority.issue(black_box(&identifier)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, derive, issue);
criterion_main!(benches);
