//! A card holder that does not keep to the protocol, with genuine shares: whom it would wrong, an
//! honest recipient refuses, with the one opaque error.

use core::fmt::Debug;

use polyseal::message::{Direct, Envelope};
use polyseal::order::{FormEntry, Selector};
use polyseal::{Identifier, MemoryLedger, Release, Role, Share, limits};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, World, hash, labelled};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, bank, courier, form, gateway_disclosure, gateway_form, holder, id,
    new, role, shop,
};
use sha2::{Digest, Sha256};

use crate::steps::filed;

fn named(role: &str) -> Identifier {
    match role {
        "seller" => shop(),
        "card-manager" => bank(),
        "delivery-service" => courier(),
        _ => id("gateway.example"),
    }
}

/// An envelope as its card holder can open it. Header: sender 2, dates 3 to 6, token's hash 7, recipients 8, groups 9.
/// Opening: recipients 2, groups 3 (place, salt, fields), companions 4, revision 5, token 6.
struct Plain {
    header: Value,
    openings: Vec<(String, Value)>,
}

impl Plain {
    fn of(share: &Share, envelope: &[u8]) -> Self {
        let header = at(envelope, &[2]);
        let digest = Sha256::digest(header.as_bytes());
        let mut openings: Vec<(String, Value)> = Vec::new();
        for part in at(envelope, &[3]).items() {
            let [Value::Text(role), sealed] = part.items().as_slice() else { panic!("a part") };
            let to = named(role);
            let token = (role == "delivery-service").then(|| Self::token_in(&openings));
            let from = holder();
            let token = token.as_ref().map(Value::as_bytes);
            let letter = Letter { token, ..Letter::part(&from, &to, role, &digest) };
            openings.push((role.clone(), Value::parse(&letter.open(share, sealed))));
        }
        Self { header: Value::parse(header.as_bytes()), openings }
    }

    fn token_in(openings: &[(String, Value)]) -> Value {
        let (_, manager) = openings.iter().find(|(role, _)| role == "card-manager").unwrap();
        manager.clone().items()[6].clone()
    }

    fn opening(&mut self, role: &str) -> &mut Value {
        &mut self.openings.iter_mut().find(|(name, _)| name == role).unwrap().1
    }

    /// Changes a recipient's entry wherever it is, and the commitment to it.
    fn entry(&mut self, role: &str, change: impl Fn(&mut Value)) {
        let is_it = |entry: &Value| entry.clone().items()[0] == Value::text(role);
        for (_, opening) in &mut self.openings {
            for pair in opening.items()[2].items() {
                if !is_it(&pair.items()[0]) {
                    continue;
                }
                change(&mut pair.items()[0]);
                let [entry, salt] = pair.items().as_slice() else { panic!("an entry and its salt") };
                let commitment = hash("recipient", [salt.clone(), entry.clone()]);
                let place = self.header.items()[8].items().iter_mut().find(|place| is_it(place)).unwrap();
                place.items()[1] = Value::bytes(commitment);
            }
        }
    }

    /// Changes the fields of a group wherever they are opened, and the commitment to them.
    fn group(&mut self, place: usize, change: impl Fn(&mut Vec<Value>)) {
        let index = Value::Uint(place.try_into().unwrap());
        for (_, opening) in &mut self.openings {
            for group in opening.items()[3].items().iter_mut() {
                if group.items()[0] != index {
                    continue;
                }
                change(group.items()[2].items());
                let [_, salt, fields] = group.items().as_slice() else { panic!("place, salt and fields") };
                let commitment = hash("group", [salt.clone(), fields.clone()]);
                self.header.items()[9].items()[place].items()[1] = Value::bytes(commitment);
            }
        }
    }

    /// The place of the group that has a selector.
    fn place_of(&mut self, selector: &str) -> usize {
        let has = |group: &mut Value| group.items()[0].items().contains(&Value::text(selector));
        self.header.items()[9].items().iter_mut().position(has).unwrap()
    }

    /// The envelope as a card holder seals it, padded by `pad`.
    fn seal_with(mut self, pad: impl Fn(&Letter<'_>, &[u8]) -> Value) -> Vec<u8> {
        let header = self.header.to_bytes();
        let digest = Sha256::digest(&header);
        let token =
            self.openings.iter().any(|(role, _)| role == "card-manager").then(|| Self::token_in(&self.openings));
        let (mut parts, mut own) = (Vec::new(), None);
        self.openings.sort_by_key(|(role, _)| role == "seller");
        for (role, mut opening) in self.openings {
            let to = named(&role);
            let waits = role == "delivery-service";
            let token = token.as_ref().filter(|_| waits).map(|token| match token {
                Value::Bytes(bytes) => bytes.as_slice(),
                _ => &[0; 32],
            });
            let from = holder();
            let letter = Letter { token, ..Letter::part(&from, &to, &role, &digest) };
            let companions = &mut opening.items()[4];
            if role == "seller" && *companions != Value::Null && *companions != Value::Bytes(vec![0; 32]) {
                *companions = Value::bytes(hash("parts", [Value::Array(parts.clone())]));
            }
            let part = Value::Array(vec![Value::text(&role), pad(&letter, &opening.to_bytes())]);
            if role == "seller" { own = Some(part) } else { parts.push(part) }
        }
        // In the place that the header gives it.
        let roles = self.header.items()[8].items().iter_mut().map(|pair| pair.items()[0].clone());
        let place = roles.take_while(|role| *role != Value::text("seller")).count();
        parts.splice(place..place, own);
        labelled("envelope", [Value::bytes(header), Value::Array(parts)]).to_bytes()
    }

    fn seal(self, share: &Share) -> Vec<u8> {
        let seal = |letter: &Letter<'_>, opening: &[u8]| letter.seal(share, opening);
        self.seal_with(seal)
    }
}

fn refusal<T>(result: Result<T, impl Debug>) -> Option<String> {
    result.err().map(|error| format!("{error:?}"))
}

/// Carries an envelope as far as `to`, everybody else acting as they should: how `to` refuses it.
fn carried(world: &World, envelope: &[u8], to: &str) -> Option<String> {
    let World { parties: Parties { seller, manager, courier, .. }, gateway, .. } = world;
    let [mut others, mut ledger] = [9; 2].map(MemoryLedger::new);
    let (others, ledger, rng) = (&mut others, &mut ledger, &mut Repeatable(2));
    let envelope = Envelope::from_bytes(envelope).unwrap();
    let refused = if to == "seller" {
        refusal(filed(seller.receive(&envelope, NOW), ledger))
    } else {
        let awaiting = world.at_seller(&envelope, others);
        let relay = |to: &Role| awaiting.relay(seller, to, NOW, &mut Repeatable(3)).unwrap();
        match to {
            "card-manager" => refusal(filed(manager.receive(&relay(&Role::CARD_MANAGER), NOW), ledger)),
            GATEWAY => refusal(filed(gateway.receive_relay(&relay(&role(GATEWAY)), NOW), ledger)),
            _ => {
                let deciding = new(filed(manager.receive(&relay(&Role::CARD_MANAGER), NOW), others).unwrap());
                let approval = new(deciding.approve(manager, NOW).unwrap().file(others).unwrap());
                let answer = approval.authorization(manager, rng).unwrap();
                let approved = approved(new(awaiting.authorize(seller, &answer, NOW).unwrap().file(others).unwrap()));
                let role = Role::DELIVERY_SERVICE;
                let approved = new(approved.dispatch(seller, &role, b"", NOW).unwrap().file(others).unwrap());
                let dispatch = approved.dispatch_message(seller, &role, NOW, rng).unwrap();
                refusal(filed(courier.receive_dispatch(&dispatch, NOW), ledger))
            }
        }
    };
    assert_eq!(ledger.is_empty(), refused.is_some());
    refused
}

/// A lie: what it is about, and how the part for a recipient is changed.
type Lie = (&'static str, fn(&mut Plain, &str));

fn put(plain: &mut Plain, to: &str, path: &[usize], value: Value) {
    plain.opening(to).edit(path, |place| *place = value);
}

/// Changes an array of an opening.
fn list(plain: &mut Plain, to: &str, path: &[usize], change: impl FnOnce(&mut Vec<Value>)) {
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
const LIES: [Lie; 21] = [
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
fn restate(plain: &mut Plain, role: &str, item: usize, value: &Value) {
    plain.entry(role, |entry| entry.items()[item] = value.clone());
}

/// An order that is committed to throughout, and not sound: what the seller alone can see.
const UNSOUND: [Lie; 15] = [
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

fn world() -> (World, Vec<u8>) {
    let world = World::new(gateway_form());
    let envelope = world.sealed(1).envelope.to_bytes();
    (world, envelope)
}

const RECIPIENTS: [&str; 4] = ["seller", "card-manager", GATEWAY, "delivery-service"];

/// Pads a plaintext, in some way.
type Pad = fn(&[u8]) -> Vec<u8>;

/// A change of the fields of a group.
type Change = fn(&mut Vec<Value>);

/// Lies about the goods, which the header commits to: the seller finds them at once.
const COMMITTED: [(&str, Change); 9] = [
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

fn pair(name: &str, value: &str) -> Value {
    Value::Array(vec![Value::text(name), Value::text(value)])
}

/// All else would be refused for nothing if what is sealed here were not the crate's own sealing.
#[test]
fn what_is_told_truly_is_accepted() {
    let (world, envelope) = world();
    for to in RECIPIENTS {
        assert_eq!(carried(&world, &Plain::of(&world.holder, &envelope).seal(&world.holder), to), None, "{to}");
    }
}

#[test]
fn no_recipient_takes_what_does_not_open_the_header() {
    // E-1, R-6
    let (world, envelope) = world();
    for (what, lie) in LIES {
        for to in RECIPIENTS {
            let mut plain = Plain::of(&world.holder, &envelope);
            lie(&mut plain, to);
            assert_eq!(carried(&world, &plain.seal(&world.holder), to), Some("Rejected".into()), "{what}, {to}");
        }
    }
    for to in RECIPIENTS.into_iter().filter(|to| *to != "seller") {
        let mut plain = Plain::of(&world.holder, &envelope);
        let all = plain.opening("seller").items()[2].clone();
        put(&mut plain, to, &[2], all);
        assert_eq!(carried(&world, &plain.seal(&world.holder), to), Some("Rejected".into()), "all shown to {to}");
    }
    // The right token, too, is the card manager's alone.
    for to in RECIPIENTS.into_iter().filter(|to| *to != "card-manager") {
        let mut plain = Plain::of(&world.holder, &envelope);
        let token = Plain::token_in(&plain.openings);
        put(&mut plain, to, &[6], token);
        assert_eq!(carried(&world, &plain.seal(&world.holder), to), Some("Rejected".into()), "the token for {to}");
    }
}

#[test]
fn the_seller_takes_no_order_that_is_not_sound() {
    let (world, envelope) = world();
    for (what, change) in UNSOUND {
        let mut plain = Plain::of(&world.holder, &envelope);
        change(&mut plain, "seller");
        assert_eq!(carried(&world, &plain.seal(&world.holder), "seller"), Some("Rejected".into()), "{what}");
    }
}

/// A gateway that the card holder serves itself, and that sees what is below `items`.
fn direct_world() -> (World, Vec<u8>) {
    let form = form(|recipients| {
        let selectors = [Selector::ITEMS].into_iter().collect();
        let identifier = Some(id("gateway.example"));
        recipients.push(FormEntry { role: role(GATEWAY), identifier, release: Release::OnReceipt, selectors });
    });
    let world = World::by(form, gateway_disclosure().allow(Selector::ITEMS, role(GATEWAY)));
    let envelope = world.sealed(1).envelope.to_bytes();
    (world, envelope)
}

/// What the gateway says to its part, if that comes directly.
fn received_directly(world: &World, mut plain: Plain) -> Option<String> {
    restate(&mut plain, GATEWAY, 2, &Value::Uint(0));
    let sealed = plain.seal(&world.holder);
    let direct = labelled("direct", [at(&sealed, &[2]), at(&sealed, &[3, 3])]).to_bytes();
    let received = world.gateway.receive_direct(&Direct::from_bytes(&direct).unwrap(), NOW);
    refusal(filed(received, &mut MemoryLedger::new(9)))
}

/// A card holder that commits to nonsense is refused by everybody who sees it, with a seller before it or without.
#[test]
fn no_recipient_takes_names_that_do_not_fit() {
    // E-1, X-1
    let (world, envelope) = world();
    let (direct, to_gateway) = direct_world();
    let few: Change = |fields| fields.extend([pair("items.0-1", ""), pair("items.0.sku", "")]);
    // As many fields and bytes as there may be, with the others that the seller sees.
    let many: Change = |fields| {
        fields.extend((0..limits::FIELDS - 9).map(|n| pair(&format!("items.{n:0>4}"), "")));
    };
    let refused = COMMITTED.map(|(what, change)| (what, change, Some("Rejected".to_owned())));
    for (what, change, expected) in
        [("what fits", few, None), ("as many as may be", many, None)].into_iter().chain(refused)
    {
        let mut plain = Plain::of(&world.holder, &envelope);
        let goods = plain.place_of("items.*");
        plain.group(goods, |fields| {
            fields.retain(|field| field.clone().items()[0] != Value::text("items.*"));
            change(fields);
        });
        assert_eq!(carried(&world, &plain.seal(&world.holder), "seller"), expected, "{what}");

        let mut plain = Plain::of(&direct.holder, &to_gateway);
        let goods = plain.place_of("items.*");
        // Its group has no other fields: two, so that they can be out of order.
        plain.group(goods, |fields| {
            fields.extend([pair("items.-", ""), pair("items.-0", "")]);
            change(fields);
        });
        assert_eq!(received_directly(&direct, plain), expected, "{what}, directly");
    }
}

/// The form lets no amount be anything else; this card holder does.
#[test]
fn seller_and_card_manager_read_the_amount_themselves() {
    let (world, envelope) = world();
    let spoil = |value: &str| {
        let mut plain = Plain::of(&world.holder, &envelope);
        let place = plain.place_of("amount.due");
        plain.group(place, |fields| fields[0] = pair("amount.due", value));
        plain
    };
    assert_eq!(carried(&world, &spoil("0.00 EUR").seal(&world.holder), "card-manager"), None);
    for bad in ["", "12", "-1 EUR", "012 EUR", "12 eur"] {
        let refused = Some("Ledger(Policy(Amount))".to_owned());
        assert_eq!(carried(&world, &spoil(bad).seal(&world.holder), "seller"), refused, "{bad}");
        let mut plain = spoil(bad);
        restate(&mut plain, "card-manager", 2, &Value::Uint(0));
        let sealed = plain.seal(&world.holder);
        let direct = labelled("direct", [at(&sealed, &[2]), at(&sealed, &[3, 1])]).to_bytes();
        let direct = Direct::from_bytes(&direct).unwrap();
        let received = world.parties.manager.receive_direct(&direct, NOW);
        assert_eq!(refusal(received), Some("Policy(Amount)".to_owned()), "{bad}");
    }
    // One that is not there at all.
    let mut plain = Plain::of(&world.holder, &envelope);
    let place = plain.place_of("amount.due");
    plain.group(place, |fields| drop(fields.remove(0)));
    assert_eq!(carried(&world, &plain.seal(&world.holder), "seller"), Some("Ledger(Policy(Amount))".to_owned()));
}

/// Whom the seller's check does not stand before: a part that comes directly.
#[test]
fn the_seller_of_every_part_is_one_served_on_receipt() {
    let (world, envelope) = world();
    for (release, refusal) in [(1, None), (0, Some("Rejected".into())), (2, Some("Rejected".into()))] {
        let mut plain = Plain::of(&world.holder, &envelope);
        restate(&mut plain, GATEWAY, 2, &Value::Uint(0));
        restate(&mut plain, "seller", 2, &Value::Uint(release));
        let sealed = plain.seal(&world.holder);
        let direct = labelled("direct", [at(&sealed, &[2]), at(&sealed, &[3, 3])]).to_bytes();
        let direct = Direct::from_bytes(&direct).unwrap();
        let received = filed(world.gateway.receive_direct(&direct, NOW), &mut MemoryLedger::new(9));
        assert_eq!(self::refusal(received), refusal);
    }
}

#[test]
fn a_plaintext_has_one_padding_and_nothing_after_it() {
    let (world, envelope) = world();
    let paddings: [(&str, Pad); 5] = [
        ("more zeros", |text| [text, &[0x80], &[0; 4095]].concat()),
        ("none", |text| [text, &[0x01; 512]].concat()),
        ("two markers", |text| {
            let mut padded = [text, &[0x80, 0x80]].concat();
            padded.resize(padded.len().next_multiple_of(4096), 0);
            padded
        }),
        ("zeros alone", |_| vec![0; 512]),
        ("a byte after the plaintext", |text| [text, &[0xf6]].concat()),
    ];
    for (at, (what, pad)) in paddings.into_iter().enumerate() {
        for to in RECIPIENTS {
            let sealed = Plain::of(&world.holder, &envelope).seal_with(|letter, opening| match at {
                _ if letter.role != to => letter.seal(&world.holder, opening),
                4 => letter.seal(&world.holder, &pad(opening)),
                _ => letter.seal_padded(&world.holder, &pad(opening)),
            });
            assert_eq!(carried(&world, &sealed, to), Some("Rejected".into()), "{what}, {to}");
        }
    }
}
