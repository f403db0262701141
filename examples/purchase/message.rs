//! What travels between the parties: bytes, and where they come from and go to.

use core::fmt;

use polyseal::Role;

/// What the sender says the bytes are: in a real network, the endpoint that they are sent to.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Envelope,
    Direct,
    Relay,
    Authentication,
    Dispatch,
}

impl Kind {
    /// What the patent's figure 1 calls the arrow.
    pub(crate) fn arrow(self) -> &'static str {
        match self {
            Self::Envelope => "x",
            Self::Relay => "y",
            Self::Dispatch => "z",
            Self::Direct | Self::Authentication => "",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Envelope => "envelope",
            Self::Direct => "direct",
            Self::Relay => "relay",
            Self::Authentication => "authentication",
            Self::Dispatch => "dispatch",
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
