//! The world that the tests share: four parties, their shares, and a purchase between them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test stops where it fails"
)]

pub mod cbor;
pub mod forge;
pub mod keys;
pub mod life;
mod rng;
pub mod story;

use core::fmt::{Debug, Display};
use std::collections::BTreeSet;

use polyseal::authority::{Authority, Capacity, Share};
use polyseal::key::{Cohort, Domain, Epoch, KeySource, Keyring};
use polyseal::message::Part;
use polyseal::order::FormEntry;
use polyseal::seller::{Approved, Authorized};
use polyseal::{
    CardHolder, CardManager, DisclosurePolicy, FieldName, Identifier, Label, Order, OrderForm, Peers, Received,
    Recipient, Release, Role, Rules, Seller, SellerPolicy,
};

pub use rng::{Given, Repeatable, Stuck};

/// When the tests play.
pub const NOW: u64 = 1_800_000_000;

pub fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

pub fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

pub fn role(name: &str) -> Role {
    Role::new(name).unwrap()
}

pub fn holder() -> Identifier {
    id("holder.example/4711")
}

pub fn shop() -> Identifier {
    id("shop.example")
}

pub fn bank() -> Identifier {
    id("bank.example")
}

pub fn courier() -> Identifier {
    id("courier.example")
}

pub fn domain() -> Domain {
    let label = Label::new("cards.example").unwrap();
    Domain::new(label.clone(), label, Epoch::new(7, NOW - 1_000_000, NOW + 1_000_000).unwrap())
}

pub fn authority() -> Authority {
    Authority::from_seed(domain(), 5, Capacity::UNCONDITIONAL, &[42; 32], BTreeSet::new()).unwrap()
}

/// A share of each, from one authority.
pub fn shares<const N: usize>(identifiers: [Identifier; N]) -> [Share; N] {
    let mut authority = authority();
    identifiers.map(|identifier| authority.issue(&identifier).unwrap())
}

/// A domain as messages carry it.
pub fn domain_value(domain: &Domain) -> cbor::Value {
    let epoch = [domain.epoch().number(), domain.epoch().start(), domain.epoch().until()].map(cbor::Value::Uint);
    let index = domain.cohort().index().map_or(cbor::Value::Null, |index| cbor::Value::Uint(index.into()));
    cbor::Value::Array(vec![
        cbor::Value::text(domain.label()),
        cbor::Value::Array(domain.issuers().iter().map(cbor::Value::text).collect()),
        cbor::Value::Array(epoch.to_vec()),
        index,
        cbor::Value::Uint(domain.cohort().count().into()),
    ])
}

/// One party's shares of several domains.
pub fn keyring(identifier: &Identifier, domains: &[Domain]) -> Keyring<Share> {
    let share = |domain: &Domain| {
        let capacity = Capacity::assuming_no_coalition_above_threshold(100);
        let authority = Authority::from_seed(domain.clone(), 5, capacity, &[42; 32], BTreeSet::new());
        authority.unwrap().issue(identifier).unwrap()
    };
    Keyring::new(identifier.clone(), domains.iter().map(share)).unwrap()
}

/// The domains in which every party has a share, and what comes of naming that one in a message
/// from the card holder, and in one between services.
pub fn domains() -> [(Domain, [&'static str; 2]); 8] {
    let [label, other] = ["cards.example", "other.example"].map(|label| Label::new(label).unwrap());
    let own = *domain().epoch();
    let of = |label: &Label, issuer: &Label, number, from, until| {
        Domain::new(label.clone(), issuer.clone(), Epoch::new(number, from, until).unwrap())
    };
    [
        (domain(), ["the message's own"; 2]),
        (of(&other, &label, 7, own.start(), own.until()), ["Rejected"; 2]),
        (of(&label, &other, 7, own.start(), own.until()), ["Rejected"; 2]),
        (of(&label, &label, 5, own.start(), own.until()), ["Rejected"; 2]),
        (of(&label, &label, 7, own.start(), own.until() + 1), ["Rejected"; 2]),
        (of(&label, &label, 6, 0, NOW - 1000), ["Key(Domain(Epoch))"; 2]),
        (domain().with_cohort(Cohort::of(&holder(), &label, 2)), ["Rejected", "Key(Domain(Services))"]),
        (domain().with_cohort(Cohort::services(2)), ["Key(Domain(Cohort))", "Rejected"]),
    ]
}

/// The order whose every field the standard form knows.
pub fn order() -> Order {
    let mut order = Order::new();
    for (name, value) in FIELDS {
        order.insert(field(name), value).unwrap();
    }
    order
}

pub const FIELDS: [(&str, &str); 13] = [
    ("holder.name", "Ada Example"),
    ("holder.address", "1 Sample Street, Testville"),
    ("holder.telephone", "+00 555 0100"),
    ("holder.fax", "+00 555 0101"),
    ("card.number", "0000 1111 2222 3333"),
    ("card.expiry", "2029-12"),
    ("item.name", "Kettle"),
    ("item.quantity", "2"),
    ("item.number", "K-17"),
    ("amount.due", "59.80 EUR"),
    ("payment.type", "single"),
    ("destination.name", "Bob Example"),
    ("destination.address", "2 Other Street, Testville"),
];

/// What the standard form shows each role, sorted.
pub fn standard_fields(role: &Role) -> Vec<String> {
    let form = OrderForm::standard();
    let entry = form.recipients().iter().find(|entry| entry.role == *role).unwrap();
    let mut fields: Vec<_> = FIELDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    fields.retain(|name| entry.selectors.sees(&field(name)));
    fields.sort();
    fields
}

pub fn seen(part: &Part) -> Vec<String> {
    part.fields().map(|(name, _)| name.to_string()).collect()
}

/// What a campaign aims for: much where the environment variable `POLYSEAL_CAMPAIGN` is `long`, else what takes a few
/// seconds.
pub fn campaign<T>(short: T, long: T) -> T {
    let is_long = std::env::var_os("POLYSEAL_CAMPAIGN").is_some_and(|value| value == "long");
    if is_long { long } else { short }
}

/// The standard form with changes.
pub fn form(change: impl FnOnce(&mut Vec<FormEntry>)) -> OrderForm {
    let mut recipients = OrderForm::standard().into_recipients();
    change(&mut recipients);
    OrderForm::new(recipients).unwrap()
}

/// A form by which the card holder itself sends the part of a role.
pub fn directly(form: OrderForm, role: &Role) -> OrderForm {
    let mut recipients = form.into_recipients();
    recipients.iter_mut().find(|entry| entry.role == *role).unwrap().release = Release::Direct;
    OrderForm::new(recipients).unwrap()
}

pub fn disclosure() -> DisclosurePolicy {
    DisclosurePolicy::standard(shop()).choose(Role::CARD_MANAGER, bank()).choose(Role::DELIVERY_SERVICE, courier())
}

/// The parties of a purchase, each with keys of its own.
#[derive(Debug)]
pub struct Parties<K> {
    pub holder: CardHolder<K>,
    pub seller: Seller<K>,
    pub manager: CardManager<K>,
    pub courier: Recipient<K>,
}

impl<K: KeySource> Parties<K> {
    pub fn new([holder, seller, manager, courier]: [K; 4], form: OrderForm, disclosure: DisclosurePolicy) -> Self {
        Self {
            holder: CardHolder::new(holder, disclosure),
            seller: Seller::new(seller, policy(form)),
            manager: CardManager::new(manager, [shop()].into_iter().collect()),
            courier: Recipient::delivery_service(courier, [shop()].into_iter().collect()),
        }
    }
}

impl Parties<Share> {
    pub fn standard() -> Self {
        Self::by_form(OrderForm::standard(), disclosure())
    }

    pub fn by_form(form: OrderForm, disclosure: DisclosurePolicy) -> Self {
        Self::new(shares([holder(), shop(), bank(), courier()]), form, disclosure)
    }
}

pub fn policy(form: OrderForm) -> SellerPolicy {
    SellerPolicy::new(form, [bank()].into_iter().collect(), [FieldName::PAYMENT_TYPE.into()]).unwrap()
}

pub fn gateway<K: KeySource>(keys: K) -> Recipient<K> {
    Recipient::new(role("gateway"), keys, Peers::Anyone).unwrap()
}

/// The state of a message that was new.
pub fn new<N, A>(received: Received<N, A>) -> N {
    match received {
        Received::New(state) => state,
        Received::Again(_) => panic!("received before"),
    }
}

/// What an order is after an answer that has to be an approval.
pub fn approved(authorized: Authorized) -> Approved {
    match authorized {
        Authorized::Approved(approved) => approved,
        Authorized::Declined(declined) => panic!("{}", declined.reason()),
    }
}

/// The error is this one, and its message says this.
pub fn is<T, E: PartialEq + Debug + Display>(result: Result<T, E>, expected: E, says: &str) {
    let found = result.map(drop);
    let message = found.as_ref().unwrap_err().to_string();
    assert!(message.contains(says), "{message}");
    assert_eq!(found, Err(expected));
}

/// The error of a step looks like this, and its message says this.
pub fn is_like<T, E: Debug + Display>(result: Result<T, E>, expected: &str, says: &str) {
    let error = result.map(drop).unwrap_err();
    assert_eq!(format!("{error:?}"), expected);
    assert!(error.to_string().contains(says), "{error}");
}

/// The role of a further recipient.
pub const GATEWAY: &str = "gateway";

/// The standard form with a gateway, which the seller serves on receipt.
pub fn gateway_form() -> OrderForm {
    form(|recipients| {
        let selectors = [FieldName::AMOUNT_DUE, FieldName::PAYMENT_TYPE].into_iter().collect();
        let identifier = Some(id("gateway.example"));
        recipients.push(FormEntry { role: role(GATEWAY), identifier, release: Release::OnReceipt, selectors });
    })
}

pub fn gateway_disclosure() -> DisclosurePolicy {
    disclosure()
        .allow(FieldName::AMOUNT_DUE, role(GATEWAY))
        .allow(FieldName::PAYMENT_TYPE, role(GATEWAY))
        .allow_release(role(GATEWAY), Release::OnReceipt)
}

/// Rules by which the networks of all these domains will do for everybody.
pub fn trusting(rules: Rules, domains: &[Domain]) -> Rules {
    let roles = [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE, role(GATEWAY)];
    let pairs = roles.iter().flat_map(|role| domains.iter().map(move |domain| (role, domain)));
    pairs.fold(rules, |rules, (role, domain)| rules.accept_network(role.clone(), domain))
}
