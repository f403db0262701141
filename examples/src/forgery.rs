//! A seller got a refusal and wants the order delivered all the same: these are its attempts.
//!
//! The library is not used like this. The messages are made by hand, because the library makes none without an approval.

use minicbor::{Decoder, Encoder};
use polyseal::message::VERSION;
use polyseal::{Identifier, Role};

use crate::message::{Kind, Message};
use crate::program::Result;

/// The seller's attempts, each with its bytes. The seller makes them from the messages that it has received.
pub fn attempts(wire: &[Message], seller: &Identifier, role: &Role) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let mut attempts = Vec::new();
    for envelope in wire.iter().filter(|message| matches!(message.kind, Kind::Envelope)) {
        attempts.push(("the envelope, with its sealed part inside", envelope.bytes.clone()));
        for answer in wire.iter().filter(|message| matches!(message.kind, Kind::Authorization)) {
            attempts
                .push(("a forged dispatch around that part", dispatch(&envelope.bytes, &answer.bytes, seller, role)?));
        }
    }
    Ok(attempts)
}

/// A dispatch in every outward respect: `[version, "dispatch", header, [part], relayer, statement]`.
///
/// Header and part are from the envelope. For the statement, which has to contain the approval, the
/// seller takes the one sealed thing it has from the card manager: the refusal.
fn dispatch(envelope: &[u8], answer: &[u8], seller: &Identifier, role: &Role) -> Result<Vec<u8>> {
    let mut head = Encoder::new(Vec::new());
    head.array(6)?.str(VERSION)?.str("dispatch")?.bytes(Decoder::new(after(envelope, 2)?).bytes()?)?.array(1)?;
    let mut relayer = Encoder::new(Vec::new());
    relayer.bytes(seller.as_bytes())?;
    Ok([head.writer(), part(after(envelope, 3)?, role)?, relayer.writer(), after(answer, 3)?].concat())
}

/// The part for a role, `[role, sealed]`, in an array of parts.
pub fn part<'m>(parts: &'m [u8], role: &Role) -> Result<&'m [u8]> {
    let mut decoder = Decoder::new(parts);
    for _ in 0..decoder.array()?.unwrap_or_default() {
        let start = decoder.position();
        decoder.array()?;
        let found = decoder.str()? == role.as_str();
        decoder.skip()?;
        if found {
            return Ok(parts.get(start..decoder.position()).unwrap_or_default());
        }
    }
    Err(format!("the envelope has no part for the {role}").into())
}

/// The items of a message after its first few.
pub fn after(message: &[u8], items: usize) -> Result<&[u8]> {
    let mut decoder = Decoder::new(message);
    decoder.array()?;
    for _ in 0..items {
        decoder.skip()?;
    }
    Ok(message.get(decoder.position()..).unwrap_or_default())
}
