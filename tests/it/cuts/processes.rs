//! The processes of all parties between two cuts: how they take up what is stored, and what they leave.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use polyseal::card_holder::AwaitingReceipt;
use polyseal::card_manager::{AwaitingDecision, CardManagerOrder};
use polyseal::message::{Direct, Dispatch, Envelope, Relay};
use polyseal::recipient::Delivery;
use polyseal::seller::{AwaitingAuthorization, SellerOrder};
use polyseal::{OrderForm, Pending, Received, Recipient, Role, Share, Zeroizing};
use polyseal_testing::{
    NOW, Parties, Repeatable, bank, courier, directly, gateway, gateway_disclosure, gateway_form, holder, id, shares,
    shop,
};

use super::store::{Bytes, Four, Stored, Table};

/// How a purchase goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    Approved,
    Declined,
    /// The card manager has its part from the card holder itself.
    Direct,
    /// One more recipient, served on receipt.
    Gateway,
}

pub const COURSES: [Course; 4] = [Course::Approved, Course::Declined, Course::Direct, Course::Gateway];

impl Course {
    pub fn form(self) -> OrderForm {
        match self {
            Self::Approved | Self::Declined => OrderForm::standard(),
            Self::Direct => directly(OrderForm::standard(), &Role::CARD_MANAGER),
            Self::Gateway => gateway_form(),
        }
    }

    /// The parties, with these shares.
    pub fn parties(self, [holder, shop, bank, courier, gate]: [Share; 5]) -> (Parties<Share>, Recipient<Share>) {
        (Parties::new([holder, shop, bank, courier], self.form(), gateway_disclosure()), gateway(gate))
    }

    /// The parties, all of them anew from their exported shares.
    pub fn enrolled(self) -> (Parties<Share>, Recipient<Share>) {
        self.parties(SHARES.each_ref().map(|share| Share::import(share).unwrap()))
    }
}

/// From what a new process takes up the orders that wait.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The states that the old one exported.
    Exports,
    /// The ledger's.
    Ledger,
    /// The ledger's, by the digest of the order.
    Digest,
    /// The message that led to the state, which its sender repeats: it was received before.
    Repetition,
}

pub const SOURCES: [Source; 4] = [Source::Exports, Source::Ledger, Source::Digest, Source::Repetition];

/// What each party got from the authority, which is gone.
static SHARES: LazyLock<[Zeroizing<Bytes>; 5]> =
    LazyLock::new(|| shares([holder(), shop(), bank(), courier(), id("gateway.example")]).map(|share| share.export()));

/// The processes of all parties, from one cut to the next.
pub struct Running {
    pub course: Course,
    pub parties: Parties<Share>,
    pub gate: Recipient<Share>,
    pub table: Table,
    pub placed: Option<AwaitingReceipt>,
    pub at_seller: Option<SellerOrder>,
    pub at_manager: Option<CardManagerOrder>,
    pub at_courier: Option<Delivery>,
    pub at_gateway: Option<Delivery>,
    pub wire: BTreeMap<&'static str, Bytes>,
    pub told: Vec<String>,
    pub rng: Repeatable,
}

impl Running {
    pub fn start(course: Course, source: Source, stored: Stored) -> Self {
        let Stored { table, states, placed, wire, told } = stored;
        let (parties, gate) = course.enrolled();
        // The card holder keeps no ledger, so what it exported is all it has.
        let placed = placed.map(|state| parties.holder.restore(&state).unwrap());
        let mut running = Self {
            course,
            parties,
            gate,
            table,
            placed,
            at_seller: None,
            at_manager: None,
            at_courier: None,
            at_gateway: None,
            wire,
            told,
            rng: Repeatable(0),
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

    pub fn order_received(&self) -> Pending<AwaitingAuthorization, SellerOrder> {
        self.parties.seller.receive(&Envelope::from_bytes(&self.wire["envelope"]).unwrap(), NOW).unwrap()
    }

    /// The card manager takes its part, whichever way that comes.
    pub fn part_received(&self) -> Pending<AwaitingDecision, CardManagerOrder> {
        let manager = &self.parties.manager;
        let pending = if self.course == Course::Direct {
            manager.receive_direct(&Direct::from_bytes(&self.wire["direct"]).unwrap(), NOW)
        } else {
            manager.receive(&Relay::from_bytes(&self.wire["relay"]).unwrap(), NOW)
        };
        pending.unwrap()
    }

    pub fn dispatch_received(&self) -> Pending<Delivery> {
        let dispatch = Dispatch::from_bytes(&self.wire["dispatch"]).unwrap();
        self.parties.courier.receive_dispatch(&dispatch, NOW).unwrap()
    }

    pub fn relay_received(&self) -> Pending<Delivery> {
        self.gate.receive_relay(&Relay::from_bytes(&self.wire["gateway"]).unwrap(), NOW).unwrap()
    }

    /// Stores what waits. Everything else ends with the process.
    pub fn stop(self) -> Stored {
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
}
