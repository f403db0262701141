//! An order's life, over one ledger: each method takes it one step on.

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::{AwaitingResolution, CardManagerOrder, CardManagerRequest, Resolved};
use polyseal::message::{Consignment, DeliveryReport, Dispatch, Receipt, Report, Request, Response, Withdrawal};
use polyseal::order::Amount;
use polyseal::recipient::Delivery;
use polyseal::seller::SellerOrder;
use polyseal::{CardManager, KeySource, MemoryLedger, Recipient, Role, Share};

use super::story::Story;
use super::{NOW, Parties, new};

/// The consignment of a dispatch comes to a delivery service that has nothing of the order, and nobody takes it.
pub fn undelivered<K: KeySource>(courier: &Recipient<K>, dispatch: &Dispatch, ledger: &mut MemoryLedger) -> Delivery {
    let delivery = new(courier.receive_dispatch(dispatch, NOW).unwrap().file(ledger).unwrap());
    new(delivery.failed(courier, 1, "nobody home", NOW).unwrap().file(ledger).unwrap())
}

/// The card manager grants a demand that is new to it.
pub fn granted<K: KeySource>(manager: &CardManager<K>, request: &Request, ledger: &mut MemoryLedger) -> Resolved {
    let received = manager.receive_request(request, NOW).unwrap().file(ledger).unwrap().into_inner();
    let CardManagerRequest::AwaitingResolution(demand) = received else { panic!("it is answered") };
    new(demand.grant(manager, NOW).unwrap().file(ledger).unwrap())
}

/// An order that is under way, and its parties.
#[derive(Debug)]
pub struct Life {
    pub story: Story<Share>,
    pub sealed: SealedOrder,
}

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub fn consignment(number: u16, is_last: bool) -> Consignment {
    Consignment::new(number, is_last).unwrap()
}

impl Life {
    /// An order that is at the seller.
    pub fn begun() -> Self {
        let mut story = Story::standard(5);
        let sealed = story.sealed();
        story.taken(&sealed.envelope);
        Self { story, sealed }
    }

    pub fn approved() -> Self {
        let mut life = Self::begun();
        let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
        life.story.approves(awaiting);
        life
    }

    pub fn at_seller(&mut self) -> SellerOrder {
        self.story.parties.seller.find(self.sealed.digest).file(&mut self.story.ledger).unwrap()
    }

    pub fn at_manager(&mut self) -> CardManagerOrder {
        self.story.parties.manager.find(self.sealed.digest).file(&mut self.story.ledger).unwrap()
    }

    pub fn at_courier(&mut self) -> Delivery {
        self.story.parties.courier.find(self.sealed.digest).file(&mut self.story.ledger).unwrap()
    }

    /// The seller dispatches a consignment, and the delivery service gets it.
    pub fn dispatches(&mut self, number: u16, is_last: bool) -> Delivery {
        let SellerOrder::Approved(order) = self.at_seller() else { panic!("it is approved") };
        let Story { parties: Parties { seller, courier, .. }, ledger, rng, now, .. } = &mut self.story;
        let (to, which) = (&Role::DELIVERY_SERVICE, consignment(number, is_last));
        let instructions = [u8::try_from(number).unwrap()];
        let order =
            new(order.dispatch_consignment(seller, to, which, &instructions, *now).unwrap().file(ledger).unwrap());
        let dispatch = order.consignment_message(seller, to, number, *now, rng).unwrap();
        let delivery = new(courier.receive_dispatch(&dispatch, *now).unwrap().file(ledger).unwrap());
        assert_eq!(delivery.consignment().unwrap().consignment(), which);
        assert_eq!(delivery.instructions(), instructions);
        delivery
    }

    /// The delivery service files what became of a consignment, and tells the seller.
    pub fn reports(&mut self, number: u16, failure: Option<&str>) -> DeliveryReport {
        let delivery = self.at_courier();
        let Story { parties: Parties { seller, courier, .. }, ledger, rng, now, .. } = &mut self.story;
        let pending = match failure {
            None => delivery.delivered(courier, number, *now),
            Some(reason) => delivery.failed(courier, number, reason, *now),
        };
        let delivery = new(pending.unwrap().file(ledger).unwrap());
        let report = delivery.delivery_report(courier, number, rng).unwrap();
        let report = DeliveryReport::from_bytes(&report.to_bytes()).unwrap();
        let order = seller.find(self.sealed.digest).file(ledger).unwrap();
        new(order.delivered(seller, &report, *now).unwrap().file(ledger).unwrap());
        report
    }

    pub fn withdrawal(&mut self) -> Withdrawal {
        let Story { parties: Parties { holder, .. }, rng, now, .. } = &mut self.story;
        let withdrawal = self.sealed.awaiting.withdraw(holder, *now, rng).unwrap();
        Withdrawal::from_bytes(&withdrawal.to_bytes()).unwrap()
    }

    /// The seller files the demand to refund a sum, and gives its request.
    pub fn demands(&mut self, number: u16, sum: &str) -> Request {
        let order = self.at_seller();
        let Story { parties: Parties { seller, .. }, ledger, .. } = &mut self.story;
        let SellerOrder::Approved(order) = order else { panic!("{order:?}") };
        new(order.refund(seller, number, &amount(sum), NOW).unwrap().file(ledger).unwrap());
        self.request(number)
    }

    /// The seller files the demand to cancel the order, and gives its request.
    pub fn cancels(&mut self) -> Request {
        let order = self.at_seller();
        let Story { parties: Parties { seller, .. }, ledger, now, .. } = &mut self.story;
        let pending = match order {
            SellerOrder::AwaitingAuthorization(order) => order.cancel(seller, *now).unwrap(),
            SellerOrder::Approved(order) => order.cancel(seller, *now).unwrap(),
            other => panic!("{other:?}"),
        };
        let SellerOrder::Cancelling(order) = new(pending.file(ledger).unwrap()) else { panic!("not cancelling") };
        let number = order.number();
        self.request(number)
    }

    pub fn request(&mut self, number: u16) -> Request {
        let order = self.at_seller();
        let Story { parties: Parties { seller, .. }, rng, now, .. } = &mut self.story;
        let request = order.request(seller, number, *now, rng).unwrap();
        Request::from_bytes(&request.to_bytes()).unwrap()
    }

    pub fn received(&mut self, request: &Request) -> CardManagerRequest {
        let Story { parties: Parties { manager, .. }, ledger, now, .. } = &mut self.story;
        manager.receive_request(request, *now).unwrap().file(ledger).unwrap().into_inner()
    }

    /// The card manager gets a demand that is new to it.
    pub fn asked(&mut self, request: &Request) -> AwaitingResolution {
        match self.received(request) {
            CardManagerRequest::AwaitingResolution(demand) => demand,
            other @ CardManagerRequest::Resolved(_) => panic!("{other:?}"),
        }
    }

    pub fn grants(&mut self, request: &Request) -> Resolved {
        let demand = self.asked(request);
        let Story { parties: Parties { manager, .. }, ledger, now, .. } = &mut self.story;
        new(demand.grant(manager, *now).unwrap().file(ledger).unwrap())
    }

    pub fn refuses(&mut self, request: &Request, reason: &str) -> Resolved {
        let demand = self.asked(request);
        let Story { parties: Parties { manager, .. }, ledger, now, .. } = &mut self.story;
        new(demand.refuse(manager, reason, *now).unwrap().file(ledger).unwrap())
    }

    pub fn response(&mut self, resolved: &Resolved) -> Response {
        let Story { parties: Parties { manager, .. }, rng, .. } = &mut self.story;
        Response::from_bytes(&resolved.response(manager, rng).unwrap().to_bytes()).unwrap()
    }

    /// The seller takes the answer to a demand.
    pub fn takes(&mut self, resolved: &Resolved) -> SellerOrder {
        let (response, order) = (self.response(resolved), self.at_seller());
        let Story { parties: Parties { seller, .. }, ledger, now, .. } = &mut self.story;
        new(order.resolve(seller, &response, *now).unwrap().file(ledger).unwrap())
    }

    pub fn report(&mut self, give: impl FnOnce(&mut Self) -> Receipt) -> Report {
        let receipt = Receipt::from_bytes(&give(self).to_bytes()).unwrap();
        self.sealed.awaiting.receive(&self.story.parties.holder, &receipt, self.story.now).unwrap()
    }

    pub fn seller_reports(&mut self) -> Report {
        let order = self.at_seller();
        self.report(|life| order.receipt(&life.story.parties.seller, NOW, &mut life.story.rng).unwrap())
    }

    pub fn manager_reports(&mut self) -> Report {
        let order = self.at_manager();
        self.report(|life| order.receipt(&life.story.parties.manager, NOW, &mut life.story.rng).unwrap())
    }

    pub fn courier_reports(&mut self) -> Report {
        let delivery = self.at_courier();
        self.report(|life| delivery.receipt(&life.story.parties.courier, NOW, &mut life.story.rng).unwrap())
    }
}
