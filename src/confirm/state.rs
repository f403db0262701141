//! What a side keeps between two messages, as it is exported.

use zeroize::Zeroizing;

use super::{Hello, exchange};
use crate::key::CommonKey;
use crate::limits;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

pub(super) const INITIATOR: &str = "initiator";
pub(super) const RESPONDER: &str = "responder";

/// The message, and the secret of the exchange if one was asked for.
pub(super) struct Begun {
    pub(super) hello: Hello,
    pub(super) secret: Option<exchange::EphemeralSecret>,
}

/// The message, what the confirmation is bound to, and the key of the session if there was an exchange.
pub(super) struct Answered {
    pub(super) hello: Hello,
    pub(super) bound: [u8; 32],
    pub(super) session: Option<CommonKey>,
}

impl Encode for Begun {
    /// `[hello, secret or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).bytes(&self.hello.to_bytes());
        w.bytes_or_null(self.secret.as_ref().map(|secret| secret.as_slice()));
    }
}

impl Decode for Begun {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a handshake", 2)?;
        let hello = read_hello(r)?;
        let secret = r.exact_or_null("a secret")?.map(Zeroizing::new);
        if secret.is_some() == hello.ephemeral.is_some() { Ok(Self { hello, secret }) } else { Err(WireError::Corrupt) }
    }
}

impl Encode for Answered {
    /// `[hello, bound, key or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).bytes(&self.hello.to_bytes()).bytes(&self.bound);
        let key = self.session.as_ref().map(CommonKey::export);
        w.bytes_or_null(key.as_ref().map(|key| key.as_slice()));
    }
}

impl Decode for Answered {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a handshake", 3)?;
        let (hello, bound) = (read_hello(r)?, r.exact("a digest")?);
        let key = r.exact_or_null("a key")?.map(Zeroizing::new);
        Ok(Self { hello, bound, session: key.map(|key| CommonKey::import(&key)) })
    }
}

fn read_hello(r: &mut Reader<'_>) -> Result<Hello, WireError> {
    Hello::from_bytes(r.bytes("a hello", 0, limits::MESSAGE)?)
}
