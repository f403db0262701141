//! What happens once: across repetitions, restored states and stale states.

use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Decided};
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{Authorization, Envelope, Relay, Windows};
use polyseal::seller::{Approved, Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{Ledger, LedgerError, MemoryLedger, Party, Received, Refused, Role, SendError, Share, Zeroizing};
use polyseal_testing::story::{Story, insurer};
use polyseal_testing::{NOW, Parties, Repeatable, approved, is_like, new, role};

use crate::steps::filed;

pub const WINDOWS: Windows = Windows { accept: 100, deliver: 1000, settle: 2000 };

/// A story whose order seller and card manager have received: their states, and the messages that led to them.
struct Started {
    story: Story<Share>,
    envelope: Envelope,
    relay: Relay,
    seller: Zeroizing<Vec<u8>>,
    manager: Zeroizing<Vec<u8>>,
}

impl Started {
    fn new() -> Self {
        let mut story = Story { windows: WINDOWS, ..Story::insured(1) };
        let envelope = story.sealed().envelope;
        let Parties { seller, manager, .. } = &story.parties;
        let awaiting = new(filed(seller.receive(&envelope, NOW), &mut story.ledger).unwrap());
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
        let deciding = new(filed(manager.receive(&relay, NOW), &mut story.ledger).unwrap());
        Self { seller: awaiting.export(), manager: deciding.export(), story, envelope, relay }
    }

    /// The seller's state as it was at first.
    fn awaiting(&self) -> AwaitingAuthorization {
        match self.story.parties.seller.restore(&self.seller).unwrap() {
            SellerOrder::AwaitingAuthorization(awaiting) => awaiting,
            other => panic!("{other:?}"),
        }
    }

    /// The card manager's state as it was at first.
    fn deciding(&self) -> AwaitingDecision {
        match self.story.parties.manager.restore(&self.manager).unwrap() {
            CardManagerOrder::AwaitingDecision(deciding) => deciding,
            other => panic!("{other:?}"),
        }
    }

    /// The answer of the card manager, which approves, and of one with another ledger, which declines.
    fn answers(&mut self) -> [Authorization; 2] {
        let deciding = self.deciding();
        let approval = self.story.approval(deciding);
        let Story { parties: Parties { manager, .. }, rng, .. } = &mut self.story;
        let mut other = MemoryLedger::new(9);
        let again = new(filed(manager.receive(&self.relay, NOW), &mut other).unwrap());
        let refusal = new(again.decline(manager, "no", NOW).unwrap().file(&mut other).unwrap());
        [approval.into_decided(), refusal].map(|decided| decided.authorization(manager, rng).unwrap())
    }

    /// The seller takes an answer, with its state as it was at first.
    fn authorized(&mut self, answer: &Authorization) -> Received<Authorized> {
        let awaiting = self.awaiting();
        awaiting.authorize(&self.story.parties.seller, answer, NOW).unwrap().file(&mut self.story.ledger).unwrap()
    }
}

#[test]
fn a_repeated_message_is_never_new() {
    // L-2
    let mut started = Started::new();
    let deciding = started.deciding();
    let decided = started.story.approval(deciding).into_decided();
    let approval = decided.authorization(&started.story.parties.manager, &mut started.story.rng).unwrap();
    let state = approved(new(started.authorized(&approval)));
    let (state, dispatch) = started.story.dispatched(state, b"1");
    let delivery = started.story.delivered(&dispatch).export();
    let stale = started.awaiting();
    let Started { story, envelope, relay, manager: undecided, .. } = started;
    let Story { parties: Parties { seller, manager, courier, .. }, mut ledger, mut rng, .. } = story;
    for now in [NOW, NOW + WINDOWS.accept, NOW + WINDOWS.accept + 1, NOW + WINDOWS.deliver] {
        // Even when each asks with messages and states of another time.
        let known = filed(seller.receive(&envelope, now), &mut ledger).unwrap();
        let Received::Again(SellerOrder::Approved(known)) = known else {
            panic!("the seller knows it as approved");
        };
        assert_eq!(known.export(), state.export());
        let sent_again = stale.relay(&seller, &Role::CARD_MANAGER, now, &mut rng).unwrap();
        assert_ne!(sent_again, relay);
        let known = filed(manager.receive(&sent_again, now), &mut ledger).unwrap();
        let Received::Again(CardManagerOrder::Decided(known)) = known else {
            panic!("the card manager knows it as decided");
        };
        // It answers the same, in other bytes.
        assert_eq!(known.export(), decided.export());
        assert_eq!(known.settlement().unwrap().digest(), approval.digest());
        let answer = known.authorization(&manager, &mut rng).unwrap();
        assert_ne!(answer, approval);
        let SellerOrder::AwaitingAuthorization(awaiting) = seller.restore(&stale.export()).unwrap() else {
            panic!("it was stale");
        };
        let again = awaiting.authorize(&seller, &answer, now).unwrap().file(&mut ledger).unwrap();
        assert!(matches!(again, Received::Again(Authorized::Approved(_))));
        let Received::Again(again) = filed(courier.receive_dispatch(&dispatch, now), &mut ledger).unwrap() else {
            panic!("the delivery service knows it");
        };
        assert_eq!(again.export(), delivery);
    }
    assert_eq!(ledger.len(), 3);

    // And before it is decided: as awaiting, also after the time to accept it.
    let mut ledger = MemoryLedger::new(9);
    new(filed(manager.receive(&relay, NOW), &mut ledger).unwrap());
    let late = NOW + WINDOWS.accept + 1;
    let known = filed(manager.receive(&relay, late), &mut ledger).unwrap();
    let Received::Again(CardManagerOrder::AwaitingDecision(deciding)) = known else { panic!("it is not decided") };
    assert_eq!(deciding.export(), undecided);
    let refused = deciding.approve(&manager, late).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Time(Expired)", "expired");
    let refused = refused.state.decline(&manager, "too late", late).unwrap_err();
    is_like(Err::<(), _>(refused.error), "Time(Expired)", "expired");
    // In the last second it still is.
    new(refused.state.decline(&manager, "no", late - 1).unwrap().file(&mut ledger).unwrap());
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Receive,
    Approve,
    Decline,
    /// Decide on what the ledger holds, as after a restart.
    Resume,
}

/// What a card manager does, in any order and from any state it ever had, comes to one decision, and one settlement if
/// that is an approval.
#[test]
fn a_card_manager_decides_once_whatever_it_does() {
    // L-3
    const ACTS: [Act; 4] = [Act::Receive, Act::Approve, Act::Decline, Act::Resume];
    for sequence in 0..4_usize.pow(4) {
        let acts: Vec<_> = (0..4).map(|place| ACTS[sequence / 4_usize.pow(place) % 4]).collect();
        let mut started = Started::new();
        let mut first: Option<Decided> = None;
        let mut settlements = 0;
        let agrees = |first: &Option<Decided>, decided: &Decided| {
            let first = first.as_ref().unwrap();
            assert_eq!(first.export(), decided.export(), "{acts:?}");
            assert_eq!(first.settlement().is_some(), decided.settlement().is_some(), "{acts:?}");
        };
        for act in &acts {
            let stale = started.deciding();
            let Started { story: Story { parties: Parties { manager, .. }, ledger, .. }, relay, .. } = &mut started;
            let from = match act {
                Act::Resume | Act::Receive => match filed(manager.receive(relay, NOW), ledger).unwrap() {
                    Received::New(_) => panic!("it was received before"),
                    Received::Again(CardManagerOrder::Decided(decided)) => {
                        agrees(&first, &decided);
                        continue;
                    }
                    Received::Again(CardManagerOrder::AwaitingDecision(deciding)) => deciding,
                    Received::Again(CardManagerOrder::Cancelled(order)) => panic!("{order:?}"),
                },
                Act::Approve | Act::Decline => stale,
            };
            let decided = match act {
                Act::Receive => continue,
                Act::Approve | Act::Resume => match from.approve(manager, NOW).unwrap().file(ledger).unwrap() {
                    Received::New(approval) => {
                        settlements += 1;
                        Received::New(approval.into_decided())
                    }
                    Received::Again(decided) => Received::Again(decided),
                },
                Act::Decline => from.decline(manager, "no", NOW).unwrap().file(ledger).unwrap(),
            };
            match decided {
                Received::New(decided) => assert!(first.replace(decided).is_none(), "{acts:?}"),
                Received::Again(decided) => agrees(&first, &decided),
            }
        }
        let deciders = acts.iter().find(|act| **act != Act::Receive);
        let expected = deciders.map(|act| *act != Act::Decline);
        assert_eq!(first.map(|decided| decided.reason().is_none()), expected, "{acts:?}");
        assert_eq!(settlements, u32::from(expected == Some(true)), "{acts:?}");
    }
}

#[test]
fn the_first_answer_stays_with_the_seller() {
    //
    for (first, is_approved) in [(0, true), (1, false)] {
        let mut started = Started::new();
        let answers = started.answers();
        for (turn, answer) in [&answers[first], &answers[1 - first]].into_iter().enumerate() {
            let received = started.authorized(answer);
            assert_eq!(matches!(received, Received::New(_)), turn == 0);
            assert_eq!(matches!(received.into_inner(), Authorized::Approved(_)), is_approved);
        }
    }
}

#[test]
fn an_order_is_dispatched_once_to_each_role() {
    // W-3
    let mut started = Started::new();
    let [approval, _] = started.answers();
    let mut stale = || approved(started.authorized(&approval).into_inner());
    let (one, two, three) = (stale(), stale(), stale());
    let Story { parties: Parties { seller, courier: service, .. }, mut ledger, mut rng, .. } = started.story;
    let (courier, insurance) = (Role::DELIVERY_SERVICE, insurer());
    let insurer = insurance.role();
    let file = |order: Approved, to: &Role, instructions: &[u8], now, ledger: &mut MemoryLedger| {
        order.dispatch(&seller, to, instructions, now).unwrap().file(ledger)
    };
    let mut dispatch =
        |order, to: &Role, instructions: &[u8], now| file(order, to, instructions, now, &mut ledger).unwrap();
    let one = new(dispatch(one, &courier, b"first", NOW));
    let Received::Again(two) = dispatch(two, &courier, b"second", NOW) else { panic!("it is dispatched") };
    assert_eq!(one.export(), two.export());
    let late = NOW + WINDOWS.deliver + 1;
    let Received::Again(one) = dispatch(one, &courier, b"", late) else { panic!("it is dispatched") };
    let message = |order: &Approved, to: &Role, now| order.dispatch_message(&seller, to, now, &mut Repeatable(now));
    is_like(message(&one, &courier, late), "Time(Expired)", "expired");

    // Another role, from a state that knows of no dispatch: nothing is filed, and the step is taken again from the ledger's.
    assert_eq!(three.dispatches().count(), 0);
    let digest = three.part().digest();
    is_like(file(three, insurer, b"", NOW, &mut ledger).map_err(Refused::into_error), "TakeAgain", "look it up");
    let SellerOrder::Approved(three) = seller.find(digest).file(&mut ledger).unwrap() else { panic!("it is approved") };
    assert!(three.dispatches().map(|(role, _)| role).eq([&courier]));
    let mut dispatch =
        |order, to: &Role, instructions: &[u8], now| file(order, to, instructions, now, &mut ledger).unwrap();
    let three = new(dispatch(three, insurer, b"for the insurer", NOW));
    assert!(three.dispatches().map(|(role, _)| role).eq([&courier, insurer]));
    let Received::Again(three) = dispatch(three, &courier, b"third", NOW) else { panic!("it is dispatched") };
    let Received::Again(one) = dispatch(one, insurer, b"other", NOW) else { panic!("it is dispatched") };
    assert_eq!(one.export(), three.export());

    // From whichever state it is sent, it is the dispatch of the first time.
    let sent = [message(&one, &courier, NOW), two.dispatch_message(&seller, &courier, NOW, &mut rng)];
    let sent = sent.map(Result::unwrap);
    assert_ne!(sent[0], sent[1]);
    for (which, dispatch) in sent.iter().enumerate() {
        let received = filed(service.receive_dispatch(dispatch, NOW), &mut ledger).unwrap();
        assert_eq!(matches!(received, Received::New(_)), which == 0);
        assert_eq!(received.into_inner().instructions(), b"first");
    }
    let insured = message(&one, insurer, NOW).unwrap();
    let delivery = new(filed(insurance.receive_dispatch(&insured, NOW), &mut ledger).unwrap());
    assert_eq!(delivery.instructions(), b"for the insurer");
}

#[test]
fn a_state_needs_its_ledger() {
    let mut started = Started::new();
    let [approval, _] = started.answers();
    let state = approved(new(started.authorized(&approval)));
    let (awaiting, deciding, again) = (started.awaiting(), started.deciding(), started.deciding());
    let Started { story, envelope, relay, seller: at_seller, manager: at_manager } = started;
    let Story { parties: Parties { seller, manager, .. }, mut ledger, .. } = story;
    let mut empty = MemoryLedger::new(9);
    // A step that is refused comes back, and its own ledger still files it: as known, if it had it before.
    macro_rules! needs_its_ledger {
        ($step:expr, $known:pat) => {{
            let refused = $step.unwrap().file(&mut empty).unwrap_err();
            assert!(matches!(refused.error, LedgerError::Absent));
            let found = refused.state.file(&mut ledger).unwrap();
            assert!(matches!(found, $known), "{found:?}");
        }};
    }
    needs_its_ledger!(deciding.approve(&manager, NOW), Received::Again(_));
    needs_its_ledger!(again.decline(&manager, "no", NOW), Received::Again(_));
    needs_its_ledger!(awaiting.authorize(&seller, &approval, NOW), Received::Again(Authorized::Approved(_)));
    needs_its_ledger!(state.dispatch(&seller, &Role::DELIVERY_SERVICE, b"", NOW), Received::New(_));
    let mut sent = || -> Result<(), SendError> {
        let SellerOrder::Approved(state) = seller.find(approval.digest()).file(&mut ledger)? else { panic!() };
        state.dispatch(&seller, &role("insurer"), b"", NOW)?.file(&mut empty)?;
        Ok(())
    };
    is_like(sent(), "Ledger(Absent)", "not in this ledger");
    assert!(empty.is_empty());

    // What somebody else filed there is not continued from.
    for (role, other) in
        [(Role::SELLER, b"?".as_slice()), (Role::SELLER, &at_manager), (Role::CARD_MANAGER, &at_seller)]
    {
        let mut ledger = MemoryLedger::new(9);
        let owner = if role == Role::SELLER { seller.identifier() } else { manager.identifier() }.clone();
        let key = LedgerKey { owner, role: role.clone(), digest: envelope.digest() };
        let record = Record {
            key: &key,
            issued_at: NOW,
            expires: NOW,
            stage: "received",
            change: Change::Insert { state: other },
        };
        assert_eq!(ledger.file(&record), Ok(Filed::Done));
        let damaged = |error| is_like(error, "Ledger(Damaged)", "damaged");
        if role == Role::SELLER {
            damaged(filed(seller.receive(&envelope, NOW), &mut ledger).map(drop));
        } else {
            damaged(filed(manager.receive(&relay, NOW), &mut ledger).map(drop));
        }
    }
}
