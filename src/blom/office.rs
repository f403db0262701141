//! What authorities have in common: one polynomial, a capacity and a register.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::master::{Master, triangle};
use super::register::{Capacity, Parties, Register};
use super::row::Row;
use crate::domain::Domain;
use crate::field::ELEMENT;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use crate::point::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// The office of one issuer of a domain. Secret.
pub(super) struct Office {
    pub(super) domain: Domain,
    pub(super) issuer: Label,
    pub(super) threshold: usize,
    capacity: Capacity,
    source: Source,
    master: Master,
    pub(super) register: Register,
    /// Each lane's points of the registered identities.
    taken: [BTreeSet<[u8; ELEMENT]>; 2],
}

/// What an export keeps of the master.
enum Source {
    Random,
    Seed(Zeroizing<[u8; 32]>),
}

/// What an office is made of, besides its master.
pub(super) struct Terms {
    pub(super) domain: Domain,
    pub(super) issuer: Label,
    pub(super) threshold: usize,
    pub(super) capacity: Capacity,
}

impl Terms {
    fn check(&self) -> Result<(), AuthorityError> {
        if !(1..=limits::THRESHOLD).contains(&self.threshold) {
            Err(AuthorityError::Threshold)
        } else if !self.domain.issuers().contains(&self.issuer) {
            Err(AuthorityError::Issuer)
        } else {
            Ok(())
        }
    }
}

impl Office {
    pub(super) fn random(terms: Terms, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, AuthorityError> {
        terms.check()?;
        let master = Master::random(terms.threshold, rng).ok_or(AuthorityError::Generator)?;
        Self::assemble(terms, Source::Random, master, Register::new())
    }

    pub(super) fn from_seed(terms: Terms, seed: &[u8; 32], register: Register) -> Result<Self, AuthorityError> {
        terms.check()?;
        let master = Master::from_seed(seed, &terms.domain, &terms.issuer, terms.threshold);
        let master = master.ok_or(AuthorityError::Generator)?;
        Self::assemble(terms, Source::Seed(Zeroizing::new(*seed)), master, register)
    }

    fn assemble(terms: Terms, source: Source, master: Master, register: Register) -> Result<Self, AuthorityError> {
        let Terms { domain, issuer, threshold, capacity } = terms;
        if register.len() > capacity.parties(threshold) {
            return Err(AuthorityError::Register);
        }
        let taken = Default::default();
        let mut office = Self { domain, issuer, threshold, capacity, source, master, register: Register::new(), taken };
        for identifier in register {
            let point = identifier.point(&office.domain);
            office.enter(identifier, &point).map_err(|_| AuthorityError::Register)?;
        }
        Ok(office)
    }

    /// The row of an identity, which is entered in the register.
    pub(super) fn issue(&mut self, identifier: &Identifier) -> Result<Row<'static>, IssueError> {
        let mut rows = self.issue_all(core::slice::from_ref(identifier))?;
        // One identity, one row.
        rows.pop().ok_or(IssueError::Full { capacity: self.capacity() })
    }

    /// The rows of many identities, all of which are entered in the register, or none.
    pub(super) fn issue_all(&mut self, identifiers: &[Identifier]) -> Result<Vec<Row<'static>>, IssueError> {
        let points: Vec<Point> = identifiers.iter().map(|identifier| identifier.point(&self.domain)).collect();
        let mut entered = Vec::new();
        for (identifier, point) in identifiers.iter().zip(&points) {
            match self.admit(identifier, point) {
                Ok(true) => entered.push((identifier, point)),
                Ok(false) => {}
                Err(error) => {
                    for (identifier, point) in entered {
                        self.strike(identifier, point);
                    }
                    return Err(error);
                }
            }
        }
        Ok(self.master.rows(&points))
    }

    /// Enters an identity unless it is registered: whether it did.
    fn admit(&mut self, identifier: &Identifier, point: &Point) -> Result<bool, IssueError> {
        if self.register.0.contains(identifier) {
            return Ok(false);
        }
        if self.register.len() >= self.capacity() {
            return Err(IssueError::Full { capacity: self.capacity() });
        }
        self.enter(identifier.clone(), point)?;
        Ok(true)
    }

    /// Takes back an entry of which no share was made.
    fn strike(&mut self, identifier: &Identifier, point: &Point) {
        self.register.0.remove(identifier);
        for (taken, lane) in self.taken.iter_mut().zip(point.to_bytes()) {
            taken.remove(&lane);
        }
    }

    fn enter(&mut self, identifier: Identifier, point: &Point) -> Result<(), IssueError> {
        let lanes = point.to_bytes();
        if self.taken.iter().zip(&lanes).any(|(taken, lane)| taken.contains(lane)) {
            return Err(IssueError::PointTaken);
        }
        for (taken, lane) in self.taken.iter_mut().zip(lanes) {
            taken.insert(lane);
        }
        self.register.0.insert(identifier);
        Ok(())
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity.parties(self.threshold)
    }
}

impl Encode for Office {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        w.array(6).item(&self.domain).uint(count(self.threshold));
        match self.capacity.0 {
            Parties::Unconditional => w.null(),
            Parties::Closed | Parties::AtMost(_) => w.uint(count(self.capacity())),
        };
        match &self.source {
            Source::Random => w.item(&self.master),
            Source::Seed(seed) => w.bytes(seed.as_slice()),
        };
        w.items(&self.register.0).item(&self.issuer);
    }
}

impl Decode for Office {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("an authority", 6)?;
        let domain = Domain::decode(r)?;
        let threshold = r.threshold()?;
        let capacity = if r.is_null() {
            Capacity::UNCONDITIONAL
        } else {
            let parties = r.uint("the capacity", u64::MAX)?;
            Capacity(Parties::AtMost(usize::try_from(parties).unwrap_or(usize::MAX)))
        };
        // A seed has 32 bytes, and the smallest triangles, of threshold 1, have 96.
        let secret = r.bytes("the master", 32, triangle(threshold).saturating_mul(2 * ELEMENT))?;
        let register = r.ascending("the register", 0, capacity.parties(threshold))?.into_iter().collect();
        let terms = Terms { domain, issuer: Label::decode(r)?, threshold, capacity };
        terms.check().map_err(|_| WireError::Expected("an issuer of the domain"))?;
        let office = if let Ok(seed) = secret.try_into() {
            Self::from_seed(terms, &Zeroizing::new(seed), register)
        } else {
            let master = Master::from_bytes(threshold, secret);
            let master = master.ok_or(WireError::Expected("canonical field elements"))?;
            Self::assemble(terms, Source::Random, master, register)
        };
        office.map_err(|_| WireError::Limit("the register"))
    }
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office")
            .field("domain", &self.domain)
            .field("issuer", &self.issuer)
            .field("threshold", &self.threshold)
            .field("capacity", &self.capacity())
            .field("issued", &self.register.len())
            .finish_non_exhaustive()
    }
}

/// Why an authority cannot be made with these parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The threshold is not in 1 to 32768.
    Threshold,
    /// The domain names several issuers, and this is the constructor of a sole one.
    SeveralIssuers,
    /// The domain names one issuer, and this is the constructor of one of several.
    SoleIssuer,
    /// The authority is not one of the domain's issuers.
    Issuer,
    /// The register holds more identities than the capacity, or two that share a point.
    Register,
    /// The random generator returns the same refused value again and again: it is broken.
    Generator,
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold => write!(f, "the threshold is not in 1 to {}", limits::THRESHOLD),
            Self::SeveralIssuers => f.write_str("the domain names several issuers: a sole authority cannot serve it"),
            Self::SoleIssuer => f.write_str("the domain names one issuer: use a sole authority, or name the others"),
            Self::Issuer => f.write_str("the authority is not one of the issuers of the domain"),
            Self::Register => f.write_str("the register does not fit: it has more identities than the capacity"),
            Self::Generator => f.write_str("the random generator is stuck"),
        }
    }
}

impl core::error::Error for AuthorityError {}

/// Why a share is not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// As many identities are registered as the polynomial may serve. Open another cohort or a new
    /// epoch; a larger capacity is a decision about collusion, see [`Capacity`].
    Full {
        /// How many that is.
        capacity: usize,
    },
    /// A registered identity has the same point in a lane: its share would be partly known.
    PointTaken,
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => {
                write!(f, "the polynomial serves {capacity} identities and no more: open another cohort or epoch")
            }
            Self::PointTaken => {
                f.write_str("another registered identity has the same point: choose another identifier")
            }
        }
    }
}

impl core::error::Error for IssueError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blom::{Authority, JointAuthority};
    use crate::domain::Epoch;

    #[test]
    fn the_issuer_is_told_which_authority_it_is_not() {
        let [one, two, other] = ["one", "two", "other"].map(|name| Label::new(name).unwrap());
        let epoch = Epoch::new(1, 0, 10).unwrap();
        let sole = Domain::new(one.clone(), one.clone(), epoch);
        let joint = Domain::joint(one.clone(), [one.clone(), two], epoch).unwrap();
        let (capacity, seed) = (Capacity::UNCONDITIONAL, [1; 32]);
        let of_several = |domain: &Domain, issuer| {
            JointAuthority::from_seed(domain.clone(), issuer, 1, capacity, &seed, Register::new()).err()
        };
        assert_eq!(of_several(&joint, one.clone()), None);
        assert_eq!(of_several(&joint, other), Some(AuthorityError::Issuer));
        assert_eq!(of_several(&sole, one), Some(AuthorityError::SoleIssuer));
        let alone = Authority::from_seed(joint, 1, capacity, &seed, Register::new());
        assert_eq!(alone.err(), Some(AuthorityError::SeveralIssuers));
    }
}
