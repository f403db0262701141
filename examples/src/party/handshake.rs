//! The handshake (patent claim 7): before a party sends anything, the other one shows that it is there.

use std::collections::BTreeMap;

use polyseal::handshake::{Answer, Authenticated, Confirmation, Evidence, Finished, Hello, Initiator, Responder};
use polyseal::{Identifier, Party, ReceiveError, Refused, Role, Rules, Zeroizing};

use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// How old a handshake may be, in seconds.
const AGE: u64 = 60;

/// The rules of a sender that insists on handshakes.
pub fn required() -> Rules {
    Rules::default().require_authenticated(AGE)
}

/// A party's handshakes, by the role of the other side: those under way, and the last that was finished.
#[derive(Default)]
pub struct Handshakes {
    begun: BTreeMap<Role, Initiator>,
    answered: BTreeMap<Role, Responder>,
    finished: BTreeMap<Role, Authenticated>,
}

/// What follows from a message of a handshake: nothing, if it is forged.
#[derive(Default)]
pub struct Heard {
    pub replies: Vec<Message>,
    /// At the end of the handshake, the payload of the other side.
    pub payload: Option<Zeroizing<Vec<u8>>>,
}

impl Handshakes {
    /// The proofs of the finished ones. The sender's rules say how old a proof may be.
    pub fn evidence(&self) -> Evidence {
        self.finished.values().cloned().collect()
    }

    /// Who was there.
    pub fn peers(&self) -> impl Iterator<Item = &Authenticated> {
        self.finished.values()
    }

    /// Begins a handshake.
    pub fn begin(&mut self, party: &impl Party, (role, other): (&Role, &Identifier), now: u64) -> Result<Message> {
        let (initiator, hello) = Initiator::start(party, role.clone(), other.clone(), now, &mut os_rng())?;
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
                let (responder, answer) = Responder::answer(party, &hello, payload, now, &mut os_rng())?;
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
                    // There is an acknowledgement only after an exchange, for which nobody asked.
                    Ok((finished, _)) => (Vec::new(), finished),
                    Err(refused) => return go_on_waiting(&mut self.answered, from, refused),
                }
            }
            _ => return super::unexpected(to, message),
        };
        let Finished { authenticated, payload, .. } = finished;
        self.finished.insert(from.clone(), authenticated);
        Ok(Heard { replies, payload: Some(payload) })
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
