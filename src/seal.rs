//! The one sealing construction, for everything that travels (`SPEC.md`, sections 9 and 10).
//!
//! A message has an AEAD key of its own, derived from the directional key with a salt that is a MAC
//! of fresh randomness *and* of the message: a generator that repeats itself can make two equal
//! messages look equal, and no more. A commitment pins the ciphertext to that one key and context,
//! which Poly1305 alone does not.

mod padding;

use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Tag};
use padding::{SHORTEST, pad, unpad};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::domain::{Domain, KeyId};
use crate::hash::{Prefix, Sha256, prefix};
use crate::key::DirectionalKey;
use crate::limits;
use crate::name::Role;
use crate::wire::{Decode, Encode, Reader, Secret, Secret32, Sink, WireError, Writer};

const TAG: usize = 16;

/// The name of the key that seals a message: the key-id of the two parties' domain, and a session if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyName {
    pub(crate) id: KeyId,
    pub(crate) session: Option<[u8; 32]>,
}

impl KeyName {
    /// The key-id of the domain of the two parties' key. The party's source of keys knows which domain that is:
    /// [`KeySource::domain`](crate::KeySource::domain).
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The transcript of the handshake whose session key seals the message, if it is under a session.
    #[must_use]
    pub fn session(&self) -> Option<&[u8; 32]> {
        self.session.as_ref()
    }
}

impl From<KeyId> for KeyName {
    fn from(id: KeyId) -> Self {
        Self { id, session: None }
    }
}

impl From<&Domain> for KeyName {
    fn from(domain: &Domain) -> Self {
        domain.key_id().into()
    }
}

/// How messages go from one party to another: the key for that direction, and the key's name.
pub(crate) struct Link {
    pub(crate) name: KeyName,
    pub(crate) key: DirectionalKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Part,
    Relay,
    Dispatch,
    Request,
    Authorization,
    Response,
    Delivery,
    Withdrawal,
    Receipt,
    Handshake,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Relay => "relay",
            Self::Dispatch => "dispatch",
            Self::Request => "request",
            Self::Authorization => "authorization",
            Self::Response => "response",
            Self::Delivery => "delivery",
            Self::Withdrawal => "withdrawal",
            Self::Receipt => "receipt",
            Self::Handshake => "handshake",
        }
    }
}

/// What a message is bound to, besides its two parties.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) purpose: Purpose,
    /// The number of the message within its exchange; 0 where a purpose has one message only.
    pub(crate) step: u64,
    /// The digest of the order.
    pub(crate) digest: &'a [u8; 32],
    /// The role in which the sender speaks.
    pub(crate) sender: &'a Role,
    /// The role in which the receiver is addressed.
    pub(crate) receiver: &'a Role,
    /// Whoever opens needs this as well as the key, if there is one.
    pub(crate) token: Option<&'a [u8; 32]>,
}

/// What stands for the plaintext where a salt is made.
#[derive(Clone, Copy)]
pub(crate) enum SaltContent<'a> {
    /// The plaintext itself.
    Whole,
    /// This is all that counts of a part, because the digest of its order determines the rest.
    Part { companions: Option<&'a [u8; 32]>, revision: Option<u64> },
}

/// A sealed message, with the name of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) name: KeyName,
    salt: [u8; 32],
    commitment: [u8; 32],
    ciphertext: Vec<u8>,
}

impl Sealed {
    /// Seals a plaintext, padding it.
    pub(crate) fn seal(
        Link { name, key }: &Link,
        context: Context<'_>,
        plaintext: &impl Encode,
        content: SaltContent<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let (mut buffer, length) = pad(context.purpose, plaintext);
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        // T-1
        let salt = *context.eval(key, content.prefix(), &fresh, |w| match content {
            SaltContent::Whole => {
                #[expect(clippy::expect_used, reason = "a salt of something else would not depend on the message")]
                w.bytes(buffer.get(..length).expect("padding makes nothing shorter"));
            }
            SaltContent::Part { companions, revision } => {
                w.bytes_or_null(companions.map(<[u8; 32]>::as_slice)).uint_or_null(revision);
            }
        });
        let (cipher, commitment) = context.derive(key, &salt);
        let tag = cipher.encrypt_inout_detached(&NONCE.into(), &[], buffer.as_mut_slice().into());
        #[expect(clippy::expect_used, reason = "no limit of this crate lets a plaintext have 2^38 bytes")]
        buffer.put(&tag.expect("ChaCha20-Poly1305 fails for plaintexts of 2^38 bytes only"));
        let ciphertext = buffer.disclose();
        Self { name: *name, salt, commitment, ciphertext }
    }

    /// Opens to the plaintext as it was before padding.
    ///
    /// # Errors
    ///
    /// [`Rejected`], whatever does not hold.
    pub(crate) fn open(&self, key: &DirectionalKey, context: Context<'_>) -> Result<Secret, Rejected> {
        // B-0: one error, without a reason.
        let (cipher, commitment) = context.derive(key, &self.salt);
        // O-6
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Err(Rejected);
        }
        let (text, tag) = self.ciphertext.split_last_chunk::<TAG>().ok_or(Rejected)?;
        let mut buffer = Secret::from(text);
        // O-7
        cipher
            .decrypt_inout_detached(&NONCE.into(), &[], buffer.as_mut_slice().into(), &Tag::from(*tag))
            .map_err(|_| Rejected)?;
        // O-8
        unpad(context.purpose, buffer)
    }
}

/// A plaintext that is bytes of the caller's.
pub(crate) struct Payload<'a>(pub(crate) &'a [u8]);

impl Encode for Payload<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.raw(self.0);
    }
}

/// Every key encrypts one message.
const NONCE: [u8; 12] = [0; 12];

impl SaltContent<'_> {
    /// The start of the input that a salt is made from.
    fn prefix(self) -> &'static Prefix {
        match self {
            Self::Whole => prefix!("salt", 8),
            Self::Part { .. } => prefix!("salt", 9),
        }
    }
}

impl Context<'_> {
    /// `HMAC(key, [version, label, first, purpose, step, digest, sender role, receiver role, token or null, more…])`.
    fn eval(
        self,
        key: &DirectionalKey,
        prefix: &Prefix,
        first: &[u8; 32],
        items: impl FnOnce(&mut Writer<'_, Sha256>),
    ) -> Secret32 {
        let Self { purpose, step, digest, sender, receiver, token } = self;
        key.prf.eval(prefix, |w| {
            w.bytes(first).text(purpose.label()).uint(step).bytes(digest).item(sender).item(receiver);
            items(w.bytes_or_null(token.map(<[u8; 32]>::as_slice)));
        })
    }

    /// The message's cipher, and the commitment to its key and context.
    fn derive(self, key: &DirectionalKey, salt: &[u8; 32]) -> (ChaCha20Poly1305, [u8; 32]) {
        let eval = |prefix| self.eval(key, prefix, salt, |_| {});
        let message_key = eval(prefix!("key", 7));
        (ChaCha20Poly1305::new((&*message_key).into()), *eval(prefix!("commit", 7)))
    }
}

impl Encode for Sealed {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        let Self { name: KeyName { id, session }, salt, commitment, ciphertext } = self;
        w.array(if session.is_some() { 5 } else { 4 });
        w.item(id).bytes(salt).bytes(commitment).bytes(ciphertext);
        if let Some(session) = session {
            w.bytes(session);
        }
    }
}

impl Decode for Sealed {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = r.array("a sealed message", 4, 5)?;
        let sealed = Self {
            name: KeyId::decode(r)?.into(),
            salt: r.exact("a salt")?,
            commitment: r.exact("a commitment")?,
            ciphertext: r.bytes("a ciphertext", SHORTEST + TAG, limits::CIPHERTEXT)?.to_vec(),
        };
        let session = if count == 5 { Some(r.exact("a transcript")?) } else { None };
        Ok(Self { name: KeyName { session, ..sealed.name }, ..sealed })
    }
}

/// The message is not authentic, not for this party, or not of this order.
///
/// One value for every cryptographic failure: the reason would help a forger alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejected;

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message was rejected: not authentic, not for this party, or not of this order")
    }
}

impl core::error::Error for Rejected {}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
