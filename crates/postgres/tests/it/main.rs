//! The ledger over a real PostgreSQL, which the tests start themselves (`server.rs`).
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod contract;
mod crash;
mod isolation;
mod migrating;
mod operating;
mod orders;
mod race;
mod server;

use polyseal::ledger::{Change, LedgerKey, Record};
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};

/// A key of the tests that need no order.
fn key(number: u32) -> LedgerKey {
    let mut digest = [7; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    let owner = Identifier::new("shop.example").unwrap();
    LedgerKey { owner, role: Role::SELLER, digest: OrderDigest::from_bytes(digest) }
}

fn record<'a>(key: &'a LedgerKey, change: Change<'a>) -> Record<'a> {
    Record { key, issued_at: 1_000, expires: 2_000, stage: "received", change }
}
