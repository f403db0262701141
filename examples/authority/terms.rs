//! What an authority is, apart from its secret: all of it is public.

use std::collections::BTreeSet;

use polyseal::key::Cohort;
use polyseal::{Capacity, Domain, Epoch, Label, ValueError};
use serde::{Deserialize, Serialize};

use crate::Result;
use polyseal_example_authority::dates::Date;

/// How many parties may hold shares of one polynomial, as [`Capacity`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Parties {
    Unconditional,
    Closed,
    Assumed(usize),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    pub(crate) label: Label,
    /// Which of the issuers this authority is.
    pub(crate) issuer: Label,
    pub(crate) issuers: BTreeSet<Label>,
    pub(crate) epoch: u64,
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) threshold: usize,
    pub(crate) parties: Parties,
    pub(crate) cohorts: u32,
}

impl Terms {
    /// Whether it is one of several authorities, each of which gives a contribution to every share.
    pub(crate) fn is_joint(&self) -> bool {
        self.issuers.len() > 1
    }

    /// What its files are called, and are: shares, or contributions to shares.
    pub(crate) fn product(&self) -> &'static str {
        if self.is_joint() { "contribution" } else { "share" }
    }

    pub(crate) fn capacity(&self) -> Capacity {
        match self.parties {
            Parties::Unconditional => Capacity::UNCONDITIONAL,
            Parties::Closed => Capacity::CLOSED,
            Parties::Assumed(parties) => Capacity::assuming_no_coalition_above_threshold(parties),
        }
    }

    /// How many parties a polynomial serves.
    pub(crate) fn room(&self) -> usize {
        match self.parties {
            Parties::Unconditional => self.threshold.saturating_add(2),
            Parties::Closed => self.threshold.saturating_add(1),
            Parties::Assumed(parties) => parties,
        }
    }

    pub(crate) fn epoch(&self) -> core::result::Result<Epoch, ValueError> {
        Epoch::new(self.epoch, self.from, self.until)
    }

    pub(crate) fn domain(&self, cohort: Cohort) -> Result<Domain> {
        Ok(Domain::joint(self.label.clone(), self.issuers.iter().cloned(), self.epoch()?)?.with_cohort(cohort))
    }

    /// The terms of the next epoch, which begins where this one ends.
    pub(crate) fn next(mut self, until: Option<Date>, threshold: Option<usize>) -> Self {
        let length = self.until.saturating_sub(self.from);
        self.epoch = self.epoch.saturating_add(1);
        self.from = self.until;
        self.until = until.map_or(self.from.saturating_add(length), Date::start);
        self.threshold = threshold.unwrap_or(self.threshold);
        self
    }

    pub(crate) fn title(&self) -> String {
        let issuers: Vec<_> = self.issuers.iter().map(Label::as_str).collect();
        let whose = if self.is_joint() {
            format!("issuers {}, here {}", issuers.join(" and "), self.issuer)
        } else {
            format!("issuer {}", self.issuer)
        };
        format!("Network {}, {whose}", self.label)
    }

    /// The epoch and the polynomials, a line for each.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let Self { epoch, from, until, threshold, cohorts, .. } = self;
        let rule = match self.parties {
            Parties::Unconditional => "no coalition learns the key of two others",
            Parties::Closed => "no coalition learns a key of a party outside it, strangers included",
            Parties::Assumed(_) => "ASSUMING that no coalition is larger than the threshold",
        };
        vec![
            ("epoch", format!("{epoch}, from {} until {}", Date::of(*from), Date::of(*until))),
            ("threshold", format!("{threshold} shares of a polynomial reveal no other key, one more reveals all")),
            ("parties", format!("{} on a polynomial: {rule}", self.room())),
            ("cohorts", cohorts.to_string()),
        ]
    }
}

/// A title, and under it names with what they stand for.
pub(crate) fn table(title: &str, lines: &[(&str, String)]) -> String {
    let lines = lines.iter().map(|(name, what)| format!("  {name:<24}{what}\n"));
    [format!("{title}\n")].into_iter().chain(lines).collect()
}
