//! The recipients of a form and of an order, and how a part gets to each.

use core::fmt;

use super::Selectors;
use crate::identifier::Identifier;
use crate::name::Role;
use crate::order::Places;
use crate::peer::Peer;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// How a recipient's part travels, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// Sent by the card holder itself (patent claim 1).
    Direct,
    /// Relayed by the seller at once (claim 2).
    OnReceipt,
    /// Dispatched by the seller after the card manager's approval, and impossible to open before it.
    OnApproval,
}

impl Release {
    /// As forms write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::OnReceipt => "on-receipt",
            Self::OnApproval => "on-approval",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Encode for Release {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.uint(match self {
            Self::Direct => 0,
            Self::OnReceipt => 1,
            Self::OnApproval => 2,
        });
    }
}

impl Decode for Release {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(match r.uint("a release", 2)? {
            0 => Self::Direct,
            1 => Self::OnReceipt,
            _ => Self::OnApproval,
        })
    }
}

/// One recipient of an order form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FormEntry {
    /// What the recipient does in the order.
    pub role: Role,
    /// The recipient; `None` leaves the choice to the card holder.
    pub identifier: Option<Identifier>,
    /// How its part travels.
    pub release: Release,
    /// What it sees of an order.
    pub selectors: Selectors,
}

impl Encode for FormEntry {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.role).bytes_or_null(self.identifier.as_ref().map(Identifier::as_bytes));
        w.item(&self.release).item(&self.selectors);
    }
}

impl Decode for FormEntry {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a recipient", 4)?;
        Ok(Self {
            role: Role::decode(r)?,
            identifier: r.or_null(Identifier::decode)?,
            release: Release::decode(r)?,
            selectors: Selectors::decode(r)?,
        })
    }
}

/// One recipient of an order: an entry of the form with the identifier settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(crate) role: Role,
    pub(crate) identifier: Identifier,
    pub(crate) release: Release,
    /// The places of the groups that it sees, in the order's header.
    pub(crate) groups: Places,
}

impl Entry {
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        Peer { role: &self.role, identifier: &self.identifier }
    }

    /// What the recipient does in the order.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The recipient.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// How its part travels.
    #[must_use]
    pub fn release(&self) -> Release {
        self.release
    }
}

impl Encode for Entry {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.role).item(&self.identifier).item(&self.release).item(&self.groups);
    }
}

impl Decode for Entry {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a recipient", 4)?;
        Ok(Self {
            role: Role::decode(r)?,
            identifier: Identifier::decode(r)?,
            release: Decode::decode(r)?,
            groups: Places::decode_groups(r)?,
        })
    }
}
