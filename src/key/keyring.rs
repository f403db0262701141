//! Keys of several domains at once.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

use super::{CommonKey, KeyError, KeySource};
use crate::domain::Domain;
use crate::identifier::Identifier;

/// The keys that a party holds in several domains: a bank's and a merchants' network's, every cohort's, this epoch's
/// and the last.
///
/// A receiver picks by the domain on the wire; a sender uses the newest epoch that the rules admit. To roll an epoch,
/// [`insert`](Self::insert) the new share while orders of the old one are still under way, and
/// [`retire`](Self::retire) the old one when they are not.
///
/// `K` is one kind of source, [`Share`](crate::Share) say, or `Box<dyn KeySource>` for several kinds.
pub struct Keyring<K> {
    identifier: Identifier,
    /// The newest epoch first; the source of a domain stands at the same place.
    domains: Vec<Domain>,
    sources: Vec<K>,
    retired: BTreeSet<Domain>,
    revoked: BTreeSet<Identifier>,
}

impl<K: KeySource> Keyring<K> {
    /// An empty keyring of a party.
    #[must_use]
    pub fn new(identifier: Identifier) -> Self {
        let (domains, sources) = (Vec::new(), Vec::new());
        Self { identifier, domains, sources, retired: BTreeSet::new(), revoked: BTreeSet::new() }
    }

    /// Adds the keys of a domain.
    ///
    /// A share says of itself which domain it is of: check that against what you were told when it was issued. Where
    /// the ring holds keys of more than one network, [`Rules::accept_network`](crate::Rules::accept_network) has to say
    /// which is for whom.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if they are another party's, not of exactly one domain, or of one that is or was here.
    pub fn insert(&mut self, source: K) -> Result<(), KeyringError> {
        if *source.identifier() != self.identifier {
            return Err(KeyringError::OtherOwner);
        }
        let [domain] = source.domains() else { return Err(KeyringError::Domains) };
        if self.retired.contains(domain) {
            return Err(KeyringError::Retired);
        }
        if self.domains.contains(domain) {
            return Err(KeyringError::Present);
        }
        let newness = |domain: &Domain| Reverse((domain.epoch().from(), domain.epoch().number()));
        let at = self.domains.partition_point(|other| newness(other) <= newness(domain));
        self.domains.insert(at, domain.clone());
        self.sources.insert(at, source);
        Ok(())
    }

    /// Erases the keys of a domain for good: their source is dropped, which wipes a share.
    ///
    /// From then on the domain is refused as [`KeyError::Retired`], for as long as this keyring lives: what is retired
    /// and revoked is not in any export. Returns whether there were such keys.
    pub fn retire(&mut self, domain: &Domain) -> bool {
        self.retired.insert(domain.clone());
        let Some(at) = self.domains.iter().position(|held| held == domain) else { return false };
        drop((self.domains.remove(at), self.sources.remove(at)));
        true
    }

    /// Refuses keys with this party from now on, as [`KeyError::Revoked`]: its share was stolen, say.
    pub fn revoke(&mut self, identifier: Identifier) {
        self.revoked.insert(identifier);
    }

    /// The source of the keys with a peer in a domain.
    fn source(&self, peer: &Identifier, domain: &Domain) -> Result<&K, KeyError> {
        if self.revoked.contains(peer) {
            return Err(KeyError::Revoked);
        }
        let held = self.domains.iter().zip(&self.sources).find(|(held, _)| *held == domain);
        match held {
            Some((_, source)) => Ok(source),
            None if self.retired.contains(domain) => Err(KeyError::Retired),
            None => Err(KeyError::UnknownDomain),
        }
    }

    /// Takes a party off the list again.
    pub fn reinstate(&mut self, identifier: &Identifier) {
        self.revoked.remove(identifier);
    }
}

impl<K: KeySource> KeySource for Keyring<K> {
    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn domains(&self) -> &[Domain] {
        &self.domains
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        self.source(peer, domain)?.common_key(peer, domain)
    }

    fn session_key(&self, peer: &Identifier, domain: &Domain, transcript: &[u8; 32]) -> Result<CommonKey, KeyError> {
        self.source(peer, domain)?.session_key(peer, domain, transcript)
    }
}

impl<K> fmt::Debug for Keyring<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("identifier", &self.identifier)
            .field("domains", &self.domains)
            .field("retired", &self.retired)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

/// Why keys are not added to a keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// They are another party's.
    OtherOwner,
    /// The source does not have exactly one domain: add its parts one by one.
    Domains,
    /// There are keys of this domain already.
    Present,
    /// The domain was retired.
    Retired,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherOwner => "the keys are another party's",
            Self::Domains => "a source of exactly one domain is needed: add others one by one",
            Self::Present => "the keyring has keys of this domain already",
            Self::Retired => "the keys of this domain have been retired",
        })
    }
}

impl core::error::Error for KeyringError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Epoch;
    use crate::key::PresharedKeys;
    use crate::name::Label;

    fn id(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn domain(label: &str, number: u64) -> Domain {
        let label = Label::new(label).unwrap();
        Domain::new(label.clone(), label, Epoch::new(number, number * 100, number * 100 + 150).unwrap())
    }

    fn keys(owner: &str, domain: Domain) -> PresharedKeys {
        let mut keys = PresharedKeys::new(id(owner), domain);
        keys.insert(id("peer"), &[3; 32]);
        keys
    }

    #[test]
    fn it_picks_by_domain_and_prefers_the_newest_epoch() {
        let mut ring = Keyring::new(id("me"));
        for (label, number) in [("bank", 1), ("bank", 3), ("shops", 2), ("bank", 2)] {
            ring.insert(keys("me", domain(label, number))).unwrap();
        }
        let epochs: Vec<u64> = ring.domains().iter().map(|domain| domain.epoch().number()).collect();
        assert_eq!(epochs, [3, 2, 2, 1]);
        for domain in ring.domains() {
            let expected = keys("me", domain.clone()).common_key(&id("peer"), domain).unwrap().export();
            assert_eq!(ring.common_key(&id("peer"), domain).unwrap().export(), expected);
        }
    }

    #[test]
    fn what_it_refuses_it_names() {
        let mut ring = Keyring::new(id("me"));
        ring.insert(keys("me", domain("bank", 1))).unwrap();
        assert_eq!(ring.insert(keys("me", domain("bank", 1))), Err(KeyringError::Present));
        assert_eq!(ring.insert(keys("you", domain("bank", 2))), Err(KeyringError::OtherOwner));
        ring.insert(keys("me", domain("bank", 2))).unwrap();

        let refusal = |ring: &Keyring<_>, number| ring.common_key(&id("peer"), &domain("bank", number)).err();
        assert_eq!(refusal(&ring, 9), Some(KeyError::UnknownDomain));
        assert_eq!(refusal(&ring, 1), None);
        assert!(ring.retire(&domain("bank", 1)) && !ring.retire(&domain("bank", 1)));
        assert_eq!(refusal(&ring, 1), Some(KeyError::Retired));
        assert_eq!(ring.insert(keys("me", domain("bank", 1))), Err(KeyringError::Retired));
        ring.revoke(id("peer"));
        assert_eq!(refusal(&ring, 2), Some(KeyError::Revoked));
        ring.reinstate(&id("peer"));
        assert_eq!(refusal(&ring, 2), None);
    }

    #[test]
    fn sources_of_several_kinds_share_a_ring() {
        let boxed: alloc::boxed::Box<dyn KeySource> = alloc::boxed::Box::new(keys("me", domain("bank", 1)));
        let mut ring = Keyring::new(id("me"));
        ring.insert(boxed).unwrap();
        assert!(ring.common_key(&id("peer"), &domain("bank", 1)).is_ok());
    }
}
