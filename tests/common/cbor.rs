//! Messages as trees, read and written by an implementation of CBOR that is not the crate's.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Self>),
    Null,
}

impl Value {
    pub fn parse(bytes: &[u8]) -> Self {
        let mut decoder = Decoder::new(bytes);
        let value = Self::read(&mut decoder);
        assert_eq!(decoder.position(), bytes.len());
        value
    }

    fn read(d: &mut Decoder<'_>) -> Self {
        match d.datatype().unwrap() {
            Type::Array => {
                let count = d.array().unwrap().unwrap();
                Self::Array((0..count).map(|_| Self::read(d)).collect())
            }
            Type::Bytes => Self::Bytes(d.bytes().unwrap().to_vec()),
            Type::String => Self::Text(d.str().unwrap().into()),
            Type::Null => {
                d.null().unwrap();
                Self::Null
            }
            _ => Self::Uint(d.u64().unwrap()),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(&self, e: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Uint(value) => drop(e.u64(*value).unwrap()),
            Self::Bytes(bytes) => drop(e.bytes(bytes).unwrap()),
            Self::Text(text) => drop(e.str(text).unwrap()),
            Self::Null => drop(e.null().unwrap()),
            Self::Array(items) => {
                e.array(u64::try_from(items.len()).unwrap()).unwrap();
                for item in items {
                    item.write(e);
                }
            }
        }
    }

    pub fn text(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(text.to_string())
    }

    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    pub fn items(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Array(items) => items,
            other => panic!("{other:?} is no array"),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("{other:?} are no bytes"),
        }
    }

    /// Changes what is at a path. A byte string on the way is taken for the item that it encodes.
    pub fn edit<T>(&mut self, path: &[usize], change: impl FnOnce(&mut Self) -> T) -> T {
        let [first, rest @ ..] = path else { return change(self) };
        if let Self::Bytes(bytes) = self {
            let mut inner = Self::parse(bytes);
            let out = inner.edit(path, change);
            *bytes = inner.to_bytes();
            return out;
        }
        self.items().get_mut(*first).unwrap().edit(rest, change)
    }
}

/// What is at a path of a message.
pub fn at(message: &[u8], path: &[usize]) -> Value {
    Value::parse(message).edit(path, |value| value.clone())
}

/// A message with a change at a path.
pub fn edited(message: &[u8], path: &[usize], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut tree = Value::parse(message);
    tree.edit(path, change);
    tree.to_bytes()
}

/// A message with another value at a path.
pub fn with(message: &[u8], path: &[usize], value: Value) -> Vec<u8> {
    edited(message, path, |place| *place = value)
}
