//! Under which sessions a message is sealed.

use polyseal::Role;
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, KeyName, Receipt, Relay, Request, Response, WireError,
    Withdrawal,
};

use crate::network::{Kind, Message};
use crate::trace::Digest;

/// The sessions that a message names to its receiver: that of its sender's own words, and that of the card holder's part.
pub(super) struct Named {
    pub(super) own: Option<Digest>,
    pub(super) part: Option<Digest>,
}

pub(super) fn named(message: &Message, to: &Role) -> Named {
    named_in(message.kind, &message.bytes, to).unwrap_or(Named { own: None, part: None })
}

fn named_in(kind: Kind, bytes: &[u8], to: &Role) -> Result<Named, WireError> {
    let session = |key: &KeyName| key.session().copied();
    let one = |key: &KeyName| Named { own: session(key), part: None };
    let both = |mut keys: Vec<Option<Digest>>| {
        keys.resize(2, None);
        Named { own: keys[0], part: keys[1] }
    };
    Ok(match kind {
        Kind::Envelope => {
            let part = Envelope::from_bytes(bytes)?.keys(to).next().and_then(|(_, key)| session(key));
            Named { own: None, part }
        }
        Kind::Direct => {
            let part = Direct::from_bytes(bytes)?.keys().next().and_then(|(_, key)| session(key));
            Named { own: None, part }
        }
        Kind::Relay => both(Relay::from_bytes(bytes)?.keys(to).map(|(_, key)| session(key)).collect()),
        Kind::Dispatch => both(Dispatch::from_bytes(bytes)?.keys(to).map(|(_, key)| session(key)).collect()),
        Kind::Request => both(Request::from_bytes(bytes)?.keys().map(|(_, key)| session(key)).collect()),
        Kind::Authorization => one(Authorization::from_bytes(bytes)?.key()),
        Kind::Receipt => one(Receipt::from_bytes(bytes)?.key()),
        Kind::Response => one(Response::from_bytes(bytes)?.key()),
        Kind::Delivery => one(DeliveryReport::from_bytes(bytes)?.key()),
        Kind::Withdrawal => one(Withdrawal::from_bytes(bytes)?.key()),
        Kind::Hello | Kind::Answer | Kind::Confirmation | Kind::Acknowledgement => Named { own: None, part: None },
    })
}
