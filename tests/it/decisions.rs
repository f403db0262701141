//! What is asked when something is decided, and of whom a state is.

use polyseal::card_manager::CardManagerOrder;
use polyseal::error::Fault;
use polyseal::handshake::{Initiator, Responder};
use polyseal::key::{Domain, Epoch, KeyError, Keyring};
use polyseal::ledger::{Filed, Ledger, Record};
use polyseal::message::{Status, Windows};
use polyseal::seller::SellerOrder;
use polyseal::{
    CardHolder, CardManager, Identifier, KeySource, Label, LedgerError, Peers, ReceiveError, Received, Role, SendError,
    Share,
};
use polyseal_testing::keys::Behind;
use polyseal_testing::story::Story;
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, courier, disclosure, domain, form, holder, keyring, new, order, shares,
    shop,
};

fn with_rings(rings: [Keyring<Share>; 4]) -> Parties<Keyring<Share>> {
    Parties::new(rings, form(|_| {}), disclosure())
}

fn rings(domains: [&[Domain]; 4]) -> Parties<Keyring<Share>> {
    let [a, b, c, d] = domains;
    with_rings([keyring(&holder(), a), keyring(&shop(), b), keyring(&bank(), c), keyring(&courier(), d)])
}

/// An epoch that overlaps with that of [`domain`].
fn newer() -> Domain {
    let label = Label::new("cards.example").unwrap();
    Domain::new(label.clone(), label, Epoch::new(8, NOW - 500, NOW + 2_000_000).unwrap())
}

/// Services hold two epochs that overlap, and the card holder has the older one only.
#[test]
fn receipts_and_answers_go_under_keys_that_the_other_side_has_shown() {
    let [older, both] = [vec![domain()], vec![domain(), newer()]];
    // The bank has the newer one, and the seller does not: nor can it open an answer under it.
    for seller in [&both, &older] {
        let parties = rings([&older, seller, &both, &both]);
        let mut story = Story::of(parties, form(|_| {}), 1);
        let sealed = story.sealed();
        let Parties { holder, seller, manager, .. } = &story.parties;
        let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
        let received = awaiting.receipt(seller, NOW, &mut story.rng).unwrap();
        // A seller with both epochs relays in the newer one; its relay shows what it has.
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng);
        let relay = relay.unwrap();
        let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
        let approval = new(deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap());
        let answer = approval.authorization(manager, &mut story.rng).unwrap();
        let decided = approval.into_decided().receipt(manager, NOW, &mut story.rng).unwrap();
        let pending = awaiting.authorize(seller, &answer, NOW).unwrap();
        approved(new(pending.file(&mut story.ledger).unwrap()));
        for (receipt, status) in [(received, Status::Received), (decided, Status::Approved)] {
            assert!(*sealed.awaiting.receive(holder, &receipt, NOW).unwrap().status() == status);
        }
    }
}

/// The seller gives up the keys under which it relayed first, and never got an answer.
#[test]
fn an_answer_goes_under_the_key_of_the_latest_relay() {
    // L-7, L-8
    let [older, both] = [vec![domain()], vec![domain(), newer()]];
    for decided_before in [true, false] {
        let mut story = Story::of(rings([&older, &both, &both, &both]), form(|_| {}), 4);
        let awaiting = story.at_seller();
        let deciding = story.at_manager(&awaiting);
        if decided_before {
            let _ = story.approval(deciding);
        }
        let seller = story.parties.seller.with_keys(keyring(&shop(), &older));
        let relay = awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
        let again = story.parties.manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap();
        let decided = match again {
            Received::Again(CardManagerOrder::Decided(decided)) => decided,
            Received::Again(CardManagerOrder::AwaitingDecision(deciding)) => story.approval(deciding).into_decided(),
            other => panic!("{other:?}"),
        };
        let answer = decided.authorization(&story.parties.manager, &mut story.rng).unwrap();
        approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap()));
    }
}

#[test]
fn nothing_is_sealed_for_a_revoked_party_whatever_its_key_source_gives() {
    // W-4
    let story = Story::standard(5);
    let [share] = shares([holder()]);
    // It knows who is revoked, and gives the key all the same.
    let lenient = Behind::new(share, Share::common_key).revoking(shop());
    let wary = CardHolder::new(lenient, disclosure());
    let order = order();
    let split = wary.split(&order, &story.form).unwrap();
    let refused = split.seal(&wary, NOW, Windows::default(), &mut Repeatable(1)).unwrap_err();
    assert!(matches!(refused, SendError::Key { role, error: KeyError::Revoked } if role == Role::SELLER));
}

/// O-1 comes before K-1.
#[test]
fn a_revoked_party_is_told_so_whatever_key_it_names() {
    // B-0, H-2: the first that fails of two checks is the one that is named.
    let parties = rings([&[domain()], &[newer()], &[domain()], &[domain()]]);
    let mut rng = Repeatable(1);
    let (_, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let wary = parties.seller.with_keys(keyring(&shop(), &[newer()]).revoking(holder()));
    let error = |taken: Result<_, ReceiveError>| taken.map(drop).unwrap_err().label();
    assert_eq!(error(Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng)), "unknown-domain");
    assert_eq!(error(Responder::answer(&wary, &hello, b"", NOW, &mut rng)), "revoked");
}

#[test]
fn revocation_is_asked_when_a_decision_is_made() {
    // W-4
    let domains = [domain()];
    let mut story = Story::of(rings([&domains; 4]), form(|_| {}), 2);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let is_revoked = |error: &SendError| matches!(error, SendError::Key { error: KeyError::Revoked, .. });
    // It may be a source of the ring that knows.
    let inside = |ring: Keyring<_>| Keyring::new(ring.identifier().clone(), [ring]).unwrap();

    // The card holder, or the seller, is revoked between the order's arrival and the decision.
    let ring = keyring(&bank(), &domains);
    let mut deciding = deciding;
    for revoked in [holder(), shop()] {
        let bank = story.parties.manager.with_keys(ring.revoking(revoked));
        let refused = deciding.approve(&bank, NOW).unwrap_err();
        assert!(is_revoked(&refused.error) && refused.error.fault() == Fault::Operator);
        deciding = refused.state;
    }
    let bank = story.parties.manager.with_keys(inside(ring.revoking(holder())));
    let refused = deciding.approve(&bank, NOW).unwrap_err();
    assert!(is_revoked(&refused.error));
    let deciding = refused.state;
    let authorization = story.approval(deciding).authorization(&story.parties.manager, &mut story.rng).unwrap();

    let ring = keyring(&shop(), &domains);
    let wary = story.parties.seller.with_keys(ring.revoking(holder()));
    let refused = awaiting.relay(&wary, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap_err();
    assert!(is_revoked(&refused));
    let refused = awaiting.authorize(&wary, &authorization, NOW).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::Key(KeyError::Revoked)));
    let pending = refused.state.authorize(&story.parties.seller, &authorization, NOW).unwrap();
    let approved = approved(new(pending.file(&mut story.ledger).unwrap()));

    let refused = approved.dispatch(&wary, &Role::DELIVERY_SERVICE, b"", NOW).unwrap_err();
    assert!(is_revoked(&refused.error));
    let wary = story.parties.seller.with_keys(ring.revoking(courier()));
    let refused = refused.state.dispatch(&wary, &Role::DELIVERY_SERVICE, b"", NOW).unwrap_err();
    assert!(is_revoked(&refused.error));
    let (dispatched, _) = story.dispatched(refused.state, b"");

    // Nor does a dispatch leave that was filed before the card holder was revoked.
    let wary = story.parties.seller.with_keys(ring.revoking(holder()));
    let refused = dispatched.dispatch_message(&wary, &Role::DELIVERY_SERVICE, NOW, &mut story.rng).unwrap_err();
    assert!(is_revoked(&refused));
}

/// A refusal of a revoked card holder's order is still taken: it ends the order.
#[test]
fn a_declined_order_of_a_revoked_card_holder_ends() {
    let domains = [domain()];
    let mut story = Story::of(rings([&domains; 4]), form(|_| {}), 3);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let bank = story.parties.manager.with_keys(keyring(&bank(), &domains).revoking(holder()));
    let declined = new(deciding.decline(&bank, "revoked", NOW).unwrap().file(&mut story.ledger).unwrap());
    let answer = declined.authorization(&bank, &mut story.rng).unwrap();
    let wary = story.parties.seller.with_keys(keyring(&shop(), &domains).revoking(holder()));
    let ended = new(awaiting.authorize(&wary, &answer, NOW).unwrap().file(&mut story.ledger).unwrap());
    assert!(matches!(ended, polyseal::seller::Authorized::Declined(declined) if declined.reason() == "revoked"));
}

/// A ledger that answers with the state of whatever order it likes.
#[derive(Debug)]
struct Mistaken(Vec<u8>);

impl Ledger for Mistaken {
    type Error = core::convert::Infallible;

    fn file(&mut self, _: &Record<'_>) -> Result<Filed, Self::Error> {
        Ok(Filed::Found(self.0.clone().into()))
    }
}

#[test]
fn an_answer_of_another_order_owner_or_role_is_damaged() {
    // L-1
    let mut story = Story::standard(5);
    let (one, other) = (story.sealed(), story.sealed());
    let seller = &story.parties.seller;
    let one = new(seller.receive(&one.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let other = new(seller.receive(&other.envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let is_damaged = |error: LedgerError| matches!(error, LedgerError::Damaged);

    let mut mistaken = Mistaken(one.export().to_vec());
    assert!(is_damaged(seller.find(other.part().digest()).file(&mut mistaken).unwrap_err()));
    assert!(seller.find(one.part().digest()).file(&mut mistaken).is_ok());
    // The same bytes for a card manager's order, and for another party's.
    assert!(is_damaged(story.parties.manager.find(one.part().digest()).file(&mut mistaken).unwrap_err()));
    let namesake = polyseal::Seller::new(
        polyseal_testing::authority().issue(&Identifier::new("other.example").unwrap()).unwrap(),
        polyseal_testing::policy(form(|_| {})),
    );
    assert!(is_damaged(namesake.find(one.part().digest()).file(&mut mistaken).unwrap_err()));

    // A decision over the wrong row: the step comes back, and goes through with the right ledger.
    let deciding = story.at_manager(&one);
    let elsewhere = story.at_manager(&other);
    let mut mistaken = Mistaken(elsewhere.export().to_vec());
    let refused = deciding.approve(&story.parties.manager, NOW).unwrap().file(&mut mistaken).unwrap_err();
    assert!(is_damaged(refused.error));
    assert!(matches!(refused.state.file(&mut story.ledger), Ok(Received::New(_))));
}

#[test]
fn a_state_is_of_its_party_alone() {
    let mut story = Story::standard(6);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let namesake = |name: &str| polyseal_testing::authority().issue(&Identifier::new(name).unwrap()).unwrap();
    let other_bank = CardManager::new(namesake("other.example"), Peers::Anyone);
    let refused = deciding.approve(&other_bank, NOW).unwrap_err();
    assert!(matches!(refused.error, SendError::OtherParty) && refused.error.fault() == Fault::Caller);
    let authorization = story.approval(refused.state).authorization(&story.parties.manager, &mut story.rng).unwrap();

    let other_shop = polyseal::Seller::new(namesake("other.example"), polyseal_testing::policy(form(|_| {})));
    assert!(matches!(
        awaiting.relay(&other_shop, &Role::CARD_MANAGER, NOW, &mut story.rng),
        Err(SendError::OtherParty)
    ));
    let refused = awaiting.authorize(&other_shop, &authorization, NOW).unwrap_err();
    assert!(matches!(refused.error, ReceiveError::OtherParty));
    let order = order();
    let split = story.parties.holder.split(&order, &story.form).unwrap();
    let stranger = polyseal::CardHolder::new(namesake("other.example"), disclosure());
    let sealed = split.seal(&stranger, NOW, story.windows, &mut story.rng);
    assert!(matches!(sealed, Err(SendError::OtherParty)));
    assert!(matches!(refused.state.receipt(&other_shop, NOW, &mut story.rng), Err(SendError::OtherParty)));
    let found = story.parties.seller.find(refused.state.part().digest()).file(&mut story.ledger).unwrap();
    assert!(matches!(found, SellerOrder::AwaitingAuthorization(_)));
}
