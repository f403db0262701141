//! What a seller can try who was declined and wants the order delivered all the same.
//!
//! None of this is how the library is used: it makes messages by hand, because the library makes
//! none without an approval.

use minicbor::{Decoder, Encoder};
use polyseal::{Identifier, VERSION};

use crate::message::{Kind, Message};
use crate::party::Result;

/// What the seller tries, and the bytes of it, given what it has received.
pub(crate) fn attempts(wire: &[Message], seller: &Identifier) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut attempts = Vec::new();
    for envelope in wire.iter().filter(|message| matches!(message.kind, Kind::Envelope)) {
        attempts.push(("the envelope, with its sealed part inside", envelope.bytes.clone()));
        for answer in wire.iter().filter(|message| matches!(message.kind, Kind::Authentication)) {
            attempts.push(("a forged dispatch around that part", dispatch(&envelope.bytes, &answer.bytes, seller)?));
        }
    }
    Ok(attempts)
}

/// A dispatch in every outward respect: `[version, "dispatch", header, parts, relayer, statement]`.
///
/// Header and parts are the envelope's. For the statement, which has to contain the approval, the
/// seller takes the one sealed thing it has from the card manager: the refusal.
fn dispatch(envelope: &[u8], answer: &[u8], seller: &Identifier) -> Result<Vec<u8>> {
    let mut head = Encoder::new(Vec::new());
    head.array(6)?.str(VERSION)?.str("dispatch")?;
    let mut relayer = Encoder::new(Vec::new());
    relayer.bytes(seller.as_bytes())?;
    Ok([head.writer(), after(envelope, 2)?, relayer.writer(), after(answer, 3)?].concat())
}

/// The items of a message after its first few.
fn after(message: &[u8], items: usize) -> Result<&[u8]> {
    let mut decoder = Decoder::new(message);
    decoder.array()?;
    for _ in 0..items {
        decoder.skip()?;
    }
    Ok(message.get(decoder.position()..).unwrap_or_default())
}
