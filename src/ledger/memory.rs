//! A ledger in memory.

use alloc::collections::BTreeMap;
use core::convert::Infallible;
use core::fmt;

use super::{Change, Filed, Ledger, LedgerKey, Record};
use crate::wire::Secret;

/// A ledger in memory, bounded: for tests, for devices that accept few orders and never restart within one, and as the
/// plain statement of what a ledger does.
///
/// It forgets everything when the process ends. A new ledger keeps out the orders that the old one knew, if it refuses what
/// was issued before it began: see [`refuse_issued_before`](Self::refuse_issued_before).
pub struct MemoryLedger {
    most: usize,
    floor: u64,
    mark: u64,
    entries: BTreeMap<LedgerKey, Kept>,
}

struct Kept {
    revision: u64,
    expires: u64,
    state: Secret,
}

impl MemoryLedger {
    /// An empty ledger for at most this many orders.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, floor: 0, mark: 0, entries: BTreeMap::new() }
    }

    /// How many orders it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no order.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Deletes every order that expired before the second `floor`, and from now on refuses new orders that expire before
    /// it. The floor never sinks. (Over PostgreSQL these are two calls, `raise_floor` and `purge`.)
    pub fn raise_floor(&mut self, floor: u64) {
        self.floor = self.floor.max(floor);
        let floor = self.floor;
        self.entries.retain(|_, entry| entry.expires >= floor);
    }

    /// From now on refuses new orders that were issued before the second `mark`: for a ledger that may have lost orders. See
    /// [there](super#after-a-loss) which mark to choose. The mark never sinks.
    pub fn refuse_issued_before(&mut self, mark: u64) {
        self.mark = self.mark.max(mark);
    }
}

impl Ledger for MemoryLedger {
    type Error = Infallible;

    fn file(&mut self, &Record { key, issued_at, expires, change, .. }: &Record<'_>) -> Result<Filed, Infallible> {
        let (most, floor, mark, count) = (self.most, self.floor, self.mark, self.entries.len());
        Ok(match (self.entries.get_mut(key), change) {
            // L-3
            (Some(entry), Change::Replace { current, state }) if entry.revision == current => {
                *entry = Kept { revision: current.saturating_add(1), expires, state: Secret::from(state) };
                Filed::Done
            }
            // L-2
            (Some(entry), _) => Filed::Found(entry.state.copy()),
            (None, Change::Replace { .. } | Change::LookUp) => Filed::Absent,
            // L-6
            (None, Change::Insert { .. }) if expires < floor || issued_at < mark => Filed::BelowFloor,
            (None, Change::Insert { .. }) if count >= most => Filed::Full,
            (None, Change::Insert { state }) => {
                self.entries.insert(key.clone(), Kept { revision: 0, expires, state: Secret::from(state) });
                Filed::Done
            }
        })
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLedger")
            .field("most", &self.most)
            .field("floor", &self.floor)
            .field("mark", &self.mark)
            .field("orders", &self.entries.len())
            .finish_non_exhaustive()
    }
}
