//! The fourth message, made and taken on the proof that the first three left.

use rand_core::CryptoRng;

use super::message::Leg;
use super::speech::{Speech, check_time};
use super::{Acknowledgement, Authenticated};
use crate::endpoint::{Endpoint, Party};
use crate::error::{ReceiveError, SendError};
use crate::evidence::Session;
use crate::key::{KeyError, KeySource};
use crate::seal::KeyName;

impl Authenticated {
    /// The acknowledgement once more, from the side that answered, at the time `now`, in seconds since 1970: the one that
    /// [`Responder::receive`](super::Responder::receive) gave may have been lost. Send it when the confirmation comes again.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the proof is another party's, there is no session that this side knows the other one to have, or
    /// the two may no longer use its key.
    pub fn acknowledgement(
        &self,
        party: &impl Party,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Acknowledgement, SendError> {
        let endpoint = party.endpoint();
        if self.own() != endpoint.as_peer() {
            return Err(SendError::OtherParty);
        }
        let no_key = |error| SendError::key(self.role())(error);
        let session = self.session().filter(|_| self.is_acknowledged()).ok_or_else(|| no_key(KeyError::NoSession))?;
        endpoint.common_key_now(self.as_peer(), &session.key_id, now).map_err(no_key)?;
        Ok(Acknowledgement::of(self, session, endpoint, rng))
    }

    /// Takes the acknowledgement, on the side that began, at the time `now`, in seconds since 1970. From then on it
    /// seals under the session: put the proof that comes of it into the [`Evidence`](super::Evidence) in place of this
    /// one.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`]. It changes nothing: this proof is as good as before.
    pub fn acknowledge(
        &self,
        party: &impl Party,
        acknowledgement: &Acknowledgement,
        now: u64,
    ) -> Result<Self, ReceiveError> {
        let endpoint = party.endpoint();
        if self.own() != endpoint.as_peer() {
            return Err(ReceiveError::OtherParty);
        }
        // H-12
        let session = self.session().ok_or(KeyError::UnknownSession)?;
        // H-13
        check_time(self.at(), now)?;
        // H-14: O-1, O-2; O-4
        endpoint.common_key_now(self.as_peer(), &session.key_id, now)?;
        let named = acknowledgement.sealed.name.session;
        if named.is_some_and(|named| named != *self.transcript()) {
            return Err(KeyError::UnknownSession.into());
        }
        let said = self.speech(session).hear(endpoint, self.leg(), &acknowledgement.sealed)?;
        if said.is_empty() { Ok(self.clone().acknowledged()) } else { Err(ReceiveError::Rejected) }
    }

    fn speech<'a>(&'a self, session: &'a Session) -> Speech<'a> {
        let name = KeyName { id: session.key_id, session: Some(*self.transcript()) };
        Speech { peer: self.as_peer(), name, key: &session.key }
    }

    fn leg(&self) -> (Leg, &[u8; 32]) {
        (Leg::Acknowledgement, self.transcript())
    }
}

impl Acknowledgement {
    /// That of a session, which the proof has.
    pub(super) fn of<K: KeySource>(
        proof: &Authenticated,
        session: &Session,
        endpoint: &Endpoint<K>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        Self { sealed: proof.speech(session).say(endpoint, proof.leg(), b"", rng) }
    }
}
