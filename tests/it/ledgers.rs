//! A ledger that is full, has forgotten what expired, or lost an order: what a seller that asks it takes for new.

use polyseal::message::Envelope;
use polyseal::{MemoryLedger, Received, Rules, Share};
use polyseal_testing::NOW;
use polyseal_testing::story::Story;

use crate::once::WINDOWS;
use crate::steps::filed;

/// Whether the order is new to the seller, or why it does not take it.
fn is_new(story: &Story<Share>, envelope: &Envelope, now: u64, ledger: &mut MemoryLedger) -> Result<bool, String> {
    let received = filed(story.parties.seller.receive(envelope, now), ledger);
    received.map(|received| matches!(received, Received::New(_))).map_err(|error| format!("{error:?}"))
}

#[test]
fn a_ledger_that_is_full_or_has_forgotten_refuses() {
    // L-5, L-6
    let mut story = Story { windows: WINDOWS, ..Story::standard(1) };
    let [old, young, expired] = [0, 50, 1].map(|after| {
        story.now = NOW + after;
        story.sealed().envelope
    });
    let ledger = &mut MemoryLedger::new(1);
    let receive = |envelope, now, ledger: &mut _| is_new(&story, envelope, now, ledger);
    let refused = |error: &str| Err(format!("Ledger({error})"));
    assert_eq!(receive(&old, NOW + 101, ledger), refused("Time(Expired)"));
    assert!(ledger.is_empty());
    assert_eq!(receive(&old, NOW + 100, ledger), Ok(true));
    assert_eq!(receive(&young, NOW + 100, ledger), refused("Full"));
    assert_eq!(receive(&old, NOW + 100, ledger), Ok(false));
    // The old order expires with the end of its settlement, second 2000 still included.
    ledger.raise_floor(NOW + 2000);
    assert_eq!(receive(&young, NOW + 100, ledger), refused("Full"));
    assert_eq!(receive(&old, NOW + 101, ledger), Ok(false));
    ledger.raise_floor(NOW + 2001);
    assert_eq!(receive(&old, NOW + 100, ledger), refused("BelowFloor"));
    assert_eq!(receive(&young, NOW + 100, ledger), Ok(true));
    assert_eq!(receive(&expired, NOW + 102, ledger), refused("Time(Expired)"));
    assert_eq!(ledger.len(), 1);
}

/// A copy that lacks an order, in place of the ledger that had it: only the mark keeps the order out.
#[test]
fn a_ledger_that_lost_an_order_does_not_take_it_for_new() {
    let mut story = Story { windows: WINDOWS, ..Story::standard(1) };
    let [known, lost, next] = [0, 1, 400].map(|after| {
        story.now = NOW + after;
        story.sealed().envelope
    });
    let receive = |envelope, now, ledger: &mut _| is_new(&story, envelope, now, ledger);
    let refused = || Err("Ledger(BelowFloor)".into());
    assert_eq!(receive(&lost, NOW, &mut MemoryLedger::new(9)), Ok(true));
    // Restored at once: the floor is compared with the end of the order, which is to come.
    let mut copy = MemoryLedger::new(9);
    assert_eq!(receive(&known, NOW, &mut copy), Ok(true));
    copy.raise_floor(NOW);
    copy.refuse_issued_before(NOW + Rules::default().skew() + 1);
    assert_eq!(receive(&lost, NOW, &mut copy), refused());
    assert_eq!(receive(&lost, NOW + 100, &mut copy), refused());
    // What the copy has is known; what is issued later is new.
    assert_eq!(receive(&known, NOW, &mut copy), Ok(false));
    assert_eq!(receive(&next, NOW + 400, &mut copy), Ok(true));
    // Without a mark it is taken once more.
    let mut unmarked = MemoryLedger::new(9);
    unmarked.raise_floor(NOW);
    assert_eq!(receive(&lost, NOW, &mut unmarked), Ok(true));
}
