//! Shares: one party's row of the polynomial.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::export;
use crate::field::{self, ELEMENT, Element};
use crate::identifier::Identifier;
use crate::key::{CommonKey, KeyError, KeySource};
use crate::limits;
use crate::point::Point;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "share";

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
    lanes: [Zeroizing<Vec<Element>>; 2],
}

impl Share {
    /// Lanes of equal length, as an authority makes them.
    pub(super) fn new(identifier: Identifier, domain: Domain, lanes: [Zeroizing<Vec<Element>>; 2]) -> Self {
        Self { identifier, domain, lanes }
    }

    /// The domain it belongs to.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The degree t of the polynomial: how many other shares reveal nothing about this one's keys.
    #[must_use]
    pub fn threshold(&self) -> usize {
        let [lane, _] = &self.lanes;
        lane.len().saturating_sub(1)
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
        // Domain, identifier and heads are below 2048 bytes.
        const MOST: usize = (limits::THRESHOLD + 1) * 2 * ELEMENT + 2048;
        export::import(KIND, bytes, MOST)
    }

    /// f(x, y) in both lanes, for the extraction.
    fn evaluate(&self, point: &Point) -> Zeroizing<[u8; 32]> {
        let mut raw = Zeroizing::new([0; 32]);
        let (words, _) = raw.as_chunks_mut::<ELEMENT>();
        for ((word, lane), x) in words.iter_mut().zip(&self.lanes).zip(point.0) {
            *word = field::evaluate(lane, x).to_bytes();
        }
        raw
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
        if *domain != self.domain {
            return Err(KeyError::UnknownDomain);
        }
        if *peer == self.identifier {
            return Err(KeyError::Oneself);
        }
        let raw = self.evaluate(&peer.point(domain));
        Ok(CommonKey::extract(&raw, domain, &self.identifier, peer))
    }
}

impl Encode for Share {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let size = self.threshold().saturating_add(1).saturating_mul(2 * ELEMENT);
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for coefficient in self.lanes.iter().flat_map(|lane| lane.iter()) {
            bytes.extend_from_slice(&coefficient.to_bytes());
        }
        w.array(4).item(&self.domain).item(&self.identifier);
        w.uint(u64::try_from(self.threshold()).unwrap_or(u64::MAX)).bytes(&bytes);
    }
}

impl Decode for Share {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a share", 4)?;
        let domain = Domain::decode(r)?;
        let identifier = Identifier::decode(r)?;
        let size = r.threshold()?.saturating_add(1);
        let length = size.saturating_mul(2 * ELEMENT);
        let bytes = r.bytes("the coefficients of a share", length, length)?;
        let (words, _) = bytes.as_chunks();
        let lane = |words: &[[u8; ELEMENT]]| {
            let mut lane = Zeroizing::new(Vec::with_capacity(size));
            for word in words {
                lane.push(Element::from_bytes(*word).ok_or(WireError::Expected("canonical field elements"))?);
            }
            Ok(lane)
        };
        let (first, second) = words.split_at_checked(size).ok_or(WireError::Truncated)?;
        Ok(Self { identifier, domain, lanes: [lane(first)?, lane(second)?] })
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
