//! Why a step did not happen.
//!
//! Misuse and public facts are told precisely, with what to do about them. Whatever depends on a key
//! is one value, `Rejected`.

use core::fmt;

use super::policy::PolicyError;
use crate::envelope::WindowsError;
use crate::key::KeyError;
use crate::ledger::LedgerError;
use crate::limits;
use crate::name::Role;
use crate::seal::Rejected;

/// What `?` makes of a failure underneath a step.
macro_rules! causes {
    ($($name:ident: $($variant:ident($cause:ty)),+;)*) => {$($(
        impl<E> From<$cause> for $name<E> {
            fn from(error: $cause) -> Self {
                Self::$variant(error)
            }
        }
    )+)*};
}

pub(super) use causes;

causes! {
    ReceiveError: Key(KeyError), Time(TimeError), Ledger(LedgerError<E>);
    AuthenticateError: Key(KeyError), Time(TimeError), Ledger(LedgerError<E>);
    DispatchError: Key(KeyError), Time(TimeError), Ledger(LedgerError<E>);
    GiveReceiptError: Key(KeyError), Ledger(LedgerError<E>);
}

fn unconfirmed(f: &mut fmt::Formatter<'_>, role: &Role) -> fmt::Result {
    write!(f, "\"{role}\" has not been confirmed lately enough: confirm it first")
}

/// Why a split order is not sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// There is no key for a recipient.
    Key {
        /// Its role.
        role: Role,
        /// What is missing.
        error: KeyError,
    },
    /// A recipient has not answered to an advance confirmation, or too long ago.
    Unconfirmed {
        /// Its role.
        role: Role,
    },
    /// The windows are impossible.
    Windows(WindowsError),
}

impl From<WindowsError> for SealError {
    fn from(error: WindowsError) -> Self {
        Self::Windows(error)
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unconfirmed { role } => unconfirmed(f, role),
            Self::Key { role, error } => write!(f, "the part of \"{role}\" cannot be sealed: {error}"),
            Self::Windows(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SealError {}

/// Why a received order is not accepted.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveError<E> {
    /// The message has no part for this party's role.
    NotAddressed {
        /// The role.
        role: Role,
    },
    /// There is no key that the sender and this party may use for it.
    Key(KeyError),
    /// It is not the time for it.
    Time(TimeError),
    /// It is authentic, and this party does not deal with such an order.
    Policy(PolicyError),
    /// The message is not authentic, not for this party, or not of one piece.
    Rejected,
    /// The ledger does not let it in.
    Ledger(LedgerError<E>),
}

impl<E: fmt::Display> fmt::Display for ReceiveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAddressed { role } => write!(f, "the message has no part for \"{role}\""),
            Self::Key(error) => error.fmt(f),
            Self::Time(error) => error.fmt(f),
            Self::Policy(error) => error.fmt(f),
            Self::Rejected => Rejected.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for ReceiveError<E> {}

impl<E> From<Rejected> for ReceiveError<E> {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

/// Why an order is too early, too late, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// It was sealed in the future, by more than the accepted skew: one of the clocks is wrong.
    NotYet,
    /// It was not received, approved or dispatched in time.
    Expired,
    /// It would hold for longer than this party's [`Rules`](crate::Rules) allow.
    TooLong,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotYet => "the order is of the future: one of the clocks is wrong",
            Self::Expired => "the order has expired: ask for a new one",
            Self::TooLong => "the order would hold for longer than this party allows",
        })
    }
}

impl core::error::Error for TimeError {}

/// Why a part is not relayed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelayError {
    /// The order has no recipient of this role.
    NoSuchRecipient {
        /// The role.
        role: Role,
    },
    /// The recipient is not served on receipt: it gets its part directly, or after approval.
    NotOnReceipt {
        /// Its role.
        role: Role,
    },
    /// The recipient has not answered to an advance confirmation, or too long ago.
    Unconfirmed {
        /// Its role.
        role: Role,
    },
    /// There is no key for it.
    Key(KeyError),
    /// The order has expired.
    Time(TimeError),
}

impl From<KeyError> for RelayError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<TimeError> for RelayError {
    fn from(error: TimeError) -> Self {
        Self::Time(error)
    }
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchRecipient { role } => write!(f, "the order has no recipient \"{role}\""),
            Self::NotOnReceipt { role } => write!(f, "\"{role}\" is not served on receipt"),
            Self::Unconfirmed { role } => unconfirmed(f, role),
            Self::Key(error) => error.fmt(f),
            Self::Time(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RelayError {}

/// Why an authentication is not accepted.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthenticateError<E> {
    /// It is of another order: find the state by [`Authentication::digest`](crate::Authentication::digest).
    OtherOrder,
    /// The order has no card manager.
    NoCardManager,
    /// There is no key that the card manager and this seller may use.
    Key(KeyError),
    /// The order has expired.
    Time(TimeError),
    /// It is not authentic.
    Rejected,
    /// The ledger does not let it in.
    Ledger(LedgerError<E>),
}

impl<E> From<Rejected> for AuthenticateError<E> {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl<E: fmt::Display> fmt::Display for AuthenticateError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOrder => f.write_str("the authentication is of another order"),
            Self::NoCardManager => f.write_str("the order has no card manager"),
            Self::Key(error) => error.fmt(f),
            Self::Time(error) => error.fmt(f),
            Self::Rejected => Rejected.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for AuthenticateError<E> {}

/// Why an order is not dispatched.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DispatchError<E> {
    /// The order has no recipient of this role.
    NoSuchRecipient {
        /// The role.
        role: Role,
    },
    /// The recipient's part does not wait for the approval.
    NotOnApproval {
        /// Its role.
        role: Role,
    },
    /// The instructions are longer than [`limits::INSTRUCTIONS`].
    Instructions,
    /// The recipient has not answered to an advance confirmation, or too long ago.
    Unconfirmed {
        /// Its role.
        role: Role,
    },
    /// There is no key for the recipient.
    Key(KeyError),
    /// The order has expired.
    Time(TimeError),
    /// The ledger does not let it happen.
    Ledger(LedgerError<E>),
}

impl<E: fmt::Display> fmt::Display for DispatchError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchRecipient { role } => write!(f, "the order has no recipient \"{role}\""),
            Self::NotOnApproval { role } => write!(f, "the part of \"{role}\" does not wait for the approval"),
            Self::Instructions => write!(f, "the instructions are longer than {} bytes", limits::INSTRUCTIONS),
            Self::Unconfirmed { role } => unconfirmed(f, role),
            Self::Key(error) => error.fmt(f),
            Self::Time(error) => error.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for DispatchError<E> {}

/// Why a receipt is not given.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveReceiptError<E> {
    /// There is no key for the card holder.
    Key(KeyError),
    /// The order is not in the ledger, or the ledger fails.
    Ledger(LedgerError<E>),
}

impl<E: fmt::Display> fmt::Display for GiveReceiptError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error> core::error::Error for GiveReceiptError<E> {}

/// Why a receipt is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It is of another order: find the state by [`Receipt::digest`](crate::Receipt::digest).
    OtherOrder,
    /// The order has no recipient of the role that gives it.
    NoSuchRecipient {
        /// The role.
        role: Role,
    },
    /// There is no key that the giver and this card holder may use.
    Key(KeyError),
    /// It is not authentic.
    Rejected,
}

impl From<KeyError> for ReceiptError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<Rejected> for ReceiptError {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOrder => f.write_str("the receipt is of another order"),
            Self::NoSuchRecipient { role } => write!(f, "the order has no recipient \"{role}\""),
            Self::Key(error) => error.fmt(f),
            Self::Rejected => Rejected.fmt(f),
        }
    }
}

impl core::error::Error for ReceiptError {}
