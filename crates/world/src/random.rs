//! Seeds: the world's own choices, and the generators that its parties give to the library.

use core::convert::Infallible;

use polyseal::rand_core::{TryCryptoRng, TryRng};

/// `SplitMix64`: as good as its seed, and the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound.max(1)
    }

    /// A place in a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }
}

/// One number of two, so that choices of different kinds do not hang together.
pub fn mix(one: u64, other: u64) -> u64 {
    Random::new(one ^ other.wrapping_mul(0xd6e8_feb8_6659_fd93)).word()
}

/// What a process gives to the library for randomness.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    stuck: Option<u8>,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), stuck: None }
    }

    /// From now on it gives this byte and nothing else; `None` sets it free.
    pub fn stick(&mut self, at: Option<u8>) {
        self.stuck = at;
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        if let Some(byte) = self.stuck {
            dst.fill(byte);
            return Ok(());
        }
        for chunk in dst.chunks_mut(8) {
            let word = self.random.word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Generator {}
