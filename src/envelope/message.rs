//! The messages of an order, as they travel.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::header::{Header, OrderDigest};
use super::receipt::Receipt;
use crate::hash;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::seal::Sealed;
use crate::wire::{self, Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

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
    hash::digest("parts", 1, |w| {
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

/// A part, or several, passed on by the seller with a statement of its own.
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

/// A part relayed after approval, with the delivery instruction: the patent's arrow z.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Dispatch(pub(crate) Forward);

/// The card manager's answer to the seller: the patent's result of authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Authentication {
    pub(crate) digest: OrderDigest,
    pub(crate) sealed: Sealed,
}

/// The plaintext of a relay's or a dispatch's statement.
pub(crate) struct Statement {
    /// The digest of the parts that go along.
    pub(crate) parts: [u8; 32],
    /// In a dispatch, the approval token.
    pub(crate) token: Option<Secret32>,
    /// In a dispatch, the seller's instructions.
    pub(crate) instructions: Zeroizing<Vec<u8>>,
}

/// The plaintext of an authentication.
pub(crate) enum Verdict {
    Approved { token: Secret32 },
    Declined { reason: Zeroizing<String> },
}

wire::message_bytes!(Envelope, Direct, Relay, Dispatch, Authentication, Receipt);

macro_rules! of_orders {
    ($($name:ident: $digest:expr;)*) => {$(
        impl $name {
            /// The order that the message claims to be of.
            #[must_use]
            pub fn digest(&self) -> OrderDigest {
                let digest: fn(&Self) -> &OrderDigest = $digest;
                *digest(self)
            }
        }
    )*};
}

of_orders! {
    Envelope: |message| message.0.header.digest();
    Direct: |message| message.header.digest();
    Relay: |message| message.0.cargo.header.digest();
    Dispatch: |message| message.0.cargo.header.digest();
    Authentication: |message| &message.digest;
    Receipt: |message| &message.digest;
}

impl Direct {
    /// The role of the party to send it to.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.part.role
    }
}

impl Dispatch {
    /// The role of its addressee: that of its one part.
    pub(crate) fn role(&self) -> Option<&Role> {
        self.0.cargo.parts.first().map(|part| &part.role)
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

/// The header travels as a byte string: what its digest is over can be seen.
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
        if cargo.parts.is_empty() { Err(WireError::Limit("parts")) } else { Ok(cargo) }
    }
}

impl Cargo {
    /// A header, as the byte string that it travels as.
    pub(crate) fn decode_header(r: &mut Reader<'_>) -> Result<Header, WireError> {
        Header::from_bytes(r.bytes("a header", 0, limits::MESSAGE)?)
    }

    /// In a state the parts may be none.
    pub(crate) fn decode_saved(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let header = Self::decode_header(r)?;
        let parts: Vec<SealedPart> = r.items("parts", 0, limits::RECIPIENTS)?;
        let mut roles = header.recipients.iter();
        // Searching on from the last match holds the parts to the header's order, each once.
        if !parts.iter().all(|part| roles.any(|(role, _)| *role == part.role)) {
            return Err(WireError::Expected("parts of the header's roles, in its order"));
        }
        Ok(Self { header, parts })
    }

    pub(crate) fn part(&self, role: &Role) -> Option<&SealedPart> {
        self.parts.iter().find(|part| part.role == *role)
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
        if forward.cargo.parts.len() == 1 { Ok(Self(forward)) } else { Err(WireError::Limit("parts")) }
    }
}

impl Encode for Authentication {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "authentication", 2);
        w.bytes(&self.digest.0).item(&self.sealed);
    }
}

impl Decode for Authentication {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "authentication", 2)?;
        Ok(Self { digest: OrderDigest(r.exact("a digest")?), sealed: Sealed::decode(r)? })
    }
}

impl Encode for Statement {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "statement", 3);
        w.bytes(&self.parts);
        w.bytes_or_null(self.token.as_ref().map(|token| token.as_slice()));
        w.bytes(&self.instructions);
    }
}

impl Decode for Statement {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "statement", 3)?;
        Ok(Self {
            parts: r.exact("a digest")?,
            token: r.exact_or_null("a token")?.map(Secret32::new),
            instructions: Zeroizing::new(r.bytes("instructions", 0, limits::INSTRUCTIONS)?.to_vec()),
        })
    }
}

impl Encode for Verdict {
    /// `[version, "verdict", token, reason]`, one of the two null.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "verdict", 2);
        match self {
            Self::Approved { token } => w.bytes(token.as_slice()).null(),
            Self::Declined { reason } => w.null().text(reason),
        };
    }
}

impl Decode for Verdict {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "verdict", 2)?;
        match r.exact_or_null("a token")? {
            Some(token) if r.is_null() => Ok(Self::Approved { token: Secret32::new(token) }),
            Some(_) => Err(WireError::Expected("null")),
            None => Ok(Self::Declined { reason: Zeroizing::new(r.text("a reason", limits::REASON)?.into()) }),
        }
    }
}
