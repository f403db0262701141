//! Four parties, their keys, and the steps of a purchase from bytes to bytes.

mod counter;

use core::convert::Infallible;
use std::collections::{BTreeMap, BTreeSet};

use polyseal::card_holder::SealedOrder;
use polyseal::key::{CommonKey, Domains, KeyError};
use polyseal::ledger::{Change, Filed, Record};
use polyseal::message::{Authorization, Dispatch, Envelope, Relay, Windows};
use polyseal::seller::Authorized;
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, DisclosurePolicy, Domain, Epoch, FieldName, Identifier, KeySource,
    Label, Ledger, Order, OrderForm, Peers, Received, Recipient, Role, Seller, SellerPolicy, Share,
};

pub(crate) use counter::Counter;

pub const NOW: u64 = 1_800_000_000;

/// The degree of the polynomial that keys are derived with.
pub const THRESHOLD: usize = 256;

/// Card holder, seller, card manager, delivery service.
pub const NAMES: [&str; 4] = ["holder 4711", "shop.example", "bank.example", "courier.example"];

/// The value of every field.
pub const VALUE: &str = "a value of usual length";

/// The amount, as long as any other value.
const AMOUNT: &str = "12345678901234.5678 EUR";

/// The fields that a form names.
pub fn fields(form: &OrderForm) -> BTreeSet<FieldName> {
    let selectors = form.recipients().iter().flat_map(|entry| entry.selectors.iter());
    selectors.filter_map(|selector| FieldName::new(selector.as_str()).ok()).collect()
}

/// What a line of a shop's order says.
const LINE: [(&str, &str); 4] = [("sku", "K-00417-B"), ("name", VALUE), ("quantity", "12"), ("price", "149.50 EUR")];

/// An order of every field that the form names.
fn standard(form: &OrderForm) -> Order {
    let mut order = Order::new();
    for field in fields(form) {
        let value = if field == FieldName::AMOUNT_DUE { AMOUNT } else { VALUE };
        order.insert(field, value).unwrap();
    }
    order
}

/// Free of charge: it takes everything for new and keeps nothing.
#[derive(Debug)]
pub struct NoLedger;

impl Ledger for NoLedger {
    type Error = Infallible;

    fn file(&mut self, _: &Record<'_>) -> Result<Filed, Infallible> {
        Ok(Filed::Done)
    }
}

/// The keys of a share, derived once.
#[derive(Debug)]
pub struct Cached(Share, BTreeMap<Identifier, Box<CommonKey>>);

impl From<Share> for Cached {
    fn from(share: Share) -> Self {
        let peers = NAMES.map(|name| Identifier::new(name).unwrap()).into_iter();
        let keys = peers.filter(|peer| peer != share.identifier()).map(|peer| {
            let key = share.common_key(&peer, share.domain()).unwrap();
            (peer, Box::new(key))
        });
        let keys = keys.collect();
        Self(share, keys)
    }
}

impl KeySource for Cached {
    fn identifier(&self) -> &Identifier {
        self.0.identifier()
    }

    fn domains(&self) -> &Domains {
        self.0.domains()
    }

    fn common_key(&self, peer: &Identifier, domain: &Domain) -> Result<CommonKey, KeyError> {
        let key = self.1.get(peer).filter(|_| domain == self.0.domain()).ok_or(KeyError::UnknownPeer)?;
        Ok(CommonKey::import(&key.export()))
    }

    fn is_revoked(&self, peer: &Identifier) -> bool {
        self.0.is_revoked(peer)
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
    pub courier: Recipient<K>,
}

/// What travels in a purchase, and what the receivers file, one state after the other.
#[derive(Debug)]
pub struct Traffic {
    pub envelope: Vec<u8>,
    pub relay: Vec<u8>,
    pub authorization: Vec<u8>,
    pub dispatch: Vec<u8>,
    /// When it has received, has the answer, has dispatched.
    pub seller: Vec<Vec<u8>>,
    /// When it has received, has decided.
    pub manager: Vec<Vec<u8>>,
    /// When it has received.
    pub courier: Vec<Vec<u8>>,
}

impl<K: KeySource + From<Share>> World<K> {
    /// With an order of the standard form, thirteen fields.
    pub fn new() -> Self {
        Self::with(standard(&OrderForm::standard()))
    }

    /// With these fields and as many lines of four fields more, which seller and card manager see.
    pub fn with_lines(lines: usize) -> Self {
        let mut order = standard(&OrderForm::standard());
        for line in 0..lines {
            for (field, value) in LINE {
                order.insert(FieldName::new(&format!("items.{line}.{field}")).unwrap(), value).unwrap();
            }
        }
        Self::with(order)
    }

    fn with(order: Order) -> Self {
        let [holder, shop, bank, courier] = shares(THRESHOLD).map(K::from);
        let [_, seller, manager, service] = NAMES.map(|name| Identifier::new(name).unwrap());
        let form = OrderForm::standard();
        let disclosure = DisclosurePolicy::standard(seller)
            .choose(Role::CARD_MANAGER, manager)
            .choose(Role::DELIVERY_SERVICE, service);
        let policy = SellerPolicy::new(form.clone(), Peers::Anyone, []).unwrap();
        Self {
            order,
            form,
            holder: CardHolder::new(holder, disclosure),
            seller: Seller::new(shop, policy),
            manager: CardManager::new(bank, Peers::Anyone),
            courier: Recipient::delivery_service(courier, Peers::Anyone),
        }
    }

    pub fn seal(&self, rng: &mut Counter) -> Vec<u8> {
        self.sealed(rng).envelope.to_bytes()
    }

    pub fn sealed(&self, rng: &mut Counter) -> SealedOrder {
        let split = self.holder.split(&self.order, &self.form).unwrap();
        split.seal(&self.holder, NOW, Windows::default(), rng).unwrap()
    }

    /// Whether the seller accepts an envelope.
    pub fn seller_opens(&self, envelope: &[u8]) -> bool {
        let envelope = Envelope::from_bytes(envelope).unwrap();
        matches!(self.seller.receive(&envelope, NOW).unwrap().file(&mut NoLedger), Ok(Received::New(_)))
    }

    /// Whether the card manager accepts its part.
    pub fn manager_opens(&self, relay: &[u8]) -> bool {
        let relay = Relay::from_bytes(relay).unwrap();
        matches!(self.manager.receive(&relay, NOW).unwrap().file(&mut NoLedger), Ok(Received::New(_)))
    }

    /// Whether the delivery service accepts its part.
    pub fn courier_opens(&self, dispatch: &[u8]) -> bool {
        let dispatch = Dispatch::from_bytes(dispatch).unwrap();
        matches!(self.courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut NoLedger), Ok(Received::New(_)))
    }

    /// All steps of all four.
    pub fn purchase(&self, rng: &mut Counter) -> bool {
        self.carry(&mut [NoLedger, NoLedger, NoLedger], rng).is_some()
    }

    /// What a purchase writes.
    pub fn traffic(&self) -> Traffic {
        let mut ledgers = [(); 3].map(|()| Recorder(Vec::new()));
        let [envelope, relay, authorization, dispatch] = self.carry(&mut ledgers, &mut Counter::default()).unwrap();
        let [seller, manager, courier] = ledgers.map(|ledger| ledger.0);
        Traffic { envelope, relay, authorization, dispatch, seller, manager, courier }
    }

    /// Seals and carries an order to its delivery service. What travels.
    pub fn carry<L: Ledger>(&self, ledgers: &mut [L; 3], rng: &mut Counter) -> Option<[Vec<u8>; 4]> {
        let [at_seller, at_manager, at_courier] = ledgers;
        let Self { seller, manager, courier, .. } = self;
        let envelope = self.seal(rng);
        let received = seller.receive(&Envelope::from_bytes(&envelope).unwrap(), NOW).ok()?.file(at_seller);
        let Ok(Received::New(awaiting)) = received else { return None };
        let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, rng).unwrap().to_bytes();
        let received = manager.receive(&Relay::from_bytes(&relay).unwrap(), NOW).ok()?.file(at_manager);
        let Ok(Received::New(deciding)) = received else { return None };
        let decided = deciding.approve(manager, NOW).ok()?.file(at_manager).ok()?.into_inner();
        let authorization = decided.authorization(manager, rng).unwrap().to_bytes();
        let answer = Authorization::from_bytes(&authorization).unwrap();
        let pending = awaiting.authorize(seller, &answer, NOW).ok()?;
        let Ok(Received::New(Authorized::Approved(approved))) = pending.file(at_seller) else { return None };
        let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"", NOW).ok()?;
        let approved = pending.file(at_seller).ok()?.into_inner();
        let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, rng).unwrap().to_bytes();
        let received = courier.receive_dispatch(&Dispatch::from_bytes(&dispatch).unwrap(), NOW).ok()?.file(at_courier);
        matches!(received, Ok(Received::New(_))).then_some([envelope, relay, authorization, dispatch])
    }
}

/// A ledger that keeps all that was ever filed in it.
struct Recorder(Vec<Vec<u8>>);

impl Ledger for Recorder {
    type Error = Infallible;

    fn file(&mut self, record: &Record<'_>) -> Result<Filed, Infallible> {
        match record.change {
            Change::Insert { state } | Change::Replace { state, .. } => self.0.push(state.to_vec()),
            Change::LookUp => {}
        }
        NoLedger.file(record)
    }
}
