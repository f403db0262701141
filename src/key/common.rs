//! The key that two parties share, and the keys derived from it.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::hash::{self, Prf};
use crate::identifier::Identifier;

/// The 32-byte key that two parties share in a domain.
///
/// Secret: wiped on drop, never printed, compared in constant time. Not `Clone`: derive it again,
/// or pass a reference.
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
        Self(hash::extract(input).expand("common key", 3, |w| {
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
    /// secret with the common key as salt. Who learns one of the two only does not know it.
    pub(crate) fn session(&self, shared: &[u8; 32], bound: &[u8; 32]) -> Self {
        let key = Prf::new(&self.0).eval("session", 2, |w| {
            w.bytes(shared).bytes(bound);
        });
        Self(Zeroizing::new(*key))
    }

    /// The key for one purpose and one direction:
    /// `HKDF-Expand(common key, [version, "seal", purpose, from, to])`.
    pub(crate) fn directional(&self, purpose: Purpose, from: &Identifier, to: &Identifier) -> DirectionalKey {
        let key = Prf::new(&self.0).expand("seal", 3, |w| {
            w.text(purpose.label()).item(from).item(to);
        });
        DirectionalKey { prf: Prf::new(&key), purpose }
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

/// What a sealed message is for. Keys for different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Part,
    Relay,
    Authorization,
    Dispatch,
    Receipt,
    Handshake,
}

impl Purpose {
    /// Whether messages of this purpose are sealed under a session where there is one.
    pub(crate) fn goes_under_sessions(self) -> bool {
        matches!(self, Self::Part | Self::Relay | Self::Dispatch)
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Relay => "relay",
            Self::Authorization => "authentication",
            Self::Dispatch => "dispatch",
            Self::Receipt => "receipt",
            Self::Handshake => "confirm",
        }
    }
}

/// A key for messages of one purpose from one party to another.
#[derive(Debug)]
pub(crate) struct DirectionalKey {
    pub(crate) prf: Prf,
    pub(crate) purpose: Purpose,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Epoch;
    use crate::name::Label;

    fn domain(number: u64) -> Domain {
        let label = Label::new("bank").unwrap();
        Domain::new(label.clone(), label, Epoch::new(number, 0, 10).unwrap())
    }

    #[test]
    fn both_ends_extract_the_same_key_and_nobody_else_does() {
        let [a, b, c] = ["a", "b", "c"].map(|id| Identifier::new(id).unwrap());
        let key = |domain, x, y| *CommonKey::extract(&[9; 32], &domain, x, y).export();
        assert_eq!(key(domain(1), &a, &b), key(domain(1), &b, &a));
        assert_ne!(key(domain(1), &a, &b), key(domain(1), &a, &c));
        assert_ne!(key(domain(1), &a, &b), key(domain(2), &a, &b));
    }

    #[test]
    fn directions_and_purposes_have_keys_of_their_own() {
        let [a, b] = ["a", "b"].map(|id| Identifier::new(id).unwrap());
        let common = CommonKey::import(&[5; 32]);
        let probe = |purpose, from, to| *common.directional(purpose, from, to).prf.eval("probe", 0, |_| {});
        let keys = [
            probe(Purpose::Part, &a, &b),
            probe(Purpose::Part, &b, &a),
            probe(Purpose::Relay, &a, &b),
            probe(Purpose::Authorization, &a, &b),
            probe(Purpose::Dispatch, &a, &b),
            probe(Purpose::Receipt, &a, &b),
            probe(Purpose::Handshake, &a, &b),
        ];
        let distinct: alloc::collections::BTreeSet<_> = keys.into_iter().collect();
        assert_eq!(distinct.len(), 7);
    }
}
