//! What happens once: across repetitions, restored states and stale states.

use std::collections::BTreeSet;

use polyseal::rand_core::CryptoRng;
use polyseal::{
    Accepted, Authenticated, Authentication, AwaitingAuthentication, AwaitingDecision, CardManagerOrder, Confinement,
    DecideError, Decided, DispatchError, FieldName, FormEntry, Ledger, LedgerError, LedgerKey, MemoryLedger, Order,
    OrderForm, ReceiveError, Received, Recipient, Refused, Relay, Release, Role, SealedOrder, SellerOrder, Share,
    TimeError, Windows, Zeroizing,
};
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, confinement, form, holder, id, new, order, role, shares, shop,
};

const WINDOWS: Windows = Windows { accept: 100, deliver: 1000 };

/// The standard form with an insurer, who waits for the approval as the delivery service does.
fn insured() -> (OrderForm, Confinement) {
    let insurer = role("insurer");
    let insured = form(|recipients| {
        let fields = [FieldName::AMOUNT_DUE].into_iter().collect();
        let identifier = Some(id("insurer.example"));
        recipients.push(FormEntry { role: role("insurer"), identifier, release: Release::OnApproval, fields });
    });
    let rules = confinement().allow(FieldName::AMOUNT_DUE, insurer.clone()).allow_release(insurer, Release::OnApproval);
    (insured, rules)
}

fn parties() -> Parties<Share> {
    let (form, rules) = insured();
    Parties::by_form(form, rules)
}

fn sealed<'a>(
    parties: &'a Parties<Share>,
    order: &Order,
    now: u64,
    rng: &mut impl CryptoRng,
) -> SealedOrder<'a, Share> {
    let split = parties.holder.split(order, &insured().0).unwrap();
    split.seal(now, WINDOWS, rng).unwrap()
}

/// A seller's state from its export.
fn awaiting<'a>(parties: &'a Parties<Share>, state: &[u8]) -> AwaitingAuthentication<'a, Share> {
    match parties.seller.restore(state).unwrap() {
        SellerOrder::AwaitingAuthentication(awaiting) => awaiting,
        other => panic!("{other:?}"),
    }
}

/// A card manager's state from its export.
fn deciding<'a>(parties: &'a Parties<Share>, state: &[u8]) -> AwaitingDecision<'a, Share> {
    match parties.manager.restore(state).unwrap() {
        CardManagerOrder::AwaitingDecision(deciding) => deciding,
        other @ CardManagerOrder::Decided(_) => panic!("{other:?}"),
    }
}

/// An order that seller and card manager have received: their states, and the relay.
struct Started {
    at_seller: MemoryLedger,
    seller: Zeroizing<Vec<u8>>,
    relay: Relay,
    at_manager: MemoryLedger,
    manager: Zeroizing<Vec<u8>>,
}

fn started(parties: &Parties<Share>) -> Started {
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_manager] = [9; 2].map(MemoryLedger::new);
    let envelope = sealed(parties, &order(), NOW, &mut rng).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let manager = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap()).export();
    Started { at_seller, seller: awaiting.export(), relay, at_manager, manager }
}

/// The same with the answer of a card manager that approves, and of one that declines.
fn answered(parties: &Parties<Share>) -> (Started, [Authentication; 2]) {
    let mut started = started(parties);
    let mut rng = Repeatable(2);
    let mut other = MemoryLedger::new(9);
    let approval =
        deciding(parties, &started.manager).approve(NOW, &mut started.at_manager, &mut rng).unwrap().authentication;
    let again = new(parties.manager.receive(&started.relay, NOW, &mut other).unwrap());
    let refusal = again.decline("no", &mut other, &mut rng).unwrap();
    (started, [approval, refusal])
}

#[test]
fn a_repeated_message_is_never_new() {
    let parties = parties();
    let (Started { mut at_seller, seller, relay, mut at_manager, manager, .. }, [approval, _]) = answered(&parties);
    let envelope = sealed(&parties, &order(), NOW, &mut Repeatable(1)).envelope;
    let mut at_courier = MemoryLedger::new(9);
    let mut state = approved(awaiting(&parties, &seller).authenticate(&approval, NOW, &mut at_seller).unwrap());
    let dispatch = state.dispatch(&Role::DELIVERY_SERVICE, b"1", NOW, &mut at_seller, &mut Repeatable(3)).unwrap();
    let delivery = new(parties.courier.receive(&dispatch, NOW, &mut at_courier).unwrap()).export();
    for now in [NOW, NOW + WINDOWS.accept, NOW + WINDOWS.accept + 1, NOW + WINDOWS.deliver] {
        // Even when each asks with messages and states of another time.
        let Received::Again(SellerOrder::Approved(known)) =
            parties.seller.receive(&envelope, now, &mut at_seller).unwrap()
        else {
            panic!("the seller knows it as approved");
        };
        assert_eq!(known.export(), state.export());
        let relay =
            awaiting(&parties, &seller).relay(&Role::CARD_MANAGER, now, &mut Repeatable(now)).unwrap_or(relay.clone());
        let Received::Again(CardManagerOrder::Decided(decided)) =
            parties.manager.receive(&relay, now, &mut at_manager).unwrap()
        else {
            panic!("the card manager knows it as decided");
        };
        assert_eq!(decided.authentication().to_bytes(), approval.to_bytes());
        assert_eq!(decided.settlement().unwrap().digest(), approval.digest());
        let Received::Again(again) = parties.courier.receive(&dispatch, now, &mut at_courier).unwrap() else {
            panic!("the delivery service knows it");
        };
        assert_eq!(again.export(), delivery);
    }
    assert_eq!([at_seller.len(), at_manager.len(), at_courier.len()], [1; 3]);

    // And before it is decided: as awaiting, also after the time to accept it.
    let mut ledger = MemoryLedger::new(9);
    new(parties.manager.receive(&relay, NOW, &mut ledger).unwrap());
    let late = parties.manager.receive(&relay, NOW + WINDOWS.accept + 1, &mut ledger).unwrap();
    let Received::Again(CardManagerOrder::AwaitingDecision(deciding)) = late else { panic!("it is not decided") };
    assert_eq!(deciding.export(), manager);
    let Err(Refused { state, error: DecideError::Time(TimeError::Expired) }) =
        deciding.approve(NOW + WINDOWS.accept + 1, &mut ledger, &mut Repeatable(4))
    else {
        panic!("too late to approve");
    };
    drop(state.decline("too late", &mut ledger, &mut Repeatable(4)).unwrap());
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Receive,
    Approve,
    Decline,
    /// Decide on what the ledger holds, as after a restart.
    Resume,
}

/// What a card manager does, in any order and from any state it ever had, comes to one decision,
/// and one settlement if that is an approval.
#[test]
fn a_card_manager_decides_once_whatever_it_does() {
    const ACTS: [Act; 4] = [Act::Receive, Act::Approve, Act::Decline, Act::Resume];
    let parties = parties();
    for sequence in 0..4_usize.pow(4) {
        let acts: Vec<_> = (0..4).map(|place| ACTS[sequence / 4_usize.pow(place) % 4]).collect();
        let Started { relay, mut at_manager, manager, .. } = started(&parties);
        let mut rng = Repeatable(sequence.try_into().unwrap());
        let mut first: Option<(bool, Vec<u8>)> = None;
        let mut settlements = 0;
        let agrees = |first: &Option<(bool, Vec<u8>)>, decided: &Decided| {
            let (approved, answer) = first.as_ref().unwrap();
            assert_eq!(*answer, decided.authentication().to_bytes(), "{acts:?}");
            assert_eq!(*approved, decided.settlement().is_some(), "{acts:?}");
        };
        for act in &acts {
            let from = match act {
                Act::Resume | Act::Receive => match parties.manager.receive(&relay, NOW, &mut at_manager).unwrap() {
                    Received::New(_) => panic!("it was received before"),
                    Received::Again(CardManagerOrder::Decided(decided)) => {
                        agrees(&first, &decided);
                        continue;
                    }
                    Received::Again(CardManagerOrder::AwaitingDecision(deciding)) => deciding,
                },
                Act::Approve | Act::Decline => deciding(&parties, &manager),
            };
            let refused = match act {
                Act::Receive => continue,
                Act::Approve | Act::Resume => match from.approve(NOW, &mut at_manager, &mut rng) {
                    Ok(approval) => {
                        assert_eq!(first.replace((true, approval.authentication.to_bytes())), None, "{acts:?}");
                        settlements += 1;
                        continue;
                    }
                    Err(refused) => refused,
                },
                Act::Decline => match from.decline("no", &mut at_manager, &mut rng) {
                    Ok(answer) => {
                        assert_eq!(first.replace((false, answer.to_bytes())), None, "{acts:?}");
                        continue;
                    }
                    Err(refused) => refused,
                },
            };
            let DecideError::AlreadyDecided(decided) = refused.error else { panic!("{:?}", refused.error) };
            agrees(&first, &decided);
        }
        let deciders = acts.iter().find(|act| **act != Act::Receive);
        let expected = deciders.map(|act| *act != Act::Decline);
        assert_eq!(first.map(|(approved, _)| approved), expected, "{acts:?}");
        assert_eq!(settlements, u32::from(expected == Some(true)), "{acts:?}");
    }
}

#[test]
fn the_first_answer_stays_with_the_seller() {
    let parties = parties();
    let (Started { seller, .. }, [approval, refusal]) = answered(&parties);
    for (answers, is_approved) in [([&approval, &refusal], true), ([&refusal, &approval], false)] {
        let (Started { mut at_seller, .. }, _) = answered(&parties);
        for answer in answers {
            let result = awaiting(&parties, &seller).authenticate(answer, NOW, &mut at_seller).unwrap();
            assert_eq!(matches!(result, Authenticated::Approved(_)), is_approved);
        }
    }
}

#[test]
fn an_order_is_dispatched_once_to_each_role() {
    let parties = parties();
    let (Started { mut at_seller, seller, .. }, [approval, _]) = answered(&parties);
    let mut rng = Repeatable(5);
    let mut stale = || approved(awaiting(&parties, &seller).authenticate(&approval, NOW, &mut at_seller).unwrap());
    let (mut one, mut two, mut three) = (stale(), stale(), stale());
    let courier = Role::DELIVERY_SERVICE;
    let first = one.dispatch(&courier, b"first", NOW, &mut at_seller, &mut rng).unwrap();
    let second = two.dispatch(&courier, b"second", NOW, &mut at_seller, &mut rng).unwrap();
    assert_eq!(first, second);
    let late = one.dispatch(&courier, b"", NOW + WINDOWS.deliver + 1, &mut at_seller, &mut rng).unwrap();
    assert_eq!(first, late);
    let mut at_courier = MemoryLedger::new(9);
    let delivery = new(parties.courier.receive(&second, NOW, &mut at_courier).unwrap());
    assert_eq!(delivery.instructions(), b"first");

    // Another role, from a state that knows of no dispatch.
    let insurer = role("insurer");
    assert!(three.dispatched().is_empty());
    let insured = three.dispatch(&insurer, b"", NOW, &mut at_seller, &mut rng).unwrap();
    assert_eq!(three.dispatched(), BTreeSet::from([&courier, &insurer]));
    assert_eq!(three.dispatch(&courier, b"third", NOW, &mut at_seller, &mut rng), Ok(first));
    assert_eq!(one.dispatch(&insurer, b"other", NOW, &mut at_seller, &mut rng), Ok(insured.clone()));
    let [.., share] = shares([holder(), shop(), id("insurer.example")]);
    let insurer = Recipient::new(insurer, share, Accepted::Anyone).unwrap();
    new(insurer.receive_dispatch(&insured, NOW, &mut MemoryLedger::new(1)).unwrap());
}

#[test]
fn a_ledger_that_is_full_or_has_forgotten_refuses() {
    let parties = parties();
    let mut ledger = MemoryLedger::new(1);
    let mut rng = Repeatable(6);
    let [old, young, expired] = [0, 50, 1].map(|after| sealed(&parties, &order(), NOW + after, &mut rng).envelope);
    let receive = |envelope, now, ledger: &mut MemoryLedger| {
        parties.seller.receive(envelope, now, ledger).map(|received| matches!(received, Received::New(_)))
    };
    assert_eq!(receive(&old, NOW + 101, &mut ledger), Err(ReceiveError::Time(TimeError::Expired)));
    assert!(ledger.is_empty());
    assert_eq!(receive(&old, NOW + 100, &mut ledger), Ok(true));
    assert_eq!(receive(&young, NOW + 100, &mut ledger), Err(ReceiveError::Ledger(LedgerError::Full)));
    assert_eq!(receive(&old, NOW + 100, &mut ledger), Ok(false));
    // The old order expires with the end of its delivery, second 1000 still included.
    ledger.raise_floor(NOW + 1000);
    assert_eq!(receive(&young, NOW + 100, &mut ledger), Err(ReceiveError::Ledger(LedgerError::Full)));
    ledger.raise_floor(NOW + 1001);
    assert_eq!(receive(&old, NOW + 100, &mut ledger), Err(ReceiveError::Ledger(LedgerError::BelowFloor)));
    assert_eq!(receive(&young, NOW + 100, &mut ledger), Ok(true));
    assert_eq!(receive(&expired, NOW + 102, &mut ledger), Err(ReceiveError::Time(TimeError::Expired)));
    assert_eq!(ledger.len(), 1);
}

#[test]
fn a_state_needs_its_ledger() {
    let parties = parties();
    let (Started { mut at_seller, seller, manager, .. }, [approval, _]) = answered(&parties);
    let mut rng = Repeatable(7);
    let mut empty = MemoryLedger::new(9);
    let mut state = approved(awaiting(&parties, &seller).authenticate(&approval, NOW, &mut at_seller).unwrap());
    let Err(refused) = deciding(&parties, &manager).approve(NOW, &mut empty, &mut rng) else { panic!("it is empty") };
    assert!(matches!(refused.error, DecideError::Ledger(LedgerError::Absent)));
    let Err(refused) = refused.state.decline("no", &mut empty, &mut rng) else { panic!("it is empty") };
    assert!(matches!(refused.error, DecideError::Ledger(LedgerError::Absent)));
    let refused = awaiting(&parties, &seller).authenticate(&approval, NOW, &mut empty).err().unwrap();
    assert_eq!(refused.error, polyseal::AuthenticateError::Ledger(LedgerError::Absent));
    let refused = state.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut empty, &mut rng);
    assert_eq!(refused, Err(DispatchError::Ledger(LedgerError::Absent)));
    assert!(state.dispatched().is_empty() && empty.is_empty());

    // What somebody else filed there is not continued from.
    for (role, filed) in [(Role::SELLER, b"?".as_slice()), (Role::SELLER, &manager), (Role::CARD_MANAGER, &seller)] {
        let mut ledger = MemoryLedger::new(9);
        let (Started { relay, .. }, _) = answered(&parties);
        let envelope = sealed(&parties, &order(), NOW, &mut Repeatable(1)).envelope;
        let key = LedgerKey { role: role.clone(), digest: envelope.digest() };
        ledger.insert(&key, NOW, filed).unwrap();
        let error = if role == Role::SELLER {
            parties.seller.receive(&envelope, NOW, &mut ledger).err()
        } else {
            parties.manager.receive(&relay, NOW, &mut ledger).err()
        };
        assert_eq!(error, Some(ReceiveError::Ledger(LedgerError::Damaged)));
    }
}
