//! Handshakes and their sessions, which all processes of a party share, and which either side may lose.

mod named;

use polyseal::handshake::{
    Acknowledgement, Answer, Authenticated, Confirmation, Evidence, Hello, Initiator, Responder,
};
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};

use crate::cast::{CAST, SELLER, SELLERS, STRANGER, role};
use crate::network::{Kind, Message};
use crate::orders::{ANY, name_of};
use crate::people::REGULARS;
use crate::plans::Deed;
use crate::process::Party;
use crate::random::{Random, mix};
use crate::services::or_refuse;
use crate::trace::{Digest, Fact, Nature, Until, Who};
use crate::world::{Stop, World, digest_of};

/// How many sessions a party keeps.
const MOST: usize = 16;

/// What finished handshakes left to a party.
#[derive(Default)]
pub struct Sessions {
    pub evidence: Evidence,
    all: Vec<Authenticated>,
}

impl Sessions {
    /// Whether another one had to go.
    fn keep(&mut self, authenticated: Authenticated) -> bool {
        self.all.retain(|own| own.transcript() != authenticated.transcript());
        let is_full = self.all.len() == MOST;
        if is_full {
            self.all.remove(0);
        }
        self.all.push(authenticated);
        self.evidence = self.all.iter().cloned().collect();
        is_full
    }

    /// Those that have a key, which a liar takes out.
    pub fn with_keys(&self) -> impl Iterator<Item = &Authenticated> {
        self.all.iter().filter(|own| own.has_session())
    }

    fn has(&self, transcript: &Digest) -> bool {
        self.all.iter().any(|own| own.transcript() == transcript)
    }

    /// Whether there was one to lose.
    fn forget(&mut self, is_lost: impl Fn(&Authenticated) -> bool) -> bool {
        let before = self.all.len();
        self.all.retain(|own| !is_lost(own));
        self.evidence = self.all.iter().cloned().collect();
        self.all.len() != before
    }
}

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

fn name(who: Who) -> Role {
    role(who).map_or(Role::CARD_HOLDER, name_of)
}

impl World {
    pub fn sessions(&mut self, process: usize) -> &mut Sessions {
        &mut self.identity(process).sessions
    }

    fn keep_session(&mut self, process: usize, authenticated: Authenticated) {
        if self.sessions(process).keep(authenticated) {
            let who = self.who(process);
            self.fact(Fact::Forgot { who });
        }
    }

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
    fn meet(&mut self, process: usize, to: Who, with_exchange: bool) {
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
                self.processes[process].begun = Some(begun);
                if self.breath(process).is_err() {
                    return;
                }
                self.send(from, to, Kind::Hello, hello.to_bytes(), Nature::Genuine);
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
        let (party, now) = (self.party(process), self.clock.at(process));
        let generator = &mut self.processes[process].generator;
        let answered = with_party!(party, party => Responder::answer(party, &hello, b"a form", now, generator));
        let (answered, answer) = or_refuse!(answered)?;
        let (from, to) = (self.who(process), message.from);
        self.processes[process].answered = Some(answered);
        self.breath(process)?;
        self.send(from, to, Kind::Answer, answer.to_bytes(), Nature::Genuine);
        Ok(())
    }

    fn take_answer(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let answer = or_refuse!(Answer::from_bytes(&message.bytes))?;
        let begun = self.processes[process].begun.take().ok_or(Stop::Refused("unknown-handshake"))?;
        let (party, now) = (self.party(process), self.clock.at(process));
        let generator = &mut self.processes[process].generator;
        let received = with_party!(party, party => {
            let begun = Initiator::restore(party, &begun.export()).unwrap();
            begun.receive(party, &answer, b"", now, generator)
        });
        match received {
            Ok((finished, confirmation)) => {
                let from = self.who(process);
                self.breath(process)?;
                self.keep_session(process, finished.authenticated);
                self.breath(process)?;
                self.send(from, message.from, Kind::Confirmation, confirmation.to_bytes(), Nature::Genuine);
                Ok(())
            }
            Err(refused) => {
                self.processes[process].begun = Some(refused.state);
                Err(Stop::Refused(refused.error.label()))
            }
        }
    }

    fn take_confirmation(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let confirmation = or_refuse!(Confirmation::from_bytes(&message.bytes))?;
        let answered = self.processes[process].answered.take().ok_or(Stop::Refused("unknown-handshake"))?;
        let (party, now) = (self.party(process), self.clock.at(process));
        let generator = &mut self.processes[process].generator;
        let received = with_party!(party, party => {
            let answered = Responder::restore(party, &answered.export()).unwrap();
            answered.receive(party, &confirmation, now, generator)
        });
        match received {
            Ok((finished, acknowledgement)) => {
                let (from, to) = (self.who(process), CAST.who(finished.authenticated.peer()));
                self.breath(process)?;
                self.keep_session(process, finished.authenticated);
                self.breath(process)?;
                if let (Some(acknowledgement), Some(to)) = (acknowledgement, to) {
                    self.send(from, to, Kind::Acknowledgement, acknowledgement.to_bytes(), Nature::Genuine);
                }
                Ok(())
            }
            Err(refused) => {
                self.processes[process].answered = Some(refused.state);
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
                    self.keep_session(process, authenticated);
                    return Ok(());
                }
                Err(error) => refusal = error.label(),
            }
        }
        Err(Stop::Refused(refusal))
    }

    /// A party loses what it has of its sessions.
    pub(crate) fn forget_sessions(&mut self, who: Who) {
        if self.identities[usize::from(who)].sessions.forget(|_| true) {
            self.fact(Fact::Forgot { who });
        }
    }

    /// Somebody is told that its peer does not have a session, as any program would tell it: whoever sealed under it goes on
    /// without, and says again what it said.
    pub(crate) fn hear_of_lost_session(&mut self, message: &Message) {
        let is_told = self.is_calm || mix(mix(self.seed, 22), self.step).is_multiple_of(2);
        let Some(digest) = digest_of(message).filter(|_| is_told && !message.is_astray) else { return };
        let Some((holder, place)) = self.placed_as(&digest) else { return };
        let named = named::named(message, &name(message.to));
        let [is_own_lost, is_part_lost] = [(message.from, named.own), (holder, named.part)].map(|(who, name)| {
            let lost = name.filter(|name| !self.identities[usize::from(message.to)].sessions.has(name));
            lost.is_some_and(|lost| {
                if self.identities[usize::from(who)].sessions.forget(|own| *own.transcript() == lost) {
                    self.fact(Fact::Forgot { who });
                }
                true
            })
        });
        if is_own_lost {
            self.say_again(message, &digest);
        }
        if is_part_lost {
            self.seal_what_is_lost(holder, place, message.to);
        } else if is_own_lost {
            // Whoever has the order answers its card holder, and speaks to others, once more.
            self.send_order(holder, place);
        }
    }

    /// A card holder seals its parts again that `to` cannot open.
    fn seal_what_is_lost(&mut self, holder: Who, place: usize, to: Who) {
        match self.seal_again(holder, place) {
            Ok(()) => self.send_order(holder, place),
            Err(Stop::Died) => {}
            Err(Stop::Refused(label)) => {
                let process = self.of[usize::from(holder)][0];
                let digest = self.identities[usize::from(holder)].placed[place].digest;
                self.not_made(process, digest, Until::Deliver, label);
                // Whatever receipts said, somebody still waits for what was refused.
                self.identities[usize::from(holder)].placed[place].is_done = false;
                if label == "not-authenticated" {
                    // The proof went with the session.
                    self.meet(process, to, true);
                }
            }
        }
    }

    /// What nobody asks for again is sealed again by whoever said it.
    fn say_again(&mut self, message: &Message, digest: &Digest) {
        let process = self.of[usize::from(message.from)][0];
        let order = OrderDigest::from_bytes(*digest);
        let said = match message.kind {
            Kind::Withdrawal => {
                self.is_to(*digest, Deed::Withdraw, 1);
                Ok(())
            }
            Kind::Delivery => self.recipient_again(process, order),
            Kind::Request => self.seller_asks_again(process, order),
            _ => Ok(()),
        };
        if let Err(Stop::Refused(label)) = said {
            self.counts.label(label);
        }
        self.after(process);
    }
}
