//! Why a message was not taken.

use core::fmt;

use super::{Fault, TimeError};
use crate::endpoint::Unheard;
use crate::key::KeyError;
use crate::ledger::LedgerError;
use crate::limits;
use crate::name::Role;
use crate::policy::PolicyError;
use crate::seal::Rejected;
use crate::step::Refused;

/// Why a message was not taken. Nothing of it is kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The message has nothing for this party in this role.
    NotAddressed {
        /// The role of this party.
        role: Role,
    },
    /// The message is about another order than the state. Find the state by the message's digest.
    OtherOrder,
    /// The state is another party's, or of another role.
    OtherParty,
    /// The order has no recipient of this role, or the role may not send such a message.
    NoSuchRecipient {
        /// The role of the sender.
        role: Role,
    },
    /// There is no key that the sender and this party may use for the message.
    Key(KeyError),
    /// It is not the time for the order.
    Time(TimeError),
    /// The message is authentic, and this party does not deal with such an order.
    Policy(PolicyError),
    /// This side asked for an exchange, or its rules require a session, and the peer, which is the right one, made none. It
    /// has to be built with the feature `forward-secrecy`, and to ask for one.
    NoExchange,
    /// The handshake was begun, or answered, more than [`limits::HANDSHAKE`] seconds ago. Begin another one.
    HandshakeExpired,
    /// The payload of this side's own message is longer than [`limits::PAYLOAD`].
    Payload,
    /// The message is not authentic, not for this party, or does not fit together.
    Rejected,
    /// The ledger did not file it.
    Ledger(LedgerError),
}

impl ReceiveError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotAddressed { .. } => "not-addressed",
            Self::OtherOrder => "other-order",
            Self::OtherParty => "other-party",
            Self::NoSuchRecipient { .. } => "no-such-recipient",
            Self::Key(error) => error.label(),
            Self::Time(error) => error.label(),
            Self::Policy(error) => error.label(),
            Self::NoExchange => "no-exchange",
            Self::HandshakeExpired => "handshake-expired",
            Self::Payload => "too-long-text",
            Self::Rejected => "rejected",
            Self::Ledger(error) => error.label(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::OtherOrder | Self::OtherParty | Self::Payload => Fault::Caller,
            Self::Key(KeyError::NoDomain | KeyError::Unavailable) => Fault::Operator,
            Self::Ledger(error) => error.fault(),
            _ => Fault::Sender,
        }
    }

    /// Whether the same message may be taken later, without being changed: when a key has been fetched, a clock has moved
    /// on, or the ledger's storage is back.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::Key(error) => error.can_retry(),
            Self::Time(error) => *error == TimeError::NotYet,
            Self::Ledger(error) => error.can_retry(),
            _ => false,
        }
    }
}

impl From<KeyError> for ReceiveError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<TimeError> for ReceiveError {
    fn from(error: TimeError) -> Self {
        Self::Time(error)
    }
}

impl From<LedgerError> for ReceiveError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Key(error) => Self::Key(error),
            LedgerError::Rejected => Self::Rejected,
            error => Self::Ledger(error),
        }
    }
}

impl From<Rejected> for ReceiveError {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl From<Unheard> for ReceiveError {
    fn from(unheard: Unheard) -> Self {
        match unheard {
            Unheard::Key(error) => Self::Key(error),
            Unheard::Rejected => Self::Rejected,
        }
    }
}

impl<S> From<Refused<S, Self>> for ReceiveError {
    fn from(refused: Refused<S, Self>) -> Self {
        refused.error
    }
}

impl<S> From<Refused<S, LedgerError>> for ReceiveError {
    fn from(refused: Refused<S, LedgerError>) -> Self {
        refused.error.into()
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAddressed { role } => write!(f, "the message has nothing for this party as \"{role}\""),
            Self::OtherOrder => f.write_str("the message is about another order: find the state by its digest"),
            Self::OtherParty => f.write_str("the state is another party's, or of another role"),
            Self::NoSuchRecipient { role } => write!(f, "a \"{role}\" does not send such a message about this order"),
            Self::Key(error) => error.fmt(f),
            Self::Time(error) => error.fmt(f),
            Self::Policy(error) => error.fmt(f),
            Self::NoExchange => f.write_str("the peer makes no exchange: build it with forward secrecy, or go without"),
            Self::HandshakeExpired => f.write_str("the handshake took too long: begin another one"),
            Self::Payload => write!(f, "the payload may have at most {} bytes: shorten it", limits::PAYLOAD),
            Self::Rejected => Rejected.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ReceiveError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Ledger(error) => error.source(),
            _ => None,
        }
    }
}
