//! Key-ids: the names of keys on the wire.

use core::fmt;

use super::Domain;
use crate::hash::{self, prefix};
use crate::identifier::Hex;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// The name by which messages call for the keys of a domain: the first 16 bytes of a hash of the domain.
///
/// It precedes every sealed message in clear, where it *selects* the receiver's keys. A receiver takes the domain from
/// its own keys ([`KeySource::domain`](crate::KeySource::domain)), never from a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// `SHA-256([version, "domain", domain])[0..16]`.
    pub(super) fn of(domain: &Domain) -> Self {
        let hash = hash::digest(prefix!("domain", 1), |w| {
            w.item(domain);
        });
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(hash) {
            *to = from;
        }
        Self(id)
    }

    /// A key-id from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl Encode for KeyId {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.bytes(&self.0);
    }
}

impl Decode for KeyId {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.exact("a key-id").map(Self)
    }
}
