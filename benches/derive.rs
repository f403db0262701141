//! The hot path: from a share and the other party's identifier to their common key; and what an authority does.
//!
//! - `derive/t`: hash to the field, both lanes of the polynomial, and the extraction, for a polynomial of degree t;
//! - `derive-at/t`: the same with a peer whose identifier has been hashed before;
//! - `derive-borrowed/t`: the same from the bytes of a share;
//! - `limit/t`: only the multiplications of 64-bit words that portable code cannot avoid: four for each two
//!   coefficients, in two lanes;
//! - `issue/t`: one share from the authority's master polynomial;
//! - `issue-batch/t`: one share of a batch of 64, on as many cores as there are.
//!
//! `RUSTFLAGS='--cfg polyseal_backend="portable"'` measures without AVX2, `"portable32"` the arithmetic of 32-bit
//! machines.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a bench stops where it fails")]

use core::hint::black_box;
use std::collections::BTreeSet;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use polyseal::authority::BorrowedShare;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label, Share};

const THRESHOLDS: [usize; 6] = [16, 64, 256, 1024, 4096, 16384];

fn authority(threshold: usize) -> Authority {
    let label = Label::new("bench").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 1).unwrap());
    Authority::from_seed(domain, threshold, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new()).unwrap()
}

fn share(threshold: usize) -> Share {
    authority(threshold).issue(&Identifier::new("seller.example").unwrap()).unwrap()
}

fn derive(c: &mut Criterion) {
    let peer = Identifier::new("card-holder 4711").unwrap();
    for threshold in THRESHOLDS {
        let share = share(threshold);
        let bytes = share.export();
        let borrowed = BorrowedShare::new(&bytes).unwrap();
        let mut bench = |name: &str, work: &dyn Fn()| {
            let mut group = c.benchmark_group(name);
            group.throughput(Throughput::Elements(u64::try_from(threshold + 1).unwrap()));
            group.bench_function(BenchmarkId::from_parameter(threshold), |b| b.iter(work));
        };
        bench("derive", &|| drop(share.common_key(black_box(&peer), share.domain()).unwrap()));
        bench("derive-borrowed", &|| drop(borrowed.common_key(black_box(&peer), share.domain()).unwrap()));
        bench("limit", &|| {
            black_box(products(threshold + 1));
        });
    }
}

/// As many products as a polynomial of so many coefficients takes in two lanes, each independent of the others.
fn products(coefficients: usize) -> u128 {
    let [a, b] = black_box([0x0123_4567_89ab_cdef_u64, 0xfedc_ba98_7654_3210]);
    (0..4_u64)
        .zip([a, b, !a, !b])
        .map(|(n, factor)| {
            let mut sum = 0_u128;
            let mut other = b ^ n;
            for _ in 0..coefficients {
                other = other.wrapping_add(a);
                sum = sum.wrapping_add(u128::from(factor) * u128::from(other));
            }
            sum
        })
        .fold(0, u128::wrapping_add)
}

fn issue(c: &mut Criterion) {
    let identifiers: Vec<_> = (0..64).map(|n| Identifier::new(format!("card-holder {n}")).unwrap()).collect();
    for threshold in [64, 256, 1024] {
        let mut authority = authority(threshold);
        let mut group = c.benchmark_group("issue");
        group.sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(threshold), |b| {
            b.iter(|| authority.issue(black_box(identifiers.first().unwrap())).unwrap());
        });
        group.finish();
        let mut group = c.benchmark_group("issue-batch");
        group.sample_size(10).throughput(Throughput::Elements(64));
        group.bench_function(BenchmarkId::from_parameter(threshold), |b| {
            b.iter(|| authority.issue_all(black_box(&identifiers)).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, derive, issue);
criterion_main!(benches);
