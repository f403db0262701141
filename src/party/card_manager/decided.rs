//! A decided order: to say again what was said.

use alloc::boxed::Box;
use core::fmt;

use super::Settlement;
use crate::envelope::{Authentication, Part};
use crate::party::state::{Saved, Stage};

/// A decision that was made before.
pub struct Decided {
    saved: Box<Saved>,
    authentication: Box<Authentication>,
    settlement: Option<Box<Settlement>>,
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let approved = self.settlement.is_some();
        f.debug_struct("Decided").field("part", &self.saved.part).field("approved", &approved).finish_non_exhaustive()
    }
}

impl Decided {
    /// The decision of a state that has one; otherwise the state.
    pub(super) fn of(saved: Box<Saved>) -> Result<Self, Box<Saved>> {
        let Stage::Decided { reason, authentication } = &saved.stage else { return Err(saved) };
        let authentication = authentication.clone();
        let settlement = reason.is_none().then(|| Box::new(Settlement::of(&saved.part)));
        Ok(Self { saved, authentication, settlement })
    }

    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.saved.part
    }

    /// The same bytes that were sent, or should have been.
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Why it was declined, or `None` if it was approved.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.saved.stage {
            Stage::Decided { reason, .. } => reason.as_ref().map(|reason| reason.as_str()),
            _ => None,
        }
    }

    /// What was to be settled, if it was approved.
    ///
    /// A record, not a second settlement: it is for the one case in which the process ended between
    /// the approval and the withdrawal. Withdraw on it only if your books have nothing under its
    /// digest.
    #[must_use]
    pub fn settlement(&self) -> Option<&Settlement> {
        self.settlement.as_deref()
    }
}
