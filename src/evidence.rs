//! What finished handshakes leave to a party's steps.

mod authenticated;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

pub use authenticated::Authenticated;
pub(crate) use authenticated::Session;

use crate::domain::KeyId;
use crate::identifier::Identifier;
use crate::name::Role;
use crate::peer::Peer;

/// The finished handshakes that a step may rely on, by their transcripts. A party takes its own by `with_evidence`.
///
/// A sender uses them where its [`Rules`](crate::Rules) require that the peer answered lately, and to seal under the
/// newest session with the peer. What answers a message goes under the key of that message. A receiver uses them to open
/// what is sealed under a session. It is cheap to clone.
///
/// A service with many sessions keeps them in a store of its own by their transcripts, and passes the one that a message
/// names ([`KeyName::session`](crate::message::KeyName::session)).
///
/// # Security
///
/// What is sealed under a session stays readable for as long as either side keeps its key. Drop a session when the
/// answers to what was sealed under it have arrived. A message under a session that its receiver has lost cannot be
/// opened. It can be sealed again without the session: a part until its order's deliver-until, a statement for as long as it
/// matters. Every filed answer can be had by the order's digest.
#[derive(Clone, Default)]
pub struct Evidence(Arc<BTreeMap<[u8; 32], Authenticated>>);

impl Evidence {
    /// Evidence without any handshake.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one handshake. If the same handshake is there already, this one takes its place: for example, once it is
    /// acknowledged.
    #[must_use]
    pub fn with(mut self, authenticated: &Authenticated) -> Self {
        Arc::make_mut(&mut self.0).insert(*authenticated.transcript(), authenticated.clone());
        self
    }

    /// Removes one handshake.
    #[must_use]
    pub fn without(mut self, transcript: &[u8; 32]) -> Self {
        Arc::make_mut(&mut self.0).remove(transcript);
        self
    }

    /// Removes the handshakes whose challenge this side drew before `time`, in seconds since 1970.
    #[must_use]
    pub fn since(mut self, time: u64) -> Self {
        Arc::make_mut(&mut self.0).retain(|_, authenticated| authenticated.at() >= time);
        self
    }

    /// Whether all of it is that of one party in its role.
    pub(crate) fn check_owner(&self, own: Peer<'_>) -> Result<(), EvidenceError> {
        // U-1, U-3
        for found in self.0.values() {
            if found.own().identifier != own.identifier {
                return Err(EvidenceError::OtherParty);
            }
            if found.own().role != own.role {
                return Err(EvidenceError::OtherRole { role: found.own().role.clone() });
            }
        }
        Ok(())
    }

    /// Whether there is a handshake with this peer of the last `age` seconds.
    pub(crate) fn is_recent(&self, peer: Peer<'_>, age: u64, now: u64) -> bool {
        self.with_peer(peer).any(|authenticated| authenticated.is_fresh(age, now))
    }

    /// Whether all sessions with this party, and there are some, were made with it in other roles; or all handshakes.
    pub(crate) fn knows_otherwise(&self, peer: Peer<'_>) -> bool {
        let are_otherwise = |only_sessions: bool| {
            let known = self.0.values().filter(|found| found.peer() == peer.identifier);
            let mut known = known.filter(|found| !only_sessions || found.session().is_some()).peekable();
            known.peek().is_some() && known.all(|found| found.role() != peer.role)
        };
        are_otherwise(true) || are_otherwise(false)
    }

    /// The sessions with this peer, the newest first, with their names.
    pub(crate) fn sessions(&self, peer: Peer<'_>) -> impl Iterator<Item = (&Authenticated, &Session)> {
        let mut sessions: Vec<_> = self.with_peer(peer).filter_map(|found| Some((found, found.session()?))).collect();
        sessions.sort_by_key(|(found, _)| Reverse(found.at()));
        sessions.into_iter()
    }

    /// A session that this party has with that peer, whatever their roles, under that key-id.
    pub(crate) fn session(
        &self,
        own: &Identifier,
        peer: &Identifier,
        id: &KeyId,
        transcript: &[u8; 32],
    ) -> Option<&Session> {
        self.named(id, transcript, |found| found.own().identifier == own && found.peer() == peer)
    }

    /// The same of parties in these roles, to be sealed under.
    pub(crate) fn session_with(
        &self,
        own: Peer<'_>,
        peer: Peer<'_>,
        id: &KeyId,
        transcript: &[u8; 32],
    ) -> Option<&Session> {
        self.named(id, transcript, |found| found.own() == own && found.as_peer() == peer)
    }

    fn named(
        &self,
        id: &KeyId,
        transcript: &[u8; 32],
        is_between_both: impl FnOnce(&Authenticated) -> bool,
    ) -> Option<&Session> {
        // O-5
        let found = self.0.get(transcript).filter(|found| is_between_both(found))?;
        found.session().filter(|session| session.key_id == *id)
    }

    fn with_peer(&self, peer: Peer<'_>) -> impl Iterator<Item = &Authenticated> {
        self.0.values().filter(move |found| found.as_peer() == peer)
    }
}

/// Why a party does not take evidence: a handshake is of the party that made it, in the role in which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Another party made one of the handshakes.
    OtherParty,
    /// This party made one of the handshakes in another role.
    OtherRole {
        /// The role in which it made the handshake.
        role: Role,
    },
}

impl EvidenceError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::OtherParty => "evidence-of-other-party",
            Self::OtherRole { .. } => "evidence-of-other-role",
        }
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherParty => f.write_str("another party made the handshake"),
            Self::OtherRole { role } => write!(f, "this party made the handshake in another role, as \"{role}\""),
        }
    }
}

impl core::error::Error for EvidenceError {}

impl FromIterator<Authenticated> for Evidence {
    fn from_iter<I: IntoIterator<Item = Authenticated>>(handshakes: I) -> Self {
        Self(Arc::new(handshakes.into_iter().map(|proof| (*proof.transcript(), proof)).collect()))
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.values()).finish()
    }
}
