//! Deterministic CBOR (RFC 8949 §4.2.1).
//!
//! Messages use five kinds of item: unsigned integers, byte strings, text strings, arrays and
//! null. [`Writer`] writes them into anything that takes bytes, so the same code feeds a message,
//! a hash or a MAC. [`Reader`] accepts exactly what [`Writer`] would have written: heads in their
//! shortest form, definite lengths, no trailing bytes. So a decoded message has one encoding, and a
//! digest over the bytes received is a digest of their meaning.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::limits;

/// The version and suite label, first in every message and in every hash and MAC input.
pub const VERSION: &str = "polyseal/1";

/// Why bytes are not a message of the expected kind.
///
/// It describes the encoding alone, which whoever sent it knows: nothing here depends on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end inside an item.
    Truncated,
    /// Bytes follow the message.
    Trailing,
    /// An item is valid CBOR but not in its one deterministic form.
    NotDeterministic,
    /// Another item was expected here.
    Expected(&'static str),
    /// A count or length is outside its limits.
    Limit(&'static str),
    /// The version label is not [`VERSION`]: the sender speaks another version.
    Version,
    /// This is another kind of message.
    Kind {
        /// The kind that was to be read.
        expected: &'static str,
    },
    /// The integrity check of an exported secret does not hold: it is damaged.
    Corrupt,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the bytes end too early"),
            Self::Trailing => f.write_str("bytes follow the end of the message"),
            Self::NotDeterministic => f.write_str("the encoding is not deterministic CBOR"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Limit(what) => write!(f, "{what} is outside its limits"),
            Self::Version => write!(f, "the version label is not \"{VERSION}\""),
            Self::Kind { expected } => write!(f, "this is not a message of kind \"{expected}\""),
            Self::Corrupt => f.write_str("the integrity check does not hold: the bytes are damaged"),
        }
    }
}

impl core::error::Error for WireError {}

/// What takes encoded bytes: a buffer, a hash, a MAC.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Zeroizing<Vec<u8>> {
    /// Grows by hand, because a reallocation by `Vec` would leave the old buffer unwiped.
    fn put(&mut self, bytes: &[u8]) {
        let needed = self.len().saturating_add(bytes.len());
        if needed > self.capacity() {
            let mut grown = Self::new(Vec::with_capacity(needed.max(self.capacity().saturating_mul(2))));
            grown.extend_from_slice(self);
            *self = grown;
        }
        self.extend_from_slice(bytes);
    }
}

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const NULL: u8 = 0xf6;

/// Writes items in their deterministic form.
#[derive(Debug)]
pub(crate) struct Writer<'a, S>(&'a mut S);

impl<'a, S: Sink> Writer<'a, S> {
    pub(crate) fn new(sink: &'a mut S) -> Self {
        Self(sink)
    }

    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        let [.., b4, b5, b6, b7] = value.to_be_bytes();
        match value {
            0..24 => self.0.put(&[major | b7]),
            24..0x100 => self.0.put(&[major | 0x18, b7]),
            0x100..0x1_0000 => self.0.put(&[major | 0x19, b6, b7]),
            0x1_0000..0x1_0000_0000 => self.0.put(&[major | 0x1a, b4, b5, b6, b7]),
            _ => {
                self.0.put(&[major | 0x1b]);
                self.0.put(&value.to_be_bytes());
            }
        }
    }

    fn length(&mut self, major: u8, length: usize) {
        // usize has at most 64 bits on every target that Rust supports.
        self.head(major, u64::try_from(length).unwrap_or(u64::MAX));
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value);
        self
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length(BYTES, bytes.len());
        self.0.put(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.length(TEXT, text.len());
        self.0.put(text.as_bytes());
        self
    }

    /// The head of an array: `count` items follow.
    pub(crate) fn array(&mut self, count: usize) -> &mut Self {
        self.length(ARRAY, count);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.put(&[NULL]);
        self
    }

    /// A byte string, or null.
    pub(crate) fn bytes_or_null(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }

    pub(crate) fn item(&mut self, item: &impl Encode) -> &mut Self {
        item.encode(self);
        self
    }

    /// An array of items.
    pub(crate) fn items<'i, T: Encode + 'i>(
        &mut self,
        items: impl IntoIterator<Item = &'i T, IntoIter: ExactSizeIterator>,
    ) -> &mut Self {
        let items = items.into_iter();
        self.array(items.len());
        for item in items {
            item.encode(self);
        }
        self
    }
}

/// A value with one encoding.
pub(crate) trait Encode {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>);
}

/// A value that is read strictly: what is accepted re-encodes to the same bytes.
pub(crate) trait Decode: Sized {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError>;
}

/// Reads deterministic items, and nothing else.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The argument of a head of this major type, refused unless in its shortest form.
    fn head(&mut self, major: u8, expected: &'static str) -> Result<u64, WireError> {
        let [initial] = self.take_array()?;
        if initial >> 5 != major {
            return Err(WireError::Expected(expected));
        }
        let (value, least) = match initial & 0x1f {
            direct @ 0..24 => (u64::from(direct), 0),
            24 => (u64::from(u8::from_be_bytes(self.take_array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.take_array()?)), 0x100),
            26 => (u64::from(u32::from_be_bytes(self.take_array()?)), 0x1_0000),
            27 => (u64::from_be_bytes(self.take_array()?), 0x1_0000_0000),
            _ => return Err(WireError::NotDeterministic),
        };
        if value < least { Err(WireError::NotDeterministic) } else { Ok(value) }
    }

    fn length(&mut self, major: u8, what: &'static str, least: usize, most: usize) -> Result<usize, WireError> {
        let length = self.head(major, what)?;
        match usize::try_from(length) {
            Ok(length) if (least..=most).contains(&length) => Ok(length),
            _ => Err(WireError::Limit(what)),
        }
    }

    pub(crate) fn uint(&mut self, what: &'static str, most: u64) -> Result<u64, WireError> {
        let value = self.head(UINT, what)?;
        if value > most { Err(WireError::Limit(what)) } else { Ok(value) }
    }

    pub(crate) fn bytes(&mut self, what: &'static str, least: usize, most: usize) -> Result<&'a [u8], WireError> {
        let length = self.length(BYTES, what, least, most)?;
        self.take(length)
    }

    /// A byte string of exactly `N` bytes.
    pub(crate) fn exact<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        self.length(BYTES, what, N, N)?;
        self.take_array()
    }

    pub(crate) fn text(&mut self, what: &'static str, most: usize) -> Result<&'a str, WireError> {
        let length = self.length(TEXT, what, 0, most)?;
        core::str::from_utf8(self.take(length)?).map_err(|_| WireError::Expected("valid UTF-8"))
    }

    /// The head of an array, with its count of items.
    pub(crate) fn array(&mut self, what: &'static str, least: usize, most: usize) -> Result<usize, WireError> {
        self.length(ARRAY, what, least, most)
    }

    /// The head of an array of exactly `count` items.
    pub(crate) fn tuple(&mut self, what: &'static str, count: usize) -> Result<(), WireError> {
        self.array(what, count, count).map(drop)
    }

    /// An array of items.
    pub(crate) fn items<T: Decode>(
        &mut self,
        what: &'static str,
        least: usize,
        most: usize,
    ) -> Result<Vec<T>, WireError> {
        let count = self.array(what, least, most)?;
        // All at once, so that nothing secret is left behind by growing; and not more than the bytes that
        // are there could be.
        let mut items = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            items.push(T::decode(self)?);
        }
        Ok(items)
    }

    /// The degree of a polynomial.
    pub(crate) fn threshold(&mut self) -> Result<usize, WireError> {
        let most = u64::try_from(limits::THRESHOLD).unwrap_or(u64::MAX);
        match usize::try_from(self.uint("a threshold", most)?) {
            Ok(threshold) if threshold > 0 => Ok(threshold),
            _ => Err(WireError::Limit("a threshold")),
        }
    }

    /// An array of items in strictly ascending order, so that a set has one encoding.
    pub(crate) fn ascending<T: Decode + Ord>(
        &mut self,
        what: &'static str,
        least: usize,
        most: usize,
    ) -> Result<Vec<T>, WireError> {
        let items: Vec<T> = self.items(what, least, most)?;
        if items.is_sorted_by(|a, b| a < b) { Ok(items) } else { Err(WireError::NotDeterministic) }
    }

    /// Whether the next item is null, which is then read.
    pub(crate) fn is_null(&mut self) -> bool {
        match self.rest.split_first() {
            Some((&NULL, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn exact_or_null<const N: usize>(&mut self, what: &'static str) -> Result<Option<[u8; N]>, WireError> {
        if self.is_null() { Ok(None) } else { self.exact(what).map(Some) }
    }

    pub(crate) fn finish(self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }
}

/// Encodes a value that is a whole message by itself.
pub(crate) fn encode(item: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    item.encode(&mut Writer::new(&mut bytes));
    bytes
}

/// Encodes a plaintext or an export, into a buffer that is wiped.
pub(crate) fn encode_secret(item: &impl Encode) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    item.encode(&mut Writer::new(&mut bytes));
    bytes
}

/// Decodes a value that is a whole message or plaintext by itself.
pub(crate) fn decode<T: Decode>(bytes: &[u8]) -> Result<T, WireError> {
    if bytes.len() > limits::MESSAGE {
        return Err(WireError::Limit("the message"));
    }
    let mut r = Reader::new(bytes);
    let value = T::decode(&mut r)?;
    r.finish()?;
    Ok(value)
}

/// `to_bytes` and `from_bytes` of messages.
macro_rules! message_bytes {
    ($($name:ident),*) => {$(
        impl $name {
            /// The message as bytes.
            #[must_use]
            pub fn to_bytes(&self) -> alloc::vec::Vec<u8> {
                $crate::wire::encode(self)
            }

            /// Reads a message: its form alone, no key is involved yet.
            ///
            /// # Errors
            ///
            /// [`WireError`](crate::WireError) unless the bytes are the one encoding of such a message.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::wire::WireError> {
                $crate::wire::decode(bytes)
            }
        }
    )*};
}

pub(crate) use message_bytes;

/// Writes the start of a message: an array whose first two items are the version and the kind.
pub(crate) fn open_message<S: Sink>(w: &mut Writer<'_, S>, kind: &str, more: usize) {
    w.array(more.saturating_add(2)).text(VERSION).text(kind);
}

/// Reads what [`open_message`] wrote.
pub(crate) fn read_message(r: &mut Reader<'_>, kind: &'static str, more: usize) -> Result<(), WireError> {
    let count = r.array("a polyseal message", 2, 16)?;
    match r.text("the version label", limits::NAME) {
        Ok(VERSION) => {}
        Err(WireError::Truncated) => return Err(WireError::Truncated),
        _ => return Err(WireError::Version),
    }
    if r.text("the kind of message", limits::NAME)? != kind {
        return Err(WireError::Kind { expected: kind });
    }
    if count == more.saturating_add(2) { Ok(()) } else { Err(WireError::Expected("another number of items")) }
}

#[cfg(test)]
mod tests {
    use minicbor::data::Type;
    use proptest::prelude::*;

    use super::*;

    /// The items this crate uses, nested.
    #[derive(Clone, Debug, PartialEq)]
    enum Item {
        Uint(u64),
        Bytes(Vec<u8>),
        Text(alloc::string::String),
        Array(Vec<Self>),
        Null,
    }

    impl Encode for Item {
        fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
            match self {
                Self::Uint(v) => w.uint(*v),
                Self::Bytes(v) => w.bytes(v),
                Self::Text(v) => w.text(v),
                Self::Array(v) => w.items(v),
                Self::Null => w.null(),
            };
        }
    }

    impl Decode for Item {
        fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
            let Some(initial) = r.rest.first() else { return Err(WireError::Truncated) };
            Ok(match initial >> 5 {
                UINT => Self::Uint(r.uint("uint", u64::MAX)?),
                BYTES => Self::Bytes(r.bytes("bytes", 0, usize::MAX)?.to_vec()),
                TEXT => Self::Text(r.text("text", usize::MAX)?.into()),
                ARRAY => Self::Array(r.items("array", 0, 64)?),
                _ if r.is_null() => Self::Null,
                _ => return Err(WireError::Expected("an item")),
            })
        }
    }

    fn item() -> impl Strategy<Value = Item> {
        let edges = prop_oneof![
            Just(0),
            Just(23),
            Just(24),
            Just(255),
            Just(256),
            Just(65_535),
            Just(65_536),
            Just(u64::from(u32::MAX)),
            Just(u64::from(u32::MAX) + 1),
            any::<u64>()
        ];
        let leaf = prop_oneof![
            edges.prop_map(Item::Uint),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(Item::Bytes),
            ".{0,40}".prop_map(Item::Text),
            Just(Item::Null),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| prop::collection::vec(inner, 0..6).prop_map(Item::Array))
    }

    /// The same bytes read by an independent implementation.
    fn peer(d: &mut minicbor::Decoder<'_>) -> Result<Item, minicbor::decode::Error> {
        Ok(match d.datatype()? {
            Type::Bytes => Item::Bytes(d.bytes()?.to_vec()),
            Type::String => Item::Text(d.str()?.into()),
            Type::Null => {
                d.null()?;
                Item::Null
            }
            Type::Array => {
                let count = d.array()?.unwrap_or(0);
                Item::Array((0..count).map(|_| peer(d)).collect::<Result<_, _>>()?)
            }
            _ => Item::Uint(d.u64()?),
        })
    }

    proptest! {
        #[test]
        fn an_independent_reader_understands_what_is_written(item in item()) {
            let bytes: Vec<u8> = encode(&item);
            prop_assert_eq!(peer(&mut minicbor::Decoder::new(&bytes)).ok(), Some(item.clone()));
            prop_assert_eq!(decode::<Item>(&bytes), Ok(item));
        }

        #[test]
        fn what_is_read_has_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(item) = decode::<Item>(&bytes) {
                prop_assert_eq!(encode(&item), bytes);
            }
        }

        #[test]
        fn a_changed_byte_never_reads_as_the_same_item(item in item(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut bytes: Vec<u8> = encode(&item);
            let at = at.index(bytes.len());
            if let Some(byte) = bytes.get_mut(at) { *byte ^= flip; }
            prop_assert_ne!(decode::<Item>(&bytes), Ok(item));
        }
    }

    #[test]
    fn other_forms_of_the_same_item_are_refused() {
        let long_forms: [&[u8]; 8] = [
            &[0x18, 23],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 255, 255],
            &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
            &[0x58, 0x01, 0x00],
            &[0x9f, 0xff],
            &[0x5f, 0x41, 0x00, 0xff],
            &[0x98, 0x00],
        ];
        for bytes in long_forms {
            assert_eq!(decode::<Item>(bytes), Err(WireError::NotDeterministic), "{bytes:x?}");
        }
        assert_eq!(decode::<Item>(&[0x00, 0x00]), Err(WireError::Trailing));
        assert_eq!(decode::<Item>(&[0x43, 0x00]), Err(WireError::Truncated));
        assert_eq!(decode::<Item>(&[0x61, 0xff]), Err(WireError::Expected("valid UTF-8")));
    }

    #[test]
    fn a_huge_length_is_refused_before_anything_is_allocated() {
        let mut r = Reader::new(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(r.bytes("bytes", 0, 64), Err(WireError::Limit("bytes")));
        let mut r = Reader::new(&[0x9a, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(r.items::<Item>("items", 0, 64), Err(WireError::Limit("items")));
    }
}
