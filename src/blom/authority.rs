//! The authority of a domain that has one issuer.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::office::{AuthorityError, IssueError, Office, Terms};
use super::register::{Capacity, Register};
use super::share::Share;
use crate::domain::Domain;
use crate::export;
use crate::identifier::Identifier;
use crate::wire::WireError;

const KIND: &str = "authority";

/// Key predistribution authority: the patent's central organisation.
///
/// It makes the polynomial of one domain and gives each party its share, once it has convinced
/// itself that the party is who the identifier says. How the share reaches its owner in secret is
/// the caller's to arrange.
///
/// It knows every key of its domain. Where that is too much for one,
/// [`JointAuthority`](super::JointAuthority) is for several.
///
/// Secret: wiped on drop, never printed, not `Clone`.
#[derive(Debug)]
pub struct Authority(Office);

impl Authority {
    /// An authority with a master polynomial drawn from `rng`. If `rng` is truly random, and the capacity
    /// [`UNCONDITIONAL`](Capacity::UNCONDITIONAL) or [`CLOSED`](Capacity::CLOSED), no computing power learns a key
    /// from shares that does not belong to them; with a generator that stretches a seed, that is as hard as the
    /// generator.
    ///
    /// `threshold` is the polynomial's degree t, 1 to 32768: any t shares reveal nothing about other
    /// keys, t + 1 reveal all. The authority takes 16 (t + 1)(t + 2) bytes of memory: 17 MB at t = 1024, and 17 GB at
    /// the highest.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, a domain of several issuers, or a generator
    /// that returns the same refused value again and again. No other fault of a generator is noticed.
    pub fn random(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, AuthorityError> {
        Office::random(terms(domain, threshold, capacity)?, rng).map(Self)
    }

    /// An authority whose master polynomial is expanded from a seed: its keys are secure at the
    /// 256-bit level of `ChaCha20` and HKDF, and the seed is all that has to be kept besides the
    /// register.
    ///
    /// Above [`limits::EXPANDED`](crate::limits::EXPANDED) the polynomial is not kept but expanded anew for each call
    /// of [`issue`](Self::issue) or [`issue_all`](Self::issue_all), which then takes memory for some shares only.
    ///
    /// There is no form without a register, because an authority restored from its seed alone
    /// would not know whom it has served. A new one passes [`Register::new`].
    ///
    /// # Security
    ///
    /// Two authorities of different domains may share a seed; two with the same domain and seed are
    /// the same authority.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] for a threshold out of range, a domain of several issuers, or a register
    /// that does not fit.
    pub fn from_seed(
        domain: Domain,
        threshold: usize,
        capacity: Capacity,
        seed: &[u8; 32],
        register: Register,
    ) -> Result<Self, AuthorityError> {
        Office::from_seed(terms(domain, threshold, capacity)?, seed, register).map(Self)
    }

    /// The share of `identifier`, entering it in the register. To a registered identity its share is
    /// issued again.
    ///
    /// Export and store the authority before the share leaves, or a crash forgets the entry.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the capacity is reached, or in the (never seen) case of an identity
    /// whose point in some lane is already taken.
    pub fn issue(&mut self, identifier: &Identifier) -> Result<Share, IssueError> {
        let row = self.0.issue(identifier)?;
        Ok(Share::new(identifier.clone(), self.0.domain.clone(), row))
    }

    /// The shares of many identities, in their order, as [`issue`](Self::issue) gives them one by one and
    /// several times faster. All of them are entered in the register, or none. With the feature `parallel`, on all
    /// cores.
    ///
    /// The rows of the polynomial are made whole for a batch, so it should be large: some hundred identities, as memory
    /// allows (two copies of each share).
    ///
    /// # Errors
    ///
    /// [`IssueError`] as for [`issue`](Self::issue), for the first identity that cannot be served.
    pub fn issue_all(&mut self, identifiers: &[Identifier]) -> Result<Vec<Share>, IssueError> {
        let rows = self.0.issue_all(identifiers)?;
        let share = |(identifier, row): (&Identifier, _)| Share::new(identifier.clone(), self.0.domain.clone(), row);
        Ok(identifiers.iter().zip(rows).map(share).collect())
    }

    /// The domain of its shares.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.0.domain
    }

    /// The degree t of its polynomial.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.0.threshold
    }

    /// How many identities it may serve.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// The identities it has served.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.0.register
    }

    /// The whole authority as bytes, register included: secret, for its own storage.
    ///
    /// With a random master that is 16 (t + 1)(t + 2) bytes and the register; with a seed, the
    /// register and little more.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, &self.0)
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    ///
    /// # Security
    ///
    /// The bytes of an earlier export are as valid as the newest and have forgotten whom the
    /// authority served since: compare the [`register`](Self::register)'s length with a count that
    /// you keep elsewhere.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not an authority of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        let office: Office = export::import(KIND, bytes, bytes.len())?;
        if office.domain.issuers().len() == 1 {
            Ok(Self(office))
        } else {
            Err(WireError::Expected("a domain of one issuer"))
        }
    }
}

/// The terms of a sole issuer.
fn terms(domain: Domain, threshold: usize, capacity: Capacity) -> Result<Terms, AuthorityError> {
    let mut issuers = domain.issuers().iter();
    match (issuers.next().cloned(), issuers.next()) {
        (Some(issuer), None) => Ok(Terms { domain, issuer, threshold, capacity }),
        _ => Err(AuthorityError::SeveralIssuers),
    }
}
