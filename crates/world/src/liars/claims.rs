//! Lies of sellers, banks and couriers about their own orders, once these are under way.

use polyseal_testing::cbor::Value;

use crate::cast::{BANK, BANKS, role};
use crate::forge::{self, Between, HEADER, PARTS, sha256};
use crate::network::{Kind, Message};
use crate::orders::name_of;
use crate::random::Random;
use crate::trace::{Dates, Nature, Who};
use crate::world::{World, digest_of};

/// A sum of the world's currency.
fn euros(cents: u64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}

/// What a liar says in place of what it has said.
struct Speech {
    purpose: &'static str,
    by: String,
    to: Who,
    says: Value,
    nature: Nature,
}

impl Speech {
    /// Puts it into the message, which ends with what is sealed.
    fn send(self, world: &mut World, heard: &Message, mut message: Value, date: u64, random: &mut Random) {
        let Self { purpose, by, to, says, nature } = self;
        let (from, Some(to_role)) = (heard.from, role(to)) else { return };
        let (Some(digest), keys) = (digest_of(heard), world.keys_of(from, to, date)) else { return };
        let name = name_of(to_role);
        let between =
            Between { purpose, by: &by, from, to, digest: &digest, role: name.as_str(), token: None, keys: &keys };
        let last = message.items().len() - 1;
        message.items()[last] = between.seal(&says, random);
        world.send(from, to, heard.kind, message.to_bytes(), nature);
    }
}

pub(super) fn lie(world: &mut World, heard: &Message, random: &mut Random) {
    let Some((_, placed, dates)) = world.about(heard) else { return };
    let due = placed.due;
    let mut message = Value::parse(&heard.bytes);
    let speech = match heard.kind {
        Kind::Request => ask(heard, &mut message, due, dates, random),
        Kind::Response => answer(world, heard, due, dates, random),
        _ => tell(heard, &mut message, dates, random),
    };
    speech.send(world, heard, message, dates.issued, random);
}

/// A seller asks for what it cannot have.
fn ask(heard: &Message, message: &mut Value, due: u64, dates: Dates, random: &mut Random) -> Speech {
    let parts = message.items()[PARTS].clone();
    let claim = |demand| forge::claim(&parts, dates.issued, demand);
    let number = 1 + random.below(4);
    let mut to = heard.to;
    let (says, nature) = match random.below(10) {
        // Sums that there cannot be.
        0 => (claim(forge::demand(number, Some("0.00 EUR"))), Nature::Lie),
        1 => (claim(forge::demand(number, Some("1.00 USD"))), Nature::Lie),
        2 => (claim(forge::demand(number, Some("1.000 EUR"))), Nature::Lie),
        3 => (forge::claim(&Value::Null, dates.issued, forge::demand(number, None)), Nature::Lie),
        4 => (forge::claim(&parts, dates.issued - 1, forge::demand(number, None)), Nature::Lie),
        5 => (forge::claim(&parts, dates.settle + 1, forge::demand(number, None)), Nature::Lie),
        6 => {
            to = BANK + (to - BANK + 1) % BANKS;
            (claim(forge::demand(number, None)), Nature::Lie)
        }
        // Too much, or something else under the same number: that is for the bank to see.
        7 => (claim(forge::demand(number, Some(&euros(due + 1)))), Nature::Doubtful),
        8 => (claim(forge::demand(number, Some(&euros(due / 2 + 1)))), Nature::Doubtful),
        _ => {
            // Without the part: only a bank that knows the order can answer.
            let none = Value::Array(vec![]);
            message.items()[PARTS] = none.clone();
            (forge::claim(&none, dates.issued, forge::demand(number, Some(&euros(due / 3 + 1)))), Nature::Doubtful)
        }
    };
    Speech { purpose: "request", by: "seller".into(), to, says, nature }
}

/// A bank answers what was not asked, or what cannot be.
fn answer(world: &World, heard: &Message, due: u64, dates: Dates, random: &mut Random) -> Speech {
    let now = world.clock.now();
    let (number, half) = (1 + random.below(2), euros(due / 2 + 1));
    // What the seller did ask, if it can be read here.
    let said =
        digest_of(heard).and_then(|digest| opened(world, heard, "response", "card-manager", &digest, dates.issued));
    let asked = said.map_or_else(|| forge::demand(number, None), |mut said| said.items()[2].clone());
    let is_refund = matches!(asked.clone().items()[2], Value::Text(_));
    let resolved = |at, refusal, refunded: &str| forge::resolution(asked.clone(), at, refusal, refunded);
    let (says, nature) = match random.below(8) {
        0 => (resolved(now, None, &euros(due + 1)), Nature::Lie),
        1 => (resolved(now, Some("no"), "0.00 USD"), Nature::Lie),
        2 => (forge::resolution(forge::demand(200, None), now, None, "0.00 EUR"), Nature::Lie),
        3 => (forge::resolution(forge::demand(number, Some("0.01 EUR")), now, None, "0.01 EUR"), Nature::Lie),
        4 => (resolved(dates.issued - 1, Some("no"), "0.00 EUR"), Nature::Lie),
        5 => (resolved(dates.settle + 1, Some("no"), "0.00 EUR"), Nature::Lie),
        // Granted, with a total that does not have it.
        6 if is_refund => (resolved(now, None, "0.00 EUR"), Nature::Lie),
        _ => (resolved(now, random.once_in(2).then_some("no"), &half), Nature::Doubtful),
    };
    Speech { purpose: "response", by: "card-manager".into(), to: heard.to, says, nature }
}

/// A recipient tells of what it never had, or in another role.
fn tell(heard: &Message, message: &mut Value, dates: Dates, random: &mut Random) -> Speech {
    let Value::Text(mut by) = message.items()[3].clone() else { unreachable!("a role is a text") };
    let (says, nature) = match random.below(5) {
        0 => (forge::outcome(200, dates.issued, None), Nature::Lie),
        1 => (forge::outcome(1, dates.issued - 1, None), Nature::Lie),
        2 => (forge::outcome(1, dates.settle + 1, None), Nature::Lie),
        3 => {
            by = if by == "gateway" { "delivery-service".into() } else { "gateway".into() };
            message.items()[3] = Value::text(&by);
            (forge::outcome(1, dates.issued, None), Nature::Lie)
        }
        _ => (forge::outcome(1, dates.issued, Some("stolen")), Nature::Doubtful),
    };
    Speech { purpose: "delivery", by, to: heard.to, says, nature }
}

/// A seller with the token dispatches what does not follow from what it has dispatched.
pub(super) fn dispatch_otherwise(world: &mut World, heard: &Message, random: &mut Random) {
    let mut message = Value::parse(&heard.bytes);
    let header = message.items()[HEADER].clone();
    let date = forge::dates(&header).issued;
    let digest = sha256(header.as_bytes());
    let Some(mut statement) = opened(world, heard, "dispatch", "seller", &digest, date) else { return };
    let consignment = statement.items().len() - 1;
    let number = 1 + random.below(6);
    let other = forge::consignment(number, random.once_in(2), b"otherwise");
    statement.items()[consignment] = other;
    let speech =
        Speech { purpose: "dispatch", by: "seller".into(), to: heard.to, says: statement, nature: Nature::Doubtful };
    speech.send(world, heard, message, date, random);
}

/// What its sender has sealed last in a message. What went under a session is not opened here.
pub(super) fn opened(
    world: &World,
    heard: &Message,
    purpose: &str,
    by: &str,
    digest: &[u8],
    date: u64,
) -> Option<Value> {
    let (keys, name) = (world.keys_of(heard.from, heard.to, date), name_of(role(heard.to)?));
    let (from, to) = (heard.from, heard.to);
    let between = Between { purpose, by, from, to, digest, role: name.as_str(), token: None, keys: &keys };
    let mut message = Value::parse(&heard.bytes);
    let sealed = message.items().last()?.clone();
    if sealed.clone().items().len() > 4 { None } else { between.open(&sealed) }
}
