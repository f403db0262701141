//! Demands that are answered.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::settlement::{Refund, Reversal, Settlement};
use super::stage::{AnyDecision, Decided, Life};
use super::{CardManager, Facts};
use crate::error::SendError;
use crate::key::KeySource;
use crate::message::{Answered, Demand, Part, Progress, Receipt, Resolution, Response, refunds};
use crate::order::Amount;
use crate::saved::Saved;
use crate::seal::Purpose;

/// A demand that is answered. A cancelled order is one, too: the one that cancelled it.
pub struct Resolved {
    pub(super) saved: Saved<Life<AnyDecision>>,
    demand: Demand,
    resolution: Resolution,
    booking: Booking,
}

/// What there is to book.
enum Booking {
    Nothing,
    Refund(Refund),
    Reversal(Reversal),
}

impl Resolved {
    pub(super) fn of(
        saved: Saved<Life<AnyDecision>>,
        facts: &Facts,
        (demand, resolution): (Demand, Resolution),
    ) -> Self {
        let settlement = &facts.settlement;
        let booking = match (&demand.sum, &resolution) {
            (_, Resolution { refusal: Some(_), .. }) => Booking::Nothing,
            (Some(sum), _) => Booking::Refund(Refund::of(settlement, demand.number, sum.clone())),
            (None, _) if !saved.stage.is_approved() => Booking::Nothing,
            (None, Resolution { refunded, .. }) => {
                let rest = settlement.amount_due().checked_sub(refunded).unwrap_or_else(|| refunded.zero());
                Booking::Reversal(Reversal::of(settlement, demand.number, rest))
            }
        };
        Self { saved, demand, resolution, booking }
    }

    /// What the card manager sees of the order.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.saved.part()
    }

    /// What the seller asked for.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// How it is answered.
    #[must_use]
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// What is to be refunded, if a refund is granted.
    ///
    /// Out of a step that gives [`Received::New`](crate::Received::New), it is to be booked. Otherwise it is a record: book
    /// it only if your books have nothing under its digest and number. If a crash can come between the ledger and your
    /// books, book first what should be there already: the refunds among [`demands`](super::CardManagerOrder::demands) with
    /// lower numbers, and before the grant the [settlement](super::AwaitingResolution::settlement).
    #[must_use]
    pub fn refund(&self) -> Option<&Refund> {
        if let Booking::Refund(refund) = &self.booking { Some(refund) } else { None }
    }

    /// What is to be paid back, if the cancellation of an approved order is granted: as for [`refund`](Self::refund), once.
    /// It is the rest, which is left if the withdrawal and every refund before it are booked.
    #[must_use]
    pub fn reversal(&self) -> Option<&Reversal> {
        if let Booking::Reversal(reversal) = &self.booking { Some(reversal) } else { None }
    }

    /// The answer for the seller. Each call seals anew, so an answer that was lost is given again by this.
    ///
    /// It goes under a key of which the seller's latest message showed that the seller has it.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the order is another party's, or there is no key for the seller.
    pub fn response<K: KeySource>(
        &self,
        manager: &CardManager<K>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Response, SendError> {
        let statement = Answered { demand: self.demand.clone(), resolution: self.resolution.clone() };
        let sealed = self.saved.tell_seller(&manager.endpoint, Purpose::Response, &statement, rng)?;
        Ok(Response { digest: self.saved.digest(), sealed })
    }

    /// A receipt for the card holder, at the time `now`, in seconds since 1970: how far the order has come.
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
}

impl<D> Saved<Life<D>> {
    pub(super) fn refunded(&self, settlement: &Settlement) -> Amount {
        let refunded = refunds(&self.stage.demands, settlement.amount_due(), false);
        #[expect(clippy::expect_used, reason = "less would be paid back again")]
        refunded.expect("no sum is filed that is not within the amount due")
    }
}

impl<D: Decided> Saved<Life<D>> {
    /// What a receipt says.
    pub(super) fn progress(&self) -> Progress {
        let status = self.stage.status();
        let refunded = self.part().amount().and_then(|due| refunds(&self.stage.demands, &due, false));
        Progress { status, withdrawn: None, refunded, consignments: Vec::new() }
    }
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("part", self.part())
            .field("demand", &self.demand)
            .field("resolution", &self.resolution)
            .finish_non_exhaustive()
    }
}
