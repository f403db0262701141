//! A handshake, the same in every run: its messages, and the states between them.

use polyseal::Role;
use polyseal::handshake::{Initiator, Responder};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::World;
use polyseal_testing::{NOW, Repeatable, shop};

use super::script::Seed;

/// What is said in the answer, and in the confirmation.
pub const SAID: [&[u8]; 2] = [b"form", b"thanks"];

/// The messages of a handshake between the card holder and the seller, and the states that await them.
#[derive(Debug)]
pub struct Handshake {
    pub hello: Vec<u8>,
    pub answer: Vec<u8>,
    pub confirmation: Vec<u8>,
    pub begun: Vec<u8>,
    pub answered: Vec<u8>,
}

impl Handshake {
    pub fn new(world: &World, exchange: bool) -> Self {
        let (parties, mut rng) = (&world.parties, Repeatable(8));
        let begun = if exchange {
            Initiator::start_with_exchange(&parties.holder, Role::SELLER, shop(), NOW, &mut rng)
        } else {
            Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng)
        };
        let (initiator, hello) = begun.unwrap();
        let begun = initiator.export().to_vec();
        let (responder, answer) = Responder::answer(&parties.seller, &hello, SAID[0], NOW, &mut rng).unwrap();
        let (_, confirmation) = initiator.receive(&parties.holder, &answer, SAID[1], NOW, &mut rng).unwrap();
        let [hello, answer, confirmation] = [hello.to_bytes(), answer.to_bytes(), confirmation.to_bytes()];
        Self { hello, answer, confirmation, begun, answered: responder.export().to_vec() }
    }

    /// The corpus: what each target accepts, and scripts.
    pub fn seeds(both: &[Self; 2]) -> Vec<Seed> {
        let mut seeds: Vec<Seed> = Vec::new();
        for (name, handshake) in ["plain", "exchange"].into_iter().zip(both) {
            for (decoder, opener, message) in [
                ("hello", "open_hello", &handshake.hello),
                ("answer", "open_answer", &handshake.answer),
                ("confirmation", "open_confirmation", &handshake.confirmation),
            ] {
                seeds.push((decoder, name.into(), message.clone()));
                seeds.push((opener, name.into(), message.clone()));
                let which = u8::from(name == "exchange");
                seeds.push((opener, format!("same-{name}"), vec![which]));
                for (item, edit) in [(2, 8), (4, 1), (6, 1)] {
                    let script = vec![which, 0, 0, 0, item, edit, 2, 0x61];
                    seeds.push((opener, format!("edit-{name}-{item}"), script));
                }
            }
            for (target, state) in [("initiator_state", &handshake.begun), ("responder_state", &handshake.answered)] {
                seeds.push((target, name.into(), state.clone()));
                seeds.push((target, format!("{name}-body"), at(state, &[2]).as_bytes().to_vec()));
            }
        }
        seeds
    }
}
