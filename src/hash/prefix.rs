//! How every input of a hash or a MAC begins.

use crate::wire::VERSION;

/// Room for what an input begins with: less than a block of the hash.
const ROOM: usize = 32;

/// The start of an input `[VERSION, label, ...items]`, encoded beforehand: the head of the array, the version, the label.
pub(crate) struct Prefix {
    /// Zeros follow the start.
    bytes: [u8; ROOM],
    length: usize,
}

impl Prefix {
    /// Encodes the start of an input that has so many items after the label.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "it runs when the library is compiled, and the lengths are checked"
    )]
    pub(crate) const fn new(label: &str, items: usize) -> Self {
        assert!(items + 2 < 24 && VERSION.len() < 24 && label.len() < 24, "heads of one byte");
        let mut bytes = [0; ROOM];
        bytes[0] = 0x80 | (items + 2) as u8;
        let mut length = 1;
        let texts = [VERSION.as_bytes(), label.as_bytes()];
        let mut text = 0;
        while text < texts.len() {
            bytes[length] = 0x60 | texts[text].len() as u8;
            length += 1;
            let mut byte = 0;
            while byte < texts[text].len() {
                bytes[length] = texts[text][byte];
                length += 1;
                byte += 1;
            }
            text += 1;
        }
        Self { bytes, length }
    }

    /// The start, with zeros after it, and how long it is.
    pub(super) const fn start(&self) -> (&[u8; ROOM], usize) {
        (&self.bytes, self.length)
    }
}

/// A [`Prefix`], made when the library is compiled.
macro_rules! prefix {
    ($label:literal, $items:literal) => {
        const { &$crate::hash::Prefix::new($label, $items) }
    };
}

pub(crate) use prefix;
