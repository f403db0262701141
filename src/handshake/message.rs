//! The four messages, and what each is bound to.

use alloc::boxed::Box;

use subtle::ConstantTimeEq;

use super::exchange;
use crate::domain::KeyId;
use crate::hash::{self, prefix};
use crate::identifier::Identifier;
use crate::key::DirectionalKey;
use crate::name::Role;
use crate::peer::Actor;
use crate::seal::{KeyName, Rejected, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The first message. It says who speaks to whom, and carries the initiator's challenge. It is in clear, with a MAC
/// under the two parties' key, so that nobody without a share makes the responder work. A hello that is played back is
/// still taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Hello {
    pub(super) key_id: KeyId,
    pub(super) from: Actor,
    pub(super) to: Actor,
    pub(super) challenge: [u8; 32],
    /// X-Wing's encapsulation key, if the initiator asks for an exchange.
    pub(super) encapsulation_key: Option<Box<[u8; exchange::KEY]>>,
    pub(super) mac: [u8; 32],
}

/// The second message: the responder's challenge, and the proof that it has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Answer {
    pub(super) challenge: [u8; 32],
    /// X-Wing's ciphertext, if the responder was asked for an exchange, and makes one.
    pub(super) ciphertext: Option<Box<[u8; exchange::CIPHERTEXT]>>,
    pub(super) sealed: Sealed,
}

/// The third message: the proof that the initiator has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Confirmation {
    pub(super) sealed: Sealed,
}

/// The fourth message, after an exchange only: the responder has the session. Until then the initiator cannot know
/// whether its confirmation arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Acknowledgement {
    pub(super) sealed: Sealed,
}

#[derive(Clone, Copy)]
pub(super) enum Leg {
    Answer,
    Confirmation,
    Acknowledgement,
}

impl Leg {
    /// The number of the message in the handshake.
    pub(super) fn step(self) -> u64 {
        match self {
            Self::Answer => 2,
            Self::Confirmation => 3,
            Self::Acknowledgement => 4,
        }
    }
}

wire::message_bytes!(Hello, Answer, Confirmation, Acknowledgement);

impl Hello {
    /// The role in which the sender claims to speak. Not authenticated yet.
    #[must_use]
    pub fn sender_role(&self) -> &Role {
        &self.from.role
    }

    /// The party that claims to begin. It is not authenticated yet.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.from.identifier
    }

    /// The key-id of the two parties' key.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The same with its MAC, under the key from its sender to its receiver.
    pub(super) fn signed(self, key: &DirectionalKey) -> Self {
        Self { mac: self.mac(key), ..self }
    }

    /// Checks that the MAC was made by a party that has the key.
    pub(super) fn check(&self, key: &DirectionalKey) -> Result<(), Rejected> {
        if self.mac(key).ct_eq(&self.mac).into() { Ok(()) } else { Err(Rejected) }
    }

    /// `F(key, "hello", hello without its mac)`
    fn mac(&self, key: &DirectionalKey) -> [u8; 32] {
        *key.prf.eval(prefix!("hello", 1), |w| self.write(w, 7))
    }

    /// Everything but the MAC, in an array with room for this many items after its kind.
    fn write<S: Sink>(&self, w: &mut Writer<'_, S>, items: usize) {
        let Self { key_id, from, to, challenge, encapsulation_key, .. } = self;
        wire::begin_message(w, "hello", items);
        w.item(key_id).item(from).item(to).bytes(challenge);
        w.bytes_or_null(encapsulation_key.as_ref().map(|key| key.as_slice()));
    }

    /// `H("hello", hello, challenge, ciphertext or null)`: what the answer is bound to.
    pub(super) fn bound(&self, challenge: &[u8; 32], ciphertext: Option<&[u8; exchange::CIPHERTEXT]>) -> [u8; 32] {
        hash::digest(prefix!("hello", 3), |w| {
            w.item(self).bytes(challenge).bytes_or_null(ciphertext.map(<[u8; _]>::as_slice));
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
        hash::digest(prefix!("answer", 2), |w| {
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
        hash::digest(prefix!("confirmation", 2), |w| {
            w.bytes(before).item(self);
        })
    }
}

impl Acknowledgement {
    /// The name of the key that is needed to open the message, with the session that it acknowledges: that of the
    /// [`Authenticated`](super::Authenticated) with this transcript. The peer is the one that answered.
    #[must_use]
    pub fn key(&self) -> &KeyName {
        &self.sealed.name
    }
}

impl Encode for Hello {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        self.write(w, 8);
        w.bytes(&self.mac);
    }
}

impl Decode for Hello {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "hello", 8)?;
        let hello = Self {
            key_id: KeyId::decode(r)?,
            from: Actor::decode(r)?,
            to: Actor::decode(r)?,
            challenge: r.exact("a challenge")?,
            encapsulation_key: r.exact_or_null("an encapsulation key")?.map(Box::new),
            mac: r.exact("a MAC")?,
        };
        // H-1
        if hello.from.may_meet(&hello.to) {
            Ok(hello)
        } else {
            Err(WireError::Expected("two parties, not both card holders"))
        }
    }
}

impl Encode for Answer {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "answer", 3);
        w.bytes(&self.challenge);
        w.bytes_or_null(self.ciphertext.as_ref().map(|ciphertext| ciphertext.as_slice())).item(&self.sealed);
    }
}

impl Decode for Answer {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "answer", 3)?;
        Ok(Self {
            challenge: r.exact("a challenge")?,
            ciphertext: r.exact_or_null("a ciphertext")?.map(Box::new),
            sealed: Sealed::decode(r)?,
        })
    }
}

/// A message that is one sealed item.
macro_rules! sealed_message {
    ($name:ident, $kind:literal) => {
        impl Encode for $name {
            fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
                wire::begin_message(w, $kind, 1);
                w.item(&self.sealed);
            }
        }

        impl Decode for $name {
            fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
                // H-9
                wire::read_message(r, $kind, 1)?;
                Sealed::decode(r).map(|sealed| Self { sealed })
            }
        }
    };
}

sealed_message!(Confirmation, "confirmation");
sealed_message!(Acknowledgement, "acknowledgement");
