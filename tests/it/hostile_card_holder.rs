//! A card holder that does not keep to the protocol, with genuine shares: whom it would wrong, an
//! honest recipient refuses, with the one opaque error.

mod lies;
mod plain;

use core::fmt::Debug;

use lies::{COMMITTED, Change, LIES, UNSOUND, pair, put, restate};
use plain::Plain;
use polyseal::message::Envelope;
use polyseal::order::{FormEntry, Selector};
use polyseal::{MemoryLedger, Release, Role, limits};
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::World;
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, form, gateway_disclosure, gateway_form, id, new, role,
};

use crate::steps::filed;

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

fn world() -> (World, Vec<u8>) {
    let world = World::new(gateway_form());
    let envelope = world.sealed(1).envelope.to_bytes();
    (world, envelope)
}

const RECIPIENTS: [&str; 4] = ["seller", "card-manager", GATEWAY, "delivery-service"];

/// Pads a plaintext, in some way.
type Pad = fn(&[u8]) -> Vec<u8>;

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
fn received_directly(world: &World, plain: Plain) -> Option<String> {
    let received = world.gateway.receive_direct(&plain.seal_directly(&world.holder, GATEWAY), NOW);
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
        let direct = spoil(bad).seal_directly(&world.holder, "card-manager");
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
        restate(&mut plain, "seller", 2, &Value::Uint(release));
        assert_eq!(received_directly(&world, plain), refusal);
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
