//! Each step's refusals, one by one: by name where the caller can do something about it, and with
//! the one opaque error where only a forger would learn from more.

use polyseal::{
    Accepted, AuthenticateError, Authentication, CardManager, CommonKey, Confinement, DecideError, DeliveryService,
    DispatchError, Domain, Envelope, FieldName, Identifier, KeyError, KeySource, MemoryLedger, OrderForm, PolicyError,
    ReceiveError, Recipient, Refused, Relay, RelayError, Release, Role, SealedOrder, Seller, Share, TimeError, Windows,
    limits,
};
use polyseal_testing::cbor::{Value, with};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, bank, confinement, courier, form, gateway, gateway_confinement,
    gateway_form, holder, id, is, new, order, policy, role, shares, shop,
};

const LATE: u64 = NOW + 30 * 24 * 3600 + 1;

fn sealed<'a, K: KeySource>(parties: &'a Parties<K>, form: &OrderForm) -> SealedOrder<'a, K> {
    let order = order();
    let split = parties.holder.split(&order, form).unwrap();
    split.seal(NOW, Windows::default(), &mut Repeatable(1)).unwrap()
}

fn with_gateway() -> Parties<Share> {
    Parties::by_form(gateway_form(), gateway_confinement())
}

/// A key source whose hardware does not answer for one peer.
struct Unplugged(Share, Identifier);

impl KeySource for Unplugged {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &[Domain] {
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
    Parties::new(keys, OrderForm::standard(), confinement())
}

#[test]
fn receiving_names_what_is_not_a_matter_of_secrets() {
    let parties = with_gateway();
    let ledger = &mut MemoryLedger::new(9);
    let sealed = sealed(&parties, &gateway_form());
    let awaiting = new(parties.seller.receive(&sealed.envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
    let relay = |to: &Role| awaiting.relay(to, NOW, &mut Repeatable(1)).unwrap();
    let (for_manager, for_gateway) = (relay(&Role::CARD_MANAGER), relay(&role(GATEWAY)));
    let lost = ReceiveError::NotAddressed { role: Role::CARD_MANAGER };
    is(parties.manager.receive(&for_gateway, NOW, ledger), lost, "no part for \"card-manager\"");
    is(parties.seller.receive(&sealed.envelope, LATE, ledger), ReceiveError::Time(TimeError::Expired), "expired");
    is(parties.seller.receive(&sealed.envelope, NOW - 301, ledger), ReceiveError::Time(TimeError::NotYet), "future");

    // Whom a service does not serve.
    let [a, b, c] = shares([bank(), id("gateway.example"), shop()]);
    let elsewhere: Accepted = [id("other.example")].into_iter().collect();
    let manager = CardManager::new(a, elsewhere.clone());
    is(manager.receive(&for_manager, NOW, ledger), ReceiveError::Policy(PolicyError::Seller), "does not serve");
    let office = Recipient::new(role(GATEWAY), b, elsewhere.clone()).unwrap();
    is(office.receive(&for_gateway, NOW, ledger), ReceiveError::Policy(PolicyError::Seller), "does not serve");

    // All that is secret has the one error.
    let forged = with(&sealed.envelope.to_bytes(), &[3, 0, 1, 1], Value::bytes([0; 32]));
    let forged = Envelope::from_bytes(&forged).unwrap();
    is(parties.seller.receive(&forged, NOW, ledger), ReceiveError::Rejected, "was rejected");
    let stranger = Seller::new(c, policy(OrderForm::standard()));
    is(
        stranger.receive(&sealed.envelope, NOW, ledger),
        ReceiveError::Policy(PolicyError::Form { role: role(GATEWAY) }),
        "\"gateway\"",
    );

    // A key source that fails says so; it is not taken for a forgery.
    let [nobody, from_holder] = [id("nobody"), holder()];
    let cut = unplugged([nobody.clone(), from_holder, nobody.clone(), nobody]);
    let envelope = self::sealed(&cut, &OrderForm::standard()).envelope;
    is(cut.seller.receive(&envelope, NOW, ledger), ReceiveError::Key(KeyError::Unavailable), "unavailable");
    assert!(ledger.is_empty());
}

#[test]
fn direct_parts_are_held_to_the_same_policy() {
    let direct = |role: &Role| {
        let mut recipients = gateway_form().into_recipients();
        recipients.iter_mut().find(|entry| entry.role == *role).unwrap().release = Release::Direct;
        OrderForm::new(recipients).unwrap()
    };
    let ledger = &mut MemoryLedger::new(9);
    let elsewhere: Accepted = [id("other.example")].into_iter().collect();
    let rules = gateway_confinement().allow_release(role(GATEWAY), Release::Direct);
    let [to_bank, to_gateway] = [Role::CARD_MANAGER, role(GATEWAY)].map(|role| {
        let form = direct(&role);
        sealed(&Parties::by_form(form.clone(), rules.clone()), &form).directs.remove(0)
    });
    let [a, b, c, d] = shares([bank(), id("gateway.example"), bank(), id("gateway.example")]);
    let refused = || ReceiveError::Policy(PolicyError::Seller);
    let strict = CardManager::new(a, elsewhere.clone());
    is(strict.receive_direct(&to_bank, NOW, ledger), refused(), "does not serve");
    let strict = Recipient::new(role(GATEWAY), b, elsewhere).unwrap();
    is(strict.receive_direct(&to_gateway, NOW, ledger), refused(), "does not serve");
    let (bank, gateway) = (CardManager::new(c, Accepted::Anyone), gateway(d));
    for (now, error) in [(NOW - 301, TimeError::NotYet), (LATE, TimeError::Expired)] {
        is(bank.receive_direct(&to_bank, now, ledger), ReceiveError::Time(error), "");
        is(gateway.receive_direct(&to_gateway, now, ledger), ReceiveError::Time(error), "");
    }
    assert!(ledger.is_empty());
    new(bank.receive_direct(&to_bank, NOW, ledger).unwrap());
    new(gateway.receive_direct(&to_gateway, NOW, ledger).unwrap());
}

#[test]
fn a_card_manager_decides_on_no_order_whose_amount_it_does_not_see() {
    let blind = form(|recipients| {
        recipients[1].fields.remove(&FieldName::AMOUNT_DUE);
        recipients[1].release = Release::Direct;
    });
    let parties = Parties::by_form(OrderForm::standard(), confinement());
    let direct = sealed(&parties, &blind).directs.remove(0);
    let unseen = ReceiveError::Policy(PolicyError::Unseen { field: FieldName::AMOUNT_DUE });
    is(parties.manager.receive_direct(&direct, NOW, &mut MemoryLedger::new(9)), unseen, "\"amount.due\"");
}

#[test]
fn relaying_names_the_role_that_it_is_not_for() {
    let parties = with_gateway();
    let rng = &mut Repeatable(1);
    let envelope = sealed(&parties, &gateway_form()).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
    let spy = RelayError::NoSuchRecipient { role: role("spy") };
    is(awaiting.relay(&role("spy"), NOW, rng), spy.clone(), "no recipient \"spy\"");
    is(awaiting.relay_all(&role("spy"), NOW, rng), spy, "no recipient \"spy\"");
    for role in [Role::SELLER, Role::DELIVERY_SERVICE] {
        let says = format!("\"{role}\" is not served on receipt");
        is(awaiting.relay(&role, NOW, rng), RelayError::NotOnReceipt { role: role.clone() }, &says);
        is(awaiting.relay_all(&role, NOW, rng), RelayError::NotOnReceipt { role }, &says);
    }
    is(awaiting.relay(&role(GATEWAY), LATE, rng), RelayError::Time(TimeError::Expired), "expired");

    let nobody = id("nobody");
    let cut = unplugged([nobody.clone(), bank(), nobody.clone(), nobody]);
    let envelope = sealed(&cut, &OrderForm::standard()).envelope;
    let awaiting = new(cut.seller.receive(&envelope, NOW, &mut MemoryLedger::new(1)).unwrap());
    is(awaiting.relay(&Role::CARD_MANAGER, NOW, rng), RelayError::Key(KeyError::Unavailable), "unavailable");
}

#[test]
fn answers_and_dispatches_name_what_is_wrong() {
    let parties = with_gateway();
    let rng = &mut Repeatable(1);
    let ledger = &mut MemoryLedger::new(9);
    let envelope = sealed(&parties, &gateway_form()).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW, ledger).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, ledger).unwrap());

    let Err(Refused { state, error }) = deciding.decline(&"ü".repeat(129), ledger, rng) else { panic!("too long") };
    assert!(matches!(error, DecideError::Reason) && error.to_string().contains("256"));
    let Err(Refused { state, error }) = state.approve(NOW + 3601, ledger, rng) else { panic!("too late") };
    assert!(matches!(error, DecideError::Time(TimeError::Expired)) && error.to_string().contains("expired"));
    let answer = state.approve(NOW, ledger, rng).unwrap().authentication;

    let changed = |path: &[usize], value| Authentication::from_bytes(&with(&answer.to_bytes(), path, value)).unwrap();
    let late = (answer.clone(), LATE, AuthenticateError::Time(TimeError::Expired), "expired");
    let mut awaiting = Some(awaiting);
    for (answer, now, expected, says) in [
        (changed(&[2], Value::bytes([0; 32])), NOW, AuthenticateError::OtherOrder, "another order"),
        (changed(&[3, 0, 0], Value::text("x")), NOW, AuthenticateError::Key(KeyError::UnknownDomain), "this domain"),
        (changed(&[3, 1], Value::bytes([0; 32])), NOW, AuthenticateError::Rejected, "was rejected"),
        late,
    ] {
        let Refused { state, error } = awaiting.take().unwrap().authenticate(&answer, now, ledger).err().unwrap();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error, expected);
        awaiting = Some(state);
    }
    let mut approved = approved(awaiting.take().unwrap().authenticate(&answer, NOW, ledger).unwrap());
    let before = approved.export();
    let spy = DispatchError::NoSuchRecipient { role: role("spy") };
    is(approved.dispatch(&role("spy"), b"", NOW, ledger, rng), spy, "\"spy\"");
    for role in [Role::SELLER, Role::CARD_MANAGER, role(GATEWAY)] {
        let says = format!("\"{role}\" does not wait");
        is(approved.dispatch(&role.clone(), b"", NOW, ledger, rng), DispatchError::NotOnApproval { role }, &says);
    }
    let most = vec![0; limits::INSTRUCTIONS + 1];
    // Whoever is served on receipt, and had nothing before the answer came, is served after it.
    let [for_gateway, _] = shares([id("gateway.example"), shop()]);
    let gate = gateway(for_gateway);
    for relay in [approved.relay(&role(GATEWAY), NOW, rng), approved.relay_all(&role(GATEWAY), NOW, rng)] {
        new(gate.receive(&relay.unwrap(), NOW, &mut MemoryLedger::new(1)).unwrap());
    }
    let delivery = Role::DELIVERY_SERVICE;
    is(approved.relay(&delivery, NOW, rng), RelayError::NotOnReceipt { role: delivery.clone() }, "on receipt");
    is(approved.dispatch(&delivery, &most, NOW, ledger, rng), DispatchError::Instructions, "4096");
    is(approved.dispatch(&delivery, b"", LATE, ledger, rng), DispatchError::Time(TimeError::Expired), "expired");
    assert_eq!(approved.export(), before);
    let parcel = approved.dispatch(&delivery, &most[1..], NOW, ledger, rng).unwrap();
    let [a, b] = shares([courier(), shop()]);
    let strict = DeliveryService::new(a, [b.identifier().clone()].into_iter().collect());
    is(strict.receive(&parcel, LATE, ledger), ReceiveError::Time(TimeError::Expired), "expired");
    assert_eq!(new(strict.receive(&parcel, NOW, ledger).unwrap()).instructions().len(), limits::INSTRUCTIONS);
}

#[test]
fn without_a_card_manager_nobody_answers() {
    let alone = form(|recipients| drop(recipients.drain(1..)));
    let parties = Parties::by_form(alone.clone(), Confinement::standard(shop()));
    let mut ledger = MemoryLedger::new(9);
    let envelope = sealed(&parties, &alone).envelope;
    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut ledger).unwrap());
    let other = with_gateway();
    let relay = new(other.seller.receive(&sealed(&other, &gateway_form()).envelope, NOW, &mut ledger).unwrap());
    let relay: Relay = relay.relay(&Role::CARD_MANAGER, NOW, &mut Repeatable(1)).unwrap();
    let deciding = new(other.manager.receive(&relay, NOW, &mut ledger).unwrap());
    let answer = deciding.decline("no", &mut ledger, &mut Repeatable(1)).unwrap().to_bytes();
    let answer = with(&answer, &[2], Value::bytes(envelope.digest().as_bytes()));
    let answer = Authentication::from_bytes(&answer).unwrap();
    let refused = awaiting.authenticate(&answer, NOW, &mut ledger).err().unwrap();
    is(Err::<(), _>(refused.error), AuthenticateError::NoCardManager, "no card manager");
}
