//! What the two sides say to one another under their key, and what is checked of whom and when.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::message::Leg;
use crate::endpoint::Endpoint;
use crate::error::ReceiveError;
use crate::key::{CommonKey, KeySource};
use crate::limits;
use crate::peer::{Actor, Peer};
use crate::seal::{Context, KeyName, Payload, Purpose, Rejected, SaltContent, Sealed};

/// The peer of a handshake, and the key under which both sides speak.
pub(super) struct Speech<'a> {
    pub(super) peer: Peer<'a>,
    pub(super) name: KeyName,
    pub(super) key: &'a CommonKey,
}

impl Speech<'_> {
    /// Seals a message of the handshake: which one, and what it is bound to.
    pub(super) fn say<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        (leg, digest): (Leg, &[u8; 32]),
        payload: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Sealed {
        let link = endpoint.link(self.peer, self.name, self.key);
        let (sender, receiver) = (&endpoint.role, self.peer.role);
        let context = Context { purpose: Purpose::Handshake, step: leg.step(), digest, sender, receiver, token: None };
        Sealed::seal(&link, context, &Payload(payload), SaltContent::Whole, rng)
    }

    /// Opens a message of the handshake, which is under this key and no other.
    pub(super) fn hear<K: KeySource>(
        &self,
        endpoint: &Endpoint<K>,
        (leg, digest): (Leg, &[u8; 32]),
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Rejected> {
        // O-3, O-4; T-2
        if sealed.name != self.name {
            return Err(Rejected);
        }
        let key = self.key.directional(self.peer.identifier, endpoint.identifier());
        let (sender, receiver) = (self.peer.role, &endpoint.role);
        let context = Context { purpose: Purpose::Handshake, step: leg.step(), digest, sender, receiver, token: None };
        let payload = sealed.open(&key, context)?;
        // The ciphertext may be longer: what no honest side would send is not taken from a dishonest one.
        if is_short(&payload) { Ok(payload.release()) } else { Err(Rejected) }
    }
}

pub(super) fn is_short(payload: &[u8]) -> bool {
    payload.len() <= limits::PAYLOAD
}

pub(super) fn check_owner<K: KeySource>(endpoint: &Endpoint<K>, side: &Actor) -> Result<(), ReceiveError> {
    if side.as_peer() == endpoint.as_peer() { Ok(()) } else { Err(ReceiveError::OtherParty) }
}

/// Whether a handshake that this side began, or answered, `at` this time goes on.
pub(super) fn check_time(at: u64, now: u64) -> Result<(), ReceiveError> {
    if now.saturating_sub(at) > limits::HANDSHAKE { Err(ReceiveError::HandshakeExpired) } else { Ok(()) }
}
