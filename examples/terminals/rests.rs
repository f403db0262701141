//! Orders that could not be carried on: they rest, for longer and longer, and what is the same each time is said once.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use polyseal::message::OrderDigest;

use crate::server::say;
use polyseal_examples::program::Result;

/// The first rest of an order; then twice as long each time.
pub(crate) const REST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_secs(30);

/// The orders that rest.
#[derive(Default)]
pub(crate) struct Rests(BTreeMap<OrderDigest, Rest>);

/// How long an order rests, and why.
struct Rest {
    until: Instant,
    length: Duration,
    why: String,
}

impl Rests {
    /// Those of the open orders that do not rest, or no longer.
    pub(crate) fn due(&mut self, open: &BTreeSet<OrderDigest>) -> Vec<OrderDigest> {
        self.0.retain(|digest, _| open.contains(digest));
        let now = Instant::now();
        let rests = |digest: &OrderDigest| self.0.get(digest).is_some_and(|rest| rest.until > now);
        open.iter().filter(|digest| !rests(digest)).copied().collect()
    }

    /// Notes what came of it to carry an order on.
    pub(crate) fn note<T>(&mut self, digest: OrderDigest, outcome: Result<T>) {
        let Err(error) = outcome else {
            self.0.remove(&digest);
            return;
        };
        let (now, why) = (Instant::now(), error.to_string());
        let rest = self.0.entry(digest).or_insert(Rest { until: now, length: Duration::ZERO, why: String::new() });
        rest.length = rest.length.saturating_mul(2).clamp(REST, LONGEST);
        rest.until = now.checked_add(rest.length).unwrap_or(now);
        if why != rest.why {
            say(&format!("seller: order {digest} rests: {why}"));
            rest.why = why;
        }
    }
}
