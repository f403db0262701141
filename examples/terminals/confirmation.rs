//! Advance confirmation: before a party sends anything, the other one shows that it is there.
//!
//! Between two messages the state of a handshake is kept as bytes, as in a server that may be restarted at any time.

use std::collections::BTreeMap;

use polyseal::{
    Answer, CardHolder, CardManager, ConfirmError, Confirmation, Confirmed, DeliveryService, Hello, Identifier,
    Initiator, KeyError, Recipient, Refused, Responder, RestoreError, Role, Seller, Share, Zeroizing,
};

use super::{Result, os_rng};
use crate::message::{Kind, Message};

/// How old a confirmation may be, in seconds.
pub(crate) const AGE: u64 = 60;

/// What the terminals of all roles can do alike.
pub(crate) trait Terminal {
    fn confirm(
        &self,
        role: Role,
        identifier: Identifier,
        now: u64,
    ) -> core::result::Result<(Initiator<'_, Share>, Hello), KeyError>;
    fn answer(
        &self,
        hello: &Hello,
        payload: &[u8],
        now: u64,
    ) -> core::result::Result<(Responder<'_, Share>, Answer), ConfirmError>;
    fn restore_initiator(&self, state: &[u8]) -> core::result::Result<Initiator<'_, Share>, RestoreError>;
    fn restore_responder(&self, state: &[u8]) -> core::result::Result<Responder<'_, Share>, RestoreError>;
}

macro_rules! terminals {
    ($($terminal:ident),*) => {$(
        impl Terminal for $terminal<Share> {
            fn confirm(&self, role: Role, identifier: Identifier, now: u64) -> core::result::Result<(Initiator<'_, Share>, Hello), KeyError> {
                $terminal::confirm(self, role, identifier, now, &mut os_rng())
            }

            fn answer(&self, hello: &Hello, payload: &[u8], now: u64) -> core::result::Result<(Responder<'_, Share>, Answer), ConfirmError> {
                $terminal::answer(self, hello, payload, now, &mut os_rng())
            }

            fn restore_initiator(&self, state: &[u8]) -> core::result::Result<Initiator<'_, Share>, RestoreError> {
                $terminal::restore_initiator(self, state)
            }

            fn restore_responder(&self, state: &[u8]) -> core::result::Result<Responder<'_, Share>, RestoreError> {
                $terminal::restore_responder(self, state)
            }
        }
    )*};
}

terminals!(CardHolder, Seller, CardManager, DeliveryService, Recipient);

/// A party's handshakes: those under way, by the role of the other side, and those that are finished.
#[derive(Default)]
pub(crate) struct Confirmations {
    begun: BTreeMap<Role, Zeroizing<Vec<u8>>>,
    answered: BTreeMap<Role, Zeroizing<Vec<u8>>>,
    met: Vec<Confirmed>,
}

impl Confirmations {
    /// The parties that have shown that they are there.
    pub(crate) fn met(&self) -> &[Confirmed] {
        &self.met
    }

    /// Begins one.
    pub(crate) fn begin(
        &mut self,
        terminal: &impl Terminal,
        own: &Role,
        (role, identifier): (&Role, &Identifier),
        now: u64,
    ) -> Result<Message> {
        let (initiator, hello) = terminal.confirm(role.clone(), identifier.clone(), now)?;
        self.begun.insert(role.clone(), initiator.export());
        Ok(Message { from: own.clone(), to: role.clone(), kind: Kind::Hello, bytes: hello.to_bytes() })
    }

    /// Takes a message of a handshake. Gives the one that follows, and what came along with this one.
    ///
    /// `payload` is what this party sends along with an answer.
    pub(crate) fn receive(
        &mut self,
        terminal: &impl Terminal,
        message: &Message,
        payload: &[u8],
        now: u64,
    ) -> Result<(Vec<Message>, Zeroizing<Vec<u8>>)> {
        let Message { from, to, kind, bytes } = message;
        let reply = |kind, bytes| vec![Message { from: to.clone(), to: from.clone(), kind, bytes }];
        let none = || format!("the {to} has no handshake with the {from} that this continues");
        match kind {
            Kind::Hello => {
                let (responder, answer) = terminal.answer(&Hello::from_bytes(bytes)?, payload, now)?;
                self.answered.insert(from.clone(), responder.export());
                Ok((reply(Kind::Answer, answer.to_bytes()), Zeroizing::default()))
            }
            Kind::Answer => {
                let initiator = terminal.restore_initiator(self.begun.get(from).ok_or_else(none)?)?;
                let answer = Answer::from_bytes(bytes)?;
                let (meeting, confirmation) =
                    initiator.receive(&answer, &[], now, &mut os_rng()).map_err(Refused::into_error)?;
                self.begun.remove(from);
                self.met.push(meeting.confirmed);
                Ok((reply(Kind::Confirmation, confirmation.to_bytes()), meeting.payload))
            }
            Kind::Confirmation => {
                let responder = terminal.restore_responder(self.answered.get(from).ok_or_else(none)?)?;
                let confirmation = Confirmation::from_bytes(bytes)?;
                let meeting = responder.receive(&confirmation, now).map_err(Refused::into_error)?;
                self.answered.remove(from);
                self.met.push(meeting.confirmed);
                Ok((Vec::new(), meeting.payload))
            }
            _ => super::unexpected(to, message),
        }
    }
}
