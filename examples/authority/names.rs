//! Identifiers as text: in the register, and as names of files.

use polyseal::Identifier;
use sha2::{Digest, Sha256};

/// The longest that is used for a file's name as it is: file systems take 255 bytes, and an ending comes behind it.
const LONGEST: usize = 200;

/// The identifier in letters that every file system keeps apart: `a-z`, `0-9`, `-`, `_`, and `.` but at the start; any
/// other byte as `%` and two hexadecimal digits.
pub fn escape(identifier: &Identifier) -> String {
    let mut text = String::new();
    for byte in identifier.as_bytes() {
        let c = char::from(*byte);
        if c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c) || (c == '.' && !text.is_empty()) {
            text.push(c);
        } else {
            text.push('%');
            text.push_str(&hex(&[*byte]));
        }
    }
    text
}

/// Reads what [`escape`] wrote, and nothing else.
pub fn unescape(text: &str) -> Option<Identifier> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_first_chunk::<2>()?;
            bytes.extend(unhex(core::str::from_utf8(digits).ok()?)?);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    Identifier::new(bytes).ok().filter(|identifier| escape(identifier) == text)
}

/// What the files of an identity are called, before the ending. A long identifier goes by its hash, with a sign that
/// [`escape`] does not use.
pub fn file_name(identifier: &Identifier) -> String {
    let name = escape(identifier);
    if name.len() <= LONGEST { name } else { format!("~{}", hex(&Sha256::digest(identifier.as_bytes()))) }
}

/// In one allocation, as secrets come here too.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(digit.into(), 16));
    }
    text
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        bytes.push((digit(*high)? << 4) | digit(*low)?);
    }
    Some(bytes)
}
