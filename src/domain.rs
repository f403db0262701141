//! Domains: which polynomial a key comes from, and for whom and when it may be used (`SPEC.md`, section 5).

mod cohort;
mod domains;
mod epoch;
mod key_id;
#[cfg(feature = "serde")]
mod json;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

pub use cohort::Cohort;
pub use domains::Domains;
pub use epoch::Epoch;
pub use key_id::KeyId;

use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::value::ValueError;
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The name of one polynomial: label, issuer set, epoch and cohort.
///
/// Messages name it by its [`KeyId`]. It is bound into every key, so that a key of another domain opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    label: Label,
    issuers: BTreeSet<Label>,
    epoch: Epoch,
    cohort: Cohort,
    /// It is derived from the other fields, once, because it is looked at for every message.
    key_id: KeyId,
}

impl Domain {
    /// The domain of a single authority and a single cohort.
    #[must_use]
    pub fn new(label: Label, issuer: Label, epoch: Epoch) -> Self {
        Self::of(label, BTreeSet::from([issuer]), epoch, Cohort::WHOLE)
    }

    fn of(label: Label, issuers: BTreeSet<Label>, epoch: Epoch, cohort: Cohort) -> Self {
        let mut domain = Self { label, issuers, epoch, cohort, key_id: KeyId::from_bytes([0; 16]) };
        domain.key_id = KeyId::of(&domain);
        domain
    }

    /// The domain of several authorities, each of which contributes to every share.
    ///
    /// # Errors
    ///
    /// [`ValueError::Issuers`] unless there are 1 to 8 of them, each once.
    pub fn joint(label: Label, issuers: impl IntoIterator<Item = Label>, epoch: Epoch) -> Result<Self, ValueError> {
        let mut count = 0_usize;
        let issuers: BTreeSet<Label> = issuers.into_iter().inspect(|_| count = count.saturating_add(1)).collect();
        // One that is named twice may be a slip for another, without which the network would be.
        if issuers.len() == count && (1..=limits::ISSUERS).contains(&count) {
            Ok(Self::of(label, issuers, epoch, Cohort::WHOLE))
        } else {
            Err(ValueError::Issuers)
        }
    }

    /// The same with another cohort.
    #[must_use]
    pub fn with_cohort(self, cohort: Cohort) -> Self {
        Self::of(self.label, self.issuers, self.epoch, cohort)
    }

    /// The name of its keys in messages: `H("domain", domain)[0..16]`.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
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

    /// A whole network's domain: epoch n from 100 n to 100 n + 150.
    #[cfg(test)]
    pub(crate) fn sample(label: &str, number: u64) -> Self {
        let label = Label::new(label).unwrap();
        Self::new(label.clone(), label, Epoch::new(number, number * 100, number * 100 + 150).unwrap())
    }

    /// The same with a key-id that no hash gave: as if two domains had one.
    #[cfg(test)]
    pub(crate) fn with_key_id(self, key_id: KeyId) -> Self {
        Self { key_id, ..self }
    }

    /// Whether an order of `date` may travel in this domain between a card holder and a service,
    /// or (`card_holder` is `None`) between two services.
    ///
    /// Sender and receiver ask the same question, so a domain that one picks the other admits.
    pub(crate) fn check(&self, card_holder: Option<&Identifier>, date: u64) -> Result<(), DomainError> {
        // K-2
        if !self.epoch.covers(date) {
            return Err(DomainError::Epoch);
        }
        // K-3
        match (self.cohort == self.cohort_for(card_holder), card_holder) {
            (true, _) => Ok(()),
            (false, Some(_)) => Err(DomainError::Cohort),
            (false, None) => Err(DomainError::Services),
        }
    }

    /// The cohort in which a card holder and a service, or two services, meet.
    fn cohort_for(&self, card_holder: Option<&Identifier>) -> Cohort {
        match card_holder {
            Some(holder) => Cohort::of(holder, &self.label, self.cohort.count()),
            None => Cohort::services(self.cohort.count()),
        }
    }

    /// Whether both domains put every card holder into the same cohort.
    fn cuts_like(&self, other: &Self) -> bool {
        self.label == other.label && self.cohort.count() == other.cohort.count()
    }

    fn network_is(&self, other: &Self) -> bool {
        self.label == other.label && self.cohort.count() == other.cohort.count() && self.issuers == other.issuers
    }

    pub(crate) fn network(&self) -> Network {
        Network { label: self.label.clone(), issuers: self.issuers.clone(), cohorts: self.cohort.count() }
    }

    /// The name of the domain as bytes: its deterministic CBOR (`SPEC.md`, section 5).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads the bytes that [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    ///
    /// [`WireError`] unless they are the one encoding of a domain.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        wire::decode(bytes)
    }
}

/// What the domains of one network have in common, whatever their epoch and cohort.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Network {
    label: Label,
    issuers: BTreeSet<Label>,
    cohorts: u32,
}

impl Network {
    pub(crate) fn has(&self, domain: &Domain) -> bool {
        self.label == domain.label && self.cohorts == domain.cohort.count() && self.issuers == domain.issuers
    }
}

impl Encode for Domain {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(5).item(&self.label).items(&self.issuers).item(&self.epoch).item(&self.cohort);
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
        Ok(Self::of(label, issuers, Epoch::decode(r)?, Cohort::decode(r)?))
    }
}

/// Why a domain is not one that these two parties may use for this order.
///
/// A key-id on the wire only selects a share. Were any domain good enough that a share exists
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

impl DomainError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Cohort => "cohort",
            Self::Services => "services-domain",
        }
    }
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
    use super::*;

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
        assert_eq!(Cohort::new(4, 4), Err(ValueError::Cohort));
        assert_eq!(Cohort::new(0, limits::COHORTS + 1), Err(ValueError::Cohort));
        // Services of one cohort: `null, 1` in place of `0, 1`.
        let mut bytes: Vec<u8> = wire::encode(&domain(Cohort::WHOLE));
        let at = bytes.len() - 2;
        bytes[at] = 0xf6;
        assert!(matches!(wire::decode::<Domain>(&bytes), Err(WireError::Limit { what: "a count of cohorts", .. })));
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
}
