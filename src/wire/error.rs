//! Why bytes are not a message.

use core::fmt;
use core::ops::RangeInclusive;

use super::VERSION;

/// Why bytes are not a message of the expected kind.
///
/// It describes the encoding alone, which whoever sent it knows: nothing here depends on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end inside an item.
    Truncated,
    /// Bytes follow the message.
    Trailing,
    /// An item is valid CBOR but not in its one deterministic form.
    NotDeterministic,
    /// Another item was expected here.
    Expected(&'static str),
    /// A number, a count or a length is outside its limits.
    Limit {
        /// Of what.
        what: &'static str,
        /// In which unit.
        unit: Unit,
        /// How many there are.
        found: u64,
        /// How few there may be.
        least: u64,
        /// How many there may be.
        most: u64,
    },
    /// The version label is not [`VERSION`](crate::message::VERSION): the sender speaks another version.
    Version,
    /// This is another kind of message.
    Kind {
        /// The kind that was to be read.
        expected: &'static str,
    },
    /// The integrity check of an exported secret failed: it is damaged.
    Corrupt,
    /// The exported state is another party's, or of another role.
    OtherOwner,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: it is about a number itself.
    Number,
    /// The items of a list.
    Items,
    /// Bytes.
    Bytes,
}

impl WireError {
    /// A count or length outside its limits.
    pub(crate) fn limit(what: &'static str, unit: Unit, found: usize, limits: RangeInclusive<usize>) -> Self {
        let [found, least, most] =
            [found, *limits.start(), *limits.end()].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        Self::Limit { what, unit, found, least, most }
    }

    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Trailing => "trailing-bytes",
            Self::NotDeterministic => "not-deterministic",
            Self::Expected(_) => "unexpected-item",
            Self::Limit { .. } => "over-limit",
            Self::Version => "other-version",
            Self::Kind { .. } => "other-kind",
            Self::Corrupt => "corrupt",
            Self::OtherOwner => "other-owner",
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the bytes end too early"),
            Self::Trailing => f.write_str("bytes follow the end of the message"),
            Self::NotDeterministic => f.write_str("the encoding is not deterministic CBOR"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Limit { what, unit, found, least, most } => {
                match unit {
                    Unit::Number => write!(f, "{what} is {found}, ")?,
                    Unit::Items => write!(f, "{what}: there are {found} items, ")?,
                    Unit::Bytes => write!(f, "{what}: there are {found} bytes, ")?,
                }
                match (least, most) {
                    (0, most) => write!(f, "and at most {most} may be"),
                    (least, most) if least == most => write!(f, "and exactly {most} have to be"),
                    (least, most) => write!(f, "and {least} to {most} may be"),
                }
            }
            Self::Version => write!(f, "the version label is not \"{VERSION}\""),
            Self::Kind { expected } => write!(f, "this is not a message of kind \"{expected}\""),
            Self::Corrupt => f.write_str("the integrity check failed: the bytes are damaged"),
            Self::OtherOwner => f.write_str("the state is another party's, or of another role"),
        }
    }
}

impl core::error::Error for WireError {}
