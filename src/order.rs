//! Orders, the forms that say who sees what of them, and the card holder's own rules.

mod form;
#[cfg(feature = "serde")]
mod json;
mod plan;

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

pub use form::{Entry, FormEntry, FormError, OrderForm, Release};

pub use crate::name::{FieldName, Role};

pub(crate) use form::STANDARD;
pub(crate) use plan::{Plan, Planned};

use crate::limits;

/// An order: fields, each a name and a text value.
///
/// With the `serde` feature it is a flat object, field name to string.
///
/// The values are secret: wiped on drop, never printed. Not `Clone`, so that they stay in one place.
#[derive(Default)]
pub struct Order {
    fields: BTreeMap<FieldName, Zeroizing<String>>,
    /// Bytes of all names and values.
    size: usize,
}

impl Order {
    /// An order without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    ///
    /// # Errors
    ///
    /// [`OrderError`] if there is one of this name, or if a limit is exceeded: 64 fields, 16 KiB a
    /// value, 64 KiB in all.
    pub fn insert(&mut self, name: FieldName, value: &str) -> Result<(), OrderError> {
        if self.fields.contains_key(&name) {
            return Err(OrderError::Repeated { field: name });
        }
        if value.len() > limits::VALUE {
            return Err(OrderError::Value { field: name });
        }
        let size = self.size.saturating_add(name.as_str().len()).saturating_add(value.len());
        if self.fields.len() >= limits::FIELDS || size > limits::ORDER {
            return Err(OrderError::Size { field: name });
        }
        self.size = size;
        self.fields.insert(name, Zeroizing::new(value.into()));
        Ok(())
    }

    /// The value of a field, by its [`FieldName`] or as text: `order.get("order.note")`.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        self.fields.get(name.as_ref()).map(|value| value.as_str())
    }

    /// Names and values, ascending by name.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&FieldName, &str)> {
        self.fields.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// The names of its fields, ascending.
    pub fn names(&self) -> impl Iterator<Item = &FieldName> {
        self.fields.keys()
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("names", &self.fields.keys()).finish_non_exhaustive()
    }
}

/// Why a field cannot be added to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderError {
    /// There is a field of this name already.
    Repeated {
        /// Its name.
        field: FieldName,
    },
    /// The value is longer than [`limits::VALUE`].
    Value {
        /// The field's name.
        field: FieldName,
    },
    /// With this field, the order has more than [`limits::FIELDS`] fields or [`limits::ORDER`] bytes.
    Size {
        /// The field's name.
        field: FieldName,
    },
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { field } => write!(f, "field \"{field}\" appears twice: keep one"),
            Self::Value { field } => {
                write!(f, "the value of field \"{field}\" is too long: shorten it to {} bytes", limits::VALUE)
            }
            Self::Size { field } => write!(
                f,
                "field \"{field}\" is one too many: an order has at most {} fields and {} bytes",
                limits::FIELDS,
                limits::ORDER
            ),
        }
    }
}

impl core::error::Error for OrderError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> FieldName {
        FieldName::new(text).unwrap()
    }

    #[test]
    fn limits_hold() {
        let mut order = Order::new();
        order.insert(name("a"), "1").unwrap();
        assert_eq!(order.insert(name("a"), "2"), Err(OrderError::Repeated { field: name("a") }));
        let long = "x".repeat(limits::VALUE + 1);
        assert_eq!(order.insert(name("b"), &long), Err(OrderError::Value { field: name("b") }));
        for i in 1..limits::FIELDS {
            order.insert(name(&alloc::format!("f{i}")), "").unwrap();
        }
        assert_eq!(order.insert(name("c"), ""), Err(OrderError::Size { field: name("c") }));

        let mut order = Order::new();
        let big = "x".repeat(limits::VALUE);
        for i in 0..3 {
            order.insert(name(&alloc::format!("f{i}")), &big).unwrap();
        }
        assert!(matches!(order.insert(name("g"), &big), Err(OrderError::Size { .. })));
        assert_eq!(
            alloc::format!("{order:?}"),
            r#"Order { names: [FieldName("f0"), FieldName("f1"), FieldName("f2")], .. }"#
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_is_read_strictly() {
        let order: Order = serde_json::from_str(r#"{"b": "2", "a": "ü\n"}"#).unwrap();
        assert_eq!(serde_json::to_string(&order).unwrap(), r#"{"a":"ü\n","b":"2"}"#);
        for (bad, says) in [
            (r#"{"a":"1","a":"2"}"#, "\"a\" appears twice"),
            (r#"{"card.number":4711}"#, "field \"card.number\""),
            (r#"{"Card":"1"}"#, "field \"Card\""),
            (r#"{"a":null}"#, "field \"a\""),
            (r#"{"a":{"b":"c"}}"#, "field \"a\""),
            ("[]", "an object"),
            (r#""4711""#, "a flat object"),
            ("4711", "a flat object"),
            (r#"{"a":true}"#, "field \"a\" is not a string"),
        ] {
            let error = alloc::string::ToString::to_string(&serde_json::from_str::<Order>(bad).unwrap_err());
            assert!(error.contains(says), "{bad}: {error}");
            assert!(!error.contains("4711") && !error.contains("true"), "a value is repeated: {error}");
        }
    }

    /// Formats other than JSON have further kinds of values: none is repeated in an error.
    #[cfg(feature = "serde")]
    #[test]
    fn no_kind_of_value_is_repeated() {
        use serde::Deserialize;
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, MapDeserializer};

        fn refused<'de, V: IntoDeserializer<'de, Error> + Clone>(value: V, is_scalar: bool) {
            let inside = Order::deserialize(MapDeserializer::new([("card.number", value.clone())].into_iter()));
            let outside = Order::deserialize(value.into_deserializer());
            let mut errors = alloc::vec![(outside.unwrap_err(), "a flat object")];
            if is_scalar {
                errors.push((inside.unwrap_err(), "field \"card.number\" is not a string"));
            }
            for (error, says) in errors {
                let error = alloc::string::ToString::to_string(&error);
                assert!(error.contains(says) && !error.contains("47"), "{error}");
            }
        }

        refused(47_u8, true);
        refused(47_i8, true);
        refused(47_u64, true);
        refused(-47_i64, true);
        refused(47_u128, true);
        refused(-47_i128, true);
        refused(47.0_f32, true);
        refused(47.0_f64, true);
        refused("47", false);
    }
}
