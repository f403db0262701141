//! Ledgers: what makes "once" hold across retries, crashes and restored states.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use zeroize::Zeroizing;

use crate::envelope::OrderDigest;
use crate::name::Role;
use crate::wire::Secret;

/// What an entry of a ledger is filed under: a role that this party has, and an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey {
    /// The role in which the party acts.
    pub role: Role,
    /// The order.
    pub digest: OrderDigest,
}

/// The memory of a party: which orders it has accepted, and how far each has come.
///
/// A step of the protocol asks the ledger last, after every other check, so a forged message never
/// leaves a trace; and it changes the ledger before the message that follows from the change leaves.
/// The values are exported states: opaque here, and secret.
///
/// One ledger for each identity: the key does not name the owner, so a table that several share needs a column
/// for it. [`Insert::BelowFloor`] and [`Insert::Full`] are for ledgers that forget and that are bounded; one that
/// does neither never answers so. An entry may be deleted once it has expired and the floor has been raised past that.
///
/// After a restart, [`load`](Self::load) by role and digest, and give the state to the role's `restore`.
///
/// Implement it over the database that holds your books, each method in one transaction that is
/// durable when the method returns. A lost entry is an order accepted twice.
///
/// # Security
///
/// Nothing holds against a ledger that goes backwards: restore a backup only after raising the
/// [floor](Insert::BelowFloor) to the present.
pub trait Ledger {
    /// How the storage fails.
    type Error: core::error::Error;

    /// Files a state under a key that has none, to be kept at least through the second `expires`.
    ///
    /// # Errors
    ///
    /// If the storage fails. The protocol's step then fails too, and can be tried again.
    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Self::Error>;

    /// Replaces the state of a key, if that is `current`, by `next`.
    ///
    /// # Errors
    ///
    /// If the storage fails.
    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Self::Error>;

    /// The state of a key, if there is one.
    ///
    /// # Errors
    ///
    /// If the storage fails.
    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Self::Error>;
}

impl<L: Ledger + ?Sized> Ledger for &mut L {
    type Error = L::Error;

    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Self::Error> {
        (**self).insert(key, expires, state)
    }

    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Self::Error> {
        (**self).replace(key, current, next)
    }

    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Self::Error> {
        (**self).load(key)
    }
}

/// What came of [`Ledger::insert`].
#[derive(PartialEq, Eq)]
pub enum Insert {
    /// The state is filed.
    Done,
    /// The key has a state already, this one, and keeps it.
    Present(Zeroizing<Vec<u8>>),
    /// `expires` is below the ledger's floor: the second up to which it has forgotten entries, and
    /// cannot tell new from old.
    BelowFloor,
    /// There is no room. A ledger never makes any by forgetting what has not expired.
    Full,
}

/// What came of [`Ledger::replace`].
#[derive(PartialEq, Eq)]
pub enum Replace {
    /// The state is replaced.
    Done,
    /// The key has another state, this one, and keeps it.
    Differs(Zeroizing<Vec<u8>>),
    /// The key has no state.
    Absent,
}

impl fmt::Debug for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Present(_) => "Present(..)",
            Self::BelowFloor => "BelowFloor",
            Self::Full => "Full",
        })
    }
}

impl fmt::Debug for Replace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Differs(_) => "Differs(..)",
            Self::Absent => "Absent",
        })
    }
}

/// Why the ledger does not let a step happen.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerError<E> {
    /// The storage failed. What was asked for may or may not have been filed; trying again is safe.
    Storage(E),
    /// There is no room for another order. Raise the floor, or the bound.
    Full,
    /// The order is older than what the ledger still remembers.
    BelowFloor,
    /// The order of this state is not in the ledger: it is another ledger, or one that was rolled
    /// back or purged.
    Absent,
    /// What the ledger holds for this order is not a state of this party.
    Damaged,
}

impl<E: fmt::Display> fmt::Display for LedgerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "the ledger's storage failed: {error}"),
            Self::Full => f.write_str("the ledger is full: raise its floor or its bound"),
            Self::BelowFloor => f.write_str("the order is older than what the ledger remembers"),
            Self::Absent => f.write_str("the order is not in this ledger"),
            Self::Damaged => f.write_str("what the ledger holds for this order is damaged"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for LedgerError<E> {}

/// A ledger in memory, bounded: for tests, for devices that accept few orders and never restart
/// within one, and as the plain statement of what a ledger does.
///
/// It forgets everything when the process ends. What that means for orders still within their
/// dates is up to the caller: a new one can start at a floor, see [`raise_floor`](Self::raise_floor).
pub struct MemoryLedger {
    most: usize,
    floor: u64,
    entries: BTreeMap<LedgerKey, (u64, Secret)>,
}

impl MemoryLedger {
    /// An empty ledger for at most this many orders.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, floor: 0, entries: BTreeMap::new() }
    }

    /// How many orders it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no order.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets every order that expired before the second `floor`, and from now on refuses orders
    /// that expire before it. The floor never sinks.
    pub fn raise_floor(&mut self, floor: u64) {
        self.floor = self.floor.max(floor);
        let floor = self.floor;
        self.entries.retain(|_, (expires, _)| *expires >= floor);
    }
}

impl Ledger for MemoryLedger {
    type Error = Infallible;

    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Infallible> {
        if let Some((_, present)) = self.entries.get(key) {
            return Ok(Insert::Present(present.copy()));
        }
        if expires < self.floor {
            return Ok(Insert::BelowFloor);
        }
        if self.entries.len() >= self.most {
            return Ok(Insert::Full);
        }
        self.entries.insert(key.clone(), (expires, Secret::from(state)));
        Ok(Insert::Done)
    }

    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Infallible> {
        Ok(match self.entries.get_mut(key) {
            None => Replace::Absent,
            Some((_, present)) if **present != *current => Replace::Differs(present.copy()),
            Some((_, present)) => {
                *present = Secret::from(next);
                Replace::Done
            }
        })
    }

    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Infallible> {
        Ok(self.entries.get(key).map(|(_, state)| state.copy()))
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLedger")
            .field("most", &self.most)
            .field("floor", &self.floor)
            .field("orders", &self.entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> LedgerKey {
        LedgerKey { role: Role::SELLER, digest: OrderDigest::from_bytes([byte; 32]) }
    }

    fn present(state: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(state.to_vec())
    }

    #[test]
    fn an_entry_is_filed_once_and_the_first_change_wins() {
        let mut ledger = MemoryLedger::new(2);
        assert_eq!(ledger.insert(&key(1), 10, b"a"), Ok(Insert::Done));
        assert_eq!(ledger.insert(&key(1), 10, b"b"), Ok(Insert::Present(present(b"a"))));
        assert_eq!(ledger.replace(&key(1), b"a", b"c"), Ok(Replace::Done));
        assert_eq!(ledger.replace(&key(1), b"a", b"d"), Ok(Replace::Differs(present(b"c"))));
        assert_eq!(ledger.replace(&key(2), b"a", b"d"), Ok(Replace::Absent));
        assert_eq!(ledger.load(&key(1)), Ok(Some(present(b"c"))));
        let other_role = LedgerKey { role: Role::CARD_MANAGER, ..key(1) };
        assert_eq!(ledger.load(&other_role), Ok(None));
    }

    #[test]
    fn it_refuses_instead_of_forgetting() {
        let mut ledger = MemoryLedger::new(2);
        ledger.insert(&key(1), 10, b"a").unwrap();
        ledger.insert(&key(2), 20, b"a").unwrap();
        assert_eq!(ledger.insert(&key(3), 30, b"a"), Ok(Insert::Full));
        // A duplicate is recognised even when there is no room.
        assert_eq!(ledger.insert(&key(1), 10, b"a"), Ok(Insert::Present(present(b"a"))));
        ledger.raise_floor(10);
        assert_eq!(ledger.len(), 2);
        ledger.raise_floor(11);
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger.insert(&key(1), 10, b"a"), Ok(Insert::BelowFloor));
        ledger.raise_floor(5);
        assert_eq!(ledger.insert(&key(1), 10, b"a"), Ok(Insert::BelowFloor));
        assert_eq!(ledger.insert(&key(3), 30, b"a"), Ok(Insert::Done));
    }
}
