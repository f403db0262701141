//! A liar that has a session with somebody, and speaks under it as somebody else.

use polyseal_testing::cbor::Value;

use super::key_of;
use super::statements::{STATED, with_statement};
use crate::cast::{CAST, Keys};
use crate::forge::Session;
use crate::network::Message;
use crate::random::Random;
use crate::trace::{Nature, Who};
use crate::world::World;

/// The key-id under which what was heard is sealed, last in its message.
fn key_id(heard: &Message) -> Vec<u8> {
    let mut message = Value::parse(&heard.bytes);
    let last = message.items().len() - 1;
    message.items()[last].items()[0].as_bytes().to_vec()
}

/// The session has the right key-id, and is not of the party in whose name the liar speaks.
pub(super) fn speak_in_a_name(world: &mut World, random: &mut Random) {
    let own = |who: Who| world.identities[usize::from(who)].sessions.with_keys().map(move |session| (who, session));
    let sessions: Vec<_> = world.liars().into_iter().flat_map(own).collect();
    if sessions.is_empty() {
        return;
    }
    let (liar, authenticated) = *random.pick(&sessions);
    let (Some(peer), Some(key)) = (CAST.who(authenticated.peer()), key_of(authenticated)) else { return };
    let session = Session { transcript: *authenticated.transcript(), key };
    let is_there = |message: &Message| {
        STATED.contains(&message.kind)
            && message.nature == Nature::Genuine
            && (message.to, message.from != liar) == (peer, true)
    };
    let Some(heard) = world.network.heard_that(random, is_there) else { return };
    let id = key_id(&heard);
    let Some(domain) = world.domain_by_name(liar, &id) else { return };
    let keys = Keys::only(heard.from, domain);
    let bytes = with_statement(world, &heard, heard.from, (&keys, Some(&session)), random);
    world.send(liar, heard.to, heard.kind, bytes, Nature::Lie);
}
