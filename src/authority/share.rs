//! Shares: one party's row of the polynomial.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::row::Row;
use crate::domain::{Domain, Domains};
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
/// With the share and another party's [`Identifier`], its owner derives the key that the two have in common. The cost
/// depends on the threshold t only, and the time does not depend on any secret. Deriving a key allocates no memory.
/// To use a key again, keep the [`CommonKey`], in a `Box` of its own where it can be moved.
///
/// # Security
///
/// With the share of a party one can read what that party can read, and can impersonate anyone *to* that party. The
/// share is wiped on drop and never printed. It is not `Clone`: it has one owner and one place to wipe.
#[derive(Debug)]
#[must_use = "an issued share is lost unless it reaches its owner"]
pub struct Share {
    pub(super) identifier: Identifier,
    pub(super) domain: Domain,
    domains: Domains,
    pub(super) row: Row<'static>,
}

/// A share whose bytes stay where they are, in flash or in a mapped file.
///
/// It derives the same keys as a [`Share`] of the same bytes. Where the processor has vectors it is slower, because it
/// converts the coefficients each time. It allocates a thirtieth of their size once. Deriving a key allocates no memory.
///
/// # Security
///
/// The bytes are as secret as the share. The caller has to protect and to wipe them. The type holds a secret of its own,
/// which is wiped on drop, so that it is not `Clone`.
///
/// ```
/// # use polyseal::{Identifier, KeySource, authority::BorrowedShare, key::CommonKey};
/// fn reply(flash: &[u8], peer: &Identifier) -> Result<CommonKey, Box<dyn core::error::Error>> {
///     let share = BorrowedShare::new(flash)?; // once, at start
///     Ok(share.common_key(peer, share.domain())?)
/// }
/// ```
#[derive(Debug)]
pub struct BorrowedShare<'a> {
    identifier: Identifier,
    domain: Domain,
    domains: Domains,
    row: Row<'a>,
}

impl Share {
    pub(super) fn new(identifier: Identifier, domain: Domain, row: Row<'static>) -> Self {
        Self { identifier, domains: domain.clone().into(), domain, row }
    }

    /// The share as secret bytes, for its owner's storage. They are 32 (t + 1) bytes and at most 2048 more.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
    }

    /// Reads the bytes that [`export`](Self::export) wrote.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the bytes are not a share of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, LONGEST)
    }
}

impl<'a> BorrowedShare<'a> {
    /// Reads the bytes that [`Share::export`] wrote. All of them are checked once.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the bytes are not a share of this version, or are damaged.
    pub fn new(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader::new(export::body(KIND, bytes, LONGEST)?);
        let share = Self::read(&mut r)?;
        r.finish()?;
        Ok(share)
    }

    fn read(r: &mut Reader<'a>) -> Result<Self, WireError> {
        r.tuple("a share", 4)?;
        let (domain, identifier) = (Domain::decode(r)?, Identifier::decode(r)?);
        Ok(Self { identifier, domains: domain.clone().into(), domain, row: Row::over(r)? })
    }
}

macro_rules! shares {
    ($($share:ty),*) => {$(
        impl $share {
            /// The domain of its keys.
            #[must_use]
            pub fn domain(&self) -> &Domain {
                &self.domain
            }

            /// The degree t of the polynomial: any t other shares reveal nothing about the raw keys of this one.
            #[must_use]
            pub fn threshold(&self) -> usize {
                self.row.threshold()
            }
        }

        impl KeySource for $share {
            fn identifier(&self) -> &Identifier {
                &self.identifier
            }

            fn domains(&self) -> &Domains {
                &self.domains
            }

            fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
                key::check_peer(self, peer, domain)?;
                let raw = self.row.evaluate(&peer.point(domain));
                Ok(CommonKey::extract(&raw, &self.domain, &self.identifier, peer))
            }

            fn is_revoked(&self, _: &Identifier) -> bool {
                false
            }

            fn can_revoke(&self) -> bool {
                false
            }
        }
    )*};
}

shares!(Share, BorrowedShare<'_>);

impl Encode for Share {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).item(&self.domain).item(&self.identifier).item(&self.row);
    }
}

impl Decode for Share {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let BorrowedShare { identifier, domain, row, .. } = BorrowedShare::read(r)?;
        Ok(Self::new(identifier, domain, row.owned()))
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::authority::{Authority, Capacity};
    use crate::domain::Epoch;
    use crate::name::Label;
    use crate::wire;

    /// A share's items, so that a test can change their bytes.
    struct Raw(Vec<u8>);

    impl Encode for Raw {
        fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
            w.raw(&self.0);
        }
    }

    #[test]
    fn coefficients_that_are_not_below_p_are_refused_in_both_lanes() {
        let label = Label::new("bank").unwrap();
        let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 10).unwrap());
        let authority = Authority::from_seed(domain, 2, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new());
        let share = authority.unwrap().issue(&Identifier::new("alice").unwrap()).unwrap();
        let body: Vec<u8> = wire::encode(&share);
        // The coefficients are the last bytes: three for each lane.
        let coefficients = body.len() - 2 * 3 * ELEMENT;
        let prime = ((1_u128 << 127) - 1).to_le_bytes();
        for place in 0..6 {
            let at = coefficients + place * ELEMENT;
            for value in [prime, [0xff; ELEMENT], (1_u128 << 127).to_le_bytes()] {
                let mut body = body.clone();
                body[at..at + ELEMENT].copy_from_slice(&value);
                let bytes = export::export(KIND, &Raw(body));
                let refused = Some(WireError::Expected("canonical field elements"));
                assert_eq!(Share::import(&bytes).err(), refused, "coefficient {place}");
                assert_eq!(BorrowedShare::new(&bytes).err(), refused, "coefficient {place}");
            }
        }
        assert_eq!(export::export(KIND, &Raw(body)), share.export());
    }
}
