//! Keys that are not what the share gives.

use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::{Domain, Identifier, KeySource};

/// Keys of a source behind something that answers in its place when a key is asked for, and that may revoke one peer.
#[derive(Debug)]
pub struct Behind<K, F> {
    keys: K,
    answer: F,
    revoked: Option<Identifier>,
}

impl<K, F: Fn(&K, &Identifier, &Domain) -> Result<CommonKey, KeyError>> Behind<K, F> {
    pub fn new(keys: K, answer: F) -> Self {
        Self { keys, answer, revoked: None }
    }

    #[must_use]
    pub fn revoking(self, peer: Identifier) -> Self {
        Self { revoked: Some(peer), ..self }
    }
}

impl<K: KeySource, F: Fn(&K, &Identifier, &Domain) -> Result<CommonKey, KeyError>> KeySource for Behind<K, F> {
    fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

    fn domains(&self) -> &Domains {
        self.keys.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        (self.answer)(&self.keys, peer, domain)
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        self.revoked.as_ref() == Some(peer) || self.keys.is_revoked(peer)
    }
}

/// The keys of a party under a session, with whomever.
pub fn in_session<K: KeySource>(keys: &K, key: [u8; 32]) -> impl KeySource {
    Behind::new(keys, move |_: &&K, _: &Identifier, _: &Domain| Ok(CommonKey::import(&key)))
}

/// A key that two parties have, whatever it comes from.
#[derive(Debug)]
pub struct Pair {
    pub one: Identifier,
    pub other: Identifier,
    pub key: [u8; 32],
    domains: Domains,
}

impl Pair {
    pub fn new(one: Identifier, other: Identifier, key: [u8; 32]) -> Self {
        Self { one, other, key, domains: Domains::new([super::domain()]) }
    }
}

impl KeySource for Pair {
    fn identifier(&self) -> &Identifier {
        &self.one
    }

    fn domains(&self) -> &Domains {
        &self.domains
    }

    fn common_key(&self, _: &Identifier, _: &Domain) -> Result<CommonKey, KeyError> {
        Ok(CommonKey::import(&self.key))
    }

    fn is_revoked(&self, _: &Identifier) -> bool {
        false
    }
}
