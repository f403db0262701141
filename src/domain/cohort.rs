//! Cohorts: whose keys those of a domain are.

use core::fmt;

use crate::hash;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Whose polynomial a domain is: one of `count` cohorts of card holders, each with all services,
/// or the one that the services keep for themselves when there is more than one cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cohort(Members, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Members {
    Holders { index: u32 },
    Services,
}

impl Cohort {
    /// Everybody: the only cohort of one.
    pub const WHOLE: Self = Self(Members::Holders { index: 0 }, 1);

    /// The cohort of this index, among `count`.
    ///
    /// # Errors
    ///
    /// [`CohortError`] unless `index < count <= 2^20`.
    pub fn new(index: u32, count: u32) -> Result<Self, CohortError> {
        if index < count && count <= limits::COHORTS {
            Ok(Self(Members::Holders { index }, count))
        } else {
            Err(CohortError)
        }
    }

    /// Where services meet each other, `count` being taken as at most 2^20: with one cohort there, with more on a
    /// polynomial that no card holder has a share of.
    #[must_use]
    pub fn services(count: u32) -> Self {
        let count = count.min(limits::COHORTS);
        if count > 1 { Self(Members::Services, count) } else { Self::WHOLE }
    }

    /// Every polynomial of a population cut into `count` cohorts: those in which a service needs a share.
    pub fn every(count: u32) -> impl Iterator<Item = Self> {
        let count = count.clamp(1, limits::COHORTS);
        let holders = (0..count).map(move |index| Self(Members::Holders { index }, count));
        holders.chain((count > 1).then(|| Self::services(count)))
    }

    /// The cohort of a card holder: `SHA-256([version, "cohort", label, count, identifier])`, its
    /// first 16 bytes as a big-endian integer, modulo `count`, which is taken as 1 to 2^20.
    #[must_use]
    pub fn of(card_holder: &Identifier, label: &Label, count: u32) -> Self {
        let count = count.clamp(1, limits::COHORTS);
        if count == 1 {
            return Self::WHOLE;
        }
        let hash = hash::digest("cohort", 3, |w| {
            w.item(label).uint(u64::from(count)).item(card_holder);
        });
        let [first, _] = hash.as_chunks::<16>().0 else { return Self::WHOLE };
        let index = u128::from_be_bytes(*first).checked_rem(u128::from(count)).unwrap_or(0);
        Self(Members::Holders { index: u32::try_from(index).unwrap_or(0) }, count)
    }

    /// How many cohorts the card holders are cut into.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.1
    }

    /// Its index, or `None` for the services' own polynomial.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        match self.0 {
            Members::Holders { index } => Some(index),
            Members::Services => None,
        }
    }
}

/// A cohort is two items of the domain that it is in: its index or null, and the count.
impl Encode for Cohort {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        match self.0 {
            Members::Holders { index } => w.uint(u64::from(index)),
            Members::Services => w.null(),
        };
        w.uint(u64::from(self.1));
    }
}

impl Decode for Cohort {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let small = |r: &mut Reader<'_>, what| {
            r.uint(what, u64::from(limits::COHORTS)).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        let index = if r.is_null() { None } else { Some(small(r, "a cohort")?) };
        let count = small(r, "a count of cohorts")?;
        match index {
            Some(index) => Self::new(index, count).map_err(|_| WireError::Limit("a cohort")),
            None if count > 1 => Ok(Self::services(count)),
            None => Err(WireError::Limit("a count of cohorts")),
        }
    }
}

/// A cohort that is not among its count, or a count above 2^20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CohortError;

impl fmt::Display for CohortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a cohort's index is below the count of cohorts, and that is at most {}", limits::COHORTS)
    }
}

impl core::error::Error for CohortError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_holders_spread_over_all_cohorts() {
        let label = Label::new("bank").unwrap();
        let mut loads = [0_u32; 8];
        for i in 0..4000_u32 {
            let holder = Identifier::new(i.to_be_bytes()).unwrap();
            loads[usize::try_from(Cohort::of(&holder, &label, 8).index().unwrap()).unwrap()] += 1;
        }
        // Mean 500, standard deviation 21.
        assert!(loads.iter().all(|load| (390..610).contains(load)), "{loads:?}");
    }
}
