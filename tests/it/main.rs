//! The tests of the library, a module for each subject: `cargo test --test it flow` for one. Beside them are those that
//! have a process to themselves, for the sake of its allocator.
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

// What several of them need.
mod desk;
mod handshake;
mod session;
#[path = "../../fuzz/properties/mod.rs"]
mod properties;

mod adversity;
mod answers;
mod cohorts;
mod contract;
mod corpus;
mod counting;
mod cuts;
mod deadlines;
mod decisions;
mod demands;
mod domains;
mod encoding;
mod evidence;
mod exchanges;
mod fetched_keys;
mod flow;
mod forgotten;
mod forward_secrecy;
mod handshakes;
mod hostile;
mod hostile_card_holder;
mod hostile_services;
mod joint;
mod labels;
mod largest;
mod laws;
mod life;
mod life_faults;
mod life_late;
mod life_races;
mod layout;
mod ledger_model;
mod ledgers;
mod losses;
mod misuse;
mod must_use;
mod once;
mod receipts;
mod required_handshakes;
mod resealing;
mod retries;
mod secrecy;
mod services;
mod stages;
mod stale;
mod steps;
mod stored;
mod tampering;
mod times;
mod trees;
mod vectors;
mod versions;
