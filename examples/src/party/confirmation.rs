//! Advance confirmation (patent claim 7): before a party sends anything, the other one shows that it is there.
//!
//! Between two messages the state of a handshake is kept as bytes, as in a server that may be restarted at any time.

use core::result::Result as CoreResult;
use std::collections::BTreeMap;

use polyseal::{
    Answer, CardHolder, CardManager, ConfirmError, Confirmation, Confirmed, DeliveryService, Hello, Identifier,
    Initiator, KeyError, Meeting, Recipient, Refused, Responder, RestoreError, Role, Rules, Seller, Share, Zeroizing,
};

use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// How old a confirmation may be, in seconds.
const AGE: u64 = 60;

/// The rules of a sender that insists on confirmation.
pub fn required() -> Rules {
    Rules::default().require_confirmed(AGE)
}

/// What the terminals of all roles can do alike.
pub trait Terminal {
    fn hello(
        &self,
        role: Role,
        identifier: Identifier,
        now: u64,
    ) -> CoreResult<(Initiator<'_, Share>, Hello), KeyError>;
    fn reply(
        &self,
        hello: &Hello,
        payload: &[u8],
        now: u64,
    ) -> CoreResult<(Responder<'_, Share>, Answer), ConfirmError>;
    fn initiator(&self, state: &[u8]) -> CoreResult<Initiator<'_, Share>, RestoreError>;
    fn responder(&self, state: &[u8]) -> CoreResult<Responder<'_, Share>, RestoreError>;
}

macro_rules! terminals {
    ($($terminal:ident),*) => {$(
        impl Terminal for $terminal<Share> {
            fn hello(
                &self,
                role: Role,
                identifier: Identifier,
                now: u64,
            ) -> CoreResult<(Initiator<'_, Share>, Hello), KeyError> {
                self.confirm(role, identifier, now, &mut os_rng())
            }

            fn reply(
                &self,
                hello: &Hello,
                payload: &[u8],
                now: u64,
            ) -> CoreResult<(Responder<'_, Share>, Answer), ConfirmError> {
                self.answer(hello, payload, now, &mut os_rng())
            }

            fn initiator(&self, state: &[u8]) -> CoreResult<Initiator<'_, Share>, RestoreError> {
                self.restore_initiator(state)
            }

            fn responder(&self, state: &[u8]) -> CoreResult<Responder<'_, Share>, RestoreError> {
                self.restore_responder(state)
            }
        }
    )*};
}

terminals!(CardHolder, Seller, CardManager, DeliveryService, Recipient);

/// A party's handshakes, by the role of the other side: those under way, and who was met in the last one.
#[derive(Default)]
pub struct Confirmations {
    begun: BTreeMap<Role, Zeroizing<Vec<u8>>>,
    answered: BTreeMap<Role, Zeroizing<Vec<u8>>>,
    met: BTreeMap<Role, Confirmed>,
}

/// What follows from a message of a handshake: nothing, if it is forged.
#[derive(Default)]
pub struct Heard {
    pub replies: Vec<Message>,
    /// At the end of the handshake, what the other side sent along.
    pub payload: Option<Zeroizing<Vec<u8>>>,
}

impl Confirmations {
    /// The parties that have shown that they are there. Whether that is long ago, the sender's rules know.
    pub fn met(&self) -> impl Iterator<Item = &Confirmed> {
        self.met.values()
    }

    /// Begins a handshake.
    pub fn begin(
        &mut self,
        terminal: &impl Terminal,
        own: &Role,
        (role, identifier): (&Role, &Identifier),
        now: u64,
    ) -> Result<Message> {
        let (initiator, hello) = terminal.hello(role.clone(), identifier.clone(), now)?;
        self.begun.insert(role.clone(), initiator.export());
        Ok(Message { from: own.clone(), to: role.clone(), kind: Kind::Hello, bytes: hello.to_bytes() })
    }

    /// Takes a message of a handshake.
    ///
    /// `payload` is what this party sends along when it answers.
    pub fn receive(&mut self, terminal: &impl Terminal, message: &Message, payload: &[u8], now: u64) -> Result<Heard> {
        let Message { from, to, kind, bytes } = message;
        let reply = |kind, bytes| vec![Message { from: to.clone(), to: from.clone(), kind, bytes }];
        let unknown = || format!("the {to} has no handshake with the {from} that this continues");
        let (replies, meeting) = match kind {
            Kind::Hello => {
                let (responder, answer) = terminal.reply(&Hello::from_bytes(bytes)?, payload, now)?;
                self.answered.insert(from.clone(), responder.export());
                return Ok(Heard { replies: reply(Kind::Answer, answer.to_bytes()), payload: None });
            }
            Kind::Answer => {
                let initiator = terminal.initiator(self.begun.get(from).ok_or_else(unknown)?)?;
                match initiator.receive(&Answer::from_bytes(bytes)?, &[], now, &mut os_rng()) {
                    Ok((meeting, confirmation)) => (reply(Kind::Confirmation, confirmation.to_bytes()), meeting),
                    Err(refused) => return overheard(refused),
                }
            }
            Kind::Confirmation => {
                let responder = terminal.responder(self.answered.get(from).ok_or_else(unknown)?)?;
                match responder.receive(&Confirmation::from_bytes(bytes)?, now) {
                    Ok(meeting) => (Vec::new(), meeting),
                    Err(refused) => return overheard(refused),
                }
            }
            _ => return super::unexpected(to, message),
        };
        let under_way = if matches!(kind, Kind::Answer) { &mut self.begun } else { &mut self.answered };
        under_way.remove(from);
        let Meeting { confirmed, payload, .. } = meeting;
        self.met.insert(from.clone(), confirmed);
        Ok(Heard { replies, payload: Some(payload) })
    }
}

/// A forged message does not end an honest handshake: the genuine one is still awaited.
fn overheard<S>(refused: Refused<S, ConfirmError>) -> Result<Heard> {
    match refused.into_error() {
        ConfirmError::Rejected => Ok(Heard::default()),
        error => Err(error.into()),
    }
}
