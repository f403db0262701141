//! Receipts: what a recipient tells the card holder of an order (`SPEC.md`, section 15).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::about::about_an_order_from;
use super::consignment::{Consigned, Consignment, Outcome, read_reason};
use super::demand::is_within;
use super::header::OrderDigest;
use crate::limits;
use crate::name::Role;
use crate::order::Amount;
use crate::seal::Sealed;
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// A receipt for the card holder, from the seller or, passed on by the seller, from the card manager or the delivery
/// service.
///
/// All receipts have one length, unless the reasons in them are long.
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
    pub(crate) at: u64,
    pub(crate) progress: Progress,
}

/// How far an order has come at a party: what it tells the card holder.
pub(crate) struct Progress {
    pub(crate) status: Status,
    /// When the seller filed the card holder's withdrawal.
    pub(crate) withdrawn: Option<u64>,
    /// What the seller or the card manager knows to be refunded.
    pub(crate) refunded: Option<Amount>,
    pub(crate) consignments: Vec<ReportedConsignment>,
}

/// A consignment, as a receipt tells of it.
#[derive(Debug)]
pub struct ReportedConsignment {
    role: Role,
    consignment: Consignment,
    outcome: Option<Outcome>,
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
    /// It is cancelled: nothing follows.
    Cancelled,
}

about_an_order_from! {
    Receipt: "receipt", "seller, card manager, or delivery service.";
}

impl Report {
    pub(crate) fn is_given_by(role: &Role) -> bool {
        // C-2
        [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE].contains(role)
    }

    /// Whether a giver of this role can say so. The delivery service decides nothing, and knows of no money.
    pub(crate) fn is_sayable_by(&self, role: &Role) -> bool {
        let is_one_of = |roles: &[Role]| roles.contains(role);
        // C-5
        let Progress { status, withdrawn, refunded, consignments } = &self.progress;
        let own = || consignments.iter().all(|consigned| consigned.role == *role);
        is_one_of(&[Role::SELLER, Role::CARD_MANAGER]) == refunded.is_some()
            && (*status == Status::Received || refunded.is_some())
            && (withdrawn.is_none() || *role == Role::SELLER)
            && (*role == Role::SELLER || (*role == Role::DELIVERY_SERVICE && own()) || consignments.is_empty())
            && (!matches!(status, Status::Declined { .. }) || consignments.is_empty())
    }

    /// The consignments that there can be: to roles that wait for the approval, in the order of the order's recipients
    /// and of their numbers, and none after the last of its role.
    pub(crate) fn is_about(&self, waiting: impl Iterator<Item = Role>) -> bool {
        let (waiting, consignments) = (waiting.collect::<Vec<_>>(), &self.progress.consignments);
        let place = |role: &Role| waiting.iter().position(|other| other == role);
        let places = consignments.iter().map(|one| (place(&one.role), one.consignment.number()));
        let follows_the_last = |(one, next): (&ReportedConsignment, &ReportedConsignment)| {
            one.role == next.role && one.consignment.is_last()
        };
        places.clone().all(|(place, _)| place.is_some())
            && places.is_sorted_by(|a, b| a < b)
            && !consignments.iter().zip(consignments.iter().skip(1)).any(follows_the_last)
    }

    /// Whether what it says is refunded can be a part of the amount, if the card holder still has that.
    pub(crate) fn is_within(&self, due: Option<&Amount>) -> bool {
        self.progress.refunded.as_ref().zip(due).is_none_or(|(refunded, due)| is_within(refunded, due))
    }

    /// The role of the party that gave the receipt.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// How far the order had come.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.progress.status
    }

    /// When the seller took the card holder's withdrawal, by the seller's clock, in seconds since 1970: from then on it
    /// dispatches nothing more.
    #[must_use]
    pub fn withdrawn_at(&self) -> Option<u64> {
        self.progress.withdrawn
    }

    /// The sum of all refunds, as the seller or the card manager knows it. The delivery service does not.
    #[must_use]
    pub fn refunded(&self) -> Option<&Amount> {
        self.progress.refunded.as_ref()
    }

    /// What was dispatched: the seller tells of all recipients, the delivery service of itself.
    #[must_use]
    pub fn consignments(&self) -> &[ReportedConsignment] {
        &self.progress.consignments
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
            .field("status", &self.progress.status)
            .field("withdrawn", &self.progress.withdrawn)
            .field("consignments", &self.progress.consignments)
            .finish()
    }
}

impl Status {
    /// What a ledger's record calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Approved => "approved",
            Self::Declined { .. } => "declined",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received => "Received",
            Self::Approved => "Approved",
            Self::Declined { .. } => "Declined { .. }",
            Self::Cancelled => "Cancelled",
        })
    }
}

impl ReportedConsignment {
    pub(crate) fn of(role: &Role, consigned: &Consigned) -> Self {
        Self { role: role.clone(), consignment: consigned.consignment(), outcome: consigned.outcome.clone() }
    }

    /// The role of the recipient.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Which consignment it is.
    #[must_use]
    pub fn consignment(&self) -> Consignment {
        self.consignment
    }

    /// What became of it, if the giver knows.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }
}

impl Encode for ReportedConsignment {
    /// `[role, number, last, outcome or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let Self { role, consignment, outcome } = self;
        w.array(4).item(role).item(consignment).item_or_null(outcome.as_ref());
    }
}

impl Decode for ReportedConsignment {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a consignment", 4)?;
        Ok(Self { role: Role::decode(r)?, consignment: Consignment::decode(r)?, outcome: r.or_null(Outcome::decode)? })
    }
}

impl Encode for Report {
    /// `[version, "report", role, revision, at, status, reason, withdrawn, refunded, consignments]`, the reason null unless
    /// declined.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "report", 8);
        let Progress { status, withdrawn, refunded, consignments } = &self.progress;
        let (status, reason) = match status {
            Status::Received => (0, None),
            Status::Approved => (1, None),
            Status::Declined { reason } => (2, Some(reason.as_str())),
            Status::Cancelled => (3, None),
        };
        w.item(&self.role).uint(self.revision).uint(self.at).uint(status).text_or_null(reason);
        w.uint_or_null(*withdrawn).item_or_null(refunded.as_ref()).items(consignments);
    }
}

impl Decode for Report {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "report", 8)?;
        let (role, revision) = (Role::decode(r)?, r.uint("a revision", u64::MAX)?);
        let (at, status) = (r.uint("a time", limits::TIME)?, r.uint("a status", 3)?);
        let status = match (status, r.or_null(read_reason)?) {
            (2, Some(reason)) => Status::Declined { reason },
            (0, None) => Status::Received,
            (1, None) => Status::Approved,
            (3, None) => Status::Cancelled,
            _ => return Err(WireError::Expected("a reason if declined, and then alone")),
        };
        let withdrawn = r.or_null(|r| r.uint("a time", limits::TIME))?;
        let refunded = r.or_null(Amount::decode)?;
        let consignments = r.items("consignments", 0, limits::CONSIGNMENTS)?;
        Ok(Self { role, revision, at, progress: Progress { status, withdrawn, refunded, consignments } })
    }
}
