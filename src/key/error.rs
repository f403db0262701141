//! Why there is no key.

use core::fmt;

use crate::domain::DomainError;

/// Why there is no key that these two parties may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// No key is held in this domain. Obtain a share for it, or have the peer use another domain.
    UnknownDomain,
    /// No key is held in any domain: none was ever given, or all are retired. Obtain a share of the present epoch.
    NoDomain,
    /// No key is held for this peer.
    UnknownPeer,
    /// Keys of this domain were held and have been erased. Have the peer use the present epoch.
    Retired,
    /// The peer is on the caller's revocation list.
    Revoked,
    /// The message is sealed under a session that is not in the party's [`Evidence`](crate::handshake::Evidence). Answer
    /// from the ledger by the digest, or have the peer send again without the session.
    UnknownSession,
    /// A session with the peer is needed, because the [`Rules`](crate::Rules) require one or it is to be acknowledged, and
    /// none is at hand that fits the order. It has to be acknowledged. Make a handshake with an exchange.
    NoSession,
    /// The handshakes at hand with the peer were made in another role of it. Make one in this role, or take them out of the
    /// [`Evidence`](crate::handshake::Evidence).
    OtherRole,
    /// The peer is this party itself.
    Oneself,
    /// The domain's network (label, issuers, count of cohorts) is not accepted for the peer's role. A party that holds
    /// keys of several networks says which is for whom: [`Rules::accept_network`](crate::Rules::accept_network).
    Network,
    /// The domain is not one for these two parties and this date.
    Domain(DomainError),
    /// The key source does not have the key now. Fetch it and try again.
    Unavailable,
}

impl KeyError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::UnknownDomain => "unknown-domain",
            Self::NoDomain => "no-domain",
            Self::UnknownPeer => "unknown-peer",
            Self::Retired => "retired-domain",
            Self::Revoked => "revoked",
            Self::UnknownSession => "unknown-session",
            Self::NoSession => "no-session",
            Self::OtherRole => "peer-in-other-role",
            Self::Oneself => "oneself",
            Self::Network => "network",
            Self::Domain(error) => error.label(),
            Self::Unavailable => "key-unavailable",
        }
    }

    /// Whether there may be a key later, without any change to the message or the order.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::Unavailable | Self::UnknownDomain | Self::NoDomain | Self::NoSession)
    }
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
            Self::UnknownSession => {
                "the session that the message names is not known: answer by the digest, or ask again"
            }
            Self::NoSession => "a session is required, and none is at hand: make a handshake with an exchange",
            Self::OtherRole => "the handshakes with the peer were made in another role of it",
            Self::Oneself => "a party has no key with itself",
            Self::Network => "the network of the domain is not accepted for the peer's role",
            Self::Domain(error) => return error.fmt(f),
            Self::Unavailable => "the key is not available now: fetch it and try again",
        })
    }
}

impl core::error::Error for KeyError {}
