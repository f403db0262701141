//! Our operations against those of others, on one thread, ours and theirs taking turns.
//!
//! `./run` builds this with each backend of ours, runs it, and writes what it prints to `results/latest.json`;
//! `./table.py` makes the table in `benches/README.md` and the picture from that file. A ratio is their time over
//! ours, so above 1 we are faster. What each side does is in its file:
//!
//! - `ours/share.rs`: the complete derivation of a common key from a share and the other party's identifier;
//! - `ours/batch.rs`: the same for 64 others;
//! - `ours/order.rs`: the standard order of three parts, sealed to the envelope's bytes, and the seller's part opened
//!   from them to the accepted order;
//! - `peers/*.rs`: the others, a file for each family.
//!
//! Everybody's randomness is free of charge, except where a crate takes none of the caller's: in ML-KEM's encapsulation,
//! in JWE and in SD-JWT.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a measurement stops where it fails, and counts nothing large"
)]

#[path = "../../order/counter.rs"]
mod counter;
mod measure;
mod ours;
mod peers;

use serde_json::{Value, json};

use measure::{Operation, contest};
use ours::order::{self, Load};
use ours::share;
use peers::{field, hpke, hpke_ng, jwe, ml_kem, nacl, p256, pairing, products, sd_jwt, symmetric, x25519};

const THRESHOLDS: [usize; 6] = [16, 64, 256, 1024, 4096, 16384];

fn main() {
    let mut rows = Vec::new();
    for t in THRESHOLDS {
        rows.extend(compare("derivation", Some(t), share::derivation(t), derivations()));
        rows.extend(compare("evaluation", Some(t), share::derivation(t), evaluations(t)));
    }
    let ghz = measure::clock();
    for t in THRESHOLDS {
        rows.extend(compare("batch", Some(t), ours::batch::derivation(t), vec![peers::batch::derivation()]));
    }
    let load = order::load();
    let t = Some(order::THRESHOLD);
    rows.extend(compare("order", t, order::seal(), sealing(&load)));
    rows.extend(compare("order", None, order::seal_cached(), sealing_cached(&load)));
    rows.extend(compare("order", t, order::open(), opening(&load)));
    rows.extend(compare("order", None, order::open_cached(), opening_cached(&load)));
    println!("{}", json!({ "backend": ours::backend(), "fastest": x25519::FASTEST, "ghz": ghz, "rows": rows }));
}

fn derivations() -> Vec<Operation> {
    let mut all = Vec::from(x25519::derivations());
    all.extend(nacl::derivations());
    all.push(p256::derivation());
    all.extend(ml_kem::derivations());
    all.push(pairing::derivation());
    all
}

fn evaluations(threshold: usize) -> Vec<Operation> {
    let mut all = Vec::from(field::evaluations(threshold));
    all.push(products::evaluation(threshold));
    all
}

fn sealing(load: &Load) -> Vec<Operation> {
    let mut all = vec![x25519::sealing(load)];
    all.extend(hpke::sealing(load));
    all.extend(hpke_ng::sealing(load));
    all.extend(nacl::sealing(load));
    all.push(jwe::sealing(load));
    all.extend(sd_jwt::sealing());
    all
}

fn sealing_cached(load: &Load) -> Vec<Operation> {
    let mut all = Vec::from(symmetric::sealing_cached(load));
    all.extend(nacl::sealing_cached(load));
    all
}

fn opening(load: &Load) -> Vec<Operation> {
    let mut all = vec![x25519::opening(load)];
    all.extend(hpke::opening(load));
    all.extend(hpke_ng::opening(load));
    all.extend(nacl::opening(load));
    all.push(jwe::opening(load));
    all.extend(sd_jwt::opening());
    all
}

fn opening_cached(load: &Load) -> Vec<Operation> {
    let mut all = Vec::from(symmetric::opening_cached(load));
    all.extend(nacl::opening_cached(load));
    all
}

/// One row for each of theirs, told on the way.
fn compare(group: &str, t: Option<usize>, mut ours: Operation, theirs: Vec<Operation>) -> Vec<Value> {
    let row = |mut theirs: Operation| {
        let outcome = contest(&mut ours, &mut theirs);
        let ([min, median, max], [_, ours_ns, _], [_, theirs_ns, _]) =
            (outcome.ratio, outcome.ours_ns, outcome.theirs_ns);
        let threshold = t.map_or(String::new(), |t| format!(" (t = {t})"));
        eprintln!("{median:8.2}  {}{threshold}: {ours_ns:.0} ns, {}: {theirs_ns:.0} ns", ours.name, theirs.name);
        json!({
            "group": group, "ours": ours.name, "theirs": theirs.name, "t": t,
            "ratio_min": min, "ratio_median": median, "ratio_max": max,
            "ours_ns": ours_ns, "theirs_ns": theirs_ns,
        })
    };
    theirs.into_iter().map(row).collect()
}
