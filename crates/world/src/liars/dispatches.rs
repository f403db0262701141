//! Dispatches of orders that are not approved, right in everything but the token, or in that too.

use polyseal_testing::cbor::Value;

use super::claims::opened;
use crate::cast::{CAST, role};
use crate::forge::{self, Between, HEADER, PARTS, TOKEN_IN_STATEMENT, sha256};
use crate::network::{Kind, Message};
use crate::orders::{name_of, shape};
use crate::random::Random;
use crate::trace::{Digest, Nature, Role, Way, Who};
use crate::world::{World, digest_of};

/// A dishonest seller takes a part that waits out of an envelope, and dispatches it before the bank has approved: with a
/// token that it made, that of another order, or its own token, if a dishonest card holder or bank has told it that.
pub(super) fn without_the_approval(world: &mut World, random: &mut Random) {
    let liars = world.liars();
    let is_open = |message: &Message| {
        let is_sent = message.kind == Kind::Envelope && message.nature == Nature::Genuine && !message.is_astray;
        let is_own = is_sent && liars.contains(&message.to) && role(message.to) == Some(Role::Seller);
        let Some(digest) = digest_of(message).filter(|_| is_own) else { return false };
        !world.oracle.is_approved(&digest) && !waiting(world, &digest).is_empty()
    };
    let Some(heard) = world.network.heard_that(random, is_open) else { return };
    let Some(digest) = digest_of(&heard) else { return };
    let (to_role, to) = *random.pick(&waiting(world, &digest));
    let (from, name) = (heard.to, name_of(to_role));
    let mut envelope = Value::parse(&heard.bytes);
    let header = envelope.items()[HEADER].clone();
    let is_its = |part: &&Value| (**part).clone().items()[0] == Value::text(name.as_str());
    let Some(part) = envelope.items()[PARTS].items().iter().find(is_its).cloned() else { return };
    let random_token = Value::bytes([u8::try_from(random.below(256)).unwrap(); 32]);
    let told = if random.once_in(2) { told_token(world, &digest, &liars) } else { None };
    let nature = if told.is_some() { Nature::Doubtful } else { Nature::Lie };
    let other = if random.once_in(2) { token_of_another(world, &heard, &digest, random) } else { None };
    let token = told.or(other).unwrap_or(random_token);
    let (parts, date) = (Value::Array(vec![part]), forge::dates(&header).issued);
    let load = forge::consignment(1, true, b"without an approval");
    let statement = forge::statement(&parts, date, token, load);
    let keys = world.keys_of(from, to, date);
    let (purpose, by, role) = ("dispatch", "seller", name.as_str());
    let between = Between { purpose, by, from, to, digest: &digest, role, token: None, keys: &keys };
    let sealed = between.seal(&statement, random);
    let relayer = Value::bytes(CAST.id(from).as_bytes());
    let dispatch = forge::labelled("dispatch", [header, parts, relayer, sealed]).to_bytes();
    world.send(from, to, Kind::Dispatch, dispatch, nature);
}

/// The token of an order, if somebody who knows it is dishonest, too.
fn told_token(world: &World, digest: &Digest, liars: &[Who]) -> Option<Value> {
    let (holder, place) = world.placed_as(digest)?;
    let chosen = world.identities[usize::from(holder)].placed[place].chosen;
    let mut knowing = chosen.iter().filter(|(role, _)| *role == Role::Bank).map(|(_, who)| who).chain([&holder]);
    knowing.any(|who| liars.contains(who)).then(|| world.token(digest))?
}

/// Those whose parts of an order wait for the approval.
fn waiting(world: &World, digest: &Digest) -> Vec<(Role, Who)> {
    let Some((holder, place)) = world.placed_as(digest) else { return Vec::new() };
    let placed = &world.identities[usize::from(holder)].placed[place];
    let waits = |role: Role| shape(placed.form).iter().any(|(own, way, _)| (*own, *way) == (role, Way::OnApproval));
    placed.chosen.iter().copied().filter(|(role, _)| waits(*role)).collect()
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
