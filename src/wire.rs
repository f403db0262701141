//! Deterministic CBOR (RFC 8949 §4.2.1; `SPEC.md`, section 4).
//!
//! Messages use five kinds of item: unsigned integers, byte strings, text strings, arrays and
//! null. [`Writer`] writes them into anything that takes bytes, so the same code feeds a message,
//! a hash or a MAC. [`Reader`] accepts exactly what [`Writer`] would have written: heads in their
//! shortest form, definite lengths, no trailing bytes. So a decoded message has one encoding, and a
//! digest over the bytes received is a digest of their meaning.

mod error;
mod reader;
mod secret;
mod writer;

use alloc::vec::Vec;

pub use error::{Unit, WireError};
pub(crate) use reader::Reader;
pub(crate) use secret::{Secret, Secret32};
pub(crate) use writer::Writer;

use crate::limits;

/// The version and suite label, first in every message and in every hash and MAC input.
pub const VERSION: &str = "polyseal/1";

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const NULL: u8 = 0xf6;

/// What takes encoded bytes: a buffer, a hash, a MAC.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Counts the bytes, so that a buffer has its size beforehand.
struct Length(usize);

impl Sink for Length {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
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

pub(crate) fn length(item: &(impl Encode + ?Sized)) -> usize {
    let mut length = Length(0);
    item.encode(&mut Writer::new(&mut length));
    length.0
}

/// Encodes a value that is a whole message by itself.
pub(crate) fn encode(item: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length(item));
    item.encode(&mut Writer::new(&mut bytes));
    bytes
}

pub(crate) fn encode_secret(item: &impl Encode) -> Secret {
    let mut bytes = Secret::with_capacity(length(item));
    item.encode(&mut Writer::new(&mut bytes));
    bytes
}

/// Decodes a value that is a whole message or plaintext by itself.
pub(crate) fn decode<T: Decode>(bytes: &[u8]) -> Result<T, WireError> {
    // B-3
    if bytes.len() > limits::MESSAGE {
        return Err(WireError::limit("the message", Unit::Bytes, bytes.len(), 0..=limits::MESSAGE));
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
            /// [`WireError`](crate::message::WireError) unless the bytes are the one encoding of such a message.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::wire::WireError> {
                $crate::wire::decode(bytes)
            }
        }
    )*};
}

pub(crate) use message_bytes;

/// Writes the start of a message: an array whose first two items are the version and the kind.
pub(crate) fn begin_message<S: Sink>(w: &mut Writer<'_, S>, kind: &str, more: usize) {
    w.array(more.saturating_add(2)).text(VERSION).text(kind);
}

/// Reads what [`begin_message`] wrote.
pub(crate) fn read_message(r: &mut Reader<'_>, kind: &'static str, more: usize) -> Result<(), WireError> {
    let count = r.array("a polyseal message", 2, 16)?;
    // V-1
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
        let limit = |what, unit, found| WireError::Limit { what, unit, found, least: 0, most: 64 };
        assert_eq!(r.bytes("bytes", 0, 64), Err(limit("bytes", Unit::Bytes, u64::MAX >> 1)));
        let mut r = Reader::new(&[0x9a, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(r.items::<Item>("items", 0, 64), Err(limit("items", Unit::Items, u32::MAX.into())));
    }
}
