//! Random entries of a master polynomial (`SPEC.md`, section 7).

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::field::{ELEMENT, Element};

/// How many trials are drawn at once.
const TRIALS: usize = 64;

/// Uniform field elements, by rejection, from a source of random bytes. The source gives many bytes at once. Secret.
pub(super) struct Entries<F> {
    fill: F,
    buffer: Zeroizing<[[u8; ELEMENT]; TRIALS]>,
    used: usize,
}

impl<F: FnMut(&mut [u8])> Entries<F> {
    fn new(fill: F) -> Self {
        Self { fill, buffer: Zeroizing::new([[0; ELEMENT]; TRIALS]), used: TRIALS }
    }

    /// The next entry, or `None` if a whole buffer is rejected. This happens with a sound source once in 2^8000 buffers,
    /// so such a source is stuck.
    pub(super) fn next(&mut self) -> Option<Element> {
        // N-1
        for _ in 0..TRIALS {
            if self.used >= TRIALS {
                (self.fill)(self.buffer.as_flattened_mut());
                self.used = 0;
            }
            let trial = self.buffer.get(self.used)?;
            self.used = self.used.saturating_add(1);
            if let Some(entry) = Element::from_random_bytes(*trial) {
                return Some(entry);
            }
        }
        None
    }
}

pub(super) fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Entries<impl FnMut(&mut [u8])> {
    Entries::new(|buffer: &mut [u8]| rng.fill_bytes(buffer))
}

/// Entries from the keystream of `ChaCha20` (RFC 8439, nonce 0, counter from 0), cut in 16-byte words.
pub(super) fn expanded(key: &[u8; 32]) -> Entries<impl FnMut(&mut [u8])> {
    let mut stream = ChaCha20::new(key.into(), &[0; 12].into());
    Entries::new(move |buffer: &mut [u8]| {
        buffer.zeroize();
        stream.apply_keystream(buffer);
    })
}
