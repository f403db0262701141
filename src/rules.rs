//! Rules: whom a party deals with, when, and after which confirmation.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::domain::Domain;
use crate::name::{Label, Role};

/// What a party demands: as a receiver, of an order's dates; as either, of the domains that an order travels in; and as
/// a sender, that the other side has answered to an advance confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// By how many seconds the sender's clock may be ahead of this one's.
    pub skew: u64,
    /// The longest time from sealing to the end of acceptance, in seconds.
    pub longest_accept: u64,
    /// The longest time from sealing to the end of delivery, in seconds: how long a ledger has to
    /// remember an order.
    pub longest_deliver: u64,
    networks: BTreeMap<Role, BTreeSet<Network>>,
    /// Whether it sends to confirmed parties only, and how old the confirmation may be.
    pub(crate) confirmed: Option<(Scope, u64)>,
}

/// Of whom a sender requires a confirmation: the stricter last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Of whom it sends a message to.
    Addressee,
    /// Of every recipient of the order.
    Everybody,
}

impl Default for Rules {
    /// Five minutes of skew, seven days to accept, ninety days to deliver, one network, no confirmation required.
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self {
            skew: 300,
            longest_accept: 7 * DAY,
            longest_deliver: 90 * DAY,
            networks: BTreeMap::new(),
            confirmed: None,
        }
    }
}

impl Rules {
    /// Accepts, for peers of this role, the network of this domain, in any epoch and cohort: its label, its issuers and
    /// its count of cohorts. And no other network that is not added likewise.
    ///
    /// A party that holds keys of one network need not say this. Where there are several, whoever issues for one of
    /// them could read what is sent to a peer of another, and speak for it: so a role for which nothing is said is then
    /// refused, as [`KeyError::Network`](crate::KeyError::Network).
    #[must_use]
    pub fn accept_network(mut self, role: Role, domain: &Domain) -> Self {
        let (label, issuers, count) = network(domain);
        self.networks.entry(role).or_default().insert((label.clone(), issuers.clone(), count));
        self
    }

    /// Sends no order, relay or dispatch to a party that has not answered to a challenge of the last `age` seconds in an
    /// advance confirmation (patent claim 7). A card holder sends to the seller, and to whom its form serves directly.
    ///
    /// Of this and [`require_all_confirmed`](Self::require_all_confirmed), called more than once, the stricter holds:
    /// all recipients if either said so, and the least age.
    #[must_use]
    pub fn require_confirmed(self, age: u64) -> Self {
        self.require(Scope::Addressee, age)
    }

    /// The same of every recipient of the order, for a card holder that wants to know that all of them are there.
    #[must_use]
    pub fn require_all_confirmed(self, age: u64) -> Self {
        self.require(Scope::Everybody, age)
    }

    /// Each call only makes the rules stricter.
    fn require(mut self, scope: Scope, age: u64) -> Self {
        let (scope, age) = match self.confirmed {
            Some((required, longest)) => (required.max(scope), longest.min(age)),
            None => (scope, age),
        };
        self.confirmed = Some((scope, age));
        self
    }

    /// Whether they accept the network of a domain for peers of this role, when these are the domains that the party
    /// holds keys of.
    pub(crate) fn accept(&self, role: &Role, domain: &Domain, held: &[Domain]) -> bool {
        match self.networks.get(role) {
            Some(accepted) => {
                accepted.iter().any(|(label, issuers, count)| (label, issuers, *count) == network(domain))
            }
            None => held.iter().all(|held| network(held) == network(domain)),
        }
    }
}

/// What the domains of one network have in common: label, issuers and count of cohorts.
type Network = (Label, BTreeSet<Label>, u32);

/// That of a domain, by reference: a service holds keys of every cohort, and they are all looked at.
fn network(domain: &Domain) -> (&Label, &BTreeSet<Label>, u32) {
    (domain.label(), domain.issuers(), domain.cohort().count())
}
