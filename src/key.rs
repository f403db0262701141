//! Keys: where the key of a pair of parties comes from, which domain it belongs to, and what is derived from it.

mod common;
mod error;
mod keyring;
mod preshared;

use alloc::boxed::Box;
use alloc::sync::Arc;

pub use common::CommonKey;
pub use error::KeyError;
pub use keyring::{Keyring, KeyringError};
pub use preshared::PresharedKeys;

pub use crate::domain::{Cohort, Domain, DomainError, Domains, Epoch, KeyId};

pub(crate) use common::DirectionalKey;

use crate::identifier::Identifier;

/// Where a party's pairwise keys come from.
///
/// A [`Share`](crate::Share) computes them, and [`PresharedKeys`] holds them (the patent's separately established, or
/// centrally distributed, keys). A source is pure computation: it does no I/O. If your keys are in a hardware module or
/// in another process, ask the message which keys it needs ([`Envelope::keys`](crate::message::Envelope::keys)), fetch
/// them, and pass a source that holds what you fetched.
///
/// A card manager that talks to its own card holders alone needs no polynomial: preshared keys
/// `HMAC(issuer key, card holder's identifier)` are better, because no coalition of card holders ever breaks them.
pub trait KeySource {
    /// The identifier whose keys these are.
    fn identifier(&self) -> &Identifier;

    /// The domains in which there are keys.
    ///
    /// A sender uses the first one that both sides' rules admit.
    fn domains(&self) -> &Domains;

    /// The domain that a message means by a key-id.
    ///
    /// A source that can say more of a domain that it does not list does so here: [`KeyError::Retired`], or
    /// [`KeyError::Unavailable`] for keys that are yet to be fetched.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there are no keys in such a domain.
    fn domain(&self, id: &KeyId) -> Result<&Domain, KeyError> {
        self.domains().get(id).ok_or(KeyError::UnknownDomain)
    }

    /// The key shared with `peer` in `domain`. Both parties arrive at the same key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if there is none.
    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError>;

    /// Whether `peer` is revoked. Steps that decide something ask this even when they need no key of the peer.
    ///
    /// A source that wraps another one forwards this. One that knows of no revocations says `false`.
    fn is_revoked(&self, peer: &Identifier) -> bool;

    /// Whether it may ever say that somebody is revoked. A [`Keyring`] of many sources asks those alone that may.
    fn can_revoke(&self) -> bool {
        true
    }
}

macro_rules! forwarded {
    ($($pointer:ty),*) => {$(
        impl<K: KeySource + ?Sized> KeySource for $pointer {
            fn identifier(&self) -> &Identifier {
                (**self).identifier()
            }

            fn domains(&self) -> &Domains {
                (**self).domains()
            }

            fn domain(&self, id: &KeyId) -> Result<&Domain, KeyError> {
                (**self).domain(id)
            }

            fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
                (**self).common_key(peer, domain)
            }

            fn is_revoked(&self, peer: &Identifier) -> bool {
                (**self).is_revoked(peer)
            }

            fn can_revoke(&self) -> bool {
                (**self).can_revoke()
            }
        }
    )*};
}

forwarded!(&K, Box<K>, Arc<K>);

/// What every source refuses: a domain that it does not have, and its own identifier as the peer.
pub(crate) fn check_peer(source: &impl KeySource, peer: &Identifier, domain: &Domain) -> Result<(), KeyError> {
    if !source.domains().contains(domain) {
        Err(KeyError::UnknownDomain)
    } else if peer == source.identifier() {
        Err(KeyError::Oneself)
    } else {
        Ok(())
    }
}
