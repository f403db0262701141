//! Liars in handshakes: each message of one, with something wrong behind a seal that is right.

use polyseal::handshake::Authenticated;
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::hello_with;

use super::key_of;
use crate::cast::{CAST, HOLDERS, Keys};
use crate::forge::{self, Greeting, NAMES};
use crate::network::Kind;
use crate::random::{Random, mix};
use crate::trace::{Nature, Who};
use crate::world::World;

/// How many items of a hello stand between its label and its MAC.
const ITEMS: usize = 7;

/// Somebody whom the hello of another handshake is not about.
fn another(world: &World, [one, other]: [Who; 2], random: &mut Random) -> Option<Who> {
    let liar = *random.pick(&world.liars());
    let meet = |peer| liar != peer && (liar >= HOLDERS || peer >= HOLDERS);
    (meet(one) && meet(other)).then_some(liar)
}

/// A hello in one's own name that is wrong in an item, or one in another's name, with the only key that one has.
pub(super) fn say_hello(world: &mut World, random: &mut Random) {
    let Some(heard) = world.network.heard(random, &[Kind::Hello]) else { return };
    if heard.nature != Nature::Genuine {
        return;
    }
    let is_own = world.liars().contains(&heard.from) && random.once_in(2);
    let liar = if is_own { Some(heard.from) } else { another(world, [heard.from, heard.to], random) };
    let Some(liar) = liar else { return };
    let Some(domain) = world.domain_by_name(liar, &Greeting::new(&heard.bytes).key_id) else { return };
    let place = random.index(ITEMS);
    let keys = Keys::only(liar, domain);
    let hello = hello_with(&keys, CAST.id(heard.to), &heard.bytes, |items| {
        if is_own {
            forge::spoil(&mut items[place], random);
        }
    });
    // Its role is its own claim, and the rest its own choice.
    let is_lie = !is_own || NAMES.contains(&(place + 2));
    world.send(liar, heard.to, Kind::Hello, hello, if is_lie { Nature::Lie } else { Nature::Doubtful });
}

impl World {
    /// Whether this party lies now, and what chooses how. Nobody does in the calm.
    fn lies_now(&self, who: Who) -> Option<Random> {
        let mut random = Random::new(mix(mix(self.seed, 24), self.moment));
        let is_liar = !self.is_calm && self.identities[usize::from(who)].dishonest;
        (is_liar && random.once_in(2)).then_some(random)
    }

    fn keys_for(&self, who: Who, greeting: &Greeting) -> Option<Keys> {
        Some(Keys::only(who, self.domain_by_name(who, &greeting.key_id)?))
    }

    /// A listener answers a hello that was for another one.
    pub(crate) fn answer_in_a_name(&mut self, from: Who, to: Who, hello: &[u8]) {
        let mut random = Random::new(mix(mix(self.seed, 25), self.moment));
        if self.is_calm || !random.once_in(4) {
            return;
        }
        let Some(liar) = another(self, [from, to], &mut random) else { return };
        let greeting = Greeting::new(hello);
        let Some(keys) = self.keys_for(liar, &greeting) else { return };
        let answer = greeting.answer_of_another((liar, from), &keys, &mut random);
        self.send(to, from, Kind::Answer, answer, Nature::Lie);
    }

    /// A liar answers a hello wrongly, before it answers it rightly.
    pub(crate) fn answer_falsely(&mut self, (from, to): (Who, Who), state: &[u8], answer: &[u8]) {
        let Some(mut random) = self.lies_now(from) else { return };
        let greeting = Greeting::of(state);
        let Some(keys) = self.keys_for(from, &greeting) else { return };
        let key = if let Value::Bytes(key) = at(state, &[2, 3]) { key.try_into().ok() } else { None };
        let answer = greeting.false_answer((from, to), answer, (&keys, key), &mut random);
        self.send(from, to, Kind::Answer, answer, Nature::Lie);
    }

    /// The same of a confirmation, which follows this answer.
    pub(crate) fn confirm_falsely(
        &mut self,
        (from, to): (Who, Who),
        (state, answer): (&[u8], &[u8]),
        own: &Authenticated,
    ) {
        let Some(mut random) = self.lies_now(from) else { return };
        let greeting = Greeting::of(state);
        let Some(keys) = self.keys_for(from, &greeting) else { return };
        let confirmation = greeting.false_confirmation((from, to), answer, (&keys, key_of(own)), &mut random);
        self.send(from, to, Kind::Confirmation, confirmation, Nature::Lie);
    }

    /// The same of an acknowledgement.
    pub(crate) fn acknowledge_falsely(&mut self, (from, to): (Who, Who), state: &[u8], own: &Authenticated) {
        let Some(mut random) = self.lies_now(from) else { return };
        let greeting = Greeting::of(state);
        let Some(keys) = self.keys_for(from, &greeting) else { return };
        let (session, keys) = (*own.transcript(), (&keys, key_of(own)));
        let acknowledgement = greeting.false_acknowledgement((from, to), session, keys, &mut random);
        self.send(from, to, Kind::Acknowledgement, acknowledgement, Nature::Lie);
    }
}
