//! Links: under which key a party seals for another one.

use super::Endpoint;
use crate::domain::KeyId;
use crate::evidence::Session;
use crate::key::{CommonKey, KeyError, KeySource};
use crate::peer::Peer;
use crate::rules::Scope;
use crate::seal::{KeyName, Link};

/// A key of which a peer has shown that it has it.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    /// In a message that was just opened: the peer asks for an answer under this very key.
    Now(KeyName),
    /// In a message that led to a stored state.
    Before(KeyId),
}

impl Shown {
    pub(crate) fn id(&self) -> &KeyId {
        match self {
            Self::Now(name) => &name.id,
            Self::Before(id) => id,
        }
    }
}

impl<K: KeySource> Endpoint<K> {
    /// Whether there is the handshake that the rules require of a party to which this one sends, or (`is_sent_to` is
    /// false) of another recipient of the order.
    pub(crate) fn is_authenticated(&self, peer: Peer<'_>, is_sent_to: bool, now: u64) -> bool {
        match self.rules.authenticated {
            Some((scope, age)) if is_sent_to || scope == Scope::Everybody => self.evidence.is_recent(peer, age, now),
            _ => true,
        }
    }

    /// How to seal for a peer: under the newest session with it, if there is one that fits the order, else under the common
    /// key if the rules allow it.
    pub(crate) fn link_to(&self, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        // W-4. Not left to the source, which may know of a revocation and give the key all the same.
        self.check_not_revoked(peer.identifier)?;
        match self.newest_session_link(peer, date)? {
            Some(link) => Ok(link),
            // U-3
            None if self.rules.require_session_with(peer.role) => Err(KeyError::NoSession),
            None => self.common_link_to(peer, date),
        }
    }

    /// The same under the newest session that fits the order and that the peer is known to have: who began the handshake
    /// cannot know before the acknowledgement, and what the peer cannot open it would not open when it comes again, either.
    fn newest_session_link(&self, peer: Peer<'_>, date: u64) -> Result<Option<Link>, KeyError> {
        // U-3
        if self.evidence.knows_otherwise(peer) {
            return Err(KeyError::OtherRole);
        }
        for (proof, session) in self.evidence.sessions(peer) {
            // U-2
            if !proof.is_acknowledged() {
                continue;
            }
            if let Some(link) = self.session_link(peer, session, proof.transcript(), date)? {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }

    /// The same under this session. `None` if the handshake was made in another epoch than the order, which then goes
    /// under the key of its own.
    fn session_link(
        &self,
        peer: Peer<'_>,
        session: &Session,
        transcript: &[u8; 32],
        date: u64,
    ) -> Result<Option<Link>, KeyError> {
        // U-1. As the receiver does: the peer may have been revoked since, and the domain retired.
        match self.common_key(peer, &session.key_id, date) {
            Ok(_) => {
                let name = KeyName { id: session.key_id, session: Some(*transcript) };
                Ok(Some(self.link(peer, name, &session.key)))
            }
            Err(KeyError::Domain(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How to seal for a peer under the common key of the first domain that the rules admit and the source has a key in.
    pub(crate) fn common_link_to(&self, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        self.check_not_revoked(peer.identifier)?;
        let mut failure = None;
        for domain in self.domains_for(peer, date)? {
            match self.keys.common_key(peer.identifier, domain) {
                Ok(common) => return Ok(self.link(peer, domain.into(), &common)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or(KeyError::NoDomain))
    }

    /// How to answer a peer that has shown a key. An answer to a message goes under the key of the message: a peer that
    /// asks without the session may have lost it. Later it goes under the newest session. Without one it goes under the
    /// common key of the domain that was shown, if this party still has it and the rules allow it.
    pub(crate) fn link_back(&self, shown: &Shown, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        self.check_not_revoked(peer.identifier)?;
        let is_required = self.rules.require_session_with(peer.role);
        let asked_under = match shown {
            // U-1
            Shown::Now(KeyName { id, session: Some(transcript) }) => {
                let session = self.evidence.session_with(self.as_peer(), peer, id, transcript);
                session.map(|session| (session, transcript))
            }
            Shown::Now(_) | Shown::Before(_) => None,
        };
        let link = match (asked_under, shown) {
            (Some((session, transcript)), _) => self.session_link(peer, session, transcript, date)?,
            (None, Shown::Now(_)) if !is_required => None,
            (None, _) => self.newest_session_link(peer, date)?,
        };
        match (link, self.keys.domains().get(shown.id())) {
            (Some(link), _) => Ok(link),
            (None, _) if is_required => Err(KeyError::NoSession),
            (None, Some(domain)) => {
                let common = self.common_key(peer, shown.id(), date)?;
                Ok(self.link(peer, domain.into(), &common))
            }
            (None, None) => self.common_link_to(peer, date),
        }
    }

    pub(crate) fn link(&self, peer: Peer<'_>, name: KeyName, common: &CommonKey) -> Link {
        Link { name, key: common.directional(self.identifier(), peer.identifier) }
    }
}
