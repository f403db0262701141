//! The stages of an order at the seller, as they are stored.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::limits;
use crate::message::{
    Asked, Consigned, DELIVERED, DISPATCHED, FAILED, PARTLY_DELIVERED, Part, Status, are_sound, fit_instructions,
    progress_of, read_reason,
};
use crate::name::Role;
use crate::order::Release;
use crate::saved::{Named, Stage};
use crate::wire::{Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

/// A stage of the seller's: what the card manager answered (`V`), and what came of the order since.
pub(super) struct Life<V> {
    pub(super) verdict: V,
    /// When the card holder's withdrawal was filed.
    pub(super) withdrawn: Option<u64>,
    /// What the seller asked the card manager for, in the order of filing.
    pub(super) demands: Vec<Asked>,
}

pub(super) struct Waiting;

pub(super) struct HasApproval {
    /// When the card manager filed that.
    pub(super) at: u64,
    /// Boxed, because moving a state would leave copies behind.
    pub(super) token: Box<Secret32>,
    /// In the order of filing.
    pub(super) dispatches: Vec<Dispatched>,
}

/// The order was dispatched to this role. The content is filed, not the sealed message.
pub(super) struct Dispatched {
    pub(super) role: Role,
    pub(super) consigned: Consigned,
}

pub(super) struct IsDeclined {
    /// When the card manager filed that.
    pub(super) at: u64,
    pub(super) reason: Zeroizing<String>,
}

/// What the card manager answered, if it did.
pub(super) enum AnyVerdict {
    Waiting(Waiting),
    Approved(HasApproval),
    Declined(IsDeclined),
}

/// What the states of the seller have in common, whichever answer they are of.
pub(super) trait Verdict {
    fn status(&self) -> Status;
    fn approval(&self) -> Option<&HasApproval>;
    fn into_any(self) -> AnyVerdict;
}

impl Verdict for Waiting {
    fn status(&self) -> Status {
        Status::Received
    }

    fn approval(&self) -> Option<&HasApproval> {
        None
    }

    fn into_any(self) -> AnyVerdict {
        AnyVerdict::Waiting(self)
    }
}

impl Verdict for HasApproval {
    fn status(&self) -> Status {
        Status::Approved
    }

    fn approval(&self) -> Option<&HasApproval> {
        Some(self)
    }

    fn into_any(self) -> AnyVerdict {
        AnyVerdict::Approved(self)
    }
}

impl Verdict for IsDeclined {
    fn status(&self) -> Status {
        Status::Declined { reason: self.reason.clone() }
    }

    fn approval(&self) -> Option<&HasApproval> {
        None
    }

    fn into_any(self) -> AnyVerdict {
        AnyVerdict::Declined(self)
    }
}

impl Verdict for AnyVerdict {
    fn status(&self) -> Status {
        match self {
            Self::Waiting(verdict) => verdict.status(),
            Self::Approved(verdict) => verdict.status(),
            Self::Declined(verdict) => verdict.status(),
        }
    }

    fn approval(&self) -> Option<&HasApproval> {
        if let Self::Approved(approval) = self { Some(approval) } else { None }
    }

    fn into_any(self) -> AnyVerdict {
        self
    }
}

impl<V> Life<V> {
    /// An order of which nothing has come yet.
    pub(super) fn new(verdict: V) -> Self {
        Self { verdict, withdrawn: None, demands: Vec::new() }
    }

    pub(super) fn split(self) -> (Life<()>, V) {
        let Self { verdict, withdrawn, demands } = self;
        (Life { verdict: (), withdrawn, demands }, verdict)
    }

    pub(super) fn at<T>(self, verdict: T) -> Life<T> {
        Life { verdict, withdrawn: self.withdrawn, demands: self.demands }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.demands.iter().any(Asked::is_granted_cancellation)
    }

    /// The request to cancel that is not answered.
    pub(super) fn open_cancellation(&self) -> Option<&Asked> {
        self.demands.last().filter(|asked| asked.demand.is_cancellation() && asked.resolution.is_none())
    }
}

impl<V: Verdict> Life<V> {
    pub(super) fn status(&self) -> Status {
        if self.is_cancelled() { Status::Cancelled } else { self.verdict.status() }
    }
}

impl<V: Verdict + Encode> Named for Life<V> {
    fn name(&self, part: &Part) -> &'static str {
        let status = self.status();
        if status == Status::Cancelled {
            return status.name();
        }
        if self.open_cancellation().is_some() {
            return "cancelling";
        }
        if self.demands.iter().any(|asked| asked.resolution.is_none()) {
            return "refunding";
        }
        self.verdict.approval().and_then(|approval| approval.progress(part)).unwrap_or(status.name())
    }
}

impl HasApproval {
    /// How far the consignments have come, to all recipients that wait for the approval; `None` if there is none.
    fn progress(&self, part: &Part) -> Option<&'static str> {
        let waiting = part.recipients().filter(|entry| entry.release == Release::OnApproval);
        let progress: Vec<_> = waiting.map(|entry| progress_of(self.to(&entry.role))).collect();
        let is_any = |name| progress.contains(&Some(name));
        [DISPATCHED, FAILED].into_iter().find(|name| is_any(name)).or_else(|| {
            let is_begun = progress.iter().any(Option::is_some);
            let is_whole = progress.iter().all(|one| *one == Some(DELIVERED));
            is_begun.then_some(if is_whole { DELIVERED } else { PARTLY_DELIVERED })
        })
    }

    pub(super) fn to<'a>(&'a self, role: &'a Role) -> impl Iterator<Item = &'a Consigned> {
        self.dispatches.iter().filter(move |one| one.role == *role).map(|one| &one.consigned)
    }

    fn is_of(&self, part: &Part) -> bool {
        let waits = |role: &Role| part.recipient(role).is_some_and(|entry| entry.release == Release::OnApproval);
        let is_next = |(place, one): (usize, &Dispatched)| {
            let before = self.dispatches.iter().take(place).filter(|other| other.role == one.role);
            usize::from(one.consigned.number()) == before.clone().count().saturating_add(1)
                && before.clone().all(|other| !other.consigned.consignment().is_last())
        };
        let is_timely = |Consigned { at, outcome, .. }: &Consigned| {
            part.was_deliverable_at(*at) && outcome.as_ref().is_none_or(|outcome| part.was_unsettled_at(outcome.at))
        };
        part.was_open_at(self.at)
            && part.is_approved_by(&self.token)
            && self.dispatches.iter().all(|one| waits(&one.role) && is_timely(&one.consigned))
            && self.dispatches.iter().enumerate().all(is_next)
            && fit_instructions(self.dispatches.iter().map(|one| &one.consigned))
    }
}

impl Stage for Life<AnyVerdict> {
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        // S-11
        let is_timely = match &self.verdict {
            AnyVerdict::Waiting(_) => true,
            AnyVerdict::Declined(IsDeclined { at, .. }) => part.was_open_at(*at),
            AnyVerdict::Approved(approval) => approval.is_of(part),
        };
        let has_manager = part.recipient(&Role::CARD_MANAGER).is_some();
        let is_payable = self.verdict.approval().is_some() || !has_manager;
        // S-12
        let is_next = |(place, asked): (usize, &Asked)| {
            usize::from(asked.demand.number()) == place.saturating_add(1)
                && (asked.resolution.is_some() || has_manager)
                && (asked.resolution.is_some()
                    || !asked.demand.is_cancellation()
                    || place.saturating_add(1) == self.demands.len())
        };
        *role == Role::SELLER
            && is_timely
            && self.withdrawn.is_none_or(|at| part.was_unsettled_at(at))
            && self.demands.iter().enumerate().all(is_next)
            && are_sound(&self.demands, part, is_payable)
    }
}

const WAITING: &str = "awaiting";
const APPROVED: &str = "approved";
const DECLINED: &str = "declined";

impl Encode for Waiting {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(1).text(WAITING);
    }
}

impl Encode for HasApproval {
    /// `["approved", at, token, [[role, consigned], …]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).text(APPROVED).uint(self.at).bytes(self.token.as_slice()).items(&self.dispatches);
    }
}

impl Encode for IsDeclined {
    /// `["declined", at, reason]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).text(DECLINED).uint(self.at).text(&self.reason);
    }
}

impl Encode for Dispatched {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).item(&self.role).item(&self.consigned);
    }
}

impl Decode for Dispatched {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a dispatch", 2)?;
        Ok(Self { role: Role::decode(r)?, consigned: Consigned::decode(r)? })
    }
}

impl Encode for AnyVerdict {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        match self {
            Self::Waiting(verdict) => verdict.encode(w),
            Self::Approved(verdict) => verdict.encode(w),
            Self::Declined(verdict) => verdict.encode(w),
        }
    }
}

impl Decode for AnyVerdict {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("an answer", 1, 4)?;
        match (r.text("an answer", limits::NAME)?, count) {
            (WAITING, 1) => Ok(Self::Waiting(Waiting)),
            (APPROVED, 4) => {
                let at = r.uint("a time", limits::TIME)?;
                let token = r.secret("a token")?;
                let dispatches = r.items("dispatches", 0, limits::CONSIGNMENTS)?;
                Ok(Self::Approved(HasApproval { at, token, dispatches }))
            }
            (DECLINED, 3) => {
                let (at, reason) = (r.uint("a time", limits::TIME)?, read_reason(r)?);
                Ok(Self::Declined(IsDeclined { at, reason }))
            }
            _ => Err(WireError::Expected("an answer that a seller has")),
        }
    }
}

impl<V: Encode> Encode for Life<V> {
    /// `[answered, withdrawn or null, [asked, …]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).item(&self.verdict).uint_or_null(self.withdrawn).items(&self.demands);
    }
}

impl Decode for Life<AnyVerdict> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a stage", 3)?;
        let verdict = AnyVerdict::decode(r)?;
        let withdrawn = r.or_null(|r| r.uint("a time", limits::TIME))?;
        Ok(Self { verdict, withdrawn, demands: r.items("demands", 0, limits::CONSIGNMENTS)? })
    }
}
