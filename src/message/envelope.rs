//! What the card holder sends: a header with sealed parts (`SPEC.md`, section 15).

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::header::Header;
use crate::hash::{self, prefix};
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, Unit, WireError, Writer};

/// A part as it travels, for the recipient of this role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedPart {
    pub(crate) role: Role,
    /// Shared by the message that it came in and the state that keeps it.
    pub(crate) sealed: Arc<Sealed>,
}

/// `SHA-256([version, "parts", [part, …]])`: what a sender says it sent along.
pub(crate) fn parts_digest<'p>(
    parts: impl IntoIterator<Item = &'p SealedPart, IntoIter: ExactSizeIterator>,
) -> [u8; 32] {
    hash::digest(prefix!("parts", 1), |w| {
        w.items(parts);
    })
}

/// A header and the parts that travel under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cargo {
    pub(crate) header: Header,
    pub(crate) parts: Vec<SealedPart>,
}

/// The card holder's order to the seller: the patent's arrow x.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Envelope(pub(crate) Cargo);

/// A part that the card holder itself sends to its recipient (patent claim 1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Direct {
    pub(crate) header: Header,
    pub(crate) part: SealedPart,
}

wire::message_bytes!(Envelope, Direct);

impl Envelope {
    /// The card holder who claims to have sealed the order.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.0.header.sender
    }

    /// The keys that a party in this role needs to open the message: with whom, and which. Not authenticated yet.
    pub fn keys(&self, role: &Role) -> impl Iterator<Item = (&Identifier, &KeyName)> {
        self.0.key(role).into_iter()
    }
}

impl Direct {
    /// The role of the party to which the message is to be sent.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.part.role
    }

    /// The card holder who claims to have sealed the order.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.header.sender
    }

    /// The key that is needed to open the message: with whom, and which. Not authenticated yet.
    pub fn keys(&self) -> impl Iterator<Item = (&Identifier, &KeyName)> {
        core::iter::once((&self.header.sender, &self.part.sealed.name))
    }
}

impl Encode for SealedPart {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).item(&self.role).item(&*self.sealed);
    }
}

impl Decode for SealedPart {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a part", 2)?;
        Ok(Self { role: Role::decode(r)?, sealed: Arc::new(Sealed::decode(r)?) })
    }
}

/// The header travels as a byte string, so that it can be seen what its digest is over.
fn encode_header<S: Sink>(header: &Header, w: &mut Writer<'_, S>) {
    w.bytes(header.as_bytes());
}

/// A cargo is two items of the message that it travels in.
impl Encode for Cargo {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        encode_header(&self.header, w);
        w.items(&self.parts);
    }
}

impl Decode for Cargo {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let cargo = Self::decode_saved(r)?;
        if cargo.parts.is_empty() {
            return Err(WireError::limit("parts", Unit::Items, 0, 1..=limits::RECIPIENTS));
        }
        Ok(cargo)
    }
}

impl Cargo {
    /// A header, as the byte string that it travels as.
    pub(crate) fn decode_header(r: &mut Reader<'_>) -> Result<Header, WireError> {
        // M-1
        Header::from_bytes(r.bytes("a header", 0, limits::MESSAGE)?)
    }

    /// A cargo of a state, which may have no parts.
    pub(crate) fn decode_saved(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let header = Self::decode_header(r)?;
        let parts: Vec<SealedPart> = r.items("parts", 0, limits::RECIPIENTS)?;
        let mut roles = header.recipients.iter();
        // Searching on from the last match keeps the parts in the header's order, each once.
        if !parts.iter().all(|part| roles.any(|(role, _)| *role == part.role)) {
            return Err(WireError::Expected("parts of the header's roles, in its order"));
        }
        Ok(Self { header, parts })
    }

    pub(crate) fn part(&self, role: &Role) -> Option<&SealedPart> {
        self.parts.iter().find(|part| part.role == *role)
    }

    /// The key of the part for a role: the peer with which it is shared, and its name.
    pub(super) fn key(&self, role: &Role) -> Option<(&Identifier, &KeyName)> {
        self.part(role).map(|part| (&self.header.sender, &part.sealed.name))
    }
}

impl Encode for Envelope {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "envelope", 2);
        w.item(&self.0);
    }
}

impl Decode for Envelope {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "envelope", 2)?;
        Cargo::decode(r).map(Self)
    }
}

impl Encode for Direct {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "direct", 2);
        encode_header(&self.header, w);
        w.item(&self.part);
    }
}

impl Decode for Direct {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "direct", 2)?;
        let header = Cargo::decode_header(r)?;
        let part = SealedPart::decode(r)?;
        if header.recipient(&part.role).is_none() {
            return Err(WireError::Expected("a part of one of the header's roles"));
        }
        Ok(Self { header, part })
    }
}
