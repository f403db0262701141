//! An order as its recipient got it: its consignments, and what became of them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Recipient;
use super::stage::{Instructed, follow};
use crate::error::SendError;
use crate::key::KeySource;
use crate::ledger::LedgerError;
use crate::message::{
    Consigned, Delivered, DeliveryReport, Outcome, Part, Progress, Receipt, ReportedConsignment, Status,
};
use crate::pending::{Found, OnlyKnown, Pending, Resume, Resumed, known};
use crate::saved::{self, Saved, check_reason, check_until, time_of_filing};
use crate::seal::Purpose;
use crate::step::{Received, Refused, give_back};

/// An order as its recipient got it.
pub struct Delivery {
    saved: Saved<Instructed>,
    /// The place of the consignment at hand.
    current: usize,
}

impl Delivery {
    /// What the recipient sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// The consignment that the message brought; of an order that was looked up or restored, the one of the highest number.
    /// `None` if the part came on receipt, or from the card holder itself.
    #[must_use]
    pub fn consignment(&self) -> Option<&Consigned> {
        self.consignments().get(self.current)
    }

    /// All consignments that are filed, by number.
    #[must_use]
    pub fn consignments(&self) -> &[Consigned] {
        &self.saved.stage.consignments
    }

    /// The seller's instructions for the [consignment](Self::consignment) at hand. Only a dispatch can carry any.
    #[must_use]
    pub fn instructions(&self) -> &[u8] {
        self.consignment().map_or(&[], Consigned::instructions)
    }

    /// When the seller filed what it passed on, by the seller's clock, in seconds since 1970: the
    /// [consignment](Self::consignment) at hand, or that it took the order. `None` if the part came from the card holder
    /// itself.
    #[must_use]
    pub fn passed_on_at(&self) -> Option<u64> {
        self.consignment().map(Consigned::dispatched_at).or(self.saved.stage.at)
    }

    /// Files that a consignment is delivered, at the time `now`, in seconds since 1970. Once that is filed,
    /// [`delivery_report`](Self::delivery_report) gives the message for the seller. The first outcome of a consignment
    /// stays: the step gives [`Received::Again`](crate::Received::Again) where one was filed before.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state: if there is no such consignment, or the time for it is over.
    pub fn delivered<K: KeySource>(
        self,
        recipient: &Recipient<K>,
        number: u16,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, SendError>> {
        self.report(recipient, number, None, now)
    }

    /// Files that a consignment cannot be delivered, for a reason of at most 256 bytes, as
    /// [`delivered`](Self::delivered) does.
    ///
    /// # Errors
    ///
    /// [`SendError`], with the state, as there; or if the reason is too long.
    pub fn failed<K: KeySource>(
        self,
        recipient: &Recipient<K>,
        number: u16,
        reason: &str,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, SendError>> {
        self.report(recipient, number, Some(reason), now)
    }

    fn report<K: KeySource>(
        self,
        recipient: &Recipient<K>,
        number: u16,
        failure: Option<&str>,
        now: u64,
    ) -> Result<Pending<Self>, Refused<Self, SendError>> {
        let (Self { mut saved, .. }, place) = give_back(self, |order| {
            order.saved.check_sender(&recipient.endpoint)?;
            // W-3
            check_until(order.part().settle_until(), now)?;
            check_reason(failure.unwrap_or_default())?;
            order.place(number)
        })?;
        // Another consignment may come meanwhile.
        let resume = move |found: &Found<'_>| match Self::found(found)?.at(number) {
            Some(order) if order.consignment().is_some_and(|one| one.outcome.is_some()) => Ok(order),
            _ => Err(LedgerError::TakeAgain),
        };
        let at = time_of_filing(saved.part(), now);
        match saved.stage.consignments.get_mut(place) {
            Some(Consigned { outcome: outcome @ None, .. }) => {
                *outcome = Some(Outcome { at, failure: failure.map(|reason| Zeroizing::new(reason.into())) });
                Ok(saved::advance(saved, known(resume), move |saved| Self { saved, current: place }))
            }
            _ => Ok(Pending::look_up((saved.entry(), known(resume)), OnlyKnown::Filed)),
        }
    }

    /// The same order with the consignment of this number at hand.
    fn at(self, number: u16) -> Option<Self> {
        let current = self.place(number).ok()?;
        Some(Self { current, ..self })
    }

    fn place(&self, number: u16) -> Result<usize, SendError> {
        let place = self.consignments().iter().position(|consigned| consigned.number() == number);
        place.ok_or_else(|| SendError::NotDispatched { role: self.part().own().role.clone() })
    }

    /// What became of a consignment, for the seller. Each call seals anew what was filed, so a report that was lost is given
    /// again by this.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no such consignment or no outcome of it, the order is another party's, or there is no key for
    /// the seller.
    pub fn delivery_report<K: KeySource>(
        &self,
        recipient: &Recipient<K>,
        number: u16,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<DeliveryReport, SendError> {
        let consigned = self.consignments().get(self.place(number)?);
        let outcome = consigned.and_then(|consigned| consigned.outcome.clone()).ok_or(SendError::NoOutcome)?;
        let statement = Delivered { number, outcome };
        let sealed = self.saved.tell_seller(&recipient.endpoint, Purpose::Delivery, &statement, rng)?;
        Ok(DeliveryReport { digest: self.saved.digest(), from: recipient.endpoint.role.clone(), sealed })
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: what is received, and what became of it. The
    /// seller passes it on, and can neither read nor make it. Only the delivery service gives one.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, the recipient has another role, or there is no key for the card
    /// holder.
    pub fn receipt<K: KeySource>(
        &self,
        recipient: &Recipient<K>,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Receipt, SendError> {
        let role = &recipient.endpoint.role;
        let consignments =
            self.consignments().iter().map(|consigned| ReportedConsignment::of(role, consigned)).collect();
        let progress = Progress { status: Status::Received, withdrawn: None, refunded: None, consignments };
        self.saved.receipt(&recipient.endpoint, progress, now, rng)
    }

    /// The state as bytes: secret. [`Recipient::restore`] reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        self.saved.export()
    }

    pub(super) fn found(found: &Found<'_>) -> Result<Self, LedgerError> {
        Saved::found(found).map(Self::of)
    }

    pub(super) fn of(saved: Saved<Instructed>) -> Self {
        let current = saved.stage.consignments.len().saturating_sub(1);
        Self { saved, current }
    }
}

/// Files a consignment with an order that the ledger has, if its number is new.
pub(super) fn consigning(consigned: Consigned) -> Resume<Delivery, Delivery> {
    Box::new(move |found| {
        let Delivery { mut saved, current } = Delivery::found(found)?;
        let (number, consignments) = (consigned.number(), &mut saved.stage.consignments);
        // What did not wait for an approval has no consignments.
        if consignments.is_empty() {
            return Ok(Resumed::Known(Delivery { saved, current }));
        }
        match consignments.binary_search_by_key(&number, Consigned::number) {
            Ok(current) => Ok(Resumed::Known(Delivery { saved, current })),
            Err(current) => {
                consignments.insert(current, consigned.clone());
                // D-4
                if !follow(consignments) {
                    return Err(LedgerError::Rejected);
                }
                let amendment = saved.amend();
                Ok(Resumed::Amended(Received::New(Delivery { saved, current }), amendment))
            }
        }
    })
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.saved).finish()
    }
}
