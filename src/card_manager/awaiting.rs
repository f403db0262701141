//! An order that awaits its decision.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::decided::{Approval, Decided};
use super::stage::{Decision, HasDecision, Life, Undecided};
use super::{CardManager, CardManagerOrder, Facts};
use crate::error::SendError;
use crate::key::KeySource;
use crate::message::{Part, Receipt};
use crate::name::{FieldName, Role};
use crate::pending::{Pending, known};
use crate::saved::{self, Saved, check_reason, check_until, time_of_filing};
use crate::step::{Refused, give_back};

/// An order that the card manager has accepted and not decided.
///
/// ```compile_fail
/// # use polyseal::{*, card_manager::*};
/// // A decision consumes the state: nobody decides twice.
/// fn step(awaiting: AwaitingDecision, bank: &CardManager<Share>) {
///     let approved = awaiting.approve(bank, 0);
///     let declined = awaiting.decline(bank, "on second thoughts", 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, card_manager::*};
/// fn step(awaiting: AwaitingDecision, bank: &CardManager<Share>) {
///     let approved = awaiting.approve(bank, 0);
/// }
/// ```
pub struct AwaitingDecision {
    pub(super) saved: Saved<Life<Undecided>>,
    pub(super) facts: Box<Facts>,
    /// What no bytes of it may have.
    pub(super) never_kept: Arc<BTreeSet<FieldName>>,
}

impl AwaitingDecision {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// The state as bytes: secret, and without the fields that are never kept. [`CardManager::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export_without(&self.never_kept)
    }

    /// Approves exactly this order. Once that is filed, the recipients of its other parts can open them.
    ///
    /// The [`Settlement`](super::Settlement) comes with the approval, out of the same step of the ledger: withdraw on it, in the same
    /// transaction if your books are in the same database.
    ///
    /// # Security
    ///
    /// The token that opens the waiting parts is in the part that the card manager keeps, approved or not. The card
    /// holder, who made it, has it, too. Either could give it away.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if the time to decide is over, or a revoked party takes part. In time, an order of a
    /// revoked party can still be declined ([`decline`](Self::decline)), so that the seller has an answer. When the step is
    /// filed, [`LedgerError::TakeAgain`](crate::LedgerError::TakeAgain) if a demand was answered meanwhile: the order may be
    /// cancelled.
    pub fn approve<K: KeySource>(
        self,
        manager: &CardManager<K>,
        now: u64,
    ) -> Result<Pending<Approval, Decided>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| order.check_approval(manager, now))?;
        Ok(order.decide(manager, (Decision::Approved, now), Approval))
    }

    fn check_approval<K: KeySource>(&self, manager: &CardManager<K>, now: u64) -> Result<(), SendError> {
        self.check_decision(manager, now)?;
        // W-4
        let holder = self.part().sender();
        manager.endpoint.check_not_revoked(holder).map_err(SendError::key(&Role::CARD_HOLDER))?;
        let seller = &self.part().seller().identifier;
        manager.endpoint.check_not_revoked(seller).map_err(SendError::key(&Role::SELLER))
    }

    fn check_decision<K: KeySource>(&self, manager: &CardManager<K>, now: u64) -> Result<(), SendError> {
        self.saved.check_sender(&manager.endpoint)?;
        // W-3
        Ok(check_until(self.part().accept_until(), now)?)
    }

    /// Declines the order at the time `now`, with a reason for the seller of at most 256 bytes. Its other parts stay
    /// sealed, unless the token is given away by one of the two parties that have it: this card manager, or the card
    /// holder.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if the time to decide is over, or the reason is too long.
    pub fn decline<K: KeySource>(
        self,
        manager: &CardManager<K>,
        reason: &str,
        now: u64,
    ) -> Result<Pending<Decided>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| {
            order.check_decision(manager, now)?;
            check_reason(reason)
        })?;
        let decision = Decision::Declined { reason: Zeroizing::new(reason.into()) };
        Ok(order.decide(manager, (decision, now), core::convert::identity))
    }

    /// Files the decision, before the authorization leaves. The first decision stays.
    fn decide<K: KeySource, N>(
        self,
        manager: &CardManager<K>,
        (decision, now): (Decision, u64),
        state: impl FnOnce(Decided) -> N,
    ) -> Pending<N, Decided> {
        let Self { saved, facts, never_kept } = self;
        let at = time_of_filing(saved.part(), now);
        let (saved, life) = saved.split();
        let mut next = saved.at(life.at(HasDecision { at, decision }));
        for forgotten in [&manager.forgotten, &manager.never_kept, &never_kept] {
            next.order.part.forget(forgotten);
        }
        saved::advance(next, known(Decided::found), |saved| state(Decided { saved, facts }))
    }

    /// A receipt for the card holder, at the time `now`: the order is received.
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
}

impl From<AwaitingDecision> for CardManagerOrder {
    fn from(order: AwaitingDecision) -> Self {
        Self::AwaitingDecision(order)
    }
}

impl fmt::Debug for AwaitingDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AwaitingDecision").field(&self.saved).finish()
    }
}
