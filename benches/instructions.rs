//! Single calls, for counting their instructions under valgrind: `checks/instructions` runs it.
//!
//! Without an argument it says what can be counted, with which backends: the CPU features that the primitives find
//! here. With one, it does that once to warm up and once within [`counted`], which is all that is collected.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a bench stops where it fails"
)]

#[path = "order/cohorts.rs"]
mod cohorts;
#[path = "order/world.rs"]
mod world;

use core::hint::black_box;

use polyseal::handshake::Responder;
use polyseal::{Identifier, KeySource};
use polyseal_testing::{NOW, Repeatable};

use world::{Cached, Counter, World};

const NAMES: [&str; 10] = [
    "derive-64",
    "derive-256",
    "derive-1024",
    "hello-2",
    "hello-16000",
    "seal",
    "seller",
    "card-manager",
    "delivery-service",
    "purchase",
];

/// What is collected: the one call in here.
#[inline(never)]
fn counted(operation: &mut dyn FnMut() -> bool) {
    assert!(black_box(operation()), "it works");
}

fn twice(operation: &mut dyn FnMut() -> bool) {
    assert!(operation(), "it works");
    counted(operation);
}

fn derive(threshold: usize) {
    let [_, share, ..] = world::shares(threshold);
    let peer = Identifier::new("holder 4711").unwrap();
    twice(&mut || share.common_key(black_box(&peer), share.domain()).is_ok());
}

/// A hello that is answered by a service with keys of so many cohorts.
fn hello(count: u32) {
    let (bank, hello) = cohorts::met(count);
    twice(&mut || Responder::answer(&bank, &hello, b"", NOW, &mut Repeatable(1)).is_ok());
}

/// Whether the primitives have an instruction set here.
fn backends() -> String {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("sha", std::arch::is_x86_feature_detected!("sha")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found: [(&str, bool); 0] = [];
    let found = found.map(|(name, is)| format!("{} {name}", if is { "with" } else { "without" }));
    format!("{} {}", std::env::consts::ARCH, found.join(" "))
}

fn main() {
    // `cargo bench` passes a flag of its own.
    let Some(name) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("{}", backends());
        println!("{}", NAMES.join(" "));
        return;
    };
    if let Some(threshold) = name.strip_prefix("derive-") {
        return derive(threshold.parse().unwrap());
    }
    if let Some(count) = name.strip_prefix("hello-") {
        return hello(count.parse().unwrap());
    }
    // The keys are counted by themselves.
    let world: World<Cached> = World::new();
    let traffic = world.traffic();
    let mut rng = Counter::default();
    match name.as_str() {
        "seal" => twice(&mut || !world.seal(&mut rng).is_empty()),
        "seller" => twice(&mut || world.seller_opens(&traffic.envelope)),
        "card-manager" => twice(&mut || world.manager_opens(&traffic.relay)),
        "delivery-service" => twice(&mut || world.courier_opens(&traffic.dispatch)),
        "purchase" => twice(&mut || world.purchase(&mut rng)),
        other => panic!("one of {}, not {other}", NAMES.join(", ")),
    }
}
