//! Orders that no card holder's own library would seal, or not by this seller's form: each fits together, and whoever must
//! not take it can tell.

use crate::cast::{STRANGER, STRANGERS};
use crate::forge::{self, sha256};
use crate::orders::Goods;
use crate::people::{chosen, one_of};
use crate::random::Random;
use crate::trace::{Fact, Nature, Role, Who};
use crate::world::World;

/// The form in which the parts for the bank and the gateway do not pass the seller.
const DIRECT: usize = 2;

/// By a form in which a field is optional that the seller's form requires.
pub(super) fn without_a_field(world: &mut World, holder: Who, random: &mut Random) {
    let chosen = chosen(random);
    let form = world.identities[usize::from(chosen[0].1)].forms[0];
    let goods = Goods::new(world.step, random.word()).without_telephone();
    if let Some(place) = world.prepare(holder, form, &chosen, &goods, random) {
        send(world, holder, place, &[Role::Seller]);
    }
}

/// Whose seller is a stranger. What is sent directly gets to those who do not serve it.
pub(super) fn for_a_stranger(world: &mut World, holder: Who, random: &mut Random) {
    let mut chosen = chosen(random);
    chosen[0].1 = one_of(STRANGER, STRANGERS, random);
    let goods = Goods::new(world.step, random.word());
    if let Some(place) = world.prepare(holder, DIRECT, &chosen, &goods, random) {
        send(world, holder, place, &[Role::Bank, Role::Courier, Role::Gateway]);
    }
}

/// Whose amount is none. Seller and bank each look at it.
pub(super) fn without_an_amount(world: &mut World, holder: Who, random: &mut Random) {
    let Some((placed, mut plain)) = world.opened(holder, random) else { return };
    let date = forge::dates(&plain.header).issued;
    let amounts = ["", "12", "-1 EUR", "012 EUR", "12 eur", "much"];
    plain.put_amount(amounts[random.index(amounts.len())]);
    let (digest, dates) = (sha256(plain.header.as_bytes()), forge::dates(&plain.header));
    world.fact(Fact::Placed { holder, digest, dates, due: placed.due, parts: placed.parts, honest: false });
    for role in [Role::Seller, Role::Bank] {
        world.fact(Fact::Spoiled { digest, role });
    }
    let sealed = plain.seal(&|who| world.keys_of(holder, who, date), true, random);
    world.send_sealed(holder, sealed, placed.chosen[0].1, Nature::Doubtful);
}

/// Sends an order once that these must not take.
fn send(world: &mut World, holder: Who, place: usize, refused_by: &[Role]) {
    let placed = world.identities[usize::from(holder)].placed.remove(place);
    for role in refused_by {
        world.fact(Fact::Spoiled { digest: placed.digest, role: *role });
    }
    let sealed = forge::Sealed { digest: placed.digest, envelope: placed.envelope, directs: placed.directs };
    world.send_sealed(holder, sealed, placed.chosen[0].1, Nature::Doubtful);
}
