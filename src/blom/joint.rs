//! Joint issue: several authorities, none of which knows a key.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::office::{AuthorityError, IssueError, Office, Terms};
use super::register::{Capacity, Register};
use super::row::Row;
use super::share::{LONGEST, Share};
use crate::domain::Domain;
use crate::export;
use crate::hash::{self, Prf};
use crate::identifier::Identifier;
use crate::key::KeyError;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const AUTHORITY: &str = "joint authority";
const CONTRIBUTION: &str = "contribution";

/// One of the several issuers of a domain.
///
/// Each has a polynomial of its own, and the domain's is their sum. A party gets a [`Contribution`]
/// from each and adds them up: a share of the same size and speed as any other. No n - 1 of n
/// issuers know any key, so there is no escrow unless all of them want it. Each convinces itself
/// who the party is, keeps its own register and holds its own capacity.
///
/// Secret: wiped on drop, never printed, not `Clone`.
#[derive(Debug)]
pub struct JointAuthority(Office);

impl JointAuthority {
    /// The issuer `issuer` of a domain, with a polynomial drawn from `rng`.
    ///
    /// All issuers of a domain have to use the same threshold.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, an issuer that the domain does not name, or
    /// a generator that returns the same refused value again and again. No other fault of a generator is noticed.
    pub fn random(
        domain: Domain,
        issuer: Label,
        threshold: usize,
        capacity: Capacity,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AuthorityError> {
        Office::random(terms(domain, issuer, threshold, capacity)?, rng).map(Self)
    }

    /// The same with a polynomial expanded from a seed, as [`Authority::from_seed`](super::Authority::from_seed).
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, an issuer that the domain does not name, or
    /// a register that does not fit.
    pub fn from_seed(
        domain: Domain,
        issuer: Label,
        threshold: usize,
        capacity: Capacity,
        seed: &[u8; 32],
        register: Register,
    ) -> Result<Self, AuthorityError> {
        Office::from_seed(terms(domain, issuer, threshold, capacity)?, seed, register).map(Self)
    }

    /// This issuer's contribution to the share of `identifier`, entering it in the register.
    ///
    /// # Errors
    ///
    /// [`IssueError`] as for [`Authority::issue`](super::Authority::issue).
    pub fn contribute(&mut self, identifier: &Identifier) -> Result<Contribution, IssueError> {
        let row = self.0.issue(identifier)?;
        let (domain, issuer) = (self.0.domain.clone(), self.0.issuer.clone());
        Ok(Contribution { domain, issuer, identifier: identifier.clone(), row })
    }

    /// This issuer's contributions to many shares, as
    /// [`Authority::issue_all`](super::Authority::issue_all) gives shares.
    ///
    /// # Errors
    ///
    /// [`IssueError`] for the first identity that cannot be served.
    pub fn contribute_all(&mut self, identifiers: &[Identifier]) -> Result<Vec<Contribution>, IssueError> {
        let rows = self.0.issue_all(identifiers)?;
        let (domain, issuer) = (&self.0.domain, &self.0.issuer);
        let contribution = |(identifier, row): (&Identifier, _)| Contribution {
            domain: domain.clone(),
            issuer: issuer.clone(),
            identifier: identifier.clone(),
            row,
        };
        Ok(identifiers.iter().zip(rows).map(contribution).collect())
    }

    /// The identities it has served.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.0.register
    }

    /// The whole authority as bytes, register included: secret, for its own storage.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(AUTHORITY, &self.0)
    }

    /// Takes the bytes that [`export`](Self::export) gave. What
    /// [`Authority::import`](super::Authority::import) says of earlier exports holds here too.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not such an authority, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        let office: Office = export::import(AUTHORITY, bytes, bytes.len())?;
        if office.domain.issuers().len() > 1 {
            Ok(Self(office))
        } else {
            Err(WireError::Expected("a domain of several issuers"))
        }
    }
}

/// The terms of one of several issuers. Over a domain of one it would be that authority again, with a second register.
fn terms(domain: Domain, issuer: Label, threshold: usize, capacity: Capacity) -> Result<Terms, AuthorityError> {
    if domain.issuers().len() > 1 {
        Ok(Terms { domain, issuer, threshold, capacity })
    } else {
        Err(AuthorityError::SoleIssuer)
    }
}

/// What one of several issuers gives a party. It is no share until all of them are in.
///
/// ```compile_fail
/// # use polyseal::*;
/// // A contribution derives no key.
/// fn step(contribution: Contribution, peer: &Identifier, domain: &Domain) {
///     let key = contribution.common_key(peer, domain);
/// }
/// ```
///
/// ```
/// # use polyseal::*;
/// fn step(contributions: &[Contribution], peer: &Identifier, domain: &Domain) {
///     let key = Share::combine(contributions).map(|share| share.common_key(peer, domain));
/// }
/// ```
///
/// Secret: wiped on drop, never printed, not `Clone`.
#[must_use = "an issued contribution is lost unless it reaches its owner"]
pub struct Contribution {
    domain: Domain,
    issuer: Label,
    identifier: Identifier,
    row: Row<'static>,
}

impl Contribution {
    /// Which issuer gave it.
    #[must_use]
    pub fn issuer(&self) -> &Label {
        &self.issuer
    }

    /// The party it is for.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The domain of the share that it is a contribution to.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The degree t of the polynomial.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.row.threshold()
    }

    /// A value that `peer` computes alike from its own contribution of the same issuer and the same
    /// challenge, if the issuer gave both of them rows of one symmetric polynomial.
    ///
    /// Where two parties find that their common keys differ, they compare these, issuer by issuer,
    /// over any channel: from the values nothing about a key can be computed. (They depend on it: a pair that
    /// has compared them has a key that is secure against computing power that is bounded, not against all.) An issuer
    /// whose values differ is the one to look into. It is a diagnostic and no evidence: either party may lie about
    /// its value.
    ///
    /// # Errors
    ///
    /// [`KeyError::Oneself`] if the peer is the contribution's own party.
    pub fn probe(&self, peer: &Identifier, challenge: &[u8; 32]) -> Result<[u8; 32], KeyError> {
        if *peer == self.identifier {
            return Err(KeyError::Oneself);
        }
        let raw = self.row.evaluate(&peer.point(&self.domain));
        let key = hash::extract(&raw).expand("probe", 2, |w| {
            w.item(&self.domain).item(&self.issuer);
        });
        Ok(*Prf::new(&key).eval("probe", 1, |w| {
            w.bytes(challenge);
        }))
    }

    /// The contribution as bytes: secret, as a share is.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(CONTRIBUTION, self)
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not a contribution of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(CONTRIBUTION, bytes, LONGEST)
    }
}

impl Share {
    /// Adds up the contributions of all issuers of a domain.
    ///
    /// # Errors
    ///
    /// [`CombineError`] unless there is exactly one of each, all of one domain, party and threshold.
    pub fn combine(contributions: &[Contribution]) -> Result<Self, CombineError> {
        let first = contributions.first().ok_or(CombineError::None)?;
        let (domain, identifier) = (&first.domain, &first.identifier);
        let mut missing: BTreeSet<&Label> = domain.issuers().iter().collect();
        let mut row = Row::zero(first.row.threshold());
        for contribution in contributions {
            let alike = (&contribution.domain, &contribution.identifier) == (domain, identifier);
            if !alike || contribution.row.threshold() != row.threshold() {
                return Err(CombineError::Unlike { issuer: contribution.issuer.clone() });
            }
            if !missing.remove(&contribution.issuer) {
                return Err(CombineError::Twice { issuer: contribution.issuer.clone() });
            }
            row = row.plus(&contribution.row);
        }
        match missing.pop_first() {
            Some(issuer) => Err(CombineError::Missing { issuer: issuer.clone() }),
            None => Ok(Self::new(identifier.clone(), domain.clone(), row)),
        }
    }
}

impl Encode for Contribution {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(5).item(&self.domain).item(&self.issuer).item(&self.identifier).item(&self.row);
    }
}

impl Decode for Contribution {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a contribution", 5)?;
        let (domain, issuer) = (Domain::decode(r)?, Label::decode(r)?);
        if !domain.issuers().contains(&issuer) {
            return Err(WireError::Expected("an issuer of the domain"));
        }
        Ok(Self { domain, issuer, identifier: Identifier::decode(r)?, row: Row::decode(r)? })
    }
}

impl fmt::Debug for Contribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contribution")
            .field("domain", &self.domain)
            .field("issuer", &self.issuer)
            .field("identifier", &self.identifier)
            .finish_non_exhaustive()
    }
}

/// Why contributions do not add up to a share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CombineError {
    /// There is none.
    None,
    /// This issuer's is of another domain, party or threshold than the first.
    Unlike {
        /// The issuer.
        issuer: Label,
    },
    /// There are two of this issuer.
    Twice {
        /// The issuer.
        issuer: Label,
    },
    /// There is none of this issuer.
    Missing {
        /// The issuer.
        issuer: Label,
    },
}

impl fmt::Display for CombineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no contribution to combine"),
            Self::Unlike { issuer } => {
                write!(f, "the contribution of \"{issuer}\" is of another domain, party or threshold than the first")
            }
            Self::Twice { issuer } => write!(f, "there are two contributions of \"{issuer}\""),
            Self::Missing { issuer } => write!(f, "the contribution of \"{issuer}\" is missing"),
        }
    }
}

impl core::error::Error for CombineError {}
