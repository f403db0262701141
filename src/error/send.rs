//! Why a message is not made.

use core::fmt;

use super::{Fault, TimeError};
use crate::key::KeyError;
use crate::ledger::LedgerError;
use crate::limits;
use crate::name::Role;
use crate::step::Refused;
use crate::value::ValueError;

/// Why a message is not made, or a decision not taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The state is another party's, or of another role.
    OtherParty,
    /// The order has no recipient of this role.
    NoSuchRecipient {
        /// The role.
        role: Role,
    },
    /// The recipient does not get its part on receipt: it gets it from the card holder, or after approval.
    NotOnReceipt {
        /// Its role.
        role: Role,
    },
    /// The recipient's part does not wait for the approval.
    NotOnApproval {
        /// Its role.
        role: Role,
    },
    /// The order is not dispatched to this role yet: file the dispatch first.
    NotDispatched {
        /// The role.
        role: Role,
    },
    /// All that goes to this role is dispatched: the last consignment was.
    AllDispatched {
        /// The role.
        role: Role,
    },
    /// Consignments and demands are numbered one after the other: this one is next.
    NotNext {
        /// The next number.
        next: u16,
    },
    /// There are as many as there can be: consignments, or demands, of an order.
    TooMany {
        /// Of what.
        what: &'static str,
    },
    /// The card holder has withdrawn: nothing new is dispatched.
    Withdrawn,
    /// There is no outcome of this consignment yet: file it first.
    NoOutcome,
    /// There is no demand of this number: file it first.
    NotDemanded,
    /// The order is not approved, so there is nothing to refund.
    NotApproved,
    /// The sum is of another currency, or has other decimals, than the amount due.
    OtherCurrency,
    /// The sum is zero.
    NoSum,
    /// The sum is more than what is left of the amount due.
    TooMuch,
    /// A recipient of this role gives no receipts.
    GivesNoReceipts {
        /// The role.
        role: Role,
    },
    /// The recipient has not answered in a handshake, or too long ago.
    NotAuthenticated {
        /// Its role.
        role: Role,
    },
    /// A handshake between two card holders: they send each other nothing.
    BothCardHolders,
    /// There is no key for a recipient.
    Key {
        /// Its role.
        role: Role,
        /// What is missing.
        error: KeyError,
    },
    /// The time for it is over.
    Time(TimeError),
    /// A text is longer than its limit: a reason, instructions, or a payload.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most bytes that it may have.
        most: usize,
    },
    /// What this needs was forgotten: the contents of the order, to seal it again, or the amount due, to demand something.
    Forgotten,
    /// The parts were sealed under the last revision there is: its seller would not take them again.
    LastRevision,
    /// The windows of the order are impossible.
    Windows,
    /// The ledger did not file it.
    Ledger(LedgerError),
}

impl SendError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::OtherParty => "other-party",
            Self::NoSuchRecipient { .. } => "no-such-recipient",
            Self::NotOnReceipt { .. } => "not-on-receipt",
            Self::NotOnApproval { .. } => "not-on-approval",
            Self::NotDispatched { .. } => "not-dispatched",
            Self::AllDispatched { .. } => "all-dispatched",
            Self::NotNext { .. } => "not-next",
            Self::TooMany { .. } => "too-many-in-order",
            Self::Withdrawn => "withdrawn",
            Self::NoOutcome => "no-outcome",
            Self::NotDemanded => "not-demanded",
            Self::NotApproved => "not-approved",
            Self::OtherCurrency => "other-currency",
            Self::NoSum => "no-sum",
            Self::TooMuch => "too-much",
            Self::GivesNoReceipts { .. } => "gives-no-receipts",
            Self::NotAuthenticated { .. } => "not-authenticated",
            Self::BothCardHolders => "both-card-holders",
            Self::Key { error, .. } => error.label(),
            Self::Time(error) => error.label(),
            Self::TooLong { .. } => "too-long-text",
            Self::Forgotten => "forgotten",
            Self::LastRevision => "last-revision",
            Self::Windows => "bad-windows",
            Self::Ledger(error) => error.label(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Key { .. } | Self::NotAuthenticated { .. } | Self::Time(_) => Fault::Operator,
            Self::Ledger(error) => error.fault(),
            _ => Fault::Caller,
        }
    }

    /// Whether the same call may succeed later: when a key has been obtained, a handshake has been made, or the ledger's
    /// storage is back.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::Key { error, .. } => error.can_retry(),
            Self::NotAuthenticated { .. } => true,
            Self::Ledger(error) => error.can_retry(),
            _ => false,
        }
    }

    pub(crate) fn key(role: &Role) -> impl FnOnce(KeyError) -> Self {
        let role = role.clone();
        |error| Self::Key { role, error }
    }
}

impl From<TimeError> for SendError {
    fn from(error: TimeError) -> Self {
        Self::Time(error)
    }
}

impl From<LedgerError> for SendError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl<S> From<Refused<S, Self>> for SendError {
    fn from(refused: Refused<S, Self>) -> Self {
        refused.error
    }
}

impl<S> From<Refused<S, LedgerError>> for SendError {
    fn from(refused: Refused<S, LedgerError>) -> Self {
        Self::Ledger(refused.error)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherParty => f.write_str("the state is another party's, or of another role"),
            Self::NoSuchRecipient { role } => write!(f, "the order has no recipient \"{role}\""),
            Self::NotOnReceipt { role } => write!(f, "\"{role}\" does not get its part on receipt"),
            Self::NotOnApproval { role } => write!(f, "the part of \"{role}\" does not wait for the approval"),
            Self::NotDispatched { role } => write!(f, "the order is not dispatched to \"{role}\": file that first"),
            Self::AllDispatched { role } => write!(f, "the last consignment is dispatched to \"{role}\" already"),
            Self::NotNext { next } => write!(f, "the next one has the number {next}: take that"),
            Self::TooMany { what } => write!(f, "an order has at most {} {what}", limits::CONSIGNMENTS),
            Self::Withdrawn => f.write_str("the card holder has withdrawn: nothing new is dispatched"),
            Self::NoOutcome => f.write_str("there is no outcome of the consignment: file that first"),
            Self::NotDemanded => f.write_str("there is no demand of this number: file it first"),
            Self::NotApproved => f.write_str("the order is not approved: there is nothing to refund"),
            Self::OtherCurrency => {
                f.write_str("the sum is of another currency or has other decimals: write it as the amount due is")
            }
            Self::NoSum => f.write_str("the sum is zero: there is nothing to refund"),
            Self::TooMuch => f.write_str("the sum is more than what is left of the amount due: refund less"),
            Self::GivesNoReceipts { role } => write!(f, "a \"{role}\" gives no receipts"),
            Self::NotAuthenticated { role } => {
                write!(f, "\"{role}\" has not answered in a handshake lately enough: make one first")
            }
            Self::BothCardHolders => f.write_str("two card holders make no handshake with one another"),
            Self::Key { role, error } => write!(f, "nothing can be sealed for \"{role}\": {error}"),
            Self::Time(error) => error.fmt(f),
            Self::TooLong { what, most } => write!(f, "{what} may have at most {most} bytes: shorten it"),
            Self::Forgotten => {
                f.write_str("what this needs of the order was forgotten: its contents, or the amount due")
            }
            Self::LastRevision => f.write_str("the parts have the last revision: they cannot be sealed again"),
            Self::Windows => ValueError::Windows.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SendError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Ledger(error) => error.source(),
            _ => None,
        }
    }
}
