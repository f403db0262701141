//! The calls of primitives that a step cannot avoid: the blocks that SHA-256 compresses, the messages that the AEAD takes,
//! the keys that are derived.

use core::hint::black_box;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit};
use minicbor::Decoder;
use polyseal::message::VERSION;
use polyseal::{Identifier, KeySource, Role, Share};
use sha2::block_api::compress256;

use super::world::NAMES;

/// More than any hash here has.
static BLOCKS: [[u8; 64]; 512] = [[7; 64]; 512];

/// What the key of a message, its commitment and its salt are bound to, with 32 bytes before it.
pub fn bound(purpose: &str, roles: [&Role; 2], token: bool) -> usize {
    let [from, to] = roles.map(|role| string(role.as_str().len()));
    DIGEST + string(purpose.len()) + 1 + DIGEST + from + to + if token { DIGEST } else { NULL }
}

/// The primitive calls of a step.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// Blocks that one hash compresses in one go.
    hashes: Vec<usize>,
    /// Bytes that one message has.
    messages: Vec<usize>,
    /// How many keys are derived.
    keys: usize,
}

/// The bytes of items: the head of one with this argument, a byte or text string.
pub fn head(argument: usize) -> usize {
    match argument {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    }
}

pub fn string(length: usize) -> usize {
    head(length) + length
}

/// 32 bytes as a byte string.
pub const DIGEST: usize = 34;
pub const TIME: usize = 5;
pub const NULL: usize = 1;

/// A labelled input: `[version, label, …]`.
pub fn labelled(label: &str, items: usize) -> usize {
    1 + string(VERSION.len()) + string(label.len()) + items
}

impl Bill {
    pub fn hash(&mut self, bytes: usize) {
        self.hashes.push((bytes + 9).div_ceil(64));
    }

    /// HMAC with a key whose block is absorbed: the inner hash and the outer.
    pub fn mac(&mut self, bytes: usize) {
        self.hash(bytes);
        self.hashes.push(1);
    }

    /// The key block of an HMAC, for the inner hash and the outer.
    pub fn mac_key(&mut self) {
        self.hashes.extend([1, 1]);
    }

    /// A key of the two, from the source or from the cache, and the one for a direction from it.
    pub fn key(&mut self, from: usize, to: usize) {
        self.keys += 1;
        self.mac_key();
        self.mac(labelled("direction", string(NAMES[from].len()) + string(NAMES[to].len())) + 1);
        self.mac_key();
    }

    /// What sealing and opening have in common, of a ciphertext with its tag.
    pub fn message(&mut self, bound: usize, ciphertext: usize) {
        self.mac(labelled("key", bound));
        self.mac(labelled("commit", bound));
        self.messages.push(ciphertext - 16);
    }

    /// The salt of a message that is sealed, of so many bytes of content.
    pub fn salt(&mut self, bound: usize, content: usize) {
        self.mac(labelled("salt", bound + content));
    }

    /// The parts that go along with a message.
    pub fn parts(&mut self, bytes: usize) {
        self.hash(labelled("parts", 1 + bytes));
    }

    pub fn token(&mut self) {
        self.hash(labelled("token", DIGEST));
    }

    /// The check of an exported state.
    pub fn state(&mut self, state: &[u8]) {
        let body = items(state)[2].len();
        self.hash(labelled("check", string("state".len()) + body));
    }

    /// Without the derivations.
    pub fn cached(&self) -> Self {
        Self { keys: 0, ..self.clone() }
    }

    /// The bill of several.
    pub fn sum<'b>(bills: impl IntoIterator<Item = &'b Self>) -> Self {
        bills.into_iter().fold(Self::default(), |mut sum, bill| {
            sum.hashes.extend(&bill.hashes);
            sum.messages.extend(&bill.messages);
            sum.keys += bill.keys;
            sum
        })
    }

    /// Calls the primitives, as often and with as much as the bill says.
    pub fn pay(&self, share: &Share, peer: &Identifier, buffer: &mut [u8]) {
        let mut state = [7; 8];
        for count in &self.hashes {
            compress256(&mut state, black_box(&BLOCKS[..*count]));
        }
        for length in &self.messages {
            let cipher = ChaCha20Poly1305::new(black_box(&[7; 32]).into());
            let text = &mut buffer[..*length];
            let _ = black_box(cipher.encrypt_inout_detached(&[0; 12].into(), &[], text.into()));
        }
        for _ in 0..self.keys {
            let _ = black_box(share.common_key(black_box(peer), share.domain()));
        }
        black_box(state);
    }
}

impl core::fmt::Display for Bill {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { hashes, messages, keys } = self;
        let [blocks, bytes] = [hashes, messages].map(|counts| counts.iter().sum::<usize>());
        let [hashes, messages] = [hashes, messages].map(Vec::len);
        write!(f, "{blocks:>4} blocks in {hashes:>3} hashes, {bytes:>5} bytes in {messages} messages, {keys} keys")
    }
}

/// The items of an array, each as its bytes. A byte or text string without its head.
pub fn items(message: &[u8]) -> Vec<&[u8]> {
    let mut decoder = Decoder::new(message);
    let count = decoder.array().unwrap().unwrap();
    let mut item = || {
        let start = decoder.position();
        if let Ok(bytes) = decoder.bytes() {
            return bytes;
        }
        decoder.set_position(start);
        decoder.skip().unwrap();
        &message[start..decoder.position()]
    };
    (0..count).map(|_| item()).collect()
}

/// The ciphertext of `[key-id, salt, commitment, ciphertext]`.
pub fn ciphertext(sealed: &[u8]) -> usize {
    items(sealed)[3].len()
}
