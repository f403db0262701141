//! A party as the files describe it: its keys, sessions, rules and ledger.

use std::collections::BTreeMap;

use polyseal::handshake::{Authenticated, Evidence};
use polyseal::key::{Cohort, PresharedKeys};
use polyseal::ledger::{Change, LedgerKey, Record};
use polyseal::message::OrderDigest;
use polyseal::{
    CardHolder, CardManager, DisclosurePolicy, Domain, Epoch, Identifier, KeySource, Keyring, Label, Ledger,
    MemoryLedger, OrderForm, Peers, Recipient, Role, Rules, Seller, SellerPolicy,
};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::domain;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Input, Refusal, keys};

pub(super) type Keys = Keyring<Box<dyn KeySource>>;

/// A party by its role.
pub(super) enum Party {
    Holder(CardHolder<Keys>),
    Seller(Seller<Keys>),
    Manager(CardManager<Keys>),
    Other(Recipient<Keys>),
}

/// Does the same with a party of any type.
macro_rules! with_party {
    ($party:expr, $name:ident => $then:expr) => {
        match $party {
            $crate::vectors::party::Party::Holder($name) => $then,
            $crate::vectors::party::Party::Seller($name) => $then,
            $crate::vectors::party::Party::Manager($name) => $then,
            $crate::vectors::party::Party::Other($name) => $then,
        }
    };
}
pub(super) use with_party;

impl Party {
    pub(super) fn new(role: &Role, keys: Keys, form: Option<OrderForm>, serves: Peers, rules: Rules) -> Self {
        if *role == Role::CARD_HOLDER {
            let policy = DisclosurePolicy::standard(Identifier::new("any").unwrap());
            Self::Holder(CardHolder::new(keys, policy).with_rules(rules))
        } else if *role == Role::SELLER {
            let policy = SellerPolicy::new(form.unwrap_or_else(OrderForm::standard), serves, []).unwrap();
            Self::Seller(Seller::new(keys, policy).with_rules(rules))
        } else if *role == Role::CARD_MANAGER {
            Self::Manager(CardManager::new(keys, serves).with_rules(rules))
        } else {
            Self::Other(Recipient::new(role.clone(), keys, serves).unwrap().with_rules(rules))
        }
    }

    /// A party without keys, to read what it keeps.
    pub(super) fn keyless(role: &Role, identifier: &[u8]) -> Self {
        Self::new(role, keyless(identifier), None, Peers::Anyone, Rules::default())
    }

    /// A party that a test describes.
    pub(super) fn of(input: Input<'_>) -> Result<Self, Refusal> {
        let identifier = Identifier::new(input.bytes("identifier"))?;
        let form = input.get("form").map(|_| OrderForm::from_bytes(&input.bytes("form")).unwrap());
        let serves = match input.get("serves") {
            Some(_) => input.all("serves").map(|peer| Identifier::new(peer).unwrap()).collect(),
            None => Peers::Anyone,
        };
        let role = Role::new(input.text("role"))?;
        Ok(Self::new(&role, keyring(&identifier, input)?, form, serves, rules(input)))
    }
}

/// A ring of a party without keys.
pub(super) fn keyless(identifier: &[u8]) -> Keys {
    let identifier = Identifier::new(identifier).unwrap();
    let none: Box<dyn KeySource> = Box::new(PresharedKeys::new(identifier.clone(), domain()));
    Keyring::new(identifier, [none]).unwrap()
}

fn keyring(identifier: &Identifier, input: Input<'_>) -> Result<Keys, Refusal> {
    let mut sources: Vec<Box<dyn KeySource>> = Vec::new();
    let mut agreed: BTreeMap<Domain, PresharedKeys> = BTreeMap::new();
    for key in input.list("keys") {
        if let Some(bytes) = key.get("share") {
            sources.push(Box::new(keys::share(bytes)?));
        } else {
            let key = Input(&key["preshared"]);
            let domain = Domain::from_bytes(&key.bytes("domain"))?;
            let keys = agreed.entry(domain.clone());
            let keys = keys.or_insert_with(|| PresharedKeys::new(identifier.clone(), domain));
            keys.insert(Identifier::new(key.bytes("peer"))?, &key.hash("secret"));
        }
    }
    sources.extend(agreed.into_values().map(|keys| -> Box<dyn KeySource> { Box::new(keys) }));
    let ring = Keyring::new(identifier.clone(), sources)?;
    Ok(input.all("revoked").fold(ring, |ring, peer| ring.revoking(Identifier::new(peer).unwrap())))
}

fn rules(input: Input<'_>) -> Rules {
    let mut rules = Rules::default();
    if let Some(given) = input.member("rules") {
        let seconds = |name: &str, default| given.get(name).and_then(Value::as_u64).unwrap_or(default);
        rules = rules
            .clone()
            .with_skew(seconds("skew", rules.skew()))
            .with_longest_accept(seconds("accept", rules.longest_accept()))
            .with_longest_deliver(seconds("deliver", rules.longest_deliver()))
            .with_longest_settle(seconds("settle", rules.longest_settle()));
    }
    let networks = input.get("networks").and_then(Value::as_object).into_iter().flatten();
    for (role, networks) in networks {
        for network in networks.as_array().unwrap() {
            rules = rules.accept_network(Role::new(role).unwrap(), &domain_of(network));
        }
    }
    rules
}

/// Some domain of a network: its label, its issuers, its count of cohorts.
fn domain_of(network: &Value) -> Domain {
    let label = |value: &Value| Label::new(value.as_str().unwrap()).unwrap();
    let issuers = network[1].as_array().unwrap().iter().map(label);
    let count = network[2].as_u64().unwrap().try_into().unwrap();
    let domain = Domain::joint(label(&network[0]), issuers, Epoch::new(0, 0, 1).unwrap()).unwrap();
    domain.with_cohort(Cohort::services(count))
}

/// The sessions that it has.
pub(super) fn evidence(input: Input<'_>) -> Result<Evidence, Refusal> {
    let mut evidence = Evidence::new();
    for session in input.all("sessions") {
        evidence = evidence.with(&Authenticated::import(&session)?);
    }
    Ok(evidence)
}

/// A ledger with the orders that it has, each of which was filed as often as it says.
pub(super) fn ledger(input: Input<'_>) -> MemoryLedger {
    let mut ledger = MemoryLedger::new(100);
    for state in input.all("ledger") {
        let body = at(&state, &[2]);
        let Item::Array(items) = Item::parse(body.as_bytes()) else { panic!("a state") };
        let [Item::Text(role), owner, Item::Uint(revision), _, _, _, header, ..] = items.as_slice() else {
            panic!("a state")
        };
        let digest: [u8; 32] = Sha256::digest(header.as_bytes()).into();
        let key = LedgerKey {
            owner: Identifier::new(owner.as_bytes()).unwrap(),
            role: Role::new(role).unwrap(),
            digest: OrderDigest::from_bytes(digest),
        };
        // Kept for longer than asked: then it stays where the floor is raised.
        let insert = Change::Insert { state: &state };
        for change in
            core::iter::once(insert).chain((0..*revision).map(|current| Change::Replace { current, state: &state }))
        {
            ledger.file(&Record { key: &key, issued_at: 0, expires: u64::MAX, stage: "received", change }).unwrap();
        }
    }
    ledger.raise_floor(input.get("floor").and_then(Value::as_u64).unwrap_or(0));
    ledger
}
