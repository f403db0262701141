//! The two sides, step by step.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::message::Leg;
use super::speech::{Speech, check_owner, check_time, is_short};
use super::state::{Answered, Begun, INITIATOR, RESPONDER};
use super::{Acknowledgement, Answer, Authenticated, Confirmation, Finished, Hello, exchange};
use crate::endpoint::{Endpoint, Party};
use crate::error::{ReceiveError, SendError};
use crate::evidence::Session;
use crate::export;
use crate::identifier::Identifier;
use crate::key::{KeyError, KeySource};
use crate::limits;
use crate::name::Role;
use crate::peer::Actor;
use crate::seal::Link;
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
    /// [`SendError`] if there is no key for it, it is this party itself, both are card holders, or this party's rules
    /// [require a session](crate::Rules::require_session) with the role, which a handshake without an exchange does not make.
    pub fn start(
        party: &impl Party,
        role: Role,
        identifier: Identifier,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Self, Hello), SendError> {
        let endpoint = party.endpoint();
        // U-3
        if endpoint.rules.require_session_with(&role) {
            return Err(SendError::key(&role)(KeyError::NoSession));
        }
        begin(endpoint, Actor { role, identifier }, now, rng, |_| None)
    }

    /// The same, with an exchange. Shares that are stolen later do not open what is sealed under the resulting session,
    /// once both sides have wiped the key of the session, not even with a quantum computer.
    ///
    /// # Errors
    ///
    /// [`SendError`] if there is no key for it, it is this party itself, or both are card holders.
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
    /// Gives the proof with the payload of the answer, and the message for the other side. After an exchange no part is
    /// sealed under the session before the other side's [`Acknowledgement`] is
    /// [taken](Authenticated::acknowledge).
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
        // H-5
        if secret.is_none() && answer.ciphertext.is_some() {
            return Err(ReceiveError::Rejected);
        }
        // H-6
        check_time(*at, now)?;
        let peer = hello.to.as_peer();
        let common = endpoint.common_key_now(peer, &hello.key_id, now)?;
        let bound = hello.bound(&answer.challenge, answer.ciphertext.as_deref());
        let session = match (secret, &answer.ciphertext) {
            (Some(secret), Some(ciphertext)) => {
                let key = common.session(&*exchange::decapsulate(secret, ciphertext)?, &bound);
                Some(Session::new(hello.key_id, key))
            }
            _ => None,
        };
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let speech = Speech { peer, name: hello.key_id.into(), key };
        // H-7
        let received = speech.hear(endpoint, (Leg::Answer, &bound), &answer.sealed)?;
        // H-8, U-3
        if session.is_none() && (secret.is_some() || endpoint.rules.require_session_with(peer.role)) {
            return Err(ReceiveError::NoExchange);
        }

        let bound = answer.bound(&bound);
        let confirmation = Confirmation { sealed: speech.say(endpoint, (Leg::Confirmation, &bound), payload, rng) };
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
    /// [`ReceiveError`] if the hello is not for this party, there is no key, the payload is too long, the hello is not
    /// authentic, or this party's rules [require a session](crate::Rules::require_session) and the hello asks for no
    /// exchange. All that comes before anything is drawn or sealed.
    pub fn answer(
        party: &impl Party,
        hello: &Hello,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Self, Answer), ReceiveError> {
        check_payload(payload)?;
        let endpoint = party.endpoint();
        // H-1
        if hello.to.as_peer() != endpoint.as_peer() {
            return Err(ReceiveError::NotAddressed { role: endpoint.role.clone() });
        }
        // H-2. The key that the answer is sealed with is one that the rules admit for what will come back.
        let peer = hello.from.as_peer();
        let common = endpoint.common_key_now(peer, &hello.key_id, now)?;
        // H-3
        hello.check(&common.directional(peer.identifier, endpoint.identifier()))?;
        // H-4
        let encapsulator = match &hello.encapsulation_key {
            Some(key) => exchange::Encapsulator::read(key)?,
            None => None,
        };
        // U-3. The payload would go under the common key.
        if encapsulator.is_none() && endpoint.rules.require_session_with(peer.role) {
            return Err(ReceiveError::NoExchange);
        }

        let challenge = challenge(rng);
        let (ciphertext, shared) = encapsulator.map(|encapsulator| encapsulator.encapsulate(rng)).unzip();
        let bound = hello.bound(&challenge, ciphertext.as_deref());
        let session = shared.map(|shared| Session::new(hello.key_id, common.session(&shared, &bound)));
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let speech = Speech { peer, name: hello.key_id.into(), key };
        let sealed = speech.say(endpoint, (Leg::Answer, &bound), payload, rng);
        let answer = Answer { challenge, ciphertext, sealed };
        let bound = answer.bound(&bound);
        let answered = Answered { at: now, hello: hello.clone(), bound, session };
        Ok((Self(Box::new(answered)), answer))
    }

    /// Takes the confirmation. Gives the proof with the confirmation's payload, and after an exchange the message for the
    /// other side, which may seal no part under the session before it has that. If it is lost, the proof makes
    /// [another one](Authenticated::acknowledgement).
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged confirmation does not end an honest handshake.
    pub fn receive(
        self,
        party: &impl Party,
        confirmation: &Confirmation,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Finished, Option<Acknowledgement>), Refused<Self, ReceiveError>> {
        let endpoint = party.endpoint();
        let (Self(answered), payload) = give_back(self, |side| side.open(endpoint, confirmation, now))?;
        let Answered { at, hello, bound, session } = *answered;
        let Hello { from: peer, to: own, .. } = hello;
        let transcript = confirmation.transcript(&bound);
        let authenticated = Authenticated::new(own, peer, at, transcript, session).acknowledged();
        let session = authenticated.session();
        let acknowledgement = session.map(|session| Acknowledgement::of(&authenticated, session, endpoint, rng));
        Ok((Finished { authenticated, payload }, acknowledgement))
    }

    fn open<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        confirmation: &Confirmation,
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, ReceiveError> {
        let Answered { at, hello, bound, session } = &*self.0;
        check_owner(endpoint, &hello.to)?;
        // H-10
        check_time(*at, now)?;
        // H-11. With a session, too: its peer may have been revoked meanwhile, and its epoch may have ended.
        let peer = hello.from.as_peer();
        let common = endpoint.common_key_now(peer, &hello.key_id, now)?;
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let speech = Speech { peer, name: hello.key_id.into(), key };
        Ok(speech.hear(endpoint, (Leg::Confirmation, bound), &confirmation.sealed)?)
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

/// The challenge is drawn before the exchange.
fn begin<K: KeySource, R: CryptoRng + ?Sized>(
    endpoint: &Endpoint<K>,
    to: Actor,
    now: u64,
    rng: &mut R,
    exchange: impl FnOnce(&mut R) -> Option<(exchange::Seed, Box<[u8; exchange::KEY]>)>,
) -> Result<(Initiator, Hello), SendError> {
    if to.identifier == *endpoint.identifier() {
        return Err(SendError::key(&to.role)(KeyError::Oneself));
    }
    let from = endpoint.as_peer().to_actor();
    if !from.may_meet(&to) {
        return Err(SendError::BothCardHolders);
    }
    let Link { name, key } = endpoint.common_link_to(to.as_peer(), now).map_err(SendError::key(&to.role))?;
    let (key_id, challenge) = (name.id, challenge(rng));
    let (secret, encapsulation_key) = exchange(rng).unzip();
    let hello = Hello { key_id, from, to, challenge, encapsulation_key, mac: [0; 32] }.signed(&key);
    Ok((Initiator(Box::new(Begun { at: now, hello: hello.clone(), secret })), hello))
}

fn challenge(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; 32] {
    let mut challenge = [0; 32];
    rng.fill_bytes(&mut challenge);
    challenge
}

fn check_payload(payload: &[u8]) -> Result<(), ReceiveError> {
    if is_short(payload) { Ok(()) } else { Err(ReceiveError::Payload) }
}

fn own<K: KeySource>(endpoint: &Endpoint<K>, side: &Actor) -> Result<(), WireError> {
    if side.as_peer() == endpoint.as_peer() { Ok(()) } else { Err(WireError::OtherOwner) }
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
