//! The stages of an order at the card manager, as they are stored.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::limits;
use crate::message::{Asked, Part, Resolution, Ruling, Status, Verdict, are_sound, read_reason, refunds};
use crate::name::Role;
use crate::saved::{Named, Stage};
use crate::wire::{Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

/// A stage of the card manager's: what it decided (`D`), and what it answered to demands since.
pub(super) struct Life<D> {
    pub(super) decision: D,
    /// The demands and their resolutions, in the order of filing.
    pub(super) demands: Vec<Asked>,
}

pub(super) struct Undecided;

/// The order is approved, or declined for a reason. The content is filed, not the sealed answer.
pub(super) struct HasDecision {
    /// When that was filed.
    pub(super) at: u64,
    pub(super) decision: Decision,
}

pub(super) enum Decision {
    Approved,
    Declined { reason: Zeroizing<String> },
}

/// What was decided, if something was.
pub(super) type AnyDecision = Option<HasDecision>;

/// What the states of the card manager have in common.
pub(super) trait Decided {
    fn decided(&self) -> Option<&Decision>;
}

impl Decided for Undecided {
    fn decided(&self) -> Option<&Decision> {
        None
    }
}

impl Decided for HasDecision {
    fn decided(&self) -> Option<&Decision> {
        Some(&self.decision)
    }
}

impl Decided for AnyDecision {
    fn decided(&self) -> Option<&Decision> {
        self.as_ref().map(|decided| &decided.decision)
    }
}

impl<D> Life<D> {
    pub(super) fn new(decision: D) -> Self {
        Self { decision, demands: Vec::new() }
    }

    pub(super) fn split(self) -> (Life<()>, D) {
        (Life { decision: (), demands: self.demands }, self.decision)
    }

    pub(super) fn at<T>(self, decision: T) -> Life<T> {
        Life { decision, demands: self.demands }
    }

    /// The place of the cancellation that was granted.
    pub(super) fn cancellation(&self) -> Option<usize> {
        self.demands.iter().position(Asked::is_granted_cancellation)
    }
}

impl<D: Decided> Life<D> {
    pub(super) fn status(&self) -> Status {
        match (self.cancellation(), self.decision.decided()) {
            (Some(_), _) => Status::Cancelled,
            (None, None) => Status::Received,
            (None, Some(Decision::Approved)) => Status::Approved,
            (None, Some(Decision::Declined { reason })) => Status::Declined { reason: reason.clone() },
        }
    }
}

impl<D: Decided + Encode> Named for Life<D> {
    fn name(&self, _: &Part) -> &'static str {
        self.status().name()
    }
}

impl Life<AnyDecision> {
    pub(super) fn is_approved(&self) -> bool {
        matches!(self.decision, Some(HasDecision { decision: Decision::Approved, .. }))
    }
}

impl HasDecision {
    /// What the authorization says.
    pub(super) fn verdict(&self, token: &Secret32) -> Verdict {
        let ruling = match &self.decision {
            Decision::Approved => Ruling::Approved { token: Secret32::boxed(token.as_slice()) },
            Decision::Declined { reason } => Ruling::Declined { reason: reason.clone() },
        };
        Verdict { at: self.at, ruling }
    }
}

impl Stage for Life<AnyDecision> {
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        let Self { decision, demands } = self;
        let number = |asked: &Asked| asked.demand.number();
        // S-12
        let is_answered = |(place, asked): (usize, &Asked)| {
            let up_to = demands.iter().take(place.saturating_add(1));
            let refunded = part.amount().and_then(|due| refunds(up_to, &due, false));
            let is_right = |resolution: &Resolution| Some(&resolution.refunded) == refunded.as_ref();
            asked.resolution.as_ref().is_some_and(is_right)
                && demands.iter().skip(place.saturating_add(1)).all(|later| number(later) != number(asked))
        };
        // S-11
        *role == Role::CARD_MANAGER
            && decision.as_ref().is_none_or(|HasDecision { at, .. }| part.was_open_at(*at))
            && demands.iter().enumerate().all(is_answered)
            && are_sound(demands, part, self.is_approved())
    }
}

impl Encode for Undecided {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.null();
    }
}

impl Encode for HasDecision {
    /// `[at, reason or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).uint(self.at);
        match &self.decision {
            Decision::Approved => w.null(),
            Decision::Declined { reason } => w.text(reason),
        };
    }
}

impl Encode for AnyDecision {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.item_or_null(self.as_ref());
    }
}

impl Decode for HasDecision {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a decision", 2)?;
        let at = r.uint("a time", limits::TIME)?;
        let reason = r.or_null(read_reason)?;
        Ok(Self { at, decision: reason.map_or(Decision::Approved, |reason| Decision::Declined { reason }) })
    }
}

impl<D: Encode> Encode for Life<D> {
    /// `[decision or null, [asked, …]]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).item(&self.decision).items(&self.demands);
    }
}

impl Decode for Life<AnyDecision> {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a stage", 2)?;
        let decision = r.or_null(HasDecision::decode)?;
        Ok(Self { decision, demands: r.items("demands", 0, limits::CONSIGNMENTS)? })
    }
}
