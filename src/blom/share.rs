//! Shares: one party's row of the polynomial.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::row::Row;
use crate::domain::{Domain, Domains};
use crate::export;
use crate::field::ELEMENT;
use crate::identifier::Identifier;
use crate::key::{self, CommonKey, KeyError, KeySource};
use crate::limits;
use crate::point::Point;
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
#[must_use = "an issued share is lost unless it reaches its owner"]
pub struct Share(Held<'static>);

/// A share that stays where it is: in flash, or in a mapped file.
///
/// It derives the same keys as a [`Share`] of the same bytes, more slowly where the processor has vectors, because the
/// coefficients are brought into the form that is multiplied each time. It allocates for itself what it derives from
/// the coefficients once, about a thirtieth of their size; and derivation allocates nothing.
///
/// The bytes are as secret as the share: where they come from, and who wipes them, is the caller's affair. Not `Clone`,
/// because it holds a secret of its own; that is wiped on drop.
///
/// ```
/// # use polyseal::*;
/// fn reply(flash: &[u8], peer: &Identifier) -> Result<CommonKey, Box<dyn core::error::Error>> {
///     let share = BorrowedShare::new(flash)?; // once, at start
///     Ok(share.common_key(peer, share.domain())?)
/// }
/// ```
pub struct BorrowedShare<'a>(Held<'a>);

/// Who holds a row, and of which polynomial.
struct Held<'a> {
    identifier: Identifier,
    domain: Domain,
    domains: Domains,
    row: Row<'a>,
}

impl<'a> Held<'a> {
    fn new(identifier: Identifier, domain: Domain, row: Row<'a>) -> Self {
        Self { domains: domain.clone().into(), identifier, domain, row }
    }

    fn common_key(&self, peer: &Identifier, point: &Point) -> CommonKey {
        CommonKey::extract(&self.row.evaluate(point), &self.domain, &self.identifier, peer)
    }
}

impl Share {
    pub(super) fn new(identifier: Identifier, domain: Domain, row: Row<'static>) -> Self {
        Self(Held::new(identifier, domain, row))
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

impl<'a> BorrowedShare<'a> {
    /// A share over the bytes that [`Share::export`] gave, all of which are looked at once.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not a share of this version, or are damaged.
    pub fn new(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader::new(export::body(KIND, bytes, LONGEST)?);
        head(&mut r)?;
        let (domain, identifier) = (Domain::decode(&mut r)?, Identifier::decode(&mut r)?);
        let row = Row::over(&mut r)?;
        r.finish()?;
        Ok(Self(Held::new(identifier, domain, row)))
    }
}

macro_rules! shares {
    ($($share:ty),*) => {$(
        impl $share {
            /// The domain it belongs to.
            #[must_use]
            pub fn domain(&self) -> &Domain {
                &self.0.domain
            }

            /// The degree t of the polynomial: how many other shares reveal nothing about this one's keys.
            #[must_use]
            pub fn threshold(&self) -> usize {
                self.0.row.threshold()
            }
        }

        impl KeySource for $share {
            fn identifier(&self) -> &Identifier {
                &self.0.identifier
            }

            fn domains(&self) -> &Domains {
                &self.0.domains
            }

            fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
                key::check_peer(self, peer, domain)?;
                Ok(self.0.common_key(peer, &peer.point(domain)))
            }
        }

        impl fmt::Debug for $share {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($share))
                    .field("identifier", &self.0.identifier)
                    .field("domain", &self.0.domain)
                    .field("threshold", &self.threshold())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

shares!(Share, BorrowedShare<'_>);

/// What stands before the items of a share.
fn head(r: &mut Reader<'_>) -> Result<(), WireError> {
    r.tuple("a share", 4)
}

impl Encode for Share {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.0.domain).item(&self.0.identifier).item(&self.0.row);
    }
}

impl Decode for Share {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        head(r)?;
        let (domain, identifier) = (Domain::decode(r)?, Identifier::decode(r)?);
        Ok(Self(Held::new(identifier, domain, Row::decode(r)?)))
    }
}
