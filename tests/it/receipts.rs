//! Receipts: the card holder learns the outcome from who is answerable for it. That it does from nobody else is in
//! `tampering.rs`.

use polyseal::{
    Authenticated, CardHolder, GiveReceiptError, LedgerError, MemoryLedger, OrderForm, Receipt, RestoreError, Role,
    SealedOrder, Share, Status, Windows, WireError,
};
use polyseal_testing::{NOW, Parties, Repeatable, confinement, id, new, order, shares};

fn parties() -> Parties<Share> {
    Parties::standard()
}

fn sealed(parties: &Parties<Share>, seed: u64) -> SealedOrder<'_, Share> {
    let order = order();
    parties
        .holder
        .split(&order, &OrderForm::standard())
        .unwrap()
        .seal(NOW, Windows::default(), &mut Repeatable(seed))
        .unwrap()
}

fn sent(receipt: &Receipt) -> Receipt {
    Receipt::from_bytes(&receipt.to_bytes()).unwrap()
}

/// What the seller and the card manager say after each step of a purchase.
fn story(approve: bool) -> Vec<String> {
    let (parties, mut rng) = (parties(), Repeatable(7));
    let [mut at_seller, mut at_manager] = [9, 9].map(MemoryLedger::new);
    let SealedOrder { digest, awaiting: placed, envelope, .. } = sealed(&parties, 1);
    let mut told = Vec::new();
    let mut tell = |receipt: &Receipt| {
        let report = placed.receive(&sent(receipt)).unwrap();
        let reason = match report.status() {
            Status::Declined { reason } => reason.as_str(),
            _ => "",
        };
        told.push(format!("{:?} {reason}{}", report.status(), report.at() - NOW));
    };

    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut at_seller).unwrap());
    tell(&parties.seller.receipt(digest, NOW + 1, &at_seller, &mut rng).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    tell(&parties.manager.receipt(digest, NOW + 2, &at_manager, &mut rng).unwrap());
    let answer = if approve {
        deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication
    } else {
        deciding.decline("unknown card ", &mut at_manager, &mut rng).unwrap()
    };
    tell(&parties.manager.receipt(digest, NOW + 3, &at_manager, &mut rng).unwrap());
    let authenticated = awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap();
    tell(&parties.seller.receipt(digest, NOW + 4, &at_seller, &mut rng).unwrap());
    if let Authenticated::Approved(mut approved) = authenticated {
        drop(approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut at_seller, &mut rng).unwrap());
        tell(&parties.seller.receipt(digest, NOW + 5, &at_seller, &mut rng).unwrap());
    }
    told
}

#[test]
fn the_card_holder_learns_how_its_order_goes() {
    assert_eq!(story(true), ["Received 1", "Received 2", "Approved 3", "Approved 4", "Dispatched 5"]);
    let declined = "Declined { .. } unknown card ";
    assert_eq!(story(false), ["Received 1", "Received 2", &format!("{declined}3"), &format!("{declined}4")]);
}

#[test]
fn all_receipts_have_one_length() {
    let lengths = [true, false].map(|approve| {
        let (parties, mut rng) = (parties(), Repeatable(7));
        let [mut at_seller, mut at_manager] = [9, 9].map(MemoryLedger::new);
        let SealedOrder { digest, envelope, .. } = sealed(&parties, 1);
        let awaiting = new(parties.seller.receive(&envelope, NOW, &mut at_seller).unwrap());
        let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
        let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
        if approve {
            drop(deciding.approve(NOW, &mut at_manager, &mut rng).unwrap());
        } else {
            drop(deciding.decline(&"x".repeat(256), &mut at_manager, &mut rng).unwrap());
        }
        parties.manager.receipt(digest, NOW, &at_manager, &mut rng).unwrap().to_bytes().len()
    });
    assert_eq!(lengths.first(), lengths.last());
}

#[test]
fn a_receipt_is_of_an_order_in_the_ledger() {
    let (parties, mut rng) = (parties(), Repeatable(9));
    let digest = sealed(&parties, 1).digest;
    let given = parties.seller.receipt(digest, NOW, &MemoryLedger::new(1), &mut rng);
    assert_eq!(given.err(), Some(GiveReceiptError::Ledger(LedgerError::Absent)));
}

#[test]
fn a_restored_card_holder_reads_on() {
    let (parties, mut rng) = (parties(), Repeatable(10));
    let mut at_seller = MemoryLedger::new(9);
    let placed = sealed(&parties, 1);
    new(parties.seller.receive(&placed.envelope, NOW, &mut at_seller).unwrap());
    let receipt = parties.seller.receipt(placed.digest, NOW, &at_seller, &mut rng).unwrap();

    let state = placed.awaiting.export();
    let restored = parties.holder.restore(&state).unwrap();
    assert_eq!((restored.digest(), restored.export()), (placed.digest, state.clone()));
    assert_eq!(restored.receive(&receipt).unwrap().status(), &Status::Received);
    assert_eq!(restored.recipients().count(), 3);

    for at in 0..state.len() {
        let mut changed = state.to_vec();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(parties.holder.restore(&changed).is_err(), "byte {at}");
    }
    let [share] = shares([id("another holder")]);
    let another = CardHolder::new(share, confinement());
    assert_eq!(another.restore(&state).err(), Some(RestoreError::OtherOwner));
    let kind = WireError::Kind { expected: "placed order" };
    assert_eq!(parties.holder.restore(&receipt.to_bytes()).err(), Some(RestoreError::Wire(kind)));
}
