//! A purchase cut between any two steps: every process ends, and new ones go on from bytes alone.
//!
//! What outlives a process is what its owner stores: its share, its ledger's entries, the messages that
//! are under way, and, if it keeps them apart from the ledger, its exported states. Generators are
//! seeded by the step, so a purchase that was cut has to come out byte for byte as one that was not:
//! the same messages, the same entries, the same states, the same words to the people involved.

use core::convert::Infallible;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use polyseal::{
    Accepted, Approval, Authenticated, Authentication, AwaitingReceipt, CardHolder, CardManager, CardManagerOrder,
    Delivery, DeliveryService, Direct, Dispatch, Envelope, Insert, Ledger, LedgerKey, MemoryLedger, OrderForm, Receipt,
    Received, Recipient, Relay, Release, Replace, RestoreError, Role, Seller, SellerOrder, Share, Status, VERSION,
    Windows, WireError, Zeroizing,
};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, bank, courier, gateway, gateway_confinement, gateway_form, holder, id, order,
    role, shares, shop,
};

type Bytes = Vec<u8>;

/// How a purchase goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Story {
    Approved,
    Declined,
    /// The card manager has its part from the card holder itself.
    Direct,
    /// One more recipient, served on receipt.
    Gateway,
}

const STORIES: [Story; 4] = [Story::Approved, Story::Declined, Story::Direct, Story::Gateway];

impl Story {
    fn form(self) -> OrderForm {
        let mut recipients = OrderForm::standard().into_recipients();
        match self {
            Self::Approved | Self::Declined => {}
            Self::Direct => recipients[1].release = Release::Direct,
            Self::Gateway => return gateway_form(),
        }
        OrderForm::new(recipients).unwrap()
    }
}

/// From what a new process takes up the orders that wait.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The states that the old one exported.
    Exports,
    /// The ledger's.
    Ledger,
    /// The message that led to the state, which its sender repeats: it was received before.
    Repetition,
}

const SOURCES: [Source; 3] = [Source::Exports, Source::Ledger, Source::Repetition];

/// A ledger that can list its entries, as a table in a database can.
#[derive(Debug)]
struct Table {
    ledger: MemoryLedger,
    expiries: BTreeMap<LedgerKey, u64>,
}

/// The rows of such a table: key, expiry, state.
type Rows = Vec<(LedgerKey, u64, Zeroizing<Bytes>)>;

impl Table {
    fn of(rows: &Rows) -> Self {
        let mut table = Self { ledger: MemoryLedger::new(1), expiries: BTreeMap::new() };
        for (key, expires, state) in rows {
            assert_eq!(table.insert(key, *expires, state), Ok(Insert::Done));
        }
        table
    }

    fn rows(&self) -> Rows {
        self.expiries.iter().map(|(key, expires)| (key.clone(), *expires, self.load(key).unwrap().unwrap())).collect()
    }

    /// The state of the one order, if it has come here.
    fn state(&self) -> Option<Zeroizing<Bytes>> {
        self.rows().pop().map(|(_, _, state)| state)
    }
}

impl Ledger for Table {
    type Error = Infallible;

    fn insert(&mut self, key: &LedgerKey, expires: u64, state: &[u8]) -> Result<Insert, Infallible> {
        let insert = self.ledger.insert(key, expires, state)?;
        if insert == Insert::Done {
            self.expiries.insert(key.clone(), expires);
        }
        Ok(insert)
    }

    fn replace(&mut self, key: &LedgerKey, current: &[u8], next: &[u8]) -> Result<Replace, Infallible> {
        self.ledger.replace(key, current, next)
    }

    fn load(&self, key: &LedgerKey) -> Result<Option<Zeroizing<Bytes>>, Infallible> {
        self.ledger.load(key)
    }
}

/// One of each for seller, card manager, delivery service and gateway.
#[derive(Clone, Debug, Default, PartialEq)]
struct Four<T> {
    seller: T,
    manager: T,
    courier: T,
    gateway: T,
}

impl<T> Four<T> {
    fn map<U>(&self, change: impl Fn(&T) -> U) -> Four<U> {
        let Self { seller, manager, courier, gateway } = self;
        Four { seller: change(seller), manager: change(manager), courier: change(courier), gateway: change(gateway) }
    }
}

/// What outlives the processes: nothing but bytes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Stored {
    rows: Four<Rows>,
    /// The exported state of every order that waits.
    states: Four<Option<Zeroizing<Bytes>>>,
    placed: Option<Zeroizing<Bytes>>,
    /// Messages, by what they are.
    wire: BTreeMap<&'static str, Bytes>,
    /// What people were told.
    told: Vec<String>,
}

/// What each party got from the authority, which is gone.
static SHARES: LazyLock<[Zeroizing<Bytes>; 5]> =
    LazyLock::new(|| shares([holder(), shop(), bank(), courier(), id("gateway.example")]).map(|share| share.export()));

/// The parties, all of them anew from their exported shares.
fn enrolled(story: Story) -> (Parties<Share>, Recipient<Share>) {
    let [holder, shop, bank, courier, gate] = SHARES.each_ref().map(|share| Share::import(share).unwrap());
    (Parties::new([holder, shop, bank, courier], story.form(), gateway_confinement()), gateway(gate))
}

/// The processes of all parties, from one cut to the next.
struct Running<'a> {
    story: Story,
    parties: &'a Parties<Share>,
    gate: &'a Recipient<Share>,
    tables: Four<Table>,
    placed: Option<AwaitingReceipt<'a, Share>>,
    at_seller: Option<SellerOrder<'a, Share>>,
    at_manager: Option<CardManagerOrder<'a, Share>>,
    at_courier: Option<Delivery>,
    at_gateway: Option<Delivery>,
    wire: BTreeMap<&'static str, Bytes>,
    told: Vec<String>,
    rng: Repeatable,
}

fn order_of<N: Into<A>, A>(received: Received<N, A>) -> A {
    match received {
        Received::New(_) => panic!("a repetition is not new"),
        Received::Again(order) => order,
    }
}

impl<'a> Running<'a> {
    fn start(
        story: Story,
        source: Source,
        (parties, gate): &'a (Parties<Share>, Recipient<Share>),
        stored: Stored,
    ) -> Self {
        let Stored { rows, states, placed, wire, told } = stored;
        let tables = rows.map(Table::of);
        // The card holder keeps no ledger, so what it exported is all it has.
        let placed = placed.map(|state| parties.holder.restore(&state).unwrap());
        let (at_seller, at_manager, at_courier, at_gateway) = (None, None, None, None);
        let rng = Repeatable(0);
        let mut running = Self {
            story,
            parties,
            gate,
            tables,
            placed,
            at_seller,
            at_manager,
            at_courier,
            at_gateway,
            wire,
            told,
            rng,
        };
        match source {
            Source::Exports => running.restore(&states),
            Source::Ledger => running.restore(&running.tables.map(Table::state)),
            Source::Repetition => running.receive_again(),
        }
        running
    }

    fn restore(&mut self, states: &Four<Option<Zeroizing<Bytes>>>) {
        let Parties { seller, manager, courier, .. } = self.parties;
        self.at_seller = states.seller.as_ref().map(|state| seller.restore(state).unwrap());
        self.at_manager = states.manager.as_ref().map(|state| manager.restore(state).unwrap());
        self.at_courier = states.courier.as_ref().map(|state| courier.restore(state).unwrap());
        self.at_gateway = states.gateway.as_ref().map(|state| self.gate.restore(state).unwrap());
    }

    /// Every message that has been received comes again.
    fn receive_again(&mut self) {
        let arrived = self.tables.map(|table| table.state().is_some());
        let Parties { seller, manager, courier, .. } = self.parties;
        if arrived.seller {
            let envelope = Envelope::from_bytes(&self.wire["envelope"]).unwrap();
            self.at_seller = match seller.receive(&envelope, NOW, &mut self.tables.seller).unwrap() {
                Received::New(_) => panic!("a repetition is not new"),
                Received::Again(order) => Some(order),
            };
        }
        if arrived.manager {
            self.at_manager = match self.received_by(manager) {
                Received::New(_) => panic!("a repetition is not new"),
                Received::Again(order) => Some(order),
            };
        }
        if arrived.courier {
            let dispatch = Dispatch::from_bytes(&self.wire["dispatch"]).unwrap();
            self.at_courier = Some(order_of(courier.receive(&dispatch, NOW, &mut self.tables.courier).unwrap()));
        }
        if arrived.gateway {
            let relay = Relay::from_bytes(&self.wire["gateway"]).unwrap();
            self.at_gateway = Some(order_of(self.gate.receive(&relay, NOW, &mut self.tables.gateway).unwrap()));
        }
    }

    /// The card manager takes its part, whichever way that comes.
    fn received_by(&mut self, manager: &'a CardManager<Share>) -> polyseal::ReceivedByCardManager<'a, Share> {
        let ledger = &mut self.tables.manager;
        if self.story == Story::Direct {
            manager.receive_direct(&Direct::from_bytes(&self.wire["direct"]).unwrap(), NOW, ledger).unwrap()
        } else {
            manager.receive(&Relay::from_bytes(&self.wire["relay"]).unwrap(), NOW, ledger).unwrap()
        }
    }

    /// Stores what waits. Everything else ends with the process.
    fn stop(self) -> Stored {
        let seller = match &self.at_seller {
            Some(SellerOrder::AwaitingAuthentication(awaiting)) => Some(awaiting.export()),
            Some(SellerOrder::Approved(approved)) => Some(approved.export()),
            Some(SellerOrder::Declined(_)) | None => None,
        };
        let manager = match &self.at_manager {
            Some(CardManagerOrder::AwaitingDecision(deciding)) => Some(deciding.export()),
            Some(CardManagerOrder::Decided(_)) | None => None,
        };
        let [courier, gateway] = [&self.at_courier, &self.at_gateway].map(|at| at.as_ref().map(Delivery::export));
        Stored {
            rows: self.tables.map(Table::rows),
            states: Four { seller, manager, courier, gateway },
            placed: self.placed.map(|placed| placed.export()),
            wire: self.wire,
            told: self.told,
        }
    }

    fn send(&mut self, what: &'static str, bytes: Bytes) {
        assert_eq!(self.wire.insert(what, bytes), None, "{what} is sent once");
    }

    fn place(&mut self) {
        let (order, form) = (order(), self.story.form());
        let split = self.parties.holder.split(&order, &form).unwrap();
        let sealed = split.seal(NOW, Windows::default(), &mut self.rng).unwrap();
        self.placed = Some(sealed.awaiting);
        self.send("envelope", sealed.envelope.to_bytes());
        for direct in sealed.directs {
            self.send("direct", direct.to_bytes());
        }
    }

    fn take_order(&mut self) {
        let envelope = Envelope::from_bytes(&self.wire["envelope"]).unwrap();
        let received = self.parties.seller.receive(&envelope, NOW, &mut self.tables.seller).unwrap();
        self.at_seller = Some(SellerOrder::AwaitingAuthentication(polyseal_testing::new(received)));
    }

    fn relay(&mut self) {
        let Some(SellerOrder::AwaitingAuthentication(awaiting)) = &self.at_seller else { panic!("it awaits") };
        let mut relay = |role: &Role| awaiting.relay(role, NOW, &mut self.rng).unwrap().to_bytes();
        let to_manager = (self.story != Story::Direct).then(|| relay(&Role::CARD_MANAGER));
        let to_gateway = (self.story == Story::Gateway).then(|| relay(&role(GATEWAY)));
        for (what, relay) in [("relay", to_manager), ("gateway", to_gateway)] {
            if let Some(relay) = relay {
                self.send(what, relay);
            }
        }
    }

    fn acknowledge(&mut self) {
        let digest = self.placed.as_ref().unwrap().digest();
        let receipt = self.parties.seller.receipt(digest, NOW, &self.tables.seller, &mut self.rng).unwrap();
        self.send("acknowledgement", receipt.to_bytes());
    }

    fn serve_gateway(&mut self) {
        if let Some(relay) = self.wire.get("gateway") {
            let relay = Relay::from_bytes(relay).unwrap();
            self.at_gateway =
                Some(polyseal_testing::new(self.gate.receive(&relay, NOW, &mut self.tables.gateway).unwrap()));
        }
    }

    fn take_part(&mut self) {
        let received = self.received_by(&self.parties.manager);
        self.at_manager = Some(CardManagerOrder::AwaitingDecision(polyseal_testing::new(received)));
    }

    fn decide(&mut self) {
        let Some(CardManagerOrder::AwaitingDecision(deciding)) = self.at_manager.take() else { panic!("it awaits") };
        let ledger = &mut self.tables.manager;
        let answer = if self.story == Story::Declined {
            deciding.decline("unknown card", ledger, &mut self.rng).unwrap()
        } else {
            let Approval { authentication, settlement, .. } = deciding.approve(NOW, ledger, &mut self.rng).unwrap();
            self.told.push(format!("card manager: withdraw {}", settlement.amount_due()));
            authentication
        };
        self.send("answer", answer.to_bytes());
    }

    fn take_answer(&mut self) {
        let Some(SellerOrder::AwaitingAuthentication(awaiting)) = self.at_seller.take() else { panic!("it awaits") };
        let answer = Authentication::from_bytes(&self.wire["answer"]).unwrap();
        self.at_seller = Some(match awaiting.authenticate(&answer, NOW, &mut self.tables.seller).unwrap() {
            Authenticated::Approved(approved) => SellerOrder::Approved(approved),
            Authenticated::Declined(declined) => {
                self.told.push(format!("seller: {}", declined.reason()));
                SellerOrder::Declined(declined)
            }
        });
    }

    fn dispatch(&mut self) {
        if let Some(SellerOrder::Approved(approved)) = &mut self.at_seller {
            let (to, ledger) = (Role::DELIVERY_SERVICE, &mut self.tables.seller);
            let dispatch = approved.dispatch(&to, b"ring twice", NOW, ledger, &mut self.rng).unwrap();
            self.send("dispatch", dispatch.to_bytes());
        }
    }

    fn take_dispatch(&mut self) {
        if let Some(dispatch) = self.wire.get("dispatch") {
            let dispatch = Dispatch::from_bytes(dispatch).unwrap();
            let received = self.parties.courier.receive(&dispatch, NOW, &mut self.tables.courier).unwrap();
            self.at_courier = Some(polyseal_testing::new(received));
        }
    }

    fn fulfil(&mut self) {
        for (who, at) in [("delivery service", &self.at_courier), ("gateway", &self.at_gateway)] {
            let Some(delivery) = at else { continue };
            let fields: Vec<_> = delivery.part().fields().map(|(_, value)| value).collect();
            let instructions = String::from_utf8_lossy(delivery.instructions());
            self.told.push(format!("{who}: {} ({instructions})", fields.join(", ")));
        }
    }

    fn report(&mut self) {
        let digest = self.placed.as_ref().unwrap().digest();
        let Parties { seller, manager, .. } = self.parties;
        let of_seller = seller.receipt(digest, NOW, &self.tables.seller, &mut self.rng).unwrap();
        let of_manager = manager.receipt(digest, NOW, &self.tables.manager, &mut self.rng).unwrap();
        self.send("receipt of the seller", of_seller.to_bytes());
        self.send("receipt of the card manager", of_manager.to_bytes());
    }

    fn read_receipts(&mut self) {
        for what in ["acknowledgement", "receipt of the seller", "receipt of the card manager"] {
            let receipt = Receipt::from_bytes(&self.wire[what]).unwrap();
            let report = self.placed.as_ref().unwrap().receive(&receipt).unwrap();
            let status = match report.status() {
                Status::Declined { reason } => format!("Declined, {}", reason.as_str()),
                status => format!("{status:?}"),
            };
            self.told.push(format!("card holder: {status}"));
        }
    }
}

type Step = fn(&mut Running<'_>);

const STEPS: [Step; 13] = [
    |all| all.place(),
    |all| all.take_order(),
    |all| all.relay(),
    |all| all.acknowledge(),
    |all| all.serve_gateway(),
    |all| all.take_part(),
    |all| all.decide(),
    |all| all.take_answer(),
    |all| all.dispatch(),
    |all| all.take_dispatch(),
    |all| all.fulfil(),
    |all| all.report(),
    |all| all.read_receipts(),
];

/// A whole purchase, cut before each of these steps.
fn purchase(story: Story, source: Source, cuts: &[usize]) -> Stored {
    let mut ends = cuts.to_vec();
    ends.push(STEPS.len());
    let mut stored = Stored::default();
    let mut from = 0;
    for until in ends {
        let parties = enrolled(story);
        let mut running = Running::start(story, source, &parties, stored);
        for (number, step) in STEPS.iter().enumerate().take(until).skip(from) {
            running.rng = Repeatable(number.try_into().unwrap());
            step(&mut running);
        }
        (stored, from) = (running.stop(), until);
    }
    stored
}

/// What people are told in each story, so that the comparison is with something.
fn expected(story: Story) -> Vec<&'static str> {
    let withdraw = "card manager: withdraw 59.80 EUR";
    let deliver = "delivery service: 2 Other Street, Testville, Bob Example, 1 Sample Street, Testville, \
                   +00 555 0101, Ada Example, +00 555 0100 (ring twice)";
    let told: &[_] = match story {
        Story::Approved | Story::Direct => &[withdraw, deliver],
        Story::Gateway => &[withdraw, deliver, "gateway: 59.80 EUR, single ()"],
        Story::Declined => &["seller: unknown card"],
    };
    let receipts: &[_] = match story {
        Story::Declined => &["card holder: Declined, unknown card"; 2],
        _ => &["card holder: Dispatched", "card holder: Approved"],
    };
    [told, &["card holder: Received"], receipts].concat()
}

#[test]
fn a_purchase_that_is_cut_comes_out_as_one_that_is_not() {
    for story in STORIES {
        let undisturbed = purchase(story, Source::Exports, &[]);
        assert_eq!(undisturbed.told, expected(story), "{story:?}");
        for source in SOURCES {
            let everywhere: Vec<_> = (0..=STEPS.len()).collect();
            let once = everywhere.iter().map(|cut| vec![*cut]);
            for cuts in once.chain([everywhere.clone()]) {
                assert!(purchase(story, source, &cuts) == undisturbed, "{story:?} from {source:?}, cut at {cuts:?}");
            }
        }
    }
}

/// Every state that is stored in the course of any story, with the party whose it is.
fn states() -> Vec<(Story, &'static str, Zeroizing<Bytes>)> {
    let mut found = Vec::new();
    for story in STORIES {
        for end in 1..=STEPS.len() {
            let parties = enrolled(story);
            let mut running = Running::start(story, Source::Exports, &parties, Stored::default());
            for (number, step) in STEPS.iter().enumerate().take(end) {
                running.rng = Repeatable(number.try_into().unwrap());
                step(&mut running);
            }
            // The ledger has those that still wait, and those that do not any more.
            let Four { seller, manager, courier, gateway } = running.tables.map(Table::state);
            let placed = running.stop().placed;
            for (owner, state) in OWNERS.into_iter().zip([placed, seller, manager, courier, gateway]) {
                found.extend(state.map(|state| (story, owner, state)));
            }
        }
    }
    found.sort_by(|(_, a, x), (_, b, y)| (a, x.as_slice()).cmp(&(b, y.as_slice())));
    found.dedup_by(|(_, a, x), (_, b, y)| a == b && x == y);
    found
}

const OWNERS: [&str; 5] = ["card holder", "seller", "card manager", "delivery service", "gateway"];

/// What each party says to a state, if all of them have this share or, without one, their own.
fn restore(story: Story, share: Option<&Share>, owner: &str, state: &[u8]) -> Result<(), RestoreError> {
    let (own, gate) = enrolled(story);
    let Some(share) = share.map(|share| || Share::import(&share.export()).unwrap()) else {
        return match owner {
            "card holder" => own.holder.restore(state).map(drop),
            "seller" => own.seller.restore(state).map(drop),
            "card manager" => own.manager.restore(state).map(drop),
            "delivery service" => own.courier.restore(state).map(drop),
            _ => gate.restore(state).map(drop),
        };
    };
    match owner {
        "card holder" => CardHolder::new(share(), gateway_confinement()).restore(state).map(drop),
        "seller" => Seller::new(share(), polyseal_testing::policy(story.form())).restore(state).map(drop),
        "card manager" => CardManager::new(share(), Accepted::Anyone).restore(state).map(drop),
        "delivery service" => DeliveryService::new(share(), Accepted::Anyone).restore(state).map(drop),
        _ => gateway(share()).restore(state).map(drop),
    }
}

#[test]
fn a_state_of_another_version_or_owner_or_a_damaged_one_is_refused() {
    let [stranger] = shares([id("stranger.example")]);
    let states = states();
    for (story, owner, state) in &states {
        let own = |state: &[u8]| restore(*story, None, owner, state);
        assert_eq!(own(state), Ok(()), "{owner}");

        // The label comes first in an export, after the heads of the array and of the text.
        let mut other = state.to_vec();
        let label = 2..2 + VERSION.len();
        assert_eq!(&other[label.clone()], VERSION.as_bytes());
        other[label].copy_from_slice(b"polyseal/2");
        assert_eq!(own(&other), Err(RestoreError::Wire(WireError::Version)), "{owner}");

        assert_eq!(restore(*story, Some(&stranger), owner, state), Err(RestoreError::OtherOwner), "{owner}");
        // Nor does one party continue from what another has stored: neither in its own name nor, in
        // another role, in the same.
        let kind = |expected| Err(RestoreError::Wire(WireError::Kind { expected }));
        let names = [holder(), shop(), bank(), courier(), id("gateway.example")];
        let (_, name) = OWNERS.iter().zip(names).find(|(other, _)| *other == owner).unwrap();
        let [namesake] = shares([name]);
        for other in OWNERS.into_iter().filter(|other| other != owner) {
            let refused = match (*owner, other) {
                ("card holder", _) => kind("state"),
                (_, "card holder") => kind("placed order"),
                _ => Err(RestoreError::OtherOwner),
            };
            assert_eq!(restore(*story, None, other, state), refused, "the {other}, one of the {owner}");
            assert_eq!(restore(*story, Some(&namesake), other, state), refused, "the {other}, one of the {owner}");
        }

        let mut damaged = state.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(own(&damaged), Err(RestoreError::Wire(WireError::Corrupt)), "{owner}");
        let (_, short) = state.split_last().unwrap();
        assert_eq!(own(short), Err(RestoreError::Wire(WireError::Truncated)), "{owner}");
        assert_eq!(own(&[state.as_slice(), &[0]].concat()), Err(RestoreError::Wire(WireError::Trailing)), "{owner}");
    }
    // What was tried: of the card holder, one in each story; of the seller, awaiting, approved, dispatched, and
    // declined; of the card manager, awaiting and decided. Until its end the declined one is as the approved one.
    let count = |owner| states.iter().filter(|(_, other, _)| *other == owner).count();
    assert_eq!(OWNERS.map(count), [3, 3 + 1 + 3 + 3, 2 + 1 + 2 + 2, 3, 1]);
}
