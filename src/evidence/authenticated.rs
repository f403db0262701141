//! A finished handshake: the proof that the peer was there, and with an exchange the key of the session.

use alloc::boxed::Box;
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
/// The handshake proves the identifier. The role is the one in which that party said it speaks. It counts for the party
/// that made the handshake, and for that peer in that role.
///
/// Cheap to clone. After an exchange it holds the key of the session, which is wiped when the last clone is dropped.
#[derive(Clone)]
pub struct Authenticated {
    proof: Arc<Proof>,
    is_acknowledged: bool,
}

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
    /// A proof of which the other side may not know yet.
    pub(crate) fn new(own: Actor, peer: Actor, at: u64, transcript: [u8; 32], session: Option<Session>) -> Self {
        Self { proof: Arc::new(Proof { own, peer, at, transcript, session }), is_acknowledged: false }
    }

    /// The same, of which the other side has shown that it has the session, if there is one.
    pub(crate) fn acknowledged(self) -> Self {
        Self { is_acknowledged: self.has_session(), ..self }
    }

    /// The party that answered.
    #[must_use]
    pub fn peer(&self) -> &Identifier {
        &self.proof.peer.identifier
    }

    /// The role in which the peer answered.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.proof.peer.role
    }

    /// When this side drew its challenge, by its own clock, in seconds since 1970. The peer answered after that. Exactly
    /// when, only the peer knows: the network may have held the answer back.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.proof.at
    }

    /// The digest of the first three messages of the handshake, the same on both sides. Messages sealed under the session
    /// name it.
    #[must_use]
    pub fn transcript(&self) -> &[u8; 32] {
        &self.proof.transcript
    }

    /// Whether there was an exchange, so that this holds the key of a session.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.proof.session.is_some()
    }

    /// Whether the peer has shown that it has the session, so that this side seals under it: for the side that answered
    /// from the start, for the side that began from the acknowledgement on.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.is_acknowledged
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.proof.session.as_ref()
    }

    /// This side, as its peer sees it.
    pub(crate) fn own(&self) -> Peer<'_> {
        self.proof.own.as_peer()
    }

    /// The other side.
    pub(crate) fn as_peer(&self) -> Peer<'_> {
        self.proof.peer.as_peer()
    }

    /// The proof as bytes, for a store that several processes share. Secret after an exchange.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(KIND, self)
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
        export::import(KIND, bytes, limits::STATE)
    }

    pub(super) fn is_fresh(&self, age: u64, now: u64) -> bool {
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

impl Encode for Authenticated {
    /// `[own role, own identifier, peer's role, peer's identifier, time, transcript, key-id or null, key or null,
    /// acknowledged]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let Proof { own, peer, at, transcript, session } = &*self.proof;
        w.array(9).item(own).item(peer).uint(*at).bytes(transcript);
        match session {
            Some(Session { key_id, key }) => w.item(key_id).bytes(key.export().as_slice()),
            None => w.null().null(),
        };
        w.uint(self.is_acknowledged.into());
    }
}

impl Decode for Authenticated {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a proof", 9)?;
        let (own, peer) = (Actor::decode(r)?, Actor::decode(r)?);
        if !own.may_meet(&peer) {
            return Err(WireError::Corrupt);
        }
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
        let is_acknowledged = r.uint("whether it is acknowledged", 1)? == 1;
        // S-7
        if is_acknowledged && session.is_none() {
            return Err(WireError::Corrupt);
        }
        Ok(Self { is_acknowledged, ..Self::new(own, peer, at, transcript, session) })
    }
}
