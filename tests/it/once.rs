//! What happens once: across repetitions, restored states and stale states.

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Decided};
use polyseal::error::TimeError;
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{Authorization, Relay, Windows};
use polyseal::order::FormEntry;
use polyseal::rand_core::CryptoRng;
use polyseal::seller::{Approved, Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{
    DisclosurePolicy, FieldName, Identifier, Ledger, LedgerError, MemoryLedger, Order, OrderForm, Peers, ReceiveError,
    Received, Recipient, Refused, Release, Role, SendError, Share, Zeroizing,
};
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, disclosure, form, holder, id, is_like, new, order, role, shares, shop,
};

const WINDOWS: Windows = Windows { accept: 100, deliver: 1000 };

/// The standard form with an insurer, who waits for the approval as the delivery service does.
fn insured() -> (OrderForm, DisclosurePolicy) {
    let insurer = role("insurer");
    let insured = form(|recipients| {
        let fields = [FieldName::AMOUNT_DUE].into_iter().collect();
        let identifier = Some(id("insurer.example"));
        recipients.push(FormEntry { role: role("insurer"), identifier, release: Release::OnApproval, fields });
    });
    let rules = disclosure().allow(FieldName::AMOUNT_DUE, insurer.clone()).allow_release(insurer, Release::OnApproval);
    (insured, rules)
}

fn parties() -> Parties<Share> {
    let (form, rules) = insured();
    Parties::by_form(form, rules)
}

fn sealed(parties: &Parties<Share>, order: &Order, now: u64, rng: &mut impl CryptoRng) -> SealedOrder {
    let split = parties.holder.split(order, &insured().0).unwrap();
    split.seal(&parties.holder, now, WINDOWS, rng).unwrap()
}

/// A seller's state from its export.
fn awaiting(parties: &Parties<Share>, state: &[u8]) -> AwaitingAuthorization {
    match parties.seller.restore(state).unwrap() {
        SellerOrder::AwaitingAuthorization(awaiting) => awaiting,
        other => panic!("{other:?}"),
    }
}

/// A card manager's state from its export.
fn deciding(parties: &Parties<Share>, state: &[u8]) -> AwaitingDecision {
    match parties.manager.restore(state).unwrap() {
        CardManagerOrder::AwaitingDecision(deciding) => deciding,
        other @ CardManagerOrder::Decided(_) => panic!("{other:?}"),
    }
}

/// A ledger that has one state, of whomever.
fn ledger_with(owner: Identifier, role: Role, state: &[u8], of: &AwaitingAuthorization) -> MemoryLedger {
    let mut ledger = MemoryLedger::new(9);
    let key = LedgerKey { owner, role, digest: of.part().digest() };
    let record = Record { key: &key, expires: of.part().deliver_until(), change: Change::Insert { state } };
    assert_eq!(ledger.file(&record).unwrap(), Filed::Done);
    ledger
}

/// What a seller that awaits an answer learns of this one: the reason, if it was declined.
fn learnt(parties: &Parties<Share>, seller: &[u8], answer: &Authorization) -> Option<String> {
    let awaiting = awaiting(parties, seller);
    let mut ledger = ledger_with(shop(), Role::SELLER, seller, &awaiting);
    match new(awaiting.authorize(&parties.seller, answer, NOW).unwrap().file(&mut ledger).unwrap()) {
        Authorized::Approved(_) => None,
        Authorized::Declined(declined) => Some(declined.reason().into()),
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
    let awaiting = new(parties.seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let manager = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap()).export();
    Started { at_seller, seller: awaiting.export(), relay, at_manager, manager }
}

/// The same with the answer of a card manager that approves, and of one that declines.
fn answered(parties: &Parties<Share>) -> (Started, [Authorization; 2]) {
    let mut started = started(parties);
    let (manager, mut rng) = (&parties.manager, Repeatable(2));
    let mut other = MemoryLedger::new(9);
    let approval = deciding(parties, &started.manager).approve(manager, NOW).unwrap();
    let approval = new(approval.file(&mut started.at_manager).unwrap()).authorization(manager, &mut rng).unwrap();
    let again = new(manager.receive(&started.relay, NOW).unwrap().file(&mut other).unwrap());
    let refusal = new(again.decline(manager, "no").unwrap().file(&mut other).unwrap());
    (started, [approval, refusal.authorization(manager, &mut rng).unwrap()])
}

#[test]
fn a_repeated_message_is_never_new() {
    let parties = parties();
    let Parties { seller: merchant, manager: bank, courier, .. } = &parties;
    let (Started { mut at_seller, seller, relay, mut at_manager, manager, .. }, [approval, _]) = answered(&parties);
    let envelope = sealed(&parties, &order(), NOW, &mut Repeatable(1)).envelope;
    let (mut at_courier, mut rng) = (MemoryLedger::new(9), Repeatable(3));
    let pending = awaiting(&parties, &seller).authorize(merchant, &approval, NOW).unwrap();
    let state = approved(new(pending.file(&mut at_seller).unwrap()));
    let to = Role::DELIVERY_SERVICE;
    let state = new(state.dispatch(merchant, &to, b"1", NOW).unwrap().file(&mut at_seller).unwrap());
    let dispatch = state.dispatch_message(merchant, &to, NOW, &mut rng).unwrap();
    let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap()).export();
    for now in [NOW, NOW + WINDOWS.accept, NOW + WINDOWS.accept + 1, NOW + WINDOWS.deliver] {
        // Even when each asks with messages and states of another time.
        let Received::Again(SellerOrder::Approved(known)) =
            merchant.receive(&envelope, now).unwrap().file(&mut at_seller).unwrap()
        else {
            panic!("the seller knows it as approved");
        };
        assert_eq!(known.export(), state.export());
        let relay = awaiting(&parties, &seller)
            .relay(merchant, &Role::CARD_MANAGER, now, &mut Repeatable(now))
            .unwrap_or(relay.clone());
        let Received::Again(CardManagerOrder::Decided(decided)) =
            bank.receive(&relay, now).unwrap().file(&mut at_manager).unwrap()
        else {
            panic!("the card manager knows it as decided");
        };
        // The same answer, sealed anew.
        let answer = decided.authorization(bank, &mut rng).unwrap();
        assert_ne!(answer, approval);
        assert_eq!(learnt(&parties, &seller, &answer), None);
        assert_eq!(decided.settlement().unwrap().digest(), approval.digest());
        let anew = known.dispatch_message(merchant, &to, now, &mut rng).unwrap();
        assert_ne!(anew, dispatch);
        for dispatch in [&dispatch, &anew] {
            let Received::Again(again) =
                courier.receive_dispatch(dispatch, now).unwrap().file(&mut at_courier).unwrap()
            else {
                panic!("the delivery service knows it");
            };
            assert_eq!(again.export(), delivery);
        }
    }
    assert_eq!([at_seller.len(), at_manager.len(), at_courier.len()], [1; 3]);

    // And before it is decided: as awaiting, also after the time to accept it.
    let mut ledger = MemoryLedger::new(9);
    new(bank.receive(&relay, NOW).unwrap().file(&mut ledger).unwrap());
    let late = bank.receive(&relay, NOW + WINDOWS.accept + 1).unwrap().file(&mut ledger).unwrap();
    let Received::Again(CardManagerOrder::AwaitingDecision(deciding)) = late else { panic!("it is not decided") };
    assert_eq!(deciding.export(), manager);
    let Err(Refused { state, error: SendError::Time(TimeError::Expired) }) =
        deciding.approve(bank, NOW + WINDOWS.accept + 1)
    else {
        panic!("too late to approve");
    };
    assert_eq!(new(state.decline(bank, "too late").unwrap().file(&mut ledger).unwrap()).reason(), Some("too late"));
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
        let Started { relay, mut at_manager, manager, seller, .. } = started(&parties);
        let (bank, mut rng) = (&parties.manager, Repeatable(sequence.try_into().unwrap()));
        // The reason, if there is one, and the state with it.
        let mut first: Option<(Option<String>, Zeroizing<Vec<u8>>)> = None;
        let mut settlements = 0;
        let agrees = |first: &Option<(Option<String>, Zeroizing<Vec<u8>>)>, decided: &Decided, rng: &mut Repeatable| {
            let (reason, state) = first.as_ref().unwrap();
            assert_eq!(*state, decided.export(), "{acts:?}");
            assert_eq!(reason.as_deref(), decided.reason(), "{acts:?}");
            assert_eq!(reason.is_none(), decided.settlement().is_some(), "{acts:?}");
            let answer = decided.authorization(bank, rng).unwrap();
            assert_eq!(*reason, learnt(&parties, &seller, &answer), "{acts:?}");
        };
        for (number, act) in acts.iter().enumerate() {
            let from = match act {
                Act::Resume | Act::Receive => match bank.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap() {
                    Received::New(_) => panic!("it was received before"),
                    Received::Again(CardManagerOrder::Decided(decided)) => {
                        agrees(&first, &decided, &mut rng);
                        continue;
                    }
                    Received::Again(CardManagerOrder::AwaitingDecision(deciding)) => deciding,
                },
                Act::Approve | Act::Decline => deciding(&parties, &manager),
            };
            let (decided, is_new) = match act {
                Act::Receive => continue,
                Act::Approve | Act::Resume => match from.approve(bank, NOW).unwrap().file(&mut at_manager).unwrap() {
                    Received::New(approval) => {
                        settlements += 1;
                        (approval.into_decided(), true)
                    }
                    Received::Again(decided) => (decided, false),
                },
                Act::Decline => {
                    let reason = format!("no {number}");
                    match from.decline(bank, &reason).unwrap().file(&mut at_manager).unwrap() {
                        Received::New(decided) => {
                            assert_eq!(decided.reason(), Some(reason.as_str()));
                            (decided, true)
                        }
                        Received::Again(decided) => (decided, false),
                    }
                }
            };
            if is_new {
                let filed = (decided.reason().map(Into::into), decided.export());
                assert!(first.replace(filed).is_none(), "{acts:?}");
            }
            agrees(&first, &decided, &mut rng);
        }
        let deciders = acts.iter().find(|act| **act != Act::Receive);
        let expected = deciders.map(|act| *act != Act::Decline);
        assert_eq!(first.map(|(reason, _)| reason.is_none()), expected, "{acts:?}");
        assert_eq!(settlements, u32::from(expected == Some(true)), "{acts:?}");
    }
}

#[test]
fn the_first_answer_stays_with_the_seller() {
    let parties = parties();
    let (Started { seller, .. }, [approval, refusal]) = answered(&parties);
    for (answers, is_approved) in [([&approval, &refusal], true), ([&refusal, &approval], false)] {
        let (Started { mut at_seller, .. }, _) = answered(&parties);
        for (answer, is_first) in answers.into_iter().zip([true, false]) {
            let pending = awaiting(&parties, &seller).authorize(&parties.seller, answer, NOW).unwrap();
            let received = pending.file(&mut at_seller).unwrap();
            assert_eq!(matches!(received, Received::New(_)), is_first);
            assert_eq!(matches!(received.into_inner(), Authorized::Approved(_)), is_approved);
        }
    }
}

#[test]
fn an_order_is_dispatched_once_to_each_role() {
    let parties = parties();
    let (merchant, courier) = (&parties.seller, &parties.courier);
    let (Started { mut at_seller, seller, .. }, [approval, _]) = answered(&parties);
    let mut rng = Repeatable(5);
    let mut stale = || {
        let pending = awaiting(&parties, &seller).authorize(merchant, &approval, NOW).unwrap();
        approved(pending.file(&mut at_seller).unwrap().into_inner())
    };
    let (one, two, three) = (stale(), stale(), stale());
    let mut dispatch = |state: Approved, role: &Role, instructions: &[u8], now| {
        state.dispatch(merchant, role, instructions, now).unwrap().file(&mut at_seller).unwrap()
    };
    let mut message = |state: &Approved, role: &Role, now| state.dispatch_message(merchant, role, now, &mut rng);
    let again = |received| match received {
        Received::Again(state) => state,
        Received::New(state) => panic!("{state:?} is new"),
    };

    // The first instructions stay, and each message is sealed anew.
    let role = Role::DELIVERY_SERVICE;
    let one = new(dispatch(one, &role, b"first", NOW));
    let two = again(dispatch(two, &role, b"second", NOW));
    assert_eq!(one.export(), two.export());
    let [first, second] = [&one, &two].map(|state| message(state, &role, NOW).unwrap());
    assert_ne!(first, second);
    let mut at_courier = MemoryLedger::new(9);
    let delivery = new(courier.receive_dispatch(&second, NOW).unwrap().file(&mut at_courier).unwrap());
    assert_eq!(delivery.instructions(), b"first");
    let repeated = courier.receive_dispatch(&first, NOW).unwrap().file(&mut at_courier).unwrap();
    assert!(matches!(repeated, Received::Again(known) if known.export() == delivery.export()));

    // That it is dispatched is known for ever. The message is not sent for ever.
    let late = NOW + WINDOWS.deliver + 1;
    let one = again(dispatch(one, &role, b"", late));
    assert_eq!(one.export(), two.export());
    is_like(message(&one, &role, late), "Time(Expired)", "expired");

    // Another role, from a state that knows of no dispatch: first it learns of that one.
    let insurer = self::role("insurer");
    assert_eq!(three.dispatched().count(), 0);
    let three = again(dispatch(three, &insurer, b"", NOW));
    assert!(three.dispatched().eq([&role]));
    is_like(message(&three, &insurer, NOW), "NotDispatched { role: Role(\"insurer\") }", "file that first");
    let three = new(dispatch(three, &insurer, b"", NOW));
    assert!(three.dispatched().eq([&role, &insurer]));
    let three = again(dispatch(three, &role, b"third", NOW));
    let one = again(dispatch(one, &insurer, b"other", NOW));
    assert_eq!(one.export(), three.export());
    let [parcel, insured] = [&role, &insurer].map(|role| message(&one, role, NOW).unwrap());
    let repeated = courier.receive_dispatch(&parcel, NOW).unwrap().file(&mut at_courier).unwrap();
    assert!(matches!(repeated, Received::Again(known) if known.export() == delivery.export()));
    let [.., share] = shares([holder(), shop(), id("insurer.example")]);
    let insurer = Recipient::new(insurer, share, Peers::Anyone).unwrap();
    let policy = new(insurer.receive_dispatch(&insured, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    assert_eq!(policy.instructions(), b"");
}

#[test]
fn a_ledger_that_is_full_or_has_forgotten_refuses() {
    let parties = parties();
    let mut ledger = MemoryLedger::new(1);
    let mut rng = Repeatable(6);
    let [old, young, expired] = [0, 50, 1].map(|after| sealed(&parties, &order(), NOW + after, &mut rng).envelope);
    // Whether it is new.
    let receive = |envelope, now, ledger: &mut MemoryLedger| -> Result<bool, ReceiveError> {
        Ok(matches!(parties.seller.receive(envelope, now)?.file(ledger)?, Received::New(_)))
    };
    let late = "Ledger(Time(Expired))";
    is_like(receive(&old, NOW + 101, &mut ledger), late, "expired");
    assert!(ledger.is_empty());
    assert!(receive(&old, NOW + 100, &mut ledger).unwrap());
    is_like(receive(&young, NOW + 100, &mut ledger), "Ledger(Full)", "full");
    assert!(!receive(&old, NOW + 100, &mut ledger).unwrap());
    assert!(!receive(&old, NOW + 101, &mut ledger).unwrap());
    // The old order expires with the end of its delivery, second 1000 still included.
    ledger.raise_floor(NOW + 1000);
    is_like(receive(&young, NOW + 100, &mut ledger), "Ledger(Full)", "full");
    ledger.raise_floor(NOW + 1001);
    is_like(receive(&old, NOW + 100, &mut ledger), "Ledger(BelowFloor)", "older than what the ledger remembers");
    assert!(receive(&young, NOW + 100, &mut ledger).unwrap());
    is_like(receive(&expired, NOW + 102, &mut ledger), late, "expired");
    assert_eq!(ledger.len(), 1);
}

#[test]
fn a_state_needs_its_ledger() {
    let parties = parties();
    let (merchant, decider) = (&parties.seller, &parties.manager);
    let (Started { mut at_seller, seller, manager, relay, .. }, [approval, _]) = answered(&parties);
    let mut empty = MemoryLedger::new(9);
    let Err(refused) = deciding(&parties, &manager).approve(decider, NOW).unwrap().file(&mut empty) else {
        panic!("it is empty")
    };
    assert!(matches!(refused.error, LedgerError::Absent));
    // The step itself is still there, for the ledger that has the order.
    drop(new(refused.state.file(&mut started(&parties).at_manager).unwrap()));
    let refused = deciding(&parties, &manager).decline(decider, "no").unwrap().file(&mut empty);
    is_like(refused, "Refused { error: Absent, .. }", "not in this ledger");
    let Err(refused) = awaiting(&parties, &seller).authorize(merchant, &approval, NOW).unwrap().file(&mut empty) else {
        panic!("it is empty")
    };
    assert!(matches!(refused.error, LedgerError::Absent));
    let state = approved(new(refused.state.file(&mut at_seller).unwrap()));
    let Err(refused) = state.dispatch(merchant, &Role::DELIVERY_SERVICE, b"", NOW).unwrap().file(&mut empty) else {
        panic!("it is empty")
    };
    assert!(matches!(refused.error, LedgerError::Absent) && empty.is_empty());
    let state = new(refused.state.file(&mut at_seller).unwrap());
    // Nor is it said to be dispatched by a ledger that does not know it.
    let again = state.dispatch(merchant, &Role::DELIVERY_SERVICE, b"", NOW).unwrap().file(&mut empty);
    is_like(again, "Refused { error: Absent, .. }", "not in this ledger");
    assert!(empty.is_empty());

    // What somebody else filed there is not continued from, nor what is filed of another order.
    let own = awaiting(&parties, &seller);
    let envelope = sealed(&parties, &order(), NOW, &mut Repeatable(1)).envelope;
    let other = sealed(&parties, &order(), NOW, &mut Repeatable(2)).envelope;
    let mut at_seller = MemoryLedger::new(9);
    let other = new(merchant.receive(&other, NOW).unwrap().file(&mut at_seller).unwrap());
    let to_bank = other.relay(merchant, &Role::CARD_MANAGER, NOW, &mut Repeatable(3)).unwrap();
    let (other, unlike) = (other.export(), new(decider.receive(&to_bank, NOW).unwrap().file(&mut at_seller).unwrap()));
    for filed in [b"?".as_slice(), &manager, &other] {
        let mut ledger = ledger_with(shop(), Role::SELLER, filed, &own);
        let found = merchant.receive(&envelope, NOW).unwrap().file(&mut ledger);
        is_like(found, "Refused { error: Damaged, .. }", "damaged");
        is_like(merchant.find(envelope.digest()).file(&mut ledger), "Damaged", "damaged");
    }
    for filed in [b"?".as_slice(), &seller, &unlike.export()] {
        let mut ledger = ledger_with(bank(), Role::CARD_MANAGER, filed, &own);
        let found = decider.receive(&relay, NOW).unwrap().file(&mut ledger);
        is_like(found, "Refused { error: Damaged, .. }", "damaged");
        is_like(decider.find(envelope.digest()).file(&mut ledger), "Damaged", "damaged");
    }
}
