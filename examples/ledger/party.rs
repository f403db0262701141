//! The three parties that accept orders. Between two messages each keeps nothing but its ledger.
//!
//! Every step is in the same order: the ledger first, within the library; then a line in the
//! journal; then the message leaves. So whatever others have seen is in both, and what a crash
//! takes away, nobody has seen.
//!
//! Withdrawing, paying back and delivering cannot be in the ledger's transaction here: they happen
//! outside. A crash may fall between the two, and so all go by one rule. On what is new, act; on
//! what was there before, act only if the journal has nothing under the order's digest, and the
//! number of the demand or consignment. Here the line in the journal *is* the act. A bank would hand
//! these to its booking system as the key under which a sum is withdrawn, or paid back, once.

mod bank;
mod courier;
mod shop;

pub use bank::{Bank, Objection};
pub use courier::Courier;
use polyseal::message::OrderDigest;
use polyseal_examples::journal::Journal;
use polyseal_examples::program::Result;
use sha2::{Digest, Sha256};
pub use shop::{Next, Shop};

/// A name for bytes in the journal.
fn fingerprint(bytes: &[u8]) -> String {
    OrderDigest::from_bytes(Sha256::digest(bytes).into()).to_string()
}

/// Does what a line in the journal stands for, unless it is there.
fn act_once(journal: &mut Journal, line: String) -> Result<()> {
    if !journal.has(&line) {
        journal.add(line)?;
    }
    Ok(())
}
