//! Names: short strings that protocol messages carry in clear.

use alloc::borrow::{Cow, ToOwned};
use core::fmt;

use crate::limits;
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Whether the bytes are those of a role or a label.
const fn is_name(mut name: &[u8]) -> bool {
    let mut good = !name.is_empty() && name.len() <= limits::NAME;
    while let [byte, rest @ ..] = name {
        good = good && (byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-'));
        name = rest;
    }
    good
}

/// Whether the bytes are those of a field name.
pub(crate) const fn is_field_name(mut name: &[u8]) -> bool {
    let mut good = name.len() <= limits::FIELD_NAME;
    // No segment is empty: a dot does not stand at an end, nor beside another one.
    let mut after_dot = true;
    while let [byte, rest @ ..] = name {
        let is_dot = *byte == b'.';
        good = good && (byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-') || is_dot);
        good = good && !(is_dot && after_dot);
        after_dot = is_dot;
        name = rest;
    }
    good && !after_dot
}

/// Types of short text of a grammar of their own: what it is called, the test of its bytes, the most bytes, the error,
/// the rule.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $what:literal, $is:path, $most:expr, $error:ident, $rule:literal;)*) => {$(
        $(#[$doc])*
        #[doc = ""]
        #[doc = concat!($rule, "; public.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// Checks and takes a text.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`ValueError::", stringify!($error), "`] unless it has: ", $rule, ".")]
            pub fn new(text: &str) -> Result<Self, ValueError> {
                Self::from_bytes(text.as_bytes())
            }

            /// Takes a text that is known when the program is compiled, such as in a constant of yours.
            ///
            /// # Panics
            ///
            #[doc = concat!("Unless it has: ", $rule, ". In a constant, that is a compile error.")]
            #[must_use]
            pub const fn from_static(text: &'static str) -> Self {
                assert!($is(text.as_bytes()), $rule);
                Self(Cow::Borrowed(text))
            }

            fn from_bytes(text: &[u8]) -> Result<Self, ValueError> {
                // Most are those that this crate knows: nothing to check, nothing to allocate.
                if let Some(known) = Self::known(text) {
                    return Ok(known);
                }
                let text = core::str::from_utf8(text).ok().filter(|text| $is(text.as_bytes()));
                text.map(|text| Self(Cow::Owned(text.to_owned()))).ok_or(ValueError::$error)
            }

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl core::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl Encode for $name {
            fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
                w.text(&self.0);
            }
        }

        impl Decode for $name {
            fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
                Self::from_bytes(r.text_bytes($what, $most)?).map_err(|_| WireError::Expected($what))
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                Self::new(&text).map_err(|e| serde::de::Error::custom(format_args!("{} {text:?}: {e}", $what)))
            }
        }
    )*};
}

pub(crate) use texts;

texts! {
    /// What an order calls one of its values, such as `card.number` or `items.3.sku`: a place in a tree.
    FieldName: "a field name", is_field_name, limits::FIELD_NAME, FieldName,
        "1 to 128 characters: segments of `[a-z0-9_-]`, joined by dots";
    /// What a party does in an order, such as `seller`.
    Role: "a role", is_name, limits::NAME, Name, "1 to 64 characters of `[a-z0-9_.-]`";
    /// The name of a key predistribution authority, or of the network that a domain serves.
    Label: "a label", is_name, limits::NAME, Name, "1 to 64 characters of `[a-z0-9_.-]`";
}

/// The names that this crate knows, as constants and as what is read.
macro_rules! known {
    ($name:ident: $($(#[$doc:meta])* $constant:ident = $text:literal;)*) => {
        impl $name {
            $($(#[$doc])* pub const $constant: Self = Self(Cow::Borrowed($text));)*

            pub(crate) fn known(_name: &[u8]) -> Option<Self> {
                $(if _name == $text.as_bytes() {
                    return Some(Self::$constant);
                })*
                None
            }
        }
    };
}

impl FieldName {
    pub(crate) fn into_text(self) -> Cow<'static, str> {
        self.0
    }
}

// Every network has labels of its own.
known! { Label: }

known! {
    Role:
    /// The party that places the order. It seals parts and receives none.
    CARD_HOLDER = "card-holder";
    /// The party that receives the envelope and relays the parts of others.
    SELLER = "seller";
    /// The party that authorises the order.
    CARD_MANAGER = "card-manager";
    /// The party that delivers the merchandise.
    DELIVERY_SERVICE = "delivery-service";
}

// The field names of the patent's order, by its standard form.
known! {
    FieldName:
    /// Name of the card holder.
    HOLDER_NAME = "holder.name";
    /// Address of the card holder.
    HOLDER_ADDRESS = "holder.address";
    /// Telephone of the card holder.
    HOLDER_TELEPHONE = "holder.telephone";
    /// Fax of the card holder.
    HOLDER_FAX = "holder.fax";
    /// Number of the card.
    CARD_NUMBER = "card.number";
    /// Expiry date of the card.
    CARD_EXPIRY = "card.expiry";
    /// Security code of the card. The standard form does not have it.
    CARD_CODE = "card.code";
    /// Name of the merchandise.
    ITEM_NAME = "item.name";
    /// Quantity of the merchandise.
    ITEM_QUANTITY = "item.quantity";
    /// Item number of the merchandise.
    ITEM_NUMBER = "item.number";
    /// The sum to be paid: an [`Amount`](crate::order::Amount).
    AMOUNT_DUE = "amount.due";
    /// How it is to be paid.
    PAYMENT_TYPE = "payment.type";
    /// Name at the destination.
    DESTINATION_NAME = "destination.name";
    /// Address of the destination.
    DESTINATION_ADDRESS = "destination.address";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let longest = "a".repeat(limits::NAME);
        for good in ["a", "card.number", "x-1_2.3", ".", &longest] {
            assert_eq!(Role::new(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(limits::NAME + 1);
        for bad in ["", "A", "a b", "ü", "a\n", "a/b", &too_long] {
            assert_eq!(Role::new(bad), Err(ValueError::Name), "{bad:?}");
        }
    }

    #[test]
    fn field_names_are_segments() {
        let longest = "a.".repeat(limits::FIELD_NAME / 2 - 1) + "bc";
        for good in ["a", "card.number", "items.0.sku", "-._.0", &longest] {
            assert_eq!(FieldName::new(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(limits::FIELD_NAME + 1);
        for bad in ["", ".", "a.", ".a", "a..b", "A", "a b", "a.*", "ü", &too_long] {
            assert_eq!(FieldName::new(bad), Err(ValueError::FieldName), "{bad:?}");
        }
    }
}
