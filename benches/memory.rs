//! What an order of the standard form takes: the bytes of its messages, and the memory that each step asks for.
//!
//! It prints how often a step asks the allocator for memory and for how many bytes in all, with keys from a cache, and
//! fails if that is 5 percent more than stands in this file, or if the envelope is longer than it may be.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    unsafe_code,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a bench stops where it fails; an allocator is unsafe to be"
)]

#[path = "order/world.rs"]
mod world;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::hint::black_box;
use std::alloc::System;

use world::{Cached, Counter, World};

/// Counts the allocations of each thread, and their bytes. A vector that grows allocates anew.
struct Counting;

thread_local! {
    static COUNTED: Cell<[usize; 2]> = const { Cell::new([0; 2]) };
}

// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let [allocations, bytes] = COUNTED.get();
        COUNTED.set([allocations + 1, bytes + layout.size()]);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most bytes of the envelope.
const ENVELOPE: usize = 4300;

/// Allocations and bytes of each step. They depend on the machine's words and on how vectors grow.
const COUNTED_BEFORE: [(&str, [usize; 2]); 5] = [
    ("seal", [49, 14_321]),
    ("seller", [39, 12_663]),
    ("card-manager", [39, 9_938]),
    ("delivery-service", [35, 8_214]),
    ("purchase", [201, 67_229]),
];

fn main() {
    let (world, mut rng) = (World::<Cached>::new(), Counter::default());
    let traffic = world.traffic();
    let sizes = [&traffic.envelope, &traffic.relay, &traffic.authorization, &traffic.dispatch].map(Vec::len);
    println!("envelope, relay, authorization, dispatch: {sizes:?} bytes");
    let mut is_more = traffic.envelope.len() > ENVELOPE;
    for (step, before) in COUNTED_BEFORE {
        let mut take = || match step {
            "seal" => !black_box(world.seal(&mut rng)).is_empty(),
            "seller" => world.seller_opens(&traffic.envelope),
            "card-manager" => world.manager_opens(&traffic.relay),
            "delivery-service" => world.courier_opens(&traffic.dispatch),
            _ => world.purchase(&mut rng),
        };
        // Whatever is set up once is no part of it.
        assert!(take(), "the step is taken");
        COUNTED.set([0; 2]);
        assert!(take(), "the step is taken");
        let [allocations, bytes] = COUNTED.get();
        println!("{step:<16} {allocations:>4} allocations, {bytes:>6} bytes; before {before:?}");
        is_more |= [allocations, bytes].into_iter().zip(before).any(|(now, before)| now * 20 > before * 21);
    }
    assert!(!is_more, "more than before: if that is as it should be, write it into benches/memory.rs");
}
