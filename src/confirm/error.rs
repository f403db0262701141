//! Why a handshake does not go on.

use core::fmt;

use crate::key::KeyError;
use crate::limits;
use crate::seal::Rejected;

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
    /// An exchange was asked for, and the peer, which is the right one, makes none: it has to be built with the feature
    /// `forward-secrecy`.
    NoExchange,
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
            Self::NoExchange => f.write_str("the peer makes no exchange: build it with forward secrecy, or go without"),
            Self::Rejected => Rejected.fmt(f),
        }
    }
}

impl core::error::Error for ConfirmError {}
