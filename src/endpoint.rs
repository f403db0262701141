//! Endpoints: a party in its role, with its keys and rules, and how it seals for others and opens what they sealed.

mod link;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

pub(crate) use link::Shown;

use crate::domain::{Domain, KeyId};
use crate::evidence::{Evidence, EvidenceError};
use crate::identifier::Identifier;
use crate::key::{CommonKey, DirectionalKey, KeyError, KeySource};
use crate::name::Role;
use crate::peer::Peer;
use crate::rules::Rules;
use crate::seal::{Context, KeyName, Link, Purpose, Rejected, SaltContent, Sealed};
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

            /// The same party with other keys, such as those of a [`Keyring`](crate::Keyring) with a change. With the keys
            /// of another identifier it is another party, which has no handshakes.
            pub fn with_keys<J: $crate::key::KeySource>(&self, keys: J) -> $name<J> {
                $name { endpoint: self.endpoint.with_keys(keys) $(, $policy: self.$policy.clone())* }
            }

            /// The same party with finished handshakes at hand, in place of those that it had: steps of the result take
            /// note of them, seal under their sessions, and open what is sealed under them.
            ///
            /// # Errors
            ///
            /// [`EvidenceError`](crate::handshake::EvidenceError) if one of them was made by another party, or in another
            /// role.
            pub fn with_evidence(
                &self,
                evidence: &$crate::evidence::Evidence,
            ) -> Result<$name<&K>, $crate::evidence::EvidenceError> {
                let endpoint = self.endpoint.with_keys(&self.endpoint.keys).with_evidence(evidence)?;
                Ok($name { endpoint $(, $policy: self.$policy.clone())* })
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

/// What a statement between this party and another one is about: an order of `date`.
#[derive(Clone, Copy)]
pub(crate) struct Topic<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) peer: Peer<'a>,
    pub(crate) digest: &'a [u8; 32],
    pub(crate) date: u64,
}

/// Why a sealed message is not opened.
#[derive(Clone, Copy, Debug)]
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
}

impl<K: KeySource> Endpoint<K> {
    pub(crate) fn with_keys<J: KeySource>(&self, keys: J) -> Endpoint<J> {
        // U-1, U-3: the handshakes of one party are none of another's.
        let is_same = keys.identifier() == self.identifier();
        let evidence = if is_same { self.evidence.clone() } else { Evidence::default() };
        Endpoint { keys, role: self.role.clone(), rules: Arc::clone(&self.rules), evidence }
    }

    pub(crate) fn with_evidence(self, evidence: &Evidence) -> Result<Self, EvidenceError> {
        evidence.check_owner(self.as_peer())?;
        Ok(Self { evidence: evidence.clone(), ..self })
    }

    pub(crate) fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

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
        // K-5
        let held = self.keys.domains();
        let mut candidates = held.candidates(self.card_holder(peer), date)?;
        if candidates.is_empty() {
            return Err(KeyError::NoDomain);
        }
        candidates.retain(|domain| self.rules.accept(peer.role, domain, held));
        if candidates.is_empty() { Err(KeyError::Network) } else { Ok(candidates) }
    }

    /// The key shared with a peer in the domain of a key-id that the other side chose, for an order of this date. The key
    /// is derived only if the rules admit the domain.
    pub(crate) fn common_key(&self, peer: Peer<'_>, id: &KeyId, date: u64) -> Result<CommonKey, KeyError> {
        // O-1
        if peer.identifier == self.identifier() {
            return Err(KeyError::Oneself);
        }
        self.check_not_revoked(peer.identifier)?;
        // O-2: K-1; K-2 and K-3; K-4
        let domain = self.keys.domain(id)?;
        domain.check(self.card_holder(peer), date)?;
        if !self.rules.accept(peer.role, domain, self.keys.domains()) {
            return Err(KeyError::Network);
        }
        self.keys.common_key(peer.identifier, domain)
    }

    /// The same for a handshake, whose date is `now` by either side's clock: of the seconds that the skew allows, the nearest
    /// one that the domain's epoch covers.
    pub(crate) fn common_key_now(&self, peer: Peer<'_>, id: &KeyId, now: u64) -> Result<CommonKey, KeyError> {
        // An unknown domain is an error of the other one, in the order of its checks.
        let nearest = self.keys.domain(id).map_or(now, |domain| domain.epoch().nearest(now));
        self.common_key(peer, id, if nearest.abs_diff(now) <= self.rules.skew { nearest } else { now })
    }

    /// Whether a peer is revoked: asked by steps that decide something and need no key of the peer.
    pub(crate) fn check_not_revoked(&self, peer: &Identifier) -> Result<(), KeyError> {
        if self.keys.is_revoked(peer) { Err(KeyError::Revoked) } else { Ok(()) }
    }

    /// The key for what a peer sends, which its message names.
    pub(crate) fn key_from(&self, peer: Peer<'_>, name: &KeyName, date: u64) -> Result<DirectionalKey, KeyError> {
        let common = self.common_key(peer, &name.id, date)?;
        let (own, from) = (self.identifier(), peer.identifier);
        match &name.session {
            None => Ok(common.directional(from, own)),
            // O-5
            Some(transcript) => {
                let session = self.evidence.session(own, from, &name.id, transcript);
                Ok(session.ok_or(KeyError::UnknownSession)?.key.directional(from, own))
            }
        }
    }

    /// Opens a statement that a peer sealed for this party.
    pub(crate) fn hear<T: Decode>(
        &self,
        Topic { purpose, peer, digest, date }: Topic<'_>,
        sealed: &Sealed,
    ) -> Result<T, Unheard> {
        let key = self.key_from(peer, &sealed.name, date)?;
        let (sender, receiver) = (peer.role, &self.role);
        let plaintext = sealed.open(&key, Context { purpose, step: 0, digest, sender, receiver, token: None })?;
        // The sender is authentic, so what follows fails only if it is dishonest; it learns no more.
        wire::decode(&plaintext).map_err(|_| Unheard::Rejected)
    }

    /// Seals a statement for a peer through a link to it.
    pub(crate) fn say(
        &self,
        Topic { purpose, peer, digest, .. }: Topic<'_>,
        link: &Link,
        statement: &impl Encode,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Sealed {
        let (sender, receiver) = (&self.role, peer.role);
        let context = Context { purpose, step: 0, digest, sender, receiver, token: None };
        Sealed::seal(link, context, statement, SaltContent::Whole, rng)
    }
}
