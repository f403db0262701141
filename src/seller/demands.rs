//! What a seller asks for once an order is under way: to cancel it, to refund a sum. And what it is told: withdrawals,
//! outcomes, resolutions.

use alloc::boxed::Box;

use super::stage::{AnyVerdict, Life, Verdict};
use super::{Seller, SellerOrder};
use crate::error::{ReceiveError, SendError};
use crate::key::KeySource;
use crate::limits;
use crate::message::{
    Answered, Asked, Delivered, DeliveryReport, Demand, Notice, Resolution, Response, Withdrawal, is_within, refunds,
    with,
};
use crate::name::Role;
use crate::order::{Amount, Release};
use crate::pending::{Found, OnlyKnown, Pending, Resume, Resumed};
use crate::saved::{self, Saved, check_until, time_of_filing};
use crate::seal::Purpose;
use crate::step::{Received, Refused, give_back};

/// A state of the seller's from which something can be demanded.
pub(super) trait Demanding: Sized {
    type Verdict: Verdict;

    fn saved(&self) -> &Saved<Life<Self::Verdict>>;
    fn into_saved(self) -> Saved<Life<Self::Verdict>>;
}

/// Files the demand to cancel an order.
pub(super) fn cancel<S: Demanding, K: KeySource>(
    order: S,
    seller: &Seller<K>,
    now: u64,
) -> Result<Pending<SellerOrder>, Refused<S, SendError>> {
    let (order, number) = give_back(order, |order| {
        let saved = order.saved();
        saved.check_demand(seller, now)?;
        saved.next_number()
    })?;
    Ok(order.into_saved().demand(Demand { number, sum: None }, now))
}

/// Files the demand to refund a sum.
pub(super) fn refund<S: Demanding, K: KeySource>(
    order: S,
    seller: &Seller<K>,
    number: u16,
    sum: &Amount,
    now: u64,
) -> Result<Pending<SellerOrder>, Refused<S, SendError>> {
    let (order, is_filed) = give_back(order, |order| {
        let saved = order.saved();
        saved.check_demand(seller, now)?;
        saved.check_refund(number, sum)
    })?;
    let saved = order.into_saved();
    let demand = Demand { number, sum: Some(sum.clone()) };
    if is_filed {
        return Ok(Pending::look_up((saved.entry(), demanding(demand)), OnlyKnown::Filed));
    }
    Ok(saved.demand(demand, now))
}

/// What becomes of a demand at an order that has changed meanwhile: it is filed, or has to be made again.
fn demanding(demand: Demand) -> Resume<SellerOrder, SellerOrder> {
    SellerOrder::found_if(move |order| {
        let is_over = matches!(order, SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_));
        order.demands().any(|(filed, _)| *filed == demand) || (demand.is_cancellation() && is_over)
    })
}

impl<V: Verdict> Saved<Life<V>> {
    fn has_manager(&self) -> bool {
        self.part().recipient(&Role::CARD_MANAGER).is_some()
    }

    fn check_demand<K: KeySource>(&self, seller: &Seller<K>, now: u64) -> Result<(), SendError> {
        self.check_sender(&seller.endpoint)?;
        // S-12: no state has demands without it.
        if self.part().amount().is_none() {
            return Err(SendError::Forgotten);
        }
        // W-3
        Ok(check_until(self.part().settle_until(), now)?)
    }

    fn next_number(&self) -> Result<u16, SendError> {
        let filed = self.stage.demands.len();
        let next = u16::try_from(filed.saturating_add(1)).ok().filter(|_| filed < limits::CONSIGNMENTS);
        next.ok_or(SendError::TooMany { what: "demands" })
    }

    /// Whether the refund is filed already, if it is one that there can be.
    fn check_refund(&self, number: u16, sum: &Amount) -> Result<bool, SendError> {
        let is_filed = |asked: &Asked| asked.demand.number() == number && asked.demand.refund() == Some(sum);
        if self.stage.demands.iter().any(is_filed) {
            return Ok(true);
        }
        let next = self.next_number()?;
        if number != next {
            return Err(SendError::NotNext { next });
        }
        if self.has_manager() && self.stage.verdict.approval().is_none() {
            return Err(SendError::NotApproved);
        }
        // W-5
        check_sum(&self.stage.demands, self.part().amount(), sum, true)?;
        Ok(false)
    }

    /// Files a demand. Without a card manager it is granted at once.
    fn demand(self, demand: Demand, now: u64) -> Pending<SellerOrder> {
        let (at, has_manager) = (time_of_filing(self.part(), now), self.has_manager());
        let due = self.part().amount();
        let mut saved = self.into_any();
        let resume = demanding(demand.clone());
        saved.stage.demands = with(&saved.stage.demands, Asked { at, demand, resolution: None });
        let total = due.and_then(|due| refunds(&saved.stage.demands, &due, true));
        if let (false, Some(asked), Some(refunded)) = (has_manager, saved.stage.demands.last_mut(), total) {
            asked.resolution = Some(Resolution { at, refusal: None, refunded });
        }
        saved::advance(saved, resume, SellerOrder::of)
    }

    /// What is refunded, as far as the seller knows.
    pub(super) fn refunded(&self) -> Option<Amount> {
        let due = self.part().amount()?;
        let told = self.stage.demands.iter().filter_map(|asked| asked.resolution.as_ref());
        let most = told.map(|resolution| &resolution.refunded).max_by_key(|refunded| refunded.minor_units());
        Some(most.map_or_else(|| due.zero(), Amount::clone))
    }

    pub(super) fn into_any(self) -> Saved<Life<AnyVerdict>> {
        let (saved, life) = self.split();
        let (life, verdict) = life.split();
        saved.at(life.at(verdict.into_any()))
    }
}

/// Whether a sum can be refunded of what is left of the amount due.
pub(crate) fn check_sum(demands: &[Asked], due: Option<Amount>, sum: &Amount, open: bool) -> Result<(), SendError> {
    let due = due.filter(|due| due.is_like(sum)).ok_or(SendError::OtherCurrency)?;
    if sum.is_zero() {
        return Err(SendError::NoSum);
    }
    let total = refunds(demands, &due, open).and_then(|total| total.checked_add(sum));
    if total.is_some_and(|total| due.checked_sub(&total).is_some()) { Ok(()) } else { Err(SendError::TooMuch) }
}

/// What is added to an order by a message that says so, whatever state the order is in by then.
type Addition = Box<dyn Fn(&mut Life<AnyVerdict>) -> bool + Send + Sync>;

impl SellerOrder {
    /// Files the card holder's withdrawal: from then on nothing new is dispatched. Consignments that are filed may be sent
    /// again. The first one stays; the order then says when ([`withdrawn_at`](Self::withdrawn_at)).
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged withdrawal changes nothing.
    pub fn withdraw<K: KeySource>(
        self,
        seller: &Seller<K>,
        withdrawal: &Withdrawal,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, ReceiveError>> {
        // Z-1, Z-2, Z-3
        let (order, Notice) = give_back(self, |order| {
            let (digest, sealed) = (withdrawal.digest, &withdrawal.sealed);
            order.hears(seller, Purpose::Withdrawal, &Role::CARD_HOLDER, (digest, sealed), now)
        })?;
        // Z-4
        let at = time_of_filing(order.part(), now);
        Ok(order.add(Box::new(move |life| life.withdrawn.is_none() && life.withdrawn.replace(at).is_none())))
    }

    /// Files what became of a consignment, as its recipient tells it. The first report of a consignment stays.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged report changes nothing.
    pub fn delivered<K: KeySource>(
        self,
        seller: &Seller<K>,
        report: &DeliveryReport,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, ReceiveError>> {
        let (order, Delivered { number, outcome }) = give_back(self, |order| {
            // Y-1 to Y-4
            if report.digest != order.part().digest() {
                return Err(ReceiveError::OtherOrder);
            }
            let waits = order.part().recipient(&report.from).is_some_and(|entry| entry.release == Release::OnApproval);
            if !waits {
                return Err(ReceiveError::NoSuchRecipient { role: report.from.clone() });
            }
            let about = (report.digest, &report.sealed);
            let heard: Delivered = order.hears(seller, Purpose::Delivery, &report.from, about, now)?;
            // Y-5
            if !order.dispatched(&report.from, heard.number) {
                return Err(ReceiveError::Rejected);
            }
            // Y-6
            let part = order.part();
            seller.endpoint.check_filed(&part.header, heard.outcome.at, part.settle_until(), now)?;
            Ok(heard)
        })?;
        let from = report.from.clone();
        // Y-7
        Ok(order.add(Box::new(move |life| {
            let AnyVerdict::Approved(approval) = &mut life.verdict else { return false };
            let mut filed = approval.dispatches.iter_mut().filter(|one| one.role == from);
            let filed = filed.find(|one| one.consigned.number() == number);
            filed.is_some_and(|one| {
                one.consigned.outcome.is_none() && one.consigned.outcome.replace(outcome.clone()).is_none()
            })
        })))
    }

    /// Files the card manager's answer to a demand. The first answer to each demand stays.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged answer changes nothing, and one to another demand is refused.
    pub fn resolve<K: KeySource>(
        self,
        seller: &Seller<K>,
        response: &Response,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, ReceiveError>> {
        let (order, Answered { demand, resolution }) = give_back(self, |order| {
            let about = (response.digest, &response.sealed);
            // J-1 to J-3
            let heard: Answered = order.hears(seller, Purpose::Response, &Role::CARD_MANAGER, about, now)?;
            // J-4
            if !order.life().1.iter().any(|asked| asked.demand == heard.demand) {
                return Err(ReceiveError::Rejected);
            }
            // J-5
            let part = order.part();
            seller.endpoint.check_filed(&part.header, heard.resolution.at, part.settle_until(), now)?;
            // J-6
            let (refunded, sum) = (&heard.resolution.refunded, heard.demand.refund());
            let is_of_order = part.amount().is_some_and(|due| is_within(refunded, &due));
            let has_sum = sum.is_none_or(|sum| is_within(sum, refunded));
            let fits = is_of_order && (heard.resolution.refusal.is_some() || has_sum);
            if fits { Ok(heard) } else { Err(ReceiveError::Rejected) }
        })?;
        // J-7
        Ok(order.add(Box::new(move |life| {
            let asked = life.demands.iter_mut().find(|asked| asked.demand == demand);
            asked.is_some_and(|asked| {
                asked.resolution.is_none() && asked.resolution.replace(resolution.clone()).is_none()
            })
        })))
    }

    /// Files something that a message adds. If the order has changed meanwhile, it is added to what the order is then.
    fn add(self, addition: Addition) -> Pending<Self> {
        let mut saved = self.into_saved();
        let entry = saved.entry();
        let is_new = addition(&mut saved.stage);
        let resume = Box::new(move |found: &Found<'_>| {
            let mut saved = Saved::<Life<AnyVerdict>>::found(found)?;
            if addition(&mut saved.stage) {
                let amendment = saved.amend();
                Ok(Resumed::Amended(Received::New(Self::of(saved)), amendment))
            } else {
                Ok(Resumed::Known(Self::of(saved)))
            }
        });
        if is_new {
            saved::advance(saved, resume, Self::of)
        } else {
            Pending::look_up((entry, resume), OnlyKnown::Filed)
        }
    }
}
