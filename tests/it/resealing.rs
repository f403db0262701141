//! A card holder seals the parts of a placed order again: it stays the same order, and its seller takes the newest parts.

use crate::session::meet;
use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::CardManagerOrder;
use polyseal::error::TimeError;
use polyseal::handshake::Evidence;
use polyseal::key::KeyError;
use polyseal::ledger::{Change, Filed};
use polyseal::message::{Authorization, Envelope, Windows};
use polyseal::seller::{AwaitingAuthorization, SellerOrder};
use polyseal::{Ledger, LedgerError, OrderForm, ReceiveError, Received, Role, Rules, SellerPolicy, SendError, Share};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::changed;
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, bank, directly, disclosure, form, new, order};

/// The order once more, sealed by whoever has what the card holder kept.
fn again(story: &Story<Share>, placed: &[u8], seed: u64) -> SealedOrder {
    let holder = &story.parties.holder;
    holder.restore(placed).unwrap().seal_again(holder, NOW, &mut Repeatable(seed)).unwrap()
}

/// The sealed parts of an envelope, or of a message that passes one on.
fn parts(message: &[u8]) -> Vec<Value> {
    at(message, &[3]).items().clone()
}

/// What the seller now relays to the card manager.
fn relayed(story: &mut Story<Share>, order: &SellerOrder) -> Value {
    let (seller, role) = (&story.parties.seller, &Role::CARD_MANAGER);
    let relay = match order {
        SellerOrder::AwaitingAuthorization(order) => order.relay(seller, role, NOW, &mut story.rng),
        SellerOrder::Approved(order) => order.relay(seller, role, NOW, &mut story.rng),
        other => panic!("{other:?}"),
    };
    parts(&relay.unwrap().to_bytes())[0].clone()
}

/// The seller takes an envelope of an order that it knows.
fn retaken(story: &mut Story<Share>, envelope: &Envelope) -> SellerOrder {
    let pending = story.parties.seller.receive(envelope, story.now).unwrap();
    match pending.file(&mut story.ledger).unwrap() {
        Received::Again(order) => order,
        Received::New(_) => panic!("it is known"),
    }
}

#[test]
fn the_same_order_is_sealed_anew() {
    let mut story = Story::standard(1);
    let sealed = story.sealed();
    let resealed = again(&story, &sealed.awaiting.export(), 2);
    assert_eq!(sealed.digest, resealed.digest);
    let [first, second] = [&sealed, &resealed].map(|sealed| sealed.envelope.to_bytes());
    assert_eq!(at(&first, &[2]), at(&second, &[2]), "the header");
    for (place, (first, second)) in parts(&first).iter().zip(&parts(&second)).enumerate() {
        assert_ne!(first, second, "part {place}");
    }
    // Whoever has not had the first takes the second.
    let awaiting = story.taken(&resealed.envelope);
    assert_eq!(awaiting.part().get("card.number"), None);
    assert_eq!(awaiting.part().get("item.name"), Some("Kettle"));
    let approved = story.approves(awaiting);
    let (_, dispatch) = story.dispatched(approved, b"ring");
    assert_eq!(story.delivered(&dispatch).part().get("destination.name"), Some("Bob Example"));
}

#[test]
fn direct_parts_are_sealed_again_too() {
    let direct = directly(OrderForm::standard(), &Role::CARD_MANAGER);
    let mut story = Story::of(Parties::by_form(direct.clone(), disclosure()), direct, 3);
    let sealed = story.sealed();
    let resealed = again(&story, &sealed.awaiting.export(), 4);
    let [first, second] = [&sealed.directs[..], &resealed.directs[..]];
    assert_ne!(first, second);
    let Parties { manager, .. } = &story.parties;
    let received =
        |story: &mut polyseal::MemoryLedger, direct| manager.receive_direct(direct, NOW).unwrap().file(story).unwrap();
    new(received(&mut story.ledger, &second[0]));
    assert!(matches!(received(&mut story.ledger, &first[0]), Received::Again(CardManagerOrder::AwaitingDecision(_))));
}

#[test]
fn a_higher_revision_takes_the_place_of_a_lower_one_and_no_other_does() {
    // E-6
    let mut story = Story::standard(5);
    let sealed = story.sealed();
    let first = again(&story, &sealed.awaiting.export(), 6);
    // Two processes go on from one state: both are the first revision.
    let [second, rival] = [7, 8].map(|seed| again(&story, &first.awaiting.export(), seed));
    let of = |sealed: &SealedOrder| parts(&sealed.envelope.to_bytes())[1].clone();
    let taken = story.taken(&first.envelope);
    assert_eq!(relayed(&mut story, &taken.into()), of(&first));
    // Higher; equal; lower, twice. Each is answered.
    for (sent, expected) in [(&second, &second), (&rival, &second), (&first, &second), (&sealed, &second)] {
        let order = retaken(&mut story, &sent.envelope);
        assert_eq!(relayed(&mut story, &order), of(expected));
        let stored = story.parties.seller.find(order.part().digest()).file(&mut story.ledger).unwrap();
        assert_eq!(relayed(&mut story, &stored), of(expected));
    }
    // Its own part, too, is that of the parts that it has: the state restores.
    let SellerOrder::AwaitingAuthorization(order) = retaken(&mut story, &sealed.envelope) else { panic!("it waits") };
    let state = order.export();
    assert!(matches!(story.parties.seller.restore(&state), Ok(SellerOrder::AwaitingAuthorization(_))));
    story.approves(order);
}

#[test]
fn parts_are_replaced_whatever_the_stage_and_whatever_policy_and_time() {
    // L-7
    let mut story = Story::standard(9);
    let sealed = story.sealed();
    let awaiting = story.taken(&sealed.envelope);
    let approved = story.approves(awaiting);
    let (approved, _) = story.dispatched(approved, b"ring twice");
    let before = approved.receipt(&story.parties.seller, NOW, &mut story.rng).unwrap();

    story.now = NOW + Windows::default().accept + 1;
    let resealed = again(&story, &sealed.awaiting.export(), 10);
    let striking = form(|recipients| assert!(recipients[0].selectors.remove("holder.fax")));
    let policy = SellerPolicy::new(striking, [bank()].into_iter().collect(), []).unwrap();
    story.parties.seller = story.parties.seller.with_policy(policy);
    let SellerOrder::Approved(approved) = retaken(&mut story, &resealed.envelope) else { panic!("it is approved") };
    assert_eq!(approved.dispatches().next().unwrap().1.instructions(), b"ring twice");
    let Parties { seller, holder, .. } = &story.parties;
    let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, story.now, &mut story.rng).unwrap();
    assert_eq!(parts(&dispatch.to_bytes())[0], parts(&resealed.envelope.to_bytes())[2]);
    // The record has changed, so what it tells is newer.
    let after = approved.receipt(seller, story.now, &mut story.rng).unwrap();
    let [before, after] = [before, after].map(|receipt| sealed.awaiting.receive(holder, &receipt, NOW).unwrap());
    assert_eq!((before.status(), before.revision() + 1), (after.status(), after.revision()));
    assert_eq!(story.delivered(&dispatch).instructions(), b"ring twice");
}

/// With a database of the caller's the step is filed twice, each time in a transaction.
#[test]
fn a_step_with_newer_parts_says_that_it_is_to_be_filed_again() {
    let mut story = Story::standard(11);
    let sealed = story.sealed();
    story.taken(&sealed.envelope);
    let resealed = again(&story, &sealed.awaiting.export(), 12);
    let pending = story.parties.seller.receive(&resealed.envelope, NOW).unwrap();
    assert!(matches!(pending.record().change, Change::Insert { .. }));
    let filed = story.ledger.file(&pending.record()).unwrap();
    let refused = pending.complete(filed).unwrap_err();
    assert_eq!((refused.error.label(), refused.error.can_retry()), ("ledger-file-again", true));
    let pending = refused.state;
    assert!(matches!(pending.record().change, Change::Replace { current: 0, .. }));
    // The record is gone meanwhile, or the answer is none: nothing has happened, and the step is there still.
    let refused = pending.complete(Filed::Absent).unwrap_err();
    assert!(matches!(refused.error, LedgerError::Absent));
    let refused = refused.state.complete(Filed::Full).unwrap_err();
    assert!(matches!(refused.error, LedgerError::Damaged));
    let pending = refused.state;
    let filed = story.ledger.file(&pending.record()).unwrap();
    assert!(matches!(pending.complete(filed), Ok(Received::Again(SellerOrder::AwaitingAuthorization(_)))));
}

/// The card manager's answer, to an order that the seller has just taken.
fn answered(story: &mut Story<Share>, awaiting: &AwaitingAuthorization) -> Authorization {
    let deciding = story.at_manager(awaiting);
    story.approval(deciding).authorization(&story.parties.manager, &mut story.rng).unwrap()
}

#[test]
fn an_answer_and_newer_parts_meet_in_the_ledger() {
    // The parts are filed first: the step of the answer was taken from what is no longer there.
    let mut story = Story::standard(13);
    let sealed = story.sealed();
    let awaiting = story.taken(&sealed.envelope);
    let answer = answered(&mut story, &awaiting);
    let late = awaiting.authorize(&story.parties.seller, &answer, NOW).unwrap();
    let resealed = again(&story, &sealed.awaiting.export(), 14);
    retaken(&mut story, &resealed.envelope);
    let refused = late.file(&mut story.ledger).unwrap_err();
    assert_eq!((refused.error.label(), refused.error.can_retry()), ("ledger-take-again", true));
    let seller = &story.parties.seller;
    let SellerOrder::AwaitingAuthorization(found) = seller.find(resealed.digest).file(&mut story.ledger).unwrap()
    else {
        panic!("it waits")
    };
    let pending = found.authorize(seller, &answer, NOW).unwrap();
    let approved = polyseal_testing::approved(new(pending.file(&mut story.ledger).unwrap()));
    assert_eq!(relayed(&mut story, &approved.into()), parts(&resealed.envelope.to_bytes())[1]);

    // The answer is filed between the two steps of the parts.
    let mut story = Story::standard(15);
    let sealed = story.sealed();
    let awaiting = story.taken(&sealed.envelope);
    let answer = answered(&mut story, &awaiting);
    let resealed = again(&story, &sealed.awaiting.export(), 16);
    let pending = story.parties.seller.receive(&resealed.envelope, NOW).unwrap();
    let filed = story.ledger.file(&pending.record()).unwrap();
    let between = pending.complete(filed).unwrap_err().state;
    new(awaiting.authorize(&story.parties.seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap());
    let Received::Again(SellerOrder::Approved(approved)) = between.file(&mut story.ledger).unwrap() else {
        panic!("it is approved, and has the newer parts")
    };
    assert_eq!(relayed(&mut story, &approved.into()), parts(&resealed.envelope.to_bytes())[1]);
}

/// The card manager has lost the session under which its part was sealed, before it had the part.
#[test]
fn a_part_under_a_session_that_is_lost_is_sealed_again_without_it() {
    let mut story = Story::standard(17);
    let Parties { holder, seller, manager, .. } = &story.parties;
    let mut rng = Repeatable(17);
    let [to_bank, _] = meet(holder, manager, NOW, &mut rng);
    let meeting = holder.with_evidence(&Evidence::new().with(&to_bank)).unwrap();
    let order = order();
    let split = meeting.split(&order, &OrderForm::standard()).unwrap();
    let SealedOrder { awaiting: placed, envelope, .. } =
        split.seal(&meeting, NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let refused = manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap_err();
    assert!(matches!(refused.error, LedgerError::Key(KeyError::UnknownSession)), "{:?}", refused.error);

    // A card holder that insists on a session does not go without; another does.
    let insisting = holder.with_evidence(&Evidence::new()).unwrap();
    let insisting = insisting.with_rules(Rules::default().require_session(Role::CARD_MANAGER));
    let refused = placed.seal_again(&insisting, NOW, &mut rng).unwrap_err();
    assert!(
        matches!(&refused.error, SendError::Key { role, error: KeyError::NoSession } if *role == Role::CARD_MANAGER)
    );
    let resealed = refused.state.seal_again(holder, NOW, &mut rng).unwrap();
    let awaiting = match retaken(&mut story, &resealed.envelope) {
        SellerOrder::AwaitingAuthorization(awaiting) => awaiting,
        other => panic!("{other:?}"),
    };
    let approved = story.approves(awaiting);
    let (_, dispatch) = story.dispatched(approved, b"");
    story.delivered(&dispatch);
}

#[test]
fn what_is_forgotten_is_not_sealed_again() {
    let mut story = Story::standard(18);
    let sealed = story.sealed();
    let whole = sealed.awaiting.export();
    let has = |state: &[u8], value: &str| state.windows(value.len()).any(|window| window == value.as_bytes());
    assert!(has(&whole, "0000 1111 2222 3333") && has(&whole, "Ada Example"));
    let mut placed = sealed.awaiting;
    placed.forget();
    let state = placed.export();
    assert!(!has(&state, "0000 1111 2222 3333") && !has(&state, "Ada Example"));
    let holder = &story.parties.holder;
    let refused = holder.restore(&state).unwrap().seal_again(holder, NOW, &mut story.rng).unwrap_err();
    assert_eq!((refused.error.label(), refused.error.can_retry()), ("forgotten", false));
    // Receipts are read as before.
    let awaiting = new(story.parties.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let receipt = awaiting.receipt(&story.parties.seller, NOW, &mut story.rng).unwrap();
    assert!(refused.state.receive(holder, &receipt, NOW).is_ok());
    let kept_until = NOW + Windows::default().settle;
    assert!(refused.state.receive(holder, &receipt, kept_until).is_ok());
    let late = refused.state.receive(holder, &receipt, kept_until + 1);
    assert!(matches!(late, Err(ReceiveError::Time(TimeError::Expired))));
}

#[test]
fn the_last_revision_is_not_sealed_again() {
    let mut story = Story::standard(21);
    let first = story.sealed().awaiting.export();
    let holder = &story.parties.holder;
    let [last, before] = [u64::MAX, u64::MAX - 1].map(|revision| {
        let state = changed(&first, |body| body.edit(&[2, 2], |old| *old = Value::Uint(revision)));
        holder.restore(&state).unwrap()
    });
    let state = last.export();
    let refused = last.seal_again(holder, NOW, &mut story.rng).unwrap_err();
    assert_eq!((refused.error.label(), refused.error.can_retry()), ("last-revision", false));
    assert_eq!(*refused.state.export(), *state);
    // From the one before it there is one step, to the last.
    let sealed = before.seal_again(holder, NOW, &mut story.rng).unwrap();
    assert_eq!(*sealed.awaiting.export(), *state);
}

#[test]
fn it_is_sealed_again_by_its_own_card_holder_and_in_time() {
    let mut story = Story::standard(19);
    let placed = story.sealed().awaiting;
    let [share] = polyseal_testing::shares([polyseal_testing::id("other.example")]);
    let other = polyseal::CardHolder::new(share, disclosure());
    let refused = placed.seal_again(&other, NOW, &mut story.rng).unwrap_err();
    assert!(matches!(refused.error, SendError::OtherParty));
    let (holder, last) = (&story.parties.holder, NOW + Windows::default().deliver);
    let refused = refused.state.seal_again(holder, last + 1, &mut story.rng).unwrap_err();
    assert!(matches!(refused.error, SendError::Time(TimeError::Expired)));
    // Later than its epoch: it goes under the keys of its own date.
    assert!(!polyseal_testing::domain().epoch().covers(last));
    drop(refused.state.seal_again(holder, last, &mut story.rng).unwrap());
}
