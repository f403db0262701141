//! Domains: which polynomial a key comes from, and for whom and when it may be used.

use alloc::collections::BTreeSet;
use core::fmt;

use crate::hash;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// The name of one polynomial: label, issuer set, epoch and cohort.
///
/// It precedes every sealed message in clear, where it *selects* the recipient's share, and it is
/// bound into every key, so that a changed domain opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    label: Label,
    issuers: BTreeSet<Label>,
    epoch: Epoch,
    cohort: Cohort,
}

impl Domain {
    /// The domain of a single authority and a single cohort.
    #[must_use]
    pub fn new(label: Label, issuer: Label, epoch: Epoch) -> Self {
        Self { label, issuers: BTreeSet::from([issuer]), epoch, cohort: Cohort::WHOLE }
    }

    /// The domain of several authorities, each of which contributes to every share.
    ///
    /// # Errors
    ///
    /// [`IssuersError`] unless there are 1 to 8 of them.
    pub fn joint(label: Label, issuers: impl IntoIterator<Item = Label>, epoch: Epoch) -> Result<Self, IssuersError> {
        let issuers: BTreeSet<Label> = issuers.into_iter().collect();
        if (1..=limits::ISSUERS).contains(&issuers.len()) {
            Ok(Self { label, issuers, epoch, cohort: Cohort::WHOLE })
        } else {
            Err(IssuersError)
        }
    }

    /// The same with another cohort.
    #[must_use]
    pub fn with_cohort(self, cohort: Cohort) -> Self {
        Self { cohort, ..self }
    }

    /// The network that this domain serves.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The authorities whose contributions make up its shares.
    #[must_use]
    pub fn issuers(&self) -> &BTreeSet<Label> {
        &self.issuers
    }

    /// When its keys may be used.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Whose keys they are.
    #[must_use]
    pub fn cohort(&self) -> Cohort {
        self.cohort
    }

    /// Whether an order of `date` may travel in this domain between a card holder and a service,
    /// or (`card_holder` is `None`) between two services.
    ///
    /// Sender and receiver ask the same question, so a domain that one picks the other admits.
    pub(crate) fn check(&self, card_holder: Option<&Identifier>, date: u64) -> Result<(), DomainError> {
        if !self.epoch.covers(date) {
            return Err(DomainError::Epoch);
        }
        let expected = match card_holder {
            Some(holder) => Cohort::of(holder, &self.label, self.cohort.count()),
            None => Cohort::services(self.cohort.count()),
        };
        match (self.cohort == expected, card_holder) {
            (true, _) => Ok(()),
            (false, Some(_)) => Err(DomainError::Cohort),
            (false, None) => Err(DomainError::Services),
        }
    }
}

impl Encode for Domain {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(5).item(&self.label).items(&self.issuers).item(&self.epoch);
        match self.cohort.0 {
            Members::Holders { index } => w.uint(u64::from(index)),
            Members::Services => w.null(),
        };
        w.uint(u64::from(self.cohort.1));
    }
}

impl Decode for Domain {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a domain", 5)?;
        let label = Label::decode(r)?;
        let mut issuers = BTreeSet::new();
        for _ in 0..r.array("issuers", 1, limits::ISSUERS)? {
            let issuer = Label::decode(r)?;
            if issuers.last().is_some_and(|last| *last >= issuer) {
                return Err(WireError::NotDeterministic);
            }
            issuers.insert(issuer);
        }
        let epoch = Epoch::decode(r)?;
        let small = |r: &mut Reader<'_>, what| {
            r.uint(what, u64::from(limits::COHORTS)).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        };
        let index = if r.is_null() { None } else { Some(small(r, "a cohort")?) };
        let count = small(r, "a count of cohorts")?;
        let cohort = match index {
            Some(index) => Cohort::new(index, count).map_err(|_| WireError::Limit("a cohort"))?,
            None if count > 1 => Cohort::services(count),
            None => return Err(WireError::Limit("a count of cohorts")),
        };
        Ok(Self { label, issuers, epoch, cohort })
    }
}

/// No issuer, or more than 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuersError;

impl fmt::Display for IssuersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a domain has 1 to {} issuers", limits::ISSUERS)
    }
}

impl core::error::Error for IssuersError {}

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

    /// Where services meet each other, `count` being taken as at most 2^20: with one cohort there, with more on a polynomial that no
    /// card holder has a share of.
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

/// A cohort that is not among its count, or a count above 2^20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CohortError;

impl fmt::Display for CohortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a cohort's index is below the count of cohorts, and that is at most {}", limits::COHORTS)
    }
}

impl core::error::Error for CohortError {}

/// Why a domain is not one that these two parties may use for this order.
///
/// A domain on the wire only selects a share. Were any domain good enough that a share exists
/// for, then whoever breaks one cohort could speak for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DomainError {
    /// The epoch does not cover the date of the order.
    Epoch,
    /// The card holder's identifier does not belong to this cohort.
    Cohort,
    /// Two services must use their own polynomial, not one that card holders have shares of.
    Services,
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epoch => "the domain's epoch does not cover the date of the order",
            Self::Cohort => "the card holder does not belong to the domain's cohort",
            Self::Services => "two services may not meet on a polynomial of card holders",
        })
    }
}

impl core::error::Error for DomainError {}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::wire;

    fn domain(cohort: Cohort) -> Domain {
        let label = Label::new("bank").unwrap();
        Domain::new(label.clone(), label, Epoch::new(7, 100, 200).unwrap()).with_cohort(cohort)
    }

    #[test]
    fn every_cohort_has_its_encoding_and_impossible_ones_have_none() {
        for cohort in [Cohort::WHOLE, Cohort::new(3, 4).unwrap(), Cohort::services(4)] {
            let bytes: Vec<u8> = wire::encode(&domain(cohort));
            assert_eq!(wire::decode::<Domain>(&bytes), Ok(domain(cohort)));
        }
        assert_eq!(Cohort::new(4, 4), Err(CohortError));
        assert_eq!(Cohort::new(0, limits::COHORTS + 1), Err(CohortError));
        // Services of one cohort: `null, 1` in place of `0, 1`.
        let mut bytes: Vec<u8> = wire::encode(&domain(Cohort::WHOLE));
        let at = bytes.len() - 2;
        bytes[at] = 0xf6;
        assert_eq!(wire::decode::<Domain>(&bytes), Err(WireError::Limit("a count of cohorts")));
    }

    #[test]
    fn a_domain_admits_its_cohort_and_its_epoch_only() {
        let holder = Identifier::new("holder").unwrap();
        let count = 5;
        let own = Cohort::of(&holder, domain(Cohort::WHOLE).label(), count);
        for index in 0..count {
            let cohort = Cohort::new(index, count).unwrap();
            let expected = if cohort == own { Ok(()) } else { Err(DomainError::Cohort) };
            assert_eq!(domain(cohort).check(Some(&holder), 150), expected);
            assert_eq!(domain(cohort).check(None, 150), Err(DomainError::Services));
        }
        assert_eq!(domain(Cohort::services(count)).check(None, 150), Ok(()));
        assert_eq!(domain(Cohort::services(count)).check(Some(&holder), 150), Err(DomainError::Cohort));
        for (date, expected) in
            [(99, Err(DomainError::Epoch)), (100, Ok(())), (199, Ok(())), (200, Err(DomainError::Epoch))]
        {
            assert_eq!(domain(Cohort::WHOLE).check(Some(&holder), date), expected);
            assert_eq!(domain(Cohort::WHOLE).check(None, date), expected);
        }
    }

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
