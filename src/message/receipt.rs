//! Receipts: what a recipient tells the card holder of an order.

use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use super::header::OrderDigest;
use crate::limits;
use crate::name::Role;
use crate::seal::{KeyName, Sealed};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// A receipt for the card holder, from the seller or, passed on by the seller, from the card manager.
///
/// All receipts have one length, whatever they say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Receipt {
    pub(crate) digest: OrderDigest,
    /// The role of who gives it.
    pub(crate) from: Role,
    pub(crate) sealed: Sealed,
}

/// What a receipt says: how far the order had come with who gave it, and when that was said.
pub struct Report {
    pub(crate) role: Role,
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

    /// The role of who says that it gives it: seller or card manager.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.from
    }
}

impl Report {
    /// Whether recipients of this role give receipts.
    pub(crate) fn is_given_by(role: &Role) -> bool {
        [Role::SELLER, Role::CARD_MANAGER].contains(role)
    }

    /// Whether a giver of this role can say so. Only the seller dispatches.
    pub(crate) fn is_sayable_by(&self, role: &Role) -> bool {
        Self::is_given_by(role) && (self.status != Status::Dispatched || *role == Role::SELLER)
    }

    /// The role of who gave the receipt.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// How far the order had come.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// When the receipt was given, by the giver's clock. Of two receipts of one giver, the later one counts.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("role", &self.role).field("status", &self.status).field("at", &self.at).finish()
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
    /// `[version, "report", role, status, at, reason]`, the reason null unless declined.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "report", 4);
        let (status, reason) = match &self.status {
            Status::Received => (0, None),
            Status::Approved => (1, None),
            Status::Declined { reason } => (2, Some(reason)),
            Status::Dispatched => (3, None),
        };
        w.item(&self.role).uint(status).uint(self.at);
        match reason {
            Some(reason) => w.text(reason),
            None => w.null(),
        };
    }
}

impl Decode for Report {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "report", 4)?;
        let role = Role::decode(r)?;
        let status = r.uint("a status", 3)?;
        let at = r.uint("a date", limits::TIME)?;
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
        Ok(Self { role, status, at })
    }
}
