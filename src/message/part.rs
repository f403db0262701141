//! Parts: what one recipient may know of an order, and the checks that it is of that order.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;
use core::iter;
use core::ops::{Deref, Range};

use super::header::{Header, OrderDigest, all_differ, commit_field, commit_recipient, token_hash};
use crate::identifier::Identifier;
use crate::limits;
use crate::name::{FieldName, Role};
use crate::order::{Entry, Planned, Release};
use crate::seal::Rejected;
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
    fn fields(&self) -> impl Iterator<Item = (&FieldName, &Salt, &str)> {
        self.decoded.fields.iter().filter_map(|FieldOpening { name, opened }| {
            let (salt, value) = opened.as_ref()?;
            let value = self.encoded.get(value.clone()).and_then(|value| core::str::from_utf8(value).ok());
            #[expect(clippy::expect_used, reason = "an empty value would be a plausible wrong answer")]
            Some((name, salt, value.expect("a value was valid text when it was read")))
        })
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

/// Whether every entry opens the commitment of its role, in the header's order, and all parties are different.
pub(crate) fn opens_recipients(header: &Header, recipients: &[(Entry, Salt)]) -> bool {
    let mut committed = header.recipients.iter();
    let identifiers = recipients.iter().map(|(entry, _)| &entry.identifier);
    all_differ(iter::once(&header.sender).chain(identifiers))
        && recipients.iter().all(|(entry, salt)| {
            // Searching on from the last match holds the entries to the header's order.
            committed.any(|(role, commitment)| *role == entry.role && *commitment == commit_recipient(salt, entry))
        })
}

/// An opened part: the order as one recipient may know it, every value checked against the order's
/// digest.
///
/// The values are secret: wiped on drop, never printed. Not `Clone`, so that they stay in one place.
pub struct Part {
    pub(crate) header: Header,
    pub(crate) opening: Opening,
    /// The places of the reader's and of the seller's entry among the recipients.
    own: usize,
    seller: usize,
}

impl Part {
    /// Checks an opening against the header: that everything in it opens a commitment, that the reader of this `role` is
    /// `reader`, and that it sees what a reader of that role sees. Of what a state has forgotten the commitments were
    /// checked before the order was filed.
    pub(crate) fn verify(header: Header, opening: Opening, role: &Role, reader: &Identifier) -> Result<Self, Rejected> {
        let place = |role: &Role| opening.recipients.iter().position(|(entry, _)| entry.role == *role);
        let (Some(own), Some(seller)) = (place(role), place(&Role::SELLER)) else { return Err(Rejected) };
        let part = Self { header, opening, own, seller };
        if opens_recipients(&part.header, &part.opening.recipients) && part.opens_fields() && part.is_of(role, reader) {
            Ok(part)
        } else {
            Err(Rejected)
        }
    }

    fn opens_fields(&self) -> bool {
        let mut committed = self.header.fields.iter();
        self.opening.fields().all(|(name, salt, value)| {
            // Both ascend.
            let commitment = committed.find(|(field, _)| field == name).map(|(_, commitment)| commitment);
            commitment == Some(&commit_field(salt, name, value))
        })
    }

    /// Whether the entries are those that a reader of this role gets, its own is the reader's, and the fields opened are
    /// the fields listed there.
    fn is_of(&self, role: &Role, reader: &Identifier) -> bool {
        let Decoded { recipients, fields, companions, token } = &*self.opening;
        let own = self.own();
        let relays = *role == Role::SELLER;
        let count = if relays { self.header.recipients.len() } else { 2 };
        let manages = *role == Role::CARD_MANAGER;
        own.identifier == *reader
            && self.seller().release == Release::OnReceipt
            && recipients.len() == count
            && own.fields.iter().eq(fields.iter().map(|field| &field.name))
            && companions.is_some() == relays
            && token.is_some() == manages
            && token.as_ref().is_none_or(|token| self.is_approved_by(token))
            && (!relays || self.seller_sees_a_sound_order())
    }

    fn entry(&self, place: usize) -> &Entry {
        let entry = self.opening.recipients.get(place).map(|(entry, _)| entry);
        #[expect(clippy::expect_used, reason = "the places were found among these recipients")]
        entry.expect("a part has its reader's and its seller's entry")
    }

    /// The reader's own entry.
    pub(crate) fn own(&self) -> &Entry {
        self.entry(self.own)
    }

    /// The seller of the order, who relays its parts.
    #[must_use]
    pub fn seller(&self) -> &Entry {
        self.entry(self.seller)
    }

    /// The part without the values of these fields.
    pub(crate) fn forget(&mut self, forgotten: &BTreeSet<FieldName>) {
        if self.fields().any(|(name, _)| forgotten.contains(name)) {
            self.opening = self.opening.without(forgotten);
        }
    }

    /// Whether this is the token that approves the order.
    pub(crate) fn is_approved_by(&self, token: &[u8; 32]) -> bool {
        token_hash(token) == self.header.token_hash
    }

    /// What only the relayer can check, because it alone sees all entries: that the seller is the
    /// first whose part is not direct, that every field is somebody's, and that approval is
    /// possible where it is needed.
    fn seller_sees_a_sound_order(&self) -> bool {
        let entries = || self.opening.recipients.iter().map(|(entry, _)| entry);
        let first = entries().find(|entry| entry.release != Release::Direct);
        let manager = entries().find(|entry| entry.role == Role::CARD_MANAGER).map(|entry| entry.release);
        first.is_some_and(|entry| entry.role == Role::SELLER)
            && self.every_field_is_somebodys()
            && manager != Some(Release::OnApproval)
            && (manager.is_some() || entries().all(|entry| entry.release != Release::OnApproval))
    }

    /// Whether what the entries list is what the header has, and all of it.
    fn every_field_is_somebodys(&self) -> bool {
        let mut shown = alloc::vec![false; self.header.fields.len()];
        let are_there = self.recipients().all(|entry| {
            let mut fields = self.header.fields.iter().zip(&mut shown);
            // Both ascend.
            entry.fields.iter().all(|name| {
                let found = fields.find(|((field, _), _)| field == name);
                found.map(|(_, shown)| *shown = true).is_some()
            })
        });
        are_there && shown.into_iter().all(|shown| shown)
    }

    /// The name of the order.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        *self.header.digest()
    }

    /// The card holder.
    #[must_use]
    pub fn sender(&self) -> &Identifier {
        &self.header.sender
    }

    /// When the order was sealed, in seconds since 1970.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.header.issued_at
    }

    /// The last second in which it may be received for the first time, and approved.
    #[must_use]
    pub fn accept_until(&self) -> u64 {
        self.header.accept_until
    }

    /// The last second in which it may be dispatched.
    #[must_use]
    pub fn deliver_until(&self) -> u64 {
        self.header.deliver_until
    }

    /// The value of a field, by its [`FieldName`] or as text: `part.get("order.note")`. `None` if this recipient does not
    /// see it, or has forgotten it.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        self.fields().find(|(field, _)| field.as_str() == name.as_ref()).map(|(_, value)| value)
    }

    /// The fields that this recipient sees and whose values the party has forgotten, ascending.
    pub fn forgotten(&self) -> impl Iterator<Item = &FieldName> {
        self.opening.decoded.fields.iter().filter(|field| field.opened.is_none()).map(|field| &field.name)
    }

    /// The fields that this recipient sees and their values, ascending by name, without those that are forgotten.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldName, &str)> {
        self.opening.fields().map(|(name, _, value)| (name, value))
    }

    /// The recipients that this one knows of, in sending order: the seller knows all, others
    /// themselves and the seller.
    pub fn recipients(&self) -> impl Iterator<Item = &Entry> {
        self.opening.recipients.iter().map(|(entry, _)| entry)
    }

    /// The recipient of a role, if this one knows of it.
    #[must_use]
    pub fn recipient(&self, role: &Role) -> Option<&Entry> {
        self.recipients().find(|entry| entry.role == *role)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("digest", self.header.digest())
            .field("sender", &self.header.sender)
            .finish_non_exhaustive()
    }
}

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
