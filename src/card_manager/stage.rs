//! The stages of an order at the card manager, as they are stored.

use alloc::string::String;

use zeroize::Zeroizing;

use crate::limits;
use crate::message::{Part, Verdict};
use crate::name::Role;
use crate::saved::Stage;
use crate::wire::{Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

/// The order is not decided.
pub(super) struct Undecided;

/// The order is approved, or declined for a reason. The content is filed, not the sealed answer.
pub(super) struct HasDecision {
    pub(super) decision: Decision,
}

pub(super) enum Decision {
    Approved,
    Declined { reason: Zeroizing<String> },
}

/// Any stage of a card manager's order.
pub(super) enum ManagerStage {
    Undecided(Undecided),
    Decided(HasDecision),
}

impl HasDecision {
    /// What the authorization says.
    pub(super) fn verdict(&self, token: &Secret32) -> Verdict {
        match &self.decision {
            Decision::Approved => Verdict::Approved { token: token.clone() },
            Decision::Declined { reason } => Verdict::Declined { reason: reason.clone() },
        }
    }
}

impl Stage for ManagerStage {
    fn is_of(&self, role: &Role, _: &Part) -> bool {
        *role == Role::CARD_MANAGER
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
    /// `["decided", reason or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).text(DECIDED);
        match &self.decision {
            Decision::Approved => w.null(),
            Decision::Declined { reason } => w.text(reason),
        };
    }
}

impl Decode for ManagerStage {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("a stage", 1, 2)?;
        match (r.text("a stage", limits::NAME)?, count) {
            (UNDECIDED, 1) => Ok(Self::Undecided(Undecided)),
            (DECIDED, 2) if r.is_null() => Ok(Self::Decided(HasDecision { decision: Decision::Approved })),
            (DECIDED, 2) => {
                let reason = Zeroizing::new(r.text("a reason", limits::REASON)?.into());
                Ok(Self::Decided(HasDecision { decision: Decision::Declined { reason } }))
            }
            _ => Err(WireError::Expected("a stage of a card manager")),
        }
    }
}
