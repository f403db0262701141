//! What a finished handshake leaves: the evidence, and with an exchange the key of the session.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::identifier::Identifier;
use crate::key::{CommonKey, KeyError, KeySource, Purpose};
use crate::link::{KeyName, Link, Party, Peer, Terminal};
use crate::name::Role;
use crate::rules::Scope;

/// That a party answered to a fresh challenge.
///
/// Made by a finished handshake only. What is proved is the identifier; the role is what that party said it speaks in.
///
/// It counts for the party that made the handshake. Noted by another one, or for another peer or role, it is ignored: what
/// is sealed then is sealed under the common key, with an exchange or not.
///
/// Not `Clone`: after an exchange it has the key of the session, which is wiped when the last holder drops it. A party
/// that takes note of it keeps a copy of its own for as long as it needs it.
pub struct Confirmed {
    /// Whose it is: this side of the handshake, whichever began it.
    pub(super) own: Party,
    pub(super) party: Party,
    pub(super) at: u64,
    pub(super) transcript: [u8; 32],
    /// If there was an exchange.
    pub(super) session: Option<Session>,
}

/// The domain and the key of a session.
pub(super) struct Session {
    pub(super) domain: Domain,
    /// Boxed: what is moved, as maps and growing vectors do, leaves its bytes behind.
    pub(super) key: Box<CommonKey>,
}

impl Session {
    pub(super) fn new(domain: &Domain, key: CommonKey) -> Self {
        Self { domain: domain.clone(), key: Box::new(key) }
    }
}

/// What a side has of a finished handshake.
#[non_exhaustive]
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
        &self.party.identifier
    }

    /// The role in which it did.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.party.role
    }

    /// Since when, by this side's clock, in seconds since 1970: the moment at which it drew the challenge. The peer
    /// answered after that; when, only the peer knows, and the network may have held the answer back.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The digest of all three messages, the same on both sides.
    #[must_use]
    pub fn transcript(&self) -> &[u8; 32] {
        &self.transcript
    }

    /// After an exchange, the domain and the key of the session: what a [`KeySource`] of yours keeps under the
    /// transcript, for [`KeySource::session_key`].
    #[must_use]
    pub fn session(&self) -> Option<(&Domain, &CommonKey)> {
        self.session.as_ref().map(|Session { domain, key }| (domain, &**key))
    }

    pub(super) fn duplicate(&self) -> Self {
        let Self { own, party, at, transcript, .. } = self;
        let session = self.session().map(|(domain, key)| Session::new(domain, CommonKey::import(&key.export())));
        Self { own: own.clone(), party: party.clone(), at: *at, transcript: *transcript, session }
    }

    /// Whether it is a party's own, and of that peer in that role.
    fn is_between<K: KeySource>(&self, terminal: &Terminal<K>, peer: Peer<'_>) -> bool {
        (self.own.as_peer(), self.party.as_peer()) == (terminal.as_peer(), peer)
    }

    /// Whether it is at `now` at most `age` seconds old.
    fn is_fresh(&self, age: u64, now: u64) -> bool {
        now.checked_sub(self.at).is_some_and(|since| since <= age)
    }
}

impl fmt::Debug for Confirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { party: Party { role, identifier }, at, .. } = self;
        f.debug_struct("Confirmed")
            .field("role", role)
            .field("peer", identifier)
            .field("at", at)
            .finish_non_exhaustive()
    }
}

/// The confirmations at hand for an order. They are not exported with it: they would be too old, and the keys of
/// sessions would outlive their purpose.
#[derive(Default)]
pub(crate) struct Evidence(Vec<Confirmed>);

impl Evidence {
    pub(crate) fn add(&mut self, confirmed: &Confirmed) {
        self.0.push(confirmed.duplicate());
    }

    /// Whether there is what the rules require of a party that is sent to, or of another recipient.
    pub(crate) fn suffices<K: KeySource>(
        &self,
        terminal: &Terminal<K>,
        peer: Peer<'_>,
        is_sent_to: bool,
        now: u64,
    ) -> bool {
        match terminal.rules.confirmed {
            Some((scope, age)) if is_sent_to || scope == Scope::Everybody => {
                self.of(terminal, peer).any(|confirmed| confirmed.is_fresh(age, now))
            }
            _ => true,
        }
    }

    fn of<K: KeySource>(&self, terminal: &Terminal<K>, peer: Peer<'_>) -> impl Iterator<Item = &Confirmed> {
        self.0.iter().filter(move |confirmed| confirmed.is_between(terminal, peer))
    }

    /// The link to a peer: under the newest session with it, if there is one, and else under the common key.
    pub(crate) fn link<K: KeySource>(
        &self,
        terminal: &Terminal<K>,
        purpose: Purpose,
        peer: Peer<'_>,
        date: u64,
    ) -> Result<Link, KeyError> {
        let sessions = self.of(terminal, peer).filter_map(|confirmed| Some((confirmed, confirmed.session()?)));
        let Some((confirmed, (domain, key))) = sessions.max_by_key(|(confirmed, _)| confirmed.at) else {
            return terminal.link_to(purpose, peer, date);
        };
        // As who receives under it does: the peer may have been revoked since, and the domain retired.
        terminal.common_key(peer, domain, date)?;
        let name = KeyName { domain: domain.clone(), session: Some(confirmed.transcript) };
        Ok(terminal.link(purpose, peer, name, key))
    }
}
