//! Processes: one running program of a party, with what is lost when it dies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polyseal::card_holder::AwaitingReceipt;
use polyseal::handshake::{Initiator, Responder};
use polyseal::seller::AwaitingAuthorization;
use polyseal::{CardHolder, CardManager, Peers, Recipient, Role, Rules, Seller};

use crate::cast::{BANK, CAST, COURIER, Cast, GATEWAY, Keys, Lack, SELLER};
use crate::clock::DAY;
use crate::orders::{self, Chosen};
use crate::random::Generator;
use crate::services::Parked;
use crate::trace::{At, Digest, Who};

/// A card holder that sends nothing without a handshake, and one that sends a seller nothing without a session.
const CAREFUL: Who = 5;
const SECRETIVE: Who = 6;

pub struct Process {
    pub who: Who,
    pub networks: usize,
    pub generator: Generator,
    pub lack: Option<Lack>,
    /// After how many calls it dies.
    fuse: Option<u64>,
    /// For how many deliveries its next steps wait before they are filed.
    pub slow: u64,
    pub parked: Vec<(u64, Parked)>,
    /// States that the process has in memory. Another process may have gone on since.
    pub memory: BTreeMap<Digest, AwaitingAuthorization>,
    /// The same of a card holder.
    pub awaiting: BTreeMap<Digest, AwaitingReceipt>,
    /// Handshakes that are under way, and since when.
    pub begun: Option<(Initiator, At)>,
    pub answered: Option<(Responder, At)>,
    /// How it was when it was started.
    first: Generator,
    is_rewound: bool,
    party: Option<Arc<Party>>,
}

impl Process {
    pub fn new(who: Who, networks: usize, seed: u64) -> Self {
        let generator = Generator::new(seed);
        Self {
            who,
            networks,
            first: generator.clone(),
            generator,
            lack: None,
            fuse: None,
            slow: 0,
            parked: Vec::new(),
            memory: BTreeMap::new(),
            awaiting: BTreeMap::new(),
            begun: None,
            answered: None,
            is_rewound: false,
            party: None,
        }
    }

    /// It dies after this many calls; a generator that is a copy begins again.
    pub fn light_fuse(&mut self, calls: u64, is_rewound: bool) {
        (self.fuse, self.is_rewound) = (Some(calls), is_rewound);
    }

    /// Whether it still lives. If not, a new process stands where it was, without what it had in memory.
    pub fn breathes(&mut self) -> bool {
        match &mut self.fuse {
            None => true,
            Some(0) => {
                self.die();
                false
            }
            Some(calls) => {
                *calls -= 1;
                true
            }
        }
    }

    /// Ends it; another one begins with nothing in memory.
    pub fn die(&mut self) {
        self.fuse = None;
        self.parked.clear();
        self.memory.clear();
        self.awaiting.clear();
        (self.begun, self.answered) = (None, None);
        if self.is_rewound {
            self.generator = self.first.clone();
        }
    }

    pub fn heal(&mut self) {
        (self.fuse, self.slow, self.lack) = (None, 0, None);
        self.generator.stick(None);
        self.changed();
    }

    /// What it does from now on is with other keys or rules.
    pub fn changed(&mut self) {
        self.party = None;
    }

    /// The party, made when something changed since.
    pub fn party(&mut self, revoked: &BTreeSet<Who>, forms: &[usize]) -> Arc<Party> {
        if let Some(party) = &self.party {
            return Arc::clone(party);
        }
        let domains = CAST.held(self.who, self.networks, self.lack);
        let keys = Arc::new(Keys { me: self.who, domains, revoked: revoked.clone(), lack: self.lack });
        let party = match self.who {
            0..SELLER => Party::Holder(keys, self.rules()),
            SELLER..BANK => Party::Seller(Seller::new(keys, orders::seller_policy(forms)).with_rules(self.rules())),
            BANK..COURIER => Party::Bank(CardManager::new(keys, sellers()).with_rules(self.rules())),
            COURIER..GATEWAY => Party::Recipient(Recipient::delivery_service(keys, sellers()).with_rules(self.rules())),
            _ => Party::Recipient(Recipient::new(orders::GATEWAY, keys, sellers()).unwrap().with_rules(self.rules())),
        };
        let party = Arc::new(party);
        self.party = Some(Arc::clone(&party));
        party
    }

    /// Card holders, sellers and banks meet in the first network, all others in the last.
    fn rules(&self) -> Rules {
        let rules = match self.who {
            CAREFUL => Rules::default().require_authenticated(DAY),
            SECRETIVE => Rules::default().require_session(Role::SELLER),
            _ => Rules::default(),
        };
        if self.networks == 1 {
            return rules;
        }
        let (first, last) = (Cast::network(0), Cast::network(1));
        let near = if self.who >= COURIER { &last } else { &first };
        let roles = [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER].into_iter();
        let rules = roles.fold(rules, |rules, role| rules.accept_network(role, near));
        let others = [Role::DELIVERY_SERVICE, orders::GATEWAY].into_iter();
        others.fold(rules, |rules, role| rules.accept_network(role, &last))
    }
}

/// The sellers that every service serves.
fn sellers() -> Peers {
    (SELLER..BANK).map(|seller| CAST.id(seller).clone()).collect()
}

/// A party of the library, as the process has it.
pub enum Party {
    /// Its policy is another one for each order.
    Holder(Arc<Keys>, Rules),
    Seller(Seller<Arc<Keys>>),
    Bank(CardManager<Arc<Keys>>),
    Recipient(Recipient<Arc<Keys>>),
}

impl Party {
    pub fn holder(&self, chosen: &Chosen) -> Option<CardHolder<Arc<Keys>>> {
        match self {
            Self::Holder(keys, rules) => Some(orders::card_holder(chosen, Arc::clone(keys)).with_rules(rules.clone())),
            _ => None,
        }
    }
}
