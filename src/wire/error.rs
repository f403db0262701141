//! Why bytes are not a message.

use core::fmt;

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
    /// A count or length is outside its limits.
    Limit(&'static str),
    /// The version label is not [`VERSION`]: the sender speaks another version.
    Version,
    /// This is another kind of message.
    Kind {
        /// The kind that was to be read.
        expected: &'static str,
    },
    /// The integrity check of an exported secret does not hold: it is damaged.
    Corrupt,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the bytes end too early"),
            Self::Trailing => f.write_str("bytes follow the end of the message"),
            Self::NotDeterministic => f.write_str("the encoding is not deterministic CBOR"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Limit(what) => write!(f, "{what} is outside its limits"),
            Self::Version => write!(f, "the version label is not \"{VERSION}\""),
            Self::Kind { expected } => write!(f, "this is not a message of kind \"{expected}\""),
            Self::Corrupt => f.write_str("the integrity check does not hold: the bytes are damaged"),
        }
    }
}

impl core::error::Error for WireError {}
