//! The two sides, step by step.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::confirmed::Session;
use super::message::Leg;
use super::state::{Answered, Begun, INITIATOR, RESPONDER};
use super::{Answer, ConfirmError, Confirmation, Confirmed, Hello, Meeting, exchange};
use crate::export::{self, RestoreError};
use crate::key::{CommonKey, KeyError, KeySource, Purpose};
use crate::limits;
use crate::link::{KeyName, Party, Terminal};
use crate::seal::{Context, Payload, Rejected, Sealed};
use crate::step::Refused;

/// A handshake that this side began, awaiting the answer.
pub struct Initiator<'a, K> {
    terminal: &'a Terminal<K>,
    begun: Box<Begun>,
}

/// A handshake that the other side began, awaiting its confirmation.
pub struct Responder<'a, K> {
    terminal: &'a Terminal<K>,
    answered: Box<Answered>,
}

impl<K: KeySource> Terminal<K> {
    /// Begins a handshake.
    pub(crate) fn hello(
        &self,
        to: Party,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
        self.begin(to, now, rng, |_| None)
    }

    /// Begins one that asks for an exchange.
    #[cfg(feature = "forward-secrecy")]
    pub(crate) fn hello_with_exchange(
        &self,
        to: Party,
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
        self.begin(to, now, rng, |rng| Some(exchange::begin(rng)))
    }

    /// The challenge is drawn before the exchange.
    fn begin<R: CryptoRng + ?Sized>(
        &self,
        to: Party,
        now: u64,
        rng: &mut R,
        exchange: impl FnOnce(&mut R) -> Option<(exchange::EphemeralSecret, [u8; 32])>,
    ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
        let domain = self.link_to(Purpose::Confirm, to.as_peer(), now)?.name.domain;
        let from = Party { role: self.role.clone(), identifier: self.identifier().clone() };
        let challenge = challenge(rng);
        let (secret, ephemeral) = exchange(rng).unzip();
        let hello = Hello { domain, from, to, challenge, ephemeral };
        let begun = Box::new(Begun { at: now, hello: hello.clone(), secret });
        Ok((Initiator { terminal: self, begun }, hello))
    }

    /// Answers to the beginning of one.
    pub(crate) fn answer(
        &self,
        hello: &Hello,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Responder<'_, K>, Answer), ConfirmError> {
        check(payload)?;
        if hello.to.as_peer() != self.as_peer() {
            return Err(ConfirmError::NotAddressed);
        }
        // The key that the answer is sealed with is one that the rules admit for what will come back.
        let common = self.common_key(hello.from.as_peer(), &hello.domain, now)?;
        let challenge = challenge(rng);
        let exchanged = match &hello.ephemeral {
            Some(theirs) => exchange::answer(theirs, rng)?,
            None => None,
        };
        let ephemeral = exchanged.as_ref().map(|(public, _)| *public);
        let bound = hello.bound(&challenge, ephemeral.as_ref());
        let session = exchanged.map(|(_, shared)| Session::new(&hello.domain, common.session(&shared, &bound)));
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let sealed = self.tell(hello, key, (Leg::Answer, &bound), payload, rng);
        let answer = Answer { challenge, sealed, ephemeral };
        let bound = answer.bound(&bound);
        let answered = Box::new(Answered { at: now, hello: hello.clone(), bound, session });
        Ok((Responder { terminal: self, answered }, answer))
    }

    /// Continues a handshake that this party began, from its exported state.
    pub(crate) fn restore_initiator(&self, state: &[u8]) -> Result<Initiator<'_, K>, RestoreError> {
        let begun: Begun = export::import(INITIATOR, state, limits::STATE)?;
        self.own(&begun.hello.from)?;
        Ok(Initiator { terminal: self, begun: Box::new(begun) })
    }

    /// Continues a handshake that this party answered, from its exported state.
    pub(crate) fn restore_responder(&self, state: &[u8]) -> Result<Responder<'_, K>, RestoreError> {
        let answered: Answered = export::import(RESPONDER, state, limits::STATE)?;
        self.own(&answered.hello.to)?;
        Ok(Responder { terminal: self, answered: Box::new(answered) })
    }

    fn own(&self, side: &Party) -> Result<(), RestoreError> {
        if side.as_peer() == self.as_peer() { Ok(()) } else { Err(RestoreError::OtherOwner) }
    }

    /// Seals a message of the handshake for the other side: which one, and what it is bound to.
    fn tell(
        &self,
        hello: &Hello,
        common: &CommonKey,
        (leg, digest): (Leg, &[u8; 32]),
        payload: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Sealed {
        let (_, to) = leg.ends(hello);
        let link = self.link(Purpose::Confirm, to, (&hello.domain).into(), common);
        let context = Context { step: leg.step(), digest, role: to.role };
        Sealed::seal(&link, context, None, &Payload(payload), rng)
    }
}

/// Opens a message of the handshake, which is in the domain of its beginning and no other.
fn hear(
    hello: &Hello,
    common: &CommonKey,
    (leg, digest): (Leg, &[u8; 32]),
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, Rejected> {
    if sealed.name != KeyName::from(&hello.domain) {
        return Err(Rejected);
    }
    let (from, to) = leg.ends(hello);
    let key = common.directional(Purpose::Confirm, from.identifier, to.identifier);
    let payload = sealed.open(&key, Context { step: leg.step(), digest, role: to.role }, None)?;
    // The ciphertext may be longer: what no honest side would send is not taken from a dishonest one.
    if is_short(&payload) { Ok(payload.release()) } else { Err(Rejected) }
}

impl<K: KeySource> Initiator<'_, K> {
    /// Takes the answer, and confirms.
    ///
    /// Gives the evidence with the payload of the answer, and the message for the other side.
    ///
    /// # Errors
    ///
    /// [`ConfirmError`], with the state: a forged answer does not end an honest handshake.
    pub fn receive(
        self,
        answer: &Answer,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Meeting, Confirmation), Refused<Self, ConfirmError>> {
        match self.open(answer, payload, now, rng) {
            Ok(done) => Ok(done),
            Err(error) => Err(Refused { state: self, error }),
        }
    }

    fn open(
        &self,
        answer: &Answer,
        payload: &[u8],
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Meeting, Confirmation), ConfirmError> {
        check(payload)?;
        let Begun { at, hello, secret } = &*self.begun;
        let common = self.terminal.common_key(hello.to.as_peer(), &hello.domain, now)?;
        let bound = hello.bound(&answer.challenge, answer.ephemeral.as_ref());
        let session = match (secret, &answer.ephemeral) {
            (Some(secret), Some(theirs)) => {
                let key = common.session(&*exchange::agree(secret, theirs)?, &bound);
                Some(Session::new(&hello.domain, key))
            }
            (None, Some(_)) => return Err(ConfirmError::Rejected),
            (_, None) => None,
        };
        let key = session.as_ref().map_or(&common, |session| &session.key);
        let received = hear(hello, key, (Leg::Answer, &bound), &answer.sealed)?;
        if secret.is_some() && session.is_none() {
            return Err(ConfirmError::NoExchange);
        }

        let bound = answer.bound(&bound);
        let confirmation =
            Confirmation { sealed: self.terminal.tell(hello, key, (Leg::Confirmation, &bound), payload, rng) };
        let transcript = confirmation.transcript(&bound);
        let (own, party) = (hello.from.clone(), hello.to.clone());
        let confirmed = Confirmed { own, party, at: *at, transcript, session };
        Ok((Meeting { confirmed, payload: received }, confirmation))
    }

    /// The state as bytes: with an exchange, secret. The party's `restore_initiator` takes it.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(INITIATOR, &*self.begun)
    }
}

impl<K: KeySource> Responder<'_, K> {
    /// Takes the confirmation. Gives the evidence, and its payload.
    ///
    /// # Errors
    ///
    /// [`ConfirmError`], with the state: a forged confirmation does not end an honest handshake.
    pub fn receive(self, confirmation: &Confirmation, now: u64) -> Result<Meeting, Refused<Self, ConfirmError>> {
        match self.open(confirmation, now) {
            Ok(payload) => {
                let Answered { at, hello, bound, session } = *self.answered;
                let Hello { from: party, to: own, .. } = hello;
                let transcript = confirmation.transcript(&bound);
                Ok(Meeting { confirmed: Confirmed { own, party, at, transcript, session }, payload })
            }
            Err(error) => Err(Refused { state: self, error }),
        }
    }

    fn open(&self, confirmation: &Confirmation, now: u64) -> Result<Zeroizing<Vec<u8>>, ConfirmError> {
        let Answered { hello, bound, session, .. } = &*self.answered;
        // With a session too: its peer may have been revoked meanwhile, and its epoch ended.
        let common = self.terminal.common_key(hello.from.as_peer(), &hello.domain, now)?;
        let key = session.as_ref().map_or(&common, |session| &session.key);
        Ok(hear(hello, key, (Leg::Confirmation, bound), &confirmation.sealed)?)
    }

    /// The state as bytes: with an exchange, secret. The party's `restore_responder` takes it.
    #[must_use]
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        export::export(RESPONDER, &*self.answered)
    }
}

fn challenge(rng: &mut (impl CryptoRng + ?Sized)) -> [u8; 32] {
    let mut challenge = [0; 32];
    rng.fill_bytes(&mut challenge);
    challenge
}

fn is_short(payload: &[u8]) -> bool {
    payload.len() <= limits::PAYLOAD
}

fn check(payload: &[u8]) -> Result<(), ConfirmError> {
    if is_short(payload) { Ok(()) } else { Err(ConfirmError::Payload) }
}

impl<K> fmt::Debug for Initiator<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("hello", &self.begun.hello).finish_non_exhaustive()
    }
}

impl<K> fmt::Debug for Responder<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("hello", &self.answered.hello).finish_non_exhaustive()
    }
}
