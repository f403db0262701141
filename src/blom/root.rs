//! One secret for a network: the authorities of every epoch and cohort come from it.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::authority::Authority;
use super::office::AuthorityError;
use super::register::{Capacity, Register};
use crate::domain::{Cohort, Domain, Epoch};
use crate::export;
use crate::hash;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "root";

/// The root secret of a network with many cohorts, for one epoch at a time.
///
/// From it come the authorities of the epoch: one for each cohort of card holders, and one for the services among
/// themselves. [`ratchet`](Self::ratchet) moves it on to the next epoch; from there the last one cannot be derived
/// again, so erased shares stay erased.
///
/// A card holder gets a share from the authority of its own cohort, [`Cohort::of`]; a service one from the authority of
/// every cohort, [`Cohort::every`].
///
/// Secret: it knows every key of its network from this epoch on. Wiped on drop, never printed, not `Clone`.
pub struct Root {
    label: Label,
    issuer: Label,
    epoch: u64,
    secret: Zeroizing<[u8; 32]>,
}

impl Root {
    /// A new root, of the epoch numbered `epoch`.
    pub fn random(label: Label, issuer: Label, epoch: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut_slice());
        Self { label, issuer, epoch, secret }
    }

    /// The number of the epoch that it is at.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The domain of a cohort in this epoch.
    ///
    /// # Errors
    ///
    /// [`RootError::Epoch`] unless `epoch` has this root's number.
    pub fn domain(&self, epoch: Epoch, cohort: Cohort) -> Result<Domain, RootError> {
        if epoch.number() == self.epoch {
            Ok(Domain::new(self.label.clone(), self.issuer.clone(), epoch).with_cohort(cohort))
        } else {
            Err(RootError::Epoch { expected: self.epoch })
        }
    }

    /// The authority of a cohort in this epoch, with the register that is kept for it.
    ///
    /// Its seed is `HKDF(root secret, [version, "cohort", domain])`.
    ///
    /// # Errors
    ///
    /// [`RootError`] for another epoch, or what [`Authority::from_seed`] refuses.
    pub fn authority(
        &self,
        epoch: Epoch,
        cohort: Cohort,
        threshold: usize,
        capacity: Capacity,
        register: Register,
    ) -> Result<Authority, RootError> {
        let domain = self.domain(epoch, cohort)?;
        let seed = hash::extract(&self.secret).expand("cohort", 1, |w| {
            w.item(&domain);
        });
        Ok(Authority::from_seed(domain, threshold, capacity, &seed, register)?)
    }

    /// Moves on to the next epoch. The secret of this one is wiped: export and store the result in its place.
    ///
    /// The next secret is `HKDF(root secret, [version, "ratchet", label, issuer, epoch])`.
    #[must_use = "the root of this epoch is gone"]
    pub fn ratchet(self) -> Self {
        let Self { label, issuer, epoch, secret } = self;
        let secret = hash::extract(&secret).expand("ratchet", 3, |w| {
            w.item(&label).item(&issuer).uint(epoch);
        });
        Self { label, issuer, epoch: epoch.saturating_add(1), secret }
    }

    /// The root as bytes: secret.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not a root of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, bytes.len())
    }
}

impl Encode for Root {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.label).item(&self.issuer).uint(self.epoch).bytes(self.secret.as_slice());
    }
}

impl Decode for Root {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a root", 4)?;
        let (label, issuer) = (Label::decode(r)?, Label::decode(r)?);
        let epoch = r.uint("an epoch's number", u64::MAX)?;
        Ok(Self { label, issuer, epoch, secret: Zeroizing::new(r.exact("a secret")?) })
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("label", &self.label)
            .field("issuer", &self.issuer)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// Why a root gives no authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootError {
    /// The epoch is not the one that the root is at. Earlier ones are gone; for later ones, ratchet.
    Epoch {
        /// The number of the root's epoch.
        expected: u64,
    },
    /// The authority's parameters are refused.
    Authority(AuthorityError),
}

impl From<AuthorityError> for RootError {
    fn from(error: AuthorityError) -> Self {
        Self::Authority(error)
    }
}

impl fmt::Display for RootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epoch { expected } => write!(f, "the root is at epoch {expected}, and gives authorities of no other"),
            Self::Authority(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RootError {}
