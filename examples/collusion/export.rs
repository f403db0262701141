//! Exported secrets, taken apart and put together as whoever holds one can.
//!
//! An export is the CBOR array `[version, kind, body, check]`, the body an array in a byte string, the check the
//! SHA-256 of `[version, "check", kind, body]`.

use core::error::Error;

use minicbor::{Decoder, Encoder};
use num_bigint::BigUint;
use polyseal::message::VERSION;
use sha2::{Digest, Sha256};

use crate::algebra;

type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// Items of a share's body: `[domain, identifier, threshold, coefficients]`.
pub const DOMAIN: usize = 0;
pub const IDENTIFIER: usize = 1;
/// The coefficients there, and the triangles in the body of an authority with a random master:
/// `[domain, threshold, capacity, triangles, register, issuer]`. Both lanes, one after the other.
pub const SECRET: usize = 3;

struct Export {
    kind: String,
    /// The items of the body, as they are encoded.
    items: Vec<Vec<u8>>,
}

impl Export {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let mut decoder = Decoder::new(bytes);
        decoder.array()?;
        decoder.str()?;
        let kind = decoder.str()?.to_owned();
        let body = decoder.bytes()?;
        let mut decoder = Decoder::new(body);
        let count = decoder.array()?.unwrap_or(0);
        let mut items = Vec::new();
        for _ in 0..count {
            let from = decoder.position();
            decoder.skip()?;
            items.push(body.get(from..decoder.position()).unwrap_or_default().to_vec());
        }
        Ok(Self { kind, items })
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut encoder = Encoder::new(Vec::new());
        encoder.array(self.items.len().try_into()?)?;
        let body = [encoder.into_writer(), self.items.concat()].concat();
        let mut checked = Encoder::new(Vec::new());
        checked.array(4)?.str(VERSION)?.str("check")?.str(&self.kind)?.bytes(&body)?;
        let check = Sha256::digest(checked.into_writer());
        let mut encoder = Encoder::new(Vec::new());
        encoder.array(4)?.str(VERSION)?.str(&self.kind)?.bytes(&body)?.bytes(&check)?;
        Ok(encoder.into_writer())
    }
}

/// An item of the body of an export, as it is encoded.
pub fn item(export: &[u8], item: usize) -> Result<Vec<u8>> {
    Ok(Export::parse(export)?.items.get(item).ok_or("there is no such item")?.clone())
}

/// The same export with another item in its body, and the check that fits it.
pub fn altered(export: &[u8], item: usize, encoded: Vec<u8>) -> Result<Vec<u8>> {
    let mut export = Export::parse(export)?;
    *export.items.get_mut(item).ok_or("there is no such item")? = encoded;
    export.to_bytes()
}

/// Bytes, as an item.
pub fn byte_string(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.bytes(bytes)?;
    Ok(encoder.into_writer())
}

/// The secret of an export: the numbers of both lanes.
pub fn lanes(export: &[u8]) -> Result<[Vec<BigUint>; 2]> {
    let secret = item(export, SECRET)?;
    let mut numbers = algebra::from_bytes(Decoder::new(&secret).bytes()?);
    let second = numbers.split_off(numbers.len() / 2);
    Ok([numbers, second])
}
