//! Advance confirmation (patent claim 7): two parties make sure of each other, here and now, before an order is sent.
//!
//! A mutual entity authentication in three messages, in the style of ISO/IEC 9798-4, under the pairwise key. Each side
//! contributes a fresh challenge, and seals an answer that is bound to everything said so far: both identifiers, both
//! roles, the domain, the direction and the number of the message. The second and the third message can carry a payload: a
//! seller answers with its order form, and the card holder has an authentic form in one round trip.
//!
//! ```text
//! Initiator        hello ──────────▶ Responder
//!                  ◀────────── answer, with a payload
//! Confirmed        confirmation, with a payload ──────────▶ Confirmed
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::domain::Domain;
use crate::hash;
use crate::identifier::Identifier;
use crate::key::{KeyError, KeySource, Purpose};
use crate::limits;
use crate::link::{Link, Peer, Rules, Scope, Terminal};
use crate::name::Role;
use crate::seal::{Context, Rejected, Sealed};
use crate::step::Refused;
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The first message: who speaks to whom, and the initiator's challenge. In clear, and not authenticated by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    domain: Domain,
    from: (Role, Identifier),
    to: (Role, Identifier),
    challenge: [u8; 32],
}

/// The second message: the responder's challenge, and the proof that it has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    challenge: [u8; 32],
    sealed: Sealed,
}

/// The third message: the proof that the initiator has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    sealed: Sealed,
}

/// That a party answered to a fresh challenge.
///
/// Made by a finished handshake only. What is proved is the identifier; the role is what that party said it speaks in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    role: Role,
    peer: Identifier,
    at: u64,
    transcript: [u8; 32],
}

/// What a side has of a finished handshake.
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

    /// Whether this is of that party in that role, and at `now` at most `age` seconds old.
    pub(crate) fn vouches(&self, peer: Peer<'_>, age: u64, now: u64) -> bool {
        (&self.role, &self.peer) == (peer.role, peer.identifier) && now.saturating_sub(self.at) <= age && self.at <= now
    }
}

/// The confirmations at hand for an order. They are not exported with it: they would be too old.
#[derive(Default)]
pub(crate) struct Evidence(Vec<Confirmed>);

impl Evidence {
    pub(crate) fn add(&mut self, confirmed: &Confirmed) {
        self.0.push(confirmed.clone());
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
}

/// A handshake that this side began, awaiting the answer.
pub struct Initiator<'a, K> {
    terminal: &'a Terminal<K>,
    hello: Box<Hello>,
}

/// A handshake that the other side began, awaiting its confirmation.
pub struct Responder<'a, K> {
    terminal: &'a Terminal<K>,
    hello: Box<Hello>,
    /// What the answer was bound to, and the answer.
    answered: [u8; 32],
}

impl<K: KeySource> Terminal<K> {
    /// Begins a handshake.
    pub(crate) fn hello(
        &self,
        to: (Role, Identifier),
        now: u64,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
        let peer = Peer { role: &to.0, identifier: &to.1 };
        let Link { domain, .. } = self.link_to(Purpose::Confirm, peer, now)?;
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        let hello = Hello { domain, from: (self.role.clone(), self.identifier().clone()), to, challenge };
        Ok((Initiator { terminal: self, hello: Box::new(hello.clone()) }, hello))
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
        if (&hello.to.0, &hello.to.1) != (&self.role, self.identifier()) {
            return Err(ConfirmError::NotAddressed);
        }
        // The key that the answer is sealed with is one that the rules admit for what will come back.
        let peer = Peer { role: &hello.from.0, identifier: &hello.from.1 };
        self.link_from(Purpose::Confirm, peer, &hello.domain, now)?;
        let link = self.link_in(Purpose::Confirm, peer, &hello.domain)?;
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        let bound = bound_to_hello(hello, &challenge);
        let context = Context { step: 2, digest: &bound, role: &hello.from.0 };
        let sealed = Sealed::seal(link.domain, &link.key, context, None, payload, rng);
        let answer = Answer { challenge, sealed };
        let answered = bound_to_answer(&bound, &answer);
        Ok((Responder { terminal: self, hello: Box::new(hello.clone()), answered }, answer))
    }
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
        let Hello { domain, from, to, .. } = &*self.hello;
        let peer = Peer { role: &to.0, identifier: &to.1 };
        let bound = bound_to_hello(&self.hello, &answer.challenge);
        let context = Context { step: 2, digest: &bound, role: &from.0 };
        let received = self.terminal.opened(&answer.sealed, peer, domain, context, now)?;

        let answered = bound_to_answer(&bound, answer);
        let link = self.terminal.link_in(Purpose::Confirm, peer, domain)?;
        let context = Context { step: 3, digest: &answered, role: &to.0 };
        let sealed = Sealed::seal(link.domain, &link.key, context, None, payload, rng);
        let confirmation = Confirmation { sealed };
        let transcript = transcript(&answered, &confirmation);
        let confirmed = Confirmed { role: to.0.clone(), peer: to.1.clone(), at: now, transcript };
        Ok((Meeting { confirmed, payload: received }, confirmation))
    }
}

impl<K: KeySource> Responder<'_, K> {
    /// Takes the confirmation. Gives the evidence, and its payload.
    ///
    /// # Errors
    ///
    /// [`ConfirmError`], with the state: a forged confirmation does not end an honest handshake.
    pub fn receive(self, confirmation: &Confirmation, now: u64) -> Result<Meeting, Refused<Self, ConfirmError>> {
        let Hello { domain, from, to, .. } = &*self.hello;
        let peer = Peer { role: &from.0, identifier: &from.1 };
        let context = Context { step: 3, digest: &self.answered, role: &to.0 };
        match self.terminal.opened(&confirmation.sealed, peer, domain, context, now) {
            Ok(payload) => {
                let transcript = transcript(&self.answered, confirmation);
                let confirmed = Confirmed { role: from.0.clone(), peer: from.1.clone(), at: now, transcript };
                Ok(Meeting { confirmed, payload })
            }
            Err(error) => Err(Refused { state: self, error }),
        }
    }
}

impl<K: KeySource> Terminal<K> {
    /// Opens a message of the handshake, which is in the domain of its beginning and no other.
    fn opened(
        &self,
        sealed: &Sealed,
        peer: Peer<'_>,
        domain: &Domain,
        context: Context<'_>,
        now: u64,
    ) -> Result<Zeroizing<Vec<u8>>, ConfirmError> {
        if sealed.domain != *domain {
            return Err(ConfirmError::Rejected);
        }
        let link = self.link_from(Purpose::Confirm, peer, domain, now)?;
        Ok(sealed.open(&link.key, context, None)?)
    }
}

/// `H("hello", hello, challenge)`: what the answer is bound to.
fn bound_to_hello(hello: &Hello, challenge: &[u8; 32]) -> [u8; 32] {
    hash::digest("hello", 2, |w| {
        w.item(hello).bytes(challenge);
    })
}

/// `H("answer", bound to hello, answer)`: what the confirmation is bound to.
fn bound_to_answer(bound: &[u8; 32], answer: &Answer) -> [u8; 32] {
    hash::digest("answer", 2, |w| {
        w.bytes(bound).item(answer);
    })
}

/// `H("confirmation", bound to answer, confirmation)`.
fn transcript(bound: &[u8; 32], confirmation: &Confirmation) -> [u8; 32] {
    hash::digest("confirmation", 2, |w| {
        w.bytes(bound).item(confirmation);
    })
}

fn check(payload: &[u8]) -> Result<(), ConfirmError> {
    if payload.len() <= limits::PAYLOAD { Ok(()) } else { Err(ConfirmError::Payload) }
}

wire::message_bytes!(Hello, Answer, Confirmation);

impl Hello {
    /// Who says that it begins: role and identifier, not authenticated yet.
    #[must_use]
    pub fn from(&self) -> (&Role, &Identifier) {
        (&self.from.0, &self.from.1)
    }
}

impl Encode for Hello {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::open_message(w, "hello", 6);
        w.item(&self.domain).item(&self.from.0).item(&self.from.1).item(&self.to.0).item(&self.to.1);
        w.bytes(&self.challenge);
    }
}

impl Decode for Hello {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "hello", 6)?;
        Ok(Self {
            domain: Domain::decode(r)?,
            from: (Role::decode(r)?, Identifier::decode(r)?),
            to: (Role::decode(r)?, Identifier::decode(r)?),
            challenge: r.exact("a challenge")?,
        })
    }
}

impl Encode for Answer {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::open_message(w, "answer", 2);
        w.bytes(&self.challenge).item(&self.sealed);
    }
}

impl Decode for Answer {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "answer", 2)?;
        Ok(Self { challenge: r.exact("a challenge")?, sealed: Sealed::decode(r)? })
    }
}

impl Encode for Confirmation {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::open_message(w, "confirmation", 1);
        w.item(&self.sealed);
    }
}

impl Decode for Confirmation {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "confirmation", 1)?;
        Sealed::decode(r).map(|sealed| Self { sealed })
    }
}

impl<K> fmt::Debug for Initiator<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").field("hello", &self.hello).finish_non_exhaustive()
    }
}

impl<K> fmt::Debug for Responder<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("hello", &self.hello).finish_non_exhaustive()
    }
}

/// Why a handshake does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfirmError {
    /// The message is for another party, or another role of this one.
    NotAddressed,
    /// There is no key that the two parties may use now.
    Key(KeyError),
    /// The payload is longer than [`limits::PAYLOAD`].
    Payload,
    /// The message is not authentic, or not of this handshake.
    Rejected,
}

impl From<KeyError> for ConfirmError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<Rejected> for ConfirmError {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl fmt::Display for ConfirmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAddressed => f.write_str("the message is for another party or role"),
            Self::Key(error) => error.fmt(f),
            Self::Payload => write!(f, "the payload is longer than {} bytes", limits::PAYLOAD),
            Self::Rejected => Rejected.fmt(f),
        }
    }
}

impl core::error::Error for ConfirmError {}
