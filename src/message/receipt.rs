//! Receipts: what a recipient tells the card holder of an order (`SPEC.md`, section 15).

use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use super::header::OrderDigest;
use crate::limits;
use crate::name::Role;
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// A receipt for the card holder, from the seller or, passed on by the seller, from the card manager or the delivery
/// service.
///
/// All receipts have one length, whatever they say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Receipt {
    pub(crate) digest: OrderDigest,
    /// The role of the party that gives it.
    pub(crate) from: Role,
    pub(crate) sealed: Sealed,
}

/// What a receipt says: how far the order had come at the party that gave it, and when that was said.
pub struct Report {
    pub(crate) role: Role,
    pub(crate) revision: u64,
    pub(crate) status: Status,
    pub(crate) at: u64,
}

/// How far an order has come.
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It was received, and is not decided.
    Received,
    /// The card manager approved it.
    Approved,
    /// The card manager declined it.
    Declined {
        /// Its reason.
        reason: Zeroizing<String>,
    },
    /// The seller has dispatched it.
    Dispatched,
}

wire::message_bytes!(Receipt);

impl Receipt {
    /// The name of the key that is needed to open the message. The peer is the recipient of [`role`](Self::role).
    #[must_use]
    pub fn key(&self) -> &KeyName {
        &self.sealed.name
    }

    /// The role of the party that claims to give it: seller, card manager, or delivery service.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.from
    }
}

impl Report {
    pub(crate) fn is_given_by(role: &Role) -> bool {
        // C-2
        [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE].contains(role)
    }

    /// Whether a giver of this role can say so. Only the seller dispatches, and the delivery service decides nothing.
    pub(crate) fn is_sayable_by(&self, role: &Role) -> bool {
        let is_one_of = |roles: &[Role]| roles.contains(role);
        // C-5
        match self.status {
            Status::Received => Self::is_given_by(role),
            Status::Approved | Status::Declined { .. } => is_one_of(&[Role::SELLER, Role::CARD_MANAGER]),
            Status::Dispatched => is_one_of(&[Role::SELLER]),
        }
    }

    /// The role of the party that gave the receipt.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// How far the order had come.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// How often the giver's record of the order had changed. Of two receipts of one giver, the one of the higher revision
    /// counts; of equal revisions, both say the same.
    #[must_use]
    pub fn revision(&self) -> u64 {
        // C-6. No report is kept here, so the caller compares them.
        self.revision
    }

    /// When the receipt was given, by the giver's clock.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("role", &self.role)
            .field("revision", &self.revision)
            .field("at", &self.at)
            .field("status", &self.status)
            .finish()
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received => "Received",
            Self::Approved => "Approved",
            Self::Declined { .. } => "Declined { .. }",
            Self::Dispatched => "Dispatched",
        })
    }
}

impl Encode for Receipt {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "receipt", 3);
        w.bytes(&self.digest.0).item(&self.from).item(&self.sealed);
    }
}

impl Decode for Receipt {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "receipt", 3)?;
        Ok(Self { digest: OrderDigest(r.exact("a digest")?), from: Role::decode(r)?, sealed: Sealed::decode(r)? })
    }
}

impl Encode for Report {
    /// `[version, "report", role, revision, at, status, reason]`, the reason null unless declined.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "report", 5);
        let (status, reason) = match &self.status {
            Status::Received => (0, None),
            Status::Approved => (1, None),
            Status::Declined { reason } => (2, Some(reason)),
            Status::Dispatched => (3, None),
        };
        w.item(&self.role).uint(self.revision).uint(self.at).uint(status);
        match reason {
            Some(reason) => w.text(reason),
            None => w.null(),
        };
    }
}

impl Decode for Report {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "report", 5)?;
        let role = Role::decode(r)?;
        let revision = r.uint("a revision", u64::MAX)?;
        let at = r.uint("a time", limits::TIME)?;
        let status = r.uint("a status", 3)?;
        let status = if status == 2 {
            Status::Declined { reason: Zeroizing::new(r.text("a reason", limits::REASON)?.into()) }
        } else if !r.is_null() {
            return Err(WireError::Expected("null"));
        } else {
            match status {
                0 => Status::Received,
                1 => Status::Approved,
                _ => Status::Dispatched,
            }
        };
        Ok(Self { role, revision, status, at })
    }
}
