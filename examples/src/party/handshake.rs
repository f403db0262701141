//! The handshake (patent claim 7): before a party sends anything, the other one shows that it is there.

use std::collections::BTreeMap;

use polyseal::handshake::{
    Acknowledgement, Answer, Authenticated, Confirmation, Evidence, Finished, Hello, Initiator, Responder,
};
use polyseal::{Identifier, Party, ReceiveError, Refused, Role, Rules, Zeroizing};

use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// How old a handshake may be, in seconds.
const AGE: u64 = 60;

/// The rules of a sender that insists on handshakes.
pub fn required() -> Rules {
    Rules::default().require_authenticated(AGE)
}

/// What a party demands of others before it sends to them.
#[derive(Clone, Default)]
pub struct Demand {
    pub rules: Rules,
    /// Whether it begins handshakes with an exchange.
    has_exchange: bool,
}

impl Demand {
    /// A handshake.
    pub fn handshakes() -> Self {
        Self { rules: required(), has_exchange: false }
    }

    /// A handshake with an exchange, and that all it seals for these is under the session.
    pub fn sessions<'a>(roles: impl Iterator<Item = &'a Role>) -> Self {
        Self { rules: roles.cloned().fold(required(), Rules::require_session), has_exchange: true }
    }
}

/// A party's handshakes, by the role of the other side: those under way, and the last that was finished.
#[derive(Default)]
pub struct Handshakes {
    begun: BTreeMap<Role, Initiator>,
    answered: BTreeMap<Role, Responder>,
    finished: BTreeMap<Role, Authenticated>,
    /// What came along where the session has yet to be acknowledged, before which nothing goes under it.
    unacknowledged: BTreeMap<Role, Zeroizing<Vec<u8>>>,
    has_exchange: bool,
}

/// What follows from a message of a handshake: nothing, if it is forged.
#[derive(Default)]
pub struct Heard {
    pub replies: Vec<Message>,
    /// At the end of the handshake, the payload of the other side.
    pub payload: Option<Zeroizing<Vec<u8>>>,
}

impl Handshakes {
    pub fn new(demand: &Demand) -> Self {
        Self { has_exchange: demand.has_exchange, ..Self::default() }
    }

    /// The proofs of the finished ones. The sender's rules say how old a proof may be.
    pub fn evidence(&self) -> Evidence {
        self.finished.values().cloned().collect()
    }

    /// The peers that were there.
    pub fn peers(&self) -> impl Iterator<Item = &Authenticated> {
        self.finished.values()
    }

    /// Begins a handshake.
    pub fn begin(&mut self, party: &impl Party, (role, other): (&Role, &Identifier), now: u64) -> Result<Message> {
        let (to, other, rng) = (role.clone(), other.clone(), &mut os_rng());
        let (initiator, hello) = if self.has_exchange {
            Initiator::start_with_exchange(party, to, other, now, rng)
        } else {
            Initiator::start(party, to, other, now, rng)
        }?;
        self.begun.insert(role.clone(), initiator);
        Ok(Message { from: party.role().clone(), to: role.clone(), kind: Kind::Hello, bytes: hello.to_bytes() })
    }

    /// Takes a message of a handshake.
    ///
    /// This party sends `payload` along when it answers.
    pub fn receive(&mut self, party: &impl Party, message: &Message, payload: &[u8], now: u64) -> Result<Heard> {
        let Message { from, to, kind, bytes } = message;
        let reply = |kind, bytes| vec![Message { from: to.clone(), to: from.clone(), kind, bytes }];
        let unknown = || format!("the {to} has no handshake with the {from} that this continues");
        let (replies, finished) = match kind {
            Kind::Hello => {
                let hello = Hello::from_bytes(bytes)?;
                let (responder, answer) = match Responder::answer(party, &hello, payload, now, &mut os_rng()) {
                    Err(ReceiveError::Rejected) => return Ok(Heard::default()),
                    answered => answered?,
                };
                self.answered.insert(from.clone(), responder);
                return Ok(Heard { replies: reply(Kind::Answer, answer.to_bytes()), payload: None });
            }
            Kind::Answer => {
                let answer = Answer::from_bytes(bytes)?;
                let initiator = self.begun.remove(from).ok_or_else(unknown)?;
                match initiator.receive(party, &answer, &[], now, &mut os_rng()) {
                    Ok((finished, confirmation)) => (reply(Kind::Confirmation, confirmation.to_bytes()), finished),
                    Err(refused) => return go_on_waiting(&mut self.begun, from, refused),
                }
            }
            Kind::Confirmation => {
                let confirmation = Confirmation::from_bytes(bytes)?;
                let responder = self.answered.remove(from).ok_or_else(unknown)?;
                match responder.receive(party, &confirmation, now, &mut os_rng()) {
                    // There is one only after an exchange.
                    Ok((finished, acknowledgement)) => {
                        let acknowledgement = acknowledgement.map(|message| message.to_bytes());
                        let replies = acknowledgement.map(|bytes| reply(Kind::Acknowledgement, bytes));
                        (replies.unwrap_or_default(), finished)
                    }
                    Err(refused) => return go_on_waiting(&mut self.answered, from, refused),
                }
            }
            Kind::Acknowledgement => {
                let acknowledgement = Acknowledgement::from_bytes(bytes)?;
                let begun = self.finished.get_mut(from).ok_or_else(unknown)?;
                *begun = begun.acknowledge(party, &acknowledgement, now)?;
                return Ok(Heard { replies: Vec::new(), payload: self.unacknowledged.remove(from) });
            }
            _ => return super::unexpected(to, message),
        };
        let Finished { authenticated, payload, .. } = finished;
        let is_ready = !authenticated.has_session() || authenticated.is_acknowledged();
        self.finished.insert(from.clone(), authenticated);
        if is_ready {
            return Ok(Heard { replies, payload: Some(payload) });
        }
        self.unacknowledged.insert(from.clone(), payload);
        Ok(Heard { replies, payload: None })
    }
}

/// A forged message does not end an honest handshake: the genuine one is still awaited.
fn go_on_waiting<S>(
    under_way: &mut BTreeMap<Role, S>,
    from: &Role,
    Refused { state, error }: Refused<S, ReceiveError>,
) -> Result<Heard> {
    under_way.insert(from.clone(), state);
    match error {
        ReceiveError::Rejected => Ok(Heard::default()),
        error => Err(error.into()),
    }
}
