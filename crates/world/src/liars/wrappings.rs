//! Genuine parts in messages that they were not sealed for.

use polyseal_testing::cbor::Value;

use crate::cast::{CAST, role};
use crate::forge::{self, Between, HEADER, PARTS, sha256};
use crate::network::Kind;
use crate::orders::name_of;
use crate::random::Random;
use crate::trace::{Nature, Role};
use crate::world::World;

/// A part that a seller relays, as if the card holder had sent it itself, which takes no key; and the other way about.
pub(super) fn rewrap(world: &mut World, random: &mut Random) {
    let Some(heard) = world.network.heard(random, &[Kind::Relay, Kind::Direct]) else { return };
    let mut message = Value::parse(&heard.bytes);
    let Some(to_role) = role(heard.to).filter(|_| heard.nature == Nature::Genuine) else { return };
    let header = message.items()[HEADER].clone();
    if heard.kind == Kind::Relay {
        let part = message.items()[PARTS].items()[0].clone();
        let direct = forge::labelled("direct", [header, part]).to_bytes();
        world.send(heard.from, heard.to, Kind::Direct, direct, Nature::Lie);
        return;
    }
    let Some(seller) = world.liars().into_iter().find(|liar| role(*liar) == Some(Role::Seller)) else { return };
    let parts = Value::Array(vec![message.items()[PARTS].clone()]);
    let (digest, date) = (sha256(header.as_bytes()), forge::dates(&header).issued);
    let (keys, name) = (world.keys_of(seller, heard.to, date), name_of(to_role));
    let between = Between {
        purpose: "relay",
        by: "seller",
        from: seller,
        to: heard.to,
        digest: &digest,
        role: name.as_str(),
        token: None,
        keys: &keys,
    };
    let sealed = between.seal(&forge::statement(&parts, date, Value::Null, Value::Null), random);
    let relayer = Value::bytes(CAST.id(seller).as_bytes());
    let relay = forge::labelled("relay", [header, parts, relayer, sealed]).to_bytes();
    // Where the order is known and this seller is its own, the statement alone is what counts.
    world.send(seller, heard.to, Kind::Relay, relay, Nature::Doubtful);
}
