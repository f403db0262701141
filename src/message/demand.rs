//! Demands of a seller, to cancel an order or to refund a sum, and what the card manager answers (`SPEC.md`, section 15).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use zeroize::Zeroizing;

use super::consignment::{read_number, read_reason};
use super::part::Part;
use crate::limits;
use crate::order::Amount;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// What a seller asks for: to cancel the order, or to refund a sum. An order's demands are numbered from 1.
#[derive(Clone, PartialEq, Eq)]
pub struct Demand {
    pub(crate) number: u16,
    /// `None` to cancel.
    pub(crate) sum: Option<Amount>,
}

/// How a demand was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Resolution {
    pub(crate) at: u64,
    pub(crate) refusal: Option<Zeroizing<String>>,
    /// All that was refunded up to it.
    pub(crate) refunded: Amount,
}

/// A demand that is filed, and its resolution, if there is one yet.
#[derive(Clone)]
pub(crate) struct Asked {
    /// When the seller filed it.
    pub(crate) at: u64,
    pub(crate) demand: Demand,
    pub(crate) resolution: Option<Resolution>,
}

impl Demand {
    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The sum to refund; `None` if the order is to be cancelled.
    #[must_use]
    pub fn refund(&self) -> Option<&Amount> {
        self.sum.as_ref()
    }

    pub(crate) fn is_cancellation(&self) -> bool {
        self.sum.is_none()
    }
}

impl Resolution {
    /// When the card manager filed it, by its clock, in seconds since 1970.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Why it is refused; `None` if it is granted.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_ref().map(|reason| reason.as_str())
    }

    /// The sum of all refunds of the order that were granted up to it.
    #[must_use]
    pub fn refunded(&self) -> &Amount {
        &self.refunded
    }
}

impl Asked {
    pub(crate) fn is_granted(&self) -> bool {
        self.resolution.as_ref().is_some_and(|resolution| resolution.refusal.is_none())
    }

    pub(crate) fn answer(&self) -> Option<(Demand, Resolution)> {
        Some((self.demand.clone(), self.resolution.clone()?))
    }

    pub(crate) fn is_granted_cancellation(&self) -> bool {
        self.demand.is_cancellation() && self.is_granted()
    }
}

/// The demands with one more. A vector that grew in place would free a copy of their sums.
pub(crate) fn with(demands: &[Asked], asked: Asked) -> Vec<Asked> {
    demands.iter().cloned().chain([asked]).collect()
}

/// The sum of the refunds among demands that are granted, or may still be.
pub(crate) fn refunds<'a>(demands: impl IntoIterator<Item = &'a Asked>, due: &Amount, open: bool) -> Option<Amount> {
    let counts = |asked: &&Asked| asked.is_granted() || (open && asked.resolution.is_none());
    let mut sums = demands.into_iter().filter(counts).filter_map(|asked| asked.demand.sum.as_ref());
    sums.try_fold(due.zero(), |total, sum| total.checked_add(sum))
}

/// Whether a part of the sum that is due can be this one: of its currency and decimals, and not more.
pub(crate) fn is_within(sum: &Amount, due: &Amount) -> bool {
    due.checked_sub(sum).is_some()
}

/// Whether demands can be those of an order: sums and times fit it, refunds do not exceed what is due, and nothing follows a
/// cancellation. Refunds are of an order that `is_payable`, unless they are refused.
pub(crate) fn are_sound(demands: &[Asked], part: &Part, is_payable: bool) -> bool {
    let Some(due) = part.amount() else { return demands.is_empty() };
    let is_sound = |asked: &Asked| {
        let sum = asked.demand.sum.as_ref();
        let answer = asked.resolution.as_ref();
        let is_refused = answer.is_some_and(|answer| answer.refusal.is_some());
        let is_sum = |sum: &Amount| !sum.is_zero() && sum.is_like(&due) && (is_payable || is_refused);
        let is_answer = |Resolution { at, refusal, refunded }: &Resolution| {
            part.was_unsettled_at(*at)
                && is_within(refunded, &due)
                && (refusal.is_some() || sum.is_none_or(|sum| is_within(sum, refunded)))
        };
        part.was_unsettled_at(asked.at) && sum.is_none_or(is_sum) && answer.is_none_or(is_answer)
    };
    let cancelled = demands.iter().position(Asked::is_granted_cancellation);
    demands.iter().all(is_sound)
        && refunds(demands, &due, true).is_some_and(|total| is_within(&total, &due))
        && cancelled.is_none_or(|place| place.saturating_add(1) == demands.len())
}

impl Encode for Amount {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        // 18 digits, a point, a space and a currency: a text that grew would leave a copy.
        let mut text = Zeroizing::new(String::with_capacity(23));
        #[expect(clippy::expect_used, reason = "part of a sum is another sum")]
        write!(text, "{self}").expect("a string takes what is written");
        w.text(&text);
    }
}

impl Decode for Amount {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.text("an amount", limits::NAME)?.parse().map_err(|_| WireError::Expected("an amount"))
    }
}

const CANCEL: u64 = 0;
const REFUND: u64 = 1;

impl Encode for Demand {
    /// `[number, kind, sum or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.number.into());
        w.uint(if self.is_cancellation() { CANCEL } else { REFUND }).item_or_null(self.sum.as_ref());
    }
}

impl Decode for Demand {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a demand", 3)?;
        let (number, kind) = (read_number(r)?, r.uint("a kind of demand", REFUND)?);
        let sum = r.or_null(Amount::decode)?;
        if (kind == REFUND) == sum.is_some() {
            Ok(Self { number, sum })
        } else {
            Err(WireError::Expected("a sum for a refund alone"))
        }
    }
}

impl Encode for Resolution {
    /// `[at, refusal or null, refunded]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.at).text_or_null(self.refusal()).item(&self.refunded);
    }
}

impl Decode for Resolution {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a resolution", 3)?;
        let (at, refusal) = (r.uint("a time", limits::TIME)?, r.or_null(read_reason)?);
        Ok(Self { at, refusal, refunded: Amount::decode(r)? })
    }
}

impl Encode for Asked {
    /// `[at, demand, resolution or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.at).item(&self.demand).item_or_null(self.resolution.as_ref());
    }
}

impl Decode for Asked {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a filed demand", 3)?;
        let (at, demand) = (r.uint("a time", limits::TIME)?, Demand::decode(r)?);
        Ok(Self { at, demand, resolution: r.or_null(Resolution::decode)? })
    }
}

/// Without the sum.
impl fmt::Debug for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_cancellation() { "cancel" } else { "refund" };
        f.debug_struct("Demand").field("number", &self.number).field("kind", &kind).finish_non_exhaustive()
    }
}

/// Without the reason and the sum.
impl fmt::Debug for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolution")
            .field("at", &self.at)
            .field("granted", &self.refusal.is_none())
            .finish_non_exhaustive()
    }
}
