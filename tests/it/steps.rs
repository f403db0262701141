//! Each step's refusals, one by one: by name where the caller can do something about it, and with
//! the one opaque error where only a forger would learn from more.

use polyseal::card_holder::SealedOrder;
use polyseal::key::{CommonKey, Domain, Domains, KeyError};
use polyseal::message::{Authorization, Envelope, Windows};
use polyseal::{
    CardManager, DisclosurePolicy, FieldName, Identifier, KeySource, MemoryLedger, OrderForm, Peers, Pending,
    ReceiveError, Received, Recipient, Refused, Release, Role, Seller, Share, limits,
};
use polyseal_testing::cbor::{Value, with};
use polyseal_testing::story::Story;
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, bank, courier, disclosure, form, gateway, gateway_disclosure, gateway_form,
    holder, id, is_like, new, policy, role, shares, shop,
};

/// After the time to accept an order.
const AFTER_ACCEPT: u64 = NOW + 3601;
const LATE: u64 = NOW + 30 * 24 * 3600 + 1;

fn sealed<K: KeySource>(parties: &Parties<K>, form: &OrderForm) -> SealedOrder {
    let order = polyseal_testing::order();
    let split = parties.holder.split(&order, form).unwrap();
    split.seal(&parties.holder, NOW, Windows::default(), &mut Repeatable(1)).unwrap()
}

fn with_gateway() -> Parties<Share> {
    Parties::by_form(gateway_form(), gateway_disclosure())
}

/// A message is received, and what comes of it filed.
fn filed<N, A>(
    pending: Result<Pending<N, A>, ReceiveError>,
    ledger: &mut MemoryLedger,
) -> Result<Received<N, A>, ReceiveError> {
    Ok(pending?.file(ledger)?)
}

/// A key source whose hardware does not answer for one peer.
struct Unplugged(Share, Identifier);

impl KeySource for Unplugged {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &Domains {
        self.0.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        if *peer == self.1 { Err(KeyError::Unavailable) } else { self.0.common_key(peer, domain) }
    }
}

fn unplugged(from: [Identifier; 4]) -> Parties<Unplugged> {
    let shares = shares([holder(), shop(), bank(), courier()]);
    let mut from = from.into_iter();
    let keys = shares.map(|share| Unplugged(share, from.next().unwrap()));
    Parties::new(keys, OrderForm::standard(), disclosure())
}

#[test]
fn receiving_names_what_is_not_a_matter_of_secrets() {
    let parties = with_gateway();
    let ledger = &mut MemoryLedger::new(9);
    let sealed = sealed(&parties, &gateway_form());
    let seller = &parties.seller;
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let relay = |to: &Role| awaiting.relay(seller, to, NOW, &mut Repeatable(1)).unwrap();
    let (for_manager, for_gateway) = (relay(&Role::CARD_MANAGER), relay(&role(GATEWAY)));
    let lost = parties.manager.receive(&for_gateway, NOW);
    is_like(lost, "NotAddressed { role: Role(\"card-manager\") }", "nothing for this party as \"card-manager\"");
    is_like(seller.receive(&sealed.envelope, LATE), "Time(Expired)", "expired");
    is_like(seller.receive(&sealed.envelope, NOW - 301), "Time(NotYet)", "future");
    // While it may be known, that is asked first.
    let late = filed(seller.receive(&sealed.envelope, AFTER_ACCEPT), ledger);
    is_like(late, "Ledger(Time(Expired))", "expired");

    // Whom a service does not serve.
    let [a, b, c] = shares([bank(), id("gateway.example"), shop()]);
    let elsewhere: Peers = [id("other.example")].into_iter().collect();
    let manager = CardManager::new(a, elsewhere.clone());
    is_like(filed(manager.receive(&for_manager, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let office = Recipient::new(role(GATEWAY), b, elsewhere.clone()).unwrap();
    is_like(filed(office.receive_relay(&for_gateway, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");

    // All that is secret has the one error.
    let forged = with(&sealed.envelope.to_bytes(), &[3, 0, 1, 1], Value::bytes([0; 32]));
    let forged = Envelope::from_bytes(&forged).unwrap();
    is_like(seller.receive(&forged, NOW), "Rejected", "was rejected");
    let stranger = Seller::new(c, policy(OrderForm::standard()));
    is_like(
        filed(stranger.receive(&sealed.envelope, NOW), ledger),
        "Ledger(Policy(Form { role: Role(\"gateway\") }))",
        "\"gateway\"",
    );

    // A key source that fails says so; it is not taken for a forgery.
    let [nobody, from_holder] = [id("nobody"), holder()];
    let cut = unplugged([nobody.clone(), from_holder, nobody.clone(), nobody]);
    let envelope = self::sealed(&cut, &OrderForm::standard()).envelope;
    is_like(cut.seller.receive(&envelope, NOW), "Key(Unavailable)", "not available");
    assert!(ledger.is_empty());
}

#[test]
fn a_policy_of_today_refuses_no_order_of_yesterday() {
    let mut story = Story::of(with_gateway(), gateway_form(), 1);
    let sealed = story.sealed();
    let Parties { seller, manager, courier, .. } = story.parties;
    let (ledger, rng) = (&mut story.ledger, &mut story.rng);
    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(ledger).unwrap());
    let relay = |role: &Role| awaiting.relay(&seller, role, NOW, &mut Repeatable(1)).unwrap();
    let (for_manager, for_gateway) = (relay(&Role::CARD_MANAGER), relay(&role(GATEWAY)));
    let deciding = new(manager.receive(&for_manager, NOW).unwrap().file(ledger).unwrap());
    let [share, once_more] = [(); 2].map(|()| shares([id("gateway.example")]).into_iter().next().unwrap());
    new(gateway(share).receive_relay(&for_gateway, NOW).unwrap().file(ledger).unwrap());
    let approval = new(deciding.approve(&manager, NOW).unwrap().file(ledger).unwrap());
    let answer = approval.authorization(&manager, rng).unwrap();

    let elsewhere: Peers = [id("other.example")].into_iter().collect();
    let [a, b, c, _] = shares([shop(), bank(), polyseal_testing::courier(), holder()]);
    let changed = Seller::new(a, policy(OrderForm::standard()));
    let strict = CardManager::new(b, elsewhere.clone());
    let office = Recipient::new(role(GATEWAY), once_more, elsewhere.clone()).unwrap();
    for now in [NOW, AFTER_ACCEPT] {
        assert!(matches!(filed(changed.receive(&sealed.envelope, now), ledger), Ok(Received::Again(_))));
        assert!(matches!(filed(strict.receive(&for_manager, now), ledger), Ok(Received::Again(_))));
        assert!(matches!(filed(office.receive_relay(&for_gateway, now), ledger), Ok(Received::Again(_))));
    }
    let authorized = new(awaiting.authorize(&changed, &answer, NOW).unwrap().file(ledger).unwrap());
    let approved = polyseal_testing::approved(authorized);
    let to = Role::DELIVERY_SERVICE;
    let approved = new(approved.dispatch(&changed, &to, b"", NOW).unwrap().file(ledger).unwrap());
    let parcel = approved.dispatch_message(&changed, &to, NOW, rng).unwrap();
    let closed = Recipient::delivery_service(c, elsewhere);
    is_like(filed(closed.receive_dispatch(&parcel, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    new(courier.receive_dispatch(&parcel, NOW).unwrap().file(ledger).unwrap());
    assert!(matches!(filed(closed.receive_dispatch(&parcel, NOW), ledger), Ok(Received::Again(_))));
}

#[test]
fn direct_parts_are_held_to_the_same_policy() {
    let direct = |role: &Role| {
        let mut recipients = gateway_form().into_recipients();
        recipients.iter_mut().find(|entry| entry.role == *role).unwrap().release = Release::Direct;
        OrderForm::new(recipients).unwrap()
    };
    let ledger = &mut MemoryLedger::new(9);
    let elsewhere: Peers = [id("other.example")].into_iter().collect();
    let rules = gateway_disclosure().allow_release(role(GATEWAY), Release::Direct);
    let [to_bank, to_gateway] = [Role::CARD_MANAGER, role(GATEWAY)].map(|role| {
        let form = direct(&role);
        sealed(&Parties::by_form(form.clone(), rules.clone()), &form).directs.remove(0)
    });
    let [a, b, c, d] = shares([bank(), id("gateway.example"), bank(), id("gateway.example")]);
    let strict = CardManager::new(a, elsewhere.clone());
    is_like(filed(strict.receive_direct(&to_bank, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let strict = Recipient::new(role(GATEWAY), b, elsewhere).unwrap();
    is_like(filed(strict.receive_direct(&to_gateway, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let (bank, gateway) = (CardManager::new(c, Peers::Anyone), gateway(d));
    for (now, error) in [(NOW - 301, "Time(NotYet)"), (AFTER_ACCEPT, "Ledger(Time(Expired))"), (LATE, "Time(Expired)")]
    {
        is_like(filed(bank.receive_direct(&to_bank, now), ledger), error, "");
        is_like(filed(gateway.receive_direct(&to_gateway, now), ledger), error, "");
    }
    assert!(ledger.is_empty());
    new(bank.receive_direct(&to_bank, NOW).unwrap().file(ledger).unwrap());
    new(gateway.receive_direct(&to_gateway, NOW).unwrap().file(ledger).unwrap());
}

#[test]
fn a_card_manager_decides_on_no_order_whose_amount_it_does_not_see() {
    let blind = form(|recipients| {
        recipients[1].fields.remove(&FieldName::AMOUNT_DUE);
        recipients[1].release = Release::Direct;
    });
    let parties = Parties::by_form(OrderForm::standard(), disclosure());
    let direct = sealed(&parties, &blind).directs.remove(0);
    let refused = parties.manager.receive_direct(&direct, NOW);
    is_like(refused, "Policy(Unseen { field: FieldName(\"amount.due\") })", "\"amount.due\"");
}

#[test]
fn relaying_names_the_role_that_it_is_not_for() {
    let mut story = Story::of(with_gateway(), gateway_form(), 1);
    let awaiting = story.at_seller();
    let (seller, rng) = (&story.parties.seller, &mut story.rng);
    let spy = awaiting.relay(seller, &role("spy"), NOW, rng);
    is_like(spy, "NoSuchRecipient { role: Role(\"spy\") }", "no recipient \"spy\"");
    for role in [Role::SELLER, Role::DELIVERY_SERVICE] {
        let (expected, says) =
            (format!("NotOnReceipt {{ role: {role:?} }}"), format!("\"{role}\" does not get its part on receipt"));
        is_like(awaiting.relay(seller, &role, NOW, rng), &expected, &says);
    }
    is_like(awaiting.relay(seller, &role(GATEWAY), LATE, rng), "Time(Expired)", "expired");

    let nobody = id("nobody");
    let cut = unplugged([nobody.clone(), bank(), nobody.clone(), nobody]);
    let mut story = Story::of(cut, OrderForm::standard(), 1);
    let awaiting = story.at_seller();
    is_like(
        awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng),
        "Key { role: Role(\"card-manager\"), error: Unavailable }",
        "nothing can be sealed for \"card-manager\"",
    );
}

#[test]
fn answers_and_dispatches_name_what_is_wrong() {
    let mut story = Story::of(with_gateway(), gateway_form(), 1);
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let Parties { seller, manager, .. } = &story.parties;
    let (ledger, rng) = (&mut story.ledger, &mut story.rng);

    let Refused { state, error } = deciding.decline(manager, &"ü".repeat(129)).err().unwrap();
    is_like(Err::<(), _>(error), "TooLong { what: \"the reason\", most: 256 }", "256");
    let Refused { state, error } = state.approve(manager, AFTER_ACCEPT).err().unwrap();
    is_like(Err::<(), _>(error), "Time(Expired)", "expired");
    let approval = new(state.approve(manager, NOW).unwrap().file(ledger).unwrap());
    let answer = approval.authorization(manager, rng).unwrap();

    let changed = |path: &[usize], value| Authorization::from_bytes(&with(&answer.to_bytes(), path, value)).unwrap();
    let mut awaiting = awaiting;
    for (answer, now, expected, says) in [
        (changed(&[2], Value::bytes([0; 32])), NOW, "OtherOrder", "another order"),
        (changed(&[3, 0, 0], Value::text("x")), NOW, "Key(UnknownDomain)", "this domain"),
        (changed(&[3, 1], Value::bytes([0; 32])), NOW, "Rejected", "was rejected"),
        (answer.clone(), LATE, "Time(Expired)", "expired"),
    ] {
        let Refused { state, error } = awaiting.authorize(seller, &answer, now).err().unwrap();
        is_like(Err::<(), _>(error), expected, says);
        awaiting = state;
    }
    let pending = awaiting.authorize(seller, &answer, NOW).unwrap();
    let mut approved = polyseal_testing::approved(new(pending.file(ledger).unwrap()));
    let before = approved.export();
    let most = vec![0; limits::INSTRUCTIONS + 1];
    let delivery = Role::DELIVERY_SERVICE;
    let not_waiting = [Role::SELLER, Role::CARD_MANAGER, role(GATEWAY)].map(|role| {
        let (expected, says) = (format!("NotOnApproval {{ role: {role:?} }}"), format!("\"{role}\" does not wait"));
        (role, &b""[..], NOW, expected, says)
    });
    let refused = [
        (role("spy"), &b""[..], NOW, "NoSuchRecipient { role: Role(\"spy\") }", "\"spy\""),
        (delivery.clone(), &most, NOW, "TooLong { what: \"instructions\", most: 4096 }", "4096"),
        (delivery.clone(), b"", LATE, "Time(Expired)", "expired"),
    ];
    let refused = refused.map(|(role, text, now, expected, says)| (role, text, now, expected.into(), says.into()));
    for (role, instructions, now, expected, says) in not_waiting.into_iter().chain(refused) {
        let Refused { state, error } = approved.dispatch(seller, &role, instructions, now).err().unwrap();
        is_like(Err::<(), _>(error), &expected, &says);
        approved = state;
    }
    // Whoever is served on receipt, and had nothing before the answer came, is served after it.
    let [for_gateway, _] = shares([id("gateway.example"), shop()]);
    let relay = approved.relay(seller, &role(GATEWAY), NOW, rng).unwrap();
    new(gateway(for_gateway).receive_relay(&relay, NOW).unwrap().file(ledger).unwrap());
    let relay = approved.relay(seller, &delivery, NOW, rng);
    is_like(relay, "NotOnReceipt { role: Role(\"delivery-service\") }", "on receipt");
    // The message of a dispatch is of one that is filed.
    let unfiled = approved.dispatch_message(seller, &delivery, NOW, rng);
    is_like(unfiled, "NotDispatched { role: Role(\"delivery-service\") }", "file that first");
    for (role, expected) in [(role("spy"), "NoSuchRecipient"), (role(GATEWAY), "NotOnApproval")] {
        let expected = format!("{expected} {{ role: {role:?} }}");
        is_like(approved.dispatch_message(seller, &role, NOW, rng), &expected, "");
    }
    assert_eq!(approved.export(), before);

    let approved = new(approved.dispatch(seller, &delivery, &most[1..], NOW).unwrap().file(ledger).unwrap());
    is_like(approved.dispatch_message(seller, &delivery, LATE, rng), "Time(Expired)", "expired");
    let parcel = approved.dispatch_message(seller, &delivery, NOW, rng).unwrap();
    let [a, b] = shares([courier(), shop()]);
    let strict = Recipient::delivery_service(a, [b.identifier().clone()].into_iter().collect());
    is_like(strict.receive_dispatch(&parcel, LATE), "Time(Expired)", "expired");
    let delivered = new(strict.receive_dispatch(&parcel, NOW).unwrap().file(ledger).unwrap());
    assert_eq!(delivered.instructions().len(), limits::INSTRUCTIONS);
}

#[test]
fn a_step_is_taken_by_whose_order_it_is() {
    let mut story = Story::standard(1);
    let [a, b] = shares([id("other-shop.example"), id("other-bank.example")]);
    let other_shop = Seller::new(a, policy(OrderForm::standard()));
    let other_bank = CardManager::new(b, Peers::Anyone);
    let (expected, says) = ("OtherParty", "another party's, or of another role");
    let awaiting = story.at_seller();
    is_like(awaiting.relay(&other_shop, &Role::CARD_MANAGER, NOW, &mut story.rng), expected, says);
    let deciding = story.at_manager(&awaiting);
    let Refused { state, error } = deciding.approve(&other_bank, NOW).err().unwrap();
    is_like(Err::<(), _>(error), expected, says);
    let Refused { state, error } = state.decline(&other_bank, "no").err().unwrap();
    is_like(Err::<(), _>(error), expected, says);
    let approval = story.approval(state);
    is_like(approval.authorization(&other_bank, &mut story.rng), expected, says);
    let answer = approval.authorization(&story.parties.manager, &mut story.rng).unwrap();
    let Refused { state, error } = awaiting.authorize(&other_shop, &answer, NOW).err().unwrap();
    is_like(Err::<(), _>(error), expected, says);
    let authorized = state.authorize(&story.parties.seller, &answer, NOW).unwrap().file(&mut story.ledger).unwrap();
    let approved = polyseal_testing::approved(new(authorized));
    let to = Role::DELIVERY_SERVICE;
    let Refused { state, error } = approved.dispatch(&other_shop, &to, b"", NOW).err().unwrap();
    is_like(Err::<(), _>(error), expected, says);
    let (dispatched, dispatch) = story.dispatched(state, b"");
    is_like(dispatched.dispatch_message(&other_shop, &to, NOW, &mut story.rng), expected, says);
    story.delivered(&dispatch);
}

#[test]
fn without_a_card_manager_nobody_answers() {
    let alone = form(|recipients| drop(recipients.drain(1..)));
    let mut story = Story::of(Parties::by_form(alone.clone(), DisclosurePolicy::standard(shop())), alone, 1);
    let awaiting = story.at_seller();
    let mut other = Story::of(with_gateway(), gateway_form(), 1);
    let deciding = other.at_seller();
    let deciding = other.at_manager(&deciding);
    let manager = &other.parties.manager;
    let decided = new(deciding.decline(manager, "no").unwrap().file(&mut other.ledger).unwrap());
    let answer = decided.authorization(manager, &mut other.rng).unwrap().to_bytes();
    let answer = with(&answer, &[2], Value::bytes(awaiting.part().digest().as_bytes()));
    let answer = Authorization::from_bytes(&answer).unwrap();
    let refused = awaiting.authorize(&story.parties.seller, &answer, NOW).err().unwrap();
    let expected = "NoSuchRecipient { role: Role(\"card-manager\") }";
    is_like(Err::<(), _>(refused.error), expected, "\"card-manager\" does not send");
}
