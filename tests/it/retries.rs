//! No single lost message strands an order: what is filed is content, and each sending seals it anew.

use crate::session::meet;
use polyseal::card_manager::CardManagerOrder;
use polyseal::error::TimeError;
use polyseal::handshake::{Authenticated, Evidence};
use polyseal::key::{Domain, Epoch, KeyError};
use polyseal::ledger::{Change, Filed};
use polyseal::message::{Relay, Windows};
use polyseal::seller::SellerOrder;
use polyseal::{
    CardManager, FieldName, Identifier, Label, Ledger, LedgerError, Party, ReceiveError, Received, Role, Seller,
    SellerPolicy, Share,
};
use polyseal_testing::cbor::at;
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, bank, courier, disclosure, domain, form, holder, keyring, new, order, shop,
};

use crate::hostile_services::Statement;

/// A handshake with an exchange: what each side has of it.
fn met(from: &impl Party, to: &impl Party, seed: u64) -> [Authenticated; 2] {
    meet(from, to, NOW, &mut Repeatable(seed))
}

fn is_unknown_session<T>(result: &Result<T, ReceiveError>) -> bool {
    matches!(result, Err(ReceiveError::Key(KeyError::UnknownSession)))
}

/// The seller believes in a session of which the courier never learned, because the third message was lost.
#[test]
fn a_dispatch_under_a_session_that_the_courier_never_had_is_sent_again_without_it() {
    let mut story = Story::standard(1);
    let [session, _] = met(&story.parties.seller, &story.parties.courier, 2);
    let approved = story.approved();
    let (approved, _) = story.dispatched(approved, b"ring twice");

    let Parties { seller, courier, .. } = &story.parties;
    let role = Role::DELIVERY_SERVICE;
    let under = seller.with_evidence(&Evidence::new().with(&session)).unwrap();
    let lost = approved.dispatch_message(&under, &role, NOW, &mut story.rng).unwrap();
    assert!(is_unknown_session(&courier.receive_dispatch(&lost, NOW)));

    // Any process that knows the digest does it, from the ledger.
    let SellerOrder::Approved(again) = seller.find(approved.part().digest()).file(&mut story.ledger).unwrap() else {
        panic!("it is approved");
    };
    let dispatch = again.dispatch_message(seller, &role, NOW, &mut story.rng).unwrap();
    assert_ne!(dispatch, approved.dispatch_message(seller, &role, NOW, &mut story.rng).unwrap(), "sealed anew");
    assert_eq!(story.delivered(&dispatch).instructions(), b"ring twice");
}

/// A caller with a storage of its own keeps the step when there was no room for it.
#[test]
fn a_step_that_found_no_room_is_completed_later() {
    let mut story = Story::standard(8);
    let envelope = story.sealed().envelope;
    let pending = story.parties.seller.receive(&envelope, NOW).unwrap();
    let refused = pending.complete(Filed::Full).unwrap_err();
    assert!(matches!(refused.error, LedgerError::Full) && refused.error.can_retry());
    let filed = story.ledger.file(&refused.state.record()).unwrap();
    new(refused.state.complete(filed).unwrap());
}

/// Between an order and its dispatch the epoch is rolled: the session of that day is in an epoch in which the order was
/// not made.
#[test]
fn a_dispatch_goes_without_a_session_of_a_later_epoch() {
    // U-1
    let later = NOW + 2000;
    let label = Label::new("cards.example").unwrap();
    let next = Domain::new(label.clone(), label, Epoch::new(8, NOW + 1000, NOW + 2_000_000).unwrap());
    let rings = [holder(), shop(), bank(), courier()].map(|of| keyring(&of, &[domain(), next.clone()]));
    let mut story = Story::of(Parties::new(rings, form(|_| {}), disclosure()), form(|_| {}), 6);
    let approved = story.approved();
    story.now = later;

    let (approved, _) = story.dispatched(approved, b"ring");

    let Parties { seller, courier, .. } = &story.parties;
    let role = Role::DELIVERY_SERVICE;
    let [session, _] = meet(seller, courier, later, &mut Repeatable(7));
    let under = seller.with_evidence(&Evidence::new().with(&session)).unwrap();
    let dispatch = approved.dispatch_message(&under, &role, later, &mut story.rng).unwrap();
    assert_eq!(dispatch.keys(&role).next().unwrap().1.session(), None);
    assert_eq!(story.delivered(&dispatch).instructions(), b"ring");
}

/// The bank has forgotten the session of a relay that it answered; its answer was lost.
#[test]
fn an_answer_is_had_by_the_digest_when_the_relay_can_no_longer_be_opened() {
    // L-8
    let mut story = Story::standard(3);
    let [at_seller, at_bank] = met(&story.parties.seller, &story.parties.manager, 4);
    let awaiting = story.at_seller();
    let Parties { seller, manager, .. } = &story.parties;
    let under = seller.with_evidence(&Evidence::new().with(&at_seller)).unwrap();
    let relay = awaiting.relay(&under, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let evidence = Evidence::new().with(&at_bank);
    let deciding = manager.with_evidence(&evidence).unwrap().receive(&relay, NOW).unwrap();
    let deciding = new(deciding.file(&mut story.ledger).unwrap());
    let lost = new(deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap());
    drop(lost);

    let forgetful = manager.with_evidence(&evidence.without(at_bank.transcript())).unwrap();
    assert!(is_unknown_session(&forgetful.receive(&relay, NOW)));
    assert_eq!(relay.keys(&Role::CARD_MANAGER).next().unwrap().1.session(), Some(at_bank.transcript()));
    let CardManagerOrder::Decided(decided) = manager.find(relay.digest()).file(&mut story.ledger).unwrap() else {
        panic!("it is decided");
    };
    let answer = decided.authorization(manager, &mut story.rng).unwrap();
    let pending = awaiting.authorize(seller, &answer, NOW).unwrap();
    polyseal_testing::approved(new(pending.file(&mut story.ledger).unwrap()));
}

/// An order whose part for the bank, and for the courier, went under sessions of the card holder's, which they forget.
/// They know the order, and it is its seller that asks: that is enough for an answer.
#[test]
fn a_known_order_is_answered_before_its_part_is_opened() {
    let mut story = Story::standard(9);
    let Parties { holder, seller, manager, courier } = &story.parties;
    let [[to_bank, at_bank], [to_courier, at_courier]] = [met(holder, manager, 1), met(holder, courier, 2)];
    let known = |proof: &Authenticated| Evidence::new().with(proof);
    let meeting = holder.with_evidence(&known(&to_bank).with(&to_courier)).unwrap();
    let order = order();
    let split = meeting.split(&order, &story.form).unwrap();
    let sealed = split.seal(&meeting, NOW, Windows::default(), &mut story.rng).unwrap();
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();

    // Of an order that it does not know, the bank can say no more than that it cannot open its part.
    let unknown = manager.receive(&relay, NOW).unwrap();
    assert!(matches!(unknown.record().change, Change::LookUp));
    let refused = unknown.file(&mut story.ledger).unwrap_err();
    assert!(matches!(refused.error, LedgerError::Key(KeyError::UnknownSession)));
    assert_eq!((refused.error.label(), refused.error.can_retry()), ("unknown-session", false));
    assert!(is_unknown_session(&manager.receive(&relay, NOW).and_then(|step| Ok(step.file(&mut story.ledger)?))));

    let knowing = manager.with_evidence(&known(&at_bank)).unwrap();
    let deciding = new(knowing.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    drop(new(deciding.approve(&knowing, NOW).unwrap().file(&mut story.ledger).unwrap()));
    let again = manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap();
    let Received::Again(CardManagerOrder::Decided(decided)) = again else { panic!("it is decided") };
    let answer = decided.authorization(manager, &mut story.rng).unwrap();
    let pending = awaiting.authorize(seller, &answer, NOW).unwrap();
    let approved = polyseal_testing::approved(new(pending.file(&mut story.ledger).unwrap()));

    // A part that was changed is of no order that anybody may ask for; that of a known order is not looked at.
    let [shared, strange] = [shop(), polyseal_testing::id("other.example")].map(|name| share_of(&name));
    let header = at(&relay.to_bytes(), &[2]);
    let part = at(&relay.to_bytes(), &[3, 0]);
    for (by, is_sellers) in [(&shared, true), (&strange, false)] {
        let asked = Statement::new("relay", by, &bank(), "card-manager").with(&header, vec![part.clone()]);
        let again = manager.receive(&Relay::from_bytes(&asked).unwrap(), NOW).unwrap().file(&mut story.ledger);
        match again {
            Ok(Received::Again(CardManagerOrder::Decided(_))) => assert!(is_sellers),
            Err(refused) => {
                assert!(!is_sellers && matches!(refused.error, LedgerError::Key(KeyError::UnknownSession)));
            }
            other => panic!("{other:?}"),
        }
    }

    let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
    let approved = pending.file(&mut story.ledger).unwrap().into_inner();
    let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, &mut story.rng).unwrap();
    let unknown = courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut story.ledger);
    assert!(matches!(unknown.unwrap_err().error, LedgerError::Key(KeyError::UnknownSession)));
    let knowing = courier.with_evidence(&known(&at_courier)).unwrap();
    new(knowing.receive_dispatch(&dispatch, NOW).unwrap().file(&mut story.ledger).unwrap());
    let again = courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut story.ledger).unwrap();
    assert!(matches!(again, Received::Again(delivery) if delivery.instructions() == b"ring"));
}

/// Answers and receipts go under the session that asked for them, and without one if it is asked for without.
#[test]
fn an_answer_goes_as_it_was_asked_for() {
    let mut story = Story::standard(10);
    let Parties { holder, seller, manager, .. } = &story.parties;
    let [[of_holder, for_holder], [of_seller, for_seller]] = [met(holder, seller, 1), met(seller, manager, 2)];
    let under = |proofs: &[&Authenticated]| proofs.iter().map(|proof| (*proof).clone()).collect::<Evidence>();
    let meeting = holder.with_evidence(&under(&[&of_holder])).unwrap();
    let selling = seller.with_evidence(&under(&[&for_holder, &of_seller])).unwrap();
    let managing = manager.with_evidence(&under(&[&for_seller])).unwrap();
    let order = order();
    let split = meeting.split(&order, &story.form).unwrap();
    let sealed = split.seal(&meeting, NOW, Windows::default(), &mut story.rng).unwrap();
    let awaiting = new(selling.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    // From what is filed as well as at once.
    let filed = selling.find(sealed.digest).file(&mut story.ledger).unwrap();
    for receipt in [awaiting.receipt(&selling, NOW, &mut story.rng), filed.receipt(&selling, NOW, &mut story.rng)] {
        let receipt = receipt.unwrap();
        assert_eq!(receipt.key().session(), Some(of_holder.transcript()));
        assert!(sealed.awaiting.receive(&meeting, &receipt, NOW).is_ok());
    }
    // A process without the session uses the common key.
    let receipt = filed.receipt(seller, NOW, &mut story.rng).unwrap();
    assert_eq!(receipt.key().session(), None);

    for (from, session) in
        [(&selling, Some(*of_seller.transcript())), (&seller.with_evidence(&Evidence::new()).unwrap(), None)]
    {
        let relay = awaiting.relay(from, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
        let order = managing.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner();
        let decided = match order {
            CardManagerOrder::AwaitingDecision(order) => {
                order.approve(&managing, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner()
            }
            CardManagerOrder::Decided(decided) => decided,
            CardManagerOrder::Cancelled(order) => panic!("{order:?}"),
        };
        let answer = decided.authorization(&managing, &mut story.rng).unwrap();
        assert_eq!(answer.key().session().copied(), session);
        let SellerOrder::AwaitingAuthorization(awaiting) = from.restore(&awaiting.export()).unwrap() else {
            panic!("it awaits the answer");
        };
        assert!(awaiting.authorize(from, &answer, NOW).is_ok());
        // Whoever finds it by its digest answers under the newest session.
        let CardManagerOrder::Decided(found) = managing.find(sealed.digest).file(&mut story.ledger).unwrap() else {
            panic!("it is decided");
        };
        let answer = found.authorization(&managing, &mut story.rng).unwrap();
        assert_eq!(answer.key().session(), Some(of_seller.transcript()));
    }
}

#[test]
fn a_proof_goes_through_a_store_that_processes_share() {
    let story = Story::standard(5);
    let [at_holder, at_seller] = met(&story.parties.holder, &story.parties.seller, 6);
    let [at_holder, at_seller] = [at_holder, at_seller].map(|proof| Authenticated::import(&proof.export()).unwrap());
    let Story { parties: Parties { holder, seller, .. }, form, mut rng, mut ledger, .. } = story;
    let under = holder.with_evidence(&Evidence::new().with(&at_holder)).unwrap();
    let order = order();
    let sealed = under.split(&order, &form).unwrap().seal(&under, NOW, Windows::default(), &mut rng).unwrap();
    assert!(is_unknown_session(&seller.receive(&sealed.envelope, NOW)));
    let knowing = seller.with_evidence(&[at_seller].into_iter().collect()).unwrap();
    new(knowing.receive(&sealed.envelope, NOW).unwrap().file(&mut ledger).unwrap());
    let mut damaged = at_holder.export();
    damaged[40] ^= 1;
    assert!(Authenticated::import(&damaged).is_err());
}

/// A known order is answered whatever today's policy is, and after its time; an unknown one is not.
#[test]
fn a_known_order_is_answered_before_policy_and_time_are_asked() {
    let mut story = Story::standard(7);
    let sealed = story.sealed();
    let Parties { seller, manager, .. } = &story.parties;
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    let _ = new(deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap());

    // The seller has a new form, and the bank no longer serves the seller.
    let smaller = form(|recipients| {
        recipients[0].selectors.remove(FieldName::HOLDER_FAX);
    });
    let policy = |form| SellerPolicy::new(form, [bank()].into_iter().collect(), []).unwrap();
    let changed = seller_by(policy(smaller.clone()));
    let striking = CardManager::new(share_of(&bank()), [courier()].into_iter().collect());
    for now in [NOW, NOW + 7200] {
        let again = changed.receive(&sealed.envelope, now).unwrap().file(&mut story.ledger).unwrap();
        assert!(matches!(again, Received::Again(SellerOrder::AwaitingAuthorization(_))));
        let again = striking.receive(&relay, now).unwrap().file(&mut story.ledger).unwrap();
        assert!(matches!(again, Received::Again(CardManagerOrder::Decided(_))));
    }
    let unknown = Story::standard(8).sealed().envelope;
    let refused = changed.receive(&unknown, NOW).unwrap().file(&mut story.ledger).unwrap_err().error;
    assert!(matches!(refused, LedgerError::Policy(_)), "{refused:?}");
    let refused = seller.receive(&unknown, NOW + 7200).unwrap().file(&mut story.ledger).unwrap_err().error;
    assert!(matches!(refused, LedgerError::Time(TimeError::Expired)), "{refused:?}");

    // While orders of the old form arrive, the seller takes both.
    let both = seller_by(policy(smaller).or(&policy(story.form)));
    new(both.receive(&unknown, NOW).unwrap().file(&mut story.ledger).unwrap());
}

fn share_of(identifier: &Identifier) -> Share {
    polyseal_testing::authority().issue(identifier).unwrap()
}

/// The seller with another policy.
fn seller_by(policy: SellerPolicy) -> Seller<Share> {
    Story::standard(7).parties.seller.with_policy(policy)
}
