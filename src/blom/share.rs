//! Shares: one party's row of the polynomial.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::row::Row;
use crate::domain::Domain;
use crate::export;
use crate::field::ELEMENT;
use crate::identifier::Identifier;
use crate::key::{self, CommonKey, KeyError, KeySource};
use crate::limits;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "share";

/// Bytes of the longest share: domain, identifiers and heads are below 2048.
pub(super) const LONGEST: usize = (limits::THRESHOLD + 1) * 2 * ELEMENT + 2048;

/// A party's secret share: the polynomial f(x, ·) of its own point x, in two lanes.
///
/// It is the patent's secret private key. With it and another party's identifier alone, its owner
/// derives the key that the two share: at a cost that depends on the threshold t only, in time that
/// does not depend on any secret.
///
/// Secret: wiped on drop, never printed. Not `Clone`: one owner, one place to wipe. Whoever has it
/// can read what its owner can read, and can impersonate anyone *to* its owner.
pub struct Share {
    identifier: Identifier,
    domain: Domain,
    row: Row<'static>,
}

impl Share {
    pub(super) fn new(identifier: Identifier, domain: Domain, row: Row<'static>) -> Self {
        Self { identifier, domain, row }
    }

    /// The domain it belongs to.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The degree t of the polynomial: how many other shares reveal nothing about this one's keys.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.row.threshold()
    }

    /// The share as bytes, 32 (t + 1) and some: secret, for the owner's storage.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not a share of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, LONGEST)
    }
}

impl KeySource for Share {
    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn domains(&self) -> &[Domain] {
        core::slice::from_ref(&self.domain)
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        key::check_peer(self, peer, domain)?;
        let raw = self.row.evaluate(&peer.point(domain));
        Ok(CommonKey::extract(&raw, domain, &self.identifier, peer))
    }
}

impl Encode for Share {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.domain).item(&self.identifier).item(&self.row);
    }
}

impl Decode for Share {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a share", 4)?;
        Ok(Self { domain: Domain::decode(r)?, identifier: Identifier::decode(r)?, row: Row::decode(r)? })
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share")
            .field("identifier", &self.identifier)
            .field("domain", &self.domain)
            .field("threshold", &self.threshold())
            .finish_non_exhaustive()
    }
}
