//! The header: what everybody sees of an order, and what its digest stands for (`SPEC.md`, section 13).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::iter;
use core::ops::Deref;
use core::str::FromStr;

use crate::hash::{self, Sha256, prefix};
use crate::identifier::{Hex, Identifier};
use crate::limits;
use crate::name::Role;
use crate::order::{Entry, Selector, conflicting};
use crate::value::ValueError;
use crate::wire::{self, Decode, Encode, Reader, Sink, Unit, WireError, Writer};

/// The name of an order: SHA-256 of its header's bytes.
///
/// Every message about the order is bound to it, and it is what the card manager approves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderDigest(pub(crate) [u8; 32]);

impl OrderDigest {
    /// A digest from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for OrderDigest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for OrderDigest {
    type Error = ValueError;

    fn try_from(bytes: &[u8]) -> Result<Self, ValueError> {
        bytes.try_into().map(Self).map_err(|_| ValueError::Digest)
    }
}

impl FromStr for OrderDigest {
    type Err = ValueError;

    /// Reads 64 hexadecimal digits, as [`Display`](fmt::Display) writes them; capitals, too.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(ValueError::Digest);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (high, low) = (digit(*high).ok_or(ValueError::Digest)?, digit(*low).ok_or(ValueError::Digest)?);
            *byte = (high << 4) | low;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for OrderDigest {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for OrderDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderDigest({self})")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for OrderDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for OrderDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A salted commitment.
pub(crate) type Commitment = [u8; 32];

/// The header of an order, public. It is encoded once, hashed once, and shared by all values that have it.
#[derive(Clone)]
pub(crate) struct Header(Arc<Encoded>);

struct Encoded {
    content: Content,
    bytes: Vec<u8>,
    digest: OrderDigest,
}

/// What a header says.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) sender: Identifier,
    pub(crate) issued_at: u64,
    pub(crate) accept_until: u64,
    pub(crate) deliver_until: u64,
    pub(crate) settle_until: u64,
    pub(crate) token_hash: [u8; 32],
    pub(crate) recipients: Vec<(Role, Commitment)>,
    /// Ascending by their first selectors.
    pub(crate) groups: Vec<CommittedGroup>,
}

/// What everybody knows of a group: which fields are in it, if the order has them, and a commitment to their values.
#[derive(Debug)]
pub(crate) struct CommittedGroup {
    /// Ascending. No two of a header conflict.
    pub(crate) selectors: Vec<Selector>,
    pub(crate) commitment: Commitment,
}

impl Header {
    pub(crate) fn new(content: Content) -> Self {
        let bytes = wire::encode(&content);
        Self::of(content, bytes)
    }

    /// Reads a header, strictly: these bytes are its one encoding.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        Ok(Self::of(wire::decode(bytes)?, bytes.to_vec()))
    }

    fn of(content: Content, bytes: Vec<u8>) -> Self {
        let digest = OrderDigest(hash::sha256(&bytes));
        Self(Arc::new(Encoded { content, bytes, digest }))
    }

    /// SHA-256 of the header's one encoding, which for a received header is the bytes received.
    pub(crate) fn digest(&self) -> &OrderDigest {
        &self.0.digest
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Deref for Header {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.0.content
    }
}

impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Header {}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.content.fmt(f)
    }
}

impl Content {
    pub(crate) fn recipient(&self, role: &Role) -> Option<&Commitment> {
        self.recipients.iter().find(|(name, _)| name == role).map(|(_, commitment)| commitment)
    }
}

/// Whether these are all different. There are few: to compare them all is faster than a set.
pub(super) fn all_differ<'i, T: PartialEq + 'i>(mut items: impl Iterator<Item = &'i T> + Clone) -> bool {
    while let Some(item) = items.next() {
        if items.clone().any(|later| later == item) {
            return false;
        }
    }
    true
}

/// `SHA-256([version, "token", token])`.
pub(crate) fn token_hash(token: &[u8; 32]) -> [u8; 32] {
    hash::digest(prefix!("token", 1), |w| {
        w.bytes(token);
    })
}

/// `SHA-256([version, "group", salt, [[name, value], …]])`, where `fields` writes the last item.
pub(crate) fn commit_group(salt: &[u8; 32], fields: impl FnOnce(&mut Writer<'_, Sha256>)) -> Commitment {
    hash::digest(prefix!("group", 2), |w| {
        w.bytes(salt);
        fields(w);
    })
}

/// `SHA-256([version, "recipient", salt, [role, identifier, release, [place of a group, …]]])`.
pub(crate) fn commit_recipient(salt: &[u8; 32], entry: &Entry) -> Commitment {
    hash::digest(prefix!("recipient", 2), |w| {
        w.bytes(salt).item(entry);
    })
}

impl Encode for (Role, Commitment) {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).item(&self.0).bytes(&self.1);
    }
}

impl Decode for (Role, Commitment) {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a role and its commitment", 2)?;
        Ok((Role::decode(r)?, r.exact("a commitment")?))
    }
}

impl Encode for CommittedGroup {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(2).items(&self.selectors).bytes(&self.commitment);
    }
}

impl Decode for CommittedGroup {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.tuple("a group", 2)?;
        let selectors = r.ascending("selectors", 1, limits::SELECTORS)?;
        Ok(Self { selectors, commitment: r.exact("a commitment")? })
    }
}

impl Encode for Content {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "header", 8);
        w.item(&self.sender).uint(self.issued_at);
        w.uint(self.accept_until).uint(self.deliver_until).uint(self.settle_until);
        w.bytes(&self.token_hash).items(&self.recipients).items(&self.groups);
    }
}

impl Decode for Content {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "header", 8)?;
        let header = Self {
            sender: Identifier::decode(r)?,
            issued_at: r.uint("a date", limits::TIME)?,
            accept_until: r.uint("a date", limits::TIME)?,
            deliver_until: r.uint("a date", limits::TIME)?,
            settle_until: r.uint("a date", limits::TIME)?,
            token_hash: r.exact("a token's hash")?,
            recipients: r.items("recipients", 1, limits::RECIPIENTS)?,
            groups: r.items("groups", 1, limits::GROUPS)?,
        };
        // G-1
        if ![header.issued_at, header.accept_until, header.deliver_until, header.settle_until].is_sorted() {
            return Err(WireError::Expected("dates in order"));
        }
        // G-2
        let roles = header.recipients.iter().map(|(role, _)| role);
        if !all_differ(iter::once(&Role::CARD_HOLDER).chain(roles)) {
            return Err(WireError::Expected("each role once"));
        }
        header.check_groups()?;
        Ok(header)
    }
}

impl Content {
    fn check_groups(&self) -> Result<(), WireError> {
        // G-3, with the selectors of each group, which ascend where they are read.
        if !self.groups.is_sorted_by(|a, b| a.selectors.first() < b.selectors.first()) {
            return Err(WireError::Expected("groups ascending by their first selectors"));
        }
        // G-4. Two that are equal conflict, too.
        let count = self.groups.iter().map(|group| group.selectors.len()).sum();
        if count > limits::SELECTORS {
            return Err(WireError::limit("selectors", Unit::Items, count, 0..=limits::SELECTORS));
        }
        let mut selectors = Vec::with_capacity(count);
        selectors.extend(self.groups.iter().flat_map(|group| &group.selectors));
        if conflicting(selectors).is_some() {
            return Err(WireError::Expected("selectors without conflict"));
        }
        Ok(())
    }
}
