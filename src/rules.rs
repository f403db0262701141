//! Rules: with whom a party deals, when, and after which handshake.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::domain::{Domain, Domains, Network};
use crate::name::Role;

/// A party's requirements: limits on dates (when it receives), accepted networks (always), and recent handshakes and
/// sessions with the peer (when it sends).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub(crate) skew: u64,
    pub(crate) longest_accept: u64,
    pub(crate) longest_deliver: u64,
    pub(crate) longest_settle: u64,
    networks: BTreeMap<Role, BTreeSet<Network>>,
    /// Whether the party sends to authenticated parties only, and how old the handshake may be.
    pub(crate) authenticated: Option<(Scope, u64)>,
    /// The roles of the peers for which it seals under sessions only.
    sessions: BTreeSet<Role>,
}

/// From whom a sender requires a handshake: the stricter one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// From the party to which it sends a message.
    Addressee,
    /// From every recipient of the order.
    Everybody,
}

impl Default for Rules {
    /// Five minutes of skew, seven days to accept, ninety days to deliver, 400 days to settle, one network, no handshake
    /// required.
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self {
            skew: 300,
            longest_accept: 7 * DAY,
            longest_deliver: 90 * DAY,
            longest_settle: 400 * DAY,
            networks: BTreeMap::new(),
            authenticated: None,
            sessions: BTreeSet::new(),
        }
    }
}

impl Rules {
    /// By how many seconds the sender's clock may be ahead of this party's.
    #[must_use]
    pub fn skew(&self) -> u64 {
        self.skew
    }

    /// The longest time from sealing to the end of acceptance, in seconds.
    #[must_use]
    pub fn longest_accept(&self) -> u64 {
        self.longest_accept
    }

    /// The longest time from sealing to the end of delivery, in seconds.
    #[must_use]
    pub fn longest_deliver(&self) -> u64 {
        self.longest_deliver
    }

    /// The longest time from sealing to the end of settlement, in seconds.
    #[must_use]
    pub fn longest_settle(&self) -> u64 {
        self.longest_settle
    }

    /// By how many seconds the sender's clock may be ahead of this party's.
    #[must_use]
    pub fn with_skew(self, skew: u64) -> Self {
        Self { skew, ..self }
    }

    /// The longest time from sealing to the end of acceptance, in seconds.
    #[must_use]
    pub fn with_longest_accept(self, longest_accept: u64) -> Self {
        Self { longest_accept, ..self }
    }

    /// The longest time from sealing to the end of delivery, in seconds.
    #[must_use]
    pub fn with_longest_deliver(self, longest_deliver: u64) -> Self {
        Self { longest_deliver, ..self }
    }

    /// The longest time from sealing to the end of settlement, in seconds. A ledger has to remember an order for that
    /// long, and the keys of its epoch have to be kept.
    #[must_use]
    pub fn with_longest_settle(self, longest_settle: u64) -> Self {
        Self { longest_settle, ..self }
    }

    /// Accepts, for peers of this role, the network of this domain in any epoch and cohort: its label, its issuers and
    /// its count of cohorts. Networks that are not added likewise are refused for the role from then on.
    ///
    /// A party that holds keys of one network need not call this. With keys of several networks, the issuer of one could
    /// read what is sent to a peer of another, and speak for that peer. So a role for which nothing was accepted is then
    /// refused, as [`KeyError::Network`](crate::key::KeyError::Network).
    #[must_use]
    pub fn accept_network(mut self, role: Role, domain: &Domain) -> Self {
        self.networks.entry(role).or_default().insert(domain.network());
        self
    }

    /// Sends no new order, relay or dispatch to a party that has not answered a challenge of the last `age` seconds in a
    /// handshake (patent claim 7). A card holder sends to the seller, and to the recipients that its form serves
    /// directly.
    ///
    /// If this and [`require_all_authenticated`](Self::require_all_authenticated) are called more than once, the
    /// strictest of all calls counts: all recipients if one call said so, and the least age.
    #[must_use]
    pub fn require_authenticated(self, age: u64) -> Self {
        self.require(Scope::Addressee, age)
    }

    /// The same for every recipient of the order: for a card holder that wants to know that all of them are there.
    #[must_use]
    pub fn require_all_authenticated(self, age: u64) -> Self {
        self.require(Scope::Everybody, age)
    }

    fn require(mut self, scope: Scope, age: u64) -> Self {
        let (scope, age) = match self.authenticated {
            Some((required, longest)) => (required.max(scope), longest.min(age)),
            None => (scope, age),
        };
        self.authenticated = Some((scope, age));
        self
    }

    /// Seals nothing for peers of this role but under a session with them, whose handshake had an exchange. What cannot be
    /// sealed so is an error that names the role, with [`KeyError::NoSession`](crate::key::KeyError::NoSession). Handshakes
    /// without an exchange are neither begun with peers of this role nor answered: their payloads would go under the common
    /// key.
    ///
    /// A session serves orders of its own epoch alone. For what is left to say of an order after its epoch, such as a
    /// refund, no new handshake helps: keep the session, or step with a copy of the party whose rules do not require one.
    ///
    /// A receiver opens what was sealed without one all the same: it is the sender whose secrets are at stake.
    #[must_use]
    pub fn require_session(mut self, role: Role) -> Self {
        self.sessions.insert(role);
        self
    }

    pub(crate) fn require_session_with(&self, role: &Role) -> bool {
        self.sessions.contains(role)
    }

    /// Whether the rules accept the network of a domain for peers of this role, when the party holds keys of `held`.
    pub(crate) fn accept(&self, role: &Role, domain: &Domain, held: &Domains) -> bool {
        // K-4
        match self.networks.get(role) {
            Some(accepted) => accepted.iter().any(|network| network.has(domain)),
            None => held.are_of_the_network_of(domain),
        }
    }
}
