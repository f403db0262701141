//! Identifiers: public identity strings.

#[cfg(feature = "serde")]
mod json;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::limits;
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, VERSION, WireError, Writer};

/// A party's public identity: 1 to 512 opaque bytes, compared byte by byte and never normalised.
///
/// It may be a name, a number, an address, or a combination of attributes
/// ([`Identifier::from_attributes`]). Knowing it is all that another party needs
/// to derive the key they share.
///
/// With the `serde` feature a text identifier is a string in human-readable formats, and any other
/// is `{"hex": "…"}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Box<[u8]>);

impl Identifier {
    /// Takes an identifier.
    ///
    /// # Errors
    ///
    /// [`ValueError`] unless it has 1 to 512 bytes.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ValueError> {
        // I-1
        let bytes = bytes.as_ref();
        if (1..=limits::IDENTIFIER).contains(&bytes.len()) {
            Ok(Self(bytes.into()))
        } else {
            Err(ValueError::Identifier)
        }
    }

    /// An identifier that is a combination of attributes, such as name, address and domain name.
    ///
    /// The encoding is unambiguous and does not depend on the order in which they are given: the
    /// deterministic CBOR array `["polyseal/1", "attributes", [[name, value], …]]`, names
    /// ascending bytewise.
    ///
    /// # Errors
    ///
    /// [`ValueError`] if there is none, if a name appears twice, or if the encoding has more
    /// than 512 bytes.
    pub fn from_attributes(attributes: &[(&str, &str)]) -> Result<Self, ValueError> {
        let mut sorted = attributes.to_vec();
        sorted.sort_unstable();
        // I-2
        if sorted.is_empty() {
            return Err(ValueError::NoAttribute);
        }
        if sorted.iter().zip(sorted.iter().skip(1)).any(|(a, b)| a.0 == b.0) {
            return Err(ValueError::RepeatedAttribute);
        }
        let mut bytes = Vec::new();
        let mut w = Writer::new(&mut bytes);
        w.array(3).text(VERSION).text("attributes").array(sorted.len());
        for (name, value) in sorted {
            w.array(2).text(name).text(value);
        }
        Self::new(bytes)
    }

    /// The identifier's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Identifier {
    /// As text if it is printable ASCII without `"` and `\`, does not begin with `0x`, and has spaces between other
    /// characters only, one at a time; else in hexadecimal after `0x`. So no two are shown alike, and nothing that is shown
    /// is invisible, looks like a letter of another script or turns the direction of writing. A width or a precision is
    /// ignored, because it could make two alike.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(&self.0) {
            Ok(text) if !text.starts_with("0x") && text.bytes().all(plain) && has_plain_spaces(text) => {
                f.write_str(text)
            }
            _ => write!(f, "0x{}", Hex(&self.0)),
        }
    }
}

/// Whether every space can be seen and counted: none at an end, and no two in a row.
fn has_plain_spaces(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

/// Nothing that needs an escape between quotes, either.
fn plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

/// Bytes as pairs of hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({self})")
    }
}

impl core::str::FromStr for Identifier {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::new(text)
    }
}

impl Encode for Identifier {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.bytes(&self.0);
    }
}

impl Decode for Identifier {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.bytes("an identifier", 1, limits::IDENTIFIER).map(|bytes| Self(bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_unambiguous_and_unordered() {
        let one = Identifier::from_attributes(&[("name", "ab"), ("town", "c")]).unwrap();
        let same = Identifier::from_attributes(&[("town", "c"), ("name", "ab")]).unwrap();
        let other = Identifier::from_attributes(&[("name", "a"), ("town", "bc")]).unwrap();
        assert_eq!(one, same);
        assert_ne!(one, other);
        let twice = Identifier::from_attributes(&[("a", "1"), ("b", "2"), ("a", "3")]);
        assert_eq!(twice, Err(ValueError::RepeatedAttribute));
        assert_eq!(Identifier::from_attributes(&[]), Err(ValueError::NoAttribute));
        let long = "x".repeat(limits::IDENTIFIER);
        assert_eq!(Identifier::from_attributes(&[("a", &long)]), Err(ValueError::Identifier));
    }

    #[test]
    fn an_identifier_is_taken_as_it_is() {
        // I-1
        for alike in [
            ["shop.example", "Shop.Example"],
            ["shop.example", " shop.example"],
            ["shop.example", "shop.example\n"],
            ["shop.example", "shop.example\0"],
            // One letter, and a letter with an accent after it.
            ["\u{e9}", "e\u{301}"],
        ] {
            let [one, other] = alike.map(|text| Identifier::new(text).unwrap());
            assert_eq!([one.as_bytes(), other.as_bytes()], alike.map(str::as_bytes));
            assert_ne!(one, other);
        }
        let longest = [0; limits::IDENTIFIER];
        assert_eq!(Identifier::new(longest).unwrap().as_bytes(), longest);
        assert_eq!(Identifier::new([0; limits::IDENTIFIER + 1]), Err(ValueError::Identifier));
    }

    #[test]
    fn only_printable_ascii_is_shown_as_text() {
        let shown = |bytes: &[u8]| alloc::format!("{}", Identifier::new(bytes).unwrap());
        assert_eq!(shown(b"holder.example/4711 ~!"), "holder.example/4711 ~!");
        // Fillers, which are letters and invisible; letters that run from right to left, or look like others.
        for text in ["\u{3164}", "a\u{1160}", "\u{ffa0}", "\u{5d0}\u{5d1}", "\u{627}", "\u{430}", "ü", "a\nb", "\u{7f}"]
        {
            assert_eq!(shown(text.as_bytes()), alloc::format!("0x{}", Hex(text.as_bytes())), "{text:?}");
        }
        for text in ["say \"a\"", "a\\b", "0x61", " ", " a", "a ", "a  b"] {
            assert!(shown(text.as_bytes()).starts_with("0x") && shown(text.as_bytes()) != text, "{text:?}");
        }
        // What is asked of the width does not make it look like another one.
        let name = Identifier::new("shop.example").unwrap();
        assert_eq!(alloc::format!("{name:<20}|{name:.4}"), "shop.example|shop.example");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_has_one_spelling_for_each_identifier() {
        let text: Identifier = serde_json::from_str("\"shop.example\"").unwrap();
        assert_eq!(text.as_bytes(), b"shop.example");
        let bytes = Identifier::new([0xff, 0x00]).unwrap();
        let json = serde_json::to_string(&bytes).unwrap();
        assert_eq!(json, r#"{"hex":"ff00"}"#);
        assert_eq!(serde_json::from_str::<Identifier>(&json).unwrap(), bytes);
        for bad in
            [r#"{"hex":"6162"}"#, r#"{"hex":"FF"}"#, r#"{"hex":"f"}"#, r#"{"hex":"ff","x":1}"#, "{}", "\"\"", "7"]
        {
            assert!(serde_json::from_str::<Identifier>(bad).is_err(), "{bad}");
        }
    }
}
