//! The order of `examples/data`, sealed in three parts, and the seller's part opened.

use std::collections::BTreeMap;

use minicbor::data::Token;
use minicbor::decode::Tokenizer;
use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::message::{Envelope, Windows};
use polyseal::order::{FormEntry, Selector};
use polyseal::{
    CardHolder, DisclosurePolicy, Domain, Identifier, KeySource, MemoryLedger, Order, OrderForm, Peers, Received, Role,
    Seller, SellerPolicy, Share, Zeroizing,
};

use super::share::{authority, domain};
use crate::counter::Counter;
use crate::measure::Operation;

/// The threshold of the shares in what is not measured with cached keys.
pub(crate) const THRESHOLD: usize = 256;

const NOW: u64 = 1_800_000_000;
const HOLDER: &str = "holder.example/4711";
const SHOP: &str = "shop.example";
const BANK: &str = "bank.example";
const COURIER: &str = "courier.example";

/// What a peer has to carry to do the same.
pub(crate) struct Load {
    /// The bytes of the three parts as we encrypt them, the seller's first.
    pub(crate) parts: [usize; 3],
    /// What the commitments are made of: to the recipients and to all groups of fields.
    pub(crate) sealed: Vec<Vec<u8>>,
    /// To the recipients and to the groups that the seller sees.
    pub(crate) opened: Vec<Vec<u8>>,
}

/// From the order's fields to the envelope's bytes, keys derived.
pub(crate) fn seal() -> Operation {
    sealing("seal order", share(HOLDER))
}

pub(crate) fn seal_cached() -> Operation {
    sealing("seal order, keys cached", Cache::new(&share(HOLDER), &[SHOP, BANK, COURIER]))
}

/// From the envelope's bytes to the seller's part, accepted, the key derived.
pub(crate) fn open() -> Operation {
    opening("open order", share(SHOP))
}

pub(crate) fn open_cached() -> Operation {
    opening("open order, keys cached", Cache::new(&share(SHOP), &[HOLDER]))
}

pub(crate) fn load() -> Load {
    let (order, form) = (order(), form());
    let salted = |label: &str, items: &[&str]| [label.as_bytes(), &[7; 32], items.concat().as_bytes()].concat();
    let recipients = form.recipients();
    let entry = |entry: &FormEntry| {
        let selectors: Vec<_> = entry.selectors.iter().map(Selector::as_str).collect();
        salted("recipient", &[entry.role.as_str(), SHOP, &selectors.concat()])
    };
    // A group for each audience: who reads it, and its fields.
    let mut groups: BTreeMap<Vec<bool>, Vec<&str>> = BTreeMap::new();
    for name in order.names() {
        let readers = recipients.iter().map(|entry| entry.selectors.sees(name)).collect();
        groups.entry(readers).or_default().extend([name.as_str(), order.get(name).unwrap()]);
    }
    let commitments = |is_seen: &dyn Fn(&[bool]) -> bool| {
        let seen = groups.iter().filter(|(readers, _)| is_seen(readers));
        let groups = seen.map(|(_, fields)| salted("group", fields));
        recipients.iter().map(entry).chain(groups).collect()
    };
    let seller = recipients.iter().position(|entry| entry.role == Role::SELLER).unwrap();
    Load {
        parts: ciphertexts(&envelope(&holder(share(HOLDER)), &order, &form, &mut Counter::default())),
        sealed: commitments(&|readers| readers.contains(&true)),
        opened: commitments(&|readers| readers[seller]),
    }
}

/// The lengths of the ciphertexts in an envelope, without their tags: after the header, nothing else is as long as 1024
/// bytes.
fn ciphertexts(envelope: &[u8]) -> [usize; 3] {
    let lengths = Tokenizer::new(envelope).filter_map(|token| match token.unwrap() {
        Token::Bytes(bytes) if bytes.len() > 1024 => Some(bytes.len() - 16),
        _ => None,
    });
    lengths.collect::<Vec<_>>().try_into().unwrap()
}

fn sealing<K: KeySource + 'static>(name: &'static str, keys: K) -> Operation {
    let (holder, order, form, mut rng) = (holder(keys), order(), form(), Counter::default());
    Operation::new(name, move || envelope(&holder, &order, &form, &mut rng))
}

fn opening<K: KeySource + 'static>(name: &'static str, keys: K) -> Operation {
    let seller = Seller::new(keys, SellerPolicy::new(form(), Peers::Anyone, []).unwrap());
    let envelope = envelope(&holder(share(HOLDER)), &order(), &form(), &mut Counter::default());
    Operation::new(name, move || {
        let envelope = Envelope::from_bytes(&envelope).unwrap();
        let received = seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap();
        let Received::New(awaiting) = received else { panic!("each time a new ledger") };
        awaiting.part().digest()
    })
}

fn envelope<K: KeySource>(holder: &CardHolder<K>, order: &Order, form: &OrderForm, rng: &mut Counter) -> Vec<u8> {
    let split = holder.split(order, form).unwrap();
    split.seal(holder, NOW, Windows::default(), rng).unwrap().envelope.to_bytes()
}

fn holder<K: KeySource>(keys: K) -> CardHolder<K> {
    let disclosure = DisclosurePolicy::standard(identifier(SHOP))
        .choose(Role::CARD_MANAGER, identifier(BANK))
        .choose(Role::DELIVERY_SERVICE, identifier(COURIER));
    CardHolder::new(keys, disclosure)
}

fn share(owner: &str) -> Share {
    authority(THRESHOLD).issue(&identifier(owner)).unwrap()
}

fn identifier(name: &str) -> Identifier {
    Identifier::new(name).unwrap()
}

fn order() -> Order {
    serde_json::from_str(include_str!("../../../../examples/data/order.json")).unwrap()
}

fn form() -> OrderForm {
    serde_json::from_str(include_str!("../../../../examples/data/form.json")).unwrap()
}

/// Keys as they are kept for parties met before.
struct Cache {
    identifier: Identifier,
    domains: Domains,
    keys: BTreeMap<Identifier, Zeroizing<[u8; 32]>>,
}

impl Cache {
    fn new(keys: &impl KeySource, peers: &[&str]) -> Self {
        let keys_of = peers.iter().map(|name| identifier(name));
        Self {
            identifier: keys.identifier().clone(),
            domains: domain().into(),
            keys: keys_of.map(|peer| (peer.clone(), keys.common_key(&peer, &domain()).unwrap().export())).collect(),
        }
    }
}

impl KeySource for Cache {
    fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    fn domains(&self) -> &Domains {
        &self.domains
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        if !self.domains.contains(domain) {
            return Err(KeyError::UnknownDomain);
        }
        self.keys.get(peer).map(|key| CommonKey::import(key)).ok_or(KeyError::UnknownPeer)
    }

    fn is_revoked(&self, _: &Identifier) -> bool {
        false
    }
}
