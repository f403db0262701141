//! The JSON of forms, read strictly.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, de::Error};

use super::{FormEntry, OrderForm, Release, Selectors};
use crate::identifier::Identifier;
use crate::name::Role;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an order form: {\"recipients\": [...]}")]
struct PlainForm {
    #[serde(deserialize_with = "recipients")]
    recipients: Vec<PlainRecipient>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a recipient: {\"role\", \"identifier\", \"release\", \"selectors\"}")]
struct PlainRecipient {
    #[serde(deserialize_with = "role")]
    role: Role,
    // Null is written out: a missing key would be too easy to misspell.
    #[serde(deserialize_with = "identifier")]
    identifier: Option<Identifier>,
    #[serde(deserialize_with = "release")]
    release: Release,
    #[serde(deserialize_with = "selectors")]
    selectors: Vec<String>,
}

/// Reads the value of a key, and says in an error which key it was.
macro_rules! named {
    ($($key:ident: $type:ty;)*) => {$(
        fn $key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
            let within = |e| D::Error::custom(format_args!("in \"{}\": {e}", stringify!($key)));
            <$type>::deserialize(deserializer).map_err(within)
        }
    )*};
}

named! {
    recipients: Vec<PlainRecipient>;
    role: Role;
    identifier: Option<Identifier>;
    release: Release;
    selectors: Vec<String>;
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        [Self::Direct, Self::OnReceipt, Self::OnApproval]
            .into_iter()
            .find(|release| release.as_str() == text)
            .ok_or_else(|| {
                let message = "a release is \"direct\", \"on-receipt\" or \"on-approval\"";
                D::Error::custom(format_args!("{message}, not \"{}\"", text.escape_debug()))
            })
    }
}

impl serde::Serialize for Release {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OrderForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let PlainForm { recipients } = PlainForm::deserialize(deserializer)?;
        let mut entries = Vec::with_capacity(recipients.len());
        for PlainRecipient { role, identifier, release, selectors: texts } in recipients {
            let mut selectors = Selectors::new();
            for text in texts {
                let is_new = selectors.add(&text);
                let is_new = is_new.map_err(|error| {
                    let text = text.escape_debug();
                    D::Error::custom(format_args!("in \"selectors\" of \"{role}\": \"{text}\": {error}"))
                })?;
                if !is_new {
                    let message = format_args!("selector \"{text}\" is listed twice for \"{role}\": keep one");
                    return Err(D::Error::custom(message));
                }
            }
            entries.push(FormEntry { role, identifier, release, selectors });
        }
        Self::new(entries).map_err(D::Error::custom)
    }
}
