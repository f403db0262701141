//! Lies of banks and couriers about their own orders, in answers and receipts.

use polyseal_testing::cbor::Value;

use crate::cast::role;
use crate::forge::{self, AUTHORIZATION, Between};
use crate::network::{Kind, Message};
use crate::random::Random;
use crate::trace::{Nature, Role};
use crate::world::World;

/// A bank approves with a token that is not the order's, or says that it decided when it cannot have.
pub(super) fn lie_in_an_answer(world: &mut World, heard: &Message, random: &mut Random) {
    let mut message = Value::parse(&heard.bytes);
    let digest: [u8; 32] = message.items()[2].as_bytes().try_into().unwrap();
    let Some((holder, place)) = world.placed_as(&digest) else { return };
    let dates = forge::dates(&Value::parse(&world.identities[usize::from(holder)].placed[place].envelope).items()[2]);
    let verdict = match random.below(4) {
        0 => forge::approval(world.clock.now(), [u8::try_from(random.below(256)).unwrap(); 32]),
        1 => forge::refusal(dates.issued - 1, "too early"),
        2 => forge::refusal(dates.accept + 1, "too late"),
        _ => forge::refusal(dates.deliver + 1, "much too late"),
    };
    let (from, to) = (heard.from, heard.to);
    let keys = world.keys_of(from, to, dates.issued);
    let (purpose, by, role) = (AUTHORIZATION, "card-manager", "seller");
    let between = Between { purpose, by, from, to, digest: &digest, role, token: None, keys: &keys };
    let last = message.items().len() - 1;
    message.items()[last] = between.seal(&verdict, random);
    world.send(from, to, Kind::Authorization, message.to_bytes(), Nature::Lie);
}

/// A receipt that says what its giver cannot know: a bank with a reason for an approval, a courier of an approval.
pub(super) fn lie_in_a_receipt(world: &mut World, heard: &Message, random: &mut Random) {
    let mut message = Value::parse(&heard.bytes);
    let (giver, status) = match role(heard.from) {
        Some(Role::Bank) => ("card-manager", 2),
        Some(Role::Courier) => ("delivery-service", [1, 3][random.index(2)]),
        _ => return,
    };
    let now = world.clock.now();
    let keys = world.keys_of(heard.from, heard.to, now);
    let digest = message.items()[2].as_bytes().to_vec();
    let between = Between {
        purpose: "receipt",
        by: giver,
        from: heard.from,
        to: heard.to,
        digest: &digest,
        role: "card-holder",
        token: None,
        keys: &keys,
    };
    let last = message.items().len() - 1;
    message.items()[last] = between.seal(&forge::report(giver, status, now), random);
    world.send(heard.from, heard.to, Kind::Receipt, message.to_bytes(), Nature::Lie);
}
