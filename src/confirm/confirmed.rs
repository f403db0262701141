//! What a finished handshake leaves: the evidence, and with an exchange the key of the session.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::identifier::Identifier;
use crate::key::{CommonKey, KeyError, KeySource, Purpose};
use crate::link::{KeyName, Link, Peer, Rules, Scope, Terminal};
use crate::name::Role;

/// That a party answered to a fresh challenge.
///
/// Made by a finished handshake only. What is proved is the identifier; the role is what that party said it speaks in.
///
/// Not `Clone`: after an exchange it has the key of the session, which is wiped when the last holder drops it. A party that
/// takes note of it keeps a copy of its own for as long as it needs it.
#[derive(Debug)]
pub struct Confirmed {
    pub(super) role: Role,
    pub(super) peer: Identifier,
    pub(super) at: u64,
    pub(super) transcript: [u8; 32],
    /// The domain and the key, if there was an exchange.
    pub(super) session: Option<(Domain, CommonKey)>,
}

/// What a side has of a finished handshake.
#[must_use = "what the peer said, and the session with it, are in here alone"]
pub struct Meeting {
    /// The evidence.
    pub confirmed: Confirmed,
    /// What the other side sent along: authentic, fresh, and secret between the two.
    pub payload: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meeting").field("confirmed", &self.confirmed).finish_non_exhaustive()
    }
}

impl Confirmed {
    /// Who answered.
    #[must_use]
    pub fn peer(&self) -> &Identifier {
        &self.peer
    }

    /// The role in which it did.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// When, by this side's clock, in seconds since 1970.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The digest of all three messages, the same on both sides.
    #[must_use]
    pub fn transcript(&self) -> &[u8; 32] {
        &self.transcript
    }

    /// After an exchange, the domain and the key of the session: what a [`KeySource`] of yours keeps under the transcript, for
    /// [`KeySource::session_key`].
    #[must_use]
    pub fn session(&self) -> Option<(&Domain, &CommonKey)> {
        self.session.as_ref().map(|(domain, key)| (domain, key))
    }

    pub(super) fn duplicate(&self) -> Self {
        let session = self.session().map(|(domain, key)| (domain.clone(), CommonKey::import(&key.export())));
        Self { role: self.role.clone(), peer: self.peer.clone(), at: self.at, transcript: self.transcript, session }
    }

    fn is_of(&self, peer: Peer<'_>) -> bool {
        (&self.role, &self.peer) == (peer.role, peer.identifier)
    }

    /// Whether this is of that party in that role, and at `now` at most `age` seconds old.
    fn vouches(&self, peer: Peer<'_>, age: u64, now: u64) -> bool {
        self.is_of(peer) && now.saturating_sub(self.at) <= age && self.at <= now
    }
}

/// The confirmations at hand for an order. They are not exported with it: they would be too old, and the keys of sessions
/// would outlive their purpose.
#[derive(Default)]
pub(crate) struct Evidence(Vec<Confirmed>);

impl Evidence {
    pub(crate) fn add(&mut self, confirmed: &Confirmed) {
        self.0.push(confirmed.duplicate());
    }

    /// Whether there is what the rules require of a party that is sent to, or of another recipient.
    pub(crate) fn suffices(&self, rules: &Rules, peer: Peer<'_>, is_sent_to: bool, now: u64) -> bool {
        match rules.confirmed {
            Some((scope, age)) if is_sent_to || scope == Scope::Everybody => {
                self.0.iter().any(|confirmed| confirmed.vouches(peer, age, now))
            }
            _ => true,
        }
    }

    /// The link to a peer: under the newest session with it, if there is one, and else under the common key.
    pub(crate) fn link<K: KeySource>(
        &self,
        terminal: &Terminal<K>,
        purpose: Purpose,
        peer: Peer<'_>,
        date: u64,
    ) -> Result<Link, KeyError> {
        let sessions = self.0.iter().filter(|confirmed| confirmed.is_of(peer));
        let sessions = sessions.filter_map(|confirmed| Some((confirmed, confirmed.session()?)));
        let Some((confirmed, (domain, key))) = sessions.max_by_key(|(confirmed, _)| confirmed.at) else {
            return terminal.link_to(purpose, peer, date);
        };
        terminal.admits(domain, peer, date)?;
        let name = KeyName { domain: domain.clone(), session: Some(confirmed.transcript) };
        Ok(terminal.link(purpose, peer, name, key))
    }
}
