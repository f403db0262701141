//! The agent's attempts. It has the bytes of two envelopes of the same card holder, and a share of its own. Like the
//! forger of the `purchase` example it makes messages by hand.

use std::collections::BTreeMap;

use minicbor::{Decoder, Encoder};
use polyseal::message::VERSION;
use polyseal::{Order, Role};

use crate::receivers::{Received, Receivers};
use polyseal_examples::forgery::{after, part};
use polyseal_examples::program::Result;

/// Shorter values could be anywhere in a few thousand bytes by chance.
const TELLING: usize = 6;

/// Something that the agent tried, and how often each answer came.
pub(crate) struct Attempt {
    pub(crate) deed: &'static str,
    pub(crate) how: String,
    pub(crate) refusals: BTreeMap<String, usize>,
}

/// Messages that are all one attempt, and the party that they are tried on.
pub(crate) struct Forgery {
    deed: &'static str,
    how: String,
    messages: Vec<Vec<u8>>,
    on: Receiver,
}

type Receiver = fn(&mut Receivers, &[u8], u64) -> Result<Received>;

impl Forgery {
    fn new(deed: &'static str, how: &str, messages: Vec<Vec<u8>>, on: Receiver) -> Self {
        Self { deed, how: how.into(), messages, on }
    }

    /// Tries it, and fails if anybody takes it.
    pub(crate) fn attempt(self, receivers: &mut Receivers, now: u64) -> Result<Attempt> {
        let Self { deed, how, messages, on } = self;
        let mut refusals = BTreeMap::new();
        for message in &messages {
            match on(receivers, message, now) {
                Ok(_) => return Err(format!("{deed}: what the agent made was accepted when it {how}").into()),
                Err(error) => {
                    let count: &mut usize = refusals.entry(error.to_string()).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        Ok(Attempt { deed, how, refusals })
    }
}

/// Looks for the order's values in the envelope.
pub(crate) fn search(order: &Order, envelope: &[u8]) -> Result<Attempt> {
    let values = order.names().filter_map(|name| Some((name, order.get(name)?)));
    let mut refusals = BTreeMap::new();
    for (name, value) in values.filter(|(_, value)| value.len() >= TELLING) {
        if envelope.windows(value.len()).any(|window| window == value.as_bytes()) {
            return Err(format!("the envelope shows the value of \"{name}\"").into());
        }
        let count: &mut usize = refusals.entry("a value that is not in it".into()).or_default();
        *count = count.saturating_add(1);
    }
    let how = format!("looks in it for the order's values of {TELLING} bytes and more");
    Ok(Attempt { deed: "read", how, refusals })
}

/// An order held back until its time is over.
pub(crate) fn delayed(envelope: Vec<u8>) -> Forgery {
    Forgery::new(
        "delay",
        "hands the second order to the seller when its time is over",
        vec![envelope],
        Receivers::seller,
    )
}

/// All that can be tried with one order and a second one of the same card holder.
pub(crate) fn forgeries(envelope: &[u8], second: &[u8]) -> Result<Vec<Forgery>> {
    let header = Decoder::new(after(envelope, 2)?).bytes()?;
    let [own, others] = [after(envelope, 3)?, after(second, 3)?];
    let [seller, manager, courier] = [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];
    let [for_seller, for_manager, for_courier] = [part(own, &seller)?, part(own, &manager)?, part(own, &courier)?];
    let [as_manager, as_courier] = [relabelled(&manager, for_courier)?, relabelled(&courier, for_manager)?];
    let with = |parts: &[&[u8]]| envelope_of(header, parts).map(|message| vec![message]);
    Ok(vec![
        Forgery::new(
            "read",
            "opens it as a seller, with the share that it has",
            vec![envelope.to_vec()],
            Receivers::agent,
        ),
        Forgery::new("alter", "changes one bit of it, in each byte in turn", flipped(envelope), Receivers::seller),
        Forgery::new(
            "swap",
            "puts the card manager's part of the second order into it",
            with(&[for_seller, part(others, &manager)?, for_courier])?,
            Receivers::seller,
        ),
        Forgery::new(
            "swap",
            "exchanges the parts of card manager and delivery service",
            with(&[for_seller, &as_manager, &as_courier])?,
            Receivers::seller,
        ),
        Forgery::new(
            "swap",
            "leaves out the delivery service's part",
            with(&[for_seller, for_manager])?,
            Receivers::seller,
        ),
        Forgery::new("redirect", "hands it to another seller", vec![envelope.to_vec()], Receivers::other),
        Forgery::new(
            "redirect",
            "hands the card manager its part, past the seller",
            vec![direct(header, for_manager)?],
            Receivers::card_manager,
        ),
    ])
}

/// The bytes with one bit changed, for each byte; which bit goes round.
fn flipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let flip = |at: usize| {
        let mut copy = bytes.to_vec();
        if let Some(byte) = copy.get_mut(at) {
            *byte ^= 1_u8.rotate_left(u32::try_from(at % 8).unwrap_or_default());
        }
        copy
    };
    (0..bytes.len()).map(flip).collect()
}

type Encoded = core::result::Result<Vec<u8>, minicbor::encode::Error<core::convert::Infallible>>;

/// `[version, "envelope", header, [part, …]]`
fn envelope_of(header: &[u8], parts: &[&[u8]]) -> Encoded {
    let mut head = Encoder::new(Vec::new());
    let count = u64::try_from(parts.len()).unwrap_or(u64::MAX);
    head.array(4)?.str(VERSION)?.str("envelope")?.bytes(header)?.array(count)?;
    Ok([&[head.into_writer().as_slice()], parts].concat().concat())
}

/// `[version, "direct", header, part]`
fn direct(header: &[u8], part: &[u8]) -> Encoded {
    let mut head = Encoder::new(Vec::new());
    head.array(4)?.str(VERSION)?.str("direct")?.bytes(header)?;
    Ok([head.writer(), part].concat())
}

/// A part under another role: `[role, sealed]`.
fn relabelled(role: &Role, part: &[u8]) -> Result<Vec<u8>> {
    let mut head = Encoder::new(Vec::new());
    head.array(2)?.str(role.as_str())?;
    Ok([head.writer(), after(part, 1)?].concat())
}
