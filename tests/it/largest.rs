//! The largest order that the limits allow goes all the way.

use std::collections::BTreeSet;

use polyseal::card_manager::CardManagerOrder;
use polyseal::message::{Authorization, Dispatch, Envelope, Part, Relay, Unit, Windows, WireError};
use polyseal::order::{FormEntry, OrderError, Selector};
use polyseal::seller::SellerOrder;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, DisclosurePolicy, Domain, Epoch, FieldName, Identifier, Label,
    MemoryLedger, Order, OrderForm, Peers, Recipient, Release, Role, Seller, SellerPolicy, limits,
};
use polyseal_testing::cbor::at;
use polyseal_testing::{NOW, Repeatable, approved, new};

use crate::hostile_services::Statement;
use crate::steps::filed;

/// An identifier of the longest kind.
fn longest_id(n: usize) -> Identifier {
    let mut bytes = [0xff; limits::IDENTIFIER];
    bytes[0] = n.try_into().unwrap();
    Identifier::new(bytes).unwrap()
}

/// A name of the longest kind.
fn longest_name(n: usize) -> String {
    format!("{n:0>width$}", width = limits::NAME)
}

/// A selector of the longest kind, of a field or of all below a name.
fn longest_selector(n: usize) -> Selector {
    let text = format!("{n:0>width$}", width = limits::FIELD_NAME - 2);
    Selector::new(&if n.is_multiple_of(2) { text + ".*" } else { text + "-x" }).unwrap()
}

/// The amount, in a value of its own length.
const AMOUNT: &str = "99999999999999.9999 EUR";

/// As many fields as there may be, one with the name that the card manager needs, and as many bytes.
fn largest_order() -> Order {
    let mut order = Order::new();
    order.insert(FieldName::AMOUNT_DUE, AMOUNT).unwrap();
    let mut left = limits::ORDER - "amount.due".len() - AMOUNT.len();
    // Those that the form requires, and then short ones.
    let required = (1..limits::SELECTORS - 1).map(longest_selector).filter(Selector::is_exact);
    let required = required.map(|selector| selector.as_str().to_owned());
    let names = required.chain((0..).map(|n| format!("lines.{n:0>4}"))).take(limits::FIELDS - 1).collect::<Vec<_>>();
    for (n, name) in names.iter().enumerate() {
        left -= name.len();
        let names_to_come = names[n + 1..].iter().map(String::len).sum::<usize>();
        let length = limits::VALUE.min(left - names_to_come);
        left -= length;
        order.insert(FieldName::new(name).unwrap(), &"v".repeat(length)).unwrap();
    }
    assert_eq!(left, 0);
    order
}

#[test]
fn the_largest_order_goes_all_the_way() {
    let order = largest_order();
    // As many selectors as there may be. All see all fields. What is below a name, where there is none, is shown to some,
    // so that there are as many groups as there may be.
    let selectors = |reader: usize| {
        let shown = move |n: &usize| {
            let audience = n / 2 % (limits::GROUPS - 1);
            !n.is_multiple_of(2) || reader < 2 || (reader < 8 && audience >> (reader - 2) & 1 == 1)
        };
        let all = [Selector::from(FieldName::AMOUNT_DUE), Selector::new("lines.*").unwrap()];
        (1..limits::SELECTORS - 1).filter(shown).map(longest_selector).chain(all)
    };
    let roles = [Role::SELLER, Role::CARD_MANAGER].into_iter();
    let roles = roles.chain((2..limits::RECIPIENTS).map(|n| Role::new(&longest_name(n)).unwrap()));
    let recipients = roles.enumerate().map(|(n, role)| FormEntry {
        identifier: Some(longest_id(n)),
        release: if n < 3 { Release::OnReceipt } else { Release::OnApproval },
        selectors: selectors(n).collect(),
        role,
    });
    let form = OrderForm::new(recipients.collect()).unwrap();
    let rules = form.recipients().iter().fold(DisclosurePolicy::standard(longest_id(0)), |rules, entry| {
        let rules = rules.allow_release(entry.role.clone(), entry.release);
        entry.selectors.iter().fold(rules, |rules, selector| rules.allow(selector.clone(), entry.role.clone()))
    });

    let label = Label::new(&longest_name(0)).unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(u64::MAX, 0, limits::TIME).unwrap());
    let capacity = Capacity::assuming_no_coalition_above_threshold(99);
    let mut authority = Authority::from_seed(domain, 1, capacity, &[1; 32], BTreeSet::new()).unwrap();
    let mut share = |n| authority.issue(&longest_id(n)).unwrap();
    let card_holder = CardHolder::new(share(99), rules.choose(Role::CARD_MANAGER, longest_id(1)));
    let seller = Seller::new(share(0), SellerPolicy::new(form.clone(), Peers::Anyone, []).unwrap());
    let manager = CardManager::new(share(1), Peers::Anyone);

    let sees_all = |part: &Part| {
        assert_eq!(part.fields().count(), limits::FIELDS);
        assert!(part.fields().all(|(name, value)| order.get(name) == Some(value)));
    };
    let mut rng = Repeatable(1);
    let ledger = &mut MemoryLedger::new(99);
    let split = card_holder.split(&order, &form).unwrap();
    let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut rng).unwrap();
    let bytes = sealed.envelope.to_bytes();
    assert_eq!(at(&bytes, &[2, 9]).items().len(), limits::GROUPS);
    assert!(bytes.len() <= limits::MESSAGE, "{}", bytes.len());
    let awaiting = new(filed(seller.receive(&Envelope::from_bytes(&bytes).unwrap(), NOW), ledger).unwrap());
    sees_all(awaiting.part());
    // With all parts, the largest relay.
    let (from, to) = (share(0), longest_id(1));
    let all = Statement::new("relay", &from, &to, "card-manager");
    let all = all.with(&at(&bytes, &[2]), at(&bytes, &[3]).items().clone());
    let deciding = new(filed(manager.receive(&Relay::from_bytes(&all).unwrap(), NOW), ledger).unwrap());
    sees_all(deciding.part());
    let CardManagerOrder::AwaitingDecision(deciding) = manager.restore(&deciding.export()).unwrap() else {
        panic!("not yet decided");
    };
    let approval = new(deciding.approve(&manager, NOW).unwrap().file(ledger).unwrap());
    let answer = approval.authorization(&manager, &mut rng).unwrap().to_bytes();
    let answer = Authorization::from_bytes(&answer).unwrap();
    let mut approved = approved(new(awaiting.authorize(&seller, &answer, NOW).unwrap().file(ledger).unwrap()));
    for entry in form.recipients().iter().skip(3) {
        let instructions = vec![1; limits::INSTRUCTIONS];
        approved = new(approved.dispatch(&seller, &entry.role, &instructions, NOW).unwrap().file(ledger).unwrap());
        let parcel = approved.dispatch_message(&seller, &entry.role, NOW, &mut rng).unwrap();
        let parcel = Dispatch::from_bytes(&parcel.to_bytes()).unwrap();
        let number = entry.identifier.as_ref().unwrap().as_bytes()[0];
        let recipient = Recipient::new(entry.role.clone(), share(number.into()), Peers::Anyone).unwrap();
        let delivery = new(filed(recipient.receive_dispatch(&parcel, NOW), ledger).unwrap());
        sees_all(delivery.part());
        assert_eq!(delivery.instructions(), instructions);
    }
    // The state that remembers all of that is within its limit too.
    let state = approved.export();
    let SellerOrder::Approved(restored) = seller.restore(&state).unwrap() else { panic!("it was approved") };
    assert_eq!(restored.dispatches().count(), limits::RECIPIENTS - 3);
}

#[test]
fn what_is_larger_is_refused() {
    let mut order = largest_order();
    let name = FieldName::new("x").unwrap();
    assert_eq!(order.insert(name.clone(), ""), Err(OrderError::Fields { field: name }));
    let larger = vec![0x85; limits::MESSAGE + 1];
    let most = u64::try_from(limits::MESSAGE).unwrap();
    let over = Some(WireError::Limit { what: "the message", unit: Unit::Bytes, found: most + 1, least: 0, most });
    assert_eq!(Envelope::from_bytes(&larger).err(), over);
    assert_eq!(Relay::from_bytes(&larger).err(), over);
    assert_eq!(Dispatch::from_bytes(&larger).err(), over);
    assert_eq!(Authorization::from_bytes(&larger).err(), over);
}
