//! Shares that memcheck takes for secret.

use core::convert::Infallible;

use polyseal::authority::BorrowedShare;
use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::rand_core::{TryCryptoRng, TryRng};
use polyseal::{Domain, Identifier, KeySource, Share};

use crate::memcheck;
use crate::world::Counter;

/// Bytes of the coefficients of a share, and of the check after them with its head.
const COEFFICIENT: usize = 16;
const CHECK: usize = 34;

/// An exported share whose coefficients are secret.
///
/// All that is made of them is secret by that: memcheck follows the values. Reading the share branches on whether they
/// are valid, which is reported there and not counted here.
pub fn export(share: &Share) -> Vec<u8> {
    let mut bytes = share.export().to_vec();
    let places = coefficients(share, &bytes);
    memcheck::classify(&mut bytes[places]);
    bytes
}

fn coefficients(share: &Share, bytes: &[u8]) -> core::ops::Range<usize> {
    let end = bytes.len() - CHECK;
    end - 2 * COEFFICIENT * (share.threshold() + 1)..end
}

/// Takes a share in, and makes sure that memcheck has not lost sight of one coefficient.
pub fn import(bytes: &[u8]) -> Share {
    let share = Share::import(bytes).expect("a share");
    let exported = share.export();
    for coefficient in exported[coefficients(&share, &exported)].chunks(COEFFICIENT) {
        // The highest bit of a canonical element is zero.
        assert!(memcheck::secret_bits(coefficient) >= 127, "each coefficient is secret");
    }
    share
}

/// The same where the coefficients stay in the caller's bytes.
pub fn borrow(bytes: &[u8]) -> BorrowedShare<'_> {
    BorrowedShare::new(bytes).expect("a share")
}

/// The export of a state or a proof whose last key, `after` bytes before the end of its body, is secret.
pub fn last_key(export: &[u8], after: usize) -> Vec<u8> {
    let mut bytes = export.to_vec();
    let place = place_of_last_key(export, after);
    memcheck::classify(&mut bytes[place]);
    bytes
}

/// The last key of a state or a proof, which is secret already.
pub fn read_last_key(export: &[u8], after: usize) -> [u8; 32] {
    let key = &export[place_of_last_key(export, after)];
    assert_eq!(memcheck::secret_bits(key), 256, "the key is secret");
    key.try_into().expect("32 bytes")
}

fn place_of_last_key(export: &[u8], after: usize) -> core::ops::Range<usize> {
    let end = export.len() - CHECK - after;
    assert_eq!(export[end - 34..end - 32], [0x58, 32], "a key is there");
    end - 32..end
}

/// The approval token in the card manager's state: the opening ends with it, after two nulls.
pub fn token(state: &[u8]) -> Vec<u8> {
    const BEFORE: [u8; 4] = [0xf6, 0xf6, 0x58, 32];
    let mut places = (0..state.len() - 36).filter(|place| state[*place..].starts_with(&BEFORE));
    let place = places.next().expect("a token") + BEFORE.len();
    state[place..place + 32].to_vec()
}

/// A state in which these bytes are secret, wherever they are.
pub fn marked(state: &[u8], bytes: &[u8]) -> Vec<u8> {
    let places = (0..=state.len() - bytes.len()).filter(|place| state[*place..].starts_with(bytes));
    let places: Vec<usize> = places.collect();
    let mut state = state.to_vec();
    for place in places {
        memcheck::classify(&mut state[place..place + bytes.len()]);
    }
    state
}

/// A party's keys, from a secret share.
pub struct Keys(Share);

impl From<Share> for Keys {
    fn from(share: Share) -> Self {
        Self(import(&export(&share)))
    }
}

impl KeySource for Keys {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &Domains {
        self.0.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        self.0.common_key(peer, domain)
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        self.0.is_revoked(peer)
    }
}

/// Randomness whose bytes are secret.
#[derive(Default)]
pub struct Randomness(Counter);

impl TryRng for Randomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(dst)?;
        memcheck::classify(dst);
        Ok(())
    }
}

impl TryCryptoRng for Randomness {}
