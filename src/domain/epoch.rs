//! Epochs: when the keys of a domain may be used.

use core::fmt;

use crate::limits;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// A numbered period in which a domain's keys may be used.
///
/// The dates are in the name of the domain, so nobody has to look up what an epoch's number means,
/// and nobody can stretch it: other dates are another domain with other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    number: u64,
    from: u64,
    until: u64,
}

impl Epoch {
    /// The epoch of this number, from the second `from` up to, not including, the second `until`,
    /// both counted from 1970.
    ///
    /// # Errors
    ///
    /// [`EpochError`] unless `from < until`, and `until` is before the year 10000.
    pub fn new(number: u64, from: u64, until: u64) -> Result<Self, EpochError> {
        if from < until && until <= limits::TIME { Ok(Self { number, from, until }) } else { Err(EpochError) }
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its first second.
    #[must_use]
    pub fn from(&self) -> u64 {
        self.from
    }

    /// The first second after it.
    #[must_use]
    pub fn until(&self) -> u64 {
        self.until
    }

    /// Whether it covers this second.
    #[must_use]
    pub fn covers(&self, date: u64) -> bool {
        (self.from..self.until).contains(&date)
    }
}

impl Encode for Epoch {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.number).uint(self.from).uint(self.until);
    }
}

impl Decode for Epoch {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an epoch", 3)?;
        let number = r.uint("an epoch's number", u64::MAX)?;
        let from = r.uint("an epoch's start", limits::TIME)?;
        let until = r.uint("an epoch's end", limits::TIME)?;
        Self::new(number, from, until).map_err(|_| WireError::Limit("an epoch's end"))
    }
}

/// An epoch that ends before it starts, or after the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochError;

impl fmt::Display for EpochError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an epoch starts before it ends, and ends before the year 10000")
    }
}

impl core::error::Error for EpochError {}
