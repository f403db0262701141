//! The purchase as the patent tells it, and each variation that it describes.

use polyseal::key::PresharedKeys;
use polyseal::message::{Authorization, Direct, Dispatch, Envelope, Relay, Windows};
use polyseal::order::FormEntry;
use polyseal::recipient::Delivery;
use polyseal::seller::Authorized;
use polyseal::{
    DisclosurePolicy, FieldName, Identifier, KeySource, MemoryLedger, OrderForm, Peers, Recipient, Release, Role, Share,
};
use polyseal_testing::forge::relay_of_all_parts;
use polyseal_testing::story::Story;
use polyseal_testing::{
    FIELDS, GATEWAY, NOW, Parties, Repeatable, approved, bank, courier, disclosure, domain, field, form, gateway,
    gateway_disclosure, gateway_form, holder, id, new, order, role, seen, shares, shop, standard_fields,
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
    let sealed = split.seal(&parties.holder, NOW, Windows::default(), &mut rng).unwrap();

    let Parties { seller: merchant, manager: issuer, courier, .. } = parties;
    let envelope = sent!(Envelope, sealed.envelope);
    let awaiting = new(merchant.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let seller = seen(awaiting.part());
    let relay = awaiting.relay(merchant, &Role::CARD_MANAGER, NOW, &mut rng);
    let pending = match way {
        Way::Direct => {
            assert!(relay.is_err());
            let [direct] = &*sealed.directs else { panic!("one direct part") };
            issuer.receive_direct(&sent!(Direct, direct), NOW).unwrap()
        }
        Way::Relay | Way::RelayAll => {
            assert!(sealed.directs.is_empty());
            let relay = match way {
                Way::Relay => relay.unwrap().to_bytes(),
                _ => relay_of_all_parts(&envelope, &shares([shop()])[0], &bank()),
            };
            issuer.receive(&Relay::from_bytes(&relay).unwrap(), NOW).unwrap()
        }
    };
    let deciding = new(pending.file(&mut at_manager).unwrap());
    let manager = seen(deciding.part());
    let approval = new(deciding.approve(issuer, NOW).unwrap().file(&mut at_manager).unwrap());
    let settlement = approval.settlement();
    assert_eq!(settlement.digest(), sealed.digest);
    assert_eq!((settlement.amount_due(), settlement.payment_type()), ("59.80 EUR", Some("single")));

    let answer = sent!(Authorization, approval.authorization(issuer, &mut rng).unwrap());
    let approved = approved(new(awaiting.authorize(merchant, &answer, NOW).unwrap().file(&mut at_seller).unwrap()));
    let delivers = form.recipients().iter().any(|entry| entry.role == Role::DELIVERY_SERVICE);
    let delivery = delivers.then(|| {
        let role = &Role::DELIVERY_SERVICE;
        let approved =
            new(approved.dispatch(merchant, role, b"ring twice", NOW).unwrap().file(&mut at_seller).unwrap());
        let dispatch = sent!(Dispatch, approved.dispatch_message(merchant, role, NOW, &mut rng).unwrap());
        let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap());
        assert_eq!(delivery.instructions(), b"ring twice");
        assert_eq!(delivery.part().digest(), sealed.digest);
        delivery
    });
    Outcome { seller, manager, delivery }
}

fn runs(form: &OrderForm, disclosure: DisclosurePolicy, way: Way) -> Outcome {
    purchase(&Parties::by_form(form.clone(), disclosure), form, &order(), way)
}

#[test]
fn an_approved_order_is_delivered_and_each_party_sees_its_fields() {
    let outcome = runs(&OrderForm::standard(), disclosure(), Way::Relay);
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
    let mut story = Story::standard(2);
    let awaiting = story.at_seller();
    let digest = awaiting.part().digest();
    let deciding = story.at_manager(&awaiting);
    let Parties { seller, manager, .. } = &story.parties;
    let decided = new(deciding.decline(manager, "unknown card").unwrap().file(&mut story.ledger).unwrap());
    assert_eq!(decided.reason(), Some("unknown card"));
    assert!(decided.settlement().is_none());
    let answer = decided.authorization(manager, &mut story.rng).unwrap();
    let pending = awaiting.authorize(seller, &answer, NOW).unwrap();
    let Authorized::Declined(declined) = new(pending.file(&mut story.ledger).unwrap()) else {
        panic!("it was declined");
    };
    assert_eq!(declined.reason(), "unknown card");
    assert_eq!(declined.part().digest(), digest);
}

#[test]
fn approval_and_refusal_have_one_length() {
    let lengths = ["", "x", &"x".repeat(256)].map(|reason| {
        let mut story = Story::standard(3);
        let awaiting = story.at_seller();
        let deciding = story.at_manager(&awaiting);
        let manager = &story.parties.manager;
        let decided = match reason {
            "" => deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap().into_inner(),
            _ => deciding.decline(manager, reason).unwrap().file(&mut story.ledger).unwrap().into_inner(),
        };
        decided.authorization(manager, &mut story.rng).unwrap().to_bytes().len()
    });
    assert_eq!(lengths[0], lengths[1]);
    assert_eq!(lengths[0], lengths[2]);
}

#[test]
fn the_card_holder_may_send_the_card_managers_part_itself() {
    let direct = form(|recipients| recipients[1].release = Release::Direct);
    let outcome = runs(&direct, disclosure(), Way::Direct);
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
    assert!(outcome.delivery.is_some());
}

#[test]
fn the_seller_may_forward_everything() {
    let outcome = runs(&OrderForm::standard(), disclosure(), Way::RelayAll);
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
}

#[test]
fn a_purchase_may_do_without_a_delivery_service() {
    let short = form(|recipients| drop(recipients.pop()));
    let outcome = runs(&short, DisclosurePolicy::standard(shop()).choose(Role::CARD_MANAGER, bank()), Way::Relay);
    assert!(outcome.delivery.is_none());
}

#[test]
fn a_further_recipient_is_served_on_receipt() {
    let with_gateway = form(|recipients| recipients.insert(1, gateway_form().into_recipients().pop().unwrap()));
    let [a, b, c, d, e] = shares([holder(), shop(), bank(), courier(), id("gateway.example")]);
    let parties = Parties::new([a, b, c, d], with_gateway.clone(), gateway_disclosure());
    let outcome = purchase(&parties, &with_gateway, &order(), Way::Relay);
    assert!(outcome.delivery.is_some());

    let mut story = Story::of(parties, with_gateway, 4);
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&story.parties.seller, &role(GATEWAY), NOW, &mut story.rng).unwrap();
    let pending = gateway(e).receive_relay(&sent!(Relay, relay), NOW).unwrap();
    let delivery = new(pending.file(&mut story.ledger).unwrap());
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
    let outcome = runs(&no_fax, disclosure(), Way::Relay);
    let fax = "holder.fax".to_string();
    assert!(![outcome.seller, outcome.manager].concat().contains(&fax));
    assert!(!seen(outcome.delivery.unwrap().part()).contains(&fax));

    // No item number for the card manager.
    let no_number = form(|recipients| {
        recipients[1].fields.remove(&FieldName::ITEM_NUMBER);
    });
    let outcome = runs(&no_number, disclosure(), Way::Relay);
    assert!(!outcome.manager.contains(&"item.number".to_string()));
    assert!(outcome.seller.contains(&"item.number".to_string()));

    // The destination also to the seller, whom the card holder lets see it.
    let destination = form(|recipients| {
        recipients[0].fields.insert(FieldName::DESTINATION_ADDRESS);
    });
    let parties = Parties::by_form(destination.clone(), disclosure());
    assert!(parties.holder.split(&order(), &destination).is_err());
    let widened = disclosure().allow(FieldName::DESTINATION_ADDRESS, Role::SELLER);
    let outcome = runs(&destination, widened, Way::Relay);
    assert!(outcome.seller.contains(&"destination.address".to_string()));

    // An added field.
    let note = field("gift.note");
    let with_note = form(|recipients| {
        recipients[2].fields.insert(field("gift.note"));
    });
    let rules = disclosure().allow(note.clone(), Role::DELIVERY_SERVICE);
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
    let parties = Parties::new(keys, OrderForm::standard(), disclosure());
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
        disclosure().allow(FieldName::AMOUNT_DUE, insurer.clone()).allow_release(insurer.clone(), Release::OnApproval);
    let [a, b, c, d, e] = shares([holder(), shop(), bank(), courier(), id("insurer.example")]);
    let parties = Parties::new([a, b, c, d], with_insurer.clone(), rules);
    let mut story = Story::of(parties, with_insurer, 5);
    let approved = story.approved();
    let (approved, first) = story.dispatched(approved, b"");
    let seller = &story.parties.seller;
    let pending = approved.dispatch(seller, &insurer, b"", NOW).unwrap();
    let approved = new(pending.file(&mut story.ledger).unwrap());
    let second = approved.dispatch_message(seller, &insurer, NOW, &mut story.rng).unwrap();
    assert!(approved.dispatched().eq([&Role::DELIVERY_SERVICE, &insurer]));
    story.delivered(&first);
    let insurer: Recipient<Share> = Recipient::new(insurer, e, Peers::Anyone).unwrap();
    let delivery = new(insurer.receive_dispatch(&second, NOW).unwrap().file(&mut story.ledger).unwrap());
    assert_eq!(seen(delivery.part()), ["amount.due"]);
}
