//! Requests to cancel an order or to refund a sum, and the card manager's response (`SPEC.md`, section 15).

use super::about::about_an_order;
use super::demand::{Demand, Resolution};
use super::envelope::Cargo;
use super::header::OrderDigest;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Role;
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, Unit, WireError, Writer};

/// The seller asks the card manager to cancel the order, or to refund a sum.
///
/// It has the card manager's part with it, so that an order can be cancelled that the card manager never saw. All
/// requests about an order have one length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Request {
    pub(crate) cargo: Cargo,
    pub(crate) seller: Identifier,
    pub(crate) claim: Sealed,
}

/// The card manager's answer to a request.
///
/// All responses have one length, whether they grant or refuse, unless the reason for a refusal is long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Response {
    pub(crate) digest: OrderDigest,
    pub(crate) sealed: Sealed,
}

/// The plaintext of a request.
pub(crate) struct Claim {
    /// The digest of the parts that go along.
    pub(crate) parts: [u8; 32],
    /// When the seller filed it.
    pub(crate) at: u64,
    pub(crate) demand: Demand,
}

/// The plaintext of a response.
pub(crate) struct Answered {
    pub(crate) demand: Demand,
    pub(crate) resolution: Resolution,
}

wire::message_bytes!(Request);

about_an_order! {
    Response: "response", "The peer is the card manager of the filed order.";
}

impl Request {
    /// The seller who claims to ask.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.seller
    }

    /// The keys that the card manager needs to open the message, in the order of their use: with whom, and which. The
    /// second one is needed only if it does not know the order. Not authenticated yet.
    pub fn keys(&self) -> impl Iterator<Item = (&Identifier, &KeyName)> {
        core::iter::once((&self.seller, &self.claim.name)).chain(self.cargo.key(&Role::CARD_MANAGER))
    }
}

impl Encode for Request {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "request", 4);
        w.item(&self.cargo).item(&self.seller).item(&self.claim);
    }
}

impl Decode for Request {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "request", 4)?;
        let cargo = Cargo::decode_saved(r)?;
        match cargo.parts.len() {
            0 | 1 => Ok(Self { cargo, seller: Identifier::decode(r)?, claim: Sealed::decode(r)? }),
            found => Err(WireError::limit("parts", Unit::Items, found, 0..=1)),
        }
    }
}

impl Encode for Claim {
    /// `[version, "claim", parts, at, demand]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "claim", 3);
        w.bytes(&self.parts).uint(self.at).item(&self.demand);
    }
}

impl Decode for Claim {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "claim", 3)?;
        let (parts, at) = (r.exact("a digest")?, r.uint("a time", limits::TIME)?);
        Ok(Self { parts, at, demand: Demand::decode(r)? })
    }
}

impl Encode for Answered {
    /// `[version, "resolution", demand, [at, refusal or null, refunded]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "resolution", 2);
        w.item(&self.demand).item(&self.resolution);
    }
}

impl Decode for Answered {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "resolution", 2)?;
        Ok(Self { demand: Demand::decode(r)?, resolution: Resolution::decode(r)? })
    }
}
