//! Endpoints: a party in its role, with its keys and rules, and how it seals for others and opens what they sealed.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use crate::domain::Domain;
use crate::evidence::Evidence;
use crate::identifier::Identifier;
use crate::key::{CommonKey, DirectionalKey, KeyError, KeySource, Purpose};
use crate::name::Role;
use crate::peer::Peer;
use crate::rules::{Rules, Scope};
use crate::seal::{Context, KeyName, Link, Rejected, Sealed};
use crate::wire::{self, Decode, Encode};

/// A party in its role.
#[derive(Clone)]
pub struct Endpoint<K> {
    pub(crate) keys: K,
    pub(crate) role: Role,
    pub(crate) rules: Arc<Rules>,
    pub(crate) evidence: Evidence,
}

/// What every party is, whatever its role: a card holder, a seller, a card manager, or another recipient.
///
/// The trait cannot be implemented outside of this crate.
pub trait Party: sealed::Sealed {
    /// The identifier of the party.
    fn identifier(&self) -> &Identifier {
        self.endpoint().identifier()
    }

    /// The role of the party.
    fn role(&self) -> &Role {
        &self.endpoint().role
    }

    /// The domains whose keys this party would try, the first one first, for a message about an order of `date` to a
    /// peer. For a caller that fetches keys before a step.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the rules admit none.
    fn domains_for(&self, role: &Role, identifier: &Identifier, date: u64) -> Result<Vec<&Domain>, KeyError> {
        self.endpoint().domains_for(Peer { role, identifier }, date)
    }
}

impl<P: sealed::Sealed> Party for P {}

pub(crate) mod sealed {
    use super::{Endpoint, KeySource};

    pub trait Sealed {
        type Keys: KeySource;

        fn endpoint(&self) -> &Endpoint<Self::Keys>;
    }
}

/// What the party types have in common: an endpoint, and policies of their own that a copy shares.
macro_rules! party {
    ($name:ident $(, $policy:ident)*) => {
        impl<K: $crate::key::KeySource> $crate::endpoint::sealed::Sealed for $name<K> {
            type Keys = K;

            fn endpoint(&self) -> &$crate::endpoint::Endpoint<K> {
                &self.endpoint
            }
        }

        impl<K: $crate::key::KeySource> $name<K> {
            /// The same party with other rules for dates, networks and handshakes.
            #[must_use]
            pub fn with_rules(mut self, rules: $crate::rules::Rules) -> Self {
                self.endpoint.rules = alloc::sync::Arc::new(rules);
                self
            }

            /// The same party with other keys, such as those of a [`Keyring`](crate::Keyring) with a change.
            pub fn with_keys<J: $crate::key::KeySource>(&self, keys: J) -> $name<J> {
                $name { endpoint: self.endpoint.with_keys(keys) $(, $policy: self.$policy.clone())* }
            }

            /// The same party with finished handshakes at hand: steps of the result take note of them, seal under their
            /// sessions, and open what is sealed under them.
            pub fn with_evidence(&self, evidence: &$crate::evidence::Evidence) -> $name<&K> {
                let endpoint = self.endpoint.with_keys(&self.endpoint.keys).with_evidence(evidence);
                $name { endpoint $(, $policy: self.$policy.clone())* }
            }
        }

        impl<K> core::fmt::Debug for $name<K> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name)).field("endpoint", &self.endpoint).finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use party;

/// A statement between this party and another one, about an order or a handshake of `date`.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) peer: Peer<'a>,
    pub(crate) digest: &'a [u8; 32],
    pub(crate) date: u64,
}

/// Why a sealed statement is not opened.
#[derive(Debug)]
pub(crate) enum Unheard {
    Key(KeyError),
    Rejected,
}

impl From<KeyError> for Unheard {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<Rejected> for Unheard {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

/// The keys are not shown, whatever the source is.
impl<K> fmt::Debug for Endpoint<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("role", &self.role).field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl<K> Endpoint<K> {
    pub(crate) fn new(keys: K, role: Role) -> Self {
        Self { keys, role, rules: Arc::new(Rules::default()), evidence: Evidence::default() }
    }

    pub(crate) fn with_keys<J>(&self, keys: J) -> Endpoint<J> {
        let Self { role, rules, evidence, .. } = self;
        Endpoint { keys, role: role.clone(), rules: Arc::clone(rules), evidence: evidence.clone() }
    }

    pub(crate) fn with_evidence(mut self, evidence: &Evidence) -> Self {
        self.evidence = evidence.clone();
        self
    }
}

impl<K: KeySource> Endpoint<K> {
    pub(crate) fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

    /// This party, as others see it.
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        Peer { role: &self.role, identifier: self.identifier() }
    }

    /// The card holder of the two, if one of them is.
    fn card_holder<'a>(&'a self, peer: Peer<'a>) -> Option<&'a Identifier> {
        if self.role == Role::CARD_HOLDER {
            Some(self.identifier())
        } else {
            (*peer.role == Role::CARD_HOLDER).then_some(peer.identifier)
        }
    }

    fn domains_for(&self, peer: Peer<'_>, date: u64) -> Result<Vec<&Domain>, KeyError> {
        let held = self.keys.domains();
        let mut candidates = held.candidates(self.card_holder(peer), date)?;
        if candidates.is_empty() {
            return Err(KeyError::NoDomain);
        }
        candidates.retain(|domain| self.rules.accept(peer.role, domain, held));
        if candidates.is_empty() { Err(KeyError::Network) } else { Ok(candidates) }
    }

    /// The key shared with a peer in a domain that the other side chose, for an order of this date. The key is derived
    /// only if the rules admit the domain.
    pub(crate) fn common_key(&self, peer: Peer<'_>, domain: &Domain, date: u64) -> Result<CommonKey, KeyError> {
        let held = self.keys.domains();
        if !held.contains(domain) {
            // The source can say more about a domain that it does not list.
            self.keys.common_key(peer.identifier, domain)?;
            return Err(KeyError::UnknownDomain);
        }
        if self.keys.is_revoked(peer.identifier) {
            return Err(KeyError::Revoked);
        }
        domain.check(self.card_holder(peer), date)?;
        if !self.rules.accept(peer.role, domain, held) {
            return Err(KeyError::Network);
        }
        self.keys.common_key(peer.identifier, domain)
    }

    /// Whether a peer is revoked: asked by steps that decide something and need no key of the peer.
    pub(crate) fn check_not_revoked(&self, peer: &Identifier) -> Result<(), KeyError> {
        if self.keys.is_revoked(peer) { Err(KeyError::Revoked) } else { Ok(()) }
    }

    /// Whether there is the handshake that the rules require of a party to which this one sends, or (`is_sent_to` is
    /// false) of another recipient of the order.
    pub(crate) fn is_authenticated(&self, peer: Peer<'_>, is_sent_to: bool, now: u64) -> bool {
        match self.rules.authenticated {
            Some((scope, age)) if is_sent_to || scope == Scope::Everybody => {
                self.evidence.is_recent(self.as_peer(), peer, age, now)
            }
            _ => true,
        }
    }

    /// How to seal for a peer: under the newest session with it, if the purpose allows it and there is one, else under
    /// the common key of the first domain that the rules admit and the source has a key in.
    pub(crate) fn link_to(&self, purpose: Purpose, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        // Not left to the source, which may know of a revocation and give the key all the same.
        self.check_not_revoked(peer.identifier)?;
        let session =
            if purpose.goes_under_sessions() { self.evidence.newest_session(self.as_peer(), peer) } else { None };
        if let Some((transcript, session)) = session {
            // As the receiver does: the peer may have been revoked since, and the domain retired.
            match self.common_key(peer, &session.domain, date) {
                Ok(_) => {
                    let name = KeyName { domain: session.domain.clone(), session: Some(*transcript) };
                    return Ok(self.link(purpose, peer, name, &session.key));
                }
                // The handshake was made in another epoch than the order, which goes under the key of its own.
                Err(KeyError::Domain(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let mut failure = None;
        for domain in self.domains_for(peer, date)? {
            match self.keys.common_key(peer.identifier, domain) {
                Ok(common) => return Ok(self.link(purpose, peer, domain.into(), &common)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or(KeyError::NoDomain))
    }

    /// The same in a domain of which the peer has shown that it has the keys, if this party still has them.
    pub(crate) fn link_in(
        &self,
        shown: Option<&Domain>,
        purpose: Purpose,
        peer: Peer<'_>,
        date: u64,
    ) -> Result<Link, KeyError> {
        match shown.filter(|domain| self.keys.domains().contains(domain)) {
            Some(domain) => {
                let common = self.common_key(peer, domain, date)?;
                Ok(self.link(purpose, peer, domain.into(), &common))
            }
            None => self.link_to(purpose, peer, date),
        }
    }

    pub(crate) fn link(&self, purpose: Purpose, peer: Peer<'_>, name: KeyName, common: &CommonKey) -> Link {
        Link { name, key: common.directional(purpose, self.identifier(), peer.identifier) }
    }

    /// The key for what a peer sends, which its message names.
    pub(crate) fn key_from(
        &self,
        purpose: Purpose,
        peer: Peer<'_>,
        name: &KeyName,
        date: u64,
    ) -> Result<DirectionalKey, KeyError> {
        let common = self.common_key(peer, &name.domain, date)?;
        let (own, from) = (self.identifier(), peer.identifier);
        match &name.session {
            None => Ok(common.directional(purpose, from, own)),
            Some(transcript) => {
                let session = self.evidence.session_key(own, from, &name.domain, transcript);
                Ok(session.ok_or(KeyError::UnknownSession)?.directional(purpose, from, own))
            }
        }
    }

    /// Opens a statement that a peer sealed for this party.
    pub(crate) fn hear<T: Decode>(
        &self,
        Subject { purpose, peer, digest, date }: Subject<'_>,
        sealed: &Sealed,
    ) -> Result<T, Unheard> {
        let key = self.key_from(purpose, peer, &sealed.name, date)?;
        let plaintext = sealed.open(&key, Context { step: 0, digest, role: &self.role }, None)?;
        // The sender is authentic, so what follows fails only if it is dishonest; it learns no more.
        wire::decode(&plaintext).map_err(|_| Unheard::Rejected)
    }
}

/// Seals a statement for a peer through a link to it.
pub(crate) fn say(
    Subject { peer, digest, .. }: Subject<'_>,
    link: &Link,
    statement: &impl Encode,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Sealed {
    Sealed::seal(link, Context { step: 0, digest, role: peer.role }, None, statement, rng)
}
