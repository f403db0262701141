//! The plaintext of a part: openings of commitments in the header.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::{Deref, Range};

use crate::limits;
use crate::name::FieldName;
use crate::order::{Entry, Planned};
use crate::wire::{self, Decode, Encode, Reader, Secret, Secret32, Sink, WireError, Writer};

/// The plaintext of a part: openings of commitments in the header. What is in it stays where it was decrypted.
pub(crate) struct Opening {
    encoded: Secret,
    decoded: Decoded,
}

/// What an opening says, and where in it the values are.
pub(crate) struct Decoded {
    /// The relayer gets all recipients, another its own entry and the relayer's; in sending order.
    pub(crate) recipients: Vec<(Entry, Salt)>,
    /// Ascending by name.
    fields: Vec<FieldOpening>,
    /// For the relayer: the digest of the other parts in the envelope.
    pub(crate) companions: Option<[u8; 32]>,
    /// For the card manager: the approval token.
    pub(crate) token: Option<Secret32>,
}

/// A secret: with it and the public commitment, a value that has few candidates can be found.
pub(crate) type Salt = Secret32;

struct FieldOpening {
    name: FieldName,
    /// The salt, and where the value is. `None` in a state whose party has forgotten them: a salt alone would let a value
    /// of few candidates be found.
    opened: Option<(Salt, Range<usize>)>,
}

impl Opening {
    /// Reads a plaintext, strictly: these bytes are its one encoding.
    pub(crate) fn from_plaintext(encoded: Secret) -> Result<Self, WireError> {
        let mut r = Reader::new(&encoded);
        let decoded = Decoded::decode(&mut r)?;
        r.finish()?;
        Ok(Self { encoded, decoded })
    }

    /// The values that are not forgotten, with what opens their commitments.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&FieldName, &Salt, &str)> {
        self.decoded.fields.iter().filter_map(|FieldOpening { name, opened }| {
            let (salt, value) = opened.as_ref()?;
            let value = self.encoded.get(value.clone()).and_then(|value| core::str::from_utf8(value).ok());
            #[expect(clippy::expect_used, reason = "an empty value would be a plausible wrong answer")]
            Some((name, salt, value.expect("a value was valid text when it was read")))
        })
    }

    /// The names of all fields, ascending, and whether each is forgotten.
    pub(super) fn names(&self) -> impl Iterator<Item = (&FieldName, bool)> {
        self.decoded.fields.iter().map(|field| (&field.name, field.opened.is_none()))
    }

    /// The same without the values and salts of these fields.
    pub(crate) fn without(&self, forgotten: &BTreeSet<FieldName>) -> Self {
        let mut encoded = Secret::with_capacity(self.encoded.len());
        let mut w = Writer::new(&mut encoded);
        let Decoded { recipients, fields, companions, token } = &self.decoded;
        wire::begin_message(&mut w, PART, 4);
        w.items(recipients).array(fields.len());
        let mut opened = self.fields().peekable();
        for FieldOpening { name, .. } in fields {
            match opened.next_if(|(open, ..)| *open == name) {
                Some((_, salt, value)) if !forgotten.contains(name) => {
                    w.array(3).item(name).bytes(salt.as_slice()).text(value);
                }
                _ => {
                    w.array(1).item(name);
                }
            }
        }
        for secret in [companions.as_ref(), token.as_deref()] {
            w.bytes_or_null(secret.map(<[u8; 32]>::as_slice));
        }
        let mut r = Reader::new(&encoded);
        #[expect(clippy::expect_used, reason = "an opening that is not what was written would be a wrong part")]
        let decoded = Decoded::decode_stored(&mut r).expect("what was written is read");
        Self { encoded, decoded }
    }
}

impl Deref for Opening {
    type Target = Decoded;

    fn deref(&self) -> &Decoded {
        &self.decoded
    }
}

impl Encode for Opening {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.raw(&self.encoded);
    }
}

impl Decode for Opening {
    /// As an item of a state, whose party may have forgotten some of it.
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut item = r.within();
        let decoded = Decoded::decode_stored(&mut item)?;
        Ok(Self { encoded: Secret::from(r.take_to(&item)?), decoded })
    }
}

const PART: &str = "part";

impl Encode for (Entry, Salt) {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        encode_recipient(w, &self.0, &self.1);
    }
}

impl Decode for (Entry, Salt) {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a recipient and its salt", 2)?;
        Ok((Entry::decode(r)?, Salt::new(r.exact("a salt")?)))
    }
}

impl FieldOpening {
    /// Reads `[name, salt, value]`, or in a state `[name]` of a forgotten field.
    fn decode(r: &mut Reader<'_>, is_stored: bool) -> Result<Self, WireError> {
        let count = r.array("a field", if is_stored { 1 } else { 3 }, 3)?;
        let name = FieldName::decode(r)?;
        let opened = match count {
            1 => None,
            3 => {
                let salt = Salt::new(r.exact("a salt")?);
                let length = r.text("a value", limits::VALUE)?.len();
                Some((salt, r.position().saturating_sub(length)..r.position()))
            }
            _ => return Err(WireError::Expected("a field")),
        };
        Ok(Self { name, opened })
    }
}

/// An opening whose values are where the order is: what is sealed, without a copy of it.
pub(crate) struct Shown<'a> {
    pub(crate) recipients: Vec<(&'a Entry, &'a Salt)>,
    pub(crate) fields: Vec<(&'a Planned<'a>, &'a Salt)>,
    pub(crate) companions: Option<[u8; 32]>,
    pub(crate) token: Option<&'a [u8; 32]>,
}

impl Encode for Shown<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, PART, 4);
        w.array(self.recipients.len());
        for (entry, salt) in &self.recipients {
            encode_recipient(w, entry, salt);
        }
        w.array(self.fields.len());
        for (Planned { name, value, .. }, salt) in &self.fields {
            w.array(3).item(*name).bytes(salt.as_slice()).text(value);
        }
        for secret in [self.companions.as_ref(), self.token] {
            w.bytes_or_null(secret.map(<[u8; 32]>::as_slice));
        }
    }
}

fn encode_recipient<S: Sink>(w: &mut Writer<'_, S>, entry: &Entry, salt: &Salt) {
    w.array(2).item(entry).bytes(salt.as_slice());
}

impl Decoded {
    fn decode_stored(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::decode_as(r, true)
    }

    fn decode_as(r: &mut Reader<'_>, is_stored: bool) -> Result<Self, WireError> {
        wire::read_message(r, PART, 4)?;
        let recipients = r.items("recipients", 1, limits::RECIPIENTS)?;
        let count = r.array("fields", 1, limits::FIELDS)?;
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            fields.push(FieldOpening::decode(r, is_stored)?);
        }
        let companions = r.exact_or_null("a digest")?;
        let token = r.exact_or_null("a token")?.map(Secret32::new);
        Ok(Self { recipients, fields, companions, token })
    }
}

impl Decode for Decoded {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Self::decode_as(r, false)
    }
}
