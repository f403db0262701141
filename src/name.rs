//! Names: short strings that protocol messages carry in clear.

use alloc::borrow::{Cow, ToOwned};
use core::fmt;

use crate::limits;
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Whether the bytes are those of a name.
const fn is_name(mut name: &[u8]) -> bool {
    let mut good = !name.is_empty() && name.len() <= limits::NAME;
    while let [byte, rest @ ..] = name {
        good = good && (byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-'));
        name = rest;
    }
    good
}

fn check(name: &[u8]) -> Result<&str, ValueError> {
    core::str::from_utf8(name).ok().filter(|_| is_name(name)).ok_or(ValueError::Name)
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to 64 characters of `[a-z0-9_.-]`; public.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// Checks and takes a name.
            ///
            /// # Errors
            ///
            /// [`ValueError::Name`] unless it has 1 to 64 characters of `[a-z0-9_.-]`.
            pub fn new(name: &str) -> Result<Self, ValueError> {
                Self::from_bytes(name.as_bytes())
            }

            /// Takes a name that is known when the program is compiled: `const NOTE: FieldName =
            /// FieldName::from_static("order.note");`.
            ///
            /// # Panics
            ///
            /// Unless it has 1 to 64 characters of `[a-z0-9_.-]`. In a constant, that is a compile error.
            #[must_use]
            pub const fn from_static(name: &'static str) -> Self {
                assert!(is_name(name.as_bytes()), "a name has 1 to 64 characters, each of a-z, 0-9, '_', '.', '-'");
                Self(Cow::Borrowed(name))
            }

            fn from_bytes(name: &[u8]) -> Result<Self, ValueError> {
                // Most names are those of the standard form: nothing to check, nothing to allocate.
                if let Some(known) = Self::known(name) {
                    return Ok(known);
                }
                check(name).map(|name| Self(Cow::Owned(name.to_owned())))
            }

            /// The name as text.
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

            fn from_str(name: &str) -> Result<Self, ValueError> {
                Self::new(name)
            }
        }

        impl Encode for $name {
            fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
                w.text(&self.0);
            }
        }

        impl Decode for $name {
            fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
                Self::from_bytes(r.text_bytes($what, limits::NAME)?).map_err(|_| WireError::Expected($what))
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
                let name = <Cow<'de, str>>::deserialize(deserializer)?;
                Self::new(&name).map_err(|e| serde::de::Error::custom(format_args!("{} {name:?}: {e}", $what)))
            }
        }
    )*};
}

names! {
    /// What an order calls one of its values, such as `card.number`.
    FieldName, "a field name";
    /// What a party does in an order, such as `seller`.
    Role, "a role";
    /// The name of a key predistribution authority, or of the network that a domain serves.
    Label, "a label";
}

/// The names that this crate knows, as constants and as what is read.
macro_rules! known {
    ($name:ident: $($(#[$doc:meta])* $constant:ident = $text:literal;)*) => {
        impl $name {
            $($(#[$doc])* pub const $constant: Self = Self(Cow::Borrowed($text));)*

            fn known(_name: &[u8]) -> Option<Self> {
                $(if _name == $text.as_bytes() {
                    return Some(Self::$constant);
                })*
                None
            }
        }
    };
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
    /// The sum to be paid.
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
        for good in ["a", "card.number", "x-1_2.3", &longest] {
            assert_eq!(Role::new(good).unwrap().as_str(), good);
        }
        let too_long = "a".repeat(limits::NAME + 1);
        for bad in ["", "A", "a b", "ü", "a\n", "a/b", &too_long] {
            assert_eq!(FieldName::new(bad), Err(ValueError::Name), "{bad:?}");
        }
    }
}
