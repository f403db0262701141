//! The key that two parties share, and the keys derived from it (`SPEC.md`, section 8).

use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::hash::{self, Prf, prefix};
use crate::identifier::Identifier;

/// The 32-byte key that two parties share in a domain.
///
/// Secret: wiped on drop, never printed, compared in constant time. Not `Clone`: derive it again,
/// or pass a reference. It is not boxed, so that deriving one allocates nothing: a vector that grows, or a map, would leave
/// copies behind as it moves its values. A cache keeps each in a `Box`.
pub struct CommonKey(Zeroizing<[u8; 32]>);

impl CommonKey {
    /// HKDF-SHA-256 over 32 secret bytes that the two parties share: the raw value of the
    /// polynomial, or a preshared key.
    ///
    /// Salt: the version label. Info: `[version, "common key", domain, low, high]`, the two
    /// identifiers in ascending bytewise order, so that both parties write the same.
    ///
    /// # Security
    ///
    /// `input` must be uniform, secret, and shared by these two parties only.
    #[must_use]
    pub fn extract(input: &[u8; 32], domain: &Domain, one: &Identifier, other: &Identifier) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self(hash::extract(input).expand(prefix!("common key", 3), |w| {
            w.item(domain).item(low).item(high);
        }))
    }

    /// Takes the bytes that [`export`](Self::export) gave.
    #[must_use]
    pub fn import(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// The key itself, for a cache in a place as safe as the share's own.
    #[must_use]
    pub fn export(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// The key of a session: `HMAC(common key, [version, "session", shared, bound])`, which is HKDF-Extract of a fresh
    /// secret with the common key as salt. Learning only one of the two does not reveal it.
    pub(crate) fn session(&self, shared: &[u8; 32], bound: &[u8; 32]) -> Self {
        let key = Prf::new(&self.0).eval(prefix!("session", 2), |w| {
            w.bytes(shared).bytes(bound);
        });
        Self(Zeroizing::new(*key))
    }

    /// The key for one direction: `HKDF-Expand(common key, [version, "direction", sender, receiver])`.
    pub(crate) fn directional(&self, sender: &Identifier, receiver: &Identifier) -> DirectionalKey {
        let key = Prf::new(&self.0).expand(prefix!("direction", 2), |w| {
            w.item(sender).item(receiver);
        });
        DirectionalKey { prf: Prf::new(&key) }
    }
}

impl ConstantTimeEq for CommonKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

impl fmt::Debug for CommonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommonKey(..)")
    }
}

/// The key for what one party sends another, whatever the purpose. The key of a message, its commitment and its salt are
/// MACs under it, so its two blocks are compressed once for all of them.
#[derive(Debug)]
pub(crate) struct DirectionalKey {
    pub(crate) prf: Prf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_extract_the_same_key_and_nobody_else_does() {
        let [a, b, c] = ["a", "b", "c"].map(|id| Identifier::new(id).unwrap());
        let key = |domain, x, y| *CommonKey::extract(&[9; 32], &domain, x, y).export();
        assert_eq!(key(Domain::sample("bank", 1), &a, &b), key(Domain::sample("bank", 1), &b, &a));
        assert_ne!(key(Domain::sample("bank", 1), &a, &b), key(Domain::sample("bank", 1), &a, &c));
        assert_ne!(key(Domain::sample("bank", 1), &a, &b), key(Domain::sample("bank", 2), &a, &b));
    }

    #[test]
    fn directions_and_peers_have_keys_of_their_own() {
        let [a, b, c] = ["a", "b", "c"].map(|id| Identifier::new(id).unwrap());
        let common = CommonKey::import(&[5; 32]);
        let probe = |from, to| *common.directional(from, to).prf.eval(prefix!("probe", 0), |_| {});
        let distinct = alloc::collections::BTreeSet::from([probe(&a, &b), probe(&b, &a), probe(&a, &c), probe(&c, &b)]);
        assert_eq!(distinct.len(), 4);
    }
}
