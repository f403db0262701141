//! Receipts: the card holder learns the outcome from the party that is answerable for it. That it does from nobody else
//! is in `tampering.rs`.

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::AwaitingDecision;
use polyseal::message::{Receipt, Status, WireError};
use polyseal::seller::{Authorized, AwaitingAuthorization};
use polyseal::{CardHolder, LedgerError, Role, Share};
use polyseal_testing::cbor::{Value, with};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, disclosure, id, new, shares};

fn sent(receipt: &Receipt) -> Receipt {
    Receipt::from_bytes(&receipt.to_bytes()).unwrap()
}

/// An order that seller and card manager have received.
fn started(story: &mut Story<Share>) -> (SealedOrder, AwaitingAuthorization, AwaitingDecision) {
    let sealed = story.sealed();
    let pending = story.parties.seller.receive(&sealed.envelope, NOW).unwrap();
    let awaiting = new(pending.file(&mut story.ledger).unwrap());
    let deciding = story.at_manager(&awaiting);
    (sealed, awaiting, deciding)
}

/// What the seller and the card manager say after each step of a purchase. Whoever has only the digest has the same
/// receipt from the ledger.
fn told(approve: bool) -> Vec<String> {
    let mut story = Story::standard(1);
    let (sealed, awaiting, deciding) = started(&mut story);
    let Story { parties: Parties { holder, seller, manager, .. }, mut ledger, mut rng, .. } = story;
    let mut told = Vec::new();
    macro_rules! tell {
        ($party:expr, $order:expr, $after:expr) => {{
            let found = $party.find(sealed.digest).file(&mut ledger).unwrap();
            let [receipt, found] =
                [$order.receipt(&$party, NOW + $after, &mut rng), found.receipt(&$party, NOW + $after, &mut rng)]
                    .map(|receipt| sent(&receipt.unwrap()));
            assert_ne!(receipt, found, "each is sealed anew");
            let [report, found] =
                [receipt, found].map(|receipt| sealed.awaiting.receive(&holder, &receipt, NOW).unwrap());
            assert_eq!((report.role(), report.status(), report.at()), (found.role(), found.status(), found.at()));
            let reason = match report.status() {
                Status::Declined { reason } => reason.as_str(),
                _ => "",
            };
            told.push(format!("{}: {:?} {reason}{}", report.role(), report.status(), report.at() - NOW));
        }};
    }
    tell!(seller, awaiting, 1);
    tell!(manager, deciding, 2);
    let decided = if approve {
        new(deciding.approve(&manager, NOW).unwrap().file(&mut ledger).unwrap()).into_decided()
    } else {
        new(deciding.decline(&manager, "unknown card ", NOW).unwrap().file(&mut ledger).unwrap())
    };
    tell!(manager, decided, 3);
    let answer = decided.authorization(&manager, &mut rng).unwrap();
    match new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut ledger).unwrap()) {
        Authorized::Declined(declined) => tell!(seller, declined, 4),
        Authorized::Approved(approved) => {
            tell!(seller, approved, 4);
            let pending = approved.dispatch(&seller, &Role::DELIVERY_SERVICE, b"", NOW).unwrap();
            let approved = new(pending.file(&mut ledger).unwrap());
            tell!(seller, approved, 5);
        }
    }
    told
}

#[test]
fn the_card_holder_learns_how_its_order_goes() {
    let received = ["seller: Received 1", "card-manager: Received 2"];
    let approved = ["card-manager: Approved 3", "seller: Approved 4", "seller: Approved 5"];
    assert_eq!(told(true), [received.as_slice(), &approved].concat());
    let declined = "Declined { .. } unknown card ";
    let declined = [format!("card-manager: {declined}3"), format!("seller: {declined}4")];
    assert_eq!(told(false), [received.map(String::from), declined].concat());
}

#[test]
fn all_receipts_have_one_length() {
    let lengths = [true, false].map(|approve| {
        let mut story = Story::standard(1);
        let (_, _, deciding) = started(&mut story);
        let Story { parties: Parties { manager, .. }, ledger, rng, .. } = &mut story;
        let decided = if approve {
            new(deciding.approve(manager, NOW).unwrap().file(ledger).unwrap()).into_decided()
        } else {
            new(deciding.decline(manager, &"x".repeat(256), NOW).unwrap().file(ledger).unwrap())
        };
        decided.receipt(manager, NOW, rng).unwrap().to_bytes().len()
    });
    assert_eq!(lengths.first(), lengths.last());
}

#[test]
fn a_receipt_is_of_an_order_in_the_ledger() {
    let mut story = Story::standard(1);
    let digest = story.sealed().digest;
    let found = story.parties.seller.find(digest).file(&mut story.ledger);
    assert!(matches!(found, Err(LedgerError::Absent)));
    let found = story.parties.manager.find(digest).file(&mut story.ledger);
    assert!(matches!(found, Err(LedgerError::Absent)));
}

#[test]
fn a_restored_card_holder_reads_on() {
    let mut story = Story::standard(1);
    let (sealed, awaiting, _) = started(&mut story);
    let Parties { holder, seller, .. } = &story.parties;
    let receipt = awaiting.receipt(seller, NOW, &mut story.rng).unwrap();

    let state = sealed.awaiting.export();
    let restored = holder.restore(&state).unwrap();
    assert_eq!((restored.digest(), restored.export()), (sealed.digest, state.clone()));
    assert_eq!(restored.receive(holder, &receipt, NOW).unwrap().status(), &Status::Received);
    assert_eq!(restored.recipients().count(), 3);

    for at in 0..state.len() {
        let mut changed = state.to_vec();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(holder.restore(&changed).is_err(), "byte {at}");
    }
    let [share] = shares([id("another holder")]);
    let another = CardHolder::new(share, disclosure());
    assert_eq!(another.restore(&state).err(), Some(WireError::OtherOwner));
    let refused = restored.receive(&another, &receipt, NOW);
    assert!(matches!(refused, Err(polyseal::ReceiveError::OtherParty)));
    let kind = WireError::Kind { expected: "placed order" };
    assert_eq!(holder.restore(&receipt.to_bytes()).err(), Some(kind));
}

/// C-2 comes before C-3.
#[test]
fn of_two_receipts_that_of_the_higher_revision_counts() {
    // C-6
    let mut story = Story::standard(2);
    let (sealed, awaiting, deciding) = started(&mut story);
    let Story { parties: Parties { holder, seller, manager, .. }, mut ledger, mut rng, .. } = story;
    let [early, same] = [(); 2].map(|()| awaiting.receipt(&seller, NOW, &mut rng).unwrap());
    let decided = new(deciding.approve(&manager, NOW).unwrap().file(&mut ledger).unwrap()).into_decided();
    let answer = decided.authorization(&manager, &mut rng).unwrap();
    let authorized = new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut ledger).unwrap());
    // By a clock that was set back, which nobody checks.
    let late = polyseal_testing::approved(authorized).receipt(&seller, NOW - 100, &mut rng).unwrap();
    let read = |receipt| sealed.awaiting.receive(&holder, receipt, NOW).unwrap();
    for receipts in [[&early, &late], [&late, &early]] {
        let reports = receipts.map(read);
        let newest = reports.iter().max_by_key(|report| report.revision()).unwrap();
        assert!(matches!(newest.status(), Status::Approved));
    }
    let [one, other] = [&early, &same].map(read);
    assert_eq!((one.revision(), one.status()), (other.revision(), other.status()));
}

#[test]
fn a_receipt_of_nobody_is_that_whenever_it_arrives() {
    // B-0: C-2 comes before C-3.
    let mut story = Story::standard(6);
    let (sealed, awaiting, _) = started(&mut story);
    let Story { parties: Parties { holder, seller, .. }, mut rng, windows, .. } = story;
    let genuine = awaiting.receipt(&seller, NOW, &mut rng).unwrap();
    let nobodys = Receipt::from_bytes(&with(&genuine.to_bytes(), &[3], Value::text("nobody"))).unwrap();
    let late = NOW + windows.settle + 1;
    let error = |receipt, now| sealed.awaiting.receive(&holder, receipt, now).unwrap_err().label();
    assert_eq!([error(&genuine, late), error(&nobodys, late)], ["expired", "no-such-recipient"]);
}
