//! Sets of domains, indexed, so that what a message costs does not depend on how many there are.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::ops::Range;

use super::{Cohort, Domain, DomainError, KeyId, Network};
use crate::identifier::Identifier;

/// The domains in which a source has keys, in the order in which a sender prefers them.
///
/// The newest epoch comes first; of equal epochs, the network that was given first. Cheap to clone. Built once, in
/// O(n log n); to find a domain by its key-id takes O(log n).
#[derive(Clone, PartialEq, Eq)]
pub struct Domains(Arc<Index>);

#[derive(PartialEq, Eq)]
struct Index {
    /// In order of preference.
    domains: Vec<Domain>,
    /// The key-ids of `domains` and their places there, ascending.
    places: Vec<(KeyId, usize)>,
    /// The places of each network's epoch, whose domains differ in their cohort alone.
    groups: Vec<Range<usize>>,
    /// The one network of all domains, if there is one only.
    network: Option<Network>,
}

impl Domains {
    /// The set of these domains. A domain that is given twice counts once, and so do two of one key-id: the preferred one.
    pub fn new(domains: impl IntoIterator<Item = Domain>) -> Self {
        let mut domains: Vec<(usize, Domain)> = in_groups(domains);
        domains.sort_unstable_by(|(a, left), (b, right)| preference(*a, left).cmp(&preference(*b, right)));
        let mut seen = BTreeSet::new();
        domains.retain(|(_, domain)| seen.insert(domain.key_id()));
        let domains: Vec<Domain> = domains.into_iter().map(|(_, domain)| domain).collect();
        let mut places: Vec<_> = domains.iter().map(Domain::key_id).zip(0..).collect();
        places.sort_unstable();
        let groups = groups(&domains);
        let network = domains.first().map(Domain::network);
        let is_one = domains.iter().all(|domain| network.as_ref().is_some_and(|network| network.has(domain)));
        Self(Arc::new(Index { places, groups, network: network.filter(|_| is_one), domains }))
    }

    /// The domains, the preferred one first.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Domain> {
        self.0.domains.iter()
    }

    /// The preferred domain.
    #[must_use]
    pub fn first(&self) -> Option<&Domain> {
        self.0.domains.first()
    }

    /// How many domains there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.domains.len()
    }

    /// Whether there is no domain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.domains.is_empty()
    }

    /// Whether the domain is in the set.
    #[must_use]
    pub fn contains(&self, domain: &Domain) -> bool {
        self.get(&domain.key_id()) == Some(domain)
    }

    /// The domain of this key-id.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&Domain> {
        self.0.domains.get(self.place(id)?)
    }

    /// The place of a domain in the order of preference.
    pub(crate) fn position(&self, domain: &Domain) -> Option<usize> {
        self.place(&domain.key_id()).filter(|place| self.0.domains.get(*place) == Some(domain))
    }

    fn place(&self, id: &KeyId) -> Option<usize> {
        let Index { places, .. } = &*self.0;
        let found = places.binary_search_by_key(id, |(id, _)| *id).ok()?;
        places.get(found).map(|(_, place)| *place)
    }

    /// Whether all domains are of the network of this one.
    pub(crate) fn are_of_the_network_of(&self, domain: &Domain) -> bool {
        self.0.network.as_ref().is_some_and(|network| network.has(domain))
    }

    /// The domains in which an order of `date` may travel between a card holder and a service, or (`card_holder` is
    /// `None`) between two services, the preferred one first. Without any, the reason.
    ///
    /// The card holder's identifier is hashed once for each network and count of cohorts, whatever the number of
    /// domains.
    pub(crate) fn candidates(&self, card_holder: Option<&Identifier>, date: u64) -> Result<Vec<&Domain>, DomainError> {
        let (mut found, mut refusal) = (Vec::new(), None);
        let mut cohorts: Vec<(&Domain, Cohort)> = Vec::new();
        for group in &self.0.groups {
            let Some(domains) = self.0.domains.get(group.clone()) else { continue };
            let Some(first) = domains.first() else { continue };
            if !first.epoch().covers(date) {
                refusal = refusal.or(Some(DomainError::Epoch));
                continue;
            }
            let known = cohorts.iter().find(|(domain, _)| first.cuts_like(domain)).map(|(_, cohort)| *cohort);
            let cohort = known.unwrap_or_else(|| first.cohort_for(card_holder));
            if known.is_none() {
                cohorts.push((first, cohort));
            }
            match domains.binary_search_by_key(&cohort, Domain::cohort).ok().and_then(|place| domains.get(place)) {
                Some(domain) => found.push(domain),
                None if card_holder.is_some() => refusal = refusal.or(Some(DomainError::Cohort)),
                None => refusal = refusal.or(Some(DomainError::Services)),
            }
        }
        match refusal {
            Some(refusal) if found.is_empty() => Err(refusal),
            _ => Ok(found),
        }
    }
}

impl From<Domain> for Domains {
    fn from(domain: Domain) -> Self {
        Self::new([domain])
    }
}

impl FromIterator<Domain> for Domains {
    fn from_iter<I: IntoIterator<Item = Domain>>(domains: I) -> Self {
        Self::new(domains)
    }
}

impl fmt::Debug for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Each domain with the number of its group: the domains of one epoch of one network, in the order in which the first of
/// each was given.
fn in_groups(domains: impl IntoIterator<Item = Domain>) -> Vec<(usize, Domain)> {
    let mut numbers = BTreeMap::new();
    let mut grouped: Vec<(usize, Domain)> = Vec::new();
    for domain in domains {
        let last = grouped.last().filter(|(_, last)| is_of_one_group(last, &domain)).map(|(number, _)| *number);
        let number = last.unwrap_or_else(|| {
            let next = numbers.len();
            *numbers.entry((domain.network(), *domain.epoch())).or_insert(next)
        });
        grouped.push((number, domain));
    }
    grouped
}

/// What the domains are sorted by: domains of a group are neighbours.
fn preference(group: usize, domain: &Domain) -> impl Ord {
    (Reverse((domain.epoch().start(), domain.epoch().number())), group, domain.cohort())
}

fn is_of_one_group(a: &Domain, b: &Domain) -> bool {
    a.epoch() == b.epoch() && a.network_is(b)
}

/// The places of domains that differ in their cohort alone.
fn groups(domains: &[Domain]) -> Vec<Range<usize>> {
    let mut start = 0_usize;
    let lengths = domains.chunk_by(is_of_one_group).map(<[Domain]>::len);
    lengths
        .map(|length| {
            let group = start..start.saturating_add(length);
            start = group.end;
            group
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn domain(label: &str, number: u64, cohort: Cohort) -> Domain {
        Domain::sample(label, number).with_cohort(cohort)
    }

    #[test]
    fn the_newest_epoch_comes_first_and_every_domain_is_found() {
        let cohorts: Vec<_> = Cohort::every(5).collect();
        let all = [1, 3, 2].into_iter().flat_map(|epoch| cohorts.iter().map(move |c| domain("bank", epoch, *c)));
        let domains = Domains::new(all.clone().chain([domain("shops", 2, Cohort::WHOLE)]));
        let epochs: Vec<u64> = domains.iter().map(|domain| domain.epoch().number()).collect();
        assert_eq!(epochs, [3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
        let given_first = |labels: [&str; 2]| {
            let domains = Domains::new(labels.map(|label| domain(label, 1, Cohort::WHOLE)));
            domains.first().unwrap().label().to_string()
        };
        assert_eq!((given_first(["bank", "shops"]), given_first(["shops", "bank"])), ("bank".into(), "shops".into()));
        // Of two that begin together the higher number counts as the newer one.
        let label = crate::name::Label::new("bank").unwrap();
        let epoch = |number| crate::domain::Epoch::new(number, 100, 150).unwrap();
        let together = [8, 9].map(|n| Domain::new(label.clone(), label.clone(), epoch(n)));
        assert_eq!(Domains::new(together).first().map(|first| first.epoch().number()), Some(9));
        for (place, domain) in domains.iter().enumerate() {
            assert_eq!(domains.position(domain), Some(place));
            assert_eq!(domains.get(&domain.key_id()), Some(domain));
        }
        assert!(!domains.contains(&domain("shops", 1, Cohort::WHOLE)));
        assert!(!domains.are_of_the_network_of(&domain("shops", 2, Cohort::WHOLE)));
        assert!(Domains::new(all).are_of_the_network_of(&domain("bank", 9, Cohort::services(5))));
    }

    /// Compares the index with the plain rule, domain by domain.
    #[test]
    fn candidates_are_the_domains_that_the_rule_admits() {
        let holders: Vec<_> = (0..20_u8).map(|name| Identifier::new([name]).unwrap()).collect();
        let mut all = Vec::new();
        // Networks alike in label, in the count of cohorts, or in neither.
        for (label, count) in [("bank", 4), ("shops", 1), ("bank", 7), ("cards", 7)] {
            for epoch in 1..5 {
                // Not every cohort is held.
                all.extend(Cohort::every(count).step_by(2).map(|cohort| domain(label, epoch, cohort)));
            }
        }
        let domains = Domains::new(all);
        for date in [50, 120, 210, 260, 380, 549, 550] {
            for card_holder in holders.iter().map(Some).chain([None]) {
                let admitted: Vec<_> = domains.iter().filter(|d| d.check(card_holder, date).is_ok()).collect();
                assert_eq!(domains.candidates(card_holder, date).unwrap_or_default(), admitted);
            }
        }
        assert_eq!(domains.candidates(None, 50), Err(DomainError::Epoch));
        assert_eq!(Domains::new([]).candidates(None, 50), Ok(Vec::new()));
        assert!(Domains::new([]).is_empty() && !domains.is_empty());
    }
}
