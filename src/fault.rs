//! Whose fault an error is, and what is wrong with a time.

use core::fmt;

/// Whose fault an error is: who has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The program that calls the library: it asks for something that the order or the state does not allow.
    Caller,
    /// Whoever sent the message, or changed it on its way.
    Sender,
    /// Whoever operates this party: its keys, its policy, its clock, its ledger.
    Operator,
}

/// Why an order is too early, too late, or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// The order was sealed in the future, by more than the accepted skew. One of the clocks is wrong.
    NotYet,
    /// The order was not received, approved or dispatched in time.
    Expired,
    /// The order is valid for longer than this party's [`Rules`](crate::Rules) allow.
    TooLong,
}

impl TimeError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotYet => "not-yet",
            Self::Expired => "expired",
            Self::TooLong => "too-long",
        }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotYet => "the order is of the future: one of the clocks is wrong",
            Self::Expired => "the time for it is over: the order has expired, ask for a new one",
            Self::TooLong => "the order is valid for longer than this party allows",
        })
    }
}

impl core::error::Error for TimeError {}
