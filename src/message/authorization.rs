//! The card manager's answer (`SPEC.md`, section 15).

use alloc::boxed::Box;
use alloc::string::String;

use zeroize::Zeroizing;

use super::about::about_an_order;
use super::header::OrderDigest;
use crate::limits;
use crate::seal::Sealed;
use crate::wire::{self, Decode, Encode, Reader, Secret32, Sink, WireError, Writer};

/// The card manager's answer to the seller: the patent's result of authentication.
///
/// All answers have one length, whether they approve or decline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a message is lost unless it is sent"]
pub struct Authorization {
    pub(crate) digest: OrderDigest,
    pub(crate) sealed: Sealed,
}

/// The plaintext of an authorization.
pub(crate) struct Verdict {
    /// When it was filed.
    pub(crate) at: u64,
    pub(crate) ruling: Ruling,
}

pub(crate) enum Ruling {
    Approved { token: Box<Secret32> },
    Declined { reason: Zeroizing<String> },
}

about_an_order! {
    Authorization: "authorization", "The peer is the card manager of the filed order.";
}

impl Encode for Verdict {
    /// `[version, "verdict", at, token, reason]`, one of the last two null.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "verdict", 3);
        w.uint(self.at);
        match &self.ruling {
            Ruling::Approved { token } => w.bytes(token.as_slice()).null(),
            Ruling::Declined { reason } => w.null().text(reason),
        };
    }
}

impl Decode for Verdict {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "verdict", 3)?;
        let at = r.uint("a time", limits::TIME)?;
        let ruling = match r.or_null(|r| r.secret("a token"))? {
            Some(token) if r.is_null() => Ruling::Approved { token },
            Some(_) => return Err(WireError::Expected("null")),
            None => Ruling::Declined { reason: Zeroizing::new(r.text("a reason", limits::REASON)?.into()) },
        };
        Ok(Self { at, ruling })
    }
}
