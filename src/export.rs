//! The frame around exported secrets: shares, authorities, states of an order (`docs/exports.md`).

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::hash::{self, prefix};
use crate::wire::{self, Decode, Encode, Reader, Secret, WireError, Writer};

/// An exported secret: `[version, kind, body, check]`, the check being a hash of the rest.
///
/// The check finds damage. It is no MAC: an attacker who can write where secrets are kept has already won.
pub(crate) fn export(kind: &'static str, body: &impl Encode) -> Zeroizing<Vec<u8>> {
    export_secret(kind, body).release()
}

/// The same, for what stays within the crate.
pub(crate) fn export_secret(kind: &'static str, body: &impl Encode) -> Secret {
    let length = wire::length(body);
    // One allocation: the body, the two labels and the check with their heads.
    let mut out = Secret::with_capacity(length.saturating_add(128));
    let mut w = Writer::new(&mut out);
    wire::begin_message(&mut w, kind, 2);
    w.bytes_of(length).item(body);
    let start = out.len().saturating_sub(length);
    #[expect(clippy::expect_used, reason = "a check of nothing would pass for a check of the body")]
    let check = check(kind, out.get(start..).expect("the body was just written"));
    Writer::new(&mut out).bytes(&check);
    out
}

/// Reads what [`export`] wrote, up to `most` bytes.
pub(crate) fn import<T: Decode>(kind: &'static str, bytes: &[u8], most: usize) -> Result<T, WireError> {
    let mut r = Reader::new(body(kind, bytes, most)?);
    let value = T::decode(&mut r)?;
    r.finish()?;
    Ok(value)
}

/// The body in what [`export`] wrote, which is not damaged.
pub(crate) fn body<'a>(kind: &'static str, bytes: &'a [u8], most: usize) -> Result<&'a [u8], WireError> {
    let mut r = Reader::new(bytes);
    wire::read_message(&mut r, kind, 2)?;
    let body = r.bytes("the body of an export", 0, most)?;
    let found: [u8; 32] = r.exact("the check of an export")?;
    r.finish()?;
    // S-1
    if found == check(kind, body) { Ok(body) } else { Err(WireError::Corrupt) }
}

fn check(kind: &str, body: &[u8]) -> [u8; 32] {
    hash::digest(prefix!("check", 2), |w| {
        w.text(kind).bytes(body);
    })
}
