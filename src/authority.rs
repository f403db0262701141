//! Key predistribution: authorities, the shares they issue, and the keys that two shares agree on.
//!
//! This is Blom's scheme (R. Blom, "An Optimal Class of Symmetric Key Generation Systems", EUROCRYPT '84) over the
//! field GF(2^127 - 1). An [`Authority`] holds, in each of two lanes, a random symmetric matrix A. The matrix stands for
//! the polynomial `f(x, y) = Σ A[j][k] x^j y^k` of degree t in each variable. An identifier hashes to a point x, its
//! [`Share`] is f(x, ·), and two parties agree on f(x, y) = f(y, x).
//!
//! # Security
//!
//! If the matrices are random, the shares of at most t parties say nothing about the raw key, f(x, y), of any other pair.
//! With t + 1 shares one can compute the whole polynomial. [`Capacity`] therefore limits how many parties an authority
//! serves. What is derived from a raw key, and what is expanded from a seed, holds against bounded computing power.

mod capacity;
mod codec;
mod contribution;
mod entries;
mod error;
mod issue;
mod master;
mod register;
mod root;
mod row;
mod share;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

pub use capacity::Capacity;
pub use contribution::Contribution;
pub use error::AuthorityError;
pub use root::RootSecret;
pub use share::{BorrowedShare, Share};

use crate::domain::Domain;
use crate::hazmat::Point;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::Label;
use master::Master;
use register::Register;
use row::Row;

/// An issuer of a domain: it makes a polynomial and gives each party its share.
///
/// A domain names one issuer or several. A sole issuer gives out each [`Share`] with [`issue`](Self::issue). Where there
/// are several, each has a polynomial of its own and gives out a [`Contribution`] with
/// [`contribute`](Self::contribute), and the party adds the contributions of all issuers up to its share. All issuers of
/// a domain use the same threshold; each has its own register and its own capacity.
///
/// # Security
///
/// A sole issuer knows every key of its domain. Of n issuers, any n - 1 together know none.
///
/// Before it issues a share, an authority has to verify that the party is who the identifier says. The caller has to
/// bring the share to its owner in secret.
///
/// The authority is wiped on drop and never printed. It is not `Clone`.
pub struct Authority {
    domain: Domain,
    issuer: Label,
    capacity: Capacity,
    master: Master,
    served: Register,
}

impl Authority {
    /// The sole issuer of a domain, with a polynomial drawn from `rng`.
    ///
    /// `threshold` is the polynomial's degree t, from 1 to 32768: any t shares reveal nothing about other raw keys, and
    /// t + 1 reveal all of them. The authority takes 16 (t + 1)(t + 2) bytes of memory. That is 17 MB for t = 1024 and
    /// 17 GB for the highest t.
    ///
    /// # Security
    ///
    /// If `rng` is truly random and the capacity is [`UNCONDITIONAL`](Capacity::UNCONDITIONAL) or
    /// [`CLOSED`](Capacity::CLOSED), then not even unlimited computing power finds a raw key from the shares of other
    /// parties. If `rng` stretches a seed, finding a key is as hard as breaking `rng`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] if the threshold is out of range, the polynomial does not fit in memory, the domain has
    /// several issuers, or the generator is stuck. No other fault of a generator is noticed.
    pub fn random(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AuthorityError> {
        let issuer = sole(&domain)?.clone();
        Self::joint_random(domain, issuer, threshold, capacity, rng)
    }

    /// The sole issuer of a domain, with a polynomial expanded from a seed of 32 secret random bytes.
    ///
    /// `register` holds the identities that the authority has served so far. Pass an empty one for a new authority.
    /// Store the seed and the register: they are the whole authority.
    ///
    /// Above [`limits::EXPANDED`] the polynomial is not kept in memory. Each call of [`issue`](Self::issue) or
    /// [`issue_all`](Self::issue_all) then expands it again.
    ///
    /// # Security
    ///
    /// The keys are secure at the 256-bit level of `ChaCha20` and HKDF. Authorities of different domains may share a
    /// seed. Two with the same domain, issuer, threshold and seed are the same authority.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] if the threshold is out of range, the domain has several issuers, or the register does not
    /// fit the capacity.
    pub fn from_seed(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        seed: &[u8; 32],
        register: BTreeSet<Identifier>,
    ) -> Result<Self, AuthorityError> {
        let issuer = sole(&domain)?.clone();
        Self::joint_from_seed(domain, issuer, threshold, capacity, seed, register)
    }

    /// Like [`random`](Self::random), for the given issuer of a domain that may have several.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] as for [`random`](Self::random), or if the domain does not name the issuer.
    pub fn joint_random(
        domain: Domain,
        issuer: Label,
        threshold: usize,
        capacity: Capacity,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AuthorityError> {
        check(&domain, &issuer, threshold)?;
        let master = Master::random(threshold, rng)?;
        Ok(Self { domain, issuer, capacity, master, served: Register::default() })
    }

    /// Like [`from_seed`](Self::from_seed), for the given issuer of a domain that may have several.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] as for [`from_seed`](Self::from_seed), or if the domain does not name the issuer.
    pub fn joint_from_seed(
        domain: Domain,
        issuer: Label,
        threshold: usize,
        capacity: Capacity,
        seed: &[u8; 32],
        register: BTreeSet<Identifier>,
    ) -> Result<Self, AuthorityError> {
        check(&domain, &issuer, threshold)?;
        let master = Master::from_seed(seed, &domain, &issuer, threshold)?;
        let mut authority = Self { domain, issuer, capacity, master, served: Register::default() };
        authority.enter(register)?;
        Ok(authority)
    }

    /// The share of `identifier`, which is entered in the register.
    ///
    /// A registered identity is issued the same share again. Export and store the authority before the share leaves it:
    /// otherwise a crash loses the entry.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] if the capacity is reached, if the domain has several issuers, or (with negligible
    /// probability) if the identity has a point that is taken.
    pub fn issue(&mut self, identifier: &Identifier) -> Result<Share, AuthorityError> {
        sole(&self.domain)?;
        Ok(self.contribute(identifier)?.into_share())
    }

    /// The shares of many identities, in their order.
    ///
    /// Each is the share that [`issue`](Self::issue) gives, but a batch takes a fraction of the time. With the feature
    /// `parallel` it uses all cores. A batch should have some hundred identities, and takes the memory of twice as many
    /// shares. Either all identities are entered in the register, or none.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] as for [`issue`](Self::issue), for the first identity that cannot be served.
    pub fn issue_all(&mut self, identifiers: &[Identifier]) -> Result<Vec<Share>, AuthorityError> {
        sole(&self.domain)?;
        Ok(self.contribute_all(identifiers)?.into_iter().map(Contribution::into_share).collect())
    }

    /// This issuer's contribution to the share of `identifier`, which is entered in the register.
    ///
    /// The party adds the contributions of all issuers up with [`Share::combine`].
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] as for [`issue`](Self::issue). The domain may have any number of issuers.
    pub fn contribute(&mut self, identifier: &Identifier) -> Result<Contribution, AuthorityError> {
        let point = identifier.point(&self.domain);
        self.served.enter([(identifier.clone(), point)], self.capacity())?;
        Ok(self.contribution((identifier, self.master.row(point))))
    }

    /// This issuer's contributions to many shares, in a batch as with [`issue_all`](Self::issue_all).
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] as for [`contribute`](Self::contribute), for the first identity that cannot be served.
    pub fn contribute_all(&mut self, identifiers: &[Identifier]) -> Result<Vec<Contribution>, AuthorityError> {
        let points = self.enter(identifiers.iter().cloned())?;
        Ok(identifiers.iter().zip(self.master.rows(&points)).map(|row| self.contribution(row)).collect())
    }

    /// The domain of its shares.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Which issuer of the domain it is.
    #[must_use]
    pub fn issuer(&self) -> &Label {
        &self.issuer
    }

    /// The degree t of its polynomial.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.master.threshold()
    }

    /// How many identities it may serve.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity.parties(self.threshold())
    }

    /// The identities it has served.
    ///
    /// The register is public, but its loss is dangerous: an authority that forgot whom it served would serve more than
    /// its capacity. A register only grows, so its length tells a newer one from an older one.
    #[must_use]
    pub fn register(&self) -> &BTreeSet<Identifier> {
        self.served.identities()
    }

    /// Enters identities in the register, and gives their points.
    fn enter(&mut self, identifiers: impl IntoIterator<Item = Identifier>) -> Result<Vec<Point>, AuthorityError> {
        let (mut points, capacity) = (Vec::new(), self.capacity());
        let entries = identifiers.into_iter().map(|identifier| {
            let point = identifier.point(&self.domain);
            points.push(point);
            (identifier, point)
        });
        self.served.enter(entries, capacity)?;
        Ok(points)
    }

    fn contribution(&self, (identifier, row): (&Identifier, Row<'static>)) -> Contribution {
        let (domain, issuer) = (self.domain.clone(), self.issuer.clone());
        Contribution { domain, issuer, identifier: identifier.clone(), row }
    }
}

/// The issuer of a domain that has one.
fn sole(domain: &Domain) -> Result<&Label, AuthorityError> {
    let issuers = domain.issuers();
    issuers.first().filter(|_| issuers.len() == 1).ok_or(AuthorityError::SeveralIssuers)
}

fn check(domain: &Domain, issuer: &Label, threshold: usize) -> Result<(), AuthorityError> {
    if !(1..=limits::THRESHOLD).contains(&threshold) {
        Err(AuthorityError::Threshold)
    } else if !domain.issuers().contains(issuer) {
        Err(AuthorityError::Issuer)
    } else {
        Ok(())
    }
}

#[expect(clippy::expect_used, reason = "a usize has at most 64 bits on every target")]
fn count(n: usize) -> u64 {
    u64::try_from(n).expect("at most 64 bits")
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("domain", &self.domain)
            .field("issuer", &self.issuer)
            .field("threshold", &self.threshold())
            .field("capacity", &self.capacity())
            .field("issued", &self.register().len())
            .finish_non_exhaustive()
    }
}
