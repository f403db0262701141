//! Encodings, names and forms.

use std::collections::BTreeSet;

use polyseal::card_holder::Split;
use polyseal::handshake::{Acknowledgement, Answer, Confirmation, Hello};
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, Receipt, Relay, Request, Response, WireError, Withdrawal,
};
use polyseal::order::{Amount, Entry, FormEntry, Selector, Selectors};
use polyseal::{CardHolder, DisclosurePolicy, Domain, FieldName, Identifier, Label, Order, OrderForm, Release, Role};
use polyseal_testing::cbor::Value as Item;
use polyseal_testing::forge::labelled;
use serde_json::{Value, json};

use super::party::keyless;
use super::{Found, Input, Refusal, nothing, wrapped};

pub(super) fn encoding(input: Input<'_>) -> Found {
    let bytes = input.bytes("bytes");
    macro_rules! read {
        ($($kind:literal: $type:ty,)*) => {
            match input.text("as") {
                $($kind => <$type>::from_bytes(&bytes).map(|read| read.to_bytes()).map_err(Refusal::from),)*
                "header" => wrapped::header(&bytes).map(|_| bytes.clone()),
                "item" => return item(&bytes),
                // What is sealed is read inside of the crate alone.
                "opening" | "statement" | "claim" | "verdict" | "resolution" | "outcome" | "notice" | "report" => {
                    return Err(Refusal::out_of_reach());
                }
                other => panic!("{other}: no such kind"),
            }
        };
    }
    let found = read! {
        "domain": Domain,
        "form": OrderForm,
        "hello": Hello,
        "answer": Answer,
        "confirmation": Confirmation,
        "acknowledgement": Acknowledgement,
        "envelope": Envelope,
        "direct": Direct,
        "relay": Relay,
        "dispatch": Dispatch,
        "request": Request,
        "authorization": Authorization,
        "response": Response,
        "delivery": DeliveryReport,
        "withdrawal": Withdrawal,
        "receipt": Receipt,
    };
    found.map(|written| {
        assert_eq!(written, bytes, "what is read is written the same");
        nothing()
    })
}

/// No message is any item. So it is read where a domain has one of its type: a number, a text or an array.
fn item(bytes: &[u8]) -> Found {
    let [label, issuers, number] = [[0x61, b'a'].as_slice(), &[0x81, 0x61, b'a'], &[0]];
    let major = bytes.first().map(|first| first >> 5);
    let [label, issuers, number] = match major {
        Some(3) => [bytes, issuers, number],
        Some(4) => [label, bytes, number],
        _ => [label, issuers, bytes],
    };
    let domain = [&[0x85], label, issuers, &[0x83], number, &[0, 1, 0, 1]].concat();
    match Domain::from_bytes(&domain) {
        // What the encoding does not have is not expected anywhere. What it has may be, in another place.
        Err(WireError::Expected(_) | WireError::Limit { .. }) if major < Some(5) || bytes == [0xf6] => {
            Err(Refusal::out_of_reach())
        }
        read => {
            assert_eq!(read?.to_bytes(), domain);
            Ok(nothing())
        }
    }
}

pub(super) fn names(input: Input<'_>) -> Found {
    match input.text("op") {
        "name" => name(input.text("name")),
        "field-name" => FieldName::new(input.text("name")).map(|_| nothing()).map_err(Refusal::from),
        "selector" => input.text("selector").parse::<Selector>().map(|_| nothing()).map_err(Refusal::from),
        "form-selector" => form_selector(input.text("selector")),
        "matches" => {
            let selector: Selector = input.text("selector").parse().unwrap();
            Ok(json!({"matches": selector.matches(&FieldName::new(input.text("name")).unwrap())}))
        }
        "conflict" => Ok(json!({"conflict": conflict(input.list("names"))})),
        _ => amount(input.text("amount")),
    }
}

fn name(text: &str) -> Found {
    assert_eq!(Label::new(text).is_ok(), Role::new(text).is_ok());
    Label::new(text)?;
    Ok(nothing())
}

fn form_selector(text: &str) -> Found {
    let mut selectors = [text, "amount.due"];
    selectors.sort_by_key(|selector| selector.trim_end_matches('?'));
    let selectors = Item::Array(selectors.map(Item::text).to_vec());
    let entry = Item::Array(vec![Item::text("seller"), Item::Null, Item::Uint(1), selectors]);
    let form = OrderForm::from_bytes(&labelled("form", [Item::Array(vec![entry])]).to_bytes())?;
    let selectors = &form.recipients()[0].selectors;
    let selector = selectors.iter().find(|selector| selector.as_str() != "amount.due").unwrap();
    Ok(json!({"selector": selector.as_str(), "optional": selectors.is_optional(selector)}))
}

/// Whether any two of these conflict, as the selectors of a form.
fn conflict(names: &[Value]) -> bool {
    let names: Vec<Selector> = names.iter().map(|name| name.as_str().unwrap().parse().unwrap()).collect();
    let mut selectors = Selectors::from_iter([Selector::from(FieldName::AMOUNT_DUE)]);
    let count = names.len();
    for name in names {
        selectors.insert(name);
    }
    if selectors.len() <= count {
        return true; // A set has each once.
    }
    OrderForm::new(vec![FormEntry { role: Role::SELLER, identifier: None, release: Release::OnReceipt, selectors }])
        .is_err_and(|error| Refusal::of(&error) == Refusal::new("Conflict"))
}

fn amount(text: &str) -> Found {
    let amount: Amount = text.parse()?;
    assert_eq!(amount.to_string(), text);
    let currency = amount.currency();
    Ok(json!({"units": amount.minor_units(), "decimals": amount.decimals(), "currency": currency}))
}

pub(super) fn forms(input: Input<'_>) -> Found {
    let form = OrderForm::from_bytes(&input.bytes("form"))?;
    let identifiers = input.member("chosen");
    let chosen = |role: &Role| match identifiers.and_then(|chosen| chosen.get(role.as_str())) {
        Some(text) => Identifier::new(super::unhex(text.as_str().unwrap())).unwrap(),
        None => Identifier::new(format!("{role}.example")).unwrap(),
    };
    let own = input.get("card_holder").map_or_else(|| b"holder".to_vec(), |_| input.bytes("card_holder"));
    let seller = form.recipients().iter().find(|entry| entry.role == Role::SELLER);
    let seller = seller.and_then(|entry| entry.identifier.clone()).unwrap_or_else(|| chosen(&Role::SELLER));
    let mut policy = DisclosurePolicy::standard(seller);
    for entry in form.recipients().iter().filter(|entry| entry.role != Role::SELLER) {
        policy = policy.choose(entry.role.clone(), entry.identifier.clone().unwrap_or_else(|| chosen(&entry.role)));
    }
    if input.text("op") == "confine" {
        let holder = CardHolder::new(keyless(&own), policy);
        holder.split(&filled(&form), &form)?;
        return Ok(nothing());
    }
    for FormEntry { role, release, selectors, .. } in form.recipients() {
        policy = selectors.iter().fold(policy, |policy, selector| policy.allow(selector.clone(), role.clone()));
        policy = policy.allow_release(role.clone(), *release);
    }
    let holder = CardHolder::new(keyless(&own), policy);
    let order = match input.get("fields") {
        Some(_) => order(input.list("fields"))?,
        None => filled(&form),
    };
    let split = holder.split(&order, &form)?;
    let groups = groups(&split, &form);
    let with_fields = |(selectors, readers): &(Vec<Selector>, Vec<&Entry>)| {
        let mut group = json!({
            "selectors": selectors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "readers": readers.iter().map(|reader| reader.role().as_str()).collect::<Vec<_>>(),
        });
        if input.get("fields").is_some() {
            let of_group = |name: &&FieldName| selectors.iter().any(|selector| selector.matches(name));
            let names = split.fields(readers[0]).filter(of_group);
            group["fields"] = names.map(|name| json!([name.as_str(), order.get(name)])).collect();
        }
        group
    };
    Ok(json!({"groups": groups.iter().map(with_fields).collect::<Vec<_>>()}))
}

/// The groups, from what each recipient sees: they are told apart by their readers.
fn groups<'s>(split: &'s Split<'_>, form: &OrderForm) -> Vec<(Vec<Selector>, Vec<&'s Entry>)> {
    let mut groups: Vec<(Vec<Selector>, Vec<&Entry>)> = Vec::new();
    let selectors: BTreeSet<_> = form.recipients().iter().flat_map(|entry| entry.selectors.iter()).collect();
    for selector in selectors {
        let sees = |entry: &&Entry| split.selectors(entry).any(|seen| seen == selector);
        let readers: Vec<_> = split.recipients().iter().filter(sees).collect();
        match groups.iter_mut().find(|(_, found)| *found == readers) {
            Some((selectors, _)) => selectors.push(selector.clone()),
            None => groups.push((vec![selector.clone()], readers)),
        }
    }
    groups
}

fn order(fields: &[Value]) -> Result<Order, Refusal> {
    let mut order = Order::new();
    for field in fields {
        order.insert(FieldName::new(field[0].as_str().unwrap())?, field[1].as_str().unwrap())?;
    }
    Ok(order)
}

/// An order with a value for each name that a form has.
fn filled(form: &OrderForm) -> Order {
    let mut order = Order::new();
    let selectors: BTreeSet<_> = form
        .recipients()
        .iter()
        .flat_map(|entry| entry.selectors.iter())
        .filter(|selector| selector.is_exact())
        .collect();
    for selector in selectors {
        let value = if selector.as_str() == "amount.due" { "1 EUR" } else { "" };
        order.insert(FieldName::new(selector.as_str()).unwrap(), value).unwrap();
    }
    order
}
