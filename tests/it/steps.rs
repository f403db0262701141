//! Each step's refusals, one by one: by name where the caller can do something about it, and with
//! the one opaque error where only a forger would learn from more.

use polyseal::key::KeyError;
use polyseal::message::{Authorization, Envelope};
use polyseal::{
    CardManager, Domain, Identifier, KeySource, MemoryLedger, OrderForm, Peers, Pending, ReceiveError, Received,
    Recipient, Refused, Release, Role, Seller, Share, limits,
};
use polyseal_testing::cbor::{Value, with};
use polyseal_testing::keys::Behind;
use polyseal_testing::story::Story;
use polyseal_testing::{
    GATEWAY, NOW, Parties, approved, bank, courier, directly, disclosure, form, gateway, gateway_disclosure,
    gateway_form, holder, id, is_like, new, policy, role, shares, shop,
};

const LATE: u64 = NOW + 30 * 24 * 3600 + 1;
const LATE_TO_SETTLE: u64 = NOW + 180 * 24 * 3600 + 1;
/// Too late to accept an order, in time to dispatch it.
const LATE_TO_ACCEPT: u64 = NOW + 3601;

/// A message that is received and filed, or why not.
pub fn filed<N, A>(
    pending: Result<Pending<N, A>, ReceiveError>,
    ledger: &mut MemoryLedger,
) -> Result<Received<N, A>, ReceiveError> {
    Ok(pending?.file(ledger)?)
}

pub fn with_gateway() -> Story<Share> {
    Story::of(Parties::by_form(gateway_form(), gateway_disclosure()), gateway_form(), 1)
}

/// Parties whose hardware does not answer for one peer.
fn unplugged(from: [Identifier; 4]) -> Story<impl KeySource> {
    let mut from = from.into_iter();
    let keys = shares([holder(), shop(), bank(), courier()]).map(|share| {
        let cut = from.next().unwrap();
        Behind::new(
            share,
            move |share: &Share, peer: &Identifier, domain: &Domain| {
                if *peer == cut { Err(KeyError::Unavailable) } else { share.common_key(peer, domain) }
            },
        )
    });
    Story::of(Parties::new(keys, OrderForm::standard(), disclosure()), OrderForm::standard(), 1)
}

#[test]
fn receiving_names_what_is_not_a_matter_of_secrets() {
    let mut story = with_gateway();
    let envelope = story.sealed().envelope;
    let Parties { seller, manager, .. } = &story.parties;
    let awaiting = new(filed(seller.receive(&envelope, NOW), &mut story.ledger).unwrap());
    let [for_manager, for_gateway] =
        [Role::CARD_MANAGER, role(GATEWAY)].map(|to| awaiting.relay(seller, &to, NOW, &mut story.rng).unwrap());
    let ledger = &mut MemoryLedger::new(9);
    let lost = "NotAddressed { role: Role(\"card-manager\") }";
    is_like(manager.receive(&for_gateway, NOW), lost, "nothing for this party as \"card-manager\"");
    is_like(seller.receive(&envelope, LATE), "Time(Expired)", "expired");
    is_like(seller.receive(&envelope, NOW - 301), "Time(NotYet)", "future");
    // Only the ledger knows whether an order that is late to be accepted was accepted in time.
    is_like(filed(seller.receive(&envelope, LATE_TO_ACCEPT), ledger), "Ledger(Time(Expired))", "expired");

    // Whom a service does not serve.
    let [a, b, c] = shares([bank(), id("gateway.example"), shop()]);
    let elsewhere: Peers = [id("other.example")].into_iter().collect();
    let strict = CardManager::new(a, elsewhere.clone());
    is_like(filed(strict.receive(&for_manager, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let office = Recipient::new(role(GATEWAY), b, elsewhere).unwrap();
    is_like(filed(office.receive_relay(&for_gateway, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let changed = Seller::new(c, policy(OrderForm::standard()));
    let as_form = "Ledger(Policy(Form { role: Role(\"gateway\"), selector: None }))";
    is_like(filed(changed.receive(&envelope, NOW), ledger), as_form, "\"gateway\"");

    // All that is secret has the one error.
    let forged = with(&envelope.to_bytes(), &[3, 0, 1, 1], Value::bytes([0; 32]));
    is_like(seller.receive(&Envelope::from_bytes(&forged).unwrap(), NOW), "Rejected", "was rejected");

    // A key source that fails says so; it is not taken for a forgery.
    let [nobody, from_holder] = [id("nobody"), holder()];
    let mut cut = unplugged([nobody.clone(), from_holder, nobody.clone(), nobody]);
    let envelope = cut.sealed().envelope;
    is_like(cut.parties.seller.receive(&envelope, NOW), "Key(Unavailable)", "not available now");
    assert!(ledger.is_empty());
}

#[test]
fn direct_parts_are_held_to_the_same_policy() {
    let rules = gateway_disclosure().allow_release(role(GATEWAY), Release::Direct);
    let [to_bank, to_gateway] = [Role::CARD_MANAGER, role(GATEWAY)].map(|role| {
        let form = directly(gateway_form(), &role);
        Story::of(Parties::by_form(form.clone(), rules.clone()), form, 1).sealed().directs.remove(0)
    });
    let ledger = &mut MemoryLedger::new(9);
    let elsewhere: Peers = [id("other.example")].into_iter().collect();
    let [a, b, c, d] = shares([bank(), id("gateway.example"), bank(), id("gateway.example")]);
    let strict_bank = CardManager::new(a, elsewhere.clone());
    is_like(filed(strict_bank.receive_direct(&to_bank, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let strict_gateway = Recipient::new(role(GATEWAY), b, elsewhere).unwrap();
    is_like(filed(strict_gateway.receive_direct(&to_gateway, NOW), ledger), "Ledger(Policy(Seller))", "does not serve");
    let (bank, gateway) = (CardManager::new(c, Peers::Anyone), gateway(d));
    for (now, error) in
        [(NOW - 301, "Time(NotYet)"), (LATE, "Time(Expired)"), (LATE_TO_ACCEPT, "Ledger(Time(Expired))")]
    {
        is_like(filed(bank.receive_direct(&to_bank, now), ledger), error, "");
        is_like(filed(gateway.receive_direct(&to_gateway, now), ledger), error, "");
    }
    assert!(ledger.is_empty());
    new(filed(bank.receive_direct(&to_bank, NOW), ledger).unwrap());
    new(filed(gateway.receive_direct(&to_gateway, NOW), ledger).unwrap());
    // once it is known, it is answered before policy and time to accept are asked.
    let known = filed(strict_bank.receive_direct(&to_bank, LATE_TO_ACCEPT), ledger);
    assert!(matches!(known, Ok(Received::Again(_))));
    let known = filed(strict_gateway.receive_direct(&to_gateway, LATE_TO_ACCEPT), ledger);
    assert!(matches!(known, Ok(Received::Again(_))));
}

#[test]
fn relaying_names_the_role_that_it_is_not_for() {
    let mut story = with_gateway();
    let awaiting = story.at_seller();
    let (seller, rng) = (&story.parties.seller, &mut story.rng);
    let spy = "NoSuchRecipient { role: Role(\"spy\") }";
    is_like(awaiting.relay(seller, &role("spy"), NOW, rng), spy, "no recipient \"spy\"");
    for role in [Role::SELLER, Role::DELIVERY_SERVICE] {
        let error = format!("NotOnReceipt {{ role: {role:?} }}");
        let says = format!("\"{role}\" does not get its part on receipt");
        is_like(awaiting.relay(seller, &role, NOW, rng), &error, &says);
    }
    is_like(awaiting.relay(seller, &role(GATEWAY), LATE, rng), "Time(Expired)", "expired");

    let nobody = id("nobody");
    let mut cut = unplugged([nobody.clone(), bank(), nobody.clone(), nobody]);
    let awaiting = cut.at_seller();
    let error = "Key { role: Role(\"card-manager\"), error: Unavailable }";
    let relay = awaiting.relay(&cut.parties.seller, &Role::CARD_MANAGER, NOW, &mut cut.rng);
    is_like(relay, error, "\"card-manager\": the key is not available now");
}

#[test]
fn answers_and_dispatches_name_what_is_wrong() {
    // W-3
    let mut story = with_gateway();
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let Parties { seller, manager, .. } = &story.parties;

    // What is refused comes back: as error and as state.
    macro_rules! refused {
        ($step:expr, $error:expr, $says:expr) => {{
            let Refused { state, error } = $step.map(drop).unwrap_err();
            is_like(Err::<(), _>(error), $error, $says);
            state
        }};
    }
    let before = deciding.export();
    let long = "TooLong { what: \"the reason\", most: 256 }";
    let deciding = refused!(deciding.decline(manager, &"ü".repeat(129), NOW), long, "at most 256 bytes");
    let deciding = refused!(deciding.approve(manager, LATE_TO_ACCEPT), "Time(Expired)", "expired");
    assert_eq!(deciding.export(), before);
    let approval = new(deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap());
    let answer = approval.authorization(manager, &mut story.rng).unwrap();

    let changed = |path: &[usize], value| Authorization::from_bytes(&with(&answer.to_bytes(), path, value)).unwrap();
    let before = awaiting.export();
    let mut awaiting = awaiting;
    for (answer, now, error, says) in [
        (changed(&[2], Value::bytes([0; 32])), NOW, "OtherOrder", "another order"),
        (changed(&[3, 0], Value::bytes([0; 16])), NOW, "Key(UnknownDomain)", "this domain"),
        (changed(&[3, 1], Value::bytes([0; 32])), NOW, "Rejected", "was rejected"),
        (answer.clone(), LATE_TO_SETTLE, "Time(Expired)", "expired"),
    ] {
        awaiting = refused!(awaiting.authorize(seller, &answer, now), error, says);
        assert_eq!(awaiting.export(), before);
    }
    let pending = awaiting.authorize(seller, &answer, LATE_TO_ACCEPT).unwrap();
    let mut approved = approved(new(pending.file(&mut story.ledger).unwrap()));

    // Whoever is served on receipt, and had nothing before the answer came, is served after it.
    let [share, for_courier] = shares([id("gateway.example"), courier()]);
    let relay = approved.relay(seller, &role(GATEWAY), NOW, &mut story.rng).unwrap();
    new(filed(gateway(share).receive_relay(&relay, NOW), &mut story.ledger).unwrap());
    let delivery = Role::DELIVERY_SERVICE;
    let not_on_receipt = "NotOnReceipt { role: Role(\"delivery-service\") }";
    is_like(approved.relay(seller, &delivery, NOW, &mut story.rng), not_on_receipt, "on receipt");

    let before = approved.export();
    let most = vec![0; limits::INSTRUCTIONS + 1];
    let spy = "NoSuchRecipient { role: Role(\"spy\") }";
    approved = refused!(approved.dispatch(seller, &role("spy"), b"", NOW), spy, "\"spy\"");
    for role in [Role::SELLER, Role::CARD_MANAGER, role(GATEWAY)] {
        let (error, says) = (format!("NotOnApproval {{ role: {role:?} }}"), format!("\"{role}\" does not wait"));
        approved = refused!(approved.dispatch(seller, &role, b"", NOW), &error, &says);
    }
    let long = "TooLong { what: \"instructions\", most: 4096 }";
    approved = refused!(approved.dispatch(seller, &delivery, &most, NOW), long, "4096");
    approved = refused!(approved.dispatch(seller, &delivery, b"", LATE), "Time(Expired)", "expired");
    assert_eq!(approved.export(), before);
    // There is no message of a dispatch that is not filed.
    let not_filed = "NotDispatched { role: Role(\"delivery-service\") }";
    is_like(approved.dispatch_message(seller, &delivery, NOW, &mut story.rng), not_filed, "file that first");
    let (_, parcel) = story.dispatched(approved, &most[1..]);
    let strict = Recipient::delivery_service(for_courier, [shop()].into_iter().collect());
    is_like(strict.receive_dispatch(&parcel, LATE), "Time(Expired)", "expired");
    let delivery = new(filed(strict.receive_dispatch(&parcel, LATE_TO_ACCEPT), &mut story.ledger).unwrap());
    assert_eq!(delivery.instructions().len(), limits::INSTRUCTIONS);
}

#[test]
fn without_a_card_manager_nobody_answers() {
    let alone = form(|recipients| drop(recipients.drain(1..)));
    let rules = polyseal::DisclosurePolicy::standard(shop());
    let mut story = Story::of(Parties::by_form(alone.clone(), rules), alone, 1);
    let awaiting = story.at_seller();
    let mut other = with_gateway();
    let deciding = {
        let awaiting = other.at_seller();
        other.at_manager(&awaiting)
    };
    let manager = &other.parties.manager;
    let declined = new(deciding.decline(manager, "no", NOW).unwrap().file(&mut other.ledger).unwrap());
    let answer = declined.authorization(manager, &mut other.rng).unwrap().to_bytes();
    let answer = with(&answer, &[2], Value::bytes(awaiting.part().digest().as_bytes()));
    let answer = Authorization::from_bytes(&answer).unwrap();
    let refused = awaiting.authorize(&story.parties.seller, &answer, NOW).unwrap_err();
    let nobody = "NoSuchRecipient { role: Role(\"card-manager\") }";
    is_like(Err::<(), _>(refused.error), nobody, "a \"card-manager\" does not send");
}
