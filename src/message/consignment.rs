//! Consignments: what a dispatch sends, and what became of it (`SPEC.md`, section 15).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::limits;
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Which of the consignments of an order to a recipient a dispatch is: they are numbered from 1, and the last says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consignment {
    number: u16,
    is_last: bool,
}

/// A consignment that is filed: when, with which instructions, and what became of it.
#[derive(Clone)]
pub struct Consigned {
    pub(crate) at: u64,
    pub(crate) load: Load,
    pub(crate) outcome: Option<Outcome>,
}

/// What a dispatch says of its consignment.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) consignment: Consignment,
    pub(crate) instructions: Zeroizing<Vec<u8>>,
}

/// What became of a consignment: it was delivered, or could not be.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    pub(crate) at: u64,
    pub(crate) failure: Option<Zeroizing<String>>,
}

impl Consignment {
    /// All of the order at once: number 1, and the last.
    pub const WHOLE: Self = Self { number: 1, is_last: true };

    /// The consignment of this number, from 1 to [`limits::CONSIGNMENTS`], after which another one follows, or none.
    ///
    /// # Errors
    ///
    /// [`ValueError::Number`] for another number.
    pub fn new(number: u16, is_last: bool) -> Result<Self, ValueError> {
        if is_number(number) { Ok(Self { number, is_last }) } else { Err(ValueError::Number) }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u16 {
        self.number
    }

    /// Whether no other one follows.
    #[must_use]
    pub fn is_last(self) -> bool {
        self.is_last
    }
}

impl Consigned {
    /// Which consignment it is.
    #[must_use]
    pub fn consignment(&self) -> Consignment {
        self.load.consignment
    }

    /// When the seller filed it, by the seller's clock, in seconds since 1970.
    #[must_use]
    pub fn dispatched_at(&self) -> u64 {
        self.at
    }

    /// The seller's instructions: at most 4 KiB.
    #[must_use]
    pub fn instructions(&self) -> &[u8] {
        &self.load.instructions
    }

    /// What became of it, if that is known.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    pub(crate) fn number(&self) -> u16 {
        self.load.consignment.number
    }
}

impl Outcome {
    /// When the recipient filed that, by its clock, in seconds since 1970.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Why it could not be delivered; `None` if it was.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_ref().map(|reason| reason.as_str())
    }
}

pub(crate) const DISPATCHED: &str = "dispatched";
pub(crate) const FAILED: &str = "failed";
pub(crate) const DELIVERED: &str = "delivered";
pub(crate) const PARTLY_DELIVERED: &str = "partly-delivered";

/// How far the consignments to a recipient have come, the latest last, as a record says it; `None` if there is none.
pub(crate) fn progress_of<'c>(consignments: impl IntoIterator<Item = &'c Consigned>) -> Option<&'static str> {
    let (mut open, mut latest) = (false, None);
    for consigned in consignments {
        open |= consigned.outcome.is_none();
        latest = consigned.outcome.as_ref().map(|outcome| (outcome, consigned.load.consignment.is_last)).or(latest);
    }
    Some(match latest {
        _ if open => DISPATCHED,
        Some((Outcome { failure: Some(_), .. }, _)) => FAILED,
        Some((_, true)) => DELIVERED,
        Some((_, false)) => PARTLY_DELIVERED,
        None => return None,
    })
}

/// Whether the instructions of an order are not too long in all.
pub(crate) fn fit_instructions<'c>(consignments: impl IntoIterator<Item = &'c Consigned>) -> bool {
    let lengths = consignments.into_iter().map(|consigned| consigned.load.instructions.len());
    lengths.fold(0, usize::saturating_add) <= limits::ORDER_INSTRUCTIONS
}

fn is_number(number: u16) -> bool {
    (1..=limits::CONSIGNMENTS).contains(&usize::from(number))
}

/// The number of a consignment or of a request.
pub(crate) fn read_number(r: &mut Reader<'_>) -> Result<u16, WireError> {
    let most = u16::try_from(limits::CONSIGNMENTS).unwrap_or(u16::MAX);
    r.number("a number", 1, most.into()).map(|number| u16::try_from(number).unwrap_or(most))
}

pub(crate) fn read_reason(r: &mut Reader<'_>) -> Result<Zeroizing<String>, WireError> {
    r.text("a reason", limits::REASON).map(|reason| Zeroizing::new(reason.into()))
}

/// A consignment is two items of the array that it stands in.
impl Encode for Consignment {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.uint(self.number.into()).uint(self.is_last.into());
    }
}

impl Decode for Consignment {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { number: read_number(r)?, is_last: r.uint("whether it is the last", 1)? == 1 })
    }
}

impl Encode for Load {
    /// `[number, last, instructions]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).item(&self.consignment).bytes(&self.instructions);
    }
}

impl Decode for Load {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a consignment", 3)?;
        let consignment = Consignment::decode(r)?;
        let instructions = Zeroizing::new(r.bytes("instructions", 0, limits::INSTRUCTIONS)?.to_vec());
        Ok(Self { consignment, instructions })
    }
}

impl Encode for Outcome {
    /// `[at, reason or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).uint(self.at).text_or_null(self.failure());
    }
}

impl Decode for Outcome {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an outcome", 2)?;
        Ok(Self { at: r.uint("a time", limits::TIME)?, failure: r.or_null(read_reason)? })
    }
}

impl Encode for Consigned {
    /// `[at, [number, last, instructions], outcome or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.at).item(&self.load).item_or_null(self.outcome.as_ref());
    }
}

impl Decode for Consigned {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a filed consignment", 3)?;
        Ok(Self { at: r.uint("a time", limits::TIME)?, load: Load::decode(r)?, outcome: r.or_null(Outcome::decode)? })
    }
}

impl fmt::Debug for Consigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, load, outcome } = self;
        f.debug_struct("Consigned")
            .field("consignment", &load.consignment)
            .field("at", at)
            .field("outcome", outcome)
            .finish_non_exhaustive()
    }
}

/// Without the reason.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome").field("at", &self.at).field("delivered", &self.failure.is_none()).finish()
    }
}
