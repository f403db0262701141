//! What the seller passes on: parts that others sealed, with a statement of its own (`SPEC.md`, section 15).

use super::consignment::Load;
use super::envelope::Cargo;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Secret32, Sink, Unit, WireError, Writer};

/// Parts, passed on by the seller with a statement of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) cargo: Cargo,
    pub(crate) relayer: Identifier,
    pub(crate) statement: Sealed,
}

/// A part relayed at once: the patent's arrow y.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Relay(pub(crate) Forward);

/// A part dispatched after approval, with the seller's instructions: the patent's arrow z.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Dispatch(pub(crate) Forward);

/// The plaintext of a relay's or a dispatch's statement.
pub(crate) struct Statement {
    /// The digest of the parts that go along.
    pub(crate) parts: [u8; 32],
    /// When the seller filed what it does: that it took the order, or that it dispatches it.
    pub(crate) at: u64,
    /// In a dispatch, the approval token.
    pub(crate) token: Option<Secret32>,
    /// In a dispatch, its consignment.
    pub(crate) load: Option<Load>,
}

wire::message_bytes!(Relay, Dispatch);

macro_rules! forwards {
    ($($name:ident),*) => {$(
        impl $name {
            /// The seller who claims to have passed the part on.
            #[must_use]
            pub fn sender(&self) -> &Identifier {
                &self.0.relayer
            }

            /// The keys that a party in this role needs to open the message, in the order of their use: with whom, and
            /// which. Not authenticated yet.
            pub fn keys(&self, role: &Role) -> impl Iterator<Item = (&Identifier, &KeyName)> {
                core::iter::once((&self.0.relayer, &self.0.statement.name)).chain(self.0.cargo.key(role))
            }
        }
    )*};
}

forwards!(Relay, Dispatch);

impl Forward {
    fn encode_as<S: Sink>(&self, kind: &str, w: &mut Writer<'_, S>) {
        wire::begin_message(w, kind, 4);
        w.item(&self.cargo).item(&self.relayer).item(&self.statement);
    }

    fn decode_as(kind: &'static str, r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, kind, 4)?;
        Ok(Self { cargo: Cargo::decode(r)?, relayer: Identifier::decode(r)?, statement: Sealed::decode(r)? })
    }
}

impl Encode for Relay {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        self.0.encode_as("relay", w);
    }
}

impl Decode for Relay {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Forward::decode_as("relay", r).map(Self)
    }
}

impl Encode for Dispatch {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        self.0.encode_as("dispatch", w);
    }
}

impl Decode for Dispatch {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let forward = Forward::decode_as("dispatch", r)?;
        match forward.cargo.parts.len() {
            1 => Ok(Self(forward)),
            count => Err(WireError::limit("parts", Unit::Items, count, 1..=1)),
        }
    }
}

impl Encode for Statement {
    /// `[version, "statement", parts, at, token or null, consignment or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "statement", 4);
        w.bytes(&self.parts).uint(self.at);
        w.bytes_or_null(self.token.as_ref().map(|token| token.as_slice()));
        w.item_or_null(self.load.as_ref());
    }
}

impl Decode for Statement {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "statement", 4)?;
        Ok(Self {
            parts: r.exact("a digest")?,
            at: r.uint("a time", limits::TIME)?,
            token: r.exact_or_null("a token")?.map(Secret32::new),
            load: r.or_null(Load::decode)?,
        })
    }
}
