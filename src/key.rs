//! Pairwise keys: where they come from, and what is derived from them.

use alloc::collections::BTreeMap;
use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::domain::{Domain, DomainError};
use crate::hash::{self, Prf};
use crate::identifier::Identifier;

/// Where a party's keys come from.
///
/// A [`Share`](crate::Share) computes them, [`PresharedKeys`] holds them (the patent's separately
/// established, or centrally distributed, keys), and a type of yours may fetch them from a hardware
/// module: it ends in [`CommonKey::extract`].
///
/// For a card manager that talks to its own card holders alone, none of the generality is needed:
/// `HMAC(issuer key, card holder's identifier)` as a preshared key beats any polynomial, because no
/// coalition of card holders ever breaks it.
pub trait KeySource {
    /// The identifier whose keys these are.
    fn identifier(&self) -> &Identifier;

    /// The domains in which there are keys, the preferred one first.
    ///
    /// A sender uses the first that the receiver's rules admit.
    fn domains(&self) -> &[Domain];

    /// The key shared with `peer` in `domain`. Both parties arrive at the same.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there is none.
    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError>;
}

impl<K: KeySource + ?Sized> KeySource for &K {
    fn identifier(&self) -> &Identifier {
        (**self).identifier()
    }

    fn domains(&self) -> &[Domain] {
        (**self).domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        (**self).common_key(peer, domain)
    }
}

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

    /// The key for one purpose and one direction:
    /// `HKDF-Expand(common key, [version, "seal", purpose, from, to])`.
    pub(crate) fn directional(&self, purpose: Purpose, from: &Identifier, to: &Identifier) -> DirectionalKey {
        DirectionalKey(
            Prf::new(&Prf::new(&self.0).expand("seal", 3, |w| {
                w.text(purpose.label()).item(from).item(to);
            })),
            purpose,
        )
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
    Authentication,
    Dispatch,
}

impl Purpose {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Relay => "relay",
            Self::Authentication => "authentication",
            Self::Dispatch => "dispatch",
        }
    }
}

/// A key for messages of one purpose from one party to another.
#[derive(Debug)]
pub(crate) struct DirectionalKey(pub(crate) Prf, pub(crate) Purpose);

/// Keys that were established in another way, one for each peer.
///
/// They go through the same extraction as the polynomial's, and carry a whole order in the place of
/// a share.
pub struct PresharedKeys {
    identifier: Identifier,
    domain: Domain,
    keys: BTreeMap<Identifier, Zeroizing<[u8; 32]>>,
}

impl PresharedKeys {
    /// No keys yet, of the party `identifier`, in a domain that both sides agree on.
    #[must_use]
    pub fn new(identifier: Identifier, domain: Domain) -> Self {
        Self { identifier, domain, keys: BTreeMap::new() }
    }

    /// Adds the key shared with `peer`, in place of any earlier one.
    ///
    /// # Security
    ///
    /// 32 uniform bytes: not a password, and not a key that is used for anything else.
    pub fn insert(&mut self, peer: Identifier, key: &[u8; 32]) {
        self.keys.insert(peer, Zeroizing::new(*key));
    }
}

impl KeySource for PresharedKeys {
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
        let key = self.keys.get(peer).ok_or(KeyError::UnknownPeer)?;
        Ok(CommonKey::extract(key, domain, &self.identifier, peer))
    }
}

impl fmt::Debug for PresharedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresharedKeys")
            .field("identifier", &self.identifier)
            .field("domain", &self.domain)
            .field("peers", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no key that these two parties may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// No key is held in this domain. Obtain a share for it, or have the peer use another.
    UnknownDomain,
    /// No key is held for this peer.
    UnknownPeer,
    /// The peer is this party itself.
    Oneself,
    /// The label of the domain is not accepted for the peer's role.
    Label,
    /// The domain is not one for these two parties and this date.
    Domain(DomainError),
    /// The key source failed: a hardware module that does not answer, say. Try again.
    Unavailable,
}

impl From<DomainError> for KeyError {
    fn from(error: DomainError) -> Self {
        Self::Domain(error)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownDomain => "no key is held in this domain: obtain a share for it",
            Self::UnknownPeer => "no key is held for this peer",
            Self::Oneself => "a party has no key with itself",
            Self::Label => "the label of the domain is not accepted for the peer's role",
            Self::Domain(error) => return error.fmt(f),
            Self::Unavailable => "the key source is unavailable: try again",
        })
    }
}

impl core::error::Error for KeyError {}

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
        let probe = |purpose, from, to| *common.directional(purpose, from, to).0.eval("probe", 0, |_| {});
        let keys = [
            probe(Purpose::Part, &a, &b),
            probe(Purpose::Part, &b, &a),
            probe(Purpose::Relay, &a, &b),
            probe(Purpose::Authentication, &a, &b),
            probe(Purpose::Dispatch, &a, &b),
        ];
        let distinct: alloc::collections::BTreeSet<_> = keys.into_iter().collect();
        assert_eq!(distinct.len(), 5);
    }

    #[test]
    fn preshared_keys_say_what_they_lack() {
        let [a, b] = ["a", "b"].map(|id| Identifier::new(id).unwrap());
        let mut keys = PresharedKeys::new(a.clone(), domain(1));
        assert_eq!(keys.common_key(&b, &domain(1)).err(), Some(KeyError::UnknownPeer));
        keys.insert(b.clone(), &[1; 32]);
        assert!(keys.common_key(&b, &domain(1)).is_ok());
        assert_eq!(keys.common_key(&b, &domain(2)).err(), Some(KeyError::UnknownDomain));
        assert_eq!(keys.common_key(&a, &domain(1)).err(), Some(KeyError::Oneself));
    }
}
