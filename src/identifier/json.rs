//! The JSON of identifiers, read strictly.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Hex, Identifier};

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        if let Ok(text) = core::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &alloc::format!("{}", Hex(&self.0)))?;
        map.end()
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Identifier;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier: a string, or {\"hex\": \"…\"} for bytes that are not text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Identifier, E> {
        Identifier::new(text).map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Identifier, E> {
        Identifier::new(bytes).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Identifier, A::Error> {
        let Some((key, hex)) = map.next_entry::<Cow<'de, str>, String>()? else {
            return Err(A::Error::custom("an identifier object has the one key \"hex\""));
        };
        if key != "hex" || map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("an identifier object has the one key \"hex\""));
        }
        let bytes = unhex(&hex).ok_or_else(|| A::Error::custom("\"hex\" is pairs of 0-9, a-f"))?;
        // Text has one form, the string: two spellings of one identifier would be a trap.
        if core::str::from_utf8(&bytes).is_ok() {
            return Err(A::Error::custom("these \"hex\" bytes are text: write them as a string"));
        }
        Identifier::new(bytes).map_err(A::Error::custom)
    }
}

fn unhex(hex: &str) -> Option<alloc::vec::Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => b.checked_sub(b'0'),
        b'a'..=b'f' => b.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let (pairs, []) = hex.as_bytes().as_chunks() else { return None };
    pairs.iter().map(|&[high, low]| Some((digit(high)? << 4) | digit(low)?)).collect()
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Read)
        } else {
            deserializer.deserialize_bytes(Read)
        }
    }
}
