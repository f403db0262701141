//! The two sides, step by step.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::message::Leg;
use super::state::{Answered, Begun, INITIATOR, RESPONDER};
use super::{Answer, Authenticated, Confirmation, Finished, Hello, exchange};
use crate::endpoint::{Endpoint, Party};
use crate::error::{ReceiveError, SendError};
use crate::evidence::Session;
use crate::export;
use crate::identifier::Identifier;
use crate::key::{CommonKey, KeySource};
use crate::limits;
use crate::name::Role;
use crate::peer::{Actor, Peer};
use crate::seal::{Context, KeyName, Payload, Purpose, Rejected, SaltContent, Sealed};
use crate::step::{Refused, give_back};
use crate::wire::WireError;

/// A handshake that this side began, awaiting the answer.
pub struct Initiator(Box<Begun>);

/// A handshake that the other side began, awaiting its confirmation.
pub struct Responder(Box<Answered>);

impl Initiator {
    /// Begins a handshake with the party that has this role and identifier, at the time `now`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no key for it.
    pub fn start(
        party: &impl Party,
        role: Role,
        identifier: Identifier,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Self, Hello), SendError> {
        begin(party.endpoint(), Actor { role, identifier }, now, rng, |_| None)
    }

    /// The same, with an ephemeral exchange. Shares that are stolen later do not open what is sealed under the resulting
    /// session, once both sides have wiped the key of the session.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    #[cfg(feature = "forward-secrecy")]
    pub fn start_with_exchange(
        party: &impl Party,
        role: Role,
        identifier: Identifier,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Self, Hello), SendError> {
        begin(party.endpoint(), Actor { role, identifier }, now, rng, |rng| Some(exchange::begin(rng)))
    }

    /// Takes the answer, and confirms.
    ///
    /// Gives the proof with the payload of the answer, and the message for the other side.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged answer does not end an honest handshake.
    pub fn receive(
        self,
        party: &impl Party,
        answer: &Answer,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Finished, Confirmation), Refused<Self, ReceiveError>> {
        give_back(self, |side| side.open(party.endpoint(), answer, payload, now, rng)).map(|(_, done)| done)
    }

    fn open<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        answer: &Answer,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Finished, Confirmation), ReceiveError> {
        check_payload(payload)?;
        let Begun { at, hello, secret } = &*self.0;
        check_owner(endpoint, &hello.from)?;
        let common = endpoint.common_key(hello.to.as_peer(), &hello.key_id, now)?;
        let bound = hello.bound(&answer.challenge, answer.ephemeral.as_ref());
        let session = match (secret, &answer.ephemeral) {
            (Some(secret), Some(theirs)) => {
                let key = common.session(&*exchange::agree(secret, theirs)?, &bound);
                Some(Session::new(hello.key_id, key))
            }
            (None, Some(_)) => return Err(ReceiveError::Rejected),
            (_, None) => None,
        };
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let received = hear(hello, key, (Leg::Answer, &bound), &answer.sealed)?;
        if secret.is_some() && session.is_none() {
            return Err(ReceiveError::NoExchange);
        }

        let bound = answer.bound(&bound);
        let sealed = tell(endpoint, hello, key, (Leg::Confirmation, &bound), payload, rng);
        let confirmation = Confirmation { sealed };
        let transcript = confirmation.transcript(&bound);
        let authenticated = Authenticated::new(hello.from.clone(), hello.to.clone(), *at, transcript, session);
        Ok((Finished { authenticated, payload: received }, confirmation))
    }

    /// The state as bytes: secret if there is an exchange. [`restore`](Self::restore) reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(INITIATOR, &*self.0)
    }

    /// Continues a handshake that this party began, from its exported state.
    ///
    /// # Security
    ///
    /// A state that is restored twice takes the same answer twice. Neither proof is younger than the state.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this party's.
    pub fn restore(party: &impl Party, state: &[u8]) -> Result<Self, WireError> {
        let begun: Begun = export::import(INITIATOR, state, limits::STATE)?;
        own(party.endpoint(), &begun.hello.from)?;
        Ok(Self(Box::new(begun)))
    }
}

impl Responder {
    /// Answers a hello, with a payload of at most 64 KiB: a seller's order form, for example.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] if the hello is not for this party, there is no key, or the payload is too long.
    pub fn answer(
        party: &impl Party,
        hello: &Hello,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Self, Answer), ReceiveError> {
        check_payload(payload)?;
        let endpoint = party.endpoint();
        if hello.to.as_peer() != endpoint.as_peer() {
            return Err(ReceiveError::NotAddressed { role: endpoint.role.clone() });
        }
        // The key that the answer is sealed with is one that the rules admit for what will come back.
        let common = endpoint.common_key(hello.from.as_peer(), &hello.key_id, now)?;
        let challenge = challenge(rng);
        let exchanged = match &hello.ephemeral {
            Some(theirs) => exchange::answer(theirs, rng)?,
            None => None,
        };
        let ephemeral = exchanged.as_ref().map(|(public, _)| *public);
        let bound = hello.bound(&challenge, ephemeral.as_ref());
        let session = exchanged.map(|(_, shared)| Session::new(hello.key_id, common.session(&shared, &bound)));
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let sealed = tell(endpoint, hello, key, (Leg::Answer, &bound), payload, rng);
        let answer = Answer { challenge, sealed, ephemeral };
        let bound = answer.bound(&bound);
        let answered = Answered { at: now, hello: hello.clone(), bound, session };
        Ok((Self(Box::new(answered)), answer))
    }

    /// Takes the confirmation. Gives the proof, and the confirmation's payload.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged confirmation does not end an honest handshake.
    pub fn receive(
        self,
        party: &impl Party,
        confirmation: &Confirmation,
        now: u64,
    ) -> Result<Finished, Refused<Self, ReceiveError>> {
        let (Self(answered), payload) = give_back(self, |side| side.open(party.endpoint(), confirmation, now))?;
        let Answered { at, hello, bound, session } = *answered;
        let Hello { from: peer, to: own, .. } = hello;
        let transcript = confirmation.transcript(&bound);
        Ok(Finished { authenticated: Authenticated::new(own, peer, at, transcript, session), payload })
    }

    fn open<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        confirmation: &Confirmation,
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, ReceiveError> {
        let Answered { hello, bound, session, .. } = &*self.0;
        check_owner(endpoint, &hello.to)?;
        // With a session, too: its peer may have been revoked meanwhile, and its epoch may have ended.
        let common = endpoint.common_key(hello.from.as_peer(), &hello.key_id, now)?;
        let key = session.as_ref().map_or(&common, |session| &session.key);
        Ok(hear(hello, key, (Leg::Confirmation, bound), &confirmation.sealed)?)
    }

    /// The state as bytes: secret if there is an exchange. [`restore`](Self::restore) reads them.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(RESPONDER, &*self.0)
    }

    /// Continues a handshake that this party answered, from its exported state.
    ///
    /// # Security
    ///
    /// A state that is restored twice takes the same confirmation twice.
    ///
    /// # Errors
    ///
    /// [`WireError`] if the state is damaged, or not this party's.
    pub fn restore(party: &impl Party, state: &[u8]) -> Result<Self, WireError> {
        let answered: Answered = export::import(RESPONDER, state, limits::STATE)?;
        own(party.endpoint(), &answered.hello.to)?;
        Ok(Self(Box::new(answered)))
    }
}

/// Begins a handshake. The challenge is drawn before the exchange.
fn begin<K: KeySource, R: CryptoRng + ?Sized>(
    endpoint: &Endpoint<K>,
    to: Actor,
    now: u64,
    rng: &mut R,
    exchange: impl FnOnce(&mut R) -> Option<(exchange::EphemeralSecret, [u8; 32])>,
) -> Result<(Initiator, Hello), SendError> {
    let link = endpoint.common_link_to(to.as_peer(), now).map_err(SendError::key(&to.role))?;
    let challenge = challenge(rng);
    let (secret, ephemeral) = exchange(rng).unzip();
    let hello = Hello { key_id: link.name.id, from: endpoint.as_peer().to_actor(), to, challenge, ephemeral };
    Ok((Initiator(Box::new(Begun { at: now, hello: hello.clone(), secret })), hello))
}

/// Seals a message of the handshake for the other side: which one, and what it is bound to.
fn tell<K: KeySource>(
    endpoint: &Endpoint<K>,
    hello: &Hello,
    common: &CommonKey,
    (leg, digest): (Leg, &[u8; 32]),
    payload: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Sealed {
    let (_, to) = leg.ends(hello);
    let link = endpoint.link(to, hello.key_id.into(), common);
    Sealed::seal(&link, context(hello, leg, digest), &Payload(payload), SaltContent::Whole, rng)
}

/// Opens a message of the handshake, which is under the key-id of the hello and no other.
fn hear(
    hello: &Hello,
    common: &CommonKey,
    (leg, digest): (Leg, &[u8; 32]),
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, Rejected> {
    if sealed.name != KeyName::from(hello.key_id) {
        return Err(Rejected);
    }
    let (from, to) = leg.ends(hello);
    let key = common.directional(from.identifier, to.identifier);
    let payload = sealed.open(&key, context(hello, leg, digest))?;
    // The ciphertext may be longer: what no honest side would send is not taken from a dishonest one.
    if is_short(&payload) { Ok(payload.release()) } else { Err(Rejected) }
}

/// What a message of the handshake is bound to.
fn context<'a>(hello: &'a Hello, leg: Leg, digest: &'a [u8; 32]) -> Context<'a> {
    let (from, to) = leg.ends(hello);
    let (purpose, sender, receiver) = (Purpose::Handshake, from.role, to.role);
    Context { purpose, step: leg.step(), digest, sender, receiver, token: None }
}

fn challenge(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; 32] {
    let mut challenge = [0; 32];
    rng.fill_bytes(&mut challenge);
    challenge
}

fn is_short(payload: &[u8]) -> bool {
    payload.len() <= limits::PAYLOAD
}

fn check_payload(payload: &[u8]) -> Result<(), ReceiveError> {
    if is_short(payload) { Ok(()) } else { Err(ReceiveError::Payload) }
}

fn is_side<K: KeySource>(endpoint: &Endpoint<K>, side: &Actor) -> bool {
    let Peer { role, identifier } = endpoint.as_peer();
    (role, identifier) == (&side.role, &side.identifier)
}

fn check_owner<K: KeySource>(endpoint: &Endpoint<K>, side: &Actor) -> Result<(), ReceiveError> {
    if is_side(endpoint, side) { Ok(()) } else { Err(ReceiveError::OtherParty) }
}

fn own<K: KeySource>(endpoint: &Endpoint<K>, side: &Actor) -> Result<(), WireError> {
    if is_side(endpoint, side) { Ok(()) } else { Err(WireError::OtherOwner) }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("hello", &self.0.hello).finish_non_exhaustive()
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("hello", &self.0.hello).finish_non_exhaustive()
    }
}
