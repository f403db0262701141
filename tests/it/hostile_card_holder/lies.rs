//! What a card holder can say wrongly in the parts of an order, to whom it would make a difference.

use polyseal::limits;
use polyseal_testing::GATEWAY;
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::hash;

use super::plain::Plain;

/// A lie: what it is about, and how the part for a recipient is changed.
pub type Lie = (&'static str, fn(&mut Plain, &str));

pub fn put(plain: &mut Plain, to: &str, path: &[usize], value: Value) {
    plain.opening(to).edit(path, |place| *place = value);
}

/// Changes an array of an opening.
pub fn list(plain: &mut Plain, to: &str, path: &[usize], change: impl FnOnce(&mut Vec<Value>)) {
    plain.opening(to).edit(path, |array| change(array.items()));
}

fn repeat_last(items: &mut Vec<Value>) {
    items.extend(items.last().cloned());
}

/// Something else where there is nothing, and nothing where there is something.
fn toggle(value: &mut Value) {
    *value = if *value == Value::Null { Value::bytes([7; 32]) } else { Value::Null };
}

/// What can be said wrongly to any recipient.
pub const LIES: [Lie; 21] = [
    ("another value", |plain, to| put(plain, to, &[3, 0, 2, 0, 1], Value::text("other"))),
    ("another salt", |plain, to| put(plain, to, &[3, 0, 1], Value::bytes([0; 32]))),
    ("another name", |plain, to| put(plain, to, &[3, 0, 2, 0, 0], Value::text("card.cvc"))),
    ("a field less", |plain, to| list(plain, to, &[3, 0, 2], |fields| drop(fields.pop()))),
    ("fields reordered", |plain, to| list(plain, to, &[3, 0, 2], |fields| fields.reverse())),
    ("a field twice", |plain, to| list(plain, to, &[3, 0, 2], repeat_last)),
    ("a group less", |plain, to| list(plain, to, &[3], |groups| drop(groups.pop()))),
    ("a group twice", |plain, to| list(plain, to, &[3], repeat_last)),
    ("groups reordered, or one more", |plain, to| {
        list(plain, to, &[3], |groups| if groups.len() > 1 { groups.reverse() } else { repeat_last(groups) });
    }),
    ("the place of another group", |plain, to| {
        plain.opening(to).edit(&[3, 0, 0], |place| *place = Value::Uint(if *place == Value::Uint(1) { 2 } else { 1 }));
    }),
    ("the place of no group", |plain, to| put(plain, to, &[3, 0, 0], Value::Uint(63))),
    ("a recipient less", |plain, to| list(plain, to, &[2], |entries| drop(entries.pop()))),
    ("a recipient twice", |plain, to| list(plain, to, &[2], repeat_last)),
    ("recipients reordered", |plain, to| list(plain, to, &[2], |entries| entries.reverse())),
    ("another release", |plain, to| put(plain, to, &[2, 0, 0, 2], Value::Uint(0))),
    ("another recipient's salt", |plain, to| put(plain, to, &[2, 0, 1], Value::bytes([0; 32]))),
    ("a token too many or too few", |plain, to| plain.opening(to).edit(&[6], toggle)),
    ("another token", |plain, to| put(plain, to, &[6], Value::bytes([7; 32]))),
    ("a revision too many or too few", |plain, to| {
        plain.opening(to).edit(&[5], |value| *value = if *value == Value::Null { Value::Uint(0) } else { Value::Null });
    }),
    ("companions too many or too few", |plain, to| plain.opening(to).edit(&[4], toggle)),
    ("another kind of plaintext", |plain, to| put(plain, to, &[1], Value::text("verdict"))),
];

/// Another identifier (1) or release (2) of a recipient, committed to.
pub fn restate(plain: &mut Plain, role: &str, item: usize, value: &Value) {
    plain.entry(role, |entry| entry.items()[item] = value.clone());
}

/// An order that is committed to throughout, and not sound: what the seller alone can see.
pub const UNSOUND: [Lie; 15] = [
    ("one party in two roles", |plain, _| restate(plain, "delivery-service", 1, &Value::bytes("bank.example"))),
    ("the card holder as recipient", |plain, _| restate(plain, GATEWAY, 1, &Value::bytes("holder.example/4711"))),
    ("another seller", |plain, _| restate(plain, "seller", 1, &Value::bytes("other.example"))),
    ("a seller served directly", |plain, _| restate(plain, "seller", 2, &Value::Uint(0))),
    ("a seller that waits", |plain, _| restate(plain, "seller", 2, &Value::Uint(2))),
    ("a card manager that waits", |plain, _| restate(plain, "card-manager", 2, &Value::Uint(2))),
    ("a part that should come directly", |plain, _| restate(plain, GATEWAY, 2, &Value::Uint(0))),
    ("a part left out", |plain, _| plain.openings.retain(|(role, _)| role != GATEWAY)),
    ("other companions", |plain, _| put(plain, "seller", &[4], Value::bytes([0; 32]))),
    ("a group that nobody sees", |plain, _| {
        let group = [Value::Array(vec![Value::text("zz")]), Value::bytes([0; 32])];
        plain.header.items()[9].items().push(Value::Array(group.into()));
    }),
    ("two groups of one audience", |plain, _| {
        // What seller and card manager see of the goods, cut in two.
        let place = plain.place_of("items.*");
        let selectors = plain.header.items()[9].items()[place].items()[0].items();
        selectors.retain(|selector| *selector != Value::text("items.*"));
        let empty = hash("group", [Value::bytes([1; 32]), Value::Array(vec![])]);
        let second = [Value::Array(vec![Value::text("items.*")]), Value::bytes(empty)];
        plain.header.items()[9].items().push(Value::Array(second.into()));
        for to in ["seller", "card-manager"] {
            let place = Value::Uint((place + 1).try_into().unwrap());
            plain.entry(to, |entry| entry.items()[3].items().push(place.clone()));
            let group = [place, Value::bytes([1; 32]), Value::Array(vec![])];
            list(plain, to, &[3], |groups| groups.push(Value::Array(group.into())));
        }
    }),
    ("a group that is not there", |plain, _| {
        plain.entry(GATEWAY, |entry| entry.items()[3] = Value::Array(vec![Value::Uint(0), Value::Uint(5)]));
    }),
    ("groups out of order", |plain, _| {
        plain.entry("delivery-service", |entry| entry.items()[3].items().reverse());
    }),
    ("nobody to approve", |plain, _| {
        plain.openings.retain(|(role, _)| role != "card-manager");
        plain.header.items()[8].items().remove(1);
        list(plain, "seller", &[2], |entries| drop(entries.remove(1)));
    }),
    ("a relayed part before the seller's", |plain, _| {
        plain.header.items()[8].items().swap(0, 1);
        list(plain, "seller", &[2], |entries| entries.swap(0, 1));
    }),
];

/// A change of the fields of a group.
pub type Change = fn(&mut Vec<Value>);

/// Lies about the goods, which the header commits to: the seller finds them at once.
pub const COMMITTED: [(&str, Change); 9] = [
    ("a name out of order", |fields| fields.reverse()),
    ("a name twice", repeat_last),
    ("a name that no selector matches", |fields| fields.push(pair("itemsx", ""))),
    ("a name that a selector of another group matches", |fields| fields.insert(0, pair("holder.fax", ""))),
    ("a name and one below it", |fields| fields.extend([pair("items.0", ""), pair("items.0.sku", "")])),
    ("the same with another one between", |fields| {
        fields.extend([pair("items.0", ""), pair("items.0-1", ""), pair("items.0.sku", "")]);
    }),
    ("more fields than there may be", |fields| {
        fields.extend((0..=limits::FIELDS).map(|n| pair(&format!("items.{n:0>4}"), "")));
    }),
    ("a value that is too long", |fields| fields.push(pair("items.0", &"x".repeat(limits::VALUE + 1)))),
    ("more bytes than there may be", |fields| {
        fields.extend((10..26).map(|n| pair(&format!("items.{n}"), &"x".repeat(limits::VALUE))));
    }),
];

pub fn pair(name: &str, value: &str) -> Value {
    Value::Array(vec![Value::text(name), Value::text(value)])
}
