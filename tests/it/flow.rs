//! The purchase as the patent tells it, and each variation that it describes.

use polyseal::{
    Accepted, Approval, Authenticated, Authentication, AwaitingDecision, Confinement, Delivery, Direct, Dispatch,
    Envelope, FieldName, FormEntry, Identifier, KeySource, MemoryLedger, OrderForm, PresharedKeys, Recipient, Relay,
    Release, Role, Share, Windows,
};
use polyseal_testing::{
    FIELDS, NOW, Parties, Repeatable, approved, bank, confinement, courier, domain, field, form, gateway, holder, id,
    new, order, role, seen, shares, shop, standard_fields,
};

/// Everything goes as bytes, as it would over a network.
macro_rules! sent {
    ($type:ident, $message:expr) => {
        $type::from_bytes(&$message.to_bytes()).unwrap()
    };
}

/// Where the card manager's part goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Relay,
    RelayAll,
    Direct,
}

struct Outcome {
    seller: Vec<String>,
    manager: Vec<String>,
    delivery: Option<Delivery>,
}

/// A whole approved purchase.
fn purchase<K: KeySource>(parties: &Parties<K>, form: &OrderForm, order: &polyseal::Order, way: Way) -> Outcome {
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_manager, mut at_courier] = [9, 9, 9].map(MemoryLedger::new);
    let split = parties.holder.split(order, form).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();

    let awaiting = new(parties.seller.receive(&sent!(Envelope, sealed.envelope), NOW, &mut at_seller).unwrap());
    let seller = seen(awaiting.part());
    let deciding: AwaitingDecision<'_, K> = new(match way {
        Way::Direct => {
            assert!(awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).is_err());
            let [direct] = &*sealed.directs else { panic!("one direct part") };
            parties.manager.receive_direct(&sent!(Direct, direct), NOW, &mut at_manager).unwrap()
        }
        Way::Relay | Way::RelayAll => {
            assert!(sealed.directs.is_empty());
            let relay = match way {
                Way::Relay => awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap(),
                _ => awaiting.relay_all(&Role::CARD_MANAGER, NOW, &mut rng).unwrap(),
            };
            parties.manager.receive(&sent!(Relay, relay), NOW, &mut at_manager).unwrap()
        }
    });
    let manager = seen(deciding.part());
    let Approval { authentication: answer, settlement, .. } = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap();
    assert_eq!(settlement.digest(), sealed.digest);
    assert_eq!((settlement.amount_due(), settlement.payment_type()), ("59.80 EUR", Some("single")));

    let answer = sent!(Authentication, answer);
    let mut approved = approved(awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap());
    let delivers = form.recipients().iter().any(|entry| entry.role == Role::DELIVERY_SERVICE);
    let delivery = delivers.then(|| {
        let dispatch =
            approved.dispatch(&Role::DELIVERY_SERVICE, b"ring twice", NOW, &mut at_seller, &mut rng).unwrap();
        let delivery = new(parties.courier.receive(&sent!(Dispatch, dispatch), NOW, &mut at_courier).unwrap());
        assert_eq!(delivery.instructions(), b"ring twice");
        assert_eq!(delivery.part().digest(), sealed.digest);
        delivery
    });
    Outcome { seller, manager, delivery }
}

fn runs(form: &OrderForm, confinement: Confinement, way: Way) -> Outcome {
    purchase(&Parties::by_form(form.clone(), confinement), form, &order(), way)
}

#[test]
fn an_approved_order_is_delivered_and_each_party_sees_its_fields() {
    let outcome = runs(&OrderForm::standard(), confinement(), Way::Relay);
    assert_eq!(outcome.seller, standard_fields(&Role::SELLER));
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
    let delivery = outcome.delivery.unwrap();
    assert_eq!(seen(delivery.part()), standard_fields(&Role::DELIVERY_SERVICE));
    for (name, value) in delivery.part().fields() {
        let (_, expected) = FIELDS.iter().find(|(field, _)| *field == name.as_str()).unwrap();
        assert_eq!(value, *expected);
    }
    // The bank does not learn who delivers, nor the courier who pays.
    let known: Vec<_> = delivery.part().recipients().map(|entry| entry.role().clone()).collect();
    assert_eq!(known, [Role::SELLER, Role::DELIVERY_SERVICE]);
}

#[test]
fn a_declined_order_ends_with_its_reason() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let [mut at_seller, mut at_manager] = [9, 9].map(MemoryLedger::new);
    let order = order();
    let split = parties.holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(parties.seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let answer = deciding.decline("unknown card", &mut at_manager, &mut rng).unwrap();
    let Authenticated::Declined(declined) = awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap() else {
        panic!("it was declined");
    };
    assert_eq!(declined.reason(), "unknown card");
    assert_eq!(declined.part().digest(), sealed.digest);
}

#[test]
fn approval_and_refusal_have_one_length() {
    let lengths = ["", "x", &"x".repeat(256)].map(|reason| {
        let parties = Parties::standard();
        let mut rng = Repeatable(3);
        let [mut at_seller, mut at_manager] = [9, 9].map(MemoryLedger::new);
        let order = order();
        let split = parties.holder.split(&order, &OrderForm::standard()).unwrap();
        let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();
        let awaiting = new(parties.seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
        let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
        let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
        match reason {
            "" => deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication.to_bytes().len(),
            _ => deciding.decline(reason, &mut at_manager, &mut rng).unwrap().to_bytes().len(),
        }
    });
    assert_eq!(lengths[0], lengths[1]);
    assert_eq!(lengths[0], lengths[2]);
}

#[test]
fn the_card_holder_may_send_the_card_managers_part_itself() {
    let direct = form(|recipients| recipients[1].release = Release::Direct);
    let outcome = runs(&direct, confinement(), Way::Direct);
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
    assert!(outcome.delivery.is_some());
}

#[test]
fn the_seller_may_forward_everything() {
    let outcome = runs(&OrderForm::standard(), confinement(), Way::RelayAll);
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
}

#[test]
fn a_purchase_may_do_without_a_delivery_service() {
    let short = form(|recipients| drop(recipients.pop()));
    let outcome = runs(&short, Confinement::standard(shop()).choose(Role::CARD_MANAGER, bank()), Way::Relay);
    assert!(outcome.delivery.is_none());
}

#[test]
fn a_further_recipient_is_served_on_receipt() {
    let gateway_role = role("gateway");
    let with_gateway = form(|recipients| {
        let fields = [FieldName::AMOUNT_DUE, FieldName::PAYMENT_TYPE].into_iter().collect();
        let release = Release::OnReceipt;
        recipients
            .insert(1, FormEntry { role: role("gateway"), identifier: Some(id("gateway.example")), release, fields });
    });
    let rules = confinement()
        .allow(FieldName::AMOUNT_DUE, gateway_role.clone())
        .allow(FieldName::PAYMENT_TYPE, gateway_role.clone())
        .allow_release(gateway_role.clone(), Release::OnReceipt);
    let [a, b, c, d, e] = shares([holder(), shop(), bank(), courier(), id("gateway.example")]);
    let parties = Parties::new([a, b, c, d], with_gateway.clone(), rules);
    let outcome = purchase(&parties, &with_gateway, &order(), Way::Relay);
    assert!(outcome.delivery.is_some());

    let mut rng = Repeatable(4);
    let [mut at_seller, mut at_gateway] = [9, 9].map(MemoryLedger::new);
    let order = order();
    let split = parties.holder.split(&order, &with_gateway).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(parties.seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let relay = sent!(Relay, awaiting.relay(&gateway_role, NOW, &mut rng).unwrap());
    let delivery = new(gateway(e).receive(&relay, NOW, &mut at_gateway).unwrap());
    assert_eq!(seen(delivery.part()), ["amount.due", "payment.type"]);
}

#[test]
fn fields_can_be_left_out_widened_and_added() {
    // No fax for anyone, though the order has one.
    let no_fax = form(|recipients| {
        for entry in recipients {
            entry.fields.remove(&FieldName::HOLDER_FAX);
        }
    });
    let outcome = runs(&no_fax, confinement(), Way::Relay);
    let fax = "holder.fax".to_string();
    assert!(![outcome.seller, outcome.manager].concat().contains(&fax));
    assert!(!seen(outcome.delivery.unwrap().part()).contains(&fax));

    // No item number for the card manager.
    let no_number = form(|recipients| {
        recipients[1].fields.remove(&FieldName::ITEM_NUMBER);
    });
    let outcome = runs(&no_number, confinement(), Way::Relay);
    assert!(!outcome.manager.contains(&"item.number".to_string()));
    assert!(outcome.seller.contains(&"item.number".to_string()));

    // The destination also to the seller, whom the card holder lets see it.
    let destination = form(|recipients| {
        recipients[0].fields.insert(FieldName::DESTINATION_ADDRESS);
    });
    let parties = Parties::by_form(destination.clone(), confinement());
    assert!(parties.holder.split(&order(), &destination).is_err());
    let widened = confinement().allow(FieldName::DESTINATION_ADDRESS, Role::SELLER);
    let outcome = runs(&destination, widened, Way::Relay);
    assert!(outcome.seller.contains(&"destination.address".to_string()));

    // An added field.
    let note = field("gift.note");
    let with_note = form(|recipients| {
        recipients[2].fields.insert(field("gift.note"));
    });
    let rules = confinement().allow(note.clone(), Role::DELIVERY_SERVICE);
    let mut order = order();
    order.insert(note.clone(), "Happy birthday").unwrap();
    let outcome = purchase(&Parties::by_form(with_note.clone(), rules), &with_note, &order, Way::Relay);
    assert_eq!(outcome.delivery.unwrap().part().get(&note), Some("Happy birthday"));
}

#[test]
fn preshared_keys_take_the_place_of_shares() {
    let names = [holder(), shop(), bank(), courier()];
    let keys = names.clone().map(|own| {
        let mut keys = PresharedKeys::new(own.clone(), domain());
        for peer in names.iter().filter(|peer| **peer != own) {
            // One key for each pair, established elsewhere.
            let mut pair = [own.clone(), peer.clone()];
            pair.sort();
            let mut key = [0; 32];
            for (byte, from) in key.iter_mut().zip(pair.iter().flat_map(Identifier::as_bytes)) {
                *byte = *from;
            }
            keys.insert(peer.clone(), &key);
        }
        keys
    });
    let parties = Parties::new(keys, OrderForm::standard(), confinement());
    let outcome = purchase(&parties, &OrderForm::standard(), &order(), Way::Relay);
    assert_eq!(seen(outcome.delivery.unwrap().part()), standard_fields(&Role::DELIVERY_SERVICE));
}

#[test]
fn a_further_recipient_may_wait_for_the_approval_too() {
    let insurer = role("insurer");
    let with_insurer = form(|recipients| {
        let fields = [FieldName::AMOUNT_DUE].into_iter().collect();
        let identifier = Some(id("insurer.example"));
        recipients.push(FormEntry { role: role("insurer"), identifier, release: Release::OnApproval, fields });
    });
    let rules =
        confinement().allow(FieldName::AMOUNT_DUE, insurer.clone()).allow_release(insurer.clone(), Release::OnApproval);
    let [a, b, c, d, e] = shares([holder(), shop(), bank(), courier(), id("insurer.example")]);
    let parties = Parties::new([a, b, c, d], with_insurer.clone(), rules);
    let mut rng = Repeatable(5);
    let [mut at_seller, mut at_manager, mut at_courier, mut at_insurer] = [9, 9, 9, 9].map(MemoryLedger::new);
    let order = order();
    let split = parties.holder.split(&order, &with_insurer).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();
    let awaiting = new(parties.seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let answer = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication;
    let mut approved = approved(awaiting.authenticate(&answer, NOW, &mut at_seller).unwrap());
    let first = approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut at_seller, &mut rng).unwrap();
    let second = approved.dispatch(&insurer, b"", NOW, &mut at_seller, &mut rng).unwrap();
    assert_eq!(approved.dispatched().len(), 2);
    new(parties.courier.receive(&first, NOW, &mut at_courier).unwrap());
    let insurer: Recipient<Share> = Recipient::new(insurer, e, Accepted::Anyone).unwrap();
    let delivery = new(insurer.receive_dispatch(&second, NOW, &mut at_insurer).unwrap());
    assert_eq!(seen(delivery.part()), ["amount.due"]);
}
