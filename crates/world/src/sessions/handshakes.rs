//! Handshakes: each message as an honest side takes it, and what it says then.

use polyseal::handshake::{Acknowledgement, Answer, Confirmation, Finished, Hello, Initiator, Responder};
use polyseal::{Identifier, Role};

use super::name;
use crate::cast::{CAST, SELLER, SELLERS, STRANGER};
use crate::network::{Kind, Message};
use crate::orders::ANY;
use crate::people::REGULARS;
use crate::process::Party;
use crate::random::{Random, mix};
use crate::services::or_refuse;
use crate::trace::{At, Fact, Nature, Who};
use crate::world::{Stop, World};

/// Does something with a party, whatever its role.
macro_rules! with_party {
    ($party:expr, $name:ident => $body:expr) => {
        match &*$party {
            Party::Holder(..) => {
                let holder = $party.holder(&ANY).unwrap();
                let $name = &holder;
                $body
            }
            Party::Seller($name) => $body,
            Party::Bank($name) => $body,
            Party::Recipient($name) => $body,
        }
    };
}

impl World {
    /// A card holder and a service, or a seller and another service.
    pub(crate) fn begin_handshake(&mut self, choice: u64) {
        let mut random = Random::new(mix(choice, 21));
        let seller = SELLER + Who::try_from(random.below(u64::from(SELLERS))).unwrap();
        let service = SELLER + Who::try_from(random.below(u64::from(STRANGER - SELLER))).unwrap();
        let holder = Who::try_from(random.below(u64::from(REGULARS))).unwrap();
        let other = if random.once_in(2) { holder } else { seller };
        let [from, to] = if random.once_in(4) { [service, other] } else { [other, service] };
        if from == to {
            return;
        }
        let process = *random.pick(&self.of[usize::from(from)]);
        self.meet(process, to, !random.once_in(4));
    }

    /// Begins a handshake.
    pub(super) fn meet(&mut self, process: usize, to: Who, with_exchange: bool) {
        let from = self.who(process);
        let (party, now) = (self.party(process), self.clock.at(process));
        let (to_role, to_id): (Role, Identifier) = (name(to), CAST.id(to).clone());
        let generator = &mut self.processes[process].generator;
        let begun = with_party!(party, party => if with_exchange {
            Initiator::start_with_exchange(party, to_role, to_id, now, generator)
        } else {
            Initiator::start(party, to_role, to_id, now, generator)
        });
        match begun {
            Ok((begun, hello)) => {
                self.processes[process].begun = Some((begun, self.at(process)));
                if self.breath(process).is_err() {
                    return;
                }
                let hello = hello.to_bytes();
                self.answer_in_a_name(from, to, &hello);
                self.send(from, to, Kind::Hello, hello, Nature::Genuine);
            }
            Err(error) => self.counts.label(error.label()),
        }
    }

    pub(crate) fn take_handshake(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        if self.who(process) >= STRANGER {
            return Err(Stop::Refused("no-such-endpoint"));
        }
        let label = match message.kind {
            Kind::Hello => self.take_hello(process, message).map(|()| "hello"),
            Kind::Answer => self.take_answer(process, message).map(|()| "answer"),
            Kind::Confirmation => self.take_confirmation(process, message).map(|()| "confirmation"),
            _ => self.take_acknowledgement(process, message).map(|()| "acknowledgement"),
        }?;
        let (who, nature) = (self.who(process), message.nature);
        self.fact(Fact::Took { who, nature, digest: None, print: 0, again: false, wrote: false, label });
        Ok(())
    }

    fn take_hello(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let hello = or_refuse!(Hello::from_bytes(&message.bytes))?;
        let (party, now, word) = (self.party(process), self.clock.at(process), self.word());
        let generator = &mut self.processes[process].generator;
        let payload = word.to_be_bytes();
        let answered = with_party!(party, party => Responder::answer(party, &hello, &payload, now, generator));
        let (answered, answer) = or_refuse!(answered)?;
        let (from, to, answer) = (self.who(process), message.from, answer.to_bytes());
        // A hello may come from another than whose it is.
        if let Some(peer) = CAST.who(hello.sender()) {
            self.fact(Fact::Spoke { who: from, to: peer, word, at: self.at(process) });
        }
        let state = answered.export();
        self.processes[process].answered = Some((answered, self.at(process)));
        self.breath(process)?;
        self.answer_falsely((from, to), &state, &answer);
        self.send(from, to, Kind::Answer, answer, Nature::Genuine);
        Ok(())
    }

    fn take_answer(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let answer = or_refuse!(Answer::from_bytes(&message.bytes))?;
        let (begun, drew) = self.processes[process].begun.take().ok_or(Stop::Refused("unknown-handshake"))?;
        let (party, now, word) = (self.party(process), self.clock.at(process), self.word());
        let generator = &mut self.processes[process].generator;
        let state = begun.export();
        let received = with_party!(party, party => {
            let begun = Initiator::restore(party, &state).unwrap();
            begun.receive(party, &answer, &word.to_be_bytes(), now, generator)
        });
        match received {
            Ok((finished, confirmation)) => {
                let (from, to, confirmation) = (self.who(process), message.from, confirmation.to_bytes());
                if let Some(peer) = CAST.who(finished.authenticated.peer()) {
                    self.fact(Fact::Spoke { who: from, to: peer, word, at: self.at(process) });
                }
                self.met(process, &finished, true, drew);
                self.breath(process)?;
                self.keep_session(process, finished.authenticated.clone());
                self.breath(process)?;
                self.confirm_falsely((from, to), (&state, &message.bytes), &finished.authenticated);
                self.send(from, to, Kind::Confirmation, confirmation, Nature::Genuine);
                Ok(())
            }
            Err(refused) => {
                self.is_used_up = refused.state.export() != state;
                self.processes[process].begun = Some((refused.state, drew));
                Err(Stop::Refused(refused.error.label()))
            }
        }
    }

    fn take_confirmation(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let confirmation = or_refuse!(Confirmation::from_bytes(&message.bytes))?;
        let (answered, drew) = self.processes[process].answered.take().ok_or(Stop::Refused("unknown-handshake"))?;
        let (party, now) = (self.party(process), self.clock.at(process));
        let generator = &mut self.processes[process].generator;
        let state = answered.export();
        let received = with_party!(party, party => {
            let answered = Responder::restore(party, &state).unwrap();
            answered.receive(party, &confirmation, now, generator)
        });
        match received {
            Ok((finished, acknowledgement)) => {
                let (from, to) = (self.who(process), CAST.who(finished.authenticated.peer()));
                self.met(process, &finished, false, drew);
                self.breath(process)?;
                self.keep_session(process, finished.authenticated.clone());
                self.breath(process)?;
                if let (Some(acknowledgement), Some(to)) = (acknowledgement, to) {
                    self.acknowledge_falsely((from, to), &state, &finished.authenticated);
                    self.send(from, to, Kind::Acknowledgement, acknowledgement.to_bytes(), Nature::Genuine);
                }
                Ok(())
            }
            Err(refused) => {
                self.is_used_up = refused.state.export() != state;
                self.processes[process].answered = Some((refused.state, drew));
                Err(Stop::Refused(refused.error.label()))
            }
        }
    }

    fn take_acknowledgement(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let acknowledgement = or_refuse!(Acknowledgement::from_bytes(&message.bytes))?;
        let (party, now) = (self.party(process), self.clock.at(process));
        let known = self.sessions(process).all.clone();
        let mut refusal = "unknown-handshake";
        for authenticated in known.iter().filter(|own| own.has_session()) {
            match with_party!(party, party => authenticated.acknowledge(party, &acknowledgement, now)) {
                Ok(authenticated) => {
                    let (who, peer) = (self.who(process), CAST.who(authenticated.peer()));
                    self.fact(Fact::Acknowledged { who, peer, session: *authenticated.transcript() });
                    self.keep_session(process, authenticated);
                    return Ok(());
                }
                Err(error) => refusal = error.label(),
            }
        }
        Err(Stop::Refused(refusal))
    }

    /// What nobody has said before, for a payload.
    fn word(&self) -> u64 {
        mix(mix(self.seed, 23), self.moment)
    }

    fn met(&mut self, process: usize, finished: &Finished, began: bool, drew: At) {
        let (who, peer) = (self.who(process), CAST.who(finished.authenticated.peer()));
        let word = finished.payload.as_slice().try_into().map_or(0, u64::from_be_bytes);
        let (session, at) = (*finished.authenticated.transcript(), self.at(process));
        self.fact(Fact::Met { who, peer, word, session, began, drew, at });
    }
}
