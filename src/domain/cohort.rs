//! Cohorts: whose keys those of a domain are.

use crate::hash::{self, prefix};
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::value::ValueError;
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
    /// [`ValueError::Cohort`] unless `index < count <= 2^20`.
    pub fn new(index: u32, count: u32) -> Result<Self, ValueError> {
        if index < count && count <= limits::COHORTS {
            Ok(Self(Members::Holders { index }, count))
        } else {
            Err(ValueError::Cohort)
        }
    }

    /// The cohort that services use among themselves. If there is one cohort only, it is that one; otherwise it is a
    /// polynomial of which no card holder has a share. `count` is capped at 2^20.
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
    ///
    /// # Security
    ///
    /// A party that may choose its identifier can choose its cohort, by trying some. With as many identities as a
    /// polynomial serves, it can fill the cohort of a named victim, which is then refused a share. No plan of cohorts
    /// prevents that, because a plan is about chance: let the authority assign identifiers, or see who registers.
    #[must_use]
    pub fn of(card_holder: &Identifier, label: &Label, count: u32) -> Self {
        let count = count.clamp(1, limits::COHORTS);
        if count == 1 {
            return Self::WHOLE;
        }
        let hash = hash::digest(prefix!("cohort", 3), |w| {
            w.item(label).uint(u64::from(count)).item(card_holder);
        });
        Self(Members::Holders { index: remainder(&hash, count) }, count)
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

/// The first 16 bytes of a hash, as a big-endian integer, modulo a count that is not 0.
fn remainder(hash: &[u8; 32], count: u32) -> u32 {
    let value = hash.iter().take(16).fold(0, |value, byte| (value << 8) | u128::from(*byte));
    let remainder = value.checked_rem(u128::from(count)).and_then(|remainder| u32::try_from(remainder).ok());
    #[expect(clippy::expect_used, reason = "another cohort would be a plausible wrong answer")]
    remainder.expect("the count is not 0, and the remainder is below it")
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
        let small = |r: &mut Reader<'_>, what, least, most: u32| {
            r.number(what, least, u64::from(most)).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        let index = r.or_null(|r| small(r, "a cohort", 0, limits::COHORTS.saturating_sub(1)))?;
        // Above the index; and services have a polynomial of their own only beside several.
        let least = index.map_or(2, |index| u64::from(index).saturating_add(1));
        let count = small(r, "a count of cohorts", least, limits::COHORTS)?;
        Ok(index.map_or_else(|| Self::services(count), |index| Self(Members::Holders { index }, count)))
    }
}

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
