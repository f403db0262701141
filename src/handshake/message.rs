//! The three messages, and what each is bound to.

use crate::domain::KeyId;
use crate::hash;
use crate::identifier::Identifier;
use crate::name::Role;
use crate::peer::{Actor, Peer};
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The first message: who speaks to whom, and the initiator's challenge. In clear, and not authenticated by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Hello {
    pub(super) key_id: KeyId,
    pub(super) from: Actor,
    pub(super) to: Actor,
    pub(super) challenge: [u8; 32],
    /// The initiator's ephemeral public key, if it asks for an exchange.
    pub(super) ephemeral: Option<[u8; 32]>,
}

/// The second message: the responder's challenge, and the proof that it has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Answer {
    pub(super) challenge: [u8; 32],
    pub(super) sealed: Sealed,
    /// The responder's ephemeral public key, if it was asked for an exchange.
    pub(super) ephemeral: Option<[u8; 32]>,
}

/// The third message: the proof that the initiator has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Confirmation {
    pub(super) sealed: Sealed,
}

/// One of the two messages that are sealed.
#[derive(Clone, Copy)]
pub(super) enum Leg {
    Answer,
    Confirmation,
}

impl Leg {
    /// The number of the message in the handshake.
    pub(super) fn step(self) -> u64 {
        match self {
            Self::Answer => 2,
            Self::Confirmation => 3,
        }
    }

    /// Who sends it, and to whom.
    pub(super) fn ends(self, hello: &Hello) -> (Peer<'_>, Peer<'_>) {
        let (initiator, responder) = (hello.from.as_peer(), hello.to.as_peer());
        match self {
            Self::Answer => (responder, initiator),
            Self::Confirmation => (initiator, responder),
        }
    }
}

wire::message_bytes!(Hello, Answer, Confirmation);

impl Hello {
    /// The role in which the sender claims to speak. Not authenticated yet.
    #[must_use]
    pub fn sender_role(&self) -> &Role {
        &self.from.role
    }

    /// Who claims to begin. Not authenticated yet.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.from.identifier
    }

    /// The key-id of the two parties' key.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// `H("hello", hello, challenge)`, with an exchange `H("hello", hello, challenge, ephemeral)`: what the answer is
    /// bound to.
    pub(super) fn bound(&self, challenge: &[u8; 32], ephemeral: Option<&[u8; 32]>) -> [u8; 32] {
        hash::digest("hello", if ephemeral.is_some() { 3 } else { 2 }, |w| {
            w.item(self).bytes(challenge);
            if let Some(ephemeral) = ephemeral {
                w.bytes(ephemeral);
            }
        })
    }
}

impl Answer {
    /// The name of the key that is needed to open the message. The peer is the one that the handshake was begun with.
    #[must_use]
    pub fn key(&self) -> &KeyName {
        &self.sealed.name
    }

    /// `H("answer", what the answer is bound to, answer)`: what the confirmation is bound to.
    pub(super) fn bound(&self, before: &[u8; 32]) -> [u8; 32] {
        hash::digest("answer", 2, |w| {
            w.bytes(before).item(self);
        })
    }
}

impl Confirmation {
    /// The name of the key that is needed to open the message. The peer is the one that began the handshake.
    #[must_use]
    pub fn key(&self) -> &KeyName {
        &self.sealed.name
    }

    /// `H("confirmation", what the confirmation is bound to, confirmation)`: the transcript.
    pub(super) fn transcript(&self, before: &[u8; 32]) -> [u8; 32] {
        hash::digest("confirmation", 2, |w| {
            w.bytes(before).item(self);
        })
    }
}

impl Encode for Hello {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "hello", if self.ephemeral.is_some() { 7 } else { 6 });
        w.item(&self.key_id).item(&self.from).item(&self.to).bytes(&self.challenge);
        if let Some(ephemeral) = &self.ephemeral {
            w.bytes(ephemeral);
        }
    }
}

impl Decode for Hello {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let exchanges = wire::read_extended(r, "hello", 6)?;
        Ok(Self {
            key_id: KeyId::decode(r)?,
            from: Actor::decode(r)?,
            to: Actor::decode(r)?,
            challenge: r.exact("a challenge")?,
            ephemeral: if exchanges { Some(r.exact("an ephemeral key")?) } else { None },
        })
    }
}

impl Encode for Answer {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "answer", if self.ephemeral.is_some() { 3 } else { 2 });
        w.bytes(&self.challenge).item(&self.sealed);
        if let Some(ephemeral) = &self.ephemeral {
            w.bytes(ephemeral);
        }
    }
}

impl Decode for Answer {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let exchanges = wire::read_extended(r, "answer", 2)?;
        Ok(Self {
            challenge: r.exact("a challenge")?,
            sealed: Sealed::decode(r)?,
            ephemeral: if exchanges { Some(r.exact("an ephemeral key")?) } else { None },
        })
    }
}

impl Encode for Confirmation {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "confirmation", 1);
        w.item(&self.sealed);
    }
}

impl Decode for Confirmation {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "confirmation", 1)?;
        Sealed::decode(r).map(|sealed| Self { sealed })
    }
}
