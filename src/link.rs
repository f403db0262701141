//! Links: a party in its role, with its keys and its rules for whom it hears, and what connects it to others.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::domain::Domain;
use crate::identifier::Identifier;
use crate::key::{CommonKey, DirectionalKey, KeyError, KeySource, Purpose};
use crate::name::{Label, Role};

/// What a receiver demands of an order's dates, and of the domains it travels in.
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
    /// Accepts, for peers of this role, the network of this domain, in any epoch and cohort: its label, its issuers and its
    /// count of cohorts. And no other network that is not added likewise.
    ///
    /// A party that holds keys of one network need not say this. Where there are several, whoever issues for one of
    /// them could read what is sent to a peer of another, and speak for it: so a role for which nothing is said is then
    /// refused, as [`KeyError::Network`].
    #[must_use]
    pub fn accept_network(mut self, role: Role, domain: &Domain) -> Self {
        self.networks.entry(role).or_default().insert(Network::of(domain));
        self
    }

    /// Sends no order, relay or dispatch to a party that has not answered to an advance confirmation in the last `age`
    /// seconds (patent claim 7). A card holder sends to the seller, and to whom its form serves directly.
    ///
    /// Of this and [`require_all_confirmed`](Self::require_all_confirmed), called more than once, the stricter holds: all
    /// recipients if either said so, and the least age.
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
}

/// What the domains of one network have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    label: Label,
    issuers: BTreeSet<Label>,
    cohorts: u32,
}

impl Network {
    fn of(domain: &Domain) -> Self {
        let (label, issuers) = (domain.label().clone(), domain.issuers().clone());
        Self { label, issuers, cohorts: domain.cohort().count() }
    }
}

/// A party in its role.
pub(crate) struct Terminal<K> {
    pub(crate) keys: K,
    pub(crate) role: Role,
    pub(crate) rules: Rules,
}

/// The other end of a link.
#[derive(Clone, Copy)]
pub(crate) struct Peer<'a> {
    pub(crate) role: &'a Role,
    pub(crate) identifier: &'a Identifier,
}

/// What a sealed message says of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyName {
    pub(crate) domain: Domain,
    /// The transcript of the handshake under which it is sealed, if there was one with an ephemeral exchange.
    pub(crate) session: Option<[u8; 32]>,
}

impl From<&Domain> for KeyName {
    fn from(domain: &Domain) -> Self {
        Self { domain: domain.clone(), session: None }
    }
}

/// How a message of one purpose goes between two parties: the key for its direction, and its name.
pub(crate) struct Link {
    pub(crate) name: KeyName,
    pub(crate) key: DirectionalKey,
}

impl<K: KeySource> Terminal<K> {
    pub(crate) fn new(keys: K, role: Role) -> Self {
        Self { keys, role, rules: Rules::default() }
    }

    pub(crate) fn identifier(&self) -> &Identifier {
        self.keys.identifier()
    }

    /// Whether an order of this date may travel between this party and a peer in a domain.
    pub(crate) fn admits(&self, domain: &Domain, peer: Peer<'_>, date: u64) -> Result<(), KeyError> {
        let card_holder = if self.role == Role::CARD_HOLDER {
            Some(self.identifier())
        } else {
            (*peer.role == Role::CARD_HOLDER).then_some(peer.identifier)
        };
        domain.check(card_holder, date)?;
        let accepted = match self.rules.networks.get(peer.role) {
            Some(accepted) => accepted.contains(&Network::of(domain)),
            None => self.keys.domains().iter().all(|held| held.is_of_network(domain)),
        };
        if accepted { Ok(()) } else { Err(KeyError::Network) }
    }

    /// The link to a peer: the first domain that the rules admit and that there is a key in.
    ///
    /// Without any, the error is the key source's for the first domain that the rules admit, or else that of the rules for
    /// the first of all. Whoever has no domain, because all are retired, say, hears that.
    pub(crate) fn link_to(&self, purpose: Purpose, peer: Peer<'_>, date: u64) -> Result<Link, KeyError> {
        let (mut failure, mut refusal) = (None, None);
        for domain in self.keys.domains() {
            if let Err(error) = self.admits(domain, peer, date) {
                refusal = refusal.or(Some(error));
                continue;
            }
            match self.keys.common_key(peer.identifier, domain) {
                Ok(common) => return Ok(self.link(purpose, peer, domain.into(), &common)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.or(refusal).unwrap_or(KeyError::NoDomain))
    }

    /// The key for what a peer sends, which its message names.
    pub(crate) fn key_from(
        &self,
        purpose: Purpose,
        peer: Peer<'_>,
        name: &KeyName,
        date: u64,
    ) -> Result<DirectionalKey, KeyError> {
        let common = self.common_key(peer, &name.domain, date)?;
        let common = match &name.session {
            Some(session) => self.keys.session_key(peer.identifier, &name.domain, session)?,
            None => common,
        };
        Ok(common.directional(purpose, peer.identifier, self.identifier()))
    }

    /// The key shared with a peer, in a domain that the other side chose.
    pub(crate) fn common_key(&self, peer: Peer<'_>, domain: &Domain, date: u64) -> Result<CommonKey, KeyError> {
        // The source first: it can say more of a domain that it does not have than that it is unknown.
        let common = self.keys.common_key(peer.identifier, domain)?;
        if !self.keys.domains().contains(domain) {
            return Err(KeyError::UnknownDomain);
        }
        self.admits(domain, peer, date)?;
        Ok(common)
    }

    /// The link to a peer under a key that the two share.
    pub(crate) fn link(&self, purpose: Purpose, peer: Peer<'_>, name: KeyName, common: &CommonKey) -> Link {
        let key = common.directional(purpose, self.identifier(), peer.identifier);
        Link { name, key }
    }
}
