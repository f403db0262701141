//! The network: what is under way, what a listener has heard, and what becomes of messages.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::random::Random;
use crate::trace::{Nature, Who, fingerprint};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Envelope,
    Direct,
    Relay,
    Dispatch,
    Authorization,
    Receipt,
    Request,
    Response,
    Delivery,
    Withdrawal,
    Hello,
    Answer,
    Confirmation,
    Acknowledgement,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub kind: Kind,
    pub from: Who,
    pub to: Who,
    pub bytes: Rc<[u8]>,
    pub nature: Nature,
    /// Whether it goes to somebody else than it was sent to, or as something else.
    pub is_astray: bool,
    /// The fingerprint of its bytes.
    pub print: u64,
}

/// What the network does to one message that is under way, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    Drop,
    Double,
    Delay,
    Hurry,
    Alter,
    /// Back to its sender.
    Reflect,
    /// To somebody else.
    Misdirect,
    /// As another kind of message.
    Recast,
    /// Something heard before, once more, to whom it was sent or to somebody else.
    Replay,
}

pub const MISCHIEFS: [Mischief; 9] = [
    Mischief::Drop,
    Mischief::Double,
    Mischief::Delay,
    Mischief::Hurry,
    Mischief::Alter,
    Mischief::Reflect,
    Mischief::Misdirect,
    Mischief::Recast,
    Mischief::Replay,
];

const KINDS: [Kind; 14] = [
    Kind::Envelope,
    Kind::Direct,
    Kind::Relay,
    Kind::Dispatch,
    Kind::Authorization,
    Kind::Receipt,
    Kind::Request,
    Kind::Response,
    Kind::Delivery,
    Kind::Withdrawal,
    Kind::Hello,
    Kind::Answer,
    Kind::Confirmation,
    Kind::Acknowledgement,
];

/// How many messages a listener remembers: all of most runs.
const MEMORY: usize = 4096;

#[derive(Debug, Default)]
pub struct Network {
    under_way: VecDeque<Message>,
    heard: VecDeque<Message>,
    /// What was sent: fingerprints, and the natures that the messages had.
    known: HashMap<u64, Nature>,
}

impl Network {
    pub fn send(&mut self, message: Message) {
        let known = self.known.entry(message.print).or_insert(message.nature);
        if message.nature == Nature::Genuine {
            *known = Nature::Genuine;
        }
        if self.heard.len() == MEMORY {
            self.heard.pop_front();
        }
        self.heard.push_back(message.clone());
        self.under_way.push_back(message);
    }

    pub fn take(&mut self) -> Option<Message> {
        self.under_way.pop_front()
    }

    /// How many messages have not come to their receivers.
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    pub fn is_quiet(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Something that a listener has heard, of one of these kinds.
    pub fn heard(&self, random: &mut Random, kinds: &[Kind]) -> Option<Message> {
        self.heard_that(random, |message| kinds.contains(&message.kind))
    }

    /// Something that a listener has heard, of which this holds.
    pub fn heard_that(&self, random: &mut Random, is_it: impl Fn(&Message) -> bool) -> Option<Message> {
        if self.heard.is_empty() {
            return None;
        }
        let start = random.index(self.heard.len());
        let places = (start..self.heard.len()).chain(0..start);
        places.map(|place| &self.heard[place]).find(|message| is_it(message)).cloned()
    }

    pub fn mischief(&mut self, what: Mischief, random: &mut Random, parties: Who) {
        if what == Mischief::Replay {
            if let Some(mut message) = self.heard(random, &KINDS) {
                if random.once_in(4) {
                    message.to = Who::try_from(random.below(u64::from(parties))).unwrap();
                    message.is_astray = true;
                }
                self.under_way.push_front(message);
            }
            return;
        }
        if self.under_way.is_empty() {
            return;
        }
        let place = random.index(self.under_way.len());
        let mut message = self.under_way[place].clone();
        match what {
            Mischief::Drop => drop(self.under_way.remove(place)),
            Mischief::Double => self.under_way.push_back(message),
            Mischief::Delay => {
                self.under_way.remove(place);
                self.under_way.push_back(message);
            }
            Mischief::Hurry => {
                self.under_way.remove(place);
                self.under_way.push_front(message);
            }
            Mischief::Alter => {
                let other = self.heard(random, &[message.kind]);
                message.bytes = altered(&message.bytes, other.as_ref().map(|other| &*other.bytes), random);
                message.print = fingerprint(&message.bytes);
                // To put two messages together may give one that was sent, but between others.
                message.is_astray |= self.known.contains_key(&message.print);
                message.nature = match (self.known.get(&message.print), message.nature) {
                    (Some(known), _) => *known,
                    (None, Nature::Genuine) => Nature::Altered,
                    (None, other) => other,
                };
                self.under_way[place] = message;
            }
            Mischief::Reflect => {
                (message.to, message.is_astray) = (message.from, true);
                self.under_way.push_front(message);
            }
            Mischief::Misdirect => {
                message.to = Who::try_from(random.below(u64::from(parties))).unwrap();
                message.is_astray = true;
                self.under_way.push_front(message);
            }
            Mischief::Recast => {
                message.kind = *random.pick(&KINDS);
                message.is_astray = true;
                self.under_way.push_front(message);
            }
            Mischief::Replay => {}
        }
    }
}

/// A bit changed, an end cut or added, or the rest of another message put on.
fn altered(bytes: &[u8], other: Option<&[u8]>, random: &mut Random) -> Rc<[u8]> {
    let mut bytes = bytes.to_vec();
    let at = random.index(bytes.len());
    // What was cut to nothing before can only grow.
    let what = if bytes.is_empty() { 1 } else { random.below(6) };
    match what {
        0 => bytes.truncate(at),
        1 => bytes.push(0xf6),
        2 => {
            if let Some(other) = other.filter(|other| other.len() == bytes.len()) {
                bytes[at..].copy_from_slice(&other[at..]);
            }
        }
        3 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        _ => bytes[at] ^= 1 << random.below(8),
    }
    bytes.into()
}
