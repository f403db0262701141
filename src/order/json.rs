//! The JSON of orders, read strictly.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::Order;
use crate::name::FieldName;

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().map(|(name, value)| (name, value.as_str())))
    }
}

/// Said in place of what was found, which may be a secret.
const NO_OBJECT: &str = "an order is a flat object, field name to string";

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Order;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Order, E> {
        Err(E::custom(NO_OBJECT))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Order, A::Error> {
        let mut order = Order::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let field = FieldName::new(&name).map_err(|e| {
                // A slipped quote makes a key of a value: what does not look like a name is not repeated.
                let like_a_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
                let shown = if name.len() <= 32 && name.bytes().all(like_a_name) { &*name } else { "…" };
                A::Error::custom(format_args!("field \"{shown}\": {e}"))
            })?;
            let Value(value) = map.next_value()?;
            let value = value.ok_or_else(|| {
                A::Error::custom(format_args!("field \"{field}\" is not a string: write its value as one"))
            })?;
            order.insert(field, &value).map_err(A::Error::custom)?;
        }
        Ok(order)
    }
}

/// A value whose copy is wiped; `None` for what is no string. The error is made where the field is known, and does
/// not repeat the value.
struct Value(Option<Zeroizing<String>>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // For self-describing text, so that a number arrives here and not in an error message.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Text)
        } else {
            deserializer.deserialize_str(Text)
        }
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value(Some(Zeroizing::new(text.into()))))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value(Some(Zeroizing::new(text))))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Read)
        } else {
            deserializer.deserialize_map(Read)
        }
    }
}
