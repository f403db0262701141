//! The card manager's answer (`SPEC.md`, section 15).

use alloc::boxed::Box;
use alloc::string::String;

use zeroize::Zeroizing;

use super::header::OrderDigest;
use crate::limits;
use crate::seal::{KeyName, Sealed};
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
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Approved { token: Box<Secret32> },
    Declined { reason: Zeroizing<String> },
}

wire::message_bytes!(Authorization);

impl Authorization {
    /// The name of the key that is needed to open the message. The peer is the card manager of the filed order.
    #[must_use]
    pub fn key(&self) -> &KeyName {
        &self.sealed.name
    }
}

impl Encode for Authorization {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "authorization", 2);
        w.bytes(&self.digest.0).item(&self.sealed);
    }
}

impl Decode for Authorization {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "authorization", 2)?;
        Ok(Self { digest: OrderDigest(r.exact("a digest")?), sealed: Sealed::decode(r)? })
    }
}

impl Encode for Verdict {
    /// `[version, "verdict", at, token, reason]`, one of the last two null.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "verdict", 3);
        w.uint(self.at);
        match &self.outcome {
            Outcome::Approved { token } => w.bytes(token.as_slice()).null(),
            Outcome::Declined { reason } => w.null().text(reason),
        };
    }
}

impl Decode for Verdict {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "verdict", 3)?;
        let at = r.uint("a time", limits::TIME)?;
        let outcome = match r.or_null(|r| r.secret("a token"))? {
            Some(token) if r.is_null() => Outcome::Approved { token },
            Some(_) => return Err(WireError::Expected("null")),
            None => Outcome::Declined { reason: Zeroizing::new(r.text("a reason", limits::REASON)?.into()) },
        };
        Ok(Self { at, outcome })
    }
}
