//! The stages of an order at the card manager, as they are stored.

use alloc::string::String;

use zeroize::Zeroizing;

use crate::limits;
use crate::message::{Outcome, Part, Verdict};
use crate::name::Role;
use crate::saved::Stage;
use crate::wire::{Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

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

pub(super) enum ManagerStage {
    Undecided(Undecided),
    Decided(HasDecision),
}

impl HasDecision {
    /// What the authorization says.
    pub(super) fn verdict(&self, token: &Secret32) -> Verdict {
        let outcome = match &self.decision {
            Decision::Approved => Outcome::Approved { token: Secret32::boxed(token.as_slice()) },
            Decision::Declined { reason } => Outcome::Declined { reason: reason.clone() },
        };
        Verdict { at: self.at, outcome }
    }
}

impl Stage for ManagerStage {
    fn is_of(&self, role: &Role, part: &Part) -> bool {
        // S-11
        *role == Role::CARD_MANAGER
            && match self {
                Self::Undecided(_) => true,
                Self::Decided(HasDecision { at, .. }) => part.was_open_at(*at),
            }
    }
}

const UNDECIDED: &str = "awaiting";
const DECIDED: &str = "decided";

impl Encode for Undecided {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(1).text(UNDECIDED);
    }
}

impl Encode for HasDecision {
    /// `["decided", at, reason or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).text(DECIDED).uint(self.at);
        match &self.decision {
            Decision::Approved => w.null(),
            Decision::Declined { reason } => w.text(reason),
        };
    }
}

impl Decode for ManagerStage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("a stage", 1, 3)?;
        match (r.text("a stage", limits::NAME)?, count) {
            (UNDECIDED, 1) => Ok(Self::Undecided(Undecided)),
            (DECIDED, 3) => {
                let at = r.uint("a time", limits::TIME)?;
                let decision = if r.is_null() {
                    Decision::Approved
                } else {
                    Decision::Declined { reason: Zeroizing::new(r.text("a reason", limits::REASON)?.into()) }
                };
                Ok(Self::Decided(HasDecision { at, decision }))
            }
            _ => Err(WireError::Expected("a stage of a card manager")),
        }
    }
}
