//! A handshake, the same in every run: its messages, the states between them, and the proofs that it leaves.

use polyseal::Role;
use polyseal::handshake::{Initiator, Responder};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::World;
use polyseal_testing::{NOW, Repeatable, shop};

use super::script::Seed;

/// What is said in the answer, and in the confirmation.
pub const SAID: [&[u8]; 2] = [b"form", b"thanks"];

/// The messages of a handshake between the card holder and the seller, and the states that await them, and
/// what each side has at the end.
#[derive(Debug)]
pub struct Handshake {
    pub hello: Vec<u8>,
    pub answer: Vec<u8>,
    pub confirmation: Vec<u8>,
    /// After an exchange.
    pub acknowledgement: Option<Vec<u8>>,
    pub begun: Vec<u8>,
    pub answered: Vec<u8>,
    pub proofs: [Vec<u8>; 2],
}

impl Handshake {
    pub fn new(world: &World, exchange: bool) -> Self {
        let (parties, mut rng) = (&world.parties, Repeatable(8));
        let (holder, seller) = (&parties.holder, &parties.seller);
        let begun = if exchange {
            Initiator::start_with_exchange(holder, Role::SELLER, shop(), NOW, &mut rng)
        } else {
            Initiator::start(holder, Role::SELLER, shop(), NOW, &mut rng)
        };
        let (initiator, hello) = begun.unwrap();
        let begun = initiator.export().to_vec();
        let (responder, answer) = Responder::answer(seller, &hello, SAID[0], NOW, &mut rng).unwrap();
        let answered = responder.export().to_vec();
        let (mine, confirmation) = initiator.receive(holder, &answer, SAID[1], NOW, &mut rng).unwrap();
        let (theirs, acknowledgement) = responder.receive(seller, &confirmation, NOW, &mut rng).unwrap();
        let proofs = [mine, theirs].map(|end| end.authenticated.export().to_vec());
        let [hello, answer, confirmation] = [hello.to_bytes(), answer.to_bytes(), confirmation.to_bytes()];
        let acknowledgement = acknowledgement.map(|message| message.to_bytes());
        Self { hello, answer, confirmation, acknowledgement, begun, answered, proofs }
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
            if let Some(acknowledgement) = &handshake.acknowledgement {
                seeds.push(("acknowledgement", name.into(), acknowledgement.clone()));
                seeds.push(("open_acknowledgement", name.into(), acknowledgement.clone()));
                seeds.push(("open_acknowledgement", "same".into(), Vec::new()));
                for (item, edit) in [(1, 3), (2, 1), (6, 0)] {
                    let script = vec![0, 0, item, edit, 2, 0x61, 0x62];
                    seeds.push(("open_acknowledgement", format!("edit-{item}"), script));
                }
            }
            let [of_holder, of_seller] = &handshake.proofs;
            for (target, name, state) in [
                ("initiator_state", name.to_string(), &handshake.begun),
                ("responder_state", name.to_string(), &handshake.answered),
                ("authenticated", format!("{name}-holder"), of_holder),
                ("authenticated", format!("{name}-seller"), of_seller),
            ] {
                seeds.push((target, format!("{name}-body"), at(state, &[2]).as_bytes().to_vec()));
                seeds.push((target, name, state.clone()));
            }
        }
        seeds
    }
}
