//! What a campaign tells: what was done, which refusals occurred, and which never did.

use core::fmt;
use std::collections::BTreeMap;

/// What happened in one run, or in many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub purchases: u64,
    pub messages: u64,
    /// Honest orders that came to their end.
    pub ended: u64,
    /// Why messages were refused and steps not made.
    pub labels: BTreeMap<&'static str, u64>,
    /// What was only counted, because nothing is promised.
    pub excused: BTreeMap<&'static str, u64>,
}

/// Every label of a refusal that a run may give.
pub const LABELS: &[&str] = &[
    "all-dispatched",
    "bad-windows",
    "both-card-holders",
    "cohort",
    "died",
    "epoch",
    "expired",
    "forgotten",
    "gives-no-receipts",
    "handshake-expired",
    "key-unavailable",
    "ledger-absent",
    "ledger-below-floor",
    "ledger-damaged",
    "ledger-file-again",
    "ledger-full",
    "ledger-storage",
    "ledger-take-again",
    "missing-field",
    "network",
    "no-amount",
    "no-domain",
    "no-exchange",
    "no-outcome",
    "no-session",
    "no-such-endpoint",
    "no-such-recipient",
    "no-sum",
    "not-addressed",
    "not-approved",
    "not-authenticated",
    "not-demanded",
    "not-deterministic",
    "not-dispatched",
    "not-next",
    "not-on-approval",
    "not-on-receipt",
    "not-yet",
    "oneself",
    "other-currency",
    "other-form",
    "other-kind",
    "other-order",
    "other-party",
    "other-seller",
    "other-version",
    "over-limit",
    "party-not-accepted",
    "peer-in-other-role",
    "rejected",
    "retired-domain",
    "revoked",
    "services-domain",
    "too-long",
    "too-long-text",
    "too-much",
    "trailing-bytes",
    "truncated",
    "unexpected-item",
    "unknown-domain",
    "unknown-handshake",
    "unknown-order",
    "unknown-peer",
    "unknown-session",
    "unseen-field",
    "withdrawn",
];

impl Counts {
    pub fn label(&mut self, label: &'static str) {
        *self.labels.entry(label).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.purchases += other.purchases;
        self.messages += other.messages;
        self.ended += other.ended;
        for (label, count) in &other.labels {
            *self.labels.entry(label).or_default() += count;
        }
        for (label, count) in &other.excused {
            *self.excused.entry(label).or_default() += count;
        }
    }

    /// The labels that never occurred.
    pub fn missing(&self) -> Vec<&'static str> {
        LABELS.iter().filter(|label| !self.labels.contains_key(**label)).copied().collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} purchases, {} messages, {} honest orders ended", self.purchases, self.messages, self.ended)?;
        writeln!(f, "refused or not made:")?;
        for (label, count) in &self.labels {
            writeln!(f, "  {count:>10}  {label}")?;
        }
        if !self.excused.is_empty() {
            writeln!(f, "only counted, as nothing is promised:")?;
            for (label, count) in &self.excused {
                writeln!(f, "  {count:>10}  {label}")?;
            }
        }
        let missing = self.missing();
        if missing.is_empty() { Ok(()) } else { writeln!(f, "never occurred: {}", missing.join(", ")) }
    }
}
