//! The JSON of orders, read strictly.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Order, Tree};
use crate::name::FieldName;

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let fields: Vec<_> = self.fields().collect();
            Tree::new(&fields).serialize(serializer)
        } else {
            // Formats that do not say of what kind a value is: all values are of one.
            serializer.collect_map(self.fields())
        }
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut order = Self::new();
        let is_flat = !deserializer.is_human_readable();
        let root = Node { order: &mut order, place: &mut String::new(), is_flat };
        if is_flat { deserializer.deserialize_map(root) } else { deserializer.deserialize_any(root) }?;
        Ok(order)
    }
}

/// A value at a place of the order that is read. Errors say the place and never the value, which may be a secret.
struct Node<'a> {
    order: &'a mut Order,
    /// A field name, or what fields begin with; empty for the order itself.
    place: &'a mut String,
    is_flat: bool,
}

impl Node<'_> {
    fn insert<E: Error>(self, value: &str) -> Result<(), E> {
        if self.place.is_empty() {
            return Err(self.no_string());
        }
        let field = FieldName::new(self.place).map_err(E::custom)?;
        self.order.insert(field, value).map_err(E::custom)
    }

    fn no_string<E: Error>(self) -> E {
        match &**self.place {
            "" => E::custom("an order is an object of field names and strings"),
            place => {
                E::custom(format_args!("field \"{place}\" is not a string: write its value as one, or leave it out"))
            }
        }
    }

    /// A key that was read as a name before.
    fn twice<E: Error>(self, key: &str) -> E {
        let dot = if self.place.is_empty() { "" } else { "." };
        E::custom(format_args!("field \"{}{dot}{key}\" appears twice: keep one", self.place))
    }

    fn check_not_empty<E: Error>(self, count: usize) -> Result<(), E> {
        if count > 0 || self.place.is_empty() {
            return Ok(());
        }
        Err(E::custom(format_args!("field \"{}\" has nothing in it: leave it out", self.place)))
    }
}

fn refuse_key<E: Error>(above: &str, key: &str, error: &impl fmt::Display) -> E {
    // A slipped quote makes a key of a value: what does not look like a name is not repeated.
    let like_a_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let shown = if key.len() <= 32 && key.bytes().all(like_a_name) { key } else { "…" };
    let dot = if above.is_empty() { "" } else { "." };
    let lower = shown.to_ascii_lowercase();
    if lower != shown && FieldName::new(&lower).is_ok() {
        E::custom(format_args!("field \"{above}{dot}{shown}\": a field name has no capitals: write \"{lower}\""))
    } else {
        E::custom(format_args!("field \"{above}{dot}{shown}\": {error}"))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // Any kind of value is taken, so that a number arrives here and not in an error message.
        if self.is_flat { deserializer.deserialize_str(self) } else { deserializer.deserialize_any(self) }
    }
}

/// What is at a key below a place.
struct Below<'a, 'o> {
    node: &'a mut Node<'o>,
    key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Below<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { node: Node { order, place, is_flat }, key } = self;
        let above = place.len();
        if above > 0 {
            place.push('.');
        }
        place.push_str(key);
        // So no depth of nesting exceeds the longest name.
        let read = match FieldName::new(place) {
            Ok(_) => Node { order, place, is_flat: *is_flat }.deserialize(deserializer),
            Err(error) => {
                place.truncate(above);
                Err(refuse_key(place, key, &error))
            }
        };
        place.truncate(above);
        read
    }
}

macro_rules! refused {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E: Error>(self, _: $type) -> Result<(), E> {
            Err(self.no_string())
        }
    )*};
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, an array or a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.insert(text)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<(), E> {
        self.insert(&Zeroizing::new(text))
    }

    refused! {
        visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_u128: u128, visit_i128: i128, visit_f64: f64,
        visit_bytes: &[u8]
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Err(self.no_string())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Err(self.no_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        if self.place.is_empty() {
            return Err(self.no_string());
        }
        let mut count = 0_usize;
        while seq.next_element_seed(Below { key: &count.to_string(), node: &mut self })?.is_some() {
            count = count.saturating_add(1);
        }
        self.check_not_empty(count)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // Most readers take the last of two equal keys, and would show another order than this one.
        let mut known = BTreeSet::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if known.contains(&*key) {
                return Err(self.twice(&key));
            }
            map.next_value_seed(Below { node: &mut self, key: &key })?;
            known.insert(key.into_owned());
        }
        self.check_not_empty(known.len())
    }
}

#[cfg(test)]
mod tests;
