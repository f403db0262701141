//! What a caller, a form or another party does wrong has a name, and the message says where.

use std::collections::BTreeSet;

use polyseal::authority::AuthorityError;
use polyseal::error::Fault;
use polyseal::key::{Cohort, KeyError, PresharedKeys};
use polyseal::message::{Authorization, Envelope, OrderDigest, Unit, Windows, WireError};
use polyseal::order::{Amount, FormEntry, FormError, OrderError, Selector};
use polyseal::policy::{PolicyError, SplitError};
use polyseal::{
    Authority, Capacity, CardHolder, DisclosurePolicy, Epoch, FieldName, Identifier, KeySource, Label, LedgerError,
    MemoryLedger, Order, OrderForm, Peers, ReceiveError, Recipient, Release, Role, Seller, SellerPolicy, Share,
    ValueError, limits,
};
use polyseal_testing::cbor::{Value, at, with};
use polyseal_testing::story::Story;
use polyseal_testing::{
    FIELDS, NOW, Parties, Repeatable, Stuck, bank, courier, disclosure, domain, field, form, gateway_disclosure,
    gateway_form, holder, id, is, is_like, order, policy, role, shares, shop,
};

use crate::steps::filed;

/// Shows a field to a recipient of a form, or no longer.
fn show(entry: &mut FormEntry, field: FieldName) {
    entry.selectors.insert(field);
}

fn hide(entry: &mut FormEntry, field: &FieldName) {
    assert!(entry.selectors.remove(field));
}

fn seller_of(form: OrderForm) -> Seller<Share> {
    let [share] = shares([shop()]);
    Seller::new(share, policy(form))
}

/// What a seller that issued one form says to an order by another form.
fn policy_refuses(issued: OrderForm, used: &OrderForm, rules: DisclosurePolicy) -> Option<PolicyError> {
    let [share] = shares([holder()]);
    let card_holder = CardHolder::new(share, rules);
    let mut order = order();
    order.insert(field("gift.note"), "x").unwrap();
    let split = card_holder.split(&order, used).unwrap();
    let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut Repeatable(1)).unwrap();
    let mut ledger = MemoryLedger::new(9);
    let refusal = filed(seller_of(issued).receive(&sealed.envelope, NOW), &mut ledger).err();
    assert_eq!(ledger.is_empty(), refusal.is_some());
    refusal.map(|error| match error {
        ReceiveError::Ledger(LedgerError::Policy(error)) => error,
        other => panic!("{other:?}"),
    })
}

#[test]
fn names_forms_and_orders_say_what_is_wrong() {
    is(Role::new("Seller"), ValueError::Name, "a-z");
    is(Identifier::new(""), ValueError::Identifier, "512");
    is(Identifier::new([0; 513]), ValueError::Identifier, "512");
    is(Identifier::from_attributes(&[]), ValueError::NoAttribute, "at least one");
    is(Identifier::from_attributes(&[("a", "1"), ("a", "2")]), ValueError::RepeatedAttribute, "twice");
    is(Epoch::new(1, 5, 5), ValueError::Epoch, "before it ends");
    is(Epoch::new(1, 5, limits::TIME + 1), ValueError::Epoch, "10000");
    is(Cohort::new(3, 3), ValueError::Cohort, "below the count");
    is(Cohort::new(0, limits::COHORTS + 1), ValueError::Cohort, "1048576");

    let mut order = order();
    let card = FieldName::CARD_NUMBER;
    is(order.insert(card.clone(), "x"), OrderError::Repeated { field: card }, "\"card.number\" appears twice");
    let conflict = OrderError::Conflict { field: field("card.number.cvc"), other: FieldName::CARD_NUMBER };
    is(order.insert(field("card.number.cvc"), "x"), conflict, "\"card.number.cvc\" and \"card.number\" conflict");
    let long = "x".repeat(limits::VALUE + 1);
    is(order.insert(field("note"), &long), OrderError::Value { field: field("note") }, "\"note\" is too long");
    for n in FIELDS.len()..limits::FIELDS {
        order.insert(field(&format!("f{n}")), "").unwrap();
    }
    is(order.insert(field("note"), ""), OrderError::Fields { field: field("note") }, "4096 fields: leave some out");

    let changed = |change: fn(&mut Vec<FormEntry>)| {
        let mut recipients = OrderForm::standard().into_recipients();
        change(&mut recipients);
        OrderForm::new(recipients)
    };
    let named = |role: Role| (role.clone(), role.to_string());
    let (manager, says) = named(Role::CARD_MANAGER);
    is(changed(|r| r[1].selectors.clear()), FormError::NoSelector { role: manager.clone() }, &says);
    is(changed(|r| r[2] = r[1].clone()), FormError::Role { role: manager.clone() }, &says);
    is(changed(|r| r[1].release = Release::OnApproval), FormError::CardManager, &says);
    let (delivery, says) = named(Role::DELIVERY_SERVICE);
    is(changed(|r| drop(r.remove(1))), FormError::Approval { role: delivery.clone() }, &says);
    let same = |r: &mut Vec<FormEntry>| r.iter_mut().for_each(|entry| entry.identifier = Some(id("same")));
    is(changed(same), FormError::Identifier { role: manager }, "card-manager");
    is(changed(|r| r[2].role = Role::CARD_HOLDER), FormError::Role { role: Role::CARD_HOLDER }, "card-holder");
    is(changed(|r| r[0].release = Release::Direct), FormError::Seller, "\"seller\"");
    is(changed(|r| r.swap(0, 1)), FormError::Seller, "\"seller\"");
    is(changed(Vec::clear), FormError::Seller, "\"seller\"");
    let many = |r: &mut Vec<FormEntry>| r[0].selectors.extend((0..250).map(|n| field(&format!("f{n}"))));
    is(changed(many), FormError::Selectors, "256");
    let crowd = |r: &mut Vec<FormEntry>| r.extend((0..14).map(|_| r[1].clone()).collect::<Vec<_>>());
    is(changed(crowd), FormError::Recipients, "at most 16");
    let amount = FormError::Amount { role: Role::SELLER };
    is(changed(|r| hide(&mut r[0], &FieldName::AMOUNT_DUE)), amount, "\"seller\" must see \"amount.due\"");
    let optional = FormError::Optional { selector: FieldName::HOLDER_NAME.into() };
    is(changed(|r| r[1].selectors.insert_optional(FieldName::HOLDER_NAME)), optional, "\"holder.name?\"");
    let conflict = FormError::Conflict { selector: field("items").into(), other: Selector::ITEMS };
    is(changed(|r| show(&mut r[2], field("items"))), conflict, "\"items\" and \"items.*\" conflict");
    is(FieldName::new("a..b"), ValueError::FieldName, "joined by dots");
    is(Selector::new("*"), ValueError::Selector, "\".*\"");
    is("12 €".parse::<Amount>(), ValueError::Amount, "such as \"12.00 EUR\"");
}

#[test]
fn a_split_or_a_seal_that_cannot_be_names_field_and_role() {
    let Parties { holder: card_holder, .. } = Parties::standard();
    let split = |change: fn(&mut Vec<FormEntry>)| card_holder.split(&order(), &form(change)).map(drop);
    let [seller, manager, delivery] = [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];
    let leak = SplitError::Leak { selector: FieldName::CARD_NUMBER.into(), role: seller.clone() };
    let result = split(|r| show(&mut r[0], FieldName::CARD_NUMBER));
    is(result, leak, "\"card.number\" may not go to \"seller\"");
    let release = SplitError::Release { role: delivery.clone(), release: Release::OnReceipt };
    is(split(|r| r[2].release = Release::OnReceipt), release, "\"delivery-service\" may not be \"on-receipt\"");
    let other = SplitError::OtherParty { role: manager.clone() };
    is(split(|r| r[1].identifier = Some(id("mallory"))), other, "\"card-manager\"");
    let mut short = Order::new();
    short.insert(FieldName::HOLDER_NAME, "").unwrap();
    short.insert(FieldName::AMOUNT_DUE, "12").unwrap();
    let missing = SplitError::Missing { selector: FieldName::HOLDER_ADDRESS.into(), role: seller.clone() };
    let result = card_holder.split(&short, &OrderForm::standard()).map(drop);
    is(result, missing, "\"holder.address\", which \"seller\"");
    for field in order().names() {
        if short.get(field).is_none() {
            short.insert(field.clone(), "").unwrap();
        }
    }
    is(card_holder.split(&short, &OrderForm::standard()).map(drop), SplitError::Amount, "\"amount.due\"");
    let rules = [DisclosurePolicy::standard(shop()), disclosure().choose(delivery.clone(), bank())];
    let expected = [
        (SplitError::NoParty { role: manager }, "card-manager"),
        (SplitError::SameParty { role: delivery }, "delivery"),
    ];
    for (rules, (error, says)) in rules.into_iter().zip(expected) {
        let [share] = shares([holder()]);
        is(CardHolder::new(share, rules).split(&order(), &OrderForm::standard()).map(drop), error, says);
    }

    let order = order();
    let form = OrderForm::standard();
    let seal = |keys: PresharedKeys, windows| {
        let card_holder = CardHolder::new(keys, disclosure());
        let split = card_holder.split(&order, &form).unwrap();
        split.seal(&card_holder, NOW, windows, &mut Repeatable(1)).map(drop)
    };
    let keys = |peers: &[Identifier]| {
        let mut keys = PresharedKeys::new(holder(), domain());
        for peer in peers {
            keys.insert(peer.clone(), &[1; 32]);
        }
        keys
    };
    let lacks = "Key { role: Role(\"card-manager\"), error: UnknownPeer }";
    is_like(seal(keys(&[shop()]), Windows::default()), lacks, "sealed for \"card-manager\": no key");
    for (accept, deliver, settle) in [(2, 1, 2), (1, 3, 2), (1, 2, limits::TIME), (1, u64::MAX, u64::MAX)] {
        let all = keys(&[shop(), bank(), courier()]);
        is_like(seal(all, Windows { accept, deliver, settle }), "Windows", "year 10000");
    }
}

#[test]
fn keys_and_authorities_say_what_they_lack() {
    let [share] = shares([shop()]);
    let elsewhere = domain().with_cohort(Cohort::services(2));
    is(share.common_key(&shop(), &domain()), KeyError::Oneself, "itself");
    is(share.common_key(&bank(), &elsewhere), KeyError::UnknownDomain, "this domain");
    let keys = PresharedKeys::new(shop(), domain());
    is(keys.common_key(&bank(), &domain()), KeyError::UnknownPeer, "this peer");

    let capacity = Capacity::UNCONDITIONAL;
    let stuck = Authority::random(domain(), 2, capacity, &mut Stuck(0xff));
    is(stuck, AuthorityError::Generator, "stuck");
    for threshold in [0, limits::THRESHOLD + 1] {
        let random = Authority::random(domain(), threshold, capacity, &mut Repeatable(1));
        is(random, AuthorityError::Threshold, "32768");
        let seeded = Authority::from_seed(domain(), threshold, capacity, &[0; 32], BTreeSet::new());
        is(seeded, AuthorityError::Threshold, "32768");
    }
    let small = Capacity::assuming_no_coalition_above_threshold(1);
    let two = [shop(), bank()].into_iter().collect();
    is(
        Authority::from_seed(domain(), 2, small, &[0; 32], two),
        AuthorityError::Full { capacity: 1 },
        "at most 1 identities",
    );
    let mut one = Authority::from_seed(domain(), 2, small, &[0; 32], BTreeSet::new()).unwrap();
    drop(one.issue(&shop()).unwrap());
    is(one.issue(&bank()), AuthorityError::Full { capacity: 1 }, "at most 1 identities");

    let issuer = Label::new("one.example").unwrap();
    for (error, fault, can_retry) in [
        (AuthorityError::Memory, Fault::Operator, true),
        (AuthorityError::Full { capacity: 1 }, Fault::Operator, false),
        (AuthorityError::UnlikeContribution { issuer: issuer.clone() }, Fault::Sender, false),
        (AuthorityError::MissingContribution { issuer }, Fault::Caller, false),
    ] {
        assert_eq!((error.fault(), error.can_retry()), (fault, can_retry), "{error}");
    }
}

#[test]
fn bytes_that_are_no_message_say_why() {
    let mut story = Story::standard(1);
    let bytes = story.sealed().envelope.to_bytes();
    let awaiting = story.at_seller();
    let Parties { seller, manager, courier, .. } = &story.parties;
    let read = Envelope::from_bytes;
    is(read(&bytes[..99]), WireError::Truncated, "too early");
    is(read(&[]), WireError::Truncated, "too early");
    is(read(&[bytes.as_slice(), &[0]].concat()), WireError::Trailing, "follow");
    is(read(&[&[0x98, 0x04], &bytes[1..]].concat()), WireError::NotDeterministic, "deterministic");
    is(read(&with(&bytes, &[0], Value::text("polyseal/2"))), WireError::Version, "polyseal/1");
    is(read(&with(&bytes, &[3], Value::Null)), WireError::Expected("parts"), "expected parts");
    let date = |found| WireError::Limit { what: "a date", unit: Unit::Number, found, least: 0, most: limits::TIME };
    let says = "a date is 253402300800, and at most 253402300799 may be";
    is(read(&with(&bytes, &[2, 3], Value::Uint(limits::TIME + 1))), date(limits::TIME + 1), says);
    let limit = |what, unit, found, least, most| WireError::Limit { what, unit, found, least, most };
    let role = with(&bytes, &[3, 0, 0], Value::Text("r".repeat(65)));
    is(read(&role), limit("a role", Unit::Bytes, 65, 0, 64), "a role: there are 65 bytes, and at most 64 may be");
    let salt = with(&bytes, &[3, 0, 1, 1], Value::bytes([0; 31]));
    is(read(&salt), limit("a salt", Unit::Bytes, 31, 32, 32), "31 bytes, and exactly 32 have to be");
    let parts = with(&bytes, &[3], Value::Array(vec![at(&bytes, &[3, 0]); 17]));
    is(read(&parts), limit("parts", Unit::Items, 17, 0, 16), "there are 17 items, and at most 16 may be");
    let selectors = with(&bytes, &[2, 9, 0, 0], Value::Array(vec![]));
    is(read(&selectors), limit("selectors", Unit::Items, 0, 1, 256), "there are 0 items, and 1 to 256 may be");
    let form = |path: &[usize], item| OrderForm::from_bytes(&with(&OrderForm::standard().to_bytes(), path, item));
    is(form(&[2, 2, 0], Value::text("seller")), FormError::Role { role: Role::SELLER }, "\"seller\" appears twice");
    is(form(&[2, 0, 2], Value::Uint(3)), limit("a release", Unit::Number, 3, 0, 2).into(), "a release is 3");
    is(Authorization::from_bytes(&bytes), WireError::Kind { expected: "authorization" }, "\"authorization\"");
    let [share] = shares([shop()]);
    let mut export = share.export().to_vec();
    export[100] ^= 1;
    is(Share::import(&export), WireError::Corrupt, "damaged");
    is(seller.restore(&export).map(drop), WireError::Kind { expected: "state" }, "state");
    is(manager.restore(&awaiting.export()).map(drop), WireError::OtherOwner, "another party's");
    is(courier.restore(&awaiting.export()).map(drop), WireError::OtherOwner, "another party's");
    for role in [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER] {
        let [share] = shares([bank()]);
        is(Recipient::new(role.clone(), share, Peers::Anyone).map(drop), ValueError::ReservedRole, role.as_str());
    }
}

#[test]
fn a_digest_is_64_digits_and_no_more() {
    let text = "0123456789abcdef".repeat(4);
    let digest: OrderDigest = text.parse().unwrap();
    assert_eq!(digest.to_string(), text);
    assert_eq!(text.to_uppercase().parse(), Ok(digest));
    for wrong in [&text[1..], &text[2..], &format!("{text}0"), &format!("{text}00"), &text.replace('f', "g"), ""] {
        assert_eq!(wrong.parse::<OrderDigest>(), Err(ValueError::Digest), "{wrong}");
    }
}

#[test]
fn a_sellers_policy_holds_whatever_the_card_holder_sends() {
    let standard = OrderForm::standard;
    let wide = gateway_disclosure()
        .allow(field("gift.note"), Role::CARD_MANAGER)
        .allow(field("gift.note"), Role::SELLER)
        .allow_release(Role::CARD_MANAGER, Release::Direct)
        .allow_release(Role::DELIVERY_SERVICE, Release::OnReceipt);
    let refused = |form: &OrderForm| policy_refuses(standard(), form, wide.clone());
    let as_form = |role| Some(PolicyError::Form { role, selector: None });
    let sees = |role, selector: FieldName| Some(PolicyError::Form { role, selector: Some(selector.into()) });
    assert_eq!(refused(&standard()), None);
    let [seller, manager, delivery] = [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];
    assert_eq!(refused(&form(|r| r[1].release = Release::Direct)), as_form(manager.clone()));
    assert_eq!(refused(&form(|r| r[2].release = Release::OnReceipt)), as_form(delivery.clone()));
    assert_eq!(
        refused(&form(|r| hide(&mut r[1], &FieldName::HOLDER_NAME))),
        sees(manager.clone(), FieldName::HOLDER_NAME)
    );
    assert_eq!(
        refused(&form(|r| hide(&mut r[0], &FieldName::HOLDER_FAX))),
        sees(seller.clone(), FieldName::HOLDER_FAX)
    );
    assert_eq!(refused(&form(|r| show(&mut r[1], field("gift.note")))), sees(manager.clone(), field("gift.note")));
    let found = refused(&form(|r| show(&mut r[0], field("gift.note"))));
    assert!(found.as_ref().unwrap().to_string().contains("\"seller\" sees \"gift.note\" by the order or by the form"));
    assert_eq!(found, sees(seller, field("gift.note")));
    assert_eq!(refused(&form(|r| r.swap(1, 2))), as_form(manager.clone()));
    assert_eq!(refused(&form(|r| drop(r.pop()))), as_form(delivery.clone()));
    assert_eq!(refused(&gateway_form()), as_form(role("gateway")));

    let party = |role| Some(PolicyError::Party { role });
    let other_bank = wide.clone().choose(manager.clone(), id("other-bank.example"));
    let found = policy_refuses(standard(), &standard(), other_bank);
    assert!(found.as_ref().unwrap().to_string().contains("\"card-manager\""));
    assert_eq!(found, party(manager));
    let named = form(|r| r[2].identifier = Some(courier()));
    let other_courier = wide.choose(delivery.clone(), id("other-courier.example"));
    assert_eq!(policy_refuses(named, &standard(), other_courier), party(delivery));

    for seller_sees in [true, false] {
        let form = form(|r| hide(&mut r[usize::from(seller_sees)], &FieldName::PAYMENT_TYPE));
        let unseen = PolicyError::Unseen { selector: FieldName::PAYMENT_TYPE.into() };
        is(SellerPolicy::new(form, Peers::Anyone, [FieldName::PAYMENT_TYPE.into()]), unseen, "\"payment.type\"");
    }
}
