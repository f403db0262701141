//! SHA-256 (FIPS 180-4) around the compression function of the crate `sha2`.
//!
//! Inputs here come in pieces of a few bytes, and most messages fill a block or two: the buffer is ours, so that a
//! piece costs no more than its copy, and a keyed state is the eight words that it is.

use sha2::block_api::compress256;
use zeroize::Zeroize;

use super::Prefix;
use crate::wire::Sink;

/// Bytes that are compressed at once.
pub(super) const BLOCK: usize = 64;

/// Bytes of a block before the length that the last block of a message ends with.
const BEFORE_LENGTH: usize = 56;

/// What compression leaves of the blocks so far.
pub(super) type State = [u32; 8];

/// FIPS 180-4 §5.3.3.
pub(super) const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A hash of what has been put so far. Wiped on drop: what is hashed may be secret.
pub(crate) struct Sha256 {
    state: State,
    /// Bytes of the blocks that are compressed.
    compressed: u64,
    block: [u8; BLOCK],
    /// Bytes of the block that are filled: never all. The others are zeros.
    filled: usize,
}

/// Compresses one block.
pub(super) fn compress(state: &mut State, block: &[u8; BLOCK]) {
    compress256(state, core::slice::from_ref(block));
}

impl Sha256 {
    pub(super) fn new() -> Self {
        Self::continuing(INITIAL, 0)
    }

    /// From a state, which stands for so many whole blocks.
    pub(super) fn continuing(state: State, blocks: u64) -> Self {
        Self { state, compressed: blocks.saturating_mul(64), block: [0; BLOCK], filled: 0 }
    }

    /// The same, of an input that begins with a prefix.
    #[inline]
    pub(super) fn beginning(state: State, blocks: u64, prefix: &Prefix) -> Self {
        let mut sha = Self::continuing(state, blocks);
        let (start, length) = prefix.start();
        if let Some(room) = sha.block.first_chunk_mut() {
            *room = *start;
            sha.filled = length;
        }
        sha
    }

    /// More than the block has room for.
    fn spill(&mut self, bytes: &[u8]) {
        let room = self.block.get_mut(self.filled..).unwrap_or_default();
        #[expect(clippy::expect_used, reason = "a hash of less than was put would be a plausible wrong one")]
        let (first, rest) = bytes.split_at_checked(room.len()).expect("it is more than the room");
        room.copy_from_slice(first);
        compress(&mut self.state, &self.block);
        self.block = [0; BLOCK];
        let (blocks, rest) = rest.as_chunks();
        if !blocks.is_empty() {
            compress256(&mut self.state, blocks);
        }
        if let Some(room) = self.block.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        let compressed = u64::try_from(blocks.as_flattened().len()).unwrap_or(u64::MAX);
        self.compressed = self.compressed.saturating_add(compressed).saturating_add(64);
        self.filled = rest.len();
    }

    /// The digest. (FIPS 180-4 §5.1.1: a 1 bit, zeros, the length in bits.)
    pub(super) fn finish(mut self) -> [u8; 32] {
        let length = self.compressed.saturating_add(u64::try_from(self.filled).unwrap_or(u64::MAX)).saturating_mul(8);
        if let Some(end) = self.block.get_mut(self.filled) {
            *end = 0x80;
        }
        if self.filled >= BEFORE_LENGTH {
            compress(&mut self.state, &self.block);
            self.block = [0; BLOCK];
        }
        if let Some(end) = self.block.last_chunk_mut() {
            *end = length.to_be_bytes();
        }
        compress(&mut self.state, &self.block);
        output(&self.state)
    }
}

/// The words of a state as bytes.
pub(super) fn output(state: &State) -> [u8; 32] {
    let mut digest = [0; 32];
    let (words, _) = digest.as_chunks_mut();
    for (bytes, word) in words.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

impl Sink for Sha256 {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.filled.saturating_add(bytes.len());
        match self.block.get_mut(self.filled..end) {
            Some(room) if end < BLOCK => {
                room.copy_from_slice(bytes);
                self.filled = end;
            }
            _ => self.spill(bytes),
        }
    }
}

impl Drop for Sha256 {
    fn drop(&mut self) {
        // As slices: all at once, not byte by byte.
        self.state.as_mut_slice().zeroize();
        self.block.as_mut_slice().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest;

    use super::*;

    /// Every length around the edges of blocks and of the padding, in pieces of every size.
    #[test]
    fn it_is_the_hash_of_the_crate_that_compresses() {
        let message: alloc::vec::Vec<u8> = (0..=255).cycle().take(300).collect();
        for length in 0..message.len() {
            let message = &message[..length];
            for piece in [1, 2, 3, 7, 31, 55, 56, 63, 64, 65, 128, 300] {
                let mut sha = Sha256::new();
                message.chunks(piece).for_each(|piece| sha.put(piece));
                sha.put(&[]);
                assert_eq!(sha.finish(), *sha2::Sha256::digest(message), "{length} bytes by {piece}");
            }
        }
    }

    /// It lives on the stack, where the test of wiped memory cannot look.
    #[test]
    #[expect(unsafe_code, reason = "what is dropped is not looked at otherwise")]
    fn it_is_wiped_when_it_is_dropped() {
        let mut sha = core::mem::ManuallyDrop::new(Sha256::new());
        sha.put(b"a secret");
        // SAFETY: it is dropped once, and only its numbers are looked at from here on.
        unsafe { core::mem::ManuallyDrop::drop(&mut sha) };
        assert_eq!((sha.state, sha.block), ([0; 8], [0; BLOCK]));
    }
}
