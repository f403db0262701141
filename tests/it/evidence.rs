//! Evidence: under which session a message goes and which one opens it, and what is not sealed without one.

use polyseal::handshake::{Authenticated, Evidence, EvidenceError};
use polyseal::key::{Cohort, KeyError};
use polyseal::message::{Authorization, Envelope, Windows};
use polyseal::{
    CardHolder, Domain, Epoch, Identifier, Keyring, MemoryLedger, OrderForm, Party, Role, Rules, Seller, SendError,
    Share,
};
use polyseal_testing::cbor::{Value, at, with};
use polyseal_testing::forge::{Letter, key_id, labelled, session_of};
use polyseal_testing::keys::in_session;
use polyseal_testing::{
    NOW, Parties, Repeatable, authority, bank, disclosure, domain, form, gateway, holder, id, keyring, new, order,
    policy, role, shares, shop,
};

use crate::forward_secrecy::{is_unknown, sealed};
use crate::handshake::proof;
use crate::session::{meet, meet_unacknowledged};

#[test]
fn a_session_is_evidence_whatever_holds_the_keys() {
    let parties = Parties::standard();
    let [mine, theirs] = meet(&parties.holder, &parties.seller, NOW, &mut Repeatable(1));
    let envelope = sealed(&parties.holder, &Evidence::new().with(&mine)).unwrap().envelope;
    let ring = Keyring::new(shop(), shares([shop()])).unwrap();
    let seller = Seller::new(std::sync::Arc::new(ring), policy(OrderForm::standard()));
    assert!(is_unknown(&seller.receive(&envelope, NOW)));
    let seller = seller.with_evidence(&Evidence::new().with(&theirs)).unwrap();
    new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
}

/// Why nothing is sealed for the seller, without a session and under one, with a ring that has changed since.
fn refused(change: impl FnOnce(&Keyring<Share>) -> Keyring<Share>) -> [Option<KeyError>; 2] {
    let parties = Parties::standard();
    let ring = Keyring::new(holder(), shares([holder()])).unwrap();
    let card_holder = CardHolder::new(ring.clone(), disclosure());
    let [of_seller, _] = meet(&card_holder, &parties.seller, NOW, &mut Repeatable(1));
    let card_holder = card_holder.with_keys(change(&ring));
    [Evidence::new(), Evidence::new().with(&of_seller)].map(|evidence| match sealed(&card_holder, &evidence) {
        Ok(_) => None,
        Err(SendError::Key { role, error }) if role == Role::SELLER => Some(error),
        Err(other) => panic!("{other}"),
    })
}

#[test]
fn a_session_does_not_outlive_the_right_to_its_peer() {
    assert_eq!(refused(Keyring::clone), [None, None]);
    assert_eq!(refused(|ring| ring.revoking(shop())), [Some(KeyError::Revoked); 2]);
    let [_, under_session] = refused(|ring| ring.without(&domain()));
    assert_eq!(under_session, Some(KeyError::Retired));
}

#[test]
fn only_the_recipients_that_were_met_need_a_session() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(3);
    let [of_seller, _] = meet(holder, seller, NOW, &mut rng);
    let envelope = sealed(holder, &Evidence::new().with(&of_seller)).unwrap().envelope.to_bytes();
    assert_eq!([0, 1, 2].map(|part| at(&envelope, &[3, part, 1]).items().len()), [5, 4, 4]);
}

fn share_of(identifier: &Identifier) -> Share {
    authority().issue(identifier).unwrap()
}

/// Nothing is sealed for this role, for this reason.
fn has_no_key(found: &SendError, of: &Role, why: KeyError) -> bool {
    matches!(found, SendError::Key { role, error } if role == of && *error == why)
}

/// Evidence that does not fit is an error, and nothing goes under the common key in silence.
#[test]
fn evidence_of_another_party_or_role_is_refused_by_name() {
    let Parties { holder: card_holder, seller, manager, courier } = &Parties::standard();
    let mut rng = Repeatable(10);
    let evidence = |proof: &Authenticated| Evidence::new().with(proof);
    let [_, sellers] = meet(card_holder, seller, NOW, &mut rng);
    let refused = card_holder.with_evidence(&evidence(&sellers)).unwrap_err();
    assert_eq!((&refused, refused.label()), (&EvidenceError::OtherParty, "evidence-of-other-party"));
    assert_eq!(manager.with_evidence(&evidence(&sellers)).unwrap_err(), EvidenceError::OtherParty);

    // The same party in two roles.
    let [[as_gateway], [couriers]] = [shop(), courier.identifier().clone()].map(|party| shares([party]));
    let [of_gateway, _] = meet(&gateway(as_gateway), manager, NOW, &mut rng);
    let refused = seller.with_evidence(&evidence(&of_gateway)).unwrap_err();
    assert_eq!(refused, EvidenceError::OtherRole { role: role("gateway") });

    // The delivery service, met in another role.
    let in_other_role = &gateway(couriers);
    let [with_gateway, _] = meet(card_holder, in_other_role, NOW, &mut rng);
    let without_session = proof(card_holder, in_other_role, NOW, &mut rng);
    for proof in [&with_gateway, &without_session] {
        let error = sealed(card_holder, &evidence(proof)).unwrap_err();
        assert!(has_no_key(&error, &Role::DELIVERY_SERVICE, KeyError::OtherRole), "{error}");
    }
    // A handshake in the right role that made no session does not hide that.
    let plain = proof(card_holder, courier, NOW, &mut rng);
    let error = sealed(card_holder, &evidence(&with_gateway).with(&plain)).unwrap_err();
    assert!(has_no_key(&error, &Role::DELIVERY_SERVICE, KeyError::OtherRole), "{error}");
    let [with_courier, _] = meet(card_holder, courier, NOW, &mut rng);
    let both = evidence(&with_gateway).with(&with_courier);
    let envelope = sealed(card_holder, &both).unwrap().envelope;
    let session = envelope.keys(&Role::DELIVERY_SERVICE).next().unwrap().1.session();
    assert_eq!(session, Some(with_courier.transcript()));
}

#[test]
fn a_sender_can_require_a_session_for_a_role() {
    // U-3
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(11);
    let careful = card_holder.with_keys(share_of(&holder())).with_rules(Rules::default().require_session(Role::SELLER));
    let plain = proof(card_holder, seller, NOW, &mut rng);
    let ([unacknowledged, _], _) = meet_unacknowledged(card_holder, seller, NOW, &mut rng);
    let [session, theirs] = meet(card_holder, seller, NOW, &mut rng);
    for unfit in [Evidence::new(), Evidence::new().with(&plain), Evidence::new().with(&unacknowledged)] {
        let error = sealed(&careful, &unfit).unwrap_err();
        assert!(has_no_key(&error, &Role::SELLER, KeyError::NoSession), "{error}");
        assert!(error.can_retry());
    }
    let under = Evidence::new().with(&session);
    let envelope = sealed(&careful, &under).unwrap().envelope;

    // The seller requires one of whom it gives a receipt, whatever the card holder has sealed under.
    let requiring = seller.with_keys(share_of(&shop())).with_rules(Rules::default().require_session(Role::CARD_HOLDER));
    for envelope in [envelope, sealed(card_holder, &Evidence::new()).unwrap().envelope] {
        let knowing = requiring.with_evidence(&Evidence::new().with(&theirs)).unwrap();
        let order = new(knowing.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
        let error = order.receipt(&requiring, NOW, &mut rng).unwrap_err();
        assert!(has_no_key(&error, &Role::CARD_HOLDER, KeyError::NoSession), "{error}");
        let receipt = order.receipt(&knowing, NOW, &mut rng).unwrap();
        assert_eq!(receipt.key().session(), Some(theirs.transcript()));
    }
}

#[test]
fn the_keys_of_another_party_bring_none_of_its_handshakes() {
    // U-1, U-3
    let Parties { holder: card_holder, seller, .. } = &Parties::standard();
    let [mine, _] = meet(card_holder, seller, NOW, &mut Repeatable(15));
    let met = card_holder.with_evidence(&Evidence::new().with(&mine)).unwrap();
    let met = met.with_rules(Rules::default().require_session(Role::SELLER));
    let order = order();
    let seal = |holder: &CardHolder<Share>| {
        let split = holder.split(&order, &OrderForm::standard()).unwrap();
        split.seal(holder, NOW, Windows::default(), &mut Repeatable(16))
    };
    let _ = seal(&met.with_keys(share_of(&holder()))).unwrap();
    let error = seal(&met.with_keys(share_of(&id("other.example")))).unwrap_err();
    assert!(has_no_key(&error, &Role::SELLER, KeyError::NoSession), "{error}");
}

#[test]
fn of_two_sessions_the_newest_counts() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(6);
    let [older, _] = meet(holder, seller, NOW - 60, &mut rng);
    let [newer, kept] = meet(holder, seller, NOW, &mut rng);
    for evidence in [[&older, &newer], [&newer, &older]] {
        let evidence = evidence.into_iter().cloned().collect();
        let envelope = sealed(holder, &evidence).unwrap().envelope;
        let seller = seller.with_evidence(&Evidence::new().with(&kept)).unwrap();
        new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    }
}

#[test]
fn a_session_that_is_forgotten_opens_nothing() {
    let Parties { holder, seller, .. } = &Parties::standard();
    let mut rng = Repeatable(4);
    let [mine, theirs] = meet(holder, seller, NOW, &mut rng);
    let [_, other] = meet(holder, seller, NOW - 60, &mut rng);
    let envelope = sealed(holder, &Evidence::new().with(&mine)).unwrap().envelope;
    let kept = Evidence::new().with(&theirs);
    for others_forgotten in
        [kept.clone().with(&other).since(NOW), kept.clone().with(&other).without(other.transcript())]
    {
        let seller = seller.with_evidence(&others_forgotten).unwrap();
        new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    }
    for forgotten in [kept.clone().without(mine.transcript()), kept.since(NOW + 1)] {
        assert!(is_unknown(&seller.with_evidence(&forgotten).unwrap().receive(&envelope, NOW)));
    }
}

/// A message that names the session of another peer, or another domain, is not opened with its key.
#[test]
fn a_session_is_of_one_peer_and_one_domain() {
    let parties = Parties::standard();
    let mut rng = Repeatable(5);
    let [_, with_holder] = meet(&parties.holder, &parties.seller, NOW, &mut rng);
    let evidence = Evidence::new().with(&with_holder);
    let envelope = sealed(&parties.holder, &Evidence::new()).unwrap().envelope;
    let digest = envelope.digest();
    // The card holder knows the session's key, and answers in the card manager's place.
    let [share] = shares([holder()]);
    let key = session_of(&with_holder).unwrap().try_into().unwrap();
    let (from, to, role) = (&bank(), &shop(), "seller");
    let letter = Letter {
        purpose: "authorization",
        step: 0,
        by: "card-manager",
        from,
        to,
        digest: digest.as_bytes(),
        role,
        token: None,
    };
    let verdict = labelled("verdict", [Value::Uint(NOW), Value::Null, Value::text("no")]).to_bytes();
    let mut forged = letter.seal(&in_session(&share, key), &verdict);
    forged.items().push(Value::bytes(with_holder.transcript()));
    let forged = labelled("authorization", [Value::bytes(digest.as_bytes()), forged]).to_bytes();
    let seller = parties.seller.with_evidence(&evidence).unwrap();
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let refused = awaiting.authorize(&seller, &Authorization::from_bytes(&forged).unwrap(), NOW);
    assert!(is_unknown(&refused.map_err(|refused| refused.error)));

    // A card holder of a cohort, with a session in one domain that is named in another of the two parties' domains.
    let own = Cohort::of(&holder(), domain().label(), 2);
    let later = Epoch::new(8, NOW - 10, NOW + 1_000_000).unwrap();
    let label = domain().label().clone();
    let both = [domain().with_cohort(own), Domain::new(label.clone(), label, later).with_cohort(own)];
    let [of_holder, of_shop] = [holder(), shop()].map(|party| keyring(&party, &both));
    let card_holder = CardHolder::new(of_holder.without(&both[0]), disclosure());
    let seller = Seller::new(of_shop.clone(), policy(OrderForm::standard()));
    let [mine, theirs] = meet(&card_holder, &seller, NOW, &mut rng);
    let everybody = CardHolder::new(of_holder, disclosure());
    let order = order();
    let form = form(|recipients| recipients.truncate(1));
    let everybody = everybody.with_evidence(&Evidence::new().with(&mine)).unwrap();
    let split = everybody.split(&order, &form).unwrap();
    let envelope = split.seal(&everybody, NOW, Windows::default(), &mut rng).unwrap().envelope;
    let seller = Seller::new(of_shop, policy(form));
    let knowing = Evidence::new().with(&theirs);
    assert!(seller.with_evidence(&knowing).unwrap().receive(&envelope, NOW).is_ok());
    let moved = with(&envelope.to_bytes(), &[3, 0, 1, 0], key_id(&both[0]));
    let moved = Envelope::from_bytes(&moved).unwrap();
    assert!(is_unknown(&seller.with_evidence(&knowing).unwrap().receive(&moved, NOW)));
}
