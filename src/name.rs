//! Names: short strings that protocol messages carry in clear.

use alloc::borrow::{Cow, ToOwned};
use core::fmt;

use crate::limits;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Why a string is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameError;

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a name has 1 to {} characters, each of a-z, 0-9, '_', '.', '-'", limits::NAME)
    }
}

impl core::error::Error for NameError {}

fn check(name: &str) -> Result<(), NameError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    if (1..=limits::NAME).contains(&name.len()) && name.bytes().all(allowed) { Ok(()) } else { Err(NameError) }
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
            /// [`NameError`] unless it has 1 to 64 characters of `[a-z0-9_.-]`.
            pub fn new(name: &str) -> Result<Self, NameError> {
                // Most names are those of the standard form: nothing to check, nothing to allocate.
                if let Some(known) = Self::KNOWN.iter().find(|known| known.as_str() == name) {
                    return Ok(known.clone());
                }
                check(name)?;
                Ok(Self(Cow::Owned(name.to_owned())))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
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
                Self::new(r.text($what, limits::NAME)?).map_err(|_| WireError::Expected($what))
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

impl Label {
    /// Every network has labels of its own.
    const KNOWN: &[Self] = &[];
}

impl Role {
    /// The party that places the order. It seals parts and receives none.
    pub const CARD_HOLDER: Self = Self(Cow::Borrowed("card-holder"));
    /// The party that receives the envelope and relays the parts of others.
    pub const SELLER: Self = Self(Cow::Borrowed("seller"));
    /// The party that authorises the order.
    pub const CARD_MANAGER: Self = Self(Cow::Borrowed("card-manager"));
    /// The party that delivers the merchandise.
    pub const DELIVERY_SERVICE: Self = Self(Cow::Borrowed("delivery-service"));

    const KNOWN: &[Self] = &[Self::CARD_HOLDER, Self::SELLER, Self::CARD_MANAGER, Self::DELIVERY_SERVICE];
}

/// The field names of the patent's order, by its standard form.
impl FieldName {
    /// Name of the card holder.
    pub const HOLDER_NAME: Self = Self(Cow::Borrowed("holder.name"));
    /// Address of the card holder.
    pub const HOLDER_ADDRESS: Self = Self(Cow::Borrowed("holder.address"));
    /// Telephone of the card holder.
    pub const HOLDER_TELEPHONE: Self = Self(Cow::Borrowed("holder.telephone"));
    /// Fax of the card holder.
    pub const HOLDER_FAX: Self = Self(Cow::Borrowed("holder.fax"));
    /// Number of the card.
    pub const CARD_NUMBER: Self = Self(Cow::Borrowed("card.number"));
    /// Expiry date of the card.
    pub const CARD_EXPIRY: Self = Self(Cow::Borrowed("card.expiry"));
    /// Name of the merchandise.
    pub const ITEM_NAME: Self = Self(Cow::Borrowed("item.name"));
    /// Quantity of the merchandise.
    pub const ITEM_QUANTITY: Self = Self(Cow::Borrowed("item.quantity"));
    /// Item number of the merchandise.
    pub const ITEM_NUMBER: Self = Self(Cow::Borrowed("item.number"));
    /// The sum to be paid.
    pub const AMOUNT_DUE: Self = Self(Cow::Borrowed("amount.due"));
    /// How it is to be paid.
    pub const PAYMENT_TYPE: Self = Self(Cow::Borrowed("payment.type"));
    /// Name at the destination.
    pub const DESTINATION_NAME: Self = Self(Cow::Borrowed("destination.name"));
    /// Address of the destination.
    pub const DESTINATION_ADDRESS: Self = Self(Cow::Borrowed("destination.address"));

    const KNOWN: &[Self] = &[
        Self::HOLDER_NAME,
        Self::HOLDER_ADDRESS,
        Self::HOLDER_TELEPHONE,
        Self::HOLDER_FAX,
        Self::CARD_NUMBER,
        Self::CARD_EXPIRY,
        Self::ITEM_NAME,
        Self::ITEM_QUANTITY,
        Self::ITEM_NUMBER,
        Self::AMOUNT_DUE,
        Self::PAYMENT_TYPE,
        Self::DESTINATION_NAME,
        Self::DESTINATION_ADDRESS,
    ];
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
            assert_eq!(FieldName::new(bad), Err(NameError), "{bad:?}");
        }
    }
}
