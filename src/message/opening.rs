//! The plaintext of a part: openings of commitments in the header (`SPEC.md`, section 14).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::{Deref, Range};

use crate::limits;
use crate::name::FieldName;
use crate::order::{Entry, decode_place, encode_place};
use crate::wire::{self, Decode, Encode, Reader, Secret, Secret32, Sink, Unit, WireError, Writer};

/// The plaintext of a part: openings of commitments in the header. What is in it stays where it was decrypted.
pub(crate) struct Opening {
    encoded: Secret,
    decoded: Decoded,
}

/// What an opening says, and where in it the values are.
pub(crate) struct Decoded {
    /// The relayer gets all recipients, another its own entry and the relayer's; in sending order.
    pub(crate) recipients: Vec<(Entry, Salt)>,
    pub(crate) groups: Vec<OpenedGroup>,
    /// Group by group.
    fields: Vec<OpenedField>,
    /// The places among these of all fields, ascending by name.
    by_name: Vec<u16>,
    /// For the relayer: the digest of the other parts in the envelope.
    pub(crate) companions: Option<[u8; 32]>,
    /// For the relayer: how often the card holder had sealed the order before.
    pub(crate) revision: Option<u64>,
    /// For the card manager: where the approval token is.
    token: Option<Range<usize>>,
}

/// A secret: with it and the public commitment, a value that has few candidates can be found.
pub(crate) type Salt = Secret32;

/// What an opening says of a group.
pub(crate) struct OpenedGroup {
    /// Its place in the header.
    pub(crate) place: usize,
    /// Where its salt is. `None` in a state whose party has forgotten a field of the group: with the salt and all other
    /// values, one of few candidates could be found.
    salt: Option<Range<usize>>,
    /// Its fields among all fields.
    fields: Range<usize>,
    /// Where its fields are encoded, as they are committed to.
    encoded: Range<usize>,
}

struct OpenedField {
    name: FieldName,
    /// Where the value is. `None` in a state whose party has forgotten it.
    value: Option<Range<usize>>,
}

impl Opening {
    /// Reads a plaintext, strictly: these bytes are its one encoding.
    pub(crate) fn from_plaintext(encoded: Secret) -> Result<Self, WireError> {
        let mut r = Reader::new(&encoded);
        let decoded = Decoded::decode_as(&mut r, false)?;
        r.finish()?;
        Ok(Self { encoded, decoded })
    }

    /// The names of a group's fields, in their order.
    pub(super) fn names_of(&self, group: &OpenedGroup) -> impl Iterator<Item = &FieldName> + Clone {
        self.decoded.fields.get(group.fields.clone()).unwrap_or_default().iter().map(|field| &field.name)
    }

    /// The salt of a group's commitment, and its fields as they are committed to.
    pub(super) fn committed<'a>(&'a self, group: &OpenedGroup) -> Option<(&'a [u8; 32], &'a [u8])> {
        Some((self.secret(group.salt.as_ref()?), self.encoded.get(group.encoded.clone())?))
    }

    /// The token, which the card manager gets.
    pub(crate) fn token(&self) -> Option<&[u8; 32]> {
        self.token.as_ref().map(|place| self.secret(place))
    }

    fn secret(&self, place: &Range<usize>) -> &[u8; 32] {
        let secret = self.encoded.get(place.clone()).and_then(|secret| secret.first_chunk());
        #[expect(clippy::expect_used, reason = "zeros would be a plausible wrong answer")]
        secret.expect("a secret had 32 bytes when it was read")
    }

    /// The names of all fields, ascending, and the values that are not forgotten.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&FieldName, Option<&str>)> {
        self.from(|_| false)
    }

    /// The same from the first field on that does not sort before what is looked for.
    pub(super) fn from(&self, is_before: impl Fn(&str) -> bool) -> impl Iterator<Item = (&FieldName, Option<&str>)> {
        let field = |place: &u16| self.decoded.fields.get(usize::from(*place));
        let by_name = &self.decoded.by_name;
        let start = by_name.partition_point(|place| field(place).is_some_and(|field| is_before(field.name.as_str())));
        by_name.iter().skip(start).filter_map(field).map(|field| (&field.name, self.value(field)))
    }

    /// The names of the fields whose values are not forgotten, ascending, or of those whose values are.
    pub(super) fn names(&self, are_forgotten: bool) -> impl Iterator<Item = &FieldName> {
        let fields = self.by_name.iter().filter_map(|place| self.decoded.fields.get(usize::from(*place)));
        fields.filter(move |field| field.value.is_none() == are_forgotten).map(|field| &field.name)
    }

    fn value(&self, field: &OpenedField) -> Option<&str> {
        let value = self.encoded.get(field.value.clone()?).and_then(|value| core::str::from_utf8(value).ok());
        #[expect(clippy::expect_used, reason = "an empty value would be a plausible wrong answer")]
        Some(value.expect("a value was valid text when it was read"))
    }

    /// The same without the values of these fields, and the salts of their groups.
    pub(crate) fn without(&self, forgotten: &BTreeSet<FieldName>) -> Self {
        self.rewritten(forgotten, self.companions.as_ref(), self.revision)
    }

    /// The same opening of a seller's part that was sealed again, with other parts.
    pub(crate) fn resealed(&self, companions: &[u8; 32], revision: u64) -> Self {
        self.rewritten(&BTreeSet::new(), Some(companions), Some(revision))
    }

    fn rewritten(&self, forgotten: &BTreeSet<FieldName>, companions: Option<&[u8; 32]>, revision: Option<u64>) -> Self {
        let mut encoded = Secret::with_capacity(self.encoded.len());
        let mut w = Writer::new(&mut encoded);
        let Decoded { recipients, groups, fields, .. } = &self.decoded;
        wire::begin_message(&mut w, PART, ITEMS);
        w.items(recipients).array(groups.len());
        for group in groups {
            let fields = fields.get(group.fields.clone()).unwrap_or_default();
            let is_kept = |field: &OpenedField| !forgotten.contains(&field.name);
            let salt = group.salt.as_ref().filter(|_| fields.iter().all(is_kept));
            w.array(3);
            encode_place(&mut w, group.place);
            w.bytes_or_null(salt.map(|place| self.secret(place).as_slice())).array(fields.len());
            for field in fields {
                match self.value(field).filter(|_| is_kept(field)) {
                    Some(value) => w.array(2).item(&field.name).text(value),
                    None => w.array(1).item(&field.name),
                };
            }
        }
        encode_end(&mut w, companions, revision, self.token());
        let mut r = Reader::new(&encoded);
        #[expect(clippy::expect_used, reason = "an opening that is not what was written would be a wrong part")]
        let decoded = Decoded::decode_as(&mut r, true).expect("what was written is read");
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
        let decoded = Decoded::decode_as(&mut item, true)?;
        Ok(Self { encoded: Secret::from(r.take_to(&item)?), decoded })
    }
}

const PART: &str = "part";
const ITEMS: usize = 5;

impl Encode for (Entry, Salt) {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).item(&self.0).bytes(self.1.as_slice());
    }
}

impl Decode for (Entry, Salt) {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a recipient and its salt", 2)?;
        Ok((Entry::decode(r)?, Salt::new(r.exact("a salt")?)))
    }
}

/// An opening whose values are where the order is: what is sealed, without a copy of it.
pub(crate) struct BorrowedOpening<'a> {
    pub(crate) recipients: Vec<&'a (Entry, Salt)>,
    /// The place of each group in the header, its salt and its encoded fields.
    pub(crate) groups: Vec<(usize, &'a Salt, &'a [u8])>,
    pub(crate) companions: Option<[u8; 32]>,
    pub(crate) revision: Option<u64>,
    pub(crate) token: Option<&'a [u8; 32]>,
}

impl Encode for BorrowedOpening<'_> {
    /// `[version, "part", [[recipient, salt], …], [[place, salt, [[name, value], …]], …], companions or null, revision or
    /// null, token or null]`
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, PART, ITEMS);
        w.items(self.recipients.iter().copied()).array(self.groups.len());
        for (place, salt, fields) in &self.groups {
            w.array(3);
            encode_place(w, *place);
            w.bytes(salt.as_slice()).raw(fields);
        }
        encode_end(w, self.companions.as_ref(), self.revision, self.token);
    }
}

/// What seller and card manager get besides.
fn encode_end<S: Sink>(
    w: &mut Writer<'_, S>,
    companions: Option<&[u8; 32]>,
    revision: Option<u64>,
    token: Option<&[u8; 32]>,
) {
    w.bytes_or_null(companions.map(<[u8; 32]>::as_slice)).uint_or_null(revision);
    w.bytes_or_null(token.map(<[u8; 32]>::as_slice));
}

impl Decoded {
    fn decode_as(r: &mut Reader<'_>, is_stored: bool) -> Result<Self, WireError> {
        wire::read_message(r, PART, ITEMS)?;
        let recipients = r.items("recipients", 1, limits::RECIPIENTS)?;
        let count = r.array("groups", 1, limits::GROUPS)?;
        let mut groups = Vec::with_capacity(count);
        let mut fields = Fields::default();
        for _ in 0..count {
            groups.push(OpenedGroup::decode(r, &mut fields, is_stored)?);
        }
        Ok(Self {
            recipients,
            groups,
            by_name: fields.by_name(),
            fields: fields.all,
            companions: r.exact_or_null("a digest")?,
            revision: r.or_null(|r| r.uint("a revision", u64::MAX))?,
            token: r.or_null(|r| place_of_secret(r, "a token"))?,
        })
    }
}

/// Reads 32 secret bytes, which stay where they are. A copy in an `Option` would be worse than one more copy: where it is
/// `None`, moving it copies what was left on the stack, and that is not wiped.
fn place_of_secret(r: &mut Reader<'_>, what: &'static str) -> Result<Range<usize>, WireError> {
    let length = r.bytes(what, 32, 32)?.len();
    Ok(r.position().saturating_sub(length)..r.position())
}

impl OpenedGroup {
    /// Reads `[place, salt, [[name, value], …]]`. In a state a forgotten field is `[name]`, and then the salt is null.
    fn decode(r: &mut Reader<'_>, fields: &mut Fields, is_stored: bool) -> Result<Self, WireError> {
        r.tuple("a group", 3)?;
        let place = decode_place(r)?;
        let salt = if is_stored && r.is_null() { None } else { Some(place_of_secret(r, "a salt")?) };
        let start = r.position();
        let own = fields.read_group(r, salt.is_none())?;
        let encoded = start..r.position();
        // S-9
        let has_forgotten = fields.all.iter().skip(own.start).any(|field| field.value.is_none());
        if has_forgotten == salt.is_some() {
            return Err(WireError::Expected("a salt of a group that is whole"));
        }
        Ok(Self { place, salt, fields: own, encoded })
    }
}

/// All fields of an opening, and how many bytes their names and values have.
#[derive(Default)]
pub(super) struct Fields {
    all: Vec<OpenedField>,
    size: usize,
}

impl Fields {
    /// Reads the fields of a group, and says which they are.
    pub(super) fn read_group(&mut self, r: &mut Reader<'_>, may_be_forgotten: bool) -> Result<Range<usize>, WireError> {
        let first = self.all.len();
        let count = r.array("fields", 0, limits::FIELDS)?;
        self.all.reserve(count);
        for _ in 0..count {
            self.read(r, may_be_forgotten)?;
        }
        Ok(first..self.all.len())
    }

    /// The names of some of them.
    pub(super) fn names(&self, of: Range<usize>) -> impl Iterator<Item = &FieldName> + Clone {
        self.all.get(of).unwrap_or_default().iter().map(|field| &field.name)
    }

    /// Reads `[name, value]`, or `[name]` where that may be.
    fn read(&mut self, r: &mut Reader<'_>, may_be_forgotten: bool) -> Result<(), WireError> {
        let count = r.array("a field", if may_be_forgotten { 1 } else { 2 }, 2)?;
        let name = FieldName::decode(r)?;
        let length = if count == 1 { None } else { Some(r.text("a value", limits::VALUE)?.len()) };
        let value = length.map(|length| r.position().saturating_sub(length)..r.position());
        self.size = self.size.saturating_add(name.as_str().len()).saturating_add(length.unwrap_or(0));
        // P-8
        let count = self.all.len().saturating_add(1);
        if count > limits::FIELDS {
            return Err(WireError::limit("fields", Unit::Items, count, 0..=limits::FIELDS));
        }
        if self.size > limits::ORDER {
            return Err(WireError::limit("names and values", Unit::Bytes, self.size, 0..=limits::ORDER));
        }
        self.all.push(OpenedField { name, value });
        Ok(())
    }

    /// The places of the fields, ascending by name.
    fn by_name(&self) -> Vec<u16> {
        const { assert!(limits::FIELDS <= 1 << 16, "a place of 16 bits") };
        let mut named: Vec<_> = (0..=u16::MAX).zip(&self.all).map(|(place, field)| (&field.name, place)).collect();
        // Stable, which is fast for a few sequences that ascend each.
        named.sort();
        named.into_iter().map(|(_, place)| place).collect()
    }
}

#[cfg(test)]
mod tests;
