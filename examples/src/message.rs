//! What travels between the parties: bytes, and where they come from and go to.

use core::fmt;

use polyseal::Role;
use polyseal::handshake::Acknowledgement;
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, KeyName, Receipt, Relay, Request, Response, WireError,
    Withdrawal,
};

/// What the sender says the bytes are: in a real network, the endpoint that they are sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hello,
    Answer,
    Confirmation,
    Acknowledgement,
    Envelope,
    Direct,
    Relay,
    Authorization,
    Dispatch,
    /// What became of a consignment.
    Delivery,
    Withdrawal,
    /// To cancel, or to refund.
    Request,
    Response,
    /// For the card holder, which wants to know how its order goes.
    Receipt,
}

impl Kind {
    /// Whether it is a message of a handshake.
    pub fn is_handshake(self) -> bool {
        matches!(self, Self::Hello | Self::Answer | Self::Confirmation | Self::Acknowledgement)
    }

    /// What the patent's figure 1 calls the arrow.
    pub fn arrow(self) -> &'static str {
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
            Self::Acknowledgement => "acknowledgement",
            Self::Envelope => "envelope",
            Self::Direct => "direct",
            Self::Relay => "relay",
            Self::Authorization => "authorization",
            Self::Dispatch => "dispatch",
            Self::Delivery => "delivery",
            Self::Withdrawal => "withdrawal",
            Self::Request => "request",
            Self::Response => "response",
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

impl Message {
    /// Whether all that is sealed in it, for whichever of these roles, is under a session.
    ///
    /// The first messages of a handshake are not: they make the session.
    pub fn is_under_session(&self, roles: &[Role]) -> Result<bool, WireError> {
        let Self { to, kind, bytes, .. } = self;
        let keys: Vec<KeyName> = match kind {
            Kind::Hello | Kind::Answer | Kind::Confirmation => Vec::new(),
            Kind::Acknowledgement => vec![*Acknowledgement::from_bytes(bytes)?.key()],
            Kind::Envelope => {
                let envelope = Envelope::from_bytes(bytes)?;
                roles.iter().flat_map(|role| envelope.keys(role)).map(|(_, key)| *key).collect()
            }
            Kind::Direct => Direct::from_bytes(bytes)?.keys().map(|(_, key)| *key).collect(),
            Kind::Relay => Relay::from_bytes(bytes)?.keys(to).map(|(_, key)| *key).collect(),
            Kind::Dispatch => Dispatch::from_bytes(bytes)?.keys(to).map(|(_, key)| *key).collect(),
            Kind::Request => Request::from_bytes(bytes)?.keys().map(|(_, key)| *key).collect(),
            Kind::Authorization => vec![*Authorization::from_bytes(bytes)?.key()],
            Kind::Response => vec![*Response::from_bytes(bytes)?.key()],
            Kind::Delivery => vec![*DeliveryReport::from_bytes(bytes)?.key()],
            Kind::Withdrawal => vec![*Withdrawal::from_bytes(bytes)?.key()],
            Kind::Receipt => vec![*Receipt::from_bytes(bytes)?.key()],
        };
        Ok(!keys.is_empty() && keys.iter().all(|key| key.session().is_some()))
    }
}
