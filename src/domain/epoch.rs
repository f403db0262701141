//! Epochs: when the keys of a domain may be used.

use alloc::vec::Vec;

use crate::limits;
use crate::value::ValueError;
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// A numbered period in which a domain's keys may be used.
///
/// The dates are in the name of the domain, so nobody has to look up what an epoch's number means,
/// and nobody can stretch it: other dates are another domain with other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    number: u64,
    start: u64,
    until: u64,
}

impl Epoch {
    /// The epoch of this number, from the second `start` up to, not including, the second `until`,
    /// both counted from 1970.
    ///
    /// # Errors
    ///
    /// [`ValueError::Epoch`] unless `start < until`, and `until` is before the year 10000.
    pub fn new(number: u64, start: u64, until: u64) -> Result<Self, ValueError> {
        if start < until && until <= limits::TIME { Ok(Self { number, start, until }) } else { Err(ValueError::Epoch) }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its first second.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The first second after it.
    #[must_use]
    pub fn until(&self) -> u64 {
        self.until
    }

    /// Whether it covers this second.
    #[must_use]
    pub fn covers(&self, date: u64) -> bool {
        (self.start..self.until).contains(&date)
    }

    /// The second of the epoch that is nearest to a date.
    pub(crate) fn nearest(&self, date: u64) -> u64 {
        date.clamp(self.start, self.until.saturating_sub(1))
    }
}

impl Epoch {
    /// The epoch as bytes: its deterministic CBOR (`SPEC.md`, section 5).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads the bytes that [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    ///
    /// [`WireError`] unless they are the one encoding of an epoch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        wire::decode(bytes)
    }
}

impl Encode for Epoch {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.number).uint(self.start).uint(self.until);
    }
}

impl Decode for Epoch {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an epoch", 3)?;
        let number = r.uint("an epoch's number", u64::MAX)?;
        let start = r.uint("an epoch's start", limits::TIME)?;
        let until = r.number("an epoch's end", start.saturating_add(1), limits::TIME)?;
        Ok(Self { number, start, until })
    }
}
