//! What a finished handshake leaves: the proof that the peer was there, and with an exchange the key of the session.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::domain::KeyId;
use crate::export;
use crate::identifier::Identifier;
use crate::key::CommonKey;
use crate::limits;
use crate::name::Role;
use crate::peer::{Actor, Peer};
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

const KIND: &str = "authenticated";

/// Proof that a peer answered a fresh challenge, made by a finished handshake only.
///
/// The handshake proves the identifier. The role is the one in which that party said it speaks.
///
/// It counts for the party that made the handshake, and for that peer in that role. A step for any other party, peer or
/// role ignores it, and seals under the common key.
///
/// Cheap to clone. After an exchange it holds the key of the session, which is wiped when the last clone is dropped.
#[derive(Clone)]
pub struct Authenticated(Arc<Proof>);

struct Proof {
    /// This side of the handshake, whichever side began it.
    own: Actor,
    peer: Actor,
    at: u64,
    transcript: [u8; 32],
    session: Option<Session>,
}

/// The key of a session, and the key-id under which it was made.
pub(crate) struct Session {
    pub(crate) key_id: KeyId,
    /// Boxed, because moving a value leaves its bytes behind.
    pub(crate) key: Box<CommonKey>,
}

impl Session {
    pub(crate) fn new(key_id: KeyId, key: CommonKey) -> Self {
        Self { key_id, key: Box::new(key) }
    }
}

impl Authenticated {
    pub(crate) fn new(own: Actor, peer: Actor, at: u64, transcript: [u8; 32], session: Option<Session>) -> Self {
        Self(Arc::new(Proof { own, peer, at, transcript, session }))
    }

    /// Who answered.
    #[must_use]
    pub fn peer(&self) -> &Identifier {
        &self.0.peer.identifier
    }

    /// The role in which the peer answered.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.0.peer.role
    }

    /// When this side drew its challenge, by its own clock, in seconds since 1970. The peer answered after that. Exactly
    /// when, only the peer knows: the network may have held the answer back.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.0.at
    }

    /// The digest of all three messages of the handshake, the same on both sides. Messages sealed under the session name
    /// it.
    #[must_use]
    pub fn transcript(&self) -> &[u8; 32] {
        &self.0.transcript
    }

    /// Whether there was an exchange, so that this holds the key of a session.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.0.session.is_some()
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.0.session.as_ref()
    }

    /// The proof as bytes, for a store that several processes share. Secret after an exchange.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, &*self.0)
    }

    /// Reads the bytes that [`export`](Self::export) gave.
    ///
    /// # Security
    ///
    /// The bytes are believed: whoever can write them decides who counts as authenticated.
    ///
    /// # Errors
    ///
    /// [`WireError`] if they are not a proof of this version, or are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, WireError> {
        export::import(KIND, bytes, limits::STATE).map(|proof| Self(Arc::new(proof)))
    }

    fn is_between(&self, own: Peer<'_>, peer: Peer<'_>) -> bool {
        (self.0.own.as_peer(), self.0.peer.as_peer()) == (own, peer)
    }

    /// Whether it is at `now` at most `age` seconds old.
    fn is_fresh(&self, age: u64, now: u64) -> bool {
        now.checked_sub(self.at()).is_some_and(|since| since <= age)
    }
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("role", self.role())
            .field("peer", self.peer())
            .field("at", &self.at())
            .finish_non_exhaustive()
    }
}

/// The finished handshakes that a step may rely on, by their transcripts. A party takes them by `with_evidence`.
///
/// A sender uses them where its [`Rules`](crate::Rules) require that the peer answered lately, and to seal under the
/// newest session with the peer. A receiver uses them to open what is sealed under a session. Cheap to clone.
///
/// A service with many sessions keeps them in a store of its own by their transcripts, and passes the one that a message
/// names ([`KeyName::session`](crate::message::KeyName::session)).
///
/// # Security
///
/// What is sealed under a session stays readable for as long as either side keeps its key. Drop a session when the
/// answers to what was sealed under it have arrived. A message under a session that its receiver has lost cannot be
/// opened; no order is stranded by that, because every statement can be sealed again without the session, and every
/// filed answer can be had by the order's digest.
#[derive(Clone, Default)]
pub struct Evidence(Arc<BTreeMap<[u8; 32], Authenticated>>);

impl Evidence {
    /// No handshake.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and one handshake more.
    #[must_use]
    pub fn with(mut self, authenticated: &Authenticated) -> Self {
        Arc::make_mut(&mut self.0).insert(*authenticated.transcript(), authenticated.clone());
        self
    }

    /// The same without one handshake.
    #[must_use]
    pub fn without(mut self, transcript: &[u8; 32]) -> Self {
        Arc::make_mut(&mut self.0).remove(transcript);
        self
    }

    /// The same without the handshakes whose challenge this side drew before `time`, in seconds since 1970.
    #[must_use]
    pub fn since(mut self, time: u64) -> Self {
        Arc::make_mut(&mut self.0).retain(|_, authenticated| authenticated.at() >= time);
        self
    }

    /// Whether there is a handshake between these two of the last `age` seconds.
    pub(crate) fn is_recent(&self, own: Peer<'_>, peer: Peer<'_>, age: u64, now: u64) -> bool {
        self.between(own, peer).any(|authenticated| authenticated.is_fresh(age, now))
    }

    /// The newest session between these two.
    pub(crate) fn newest_session(&self, own: Peer<'_>, peer: Peer<'_>) -> Option<(&[u8; 32], &Session)> {
        let sessions = self.between(own, peer).filter_map(|found| Some((found, found.session()?)));
        sessions.max_by_key(|(found, _)| found.at()).map(|(found, session)| (found.transcript(), session))
    }

    /// A session that this party has with that peer under that key-id.
    pub(crate) fn session(
        &self,
        own: &Identifier,
        peer: &Identifier,
        id: &KeyId,
        transcript: &[u8; 32],
    ) -> Option<&Session> {
        let found = self.0.get(transcript)?;
        let is_ours = found.0.own.identifier == *own && found.peer() == peer;
        found.session().filter(|session| is_ours && session.key_id == *id)
    }

    fn between(&self, own: Peer<'_>, peer: Peer<'_>) -> impl Iterator<Item = &Authenticated> {
        self.0.values().filter(move |authenticated| authenticated.is_between(own, peer))
    }
}

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

impl Encode for Proof {
    /// `[own role, own identifier, peer's role, peer's identifier, time, transcript, key-id or null, key or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(8).item(&self.own).item(&self.peer).uint(self.at).bytes(&self.transcript);
        match &self.session {
            Some(Session { key_id, key }) => w.item(key_id).bytes(key.export().as_slice()),
            None => w.null().null(),
        };
    }
}

impl Decode for Proof {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a proof", 8)?;
        let (own, peer) = (Actor::decode(r)?, Actor::decode(r)?);
        let (at, transcript) = (r.uint("a time", limits::TIME)?, r.exact("a transcript")?);
        let session = if r.is_null() {
            if !r.is_null() {
                return Err(WireError::Expected("null"));
            }
            None
        } else {
            let key_id = KeyId::decode(r)?;
            let key = Zeroizing::new(r.exact("a key")?);
            Some(Session::new(key_id, CommonKey::import(&key)))
        };
        Ok(Self { own, peer, at, transcript, session })
    }
}
