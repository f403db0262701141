//! What the seller is told: what became of a consignment, and that the card holder withdraws (`SPEC.md`, section 15).

use super::about::{about_an_order, about_an_order_from};
use super::consignment::{Outcome, read_number};
use super::header::OrderDigest;
use crate::name::Role;
use crate::seal::Sealed;
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The recipient of a dispatch tells the seller what became of the consignment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct DeliveryReport {
    pub(crate) digest: OrderDigest,
    /// The role of the party that gives it.
    pub(crate) from: Role,
    pub(crate) sealed: Sealed,
}

/// The card holder asks the seller to dispatch nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Withdrawal {
    pub(crate) digest: OrderDigest,
    pub(crate) sealed: Sealed,
}

/// The plaintext of a delivery report.
pub(crate) struct Delivered {
    pub(crate) number: u16,
    pub(crate) outcome: Outcome,
}

/// The plaintext of a withdrawal.
pub(crate) struct Notice;

about_an_order! {
    Withdrawal: "withdrawal", "The peer is the card holder of the filed order.";
}

about_an_order_from! {
    DeliveryReport: "delivery", "a recipient on approval.";
}

impl Encode for Delivered {
    /// `[version, "outcome", number, [at, failure or null]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "outcome", 2);
        w.uint(self.number.into()).item(&self.outcome);
    }
}

impl Decode for Delivered {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "outcome", 2)?;
        Ok(Self { number: read_number(r)?, outcome: Outcome::decode(r)? })
    }
}

impl Encode for Notice {
    /// `[version, "notice"]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "notice", 0);
    }
}

impl Decode for Notice {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "notice", 0).map(|()| Self)
    }
}
