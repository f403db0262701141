//! A purchase cut between any two steps: every process ends, and new ones go on from bytes alone.
//!
//! What outlives a process is what its owner stores: its share, its ledger's entries, the messages that
//! are under way, and, if it keeps them apart from the ledger, its exported states. Generators are
//! seeded by the step, so a purchase that was cut has to come out byte for byte as one that was not:
//! the same messages, the same entries, the same states, the same words to the people involved.

use core::convert::Infallible;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use polyseal::card_holder::AwaitingReceipt;
use polyseal::card_manager::{AwaitingDecision, CardManagerOrder};
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{
    Authorization, Direct, Dispatch, Envelope, Receipt, Relay, Status, VERSION, Windows, WireError,
};
use polyseal::recipient::Delivery;
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{
    CardHolder, CardManager, Ledger, OrderForm, Peers, Pending, Received, Recipient, Release, Role, Seller, Share,
    Zeroizing,
};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, bank, courier, gateway, gateway_disclosure, gateway_form, holder, id, new,
    order, role, shares, shop,
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
    /// The ledger's, by the digest of the order.
    Digest,
    /// The message that led to the state, which its sender repeats: it was received before.
    Repetition,
}

const SOURCES: [Source; 4] = [Source::Exports, Source::Ledger, Source::Digest, Source::Repetition];

/// A table of a database: one for all parties.
#[derive(Clone, Debug, Default, PartialEq)]
struct Table(BTreeMap<LedgerKey, Row>);

#[derive(Clone, Debug, PartialEq)]
struct Row {
    revision: u64,
    expires: u64,
    state: Zeroizing<Bytes>,
}

impl Table {
    /// The state of the one order at a party, if it has come there.
    fn state(&self, role: &Role) -> Option<Zeroizing<Bytes>> {
        self.0.iter().find(|(key, _)| key.role == *role).map(|(_, row)| row.state.clone())
    }

    fn states(&self) -> Four<Option<Zeroizing<Bytes>>> {
        let [seller, manager, courier, gateway] =
            [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE, role(GATEWAY)].map(|role| self.state(&role));
        Four { seller, manager, courier, gateway }
    }
}

impl Ledger for Table {
    type Error = Infallible;

    fn file(&mut self, &Record { key, expires, change, .. }: &Record<'_>) -> Result<Filed, Infallible> {
        let row = |revision, state: &[u8]| Row { revision, expires, state: state.to_vec().into() };
        let row = match (self.0.get(key), change) {
            (None, Change::Insert { state }) => row(0, state),
            (Some(Row { revision, .. }), Change::Replace { current, state }) if *revision == current => {
                row(current + 1, state)
            }
            (Some(Row { state, .. }), _) => return Ok(Filed::Found(state.clone())),
            (None, _) => return Ok(Filed::Absent),
        };
        self.0.insert(key.clone(), row);
        Ok(Filed::Done)
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

/// What outlives the processes: nothing but bytes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Stored {
    table: Table,
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
    (Parties::new([holder, shop, bank, courier], story.form(), gateway_disclosure()), gateway(gate))
}

/// The processes of all parties, from one cut to the next.
struct Running {
    story: Story,
    parties: Parties<Share>,
    gate: Recipient<Share>,
    table: Table,
    placed: Option<AwaitingReceipt>,
    at_seller: Option<SellerOrder>,
    at_manager: Option<CardManagerOrder>,
    at_courier: Option<Delivery>,
    at_gateway: Option<Delivery>,
    wire: BTreeMap<&'static str, Bytes>,
    told: Vec<String>,
    rng: Repeatable,
}

impl Running {
    fn start(story: Story, source: Source, stored: Stored) -> Self {
        let Stored { table, states, placed, wire, told } = stored;
        let (parties, gate) = enrolled(story);
        // The card holder keeps no ledger, so what it exported is all it has.
        let placed = placed.map(|state| parties.holder.restore(&state).unwrap());
        let (at_seller, at_manager, at_courier, at_gateway) = (None, None, None, None);
        let rng = Repeatable(0);
        let mut running = Self {
            story,
            parties,
            gate,
            table,
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
            Source::Ledger => running.restore(&running.table.states()),
            Source::Digest => running.find(),
            Source::Repetition => running.receive_again(),
        }
        running
    }

    fn restore(&mut self, states: &Four<Option<Zeroizing<Bytes>>>) {
        let Parties { seller, manager, courier, .. } = &self.parties;
        self.at_seller = states.seller.as_ref().map(|state| seller.restore(state).unwrap());
        self.at_manager = states.manager.as_ref().map(|state| manager.restore(state).unwrap());
        self.at_courier = states.courier.as_ref().map(|state| courier.restore(state).unwrap());
        self.at_gateway = states.gateway.as_ref().map(|state| self.gate.restore(state).unwrap());
    }

    /// Every order is looked up; it is there, or has not come.
    fn find(&mut self) {
        let Some(digest) = self.placed.as_ref().map(AwaitingReceipt::digest) else { return };
        let (Parties { seller, manager, courier, .. }, table) = (&self.parties, &mut self.table);
        self.at_seller = seller.find(digest).file(table).ok();
        self.at_manager = manager.find(digest).file(table).ok();
        self.at_courier = courier.find(digest).file(table).ok();
        self.at_gateway = self.gate.find(digest).file(table).ok();
    }

    /// Every message that has been received comes again.
    fn receive_again(&mut self) {
        fn known<N, A>(pending: Pending<N, A>, table: &mut Table) -> A {
            match pending.file(table).unwrap() {
                Received::New(_) => panic!("a repetition is not new"),
                Received::Again(order) => order,
            }
        }
        let Four { seller, manager, courier, gateway } = self.table.states();
        if seller.is_some() {
            self.at_seller = Some(known(self.order_received(), &mut self.table));
        }
        if manager.is_some() {
            self.at_manager = Some(known(self.part_received(), &mut self.table));
        }
        if courier.is_some() {
            self.at_courier = Some(known(self.dispatch_received(), &mut self.table));
        }
        if gateway.is_some() {
            self.at_gateway = Some(known(self.relay_received(), &mut self.table));
        }
    }

    fn order_received(&self) -> Pending<polyseal::seller::AwaitingAuthorization, SellerOrder> {
        self.parties.seller.receive(&Envelope::from_bytes(&self.wire["envelope"]).unwrap(), NOW).unwrap()
    }

    /// The card manager takes its part, whichever way that comes.
    fn part_received(&self) -> Pending<AwaitingDecision, CardManagerOrder> {
        let manager = &self.parties.manager;
        let pending = if self.story == Story::Direct {
            manager.receive_direct(&Direct::from_bytes(&self.wire["direct"]).unwrap(), NOW)
        } else {
            manager.receive(&Relay::from_bytes(&self.wire["relay"]).unwrap(), NOW)
        };
        pending.unwrap()
    }

    fn dispatch_received(&self) -> Pending<Delivery> {
        let dispatch = Dispatch::from_bytes(&self.wire["dispatch"]).unwrap();
        self.parties.courier.receive_dispatch(&dispatch, NOW).unwrap()
    }

    fn relay_received(&self) -> Pending<Delivery> {
        self.gate.receive_relay(&Relay::from_bytes(&self.wire["gateway"]).unwrap(), NOW).unwrap()
    }

    /// Stores what waits. Everything else ends with the process.
    fn stop(self) -> Stored {
        let seller = self.at_seller.map(|order| order.export());
        let manager = self.at_manager.map(|order| order.export());
        let [courier, gateway] = [self.at_courier, self.at_gateway].map(|at| at.as_ref().map(Delivery::export));
        Stored {
            table: self.table,
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
        let (order, form, holder) = (order(), self.story.form(), &self.parties.holder);
        let split = holder.split(&order, &form).unwrap();
        let sealed = split.seal(holder, NOW, Windows::default(), &mut self.rng).unwrap();
        self.placed = Some(sealed.awaiting);
        self.send("envelope", sealed.envelope.to_bytes());
        for direct in sealed.directs {
            self.send("direct", direct.to_bytes());
        }
    }

    fn take_order(&mut self) {
        self.at_seller = Some(new(self.order_received().file(&mut self.table).unwrap()).into());
    }

    fn relay(&mut self) {
        let Some(SellerOrder::AwaitingAuthorization(awaiting)) = &self.at_seller else { panic!("it awaits") };
        let seller = &self.parties.seller;
        let mut relay = |role: &Role| awaiting.relay(seller, role, NOW, &mut self.rng).unwrap().to_bytes();
        let to_manager = (self.story != Story::Direct).then(|| relay(&Role::CARD_MANAGER));
        let to_gateway = (self.story == Story::Gateway).then(|| relay(&role(GATEWAY)));
        for (what, relay) in [("relay", to_manager), ("gateway", to_gateway)] {
            if let Some(relay) = relay {
                self.send(what, relay);
            }
        }
    }

    fn acknowledge(&mut self) {
        let receipt = self.at_seller.as_ref().unwrap().receipt(&self.parties.seller, NOW, &mut self.rng).unwrap();
        self.send("acknowledgement", receipt.to_bytes());
    }

    fn serve_gateway(&mut self) {
        if self.wire.contains_key("gateway") {
            self.at_gateway = Some(new(self.relay_received().file(&mut self.table).unwrap()));
        }
    }

    fn take_part(&mut self) {
        self.at_manager = Some(new(self.part_received().file(&mut self.table).unwrap()).into());
    }

    fn decide(&mut self) {
        let Some(CardManagerOrder::AwaitingDecision(deciding)) = self.at_manager.take() else { panic!("it awaits") };
        let (manager, table) = (&self.parties.manager, &mut self.table);
        let decided = if self.story == Story::Declined {
            new(deciding.decline(manager, "unknown card", NOW).unwrap().file(table).unwrap())
        } else {
            let approval = new(deciding.approve(manager, NOW).unwrap().file(table).unwrap());
            self.told.push(format!("card manager: withdraw {}", approval.settlement().amount_due()));
            approval.into_decided()
        };
        self.at_manager = Some(decided.into());
    }

    fn answer(&mut self) {
        let Some(CardManagerOrder::Decided(decided)) = &self.at_manager else { panic!("it is decided") };
        let answer = decided.authorization(&self.parties.manager, &mut self.rng).unwrap();
        self.send("answer", answer.to_bytes());
    }

    fn take_answer(&mut self) {
        let Some(SellerOrder::AwaitingAuthorization(awaiting)) = self.at_seller.take() else { panic!("it awaits") };
        let answer = Authorization::from_bytes(&self.wire["answer"]).unwrap();
        let pending = awaiting.authorize(&self.parties.seller, &answer, NOW).unwrap();
        let authorized = new(pending.file(&mut self.table).unwrap());
        if let Authorized::Declined(declined) = &authorized {
            self.told.push(format!("seller: {}", declined.reason()));
        }
        self.at_seller = Some(authorized.into());
    }

    fn dispatch(&mut self) {
        self.at_seller = self.at_seller.take().map(|order| match order {
            SellerOrder::Approved(approved) => {
                let to = Role::DELIVERY_SERVICE;
                let pending = approved.dispatch(&self.parties.seller, &to, b"ring twice", NOW).unwrap();
                new(pending.file(&mut self.table).unwrap()).into()
            }
            order => order,
        });
    }

    fn send_dispatch(&mut self) {
        if let Some(SellerOrder::Approved(approved)) = &self.at_seller {
            let (seller, to) = (&self.parties.seller, &Role::DELIVERY_SERVICE);
            let dispatch = approved.dispatch_message(seller, to, NOW, &mut self.rng).unwrap();
            self.send("dispatch", dispatch.to_bytes());
        }
    }

    fn take_dispatch(&mut self) {
        if self.wire.contains_key("dispatch") {
            self.at_courier = Some(new(self.dispatch_received().file(&mut self.table).unwrap()));
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
        let Parties { seller, manager, .. } = &self.parties;
        let of_seller = self.at_seller.as_ref().unwrap().receipt(seller, NOW, &mut self.rng).unwrap();
        let of_manager = self.at_manager.as_ref().unwrap().receipt(manager, NOW, &mut self.rng).unwrap();
        self.send("receipt of the seller", of_seller.to_bytes());
        self.send("receipt of the card manager", of_manager.to_bytes());
    }

    fn read_receipts(&mut self) {
        for what in ["acknowledgement", "receipt of the seller", "receipt of the card manager"] {
            let receipt = Receipt::from_bytes(&self.wire[what]).unwrap();
            let report = self.placed.as_ref().unwrap().receive(&self.parties.holder, &receipt, NOW).unwrap();
            let status = match report.status() {
                Status::Declined { reason } => format!("Declined, {}", reason.as_str()),
                status => format!("{status:?}"),
            };
            self.told.push(format!("card holder: {status}"));
        }
    }
}

const STEPS: [fn(&mut Running); 15] = [
    Running::place,
    Running::take_order,
    Running::relay,
    Running::acknowledge,
    Running::serve_gateway,
    Running::take_part,
    Running::decide,
    Running::answer,
    Running::take_answer,
    Running::dispatch,
    Running::send_dispatch,
    Running::take_dispatch,
    Running::fulfil,
    Running::report,
    Running::read_receipts,
];

/// Runs the steps of these numbers.
fn run(running: &mut Running, steps: core::ops::Range<usize>) {
    for number in steps {
        running.rng = Repeatable(number.try_into().unwrap());
        STEPS[number](running);
    }
}

/// A whole purchase, cut before each of these steps.
fn purchase(story: Story, source: Source, cuts: &[usize]) -> Stored {
    let mut stored = Stored::default();
    let mut from = 0;
    for until in cuts.iter().copied().chain([STEPS.len()]) {
        let mut running = Running::start(story, source, stored);
        run(&mut running, from..until);
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
        _ => &["card holder: Approved"; 2],
    };
    [told, &["card holder: Received"], receipts].concat()
}

#[test]
fn a_purchase_that_is_cut_comes_out_as_one_that_is_not() {
    // L-4
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
            let mut running = Running::start(story, Source::Exports, Stored::default());
            run(&mut running, 0..end);
            // The ledger has those that still wait, and those that do not any more.
            let Four { seller, manager, courier, gateway } = running.table.states();
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
fn restore(story: Story, share: Option<&Share>, owner: &str, state: &[u8]) -> Result<(), WireError> {
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
        "card holder" => CardHolder::new(share(), gateway_disclosure()).restore(state).map(drop),
        "seller" => Seller::new(share(), polyseal_testing::policy(story.form())).restore(state).map(drop),
        "card manager" => CardManager::new(share(), Peers::Anyone).restore(state).map(drop),
        "delivery service" => Recipient::delivery_service(share(), Peers::Anyone).restore(state).map(drop),
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
        assert_eq!(own(&other), Err(WireError::Version), "{owner}");

        assert_eq!(restore(*story, Some(&stranger), owner, state), Err(WireError::OtherOwner), "{owner}");
        // Nor does one party continue from what another has stored: neither in its own name nor, in
        // another role, in the same.
        let kind = |expected| Err(WireError::Kind { expected });
        let names = [holder(), shop(), bank(), courier(), id("gateway.example")];
        let (_, name) = OWNERS.iter().zip(names).find(|(other, _)| *other == owner).unwrap();
        let [namesake] = shares([name]);
        for other in OWNERS.into_iter().filter(|other| other != owner) {
            let refused = match (*owner, other) {
                ("card holder", _) => kind("state"),
                (_, "card holder") => kind("placed order"),
                _ => Err(WireError::OtherOwner),
            };
            assert_eq!(restore(*story, None, other, state), refused, "the {other}, one of the {owner}");
            assert_eq!(restore(*story, Some(&namesake), other, state), refused, "the {other}, one of the {owner}");
        }

        let mut damaged = state.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(own(&damaged), Err(WireError::Corrupt), "{owner}");
        let (_, short) = state.split_last().unwrap();
        assert_eq!(own(short), Err(WireError::Truncated), "{owner}");
        assert_eq!(own(&[state.as_slice(), &[0]].concat()), Err(WireError::Trailing), "{owner}");
    }
    // What was tried: of the card holder, one in each story; of the seller, awaiting, approved, dispatched, and
    // declined; of the card manager, awaiting and decided. Until its end the declined one is as the approved one.
    let count = |owner| states.iter().filter(|(_, other, _)| *other == owner).count();
    assert_eq!(OWNERS.map(count), [3, 3 + 1 + 3 + 3, 2 + 1 + 2 + 2, 3, 1]);
}
