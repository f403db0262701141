//! Lies of banks and couriers about their own orders, in answers and receipts.

use polyseal_testing::cbor::Value;

use super::claims::opened;
use crate::cast::role;
use crate::forge::{self, AUTHORIZATION, Between, DECIDED_AT};
use crate::network::{Kind, Message};
use crate::random::Random;
use crate::trace::{Nature, Role, Who};
use crate::world::World;

/// A bank approves with a token that is not the order's, or says that it decided when it cannot have.
pub(super) fn lie_in_an_answer(world: &mut World, heard: &Message, random: &mut Random) {
    let mut message = Value::parse(&heard.bytes);
    let Some((_, _, dates)) = world.about(heard) else { return };
    let verdict = match random.below(4) {
        0 => forge::approval(world.clock.now(), Value::bytes([u8::try_from(random.below(256)).unwrap(); 32])),
        1 => forge::refusal(dates.issued - 1, "too early"),
        2 => forge::refusal(dates.accept + 1, "too late"),
        _ => forge::refusal(dates.deliver + 1, "much too late"),
    };
    let last = message.items().len() - 1;
    message.items()[last] = spoken(world, heard, (AUTHORIZATION, "seller", heard.to), &verdict, random);
    world.send(heard.from, heard.to, Kind::Authorization, message.to_bytes(), Nature::Lie);
}

/// What the bank that sent a message says to somebody about the order of that message, under its own key.
fn spoken(
    world: &World,
    heard: &Message,
    (purpose, role, to): (&str, &str, Who),
    says: &Value,
    random: &mut Random,
) -> Value {
    let (from, digest) = (heard.from, Value::parse(&heard.bytes).items()[2].as_bytes().to_vec());
    let keys = world.keys_of(from, to, world.clock.now());
    let between = Between { purpose, by: "card-manager", from, to, digest: &digest, role, token: None, keys: &keys };
    between.seal(says, random)
}

/// A bank says to the seller the opposite of what it has said, and something else to the card holder. What comes first
/// stays.
pub(super) fn say_two_things(world: &mut World, heard: &Message, random: &mut Random) {
    let Some((holder, placed, dates)) = world.about(heard) else { return };
    let digest = placed.digest;
    let said = opened(world, heard, AUTHORIZATION, "card-manager", &digest, dates.issued);
    let (Some(mut said), Some(token)) = (said, world.token(&digest)) else { return };
    let Value::Uint(at) = said.items()[DECIDED_AT] else { return };
    let is_approval = said.items()[DECIDED_AT + 1] != Value::Null;
    let verdict = if is_approval { forge::refusal(at, "on second thoughts") } else { forge::approval(at, token) };
    let mut message = Value::parse(&heard.bytes);
    let last = message.items().len() - 1;
    message.items()[last] = spoken(world, heard, (AUTHORIZATION, "seller", heard.to), &verdict, random);
    let status = *random.pick(&[(0, None), (1, None), (2, Some("for the card holder")), (3, None)]);
    let report = forge::report("card-manager", status, at);
    let sealed = spoken(world, heard, ("receipt", "card-holder", holder), &report, random);
    let receipt = forge::labelled("receipt", [Value::bytes(digest), Value::text("card-manager"), sealed]);
    world.send(heard.from, heard.to, Kind::Authorization, message.to_bytes(), Nature::Doubtful);
    world.send(heard.from, holder, Kind::Receipt, receipt.to_bytes(), Nature::Doubtful);
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
    message.items()[last] = between.seal(&forge::report(giver, (status, None), now), random);
    world.send(heard.from, heard.to, Kind::Receipt, message.to_bytes(), Nature::Lie);
}
