//! One secret for a network: the authorities of every epoch and cohort come from it.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Authority, AuthorityError, Capacity};
use crate::domain::{Cohort, Domain, Epoch};
use crate::export;
use crate::hash::{self, prefix};
use crate::identifier::Identifier;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "root";

/// The secret of a network with many cohorts, for one epoch at a time.
///
/// It makes the authorities of its epoch: one for each cohort of card holders, and one for the services among
/// themselves. A card holder gets a share from the authority of its own cohort, [`Cohort::of`]. A service gets a share
/// from the authority of every cohort, [`Cohort::every`].
///
/// # Security
///
/// It knows every key of its network, from its epoch on. [`ratchet`](Self::ratchet) replaces it by the secret of the next
/// epoch, from which this epoch's keys cannot be computed. It is wiped on drop and never printed. It is not `Clone`.
pub struct RootSecret {
    label: Label,
    issuer: Label,
    epoch: u64,
    /// Boxed: a root secret is moved.
    secret: Box<Zeroizing<[u8; 32]>>,
}

impl RootSecret {
    /// A new secret of 32 bytes from `rng`, for the epoch numbered `epoch`.
    pub fn random(label: Label, issuer: Label, epoch: u64, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut secret = Box::new(Zeroizing::new([0; 32]));
        rng.fill_bytes(secret.as_mut_slice());
        Self { label, issuer, epoch, secret }
    }

    /// The number of its epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The domain of a cohort in its epoch.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Epoch`] unless `epoch` has the number of this secret's epoch.
    pub fn domain(&self, epoch: Epoch, cohort: Cohort) -> Result<Domain, AuthorityError> {
        // N-4
        if epoch.number() == self.epoch {
            Ok(Domain::new(self.label.clone(), self.issuer.clone(), epoch).with_cohort(cohort))
        } else {
            Err(AuthorityError::Epoch { expected: self.epoch })
        }
    }

    /// The authority of a cohort in its epoch. `register` holds the identities that it has served so far.
    ///
    /// The authority's seed is `HKDF(root secret, [version, "cohort", domain])`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Epoch`] for another epoch, and the errors of [`Authority::from_seed`].
    pub fn authority(
        &self,
        epoch: Epoch,
        cohort: Cohort,
        threshold: usize,
        capacity: Capacity,
        register: BTreeSet<Identifier>,
    ) -> Result<Authority, AuthorityError> {
        let domain = self.domain(epoch, cohort)?;
        let seed = hash::extract(&self.secret).expand(prefix!("cohort", 1), |w| {
            w.item(&domain);
        });
        Authority::from_seed(domain, threshold, capacity, &seed, register)
    }

    /// The secret of the next epoch. The secret of this epoch is wiped: export the new one and store it in its place.
    ///
    /// The next secret is `HKDF(root secret, [version, "ratchet", label, issuer, epoch])`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::LastEpoch`] if no number is left.
    #[must_use = "the secret of this epoch is gone"]
    pub fn ratchet(self) -> Result<Self, AuthorityError> {
        let Self { label, issuer, epoch, secret } = self;
        let next = epoch.checked_add(1).ok_or(AuthorityError::LastEpoch)?;
        let secret = hash::extract(&secret).expand(prefix!("ratchet", 3), |w| {
            w.item(&label).item(&issuer).uint(epoch);
        });
        Ok(Self { label, issuer, epoch: next, secret: Box::new(secret) })
    }

    /// The root secret as secret bytes, for your own storage.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Reads the bytes that [`export`](Self::export) wrote.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the bytes are not a root secret of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, bytes.len())
    }
}

impl Encode for RootSecret {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.label).item(&self.issuer).uint(self.epoch).bytes(self.secret.as_slice());
    }
}

impl Decode for RootSecret {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a root", 4)?;
        let (label, issuer) = (Label::decode(r)?, Label::decode(r)?);
        let epoch = r.uint("an epoch's number", u64::MAX)?;
        let secret = Box::new(Zeroizing::new(r.exact("a secret")?));
        Ok(Self { label, issuer, epoch, secret })
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, issuer, epoch, secret: _ } = self;
        let mut shown = f.debug_struct("RootSecret");
        shown.field("label", label).field("issuer", issuer).field("epoch", epoch).finish_non_exhaustive()
    }
}
