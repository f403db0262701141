//! What keeps an order out of a ledger that was restored from an old copy, and what does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test")]

use polyseal::message::Windows;
use polyseal::{LedgerError, MemoryLedger, Received, Rules};
use polyseal_testing::NOW;
use polyseal_testing::story::Story;

/// An old copy that does not have an order, with this floor and this mark: what becomes of the order.
fn received_again(floor: u64, mark: u64) -> Result<bool, LedgerError> {
    let mut story = Story::standard(1);
    let envelope = story.sealed().envelope;
    drop(story.taken(&envelope));
    let mut restored = MemoryLedger::new(100);
    restored.raise_floor(floor);
    restored.refuse_issued_before(mark);
    let filed = story.parties.seller.receive(&envelope, story.now).unwrap().file(&mut restored);
    Ok(matches!(filed.map_err(|refused| refused.error)?, Received::New(_)))
}

/// A floor is compared with the end of an order, so only one above every end keeps out what the copy forgot.
#[test]
fn a_floor_at_the_present_lets_a_forgotten_order_in_again() {
    let settle_until = NOW + Windows::default().settle;
    assert!(received_again(NOW, 0).unwrap());
    assert!(received_again(settle_until, 0).unwrap());
    assert!(matches!(received_again(settle_until + 1, 0), Err(LedgerError::BelowFloor)));
}

#[test]
fn a_mark_after_the_present_and_the_skew_keeps_it_out() {
    assert!(received_again(NOW, NOW).unwrap());
    for after in [1, Rules::default().skew() + 1] {
        assert!(matches!(received_again(NOW, NOW + after), Err(LedgerError::BelowFloor)));
    }
}
