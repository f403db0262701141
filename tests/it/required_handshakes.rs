//! A handshake as a condition: what a card holder and a seller send only to whom they met, and not too long ago.

use polyseal::handshake::{Authenticated, Evidence, Initiator, Responder};
use polyseal::message::Windows;
use polyseal::{CardHolder, OrderForm, Role, Rules, SendError, Share};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, approved, directly, disclosure, holder, new, order, shares, shop};

use crate::handshake::{met, proof};

/// A card holder that seals for authenticated parties only.
fn careful(rules: Rules) -> CardHolder<Share> {
    let [share] = shares([holder()]);
    CardHolder::new(share, disclosure()).with_rules(rules)
}

/// Whether it seals, or the role that has not answered lately enough.
fn seals(holder: &CardHolder<Share>, form: &OrderForm, proofs: &[&Authenticated], now: u64) -> Result<(), Role> {
    let order = order();
    let evidence = proofs.iter().copied().cloned().collect();
    let holder = holder.with_evidence(&evidence).unwrap();
    let sealed = holder.split(&order, form).unwrap().seal(&holder, now, Windows::default(), &mut Repeatable(9));
    sealed.map(drop).map_err(|error| match error {
        SendError::NotAuthenticated { role } => role,
        other => panic!("{other}"),
    })
}

fn unmet(role: &Role) -> Result<(), Role> {
    Err(role.clone())
}

#[test]
fn an_answer_that_is_held_back_grows_old() {
    let parties = Parties::standard();
    let mut rng = Repeatable(10);
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW + 1, &mut rng).unwrap();
    // Nor does a state that is restored make it younger.
    let (begun, answered) = (initiator.export(), responder.export());
    let later = NOW + 100;
    let initiator = Initiator::restore(&parties.holder, &begun).unwrap();
    let (finished, confirmation) = initiator.receive(&parties.holder, &answer, b"", later, &mut rng).unwrap();
    assert_eq!(finished.authenticated.at(), NOW);
    let responder = Responder::restore(&parties.seller, &answered).unwrap();
    let (theirs, _) = responder.receive(&parties.seller, &confirmation, later, &mut rng).unwrap();
    assert_eq!(theirs.authenticated.at(), NOW + 1);
    let one = careful(Rules::default().require_authenticated(60));
    assert_eq!(seals(&one, &OrderForm::standard(), &[&finished.authenticated], later), unmet(&Role::SELLER));
}

#[test]
fn a_card_holder_can_require_a_handshake_with_the_seller_or_with_all() {
    let parties = Parties::standard();
    let [of_seller, _] = met(&parties, NOW);
    let at = of_seller.at();
    let mut rng = Repeatable(5);
    let Parties { holder, manager, courier, .. } = &parties;
    let [of_bank, of_courier] = &[proof(holder, manager, at, &mut rng), proof(holder, courier, at, &mut rng)];
    let standard = OrderForm::standard();

    let one = careful(Rules::default().require_authenticated(60));
    assert_eq!(seals(&one, &standard, &[], at), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[of_bank], at), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 60), Ok(()));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 61), unmet(&Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at - 1), unmet(&Role::SELLER));
    // Whom it sends a part to itself counts too.
    let direct = directly(OrderForm::standard(), &Role::CARD_MANAGER);
    assert_eq!(seals(&one, &direct, &[&of_seller], at), unmet(&Role::CARD_MANAGER));
    assert_eq!(seals(&one, &direct, &[&of_seller, of_bank], at), Ok(()));

    let all = careful(Rules::default().require_all_authenticated(60));
    assert_eq!(seals(&all, &standard, &[&of_seller], at), unmet(&Role::CARD_MANAGER));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank], at), unmet(&Role::DELIVERY_SERVICE));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank, of_courier], at), Ok(()));
}

#[test]
fn of_two_requirements_the_stricter_holds() {
    let (one, all) = (Rules::default().require_authenticated(60), Rules::default().require_all_authenticated(60));
    assert_ne!(one, all);
    assert_eq!(all.clone().require_authenticated(90), all);
    assert_eq!(one.clone().require_all_authenticated(90), all);
    assert_eq!(one.require_authenticated(30), Rules::default().require_authenticated(30));
}

#[test]
fn a_seller_can_require_a_handshake_before_relay_and_before_dispatch() {
    let mut story = Story::standard(6);
    let awaiting = story.at_seller();
    let seller = story.parties.seller.with_rules(Rules::default().require_authenticated(60));
    let Parties { manager, courier, .. } = &Parties::standard();
    let mut rng = Repeatable(7);
    let is_unmet = |error: SendError, unmet: &Role| {
        assert!(matches!(error, SendError::NotAuthenticated { role } if role == *unmet));
    };
    let manager_role = Role::CARD_MANAGER;
    is_unmet(awaiting.relay(&seller, &manager_role, NOW, &mut rng).unwrap_err(), &manager_role);

    let of_bank = proof(&seller, manager, NOW, &mut rng);
    let knowing = Evidence::new().with(&of_bank);
    let relay = awaiting.relay(&seller.with_evidence(&knowing).unwrap(), &manager_role, NOW + 60, &mut rng).unwrap();
    let late = awaiting.relay(&seller.with_evidence(&knowing).unwrap(), &manager_role, NOW + 61, &mut rng);
    is_unmet(late.unwrap_err(), &manager_role);

    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    let decided = deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner();
    let answer = decided.authorization(manager, &mut rng).unwrap();
    let approved = approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap()));
    let role = Role::DELIVERY_SERVICE;
    // The card manager's handshake does not count for the delivery service.
    let refused = approved.dispatch(&seller.with_evidence(&knowing).unwrap(), &role, b"", NOW).unwrap_err();
    is_unmet(refused.error, &role);
    let knowing = knowing.with(&proof(&seller, courier, NOW, &mut rng));
    let seller = seller.with_evidence(&knowing).unwrap();
    let pending = refused.state.dispatch(&seller, &role, b"", NOW + 60).unwrap();
    let approved = new(pending.file(&mut story.ledger).unwrap());
    // Each sending asks again.
    drop(approved.dispatch_message(&seller, &role, NOW + 60, &mut rng).unwrap());
    is_unmet(approved.dispatch_message(&seller, &role, NOW + 61, &mut rng).unwrap_err(), &role);
}
