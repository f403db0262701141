//! Orders, and the forms that say who sees what of them.

mod amount;
mod form;
mod group;
#[cfg(feature = "serde")]
mod json;
mod plan;
mod selector;
#[cfg(feature = "serde")]
mod tree;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::ops::Bound;

use zeroize::Zeroizing;

pub use amount::Amount;
pub use form::{Entry, FormEntry, FormError, OrderForm, Release, Selectors};
pub use selector::Selector;

pub use crate::name::{FieldName, Role};

pub(crate) use group::{Group, Places, decode_place, encode_place, seen_by};
#[cfg(test)]
pub(crate) use plan::{Field, PlannedGroup};
pub(crate) use plan::{Plan, encode_fields};
pub(crate) use selector::{Walk, among, conflicting, conflicting_names};
#[cfg(feature = "serde")]
pub(crate) use tree::Tree;

use crate::limits;

/// An order: fields, each a name and a text value. The names are places in a tree: where there is a field `a.b`, there is
/// neither `a` nor `a.b.c`.
///
/// With the `serde` feature it is an object of objects, arrays and strings: `{"items": [{"sku": "K-17"}]}` is the field
/// `items.0.sku`. `{"items.0.sku": "K-17"}` is the same order.
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
    /// [`OrderError`] if there is one of this name, above it or below it, or if a limit is exceeded: 4,096 fields, 16 KiB
    /// a value, 256 KiB of names and values in all.
    pub fn insert(&mut self, name: FieldName, value: &str) -> Result<(), OrderError> {
        // W-1
        if self.fields.contains_key(&name) {
            return Err(OrderError::Repeated { field: name });
        }
        if let Some(other) = self.conflicting(name.as_str()) {
            return Err(OrderError::Conflict { other: other.clone(), field: name });
        }
        if value.len() > limits::VALUE {
            return Err(OrderError::Value { field: name });
        }
        if self.fields.len() >= limits::FIELDS {
            return Err(OrderError::Fields { field: name });
        }
        let size = self.size.saturating_add(name.as_str().len()).saturating_add(value.len());
        if size > limits::ORDER {
            return Err(OrderError::Size { field: name });
        }
        self.size = size;
        self.fields.insert(name, Zeroizing::new(value.into()));
        Ok(())
    }

    /// A field above or below a name.
    fn conflicting(&self, name: &str) -> Option<&FieldName> {
        let above = |(dot, _)| self.fields.get_key_value(name.get(..dot)?).map(|(field, _)| field);
        let below = format!("{name}.");
        let next = || self.fields.range::<str, _>((Bound::Included(&*below), Bound::Unbounded)).next();
        name.match_indices('.').find_map(above).or_else(|| next().map(|(field, _)| field)).filter(|field| {
            let field = field.as_str();
            field.starts_with(&below) || name.starts_with(field)
        })
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
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &FieldName> {
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
    /// There is a field above or below this one: a field has a value, or others below it.
    Conflict {
        /// The field's name.
        field: FieldName,
        /// The one that is there.
        other: FieldName,
    },
    /// The value has more than [`limits::VALUE`] bytes.
    Value {
        /// The field's name.
        field: FieldName,
    },
    /// With this field, the order has more than [`limits::FIELDS`] fields.
    Fields {
        /// The field's name.
        field: FieldName,
    },
    /// With this field, the names and values of the order have more than [`limits::ORDER`] bytes.
    Size {
        /// The field's name.
        field: FieldName,
    },
}

impl OrderError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Repeated { .. } => "repeated-field",
            Self::Conflict { .. } => "conflicting-fields",
            Self::Value { .. } => "long-value",
            Self::Fields { .. } => "too-many-fields",
            Self::Size { .. } => "long-order",
        }
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { field } => write!(f, "field \"{field}\" appears twice: keep one"),
            Self::Conflict { field, other } => write!(
                f,
                "fields \"{field}\" and \"{other}\" conflict, because one is a place within the other: rename one"
            ),
            Self::Value { field } => {
                write!(f, "the value of field \"{field}\" is too long: shorten it to {} bytes", limits::VALUE)
            }
            Self::Fields { field } => {
                write!(
                    f,
                    "field \"{field}\" is one too many, because an order has at most {} fields: leave some out, or make several orders",
                    limits::FIELDS
                )
            }
            Self::Size { field } => write!(
                f,
                "with field \"{field}\" the names and values of the order are too long: shorten them to {} bytes in all, or make several orders",
                limits::ORDER
            ),
        }
    }
}

impl core::error::Error for OrderError {}
#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn name(text: &str) -> FieldName {
        FieldName::new(text).unwrap()
    }

    #[test]
    fn limits_hold_at_both_sides() {
        let mut order = Order::new();
        order.insert(name("a"), "1").unwrap();
        assert_eq!(order.insert(name("a"), "2"), Err(OrderError::Repeated { field: name("a") }));
        let longest = "x".repeat(limits::VALUE);
        let error = order.insert(name("b"), &(longest.clone() + "x")).unwrap_err();
        assert_eq!(error, OrderError::Value { field: name("b") });
        assert!(error.to_string().contains("16384 bytes"));
        for i in 1..limits::FIELDS {
            order.insert(name(&format!("f{i}")), "").unwrap();
        }
        let error = order.insert(name("c"), "").unwrap_err();
        assert_eq!(error, OrderError::Fields { field: name("c") });
        assert!(error.to_string().contains("4096 fields"));

        let mut order = Order::new();
        for i in 0..15 {
            order.insert(name(&format!("f{i:x}")), &longest).unwrap();
        }
        let left = limits::ORDER - 15 * (limits::VALUE + 2) - 1;
        let error = order.insert(name("g"), &longest[..=left]).unwrap_err();
        assert_eq!(error, OrderError::Size { field: name("g") });
        assert!(error.to_string().contains("262144 bytes"));
        order.insert(name("g"), &longest[..left]).unwrap();
        assert!(order.insert(name("h"), "").is_err());
    }

    #[test]
    fn a_field_has_a_value_or_others_below_it() {
        let order = || {
            let mut order = Order::new();
            for field in ["a.b", "a-b", "c"] {
                order.insert(name(field), "").unwrap();
            }
            order
        };
        for good in ["a.c", "a.b-c", "a-", "a-b-c", "cc", "a.bc.d", "a_"] {
            assert_eq!(order().insert(name(good), ""), Ok(()), "{good}");
        }
        for (bad, there) in [("a", "a.b"), ("a.b.c", "a.b"), ("a.b.c.d", "a.b"), ("a-b.c", "a-b"), ("c.0", "c")] {
            let error = order().insert(name(bad), "").unwrap_err();
            assert_eq!(error, OrderError::Conflict { field: name(bad), other: name(there) });
        }
        assert_eq!(
            format!("{:?}", order()),
            r#"Order { names: [FieldName("a-b"), FieldName("a.b"), FieldName("c")], .. }"#
        );
    }
}
