//! Links: a party in its role, with its keys and its rules, and what connects it to others.

use crate::domain::Domain;
use crate::identifier::Identifier;
use crate::key::{CommonKey, DirectionalKey, KeyError, KeySource, Purpose};
use crate::name::Role;
use crate::rules::Rules;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// A party in its role.
pub(crate) struct Terminal<K> {
    pub(crate) keys: K,
    pub(crate) role: Role,
    pub(crate) rules: Rules,
}

/// Who takes part in what role: by reference, the other end of a link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer<'a> {
    pub(crate) role: &'a Role,
    pub(crate) identifier: &'a Identifier,
}

/// The same by value, for who keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) role: Role,
    pub(crate) identifier: Identifier,
}

impl Party {
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        Peer { role: &self.role, identifier: &self.identifier }
    }
}

/// A party is two items of the message that it is in.
impl Encode for Party {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.item(&self.role).item(&self.identifier);
    }
}

impl Decode for Party {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self { role: Role::decode(r)?, identifier: Identifier::decode(r)? })
    }
}

/// What a sealed message says of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyName {
    pub(crate) domain: Domain,
    /// The transcript of the handshake under which it is sealed, if there was one with an ephemeral exchange.
    pub(crate) session: Option<[u8; 32]>,
}

impl From<&Domain> for KeyName {
    fn from(domain: &Domain) -> Self {
        Self { domain: domain.clone(), session: None }
    }
}

/// How a message of one purpose goes between two parties: the key for its direction, and its name.
pub(crate) struct Link {
    pub(crate) name: KeyName,
    pub(crate) key: DirectionalKey,
}

impl<K: KeySource> Terminal<K> {
    pub(crate) fn new(keys: K, role: Role) -> Self {
        Self { keys, role, rules: Rules::default() }
    }

    pub(crate) fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

    /// This party, as it is to others.
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        Peer { role: &self.role, identifier: self.identifier() }
    }

    /// Whether an order of this date may travel between this party and a peer in a domain.
    pub(crate) fn admits(&self, domain: &Domain, peer: Peer<'_>, date: u64) -> Result<(), KeyError> {
        let card_holder = if self.role == Role::CARD_HOLDER {
            Some(self.identifier())
        } else {
            (*peer.role == Role::CARD_HOLDER).then_some(peer.identifier)
        };
        domain.check(card_holder, date)?;
        let accepted = self.rules.accept(peer.role, domain, self.keys.domains());
        if accepted { Ok(()) } else { Err(KeyError::Network) }
    }

    /// The link to a peer: the first domain that the rules admit and that there is a key in.
    ///
    /// Without any, the error is the key source's for the first domain that the rules admit, or else that of the rules
    /// for the first of all. With no domain at all, because all are retired, say, it is [`KeyError::NoDomain`].
    pub(crate) fn link_to(&self, purpose: Purpose, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        let (mut failure, mut refusal) = (None, None);
        for domain in self.keys.domains() {
            if let Err(error) = self.admits(domain, peer, date) {
                refusal = refusal.or(Some(error));
                continue;
            }
            match self.keys.common_key(peer.identifier, domain) {
                Ok(common) => return Ok(self.link(purpose, peer, domain.into(), &common)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.or(refusal).unwrap_or(KeyError::NoDomain))
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
        let common = match &name.session {
            Some(session) => self.keys.session_key(peer.identifier, &name.domain, session)?,
            None => common,
        };
        Ok(common.directional(purpose, peer.identifier, self.identifier()))
    }

    /// The key shared with a peer, in a domain that the other side chose.
    pub(crate) fn common_key(&self, peer: Peer<'_>, domain: &Domain, date: u64) -> Result<CommonKey, KeyError> {
        // The source first: it can say more of a domain that it does not have than that it is unknown.
        let common = self.keys.common_key(peer.identifier, domain)?;
        if !self.keys.domains().contains(domain) {
            return Err(KeyError::UnknownDomain);
        }
        self.admits(domain, peer, date)?;
        Ok(common)
    }

    /// The link to a peer under a key that the two share.
    pub(crate) fn link(&self, purpose: Purpose, peer: Peer<'_>, name: KeyName, common: &CommonKey) -> Link {
        let key = common.directional(purpose, self.identifier(), peer.identifier);
        Link { name, key }
    }
}
