//! Four parties, their keys, and the steps of a purchase from bytes to bytes.

mod counter;

use core::convert::Infallible;
use std::collections::{BTreeMap, BTreeSet};

use polyseal::{
    Accepted, Authenticated, Authentication, Authority, Capacity, CardHolder, CardManager, CommonKey, Confinement,
    DeliveryService, Dispatch, Domain, Envelope, Epoch, Identifier, Insert, KeyError, KeySource, Label, Ledger,
    LedgerKey, Order, OrderForm, Received, Relay, Replace, Role, Seller, SellerPolicy, Share, Windows, Zeroizing,
};

pub(crate) use counter::Counter;

pub const NOW: u64 = 1_800_000_000;

/// The degree of the polynomial that keys are derived with.
pub const THRESHOLD: usize = 256;

/// Card holder, seller, card manager, delivery service.
pub const NAMES: [&str; 4] = ["holder 4711", "shop.example", "bank.example", "courier.example"];

/// The value of every field.
pub const VALUE: &str = "a value of usual length";

/// Free of charge: it takes everything for new and keeps nothing.
#[derive(Debug)]
pub struct NoLedger;

impl Ledger for NoLedger {
    type Error = Infallible;

    fn insert(&mut self, _: &LedgerKey, _: u64, _: &[u8]) -> Result<Insert, Infallible> {
        Ok(Insert::Done)
    }

    fn replace(&mut self, _: &LedgerKey, _: &[u8], _: &[u8]) -> Result<Replace, Infallible> {
        Ok(Replace::Done)
    }

    fn load(&self, _: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Infallible> {
        Ok(None)
    }
}

/// The keys of a share, derived once.
#[derive(Debug)]
pub struct Cached(Share, BTreeMap<Identifier, CommonKey>);

impl From<Share> for Cached {
    fn from(share: Share) -> Self {
        let peers = NAMES.map(|name| Identifier::new(name).unwrap()).into_iter();
        let keys = peers.filter(|peer| peer != share.identifier()).map(|peer| {
            let key = share.common_key(&peer, share.domain()).unwrap();
            (peer, key)
        });
        let keys = keys.collect();
        Self(share, keys)
    }
}

impl KeySource for Cached {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &[Domain] {
        self.0.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        let key = self.1.get(peer).filter(|_| domain == self.0.domain()).ok_or(KeyError::UnknownPeer)?;
        Ok(CommonKey::import(&key.export()))
    }
}

/// The shares of the four, of a polynomial of this degree.
pub fn shares(threshold: usize) -> [Share; 4] {
    let label = Label::new("bench").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(1, 0, 2 * NOW).unwrap());
    let authority = Authority::from_seed(domain, threshold, Capacity::UNCONDITIONAL, &[7; 32], BTreeSet::new());
    let mut authority = authority.unwrap();
    NAMES.map(|name| authority.issue(&Identifier::new(name).unwrap()).unwrap())
}

#[derive(Debug)]
pub struct World<K> {
    pub order: Order,
    pub form: OrderForm,
    pub holder: CardHolder<K>,
    pub seller: Seller<K>,
    pub manager: CardManager<K>,
    pub courier: DeliveryService<K>,
}

/// What travels in a purchase, and what the receivers file, one state after the other.
#[derive(Debug)]
pub struct Traffic {
    pub envelope: Vec<u8>,
    pub relay: Vec<u8>,
    pub authentication: Vec<u8>,
    pub dispatch: Vec<u8>,
    /// When it has received, has the answer, has dispatched.
    pub seller: Vec<Vec<u8>>,
    /// When it has received, has decided.
    pub manager: Vec<Vec<u8>>,
    /// When it has received.
    pub courier: Vec<Vec<u8>>,
}

impl<K: KeySource + From<Share>> World<K> {
    pub fn new() -> Self {
        let [holder, shop, bank, courier] = shares(THRESHOLD).map(K::from);
        let [_, seller, manager, service] = NAMES.map(|name| Identifier::new(name).unwrap());
        let mut order = Order::new();
        let form = OrderForm::standard();
        for field in form.recipients().iter().flat_map(|entry| &entry.fields) {
            if order.get(field).is_none() {
                order.insert(field.clone(), VALUE).unwrap();
            }
        }
        let confinement =
            Confinement::standard(seller).choose(Role::CARD_MANAGER, manager).choose(Role::DELIVERY_SERVICE, service);
        let policy = SellerPolicy::new(form.clone(), Accepted::Anyone, []).unwrap();
        Self {
            order,
            form,
            holder: CardHolder::new(holder, confinement),
            seller: Seller::new(shop, policy),
            manager: CardManager::new(bank, Accepted::Anyone),
            courier: DeliveryService::new(courier, Accepted::Anyone),
        }
    }

    pub fn seal(&self, rng: &mut Counter) -> Vec<u8> {
        let split = self.holder.split(&self.order, &self.form).unwrap();
        split.seal(NOW, Windows::default(), rng).unwrap().envelope.to_bytes()
    }

    /// Whether the seller accepts an envelope.
    pub fn seller_opens(&self, envelope: &[u8]) -> bool {
        let envelope = Envelope::from_bytes(envelope).unwrap();
        matches!(self.seller.receive(&envelope, NOW, &mut NoLedger), Ok(Received::New(_)))
    }

    /// Whether the card manager accepts its part.
    pub fn manager_opens(&self, relay: &[u8]) -> bool {
        let relay = Relay::from_bytes(relay).unwrap();
        matches!(self.manager.receive(&relay, NOW, &mut NoLedger), Ok(Received::New(_)))
    }

    /// Whether the delivery service accepts its part.
    pub fn courier_opens(&self, dispatch: &[u8]) -> bool {
        let dispatch = Dispatch::from_bytes(dispatch).unwrap();
        matches!(self.courier.receive(&dispatch, NOW, &mut NoLedger), Ok(Received::New(_)))
    }

    /// All steps of all four.
    pub fn purchase(&self, rng: &mut Counter) -> bool {
        self.carry(&mut [NoLedger, NoLedger, NoLedger], rng).is_some()
    }

    /// What a purchase writes.
    pub fn traffic(&self) -> Traffic {
        let mut ledgers = [(); 3].map(|()| Recorder(Vec::new()));
        let [envelope, relay, authentication, dispatch] = self.carry(&mut ledgers, &mut Counter::default()).unwrap();
        let [seller, manager, courier] = ledgers.map(|ledger| ledger.0);
        Traffic { envelope, relay, authentication, dispatch, seller, manager, courier }
    }

    fn carry<L: Ledger>(&self, ledgers: &mut [L; 3], rng: &mut Counter) -> Option<[Vec<u8>; 4]> {
        let [at_seller, at_manager, at_courier] = ledgers;
        let envelope = self.seal(rng);
        let received = self.seller.receive(&Envelope::from_bytes(&envelope).unwrap(), NOW, at_seller);
        let Ok(Received::New(awaiting)) = received else { return None };
        let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, rng).unwrap().to_bytes();
        let received = self.manager.receive(&Relay::from_bytes(&relay).unwrap(), NOW, at_manager);
        let Ok(Received::New(deciding)) = received else { return None };
        let authentication = deciding.approve(NOW, at_manager, rng).ok()?.authentication.to_bytes();
        let answer = Authentication::from_bytes(&authentication).unwrap();
        let Ok(Authenticated::Approved(mut approved)) = awaiting.authenticate(&answer, NOW, at_seller) else {
            return None;
        };
        let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, at_seller, rng).unwrap().to_bytes();
        let received = self.courier.receive(&Dispatch::from_bytes(&dispatch).unwrap(), NOW, at_courier);
        matches!(received, Ok(Received::New(_))).then_some([envelope, relay, authentication, dispatch])
    }
}

/// A ledger that keeps all that was ever filed in it.
struct Recorder(Vec<Vec<u8>>);

impl Ledger for Recorder {
    type Error = Infallible;

    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Infallible> {
        self.0.push(state.to_vec());
        NoLedger.insert(key, expires, state)
    }

    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Infallible> {
        assert_eq!(self.0.last().map(Vec::as_slice), Some(current), "a state follows the one before");
        self.0.push(next.to_vec());
        NoLedger.replace(key, current, next)
    }

    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Vec<u8>>>, Infallible> {
        NoLedger.load(key)
    }
}
