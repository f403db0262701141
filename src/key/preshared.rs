//! Keys that were not derived from a polynomial.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use core::fmt;

use zeroize::Zeroizing;

use super::{CommonKey, KeyError, KeySource, check_peer};
use crate::domain::{Domain, Domains};
use crate::identifier::Identifier;

/// Keys that were established in another way, one for each peer.
///
/// They go through the same extraction as the polynomial's keys, and replace a share everywhere.
pub struct PresharedKeys {
    identifier: Identifier,
    domains: Domains,
    /// Boxed: a map moves its values about, and would leave copies of them.
    keys: BTreeMap<Identifier, Box<Zeroizing<[u8; 32]>>>,
}

impl PresharedKeys {
    /// An empty set of keys of the party `identifier`, in a domain on which both sides agree.
    #[must_use]
    pub fn new(identifier: Identifier, domain: Domain) -> Self {
        Self { identifier, domains: domain.into(), keys: BTreeMap::new() }
    }

    /// Adds the key shared with `peer`, in place of any earlier one.
    ///
    /// # Security
    ///
    /// 32 uniform bytes: not a password, and not a key that is used for anything else.
    pub fn insert(&mut self, peer: Identifier, key: &[u8; 32]) {
        self.keys.insert(peer, Box::new(Zeroizing::new(*key)));
    }
}

impl KeySource for PresharedKeys {
    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn domains(&self) -> &Domains {
        &self.domains
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        check_peer(self, peer, domain)?;
        let key = self.keys.get(peer).ok_or(KeyError::UnknownPeer)?;
        Ok(CommonKey::extract(key, domain, &self.identifier, peer))
    }

    fn is_revoked(&self, _: &Identifier) -> bool {
        false
    }

    fn can_revoke(&self) -> bool {
        false
    }
}

impl fmt::Debug for PresharedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresharedKeys")
            .field("identifier", &self.identifier)
            .field("domains", &self.domains)
            .field("peers", &self.keys.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preshared_keys_say_what_they_lack() {
        let [a, b] = ["a", "b"].map(|id| Identifier::new(id).unwrap());
        let mut keys = PresharedKeys::new(a.clone(), Domain::sample("bank", 1));
        assert_eq!(keys.common_key(&b, &Domain::sample("bank", 1)).err(), Some(KeyError::UnknownPeer));
        keys.insert(b.clone(), &[1; 32]);
        assert!(keys.common_key(&b, &Domain::sample("bank", 1)).is_ok());
        assert_eq!(keys.common_key(&b, &Domain::sample("bank", 2)).err(), Some(KeyError::UnknownDomain));
        assert_eq!(keys.common_key(&a, &Domain::sample("bank", 1)).err(), Some(KeyError::Oneself));
    }
}
