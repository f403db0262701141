//! What travels between the parties: bytes, and where they come from and go to.

use core::fmt;

use polyseal::Role;

/// What the sender says the bytes are: in a real network, the endpoint that they are sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello,
    Answer,
    Confirmation,
    Envelope,
    Relay,
    Authentication,
    Dispatch,
    Receipt,
}

impl Kind {
    /// Whether it is one of an advance confirmation.
    pub(crate) fn is_handshake(self) -> bool {
        matches!(self, Self::Hello | Self::Answer | Self::Confirmation)
    }

    /// What the patent's figure 1 calls the arrow.
    pub(crate) fn arrow(self) -> &'static str {
        match self {
            Self::Envelope => "x",
            Self::Relay => "y",
            Self::Dispatch => "z",
            _ => "",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Hello => "hello",
            Self::Answer => "answer",
            Self::Confirmation => "confirmation",
            Self::Envelope => "envelope",
            Self::Relay => "relay",
            Self::Authentication => "authentication",
            Self::Dispatch => "dispatch",
            Self::Receipt => "receipt",
        })
    }
}

/// A message on its way.
pub(crate) struct Message {
    pub(crate) from: Role,
    pub(crate) to: Role,
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
}
