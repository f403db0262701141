//! Dispatches of orders that are not approved, right in everything but the token.

use polyseal_testing::cbor::Value;

use super::claims::opened;
use crate::cast::{CAST, role};
use crate::forge::{self, Between, HEADER, PARTS, TOKEN_IN_STATEMENT, sha256};
use crate::network::{Kind, Message};
use crate::orders::{name_of, shape};
use crate::random::Random;
use crate::trace::{Digest, Nature, Role, Way};
use crate::world::{World, digest_of};

/// A dishonest seller takes a part that waits out of an envelope, and dispatches it before the bank has approved: with a
/// token that it made, or that of another order.
pub(super) fn without_the_approval(world: &mut World, random: &mut Random) {
    let liars = world.liars();
    let waits = |message: &Message| {
        let is_own = message.kind == Kind::Envelope && liars.contains(&message.to) && !message.is_astray;
        is_own
            && message.nature == Nature::Genuine
            && role(message.to) == Some(Role::Seller)
            && digest_of(message).is_some_and(|digest| !world.oracle.is_approved(&digest))
    };
    let Some(heard) = world.network.heard_that(random, waits) else { return };
    let Some(digest) = digest_of(&heard) else { return };
    let Some((holder, place)) = world.placed_as(&digest) else { return };
    let placed = &world.identities[usize::from(holder)].placed[place];
    let waiting: Vec<Role> =
        shape(placed.form).iter().filter(|(_, way, _)| *way == Way::OnApproval).map(|(role, ..)| *role).collect();
    if waiting.is_empty() {
        return;
    }
    let to_role = *random.pick(&waiting);
    let Some((_, to)) = placed.chosen.iter().copied().find(|(own, _)| *own == to_role) else { return };
    let (from, name) = (heard.to, name_of(to_role));
    let mut envelope = Value::parse(&heard.bytes);
    let header = envelope.items()[HEADER].clone();
    let is_its = |part: &&Value| (**part).clone().items()[0] == Value::text(name.as_str());
    let Some(part) = envelope.items()[PARTS].items().iter().find(is_its).cloned() else { return };
    let random_token = Value::bytes([u8::try_from(random.below(256)).unwrap(); 32]);
    let other = if random.once_in(2) { token_of_another(world, &heard, &digest, random) } else { None };
    let (parts, date) = (Value::Array(vec![part]), forge::dates(&header).issued);
    let load = forge::consignment(1, true, b"without an approval");
    let statement = forge::statement(&parts, date, other.unwrap_or(random_token), load);
    let keys = world.keys_of(from, to, date);
    let (purpose, by, role) = ("dispatch", "seller", name.as_str());
    let between = Between { purpose, by, from, to, digest: &digest, role, token: None, keys: &keys };
    let sealed = between.seal(&statement, random);
    let relayer = Value::bytes(CAST.id(from).as_bytes());
    let dispatch = forge::labelled("dispatch", [header, parts, relayer, sealed]).to_bytes();
    world.send(from, to, Kind::Dispatch, dispatch, Nature::Lie);
}

/// The token of another order that this seller has dispatched.
fn token_of_another(world: &World, envelope: &Message, digest: &Digest, random: &mut Random) -> Option<Value> {
    let is_other = |message: &Message| {
        (message.kind, message.from) == (Kind::Dispatch, envelope.to)
            && message.nature == Nature::Genuine
            && digest_of(message) != Some(*digest)
    };
    let heard = world.network.heard_that(random, is_other)?;
    let header = Value::parse(&heard.bytes).items()[HEADER].clone();
    let date = forge::dates(&header).issued;
    let mut statement = opened(world, &heard, "dispatch", "seller", &sha256(header.as_bytes()), date)?;
    Some(statement.items()[TOKEN_IN_STATEMENT].clone())
}
