//! Who is in the world, and the keys of every pair, computed once by the library from shares of small thresholds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use polyseal::authority::{Authority, Capacity, Share};
use polyseal::key::{Cohort, CommonKey, Domain, Domains, Epoch, KeyError, KeyId, KeySource};
use polyseal::{Identifier, Label};

use crate::clock::{EPOCH, EPOCHS, START};
use crate::trace::{Role, Who};

pub const HOLDERS: Who = 40;
pub const SELLERS: Who = 5;
pub const BANKS: Who = 2;
pub const COURIERS: Who = 3;
pub const GATEWAYS: Who = 2;
/// Parties with shares and no part in any order.
pub const STRANGERS: Who = 2;

pub const SELLER: Who = HOLDERS;
pub const BANK: Who = SELLER + SELLERS;
pub const COURIER: Who = BANK + BANKS;
pub const GATEWAY: Who = COURIER + COURIERS;
pub const STRANGER: Who = GATEWAY + GATEWAYS;
pub const ALL: Who = STRANGER + STRANGERS;

/// The degree of every polynomial.
const THRESHOLD: usize = 3;
/// Into how many cohorts the first network cuts its card holders. The second has one.
const COHORTS: u32 = 3;
const NETWORKS: [&str; 2] = ["cards.example", "post.example"];

pub struct Cast {
    pub identifiers: Vec<Identifier>,
    places: HashMap<Identifier, Who>,
    /// By network and epoch, those in which each party has a share.
    domains: Vec<(usize, u64, Domain)>,
    numbers: BTreeMap<Domain, usize>,
    keys: HashMap<(Who, Who, usize), [u8; 32]>,
    /// By party, count of networks, and which epochs are lacking: none, the later ones, or the first.
    held: Vec<[[Domains; 3]; 2]>,
}

/// The one cast of all worlds.
pub static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

/// The role in which somebody acts, if it is one that receives parts.
pub fn role(who: Who) -> Option<Role> {
    match who {
        SELLER..BANK => Some(Role::Seller),
        BANK..COURIER => Some(Role::Bank),
        COURIER..GATEWAY => Some(Role::Courier),
        GATEWAY..STRANGER => Some(Role::Gateway),
        _ => None,
    }
}

pub fn is_holder(who: Who) -> bool {
    who < HOLDERS
}

fn name(who: Who) -> String {
    let (kind, first) = [
        ("holder", 0),
        ("shop", SELLER),
        ("bank", BANK),
        ("courier", COURIER),
        ("gateway", GATEWAY),
        ("stranger", STRANGER),
    ]
    .into_iter()
    .rfind(|(_, first)| who >= *first)
    .unwrap();
    format!("{kind}-{}.example", who - first)
}

fn domain(network: usize, epoch: u64, cohort: Cohort) -> Domain {
    let label = Label::new(NETWORKS[network]).unwrap();
    let start = START + epoch * EPOCH;
    Domain::new(label.clone(), label, Epoch::new(epoch + 1, start, start + EPOCH).unwrap()).with_cohort(cohort)
}

impl Cast {
    fn new() -> Self {
        let identifiers: Vec<_> = (0..ALL).map(|who| Identifier::new(name(who)).unwrap()).collect();
        let places = identifiers.iter().cloned().zip(0..).collect();
        let mut cast = Self {
            identifiers,
            places,
            domains: Vec::new(),
            numbers: BTreeMap::new(),
            keys: HashMap::new(),
            held: Vec::new(),
        };
        for (network, cohorts) in [(0, COHORTS), (1, 1)] {
            for epoch in 0..EPOCHS {
                for cohort in Cohort::every(cohorts) {
                    cast.issue(network, epoch, cohort);
                }
            }
        }
        let lacks = [None, Some(Lack::Newest), Some(Lack::Oldest)];
        let of = |who, networks| lacks.map(|lack| cast.find_held(who, networks, lack));
        cast.held = (0..ALL).map(|who| [1, 2].map(|networks| of(who, networks))).collect();
        cast
    }

    fn issue(&mut self, network: usize, epoch: u64, cohort: Cohort) {
        let domain = domain(network, epoch, cohort);
        let number = self.domains.len();
        let capacity = Capacity::assuming_no_coalition_above_threshold(100);
        let seed = [u8::try_from(number + 1).unwrap(); 32];
        let authority = Authority::from_seed(domain.clone(), THRESHOLD, capacity, &seed, BTreeSet::new());
        let services: Vec<_> = (SELLER..ALL).map(|who| self.id(who).clone()).collect();
        let shares: Vec<Share> = authority.unwrap().issue_all(&services).unwrap();
        for (one, share) in (SELLER..ALL).zip(&shares) {
            // With card holders of other cohorts, too: these keys exist, and nobody may use them.
            for other in (0..ALL).filter(|other| *other < one) {
                let key = share.common_key(self.id(other), &domain).unwrap();
                self.keys.insert((other, one, number), *key.export());
            }
        }
        self.numbers.insert(domain.clone(), number);
        self.domains.push((network, epoch, domain));
    }

    /// Card holders have shares of their cohort, services of all.
    fn is_member(&self, who: Who, domain: &Domain) -> bool {
        let cohort = domain.cohort();
        !is_holder(who) || Cohort::of(self.id(who), domain.label(), cohort.count()) == cohort
    }

    pub fn id(&self, who: Who) -> &Identifier {
        &self.identifiers[usize::from(who)]
    }

    pub fn who(&self, identifier: &Identifier) -> Option<Who> {
        self.places.get(identifier).copied()
    }

    /// The domain in which two parties meet, in a network at a time.
    pub fn meeting(&self, one: Who, other: Who, network: usize, time: u64) -> Domain {
        let holder = [one, other].into_iter().find(|who| is_holder(*who));
        let label = Label::new(NETWORKS[network]).unwrap();
        let count = if network == 0 { COHORTS } else { 1 };
        let cohort = holder.map_or(Cohort::services(count), |holder| Cohort::of(self.id(holder), &label, count));
        domain(network, (time.saturating_sub(START) / EPOCH).min(EPOCHS - 1), cohort)
    }

    /// The domains in which a party has shares, of so many networks, without those that it lacks.
    pub fn held(&self, who: Who, networks: usize, lack: Option<Lack>) -> Domains {
        let which = match lack {
            Some(Lack::Newest) => 1,
            Some(Lack::Oldest) => 2,
            Some(Lack::Peer(_)) | None => 0,
        };
        self.held[usize::from(who)][networks - 1][which].clone()
    }

    fn find_held(&self, who: Who, networks: usize, lack: Option<Lack>) -> Domains {
        let held = self.domains.iter().filter(|(network, epoch, domain)| {
            let is_lacking = lack == Some(if *epoch == 0 { Lack::Oldest } else { Lack::Newest });
            *network < networks && !is_lacking && self.is_member(who, domain)
        });
        held.map(|(_, _, domain)| domain.clone()).collect()
    }

    /// A domain of each network: what rules accept it by.
    pub fn network(network: usize) -> Domain {
        domain(network, 0, Cohort::services(if network == 0 { COHORTS } else { 1 }))
    }

    fn key(&self, one: Who, other: Who, domain: &Domain) -> Option<CommonKey> {
        let pair = (one.min(other), one.max(other), *self.numbers.get(domain)?);
        self.keys.get(&pair).map(CommonKey::import)
    }
}

/// What is wrong with a process's keys for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The newest epochs are not there yet.
    Newest,
    /// Those of the first epoch are erased.
    Oldest,
    /// The key of this peer is elsewhere.
    Peer(Who),
}

/// The keys of a party, from the table. What it says of itself and of others is as a keyring says it.
#[derive(Clone, Debug)]
pub struct Keys {
    pub me: Who,
    pub domains: Domains,
    pub revoked: BTreeSet<Who>,
    pub lack: Option<Lack>,
}

impl Keys {
    /// The keys of a party that has but one domain. A liar seals with them.
    pub fn only(me: Who, domain: Domain) -> Self {
        Self { me, domains: domain.into(), revoked: BTreeSet::new(), lack: None }
    }
}

impl KeySource for Keys {
    fn identifier(&self) -> &Identifier {
        CAST.id(self.me)
    }

    fn domains(&self) -> &Domains {
        &self.domains
    }

    fn domain(&self, id: &KeyId) -> Result<&Domain, KeyError> {
        let is_first = |(_, epoch, domain): &(usize, u64, Domain)| *epoch == 0 && domain.key_id() == *id;
        self.domains.get(id).ok_or_else(|| {
            let is_retired = self.lack == Some(Lack::Oldest) && CAST.domains.iter().any(is_first);
            if is_retired { KeyError::Retired } else { KeyError::UnknownDomain }
        })
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        if !self.domains.contains(domain) {
            return Err(KeyError::UnknownDomain);
        }
        if peer == self.identifier() {
            return Err(KeyError::Oneself);
        }
        let peer = CAST.who(peer).ok_or(KeyError::UnknownPeer)?;
        if self.revoked.contains(&peer) {
            return Err(KeyError::Revoked);
        }
        if self.lack == Some(Lack::Peer(peer)) {
            return Err(KeyError::Unavailable);
        }
        CAST.key(self.me, peer, domain).ok_or(KeyError::UnknownPeer)
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        CAST.who(peer).is_some_and(|peer| self.revoked.contains(&peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_pair_have_the_librarys_own_key() {
        let domain = CAST.meeting(0, SELLER, 0, START);
        let capacity = Capacity::assuming_no_coalition_above_threshold(100);
        let number = CAST.numbers[&domain];
        let seed = [u8::try_from(number + 1).unwrap(); 32];
        let mut authority = Authority::from_seed(domain.clone(), THRESHOLD, capacity, &seed, BTreeSet::new()).unwrap();
        let share = authority.issue(CAST.id(SELLER)).unwrap();
        let here = share.common_key(CAST.id(0), &domain).unwrap();
        for (me, peer) in [(0, SELLER), (SELLER, 0)] {
            let there = Keys::only(me, domain.clone()).common_key(CAST.id(peer), &domain).unwrap();
            assert_eq!(here.export(), there.export());
        }
    }
}
