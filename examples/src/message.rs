//! What travels between the parties: bytes, and where they come from and go to.

use core::fmt;

use polyseal::Role;

/// What the sender says the bytes are: in a real network, the endpoint that they are sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hello,
    Answer,
    Confirmation,
    Envelope,
    Direct,
    Relay,
    Authorization,
    Dispatch,
    /// Of the terminals example: its card holder asks how its order goes.
    Receipt,
}

impl Kind {
    /// Whether it is a message of a handshake.
    pub fn is_handshake(self) -> bool {
        matches!(self, Self::Hello | Self::Answer | Self::Confirmation)
    }

    /// What the patent's figure 1 calls the arrow.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Envelope => "x",
            Self::Relay => "y",
            Self::Dispatch => "z",
            Self::Hello | Self::Answer | Self::Confirmation | Self::Direct | Self::Authorization | Self::Receipt => "",
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
            Self::Direct => "direct",
            Self::Relay => "relay",
            // So it is called on the wire.
            Self::Authorization => "authorization",
            Self::Dispatch => "dispatch",
            Self::Receipt => "receipt",
        })
    }
}

/// A message on its way.
pub struct Message {
    pub from: Role,
    pub to: Role,
    pub kind: Kind,
    pub bytes: Vec<u8>,
}
