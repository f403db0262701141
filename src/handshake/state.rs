//! What a side keeps between two messages, as it is exported.

use zeroize::Zeroizing;

use super::{Hello, exchange};
use crate::evidence::Session;
use crate::key::CommonKey;
use crate::limits;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

pub(super) const INITIATOR: &str = "initiator";
pub(super) const RESPONDER: &str = "responder";

/// When it was begun, the message, and the secret of the exchange if one was asked for.
pub(super) struct Begun {
    pub(super) at: u64,
    pub(super) hello: Hello,
    pub(super) secret: Option<exchange::Seed>,
}

/// When it was answered, the message, what the confirmation is bound to, and the session if there was an exchange.
pub(super) struct Answered {
    pub(super) at: u64,
    pub(super) hello: Hello,
    pub(super) bound: [u8; 32],
    pub(super) session: Option<Session>,
}

impl Encode for Begun {
    /// `[time, hello, secret or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(3).uint(self.at).bytes(&self.hello.to_bytes());
        w.bytes_or_null(self.secret.as_ref().map(|secret| secret.as_slice()));
    }
}

impl Decode for Begun {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a handshake", 3)?;
        let (at, hello) = (r.uint("a time", limits::TIME)?, read_hello(r)?);
        let secret = r.exact_or_null("a secret")?.map(Zeroizing::new);
        // S-6
        let fits = match (&secret, &hello.encapsulation_key) {
            (Some(seed), Some(key)) => exchange::is_of(seed, key),
            (secret, key) => secret.is_none() && key.is_none(),
        };
        if fits { Ok(Self { at, hello, secret }) } else { Err(WireError::Corrupt) }
    }
}

impl Encode for Answered {
    /// `[time, hello, bound, key or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(4).uint(self.at).bytes(&self.hello.to_bytes()).bytes(&self.bound);
        let key = self.session.as_ref().map(|session| session.key.export());
        w.bytes_or_null(key.as_ref().map(|key| key.as_slice()));
    }
}

impl Decode for Answered {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a handshake", 4)?;
        let (at, hello, bound) = (r.uint("a time", limits::TIME)?, read_hello(r)?, r.exact("a digest")?);
        let key = r.exact_or_null("a key")?.map(Zeroizing::new);
        // S-6. A party that was asked may have made no exchange; one that was not asked has made none.
        if key.is_some() && hello.encapsulation_key.is_none() {
            return Err(WireError::Corrupt);
        }
        let session = key.map(|key| Session::new(hello.key_id, CommonKey::import(&key)));
        Ok(Self { at, hello, bound, session })
    }
}

fn read_hello(r: &mut Reader<'_>) -> Result<Hello, WireError> {
    Hello::from_bytes(r.bytes("a hello", 0, limits::MESSAGE)?)
}
