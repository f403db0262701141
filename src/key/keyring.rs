//! Keys of several domains at once.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::{CommonKey, KeyError, KeySource};
use crate::domain::{Domain, Domains, KeyId};
use crate::identifier::Identifier;

/// The keys that a party holds in several domains: networks, cohorts, this epoch and the last.
///
/// A receiver picks the domain whose key-id the message has; a sender uses the newest epoch that the rules admit. A ring is a
/// value: a change makes a new ring, which shares the sources with the old one. So a service swaps the ring for all its
/// workers at once, and steps under way keep the one they have. To clone a ring is cheap.
///
/// To roll an epoch, put the ring of [`with`](Self::with) the new share in place before the epoch begins, and that of
/// [`without`](Self::without) the old domain when no order of its epoch is under way.
///
/// `K` is one kind of source, [`Share`](crate::Share) for example, or `Box<dyn KeySource>` for several kinds.
pub struct Keyring<K>(Arc<Ring<K>>);

struct Ring<K> {
    identifier: Identifier,
    domains: Domains,
    /// The source of each domain, at the domain's place.
    sources: Vec<Arc<K>>,
    /// Those of them that may have revoked somebody themselves.
    revoking: Vec<Arc<K>>,
    retired: BTreeSet<KeyId>,
    revoked: BTreeSet<Identifier>,
}

impl<K: KeySource> Ring<K> {
    fn new(
        identifier: Identifier,
        (domains, sources): (Domains, Vec<Arc<K>>),
        retired: BTreeSet<KeyId>,
        revoked: BTreeSet<Identifier>,
    ) -> Self {
        let revoking = sources.iter().filter(KeySource::can_revoke).cloned().collect();
        Self { identifier, domains, sources, revoking, retired, revoked }
    }
}

impl<K: KeySource> Keyring<K> {
    /// The ring of a party, with one source for each domain. Takes O(n log n) for n domains.
    ///
    /// A share says by itself which domain it is of: check that against what you were told when it was issued. Where the
    /// ring holds keys of more than one network, [`Rules::accept_network`](crate::Rules::accept_network) has to say
    /// which is for whom.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if a source is another party's, is not of exactly one domain, or if two are of one domain
    /// or of one key-id.
    pub fn new(identifier: Identifier, sources: impl IntoIterator<Item = K>) -> Result<Self, KeyringError> {
        let sources = sources.into_iter().map(Arc::new).collect();
        Self::of(identifier, sources, BTreeSet::new(), BTreeSet::new())
    }

    fn of(
        identifier: Identifier,
        sources: Vec<Arc<K>>,
        retired: BTreeSet<KeyId>,
        revoked: BTreeSet<Identifier>,
    ) -> Result<Self, KeyringError> {
        let mut own = Vec::with_capacity(sources.len());
        for source in &sources {
            if *source.identifier() != identifier {
                return Err(KeyringError::OtherOwner);
            }
            let mut domains = source.domains().iter();
            let (Some(domain), None) = (domains.next(), domains.next()) else { return Err(KeyringError::Domains) };
            if retired.contains(&domain.key_id()) {
                return Err(KeyringError::Retired);
            }
            own.push(domain.clone());
        }
        let domains = Domains::new(own.iter().cloned());
        // K-6
        if domains.len() != own.len() {
            let are_different = own.iter().collect::<BTreeSet<_>>().len() == own.len();
            return Err(if are_different { KeyringError::KeyId } else { KeyringError::Present });
        }
        let mut placed: Vec<_> = own.iter().map(|domain| domains.position(domain)).zip(sources).collect();
        placed.sort_unstable_by_key(|(place, _)| *place);
        let sources = placed.into_iter().map(|(_, source)| source).collect();
        Ok(Self(Arc::new(Ring::new(identifier, (domains, sources), retired, revoked))))
    }

    /// A ring with the keys of one more domain.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if they are another party's, are not of exactly one domain, or of one that is or was in the ring,
    /// or has the key-id of one that is.
    pub fn with(&self, source: K) -> Result<Self, KeyringError> {
        let Ring { identifier, sources, retired, revoked, .. } = &*self.0;
        let sources = sources.iter().cloned().chain([Arc::new(source)]).collect();
        Self::of(identifier.clone(), sources, retired.clone(), revoked.clone())
    }

    /// A ring without the keys of a domain, in which the domain is refused from now on as [`KeyError::Retired`].
    ///
    /// # Security
    ///
    /// The source is dropped, which wipes a share, when the last ring that has it is dropped. No export holds what is
    /// retired or revoked: a ring that is built again after a restart has to be told again.
    #[must_use]
    pub fn without(&self, domain: &Domain) -> Self {
        let Ring { identifier, domains, sources, retired, revoked, .. } = &*self.0;
        let mut retired = retired.clone();
        retired.insert(domain.key_id());
        let kept = domains.iter().zip(sources).filter(|(held, _)| *held != domain);
        let (domains, sources): (Vec<_>, Vec<_>) =
            kept.map(|(held, source)| (held.clone(), Arc::clone(source))).unzip();
        let held = (Domains::new(domains), sources);
        Self(Arc::new(Ring::new(identifier.clone(), held, retired, revoked.clone())))
    }

    /// A ring that refuses keys with this party, as [`KeyError::Revoked`]. Use it when the party's share was stolen, for
    /// example.
    #[must_use]
    pub fn revoking(&self, identifier: Identifier) -> Self {
        self.changed(|revoked| revoked.insert(identifier))
    }

    /// A ring that no longer refuses this party, unless one of its sources does.
    #[must_use]
    pub fn reinstating(&self, identifier: &Identifier) -> Self {
        self.changed(|revoked| revoked.remove(identifier))
    }

    fn changed(&self, change: impl FnOnce(&mut BTreeSet<Identifier>) -> bool) -> Self {
        let Ring { identifier, domains, sources, retired, revoked, .. } = &*self.0;
        let mut revoked = revoked.clone();
        change(&mut revoked);
        let held = (domains.clone(), sources.clone());
        Self(Arc::new(Ring::new(identifier.clone(), held, retired.clone(), revoked)))
    }
}

impl<K: KeySource> KeySource for Keyring<K> {
    fn identifier(&self) -> &Identifier {
        &self.0.identifier
    }

    fn domains(&self) -> &Domains {
        &self.0.domains
    }

    fn domain(&self, id: &KeyId) -> Result<&Domain, KeyError> {
        let Ring { domains, retired, .. } = &*self.0;
        let absent = || if retired.contains(id) { KeyError::Retired } else { KeyError::UnknownDomain };
        domains.get(id).ok_or_else(absent)
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        let Ring { domains, sources, .. } = &*self.0;
        if self.is_revoked(peer) {
            return Err(KeyError::Revoked);
        }
        match domains.position(domain).and_then(|place| sources.get(place)) {
            Some(source) => source.common_key(peer, domain),
            // The reason why there is none; another domain of the key-id is no reason.
            None => Err(self.domain(&domain.key_id()).err().unwrap_or(KeyError::UnknownDomain)),
        }
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        // W-4
        self.0.revoked.contains(peer) || self.0.revoking.iter().any(|source| source.is_revoked(peer))
    }

    fn can_revoke(&self) -> bool {
        !self.0.revoked.is_empty() || !self.0.revoking.is_empty()
    }
}

impl<K> Clone for Keyring<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for Keyring<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ring { identifier, domains, retired, revoked, .. } = &*self.0;
        f.debug_struct("Keyring")
            .field("identifier", identifier)
            .field("domains", domains)
            .field("retired", retired)
            .field("revoked", revoked)
            .finish_non_exhaustive()
    }
}

/// Why keys do not go into a keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// They are another party's.
    OtherOwner,
    /// The source does not have exactly one domain. Add its parts one by one.
    Domains,
    /// The ring has keys of this domain already.
    Present,
    /// The ring has keys of another domain with the same key-id, so a message could not say which it means.
    KeyId,
    /// The domain was retired.
    Retired,
}

impl KeyringError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::OtherOwner => "other-owner",
            Self::Domains => "not-one-domain",
            Self::Present => "domain-present",
            Self::KeyId => "key-id-present",
            Self::Retired => "retired-domain",
        }
    }
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherOwner => "the keys are another party's",
            Self::Domains => "a source of exactly one domain is needed: add others one by one",
            Self::Present => "the keyring has keys of this domain already",
            Self::KeyId => "the keyring has keys of another domain with the same key-id",
            Self::Retired => "the keys of this domain have been retired",
        })
    }
}

impl core::error::Error for KeyringError {}

#[cfg(test)]
mod tests;
