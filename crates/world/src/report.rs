//! What a campaign tells: what was done, which refusals occurred, and which never did.

use core::fmt;
use std::collections::BTreeMap;

/// What happened in one run, or in many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub purchases: u64,
    pub messages: u64,
    /// Why messages were refused and steps not made.
    pub labels: BTreeMap<&'static str, u64>,
    pub tally: Tally,
}

/// What the oracle made of all orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Honest orders that came to their end.
    pub ended: u64,
    /// Those that did not, by what is left of them and the reason.
    pub excused: BTreeMap<String, u64>,
    /// Orders that are not judged: their card holder is dishonest, or somebody else in them.
    pub of_liars: u64,
    pub among_liars: u64,
    /// What was only counted, because nothing is promised.
    pub counted: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.ended += other.ended;
        self.of_liars += other.of_liars;
        self.among_liars += other.among_liars;
        for (what, count) in &other.excused {
            *self.excused.entry(what.clone()).or_default() += count;
        }
        for (what, count) in &other.counted {
            *self.counted.entry(what).or_default() += count;
        }
    }
}

/// Labels of this world's own.
pub const OWN: &[&str] =
    &["died", "no-such-endpoint", "sealed-often", "unknown-handshake", "unknown-order", "unknown-role"];

/// The labels of the library with which it may refuse a message or a step.
pub const LABELS: &[&str] = &[
    "all-dispatched",
    "bad-windows",
    "both-card-holders",
    "cohort",
    "corrupt",
    "epoch",
    "expired",
    "field-not-there",
    "forgotten",
    "gives-no-receipts",
    "handshake-expired",
    "key-unavailable",
    "last-revision",
    "leak",
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
    "no-amount-due",
    "no-domain",
    "no-exchange",
    "no-outcome",
    "no-party",
    "no-session",
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
    "other-owner",
    "other-party",
    "other-seller",
    "other-version",
    "over-limit",
    "party-not-accepted",
    "party-not-chosen",
    "peer-in-other-role",
    "rejected",
    "release-not-allowed",
    "retired-domain",
    "revoked",
    "same-party",
    "services-domain",
    "too-long",
    "too-long-text",
    "too-many-in-order",
    "too-much",
    "trailing-bytes",
    "truncated",
    "unexpected-item",
    "unknown-domain",
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
        self.tally.add(&other.tally);
        for (label, count) in &other.labels {
            *self.labels.entry(label).or_default() += count;
        }
    }

    /// The labels of the library that never occurred.
    pub fn missing(&self) -> Vec<&'static str> {
        LABELS.iter().filter(|label| !self.labels.contains_key(**label)).copied().collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { ended, excused, of_liars, among_liars, counted } = &self.tally;
        writeln!(f, "{} purchases, {} messages, {ended} honest orders ended", self.purchases, self.messages)?;
        writeln!(f, "not judged: {of_liars} orders of dishonest card holders, {among_liars} with a dishonest service")?;
        list(f, "honest orders that did not end, by what is left of them and the reason:", excused)?;
        list(f, "refused or not made:", &self.labels)?;
        list(f, "only counted, as nothing is promised:", counted)?;
        let missing = self.missing();
        if missing.is_empty() { Ok(()) } else { writeln!(f, "never occurred: {}", missing.join(", ")) }
    }
}

fn list<K: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, counts: &BTreeMap<K, u64>) -> fmt::Result {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}")?;
    counts.iter().try_for_each(|(what, count)| writeln!(f, "  {count:>10}  {what}"))
}
