//! Advance confirmation: each side knows that the other is there, now, and that nothing was replayed or reflected. What
//! the network changes or mixes up is in `tampering.rs`.

use polyseal::{
    Answer, CardHolder, ConfirmError, Confirmation, Confirmed, DispatchError, Hello, MemoryLedger, OrderForm,
    RelayError, Release, RestoreError, Role, Rules, SealError, Seller, Share, Windows, WireError, limits,
};
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::{Letter, bound_to_hello, exported, labelled};
use polyseal_testing::{
    NOW, Parties, Repeatable, approved, bank, confinement, courier, form, holder, id, new, order, shares, shop,
};

macro_rules! sent {
    ($type:ident, $message:expr) => {
        $type::from_bytes(&$message.to_bytes()).unwrap()
    };
}

/// Both ends' evidence of a handshake between the card holder and the seller.
fn met(parties: &Parties<Share>, now: u64) -> [Confirmed; 2] {
    let mut rng = Repeatable(now);
    let (initiator, hello) = parties.holder.confirm(Role::SELLER, shop(), now, &mut rng).unwrap();
    let form = OrderForm::standard().to_bytes();
    let (responder, answer) = parties.seller.answer(&sent!(Hello, hello), &form, now + 1, &mut rng).unwrap();
    let (meeting, confirmation) = initiator.receive(&sent!(Answer, answer), b"thanks", now + 2, &mut rng).unwrap();
    // The form arrives authentic, in one round trip.
    assert_eq!(OrderForm::from_bytes(&meeting.payload).unwrap(), OrderForm::standard());
    let theirs = responder.receive(&sent!(Confirmation, confirmation), now + 3).unwrap();
    assert_eq!(theirs.payload.as_slice(), b"thanks");
    [meeting.confirmed, theirs.confirmed]
}

#[test]
fn both_sides_end_with_the_same_transcript() {
    let parties = Parties::standard();
    let [mine, theirs] = met(&parties, NOW);
    assert_eq!(mine.transcript(), theirs.transcript());
    // Each counts from when it drew its challenge.
    assert_eq!((mine.peer(), mine.role(), mine.at()), (&shop(), &Role::SELLER, NOW));
    assert_eq!((theirs.peer(), theirs.role(), theirs.at()), (&holder(), &Role::CARD_HOLDER, NOW + 1));
    let [again, _] = met(&parties, NOW + 10);
    assert_ne!(mine.transcript(), again.transcript());
}

#[test]
fn an_answer_that_is_held_back_grows_old() {
    let parties = Parties::standard();
    let mut rng = Repeatable(10);
    let (initiator, hello) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = parties.seller.answer(&hello, b"", NOW + 1, &mut rng).unwrap();
    // Nor does a state that is restored make it younger.
    let state = initiator.export();
    for later in [NOW + 100, NOW + 100_000] {
        let initiator = parties.holder.restore_initiator(&state).unwrap();
        let (meeting, confirmation) = initiator.receive(&answer, b"", later, &mut rng).unwrap();
        assert_eq!(meeting.confirmed.at(), NOW);
        let responder = parties.seller.restore_responder(&responder.export()).unwrap();
        assert_eq!(responder.receive(&confirmation, later).unwrap().confirmed.at(), NOW + 1);
        let one = careful(Rules::default().require_confirmed(60));
        let too_old = Err(SealError::Unconfirmed { role: Role::SELLER });
        assert_eq!(seals(&one, &OrderForm::standard(), &[&meeting.confirmed], later), too_old);
    }
}

#[test]
fn a_state_with_the_key_of_an_exchange_that_nobody_asked_for_is_refused() {
    let parties = Parties::standard();
    let mut rng = Repeatable(12);
    let (_, hello) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let state = |key| {
        let items = vec![Value::Uint(NOW), Value::bytes(hello.to_bytes()), Value::bytes([7; 32]), key];
        exported("responder", &Value::Array(items).to_bytes())
    };
    parties.seller.restore_responder(&state(Value::Null)).unwrap();
    let refused = parties.seller.restore_responder(&state(Value::bytes([8; 32]))).err();
    assert_eq!(refused, Some(RestoreError::Wire(WireError::Corrupt)));
}

#[test]
fn what_another_party_was_confirmed_of_does_not_count() {
    let parties = Parties::standard();
    let mut rng = Repeatable(11);
    // The card manager has confirmed the seller; the card holder, in the same process, has not.
    let (initiator, hello) = parties.manager.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (_, answer) = parties.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    let others = initiator.receive(&answer, b"", NOW, &mut rng).unwrap().0.confirmed;
    let one = careful(Rules::default().require_confirmed(60));
    let unconfirmed = Err(SealError::Unconfirmed { role: Role::SELLER });
    assert_eq!(seals(&one, &OrderForm::standard(), &[&others], NOW), unconfirmed);
}

#[test]
fn a_replayed_hello_gets_another_challenge() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let (initiator, hello) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (responder, answer) = parties.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (_, confirmation) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();
    drop(responder.receive(&confirmation, NOW).unwrap());
    // So the old confirmation is of no use.
    let (responder, _) = parties.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    assert_eq!(responder.receive(&confirmation, NOW).unwrap_err().error, ConfirmError::Rejected);
}

#[test]
fn a_reflected_message_is_refused() {
    let parties = Parties::standard();
    let mut rng = Repeatable(3);
    // Seller and card manager begin with each other at the same time; a network plays each side's words back.
    let (from_seller, hello) = parties.seller.confirm(Role::CARD_MANAGER, bank(), NOW, &mut rng).unwrap();
    let (_, other) = parties.manager.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    assert_eq!(parties.seller.answer(&hello, b"", NOW, &mut rng).err(), Some(ConfirmError::NotAddressed));
    let (_, sellers) = parties.seller.answer(&other, b"", NOW, &mut rng).unwrap();
    assert_eq!(from_seller.receive(&sellers, b"", NOW, &mut rng).unwrap_err().error, ConfirmError::Rejected);
}

#[test]
fn who_has_a_share_cannot_answer_for_another() {
    let parties = Parties::standard();
    let mut rng = Repeatable(4);
    let (initiator, _) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let [share] = shares([id("mallory.example")]);
    let mallory = Seller::new(share, polyseal_testing::policy(OrderForm::standard()));
    let (_, to_mallory) = parties.holder.confirm(Role::SELLER, id("mallory.example"), NOW, &mut rng).unwrap();
    let (_, answer) = mallory.answer(&to_mallory, b"", NOW, &mut rng).unwrap();
    assert_eq!(initiator.receive(&answer, b"", NOW, &mut rng).unwrap_err().error, ConfirmError::Rejected);
}

#[test]
fn a_payload_longer_than_the_limit_is_neither_sent_nor_taken() {
    let parties = Parties::standard();
    let mut rng = Repeatable(9);
    let (initiator, hello) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let long = vec![0; limits::PAYLOAD + 1];
    assert_eq!(parties.seller.answer(&hello, &long, NOW, &mut rng).err(), Some(ConfirmError::Payload));
    // A seller with a mind of its own, and a genuine share.
    let [share] = shares([shop()]);
    let challenge = Value::bytes([7; 32]);
    let bound = bound_to_hello(&hello.to_bytes(), &challenge, None);
    let answer = |length| {
        let (from, to) = (&shop(), &holder());
        let letter = Letter { purpose: "confirm", step: 2, from, to, digest: &bound, role: "card-holder", token: None };
        let sealed = letter.seal(&share, &vec![0; length]);
        Answer::from_bytes(&labelled("answer", [challenge.clone(), sealed]).to_bytes()).unwrap()
    };
    let refused = initiator.receive(&answer(limits::PAYLOAD + 1), b"", NOW, &mut rng).unwrap_err();
    assert_eq!(refused.error, ConfirmError::Rejected);
    let (meeting, _) = refused.state.receive(&answer(limits::PAYLOAD), b"", NOW, &mut rng).unwrap();
    assert_eq!(meeting.payload.len(), limits::PAYLOAD);
}

/// A card holder that seals for confirmed parties only.
fn careful(rules: Rules) -> CardHolder<Share> {
    let [share] = shares([holder()]);
    CardHolder::new(share, confinement()).with_rules(rules)
}

fn seals(
    card_holder: &CardHolder<Share>,
    form: &OrderForm,
    evidence: &[&Confirmed],
    now: u64,
) -> Result<(), SealError> {
    let order = order();
    let mut split = card_holder.split(&order, form).unwrap();
    for confirmed in evidence {
        split = split.with_confirmed(confirmed);
    }
    split.seal(now, Windows::default(), &mut Repeatable(9)).map(drop)
}

#[test]
fn a_card_holder_can_require_confirmation_of_the_seller_or_of_all() {
    let parties = Parties::standard();
    let [of_seller, _] = met(&parties, NOW);
    let at = of_seller.at();
    let mut rng = Repeatable(5);
    let others = [(Role::CARD_MANAGER, bank()), (Role::DELIVERY_SERVICE, courier())].map(|(role, identifier)| {
        let (initiator, hello) = parties.holder.confirm(role.clone(), identifier, at, &mut rng).unwrap();
        let answer = if role == Role::CARD_MANAGER {
            parties.manager.answer(&hello, b"", at, &mut rng).unwrap().1
        } else {
            parties.courier.answer(&hello, b"", at, &mut rng).unwrap().1
        };
        initiator.receive(&answer, b"", at, &mut rng).unwrap().0.confirmed
    });
    let [of_bank, of_courier] = &others;
    let unconfirmed = |role| Err(SealError::Unconfirmed { role });
    let standard = OrderForm::standard();

    let one = careful(Rules::default().require_confirmed(60));
    assert_eq!(seals(&one, &standard, &[], at), unconfirmed(Role::SELLER));
    assert_eq!(seals(&one, &standard, &[of_bank], at), unconfirmed(Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 60), Ok(()));
    assert_eq!(seals(&one, &standard, &[&of_seller], at + 61), unconfirmed(Role::SELLER));
    assert_eq!(seals(&one, &standard, &[&of_seller], at - 1), unconfirmed(Role::SELLER));
    // Whom it sends a part to itself counts too.
    let direct = form(|recipients| {
        for entry in recipients.iter_mut().filter(|entry| entry.role == Role::CARD_MANAGER) {
            entry.release = Release::Direct;
        }
    });
    assert_eq!(seals(&one, &direct, &[&of_seller], at), unconfirmed(Role::CARD_MANAGER));
    assert_eq!(seals(&one, &direct, &[&of_seller, of_bank], at), Ok(()));

    let all = careful(Rules::default().require_all_confirmed(60));
    assert_eq!(seals(&all, &standard, &[&of_seller], at), unconfirmed(Role::CARD_MANAGER));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank], at), unconfirmed(Role::DELIVERY_SERVICE));
    assert_eq!(seals(&all, &standard, &[&of_seller, of_bank, of_courier], at), Ok(()));
}

#[test]
fn of_two_requirements_the_stricter_holds() {
    let (one, all) = (Rules::default().require_confirmed(60), Rules::default().require_all_confirmed(60));
    assert_ne!(one, all);
    assert_eq!(all.clone().require_confirmed(90), all);
    assert_eq!(one.clone().require_all_confirmed(90), all);
    assert_eq!(one.require_confirmed(30), Rules::default().require_confirmed(30));
}

#[test]
fn a_seller_can_require_confirmation_before_relay_and_before_dispatch() {
    let Parties { holder, seller, manager, courier } = Parties::standard();
    let seller = seller.with_rules(Rules::default().require_confirmed(60));
    let mut rng = Repeatable(6);
    let [mut at_seller, mut at_manager] = [1, 1].map(MemoryLedger::new);
    let order = order();
    let sealed = holder.split(&order, &OrderForm::standard()).unwrap().seal(NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let unconfirmed = RelayError::Unconfirmed { role: Role::CARD_MANAGER };
    assert_eq!(awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).err(), Some(unconfirmed));

    let (initiator, hello) = seller.confirm(Role::CARD_MANAGER, bank(), NOW, &mut rng).unwrap();
    let (_, answer) = manager.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (of_bank, _) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();
    let awaiting = awaiting.with_confirmed(&of_bank.confirmed);
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW + 60, &mut rng).unwrap();
    assert!(awaiting.relay(&Role::CARD_MANAGER, NOW + 61, &mut rng).is_err());

    let deciding = new(manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let answer = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication;
    let mut approved = approved(awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap());
    let role = Role::DELIVERY_SERVICE;
    let error = approved.dispatch(&role, b"", NOW, &mut at_seller, &mut rng).err();
    assert_eq!(error, Some(DispatchError::Unconfirmed { role: role.clone() }));
    let (initiator, hello) = seller.confirm(role.clone(), polyseal_testing::courier(), NOW, &mut rng).unwrap();
    let (_, answer) = courier.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (of_courier, _) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();
    let mut approved = approved.with_confirmed(&of_courier.confirmed);
    drop(approved.dispatch(&role, b"", NOW, &mut at_seller, &mut rng).unwrap());
}

#[test]
fn what_is_confirmed_while_the_answer_is_awaited_holds_after_it() {
    let Parties { holder, seller, manager, courier } = Parties::standard();
    let relaying = Rules::default().require_confirmed(60);
    let seller = seller.with_rules(relaying);
    let mut rng = Repeatable(7);
    let [mut at_seller, mut at_manager] = [1, 1].map(MemoryLedger::new);
    let order = order();
    let sealed = holder.split(&order, &OrderForm::standard()).unwrap().seal(NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let (initiator, hello) = seller.confirm(Role::CARD_MANAGER, bank(), NOW, &mut rng).unwrap();
    let (_, answer) = manager.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (of_bank, _) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();
    let (initiator, hello) =
        seller.confirm(Role::DELIVERY_SERVICE, polyseal_testing::courier(), NOW, &mut rng).unwrap();
    let (_, answer) = courier.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (of_courier, _) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();

    let awaiting = awaiting.with_confirmed(&of_bank.confirmed).with_confirmed(&of_courier.confirmed);
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let answer = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication;
    let mut approved = approved(awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap());
    drop(approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW + 60, &mut at_seller, &mut rng).unwrap());
}

#[test]
fn a_handshake_goes_on_in_another_process() {
    crate::handshake::goes_on(|holder, rng| holder.confirm(Role::SELLER, shop(), NOW, rng), false);
}
