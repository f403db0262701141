//! The secret of an authority, and what is issued from it.

use std::collections::BTreeSet;

use polyseal::authority::{Contribution, RootSecret};
use polyseal::key::Cohort;
use polyseal::rand_core::Rng;
use polyseal::{Authority, Identifier, Share, Zeroizing};

use crate::Result;
use crate::terms::Terms;
use polyseal_examples::program::os_rng;

/// What the polynomials of an epoch are made from.
pub(crate) enum Secret {
    /// A sole issuer has a root, which is ratcheted from epoch to epoch.
    Root(RootSecret),
    /// One of several issuers has a seed for each epoch, from the operating system.
    Seed(Zeroizing<[u8; 32]>),
}

impl Secret {
    pub(crate) fn random(terms: &Terms) -> Self {
        let mut rng = os_rng();
        if terms.is_joint() {
            let mut seed = Zeroizing::new([0; 32]);
            rng.fill_bytes(seed.as_mut_slice());
            Self::Seed(seed)
        } else {
            Self::Root(RootSecret::random(terms.label.clone(), terms.issuer.clone(), terms.epoch, &mut rng))
        }
    }

    /// The secret of the next epoch, whose terms these are.
    pub(crate) fn next(self, terms: &Terms) -> Result<Self> {
        Ok(match self {
            Self::Root(root) => Self::Root(root.ratchet()?),
            Self::Seed(_) => Self::random(terms),
        })
    }

    pub(crate) fn export(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Root(root) => root.export(),
            Self::Seed(seed) => Zeroizing::new(seed.to_vec()),
        }
    }

    pub(crate) fn import(terms: &Terms, bytes: &[u8]) -> Option<Self> {
        if terms.is_joint() {
            bytes.try_into().ok().map(|seed| Self::Seed(Zeroizing::new(seed)))
        } else {
            RootSecret::import(bytes).ok().map(Self::Root)
        }
    }

    /// The authority of one polynomial, with the identities that it serves.
    pub(crate) fn authority(&self, terms: &Terms, cohort: Cohort, register: BTreeSet<Identifier>) -> Result<Authority> {
        let (threshold, capacity) = (terms.threshold, terms.capacity());
        Ok(match self {
            Self::Root(root) => root.authority(terms.epoch()?, cohort, threshold, capacity, register)?,
            Self::Seed(seed) => {
                let (domain, issuer) = (terms.domain(cohort)?, terms.issuer.clone());
                Authority::joint_from_seed(domain, issuer, threshold, capacity, seed, register)?
            }
        })
    }
}

/// The shares of these identities, or the contributions to them, as bytes in the same order.
pub(crate) fn issue_all(
    authority: &mut Authority,
    terms: &Terms,
    identities: &[Identifier],
) -> Result<Vec<Zeroizing<Vec<u8>>>> {
    Ok(if terms.is_joint() {
        authority.contribute_all(identities)?.iter().map(Contribution::export).collect()
    } else {
        authority.issue_all(identities)?.iter().map(Share::export).collect()
    })
}
