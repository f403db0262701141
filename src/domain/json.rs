//! Epochs, cohorts and domains in serde's formats.

use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cohort, Domain, Epoch};
use crate::name::Label;
use crate::value::ValueError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an epoch: {\"number\", \"start\", \"until\"}")]
struct PlainEpoch {
    number: u64,
    start: u64,
    until: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a cohort: {\"index\", \"count\"}")]
struct PlainCohort {
    /// Null for the services' own polynomial.
    index: Option<u32>,
    count: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a domain: {\"label\", \"issuers\", \"epoch\", \"cohort\"}")]
struct PlainDomain {
    label: Label,
    issuers: Vec<Label>,
    epoch: Epoch,
    cohort: Cohort,
}

impl From<&Epoch> for PlainEpoch {
    fn from(epoch: &Epoch) -> Self {
        Self { number: epoch.number(), start: epoch.start(), until: epoch.until() }
    }
}

impl TryFrom<PlainEpoch> for Epoch {
    type Error = ValueError;

    fn try_from(PlainEpoch { number, start, until }: PlainEpoch) -> Result<Self, ValueError> {
        Self::new(number, start, until)
    }
}

impl From<&Cohort> for PlainCohort {
    fn from(cohort: &Cohort) -> Self {
        Self { index: cohort.index(), count: cohort.count() }
    }
}

impl TryFrom<PlainCohort> for Cohort {
    type Error = ValueError;

    fn try_from(PlainCohort { index, count }: PlainCohort) -> Result<Self, ValueError> {
        let cohort = match index {
            Some(index) => Self::new(index, count)?,
            None => Self::services(count),
        };
        // Services of one cohort have its index, and a count above the limit is no other count.
        if (cohort.index(), cohort.count()) == (index, count) { Ok(cohort) } else { Err(ValueError::Cohort) }
    }
}

impl From<&Domain> for PlainDomain {
    fn from(domain: &Domain) -> Self {
        let issuers = domain.issuers().iter().cloned().collect();
        Self { label: domain.label().clone(), issuers, epoch: *domain.epoch(), cohort: domain.cohort() }
    }
}

impl TryFrom<PlainDomain> for Domain {
    type Error = ValueError;

    fn try_from(PlainDomain { label, issuers, epoch, cohort }: PlainDomain) -> Result<Self, ValueError> {
        Self::joint(label, issuers, epoch).map(|domain| domain.with_cohort(cohort))
    }
}

macro_rules! through {
    ($($name:ty: $plain:ty;)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$plain>::from(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$plain>::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
            }
        }
    )*};
}

through! {
    Epoch: PlainEpoch;
    Cohort: PlainCohort;
    Domain: PlainDomain;
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn domains_are_written_and_read() {
        let label = Label::new("bank").unwrap();
        let whole = Domain::new(label.clone(), label, Epoch::new(1, 10, 20).unwrap());
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(
            json,
            r#"{"label":"bank","issuers":["bank"],"epoch":{"number":1,"start":10,"until":20},"cohort":{"index":0,"count":1}}"#
        );
        for cohort in [Cohort::WHOLE, Cohort::new(2, 5).unwrap(), Cohort::services(5)] {
            let domain = whole.clone().with_cohort(cohort);
            let json = serde_json::to_string(&domain).unwrap();
            assert_eq!(serde_json::from_str::<Domain>(&json).unwrap(), domain);
        }
        for (bad, says) in [
            (json.replace("\"until\":20", "\"until\":10"), "an epoch starts"),
            (json.replace("[\"bank\"]", "[]"), "1 to 8 issuers"),
            (json.replace("[\"bank\"]", "[\"bank\",\"bank\"]"), "1 to 8 issuers"),
            (json.replace("\"index\":0", "\"index\":1"), "a cohort's index"),
            (json.replace("\"index\":0", "\"index\":null"), "a cohort's index"),
            (json.replace("\"label\"", "\"network\""), "network"),
        ] {
            let error = serde_json::from_str::<Domain>(&bad).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }
}
