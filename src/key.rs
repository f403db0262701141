//! Pairwise keys: where they come from, and what is derived from them.

mod common;
mod keyring;
mod preshared;

use alloc::boxed::Box;
use core::fmt;

pub use common::CommonKey;
pub use keyring::{Keyring, KeyringError};
pub use preshared::PresharedKeys;

pub(crate) use common::{DirectionalKey, Purpose};

use crate::domain::{Domain, DomainError};
use crate::identifier::Identifier;

/// Where a party's keys come from.
///
/// A [`Share`](crate::Share) computes them, [`PresharedKeys`] holds them (the patent's separately
/// established, or centrally distributed, keys), and a type of yours may fetch them from a hardware
/// module: it ends in [`CommonKey::extract`].
///
/// For a card manager that talks to its own card holders alone, none of the generality is needed:
/// `HMAC(issuer key, card holder's identifier)` as a preshared key beats any polynomial, because no
/// coalition of card holders ever breaks it.
pub trait KeySource {
    /// The identifier whose keys these are.
    fn identifier(&self) -> &Identifier;

    /// The domains in which there are keys, the preferred one first.
    ///
    /// A sender uses the first that the receiver's rules admit.
    fn domains(&self) -> &[Domain];

    /// The key shared with `peer` in `domain`. Both parties arrive at the same.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there is none.
    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError>;

    /// The key of a finished handshake with an ephemeral exchange, by its transcript: what a part is sealed under that
    /// names one. `Sessions` (feature `forward-secrecy`) keeps them; so may a type of yours, in a cache that all your
    /// workers share. Asked after [`common_key`](Self::common_key) has had no objection to peer and domain.
    ///
    /// # Errors
    ///
    /// [`KeyError::UnknownSession`] if there is none, of that transcript with `peer` in `domain`. It is what a source
    /// says that keeps none.
    fn session_key(&self, _peer: &Identifier, _domain: &Domain, _transcript: &[u8; 32]) -> Result<CommonKey, KeyError> {
        Err(KeyError::UnknownSession)
    }
}

macro_rules! forwarded {
    ($($pointer:ty),*) => {$(
impl<K: KeySource + ?Sized> KeySource for $pointer {
    fn identifier(&self) -> &Identifier {
        (**self).identifier()
    }

    fn domains(&self) -> &[Domain] {
        (**self).domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        (**self).common_key(peer, domain)
    }

    fn session_key(&self, peer: &Identifier, domain: &Domain, transcript: &[u8; 32]) -> Result<CommonKey, KeyError> {
        (**self).session_key(peer, domain, transcript)
    }
}
    )*};
}

forwarded!(&K, Box<K>);

/// What every source refuses: a domain that it does not have, and itself as the peer.
pub(crate) fn check_peer(source: &impl KeySource, peer: &Identifier, domain: &Domain) -> Result<(), KeyError> {
    if !source.domains().contains(domain) {
        Err(KeyError::UnknownDomain)
    } else if peer == source.identifier() {
        Err(KeyError::Oneself)
    } else {
        Ok(())
    }
}

/// Why there is no key that these two parties may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// No key is held in this domain. Obtain a share for it, or have the peer use another.
    UnknownDomain,
    /// No key is held in any domain: none was ever given, or all have been retired. Obtain a share of the present epoch.
    NoDomain,
    /// No key is held for this peer.
    UnknownPeer,
    /// Keys were held in this domain and have been erased: have the peer use the present epoch's.
    Retired,
    /// The peer is on the caller's revocation list.
    Revoked,
    /// The message is sealed under a handshake whose key is not held, or has been erased: have the peer confirm again,
    /// and seal again.
    UnknownSession,
    /// The peer is this party itself.
    Oneself,
    /// The domain's network (label, issuers, count of cohorts) is not accepted for the peer's role. Where keys of
    /// several networks are held, say which is for whom: [`Rules::accept_network`](crate::Rules::accept_network).
    Network,
    /// The domain is not one for these two parties and this date.
    Domain(DomainError),
    /// The key source failed: a hardware module that does not answer, say. Try again.
    Unavailable,
}

impl From<DomainError> for KeyError {
    fn from(error: DomainError) -> Self {
        Self::Domain(error)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownDomain => "no key is held in this domain: obtain a share for it",
            Self::NoDomain => "no key is held in any domain: obtain a share of the present epoch",
            Self::UnknownPeer => "no key is held for this peer",
            Self::Retired => "the keys of this domain have been retired: use the present epoch's",
            Self::Revoked => "the peer is revoked",
            Self::UnknownSession => "the key of the handshake that the message names is not held: confirm again",
            Self::Oneself => "a party has no key with itself",
            Self::Network => "the network of the domain is not accepted for the peer's role",
            Self::Domain(error) => return error.fmt(f),
            Self::Unavailable => "the key source is unavailable: try again",
        })
    }
}

impl core::error::Error for KeyError {}
