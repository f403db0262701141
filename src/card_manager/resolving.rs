//! Demands of the seller, and the card manager's answer.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use super::stage::{AnyDecision, Life};
use super::{CardManager, Facts, Resolved, Settlement};
use crate::error::SendError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::limits;
use crate::message::{Asked, Demand, Part, Resolution, with};
use crate::order::Amount;
use crate::pending::{Found, Pending, Resume, Resumed};
use crate::saved::{self, Saved, check_reason, check_until, time_of_filing};
use crate::seller::check_sum;
use crate::step::{Refused, give_back};

/// A demand of the seller that the card manager has not answered.
///
/// ```compile_fail
/// # use polyseal::{*, card_manager::*};
/// // An answer consumes the demand: nobody answers twice.
/// fn step(demand: AwaitingResolution, bank: &CardManager<Share>) {
///     let granted = demand.grant(bank, 0);
///     let refused = demand.refuse(bank, "on second thoughts", 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, card_manager::*};
/// fn step(demand: AwaitingResolution, bank: &CardManager<Share>) {
///     let granted = demand.grant(bank, 0);
/// }
/// ```
pub struct AwaitingResolution {
    pub(super) saved: Saved<Life<AnyDecision>>,
    pub(super) facts: Box<Facts>,
    /// When the seller filed it.
    pub(super) at: u64,
    pub(super) demand: Demand,
}

/// How far a demand has come at the card manager.
#[derive(Debug)]
pub enum CardManagerRequest {
    /// It is not answered.
    AwaitingResolution(AwaitingResolution),
    /// It is answered: answer the same again. Or the order is cancelled: that is the answer.
    Resolved(Resolved),
}

impl AwaitingResolution {
    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// What the seller asks for.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// What was to be settled, if the order was approved: then what is granted has to be paid back.
    ///
    /// A record, as [`Decided::settlement`](super::Decided::settlement) gives it. If a crash can come between the ledger and
    /// your books, book it before you grant anything, unless your books have it: a cancelled order gives it no more.
    #[must_use]
    pub fn settlement(&self) -> Option<&Settlement> {
        self.saved.stage.is_approved().then_some(&self.facts.settlement)
    }

    /// Grants it, at the time `now`, in seconds since 1970. After a granted cancellation nothing follows: the order cannot be
    /// approved any more.
    ///
    /// The [`Refund`](super::Refund) or the [`Reversal`](super::Reversal) comes with the answer, out of the same step of
    /// the ledger: pay back on it, in the same transaction if your books are in the same database. The step gives
    /// [`Received::Again`](crate::Received::Again) if the order has changed meanwhile, with the demand as it is then.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if a refund is of an order that is not approved, or more than what is left of the
    /// amount due; or the time to settle is over.
    pub fn grant<K: KeySource>(
        self,
        manager: &CardManager<K>,
        now: u64,
    ) -> Result<Pending<Resolved, CardManagerRequest>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| {
            order.check(manager, now)?;
            match order.demand.refund() {
                None => Ok(()),
                Some(_) if !order.saved.stage.is_approved() => Err(SendError::NotApproved),
                // Q-7
                Some(sum) => check_sum(&order.saved.stage.demands, order.part().amount(), sum, false),
            }
        })?;
        Ok(order.resolve(manager, None, now))
    }

    /// Refuses it, with a reason for the seller of at most 256 bytes.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if the time to settle is over, or the reason is too long.
    pub fn refuse<K: KeySource>(
        self,
        manager: &CardManager<K>,
        reason: &str,
        now: u64,
    ) -> Result<Pending<Resolved, CardManagerRequest>, Refused<Self, SendError>> {
        let (order, ()) = give_back(self, |order| {
            order.check(manager, now)?;
            check_reason(reason)
        })?;
        Ok(order.resolve(manager, Some(Zeroizing::new(reason.into())), now))
    }

    fn check<K: KeySource>(&self, manager: &CardManager<K>, now: u64) -> Result<(), SendError> {
        self.saved.check_sender(&manager.endpoint)?;
        if self.saved.stage.demands.len() >= limits::CONSIGNMENTS {
            return Err(SendError::TooMany { what: "demands" });
        }
        // W-3
        Ok(check_until(self.part().settle_until(), now)?)
    }

    /// Files the demand with its answer, before the response leaves. The first answer stays.
    fn resolve<K: KeySource>(
        self,
        manager: &CardManager<K>,
        refusal: Option<Zeroizing<String>>,
        now: u64,
    ) -> Pending<Resolved, CardManagerRequest> {
        let Self { mut saved, facts, at, demand } = self;
        let before = saved.refunded(&facts.settlement);
        #[expect(clippy::expect_used, reason = "less would be paid back again")]
        let refunded = match &demand.sum {
            Some(sum) if refusal.is_none() => before.checked_add(sum).expect("it is within what is left"),
            _ => before,
        };
        let resolution = Resolution { at: time_of_filing(saved.part(), now), refusal, refunded };
        if demand.is_cancellation() && resolution.refusal.is_none() {
            for forgotten in [&manager.forgotten, &manager.never_kept] {
                saved.order.part.forget(forgotten);
            }
        }
        let answer = (demand.clone(), resolution.clone());
        let asked = Asked { at, demand: demand.clone(), resolution: Some(resolution) };
        saved.stage.demands = with(&saved.stage.demands, asked);
        saved::advance(saved, asking(at, demand), move |saved| Resolved::of(saved, &facts, answer))
    }
}

/// What becomes of a demand at an order that the ledger has.
pub(super) fn asking<N>(at: u64, demand: Demand) -> Resume<N, CardManagerRequest> {
    Box::new(move |found: &Found<'_>| {
        let saved = Saved::<Life<AnyDecision>>::found(found)?;
        let facts = Facts::of(saved.part()).map_err(|_| LedgerError::Damaged)?;
        // Q-5
        let is_like = |sum: &Amount| !sum.is_zero() && sum.is_like(facts.settlement.amount_due());
        if !demand.refund().is_none_or(is_like) {
            return Err(LedgerError::Rejected);
        }
        Ok(Resumed::Known(CardManagerRequest::of(saved, facts, at, demand.clone())))
    })
}

impl CardManagerRequest {
    fn of(saved: Saved<Life<AnyDecision>>, facts: Box<Facts>, at: u64, demand: Demand) -> Self {
        let demands = &saved.stage.demands;
        // Q-6
        let place = saved.stage.cancellation();
        let place = place.or_else(|| demands.iter().position(|asked| asked.demand.number == demand.number));
        let answer = place.and_then(|place| demands.get(place)).and_then(Asked::answer);
        match answer {
            Some(answer) => Self::Resolved(Resolved::of(saved, &facts, answer)),
            None => Self::AwaitingResolution(AwaitingResolution { saved, facts, at, demand }),
        }
    }

    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        match self {
            Self::AwaitingResolution(request) => request.part(),
            Self::Resolved(request) => request.part(),
        }
    }
}

impl From<AwaitingResolution> for CardManagerRequest {
    fn from(request: AwaitingResolution) -> Self {
        Self::AwaitingResolution(request)
    }
}

impl From<Resolved> for CardManagerRequest {
    fn from(request: Resolved) -> Self {
        Self::Resolved(request)
    }
}

impl fmt::Debug for AwaitingResolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingResolution")
            .field("part", self.part())
            .field("demand", &self.demand)
            .finish_non_exhaustive()
    }
}
