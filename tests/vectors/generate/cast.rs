//! The parties of a purchase, and how a vector describes each of them as a receiver.

use std::collections::BTreeSet;

use polyseal::authority::RootSecret;
use polyseal::handshake::{Authenticated, Evidence};
use polyseal::key::{Cohort, Keyring};
use polyseal::{Authority, Capacity, Domain, Identifier, Label, OrderForm, Role, Share};
use polyseal_testing::{NOW, bank, courier, domain, holder, id, role, shop};
use serde_json::{Value, json};

use crate::file::{hex, with};

/// Who takes part: the card holder first.
pub(crate) const ROLES: [Role; 4] = [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];

/// A party: its role, its identifier, its shares, and what it has of sessions.
pub(crate) struct Member {
    pub(crate) role: Role,
    pub(crate) identifier: Identifier,
    shares: Vec<Share>,
    sessions: Vec<Authenticated>,
}

impl Member {
    pub(crate) fn new(role: Role, identifier: Identifier, shares: Vec<Share>) -> Self {
        Self { role, identifier, shares, sessions: Vec::new() }
    }

    pub(crate) fn keys(&self) -> Keyring<Share> {
        let copies = self.shares.iter().map(|share| Share::import(&share.export()).unwrap());
        Keyring::new(self.identifier.clone(), copies).unwrap()
    }

    pub(crate) fn learns(&mut self, session: Authenticated) {
        self.sessions.push(session);
    }

    pub(crate) fn evidence(&self) -> Evidence {
        self.sessions.iter().cloned().collect()
    }

    /// As a vector describes it.
    pub(crate) fn describe(&self, now: u64) -> Value {
        let keys = self.shares.iter().map(|share| json!({"share": hex(&*share.export())}));
        let party = json!({
            "role": self.role.as_str(),
            "identifier": hex(self.identifier.as_bytes()),
            "now": now,
            "keys": keys.collect::<Vec<_>>(),
        });
        if self.sessions.is_empty() {
            return party;
        }
        let sessions: Vec<_> = self.sessions.iter().map(|session| hex(&*session.export())).collect();
        with(&party, [("sessions", sessions.into())])
    }

    pub(crate) fn owner(&self) -> Value {
        json!({"role": self.role.as_str(), "identifier": hex(self.identifier.as_bytes())})
    }
}

/// All parties of a purchase. The last one is a gateway, which few orders have.
pub(crate) struct Cast {
    pub(crate) members: Vec<Member>,
    pub(crate) form: OrderForm,
}

fn identifiers() -> [(Role, Identifier); 5] {
    let gateway = (role("gateway"), id("gateway.example"));
    let [holder, seller, manager, courier] = [holder(), shop(), bank(), courier()];
    let [one, two, three, four] = ROLES;
    [(one, holder), (two, seller), (three, manager), (four, courier), gateway]
}

impl Cast {
    fn of(form: OrderForm, mut shares: impl FnMut(&Role, &Identifier) -> Vec<Share>) -> Self {
        let member = |(role, identifier): (Role, Identifier)| {
            let shares = shares(&role, &identifier);
            Member::new(role, identifier, shares)
        };
        Self { members: identifiers().map(member).into(), form }
    }

    /// Shares of the domain of the other files.
    pub(crate) fn of_one_issuer(form: OrderForm) -> Self {
        let mut authority = authority(domain(), None);
        Self::of(form, |_, identifier| vec![authority.issue(identifier).unwrap()])
    }

    /// Shares that two issuers give together.
    pub(crate) fn of_two_issuers(form: OrderForm) -> Self {
        let domain = joint_domain();
        let mut issuers: Vec<_> =
            domain.issuers().iter().map(|issuer| authority(domain.clone(), Some(issuer.clone()))).collect();
        Self::of(form, |_, identifier| {
            let contributions: Vec<_> =
                issuers.iter_mut().map(|issuer| issuer.contribute(identifier).unwrap()).collect();
            vec![Share::combine(&contributions).unwrap()]
        })
    }

    /// A card holder in its cohort of three, and services in all of them and among themselves.
    pub(crate) fn of_cohorts(form: OrderForm) -> Self {
        let (root, label) = (root(), label("cards.example"));
        Self::of(form, |role, identifier| {
            let own = Cohort::of(identifier, &label, 3);
            let cohorts: Vec<_> = if *role == Role::CARD_HOLDER { vec![own] } else { Cohort::every(3).collect() };
            let share = |cohort| {
                let epoch = *domain().epoch();
                let authority = root.authority(epoch, cohort, 2, Capacity::UNCONDITIONAL, BTreeSet::new());
                authority.unwrap().issue(identifier).unwrap()
            };
            cohorts.into_iter().map(share).collect()
        })
    }

    pub(crate) fn member(&self, role: &Role) -> &Member {
        self.members.iter().find(|member| member.role == *role).unwrap()
    }

    pub(crate) fn member_mut(&mut self, role: &Role) -> &mut Member {
        self.members.iter_mut().find(|member| member.role == *role).unwrap()
    }

    pub(crate) fn keys(&self) -> [Keyring<Share>; 4] {
        ROLES.map(|role| self.member(&role).keys())
    }
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn joint_domain() -> Domain {
    let issuers = ["east.example", "west.example"].map(label);
    Domain::joint(label("cards.example"), issuers, *domain().epoch()).unwrap()
}

/// The authority of an issuer, or of the only one, with a seed of its own.
pub(crate) fn authority(domain: Domain, issuer: Option<Label>) -> Authority {
    let first = u8::from(issuer.as_ref().is_some_and(|issuer| issuer.as_str() == "west.example"));
    let issuer = issuer.unwrap_or_else(|| domain.issuers().first().unwrap().clone());
    seeded(domain, issuer, 3, [0x40 + first; 32])
}

pub(crate) fn seeded(domain: Domain, issuer: Label, threshold: usize, seed: [u8; 32]) -> Authority {
    Authority::joint_from_seed(domain, issuer, threshold, Capacity::UNCONDITIONAL, &seed, BTreeSet::new()).unwrap()
}

pub(crate) fn root() -> RootSecret {
    let name = label("cards.example");
    RootSecret::random(name.clone(), name, domain().epoch().number(), &mut polyseal_testing::Repeatable(NOW))
}
