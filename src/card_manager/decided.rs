//! A decided order, and the answer that says so.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::stage::{Decision, HasDecision, Life};
use super::{CardManager, CardManagerOrder, Facts, Settlement};
use crate::error::SendError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{Authorization, Part, Receipt};
use crate::order::Amount;
use crate::pending::Found;
use crate::saved::Saved;
use crate::seal::Purpose;

/// An order that the card manager has decided.
pub struct Decided {
    pub(super) saved: Saved<Life<HasDecision>>,
    pub(super) facts: Box<Facts>,
}

impl Decided {
    /// What the card manager sees of the order, without what it has forgotten.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// When that was filed, in seconds since 1970.
    #[must_use]
    pub fn decided_at(&self) -> u64 {
        self.saved.stage.decision.at
    }

    /// Why it was declined, or `None` if it was approved.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.saved.stage.decision.decision {
            Decision::Approved => None,
            Decision::Declined { reason } => Some(reason),
        }
    }

    /// What was to be settled, if the order was approved.
    ///
    /// A record, not a second settlement. It is for the one case in which the process ended between the approval and the
    /// withdrawal: withdraw on it only if your books have nothing under its digest.
    #[must_use]
    pub fn settlement(&self) -> Option<&Settlement> {
        self.reason().is_none().then_some(&self.facts.settlement)
    }

    /// The sum of all refunds that were granted.
    #[must_use]
    pub fn refunded(&self) -> Amount {
        self.saved.refunded(&self.facts.settlement)
    }

    /// The answer for the seller. Each call seals anew, so an answer that was lost is given again by this.
    ///
    /// It goes under a key of which the seller's latest relay showed that the seller has it.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the seller.
    pub fn authorization<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Authorization, SendError> {
        let verdict = self.saved.stage.decision.verdict(&self.facts.token);
        let sealed = self.saved.tell_seller(&manager.endpoint, Purpose::Authorization, &verdict, rng)?;
        Ok(Authorization { digest: self.saved.digest(), sealed })
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: what was decided.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the card holder.
    pub fn receipt<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        self.saved.receipt(&manager.endpoint, self.saved.progress(), now, rng)
    }

    /// The state as bytes: secret. [`CardManager::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export()
    }

    pub(super) fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        match CardManagerOrder::found(found)? {
            CardManagerOrder::Decided(decided) => Ok(decided),
            // A demand was answered meanwhile.
            CardManagerOrder::AwaitingDecision(_) | CardManagerOrder::Cancelled(_) => Err(LedgerError::TakeAgain),
        }
    }
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decided").field("part", self.part()).field("approved", &self.reason().is_none()).finish()
    }
}

/// An approval that is filed. With it comes the settlement on which the card manager may withdraw.
#[derive(Debug)]
#[must_use = "an approved order is paid from its settlement, and the seller waits for the authorization"]
pub struct Approval(pub(super) Decided);

impl Approval {
    /// What the card manager may withdraw, once.
    pub fn settlement(&self) -> &Settlement {
        &self.0.facts.settlement
    }

    /// What the card manager sees of the order, without what it has forgotten.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.0.part()
    }

    /// The answer for the seller, as [`Decided::authorization`] gives it.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the seller.
    pub fn authorization<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Authorization, SendError> {
        self.0.authorization(manager, rng)
    }

    /// The decided order. A repetition of the step gives the same, and receipts are made from it.
    #[must_use]
    pub fn into_decided(self) -> Decided {
        self.0
    }
}

impl From<Approval> for Decided {
    fn from(approval: Approval) -> Self {
        approval.into_decided()
    }
}

impl From<Decided> for CardManagerOrder {
    fn from(decided: Decided) -> Self {
        Self::Decided(decided)
    }
}
