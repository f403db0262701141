//! Liars: parties with genuine shares who say by script what is not so, and tell one another what they know.

mod answers;
mod claims;
mod dispatches;
mod handshakes;
mod orders;
mod sessions;
mod statements;
mod wrappings;

use polyseal::handshake::Authenticated;
use polyseal::key::Domain;
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::session_of;

use crate::cast::{CAST, COURIER, HOLDERS, Keys, SELLER, role};
use crate::forge::{self, Between, HEADER, PARTS, Plain, RELAYER, Sealed, sha256};
use crate::network::{Kind, Message};
use crate::orders::{name_of, role_of, shape};
use crate::people::PlacedOrder;
use crate::random::{Random, mix};
use crate::trace::{Dates, Digest, Fact, Nature, Role, Way, Who};
use crate::world::{World, digest_of};

use self::statements::{STATED, with_statement};

impl World {
    /// The network in which two parties meet.
    fn network_of(&self, one: Who, other: Who) -> usize {
        usize::from(self.networks == 2 && one.max(other) >= COURIER)
    }

    fn domain_of(&self, one: Who, other: Who, date: u64) -> Domain {
        CAST.meeting(one, other, self.network_of(one, other), date)
    }

    fn keys_of(&self, me: Who, peer: Who, date: u64) -> Keys {
        Keys::only(me, self.domain_of(me, peer, date))
    }

    /// The domain of this key-id, if a party has keys of it.
    fn domain_by_name(&self, who: Who, key_id: &[u8]) -> Option<Domain> {
        let held = CAST.held(who, self.networks, None);
        held.iter().find(|domain| domain.key_id().as_bytes() == key_id).cloned()
    }

    fn liar_among_holders(&self, random: &mut Random) -> Option<Who> {
        let liars: Vec<Who> = self.liars().into_iter().filter(|who| *who < HOLDERS).collect();
        if liars.is_empty() { None } else { Some(*random.pick(&liars)) }
    }

    /// An order that a card holder has sealed and not sent, opened by it.
    fn opened(&mut self, holder: Who, random: &mut Random) -> Option<(PlacedOrder, Plain)> {
        let place = self.prepare_any(holder, random)?;
        // It is never sent as it was sealed, and is no purchase.
        self.counts.purchases -= 1;
        let placed = self.identities[usize::from(holder)].placed.remove(place);
        let plain = self.plain(holder, &placed)?;
        Some((placed, plain))
    }

    /// An order as its card holder can open it.
    fn plain(&self, holder: Who, placed: &PlacedOrder) -> Option<Plain> {
        let (chosen, form) = (placed.chosen, placed.form);
        let readers = |name: &str| {
            let role = role_of(&polyseal::Role::new(name).ok()?)?;
            let who = chosen.iter().find(|(own, _)| *own == role)?.1;
            let waits = shape(form).iter().any(|(own, way, _)| (*own, *way) == (role, Way::OnApproval));
            Some((role, who, waits))
        };
        let date = forge::dates(&Value::parse(&placed.envelope).items()[HEADER]).issued;
        let domain = |who| self.domain_of(holder, who, date);
        let directs: Vec<&[u8]> = placed.directs.iter().map(|(_, direct)| direct.as_slice()).collect();
        Plain::of(holder, &placed.envelope, &directs, &readers, &domain)
    }

    /// The order that a message is about: whose it is, what was sent of it, and its dates.
    fn about(&self, heard: &Message) -> Option<(Who, &PlacedOrder, Dates)> {
        let (holder, place) = self.placed_as(&digest_of(heard)?)?;
        let placed = &self.identities[usize::from(holder)].placed[place];
        Some((holder, placed, forge::dates(&Value::parse(&placed.envelope).items()[HEADER])))
    }

    /// The token of an order: its card holder and its bank know it, and may tell it to anybody.
    fn token(&self, digest: &Digest) -> Option<Value> {
        let (holder, place) = self.placed_as(digest)?;
        let plain = self.plain(holder, &self.identities[usize::from(holder)].placed[place])?;
        plain.token().map(Value::bytes)
    }

    fn send_sealed(&mut self, from: Who, sealed: Sealed, seller: Who, nature: Nature) {
        let Sealed { envelope, directs, .. } = sealed;
        self.send(from, seller, Kind::Envelope, envelope, nature);
        for (to, direct) in directs {
            self.send(from, to, Kind::Direct, direct, nature);
        }
    }
}

/// The key of a session that one has oneself.
fn key_of(own: &Authenticated) -> Option<[u8; 32]> {
    session_of(own).and_then(|key| key.try_into().ok())
}

/// A card holder seals an order that somebody has to refuse.
pub fn spoil(world: &mut World, choice: u64) {
    let mut random = Random::new(mix(choice, 11));
    let random = &mut random;
    let Some(holder) = world.liar_among_holders(random) else { return };
    match random.below(6) {
        0 => orders::without_a_field(world, holder, random),
        1 => orders::without_an_amount(world, holder, random),
        2 => orders::for_a_stranger(world, holder, random),
        _ => misfit(world, holder, random),
    }
}

/// An order whose parts and header do not fit, or that is in another's name.
fn misfit(world: &mut World, holder: Who, random: &mut Random) {
    let Some((placed, mut plain)) = world.opened(holder, random) else { return };
    let seller = placed.chosen[0].1;
    let date = forge::dates(&plain.header).issued;
    match random.below(4) {
        0 => {
            let victim = Who::try_from(random.below(u64::from(HOLDERS))).unwrap();
            if victim == holder {
                return;
            }
            // With the liar's own keys: it has no others.
            plain.header = forge::renamed(&plain.header, victim);
            let keys = |who| world.keys_of(holder, who, date);
            let sealed = plain.seal(&keys, true, random);
            world.send_sealed(holder, sealed, seller, Nature::Lie);
        }
        1 => {
            // Another header, to which all parts are sealed: perhaps an order, perhaps not.
            let inner = forge::spoiled(&Value::parse(plain.header.as_bytes()), None, random);
            plain.header = Value::bytes(inner.to_bytes());
            let digest = sha256(plain.header.as_bytes());
            let dates = forge::dates(&plain.header);
            world.fact(Fact::Placed { holder, digest, dates, due: placed.due, parts: placed.parts, honest: false });
            let keys = |who| world.keys_of(holder, who, date);
            let sealed = plain.seal(&keys, true, random);
            world.send_sealed(holder, sealed, seller, Nature::Doubtful);
        }
        _ => {
            let role = *random.pick(&plain.roles());
            let opening = plain.opening(role);
            *opening = forge::spoiled(opening, Some(forge::REVISION), random);
            let keys = |who| world.keys_of(holder, who, date);
            let sealed = plain.seal(&keys, role != Role::Seller, random);
            world.fact(Fact::Spoiled { digest: sealed.digest, role });
            world.send_sealed(holder, sealed, seller, Nature::Doubtful);
        }
    }
}

/// More than t parties of one cohort of card holders have joined: they have every key of its polynomial. Card holders of
/// other cohorts lose nothing by that, nor do services among themselves.
pub fn break_cohort(world: &mut World, choice: u64) {
    let mut random = Random::new(mix(choice, 12));
    let random = &mut random;
    let Some(holder) = world.liar_among_holders(random) else { return };
    if random.once_in(2) {
        broken_authorization(world, holder, random);
        return;
    }
    let Some((placed, mut plain)) = world.opened(holder, random) else { return };
    let seller = placed.chosen[0].1;
    let date = forge::dates(&plain.header).issued;
    let cohort = |world: &World, who| world.domain_of(who, seller, date).cohort();
    let victims: Vec<Who> = (0..HOLDERS).filter(|victim| *victim != holder).collect();
    let victim = *random.pick(&victims);
    let is_member = cohort(world, victim) == cohort(world, holder);
    plain.header = forge::renamed(&plain.header, victim);
    plain.holder = victim;
    // The victim's key in the liar's cohort, perhaps where no share of the victim is.
    let keys = |who| match world.network_of(holder, who) {
        0 => Keys::only(victim, world.domain_of(holder, who, date)),
        _ => world.keys_of(holder, who, date),
    };
    let sealed = plain.seal(&keys, true, random);
    if is_member {
        let (digest, dates, due, parts) = (sealed.digest, forge::dates(&plain.header), placed.due, placed.parts);
        world.fact(Fact::Placed { holder: victim, digest, dates, due, parts, honest: false });
        world.fact(Fact::Impersonated { digest });
    }
    world.send_sealed(holder, sealed, seller, if is_member { Nature::Doubtful } else { Nature::Lie });
}

/// Two services meet in every cohort of card holders, and must not use its keys.
fn broken_authorization(world: &mut World, holder: Who, random: &mut Random) {
    let kinds = [Kind::Authorization, Kind::Relay, Kind::Request, Kind::Response];
    let Some(heard) = world.network.heard(random, &kinds) else { return };
    if heard.nature != Nature::Genuine || world.networks == 2 && heard.to >= COURIER {
        return;
    }
    let domain = CAST.meeting(holder, SELLER, 0, world.clock.now());
    let keys = Keys::only(heard.from, domain);
    let bytes = with_statement(world, &heard, heard.from, (&keys, None), random);
    world.send(heard.from, heard.to, heard.kind, bytes, Nature::Lie);
}

/// A liar makes something of a message that was heard.
pub fn lie(world: &mut World, choice: u64) {
    let mut random = Random::new(mix(choice, 13));
    let random = &mut random;
    match random.below(11) {
        10 => handshakes::say_hello(world, random),
        9 => dispatches::without_the_approval(world, random),
        0 => wrappings::rewrap(world, random),
        8 => sessions::speak_in_a_name(world, random),
        1..4 => {
            let liars = world.liars();
            // A withdrawal says nothing that can be wrong. Of the others each kind has its turn, and the rarest one half.
            let kinds = &STATED[1..];
            let rarest = kinds.iter().position(|kind| *kind == Kind::Request).unwrap();
            let first = if random.once_in(2) { rarest } else { random.index(kinds.len()) };
            for kind in kinds.iter().cycle().skip(first).take(kinds.len()) {
                let is_own = |message: &Message| {
                    message.kind == *kind && message.nature == Nature::Genuine && liars.contains(&message.from)
                };
                if let Some(heard) = world.network.heard_that(random, is_own) {
                    lie_about_own(world, &heard, random);
                    break;
                }
            }
        }
        _ => lie_in_a_name(world, random),
    }
}

/// In its own name or in the other's, with the only key that it has.
fn lie_in_a_name(world: &mut World, random: &mut Random) {
    let liar = *random.pick(&world.liars());
    let kind = *random.pick(&STATED);
    let Some(heard) = world.network.heard(random, &[kind]) else { return };
    let is_possible = heard.nature == Nature::Genuine && ![heard.from, heard.to].contains(&liar);
    if !is_possible || liar < HOLDERS && heard.to < HOLDERS {
        return;
    }
    let keys = world.keys_of(liar, heard.to, world.clock.now());
    let mut bytes = with_statement(world, &heard, liar, (&keys, None), random);
    if [Kind::Relay, Kind::Dispatch, Kind::Request].contains(&heard.kind) && random.once_in(2) {
        let mut message = Value::parse(&bytes);
        message.items()[RELAYER] = Value::bytes(CAST.id(liar).as_bytes());
        bytes = message.to_bytes();
    }
    world.send(liar, heard.to, heard.kind, bytes, Nature::Lie);
}

/// A seller or a bank about its own order.
fn lie_about_own(world: &mut World, heard: &Message, random: &mut Random) {
    if heard.kind == Kind::Receipt {
        answers::lie_in_a_receipt(world, heard, random);
        return;
    }
    if [Kind::Request, Kind::Response, Kind::Delivery].contains(&heard.kind) {
        claims::lie(world, heard, random);
        return;
    }
    if heard.kind == Kind::Dispatch && random.once_in(2) {
        claims::dispatch_otherwise(world, heard, random);
        return;
    }
    let mut message = Value::parse(&heard.bytes);
    let from = heard.from;
    let Some(to_role) = role(heard.to) else { return };
    if heard.kind == Kind::Authorization {
        if random.once_in(2) {
            answers::say_two_things(world, heard, random);
        } else {
            answers::lie_in_an_answer(world, heard, random);
        }
        return;
    }
    let mut to = heard.to;
    let date = forge::dates(&message.items()[HEADER]).issued;
    let is_dispatch = heard.kind == Kind::Dispatch;
    let (some, dates) = (Value::bytes([9; 32]), forge::dates(&message.items()[HEADER]));
    let parts = message.items()[PARTS].clone();
    let (token, load) =
        if is_dispatch { (some.clone(), forge::consignment(1, true, b"")) } else { (Value::Null, Value::Null) };
    let plaintext = match random.below(7) {
        // A relay with a token or with a consignment, a dispatch without one of them or with another token.
        0 if is_dispatch => forge::statement(&parts, date, Value::Null, load),
        0 => forge::statement(&parts, date, some, load),
        1 if is_dispatch => forge::statement(&parts, date, token, Value::Null),
        1 => forge::statement(&parts, date, token, forge::consignment(1, true, b"instructions")),
        // A statement about other parts than it sends.
        2 => forge::statement(&Value::Array(vec![]), date, token, load),
        // To another party of the role.
        3 => {
            to = if to == SELLER || role(to + 1) != Some(to_role) { to - 1 } else { to + 1 };
            if role(to) != Some(to_role) {
                return;
            }
            forge::statement(&parts, date, token, load)
        }
        // Filed when it cannot have been.
        4 => forge::statement(&parts, date - 1, token, load),
        5 if !is_dispatch => forge::statement(&parts, dates.accept + 1, token, load),
        // With other dates.
        _ => {
            let mut header = Value::parse(message.items()[HEADER].as_bytes());
            if let Value::Uint(accept) = &mut header.items()[4] {
                *accept += 1;
            }
            message.items()[HEADER] = Value::bytes(header.to_bytes());
            forge::statement(&parts, date, token, load)
        }
    };
    let digest = sha256(message.items()[HEADER].as_bytes());
    let purpose = if is_dispatch { "dispatch" } else { "relay" };
    let keys = world.keys_of(from, to, date);
    let name = name_of(to_role);
    let between =
        Between { purpose, by: "seller", from, to, digest: &digest, role: name.as_str(), token: None, keys: &keys };
    let last = message.items().len() - 1;
    message.items()[last] = between.seal(&plaintext, random);
    world.send(from, to, heard.kind, message.to_bytes(), Nature::Lie);
}
