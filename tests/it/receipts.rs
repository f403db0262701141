//! Receipts: the card holder learns the outcome from who is answerable for it. That it does from nobody else is in
//! `tampering.rs`.

use polyseal::card_holder::SealedOrder;
use polyseal::message::{Receipt, Status, WireError};
use polyseal::seller::Authorized;
use polyseal::{CardHolder, CardManager, LedgerError, OrderForm, Peers, Seller};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, disclosure, id, is_like, new, policy, shares};

fn sent(receipt: &Receipt) -> Receipt {
    Receipt::from_bytes(&receipt.to_bytes()).unwrap()
}

/// What the seller and the card manager say after each step of a purchase: from the state at hand, and from what the
/// ledger has under the digest.
fn told(approve: bool) -> Vec<String> {
    let mut story = Story::standard(7);
    let SealedOrder { digest, awaiting: placed, envelope, .. } = story.sealed();
    let Parties { holder, seller, manager, .. } = Parties::standard();
    let mut told = Vec::new();
    let mut tell = |filed: Receipt, at_hand: Receipt| {
        let [filed, at_hand] = [filed, at_hand].map(|receipt| {
            let report = placed.receive(&holder, &sent(&receipt)).unwrap();
            let reason = match report.status() {
                Status::Declined { reason } => reason.as_str(),
                _ => "",
            };
            format!("{:?} {reason}{}", report.status(), report.at() - NOW)
        });
        assert_eq!(filed, at_hand);
        told.push(filed);
    };
    macro_rules! tell {
        ($party:ident, $order:expr, $after:expr) => {{
            let filed = $party.find(digest).file(&mut story.ledger).unwrap();
            let filed = filed.receipt(&$party, NOW + $after, &mut story.rng).unwrap();
            tell(filed, $order.receipt(&$party, NOW + $after, &mut story.rng).unwrap());
        }};
    }

    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    tell!(seller, awaiting, 1);
    let deciding = story.at_manager(&awaiting);
    tell!(manager, deciding, 2);
    let decided = if approve {
        story.approval(deciding).into_decided()
    } else {
        new(deciding.decline(&manager, "unknown card ").unwrap().file(&mut story.ledger).unwrap())
    };
    tell!(manager, decided, 3);
    let answer = decided.authorization(&manager, &mut story.rng).unwrap();
    match new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap()) {
        Authorized::Approved(approved) => {
            tell!(seller, approved, 4);
            let (dispatched, _) = story.dispatched(approved, b"");
            tell!(seller, dispatched, 5);
        }
        Authorized::Declined(declined) => tell!(seller, declined, 4),
    }
    told
}

#[test]
fn the_card_holder_learns_how_its_order_goes() {
    assert_eq!(told(true), ["Received 1", "Received 2", "Approved 3", "Approved 4", "Dispatched 5"]);
    let declined = "Declined { .. } unknown card ";
    assert_eq!(told(false), ["Received 1", "Received 2", &format!("{declined}3"), &format!("{declined}4")]);
}

#[test]
fn all_receipts_have_one_length() {
    let lengths = [true, false].map(|approve| {
        let mut story = Story::standard(7);
        let awaiting = story.at_seller();
        let deciding = story.at_manager(&awaiting);
        let manager = &story.parties.manager;
        let before = deciding.receipt(manager, NOW, &mut story.rng).unwrap();
        let decided = if approve {
            deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner()
        } else {
            deciding.decline(manager, &"x".repeat(256)).unwrap().file(&mut story.ledger).unwrap().into_inner()
        };
        [before, decided.receipt(manager, NOW, &mut story.rng).unwrap()].map(|receipt| receipt.to_bytes().len())
    });
    let [first, ..] = *lengths.as_flattened() else { panic!("four") };
    assert_eq!(lengths, [[first; 2]; 2]);
}

#[test]
fn a_receipt_is_of_an_order_in_the_ledger() {
    let mut story = Story::standard(9);
    let digest = story.sealed().digest;
    let found = story.parties.seller.find(digest).file(&mut story.ledger);
    assert!(matches!(found, Err(LedgerError::Absent)));
}

#[test]
fn who_gives_a_receipt_is_whose_order_it_is() {
    let mut story = Story::standard(11);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let [other_shop, other_bank] = shares([id("other-shop.example"), id("other-bank.example")]);
    let seller = Seller::new(other_shop, policy(OrderForm::standard()));
    let manager = CardManager::new(other_bank, Peers::Anyone);
    for given in [awaiting.receipt(&seller, NOW, &mut story.rng), deciding.receipt(&manager, NOW, &mut story.rng)] {
        is_like(given, "OtherParty", "another party's");
    }
}

#[test]
fn a_restored_card_holder_reads_on() {
    let mut story = Story::standard(10);
    let placed = story.sealed();
    let Parties { holder, seller, .. } = &story.parties;
    let awaiting = new(seller.receive(&placed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let receipt = awaiting.receipt(seller, NOW, &mut story.rng).unwrap();

    let state = placed.awaiting.export();
    let restored = holder.restore(&state).unwrap();
    assert_eq!((restored.digest(), restored.export()), (placed.digest, state.clone()));
    assert_eq!(restored.receive(holder, &receipt).unwrap().status(), &Status::Received);
    assert_eq!(restored.recipients().count(), 3);

    for at in 0..state.len() {
        let mut changed = state.to_vec();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(holder.restore(&changed).is_err(), "byte {at}");
    }
    let [share] = shares([id("another holder")]);
    let another = CardHolder::new(share, disclosure());
    assert_eq!(another.restore(&state).err(), Some(WireError::OtherOwner));
    is_like(restored.receive(&another, &receipt), "OtherParty", "another party's");
    let kind = WireError::Kind { expected: "placed order" };
    assert_eq!(holder.restore(&receipt.to_bytes()).err(), Some(kind));
}
