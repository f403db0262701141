//! The purchase as the patent tells it, and each variation that it describes.

use polyseal::key::PresharedKeys;
use polyseal::message::{Authorization, Direct, Dispatch, Envelope, Relay};
use polyseal::recipient::Delivery;
use polyseal::seller::Authorized;
use polyseal::{DisclosurePolicy, FieldName, Identifier, KeySource, Order, OrderForm, Party, Release, Role};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::World;
use polyseal_testing::story::{Story, insurer};
use polyseal_testing::{
    FIELDS, NOW, Parties, approved, bank, courier, directly, disclosure, domain, field, form, gateway,
    gateway_disclosure, gateway_form, holder, id, new, order, role, seen, shares, shop, standard_fields,
};

use crate::hostile_services::Statement;

/// Everything goes as bytes, as it would over a network.
macro_rules! sent {
    ($type:ident, $message:expr) => {
        $type::from_bytes(&$message.to_bytes()).unwrap()
    };
}

struct Outcome {
    seller: Vec<String>,
    manager: Vec<String>,
    delivery: Option<Delivery>,
}

/// A whole approved purchase. The card manager's part goes the way of the form.
fn purchase<K: KeySource>(story: Story<K>, order: &Order) -> Outcome {
    let Story { parties, form, mut ledger, mut rng, windows, .. } = story;
    let Parties { holder, seller, manager, courier } = &parties;
    let has = |role: &Role, release| form.recipients().iter().any(|to| to.role == *role && to.release == release);
    let sealed = holder.split(order, &form).unwrap().seal(holder, NOW, windows, &mut rng).unwrap();
    let is_direct = has(&Role::CARD_MANAGER, Release::Direct);
    assert_eq!(sealed.directs.len(), usize::from(is_direct));

    let awaiting = seller.receive(&sent!(Envelope, sealed.envelope), NOW).unwrap();
    let awaiting = new(awaiting.file(&mut ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut rng);
    let deciding = if is_direct {
        assert!(relay.is_err());
        manager.receive_direct(&sent!(Direct, sealed.directs[0]), NOW)
    } else {
        manager.receive(&sent!(Relay, relay.unwrap()), NOW)
    };
    let deciding = new(deciding.unwrap().file(&mut ledger).unwrap());
    let [at_seller, at_manager] = [awaiting.part(), deciding.part()].map(seen);
    let approval = new(deciding.approve(manager, NOW).unwrap().file(&mut ledger).unwrap());
    let settlement = approval.settlement();
    assert_eq!(settlement.digest(), sealed.digest);
    let amount = settlement.amount_due();
    assert_eq!((amount.minor_units(), amount.decimals(), amount.currency()), (5980, 2, "EUR"));
    assert_eq!((amount.to_string().as_str(), settlement.payment_type()), ("59.80 EUR", Some("single")));

    let answer = sent!(Authorization, approval.authorization(manager, &mut rng).unwrap());
    let approved = approved(new(awaiting.authorize(seller, &answer, NOW).unwrap().file(&mut ledger).unwrap()));
    let delivery = has(&Role::DELIVERY_SERVICE, Release::OnApproval).then(|| {
        let to = Role::DELIVERY_SERVICE;
        let pending = approved.dispatch(seller, &to, b"ring twice", NOW).unwrap();
        let approved = new(pending.file(&mut ledger).unwrap());
        let dispatch = sent!(Dispatch, approved.dispatch_message(seller, &to, NOW, &mut rng).unwrap());
        let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut ledger).unwrap());
        assert_eq!(delivery.instructions(), b"ring twice");
        assert_eq!(delivery.part().digest(), sealed.digest);
        delivery
    });
    Outcome { seller: at_seller, manager: at_manager, delivery }
}

fn runs(form: &OrderForm, disclosure: DisclosurePolicy) -> Outcome {
    purchase(Story::of(Parties::by_form(form.clone(), disclosure), form.clone(), 1), &order())
}

#[test]
fn an_approved_order_is_delivered_and_each_party_sees_its_fields() {
    let outcome = runs(&OrderForm::standard(), disclosure());
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
    let decided = new(deciding.decline(manager, "unknown card", NOW).unwrap().file(&mut story.ledger).unwrap());
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
    let lengths = [None, Some(""), Some("x"), Some(&*"x".repeat(256))].map(|reason| {
        let mut story = Story::standard(3);
        let awaiting = story.at_seller();
        let deciding = story.at_manager(&awaiting);
        let manager = &story.parties.manager;
        let decided = match reason {
            None => new(deciding.approve(manager, NOW).unwrap().file(&mut story.ledger).unwrap()).into_decided(),
            Some(reason) => new(deciding.decline(manager, reason, NOW).unwrap().file(&mut story.ledger).unwrap()),
        };
        decided.authorization(manager, &mut story.rng).unwrap().to_bytes().len()
    });
    assert_eq!(lengths, [lengths[0]; 4]);
}

#[test]
fn the_card_holder_may_send_the_card_managers_part_itself() {
    let direct = directly(OrderForm::standard(), &Role::CARD_MANAGER);
    let outcome = runs(&direct, disclosure());
    assert_eq!(outcome.manager, standard_fields(&Role::CARD_MANAGER));
    assert!(outcome.delivery.is_some());
}

/// This library relays one part. Another one may relay all of them, and a receiver takes that.
#[test]
fn the_seller_may_forward_everything() {
    let world = World::new(OrderForm::standard());
    let (envelope, to) = (world.sealed(1).envelope.to_bytes(), bank());
    let parts = at(&envelope, &[3]).items().clone();
    let relay = Statement::new("relay", &world.shop, &to, "card-manager").with(&at(&envelope, &[2]), parts);
    let pending = world.parties.manager.receive(&Relay::from_bytes(&relay).unwrap(), NOW).unwrap();
    let deciding = new(pending.file(&mut polyseal::MemoryLedger::new(1)).unwrap());
    assert_eq!(seen(deciding.part()), standard_fields(&Role::CARD_MANAGER));
}

#[test]
fn a_purchase_may_do_without_a_delivery_service() {
    let short = form(|recipients| drop(recipients.pop()));
    let outcome = runs(&short, DisclosurePolicy::standard(shop()).choose(Role::CARD_MANAGER, bank()));
    assert!(outcome.delivery.is_none());
}

#[test]
fn a_further_recipient_is_served_on_receipt() {
    // In any place after the seller's.
    let mut recipients = gateway_form().into_recipients();
    recipients[1..].rotate_right(1);
    let form = OrderForm::new(recipients).unwrap();
    assert!(runs(&form, gateway_disclosure()).delivery.is_some());

    let mut story = Story::of(Parties::by_form(form.clone(), gateway_disclosure()), form, 4);
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&story.parties.seller, &role("gateway"), NOW, &mut story.rng).unwrap();
    let [share] = shares([id("gateway.example")]);
    let pending = gateway(share).receive_relay(&sent!(Relay, relay), NOW).unwrap();
    let delivery = new(pending.file(&mut story.ledger).unwrap());
    assert_eq!(seen(delivery.part()), ["amount.due", "payment.type"]);
}

#[test]
fn fields_can_be_left_out_widened_and_added() {
    // No fax for anyone, though the order has one.
    let no_fax = form(|recipients| {
        for entry in recipients {
            entry.selectors.remove(FieldName::HOLDER_FAX);
        }
    });
    let outcome = runs(&no_fax, disclosure());
    let fax = "holder.fax".to_string();
    assert!(![outcome.seller, outcome.manager].concat().contains(&fax));
    assert!(!seen(outcome.delivery.unwrap().part()).contains(&fax));

    // No item number for the card manager.
    let no_number = form(|recipients| {
        recipients[1].selectors.remove(FieldName::ITEM_NUMBER);
    });
    let outcome = runs(&no_number, disclosure());
    assert!(!outcome.manager.contains(&"item.number".to_string()));
    assert!(outcome.seller.contains(&"item.number".to_string()));

    // The destination also to the seller, whom the card holder lets see it.
    let destination = form(|recipients| {
        recipients[0].selectors.insert(FieldName::DESTINATION_ADDRESS);
    });
    let parties = Parties::by_form(destination.clone(), disclosure());
    assert!(parties.holder.split(&order(), &destination).is_err());
    let widened = disclosure().allow(FieldName::DESTINATION_ADDRESS, Role::SELLER);
    let outcome = runs(&destination, widened);
    assert!(outcome.seller.contains(&"destination.address".to_string()));

    // An added field.
    let note = field("gift.note");
    let with_note = form(|recipients| {
        recipients[2].selectors.insert(field("gift.note"));
    });
    let rules = disclosure().allow(note.clone(), Role::DELIVERY_SERVICE);
    let mut order = order();
    order.insert(note.clone(), "Happy birthday").unwrap();
    let outcome = purchase(Story::of(Parties::by_form(with_note.clone(), rules), with_note, 1), &order);
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
    let outcome = purchase(Story::of(parties, OrderForm::standard(), 1), &order());
    assert_eq!(seen(outcome.delivery.unwrap().part()), standard_fields(&Role::DELIVERY_SERVICE));
}

#[test]
fn a_further_recipient_may_wait_for_the_approval_too() {
    let (mut story, insurer) = (Story::insured(5), insurer());
    let approved = story.approved();
    let (approved, first) = story.dispatched(approved, b"");
    let seller = &story.parties.seller;
    let approved = new(approved.dispatch(seller, insurer.role(), b"", NOW).unwrap().file(&mut story.ledger).unwrap());
    let second = approved.dispatch_message(seller, insurer.role(), NOW, &mut story.rng).unwrap();
    assert!(approved.dispatches().map(|(role, _)| role).eq([&Role::DELIVERY_SERVICE, insurer.role()]));
    let _ = story.delivered(&first);
    let delivery = new(insurer.receive_dispatch(&second, NOW).unwrap().file(&mut story.ledger).unwrap());
    assert_eq!(seen(delivery.part()), ["amount.due"]);
}
