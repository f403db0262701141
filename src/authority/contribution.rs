//! Contributions: what one of several issuers gives to a share.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::AuthorityError;
use super::row::Row;
use super::share::{LONGEST, Share};
use crate::domain::Domain;
use crate::export;
use crate::hash::{self, Prf, prefix};
use crate::identifier::Identifier;
use crate::key::KeyError;
use crate::name::Label;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "contribution";

/// What one issuer of a domain gives to a party's share. [`Share::combine`] makes the share once there is one of each.
///
/// ```compile_fail
/// # use polyseal::{*, authority::*};
/// // A contribution derives no key.
/// fn step(contribution: Contribution, peer: &Identifier, domain: &Domain) {
///     let key = contribution.common_key(peer, domain);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, authority::*};
/// fn step(contributions: &[Contribution], peer: &Identifier, domain: &Domain) {
///     let key = Share::combine(contributions).map(|share| share.common_key(peer, domain));
/// }
/// ```
///
/// # Security
///
/// A contribution is as secret as a share. It is wiped on drop and never printed. It is not `Clone`.
#[derive(Debug)]
#[must_use = "an issued contribution is lost unless it reaches its owner"]
pub struct Contribution {
    pub(super) domain: Domain,
    pub(super) issuer: Label,
    pub(super) identifier: Identifier,
    pub(super) row: Row<'static>,
}

impl Contribution {
    /// The issuer that gave it.
    #[must_use]
    pub fn issuer(&self) -> &Label {
        &self.issuer
    }

    /// The party it is for.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The domain of the share.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The degree t of the polynomial.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.row.threshold()
    }

    /// A value to find out which issuer is at fault when two parties derive different keys.
    ///
    /// If the issuer gave both parties rows of one symmetric polynomial, `peer` computes the same value from its own
    /// contribution of this issuer with the same challenge. The two parties compare their values, issuer by issuer,
    /// over any channel. An issuer whose values differ is at fault.
    ///
    /// # Security
    ///
    /// The values are no evidence for anybody else, because either party may lie about its own. Nothing about a key can
    /// be computed from them, but they depend on it: once they are disclosed, the key of the two is secure against
    /// bounded computing power only.
    ///
    /// # Errors
    ///
    /// [`KeyError::Oneself`] if `peer` is the party that the contribution is for.
    pub fn probe(&self, peer: &Identifier, challenge: &[u8; 32]) -> Result<[u8; 32], KeyError> {
        if *peer == self.identifier {
            return Err(KeyError::Oneself);
        }
        let raw = self.row.evaluate(&peer.point(&self.domain));
        let key = hash::extract(&raw).expand(prefix!("probe", 2), |w| {
            w.item(&self.domain).item(&self.issuer);
        });
        Ok(*Prf::new(&key).eval(prefix!("probe", 1), |w| {
            w.bytes(challenge);
        }))
    }

    /// The contribution as secret bytes, for its owner. They are 32 (t + 1) bytes and at most 2048 more.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Reads the bytes that [`export`](Self::export) wrote.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the bytes are not a contribution of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, LONGEST)
    }

    /// What the contributions to one share have in common.
    fn terms(&self) -> (&Domain, &Identifier, usize) {
        (&self.domain, &self.identifier, self.threshold())
    }

    /// The share, where the domain has no other issuer.
    pub(super) fn into_share(self) -> Share {
        let Self { domain, identifier, row, issuer: _ } = self;
        Share::new(identifier, domain, row)
    }
}

impl Share {
    /// Adds the contributions of all issuers of a domain up to a share.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`] unless there is exactly one contribution of each issuer, and all have the same domain,
    /// identifier and threshold.
    pub fn combine(contributions: &[Contribution]) -> Result<Self, AuthorityError> {
        let (first, rest) = contributions.split_first().ok_or(AuthorityError::NoContribution)?;
        // N-5
        let mut missing: BTreeSet<&Label> = first.domain.issuers().iter().collect();
        for contribution in contributions {
            let issuer = &contribution.issuer;
            if contribution.terms() != first.terms() {
                return Err(AuthorityError::UnlikeContribution { issuer: issuer.clone() });
            }
            if !missing.remove(issuer) {
                return Err(AuthorityError::RepeatedContribution { issuer: issuer.clone() });
            }
        }
        if let Some(issuer) = missing.pop_first() {
            return Err(AuthorityError::MissingContribution { issuer: issuer.clone() });
        }
        let row = rest.iter().fold(first.row.owned(), |sum, contribution| sum.plus(&contribution.row));
        Ok(Self::new(first.identifier.clone(), first.domain.clone(), row))
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
        // S-3
        if !domain.issuers().contains(&issuer) {
            return Err(WireError::Expected("an issuer of the domain"));
        }
        Ok(Self { domain, issuer, identifier: Identifier::decode(r)?, row: Row::decode(r)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Capacity};
    use crate::domain::Epoch;

    #[test]
    fn a_contribution_of_an_issuer_that_the_domain_does_not_name_is_refused() {
        let [net, one, two, other] = ["net", "one", "two", "other"].map(|name| Label::new(name).unwrap());
        let domain = Domain::joint(net, [one.clone(), two], Epoch::new(1, 0, 10).unwrap()).unwrap();
        let (capacity, register) = (Capacity::UNCONDITIONAL, BTreeSet::new());
        let mut authority = Authority::joint_from_seed(domain, one, 2, capacity, &[7; 32], register).unwrap();
        let mut contribution = authority.contribute(&Identifier::new("alice").unwrap()).unwrap();
        assert!(Contribution::import(&contribution.export()).is_ok());
        contribution.issuer = other;
        let refused = Some(WireError::Expected("an issuer of the domain"));
        assert_eq!(Contribution::import(&contribution.export()).err(), refused);
    }
}
