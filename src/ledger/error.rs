//! Why a step was not filed.

use alloc::boxed::Box;
use core::fmt;

use crate::fault::{Fault, TimeError};
use crate::key::KeyError;
use crate::policy::PolicyError;
use crate::seal::Rejected;
use crate::step::Refused;

/// Why the record of a step was not filed.
#[derive(Debug)]
#[non_exhaustive]
pub enum LedgerError {
    /// The storage failed. The change may or may not have been stored. Filing it again is safe.
    Storage(Box<dyn core::error::Error + Send + Sync>),
    /// The ledger is full. It never deletes an entry that has not expired: raise its floor or its bound.
    Full,
    /// The order is older than what the ledger remembers: it ends before the floor, or was issued before the mark.
    BelowFloor,
    /// The order is there, without what the message brings: parts that its card holder has sealed again, or another
    /// consignment. Nothing is filed yet: file the step that comes with this error, whose record now takes the place of the
    /// one that was found.
    FileAgain,
    /// The order has changed meanwhile: other parts, a demand, a withdrawal. Nothing is filed: look the order up, and take
    /// the step again if it is still there.
    TakeAgain,
    /// The order is not in this ledger: it is another ledger, or one that was rolled back or purged.
    Absent,
    /// The ledger does not know the order, and the time to accept it is over.
    Time(TimeError),
    /// The ledger does not know the order, and this party does not deal with such an order.
    Policy(PolicyError),
    /// The ledger does not know the order, and there is no key for the card holder's part.
    Key(KeyError),
    /// The ledger does not know the order, and the card holder's part is not authentic, not for this party, or does not fit
    /// together.
    Rejected,
    /// What the ledger answered is not a state of this order and party, or is not an answer to what was asked.
    Damaged,
}

impl LedgerError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Storage(_) => "ledger-storage",
            Self::Full => "ledger-full",
            Self::BelowFloor => "ledger-below-floor",
            Self::FileAgain => "ledger-file-again",
            Self::TakeAgain => "ledger-take-again",
            Self::Absent => "ledger-absent",
            Self::Time(error) => error.label(),
            Self::Policy(error) => error.label(),
            Self::Key(error) => error.label(),
            Self::Rejected => "rejected",
            Self::Damaged => "ledger-damaged",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Key(KeyError::NoDomain | KeyError::Unavailable) => Fault::Operator,
            Self::BelowFloor | Self::Time(_) | Self::Policy(_) | Self::Key(_) | Self::Rejected => Fault::Sender,
            _ => Fault::Operator,
        }
    }

    /// Whether it may succeed later: by filing the step that comes with the error or, for [`TakeAgain`](Self::TakeAgain)
    /// and keys, by taking the step again.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        match self {
            Self::Storage(_) | Self::Full | Self::FileAgain | Self::TakeAgain => true,
            Self::Key(error) => error.can_retry(),
            _ => false,
        }
    }
}

impl<S> From<Refused<S, Self>> for LedgerError {
    fn from(refused: Refused<S, Self>) -> Self {
        refused.error
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "the ledger's storage failed: {error}"),
            Self::Full => f.write_str("the ledger is full: raise its floor or its bound"),
            Self::BelowFloor => f.write_str("the order is older than what the ledger remembers"),
            Self::FileAgain => {
                f.write_str("the order is there without what is new: file the step again, which adds it")
            }
            Self::TakeAgain => f.write_str("the order has changed meanwhile: look it up, and take the step again"),
            Self::Absent => f.write_str("the order is not in this ledger"),
            Self::Time(error) => error.fmt(f),
            Self::Policy(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Rejected => Rejected.fmt(f),
            Self::Damaged => f.write_str("what the ledger answered for this order is damaged"),
        }
    }
}

impl core::error::Error for LedgerError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Storage(error) => Some(&**error),
            _ => None,
        }
    }
}
