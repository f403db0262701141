//! What comes of an order once it is approved: consignments and their outcomes, a withdrawal, refunds, a cancellation.

use polyseal::card_holder::AwaitingReceipt;
use polyseal::card_manager::{AwaitingResolution, CardManagerOrder, CardManagerRequest, Resolved};
use polyseal::message::{
    Consignment, Demand, OrderDigest, Outcome, Report, Request, Resolution, Response, Status, Windows,
};
use polyseal::order::Amount;
use polyseal::recipient::Delivery;
use polyseal::seller::{Approved, AwaitingAuthorization, SellerOrder};
use polyseal::{KeySource, MemoryLedger, Received, Role};
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::{NOW, Parties, Repeatable, approved, new, order};
use serde_json::{Value, json};

use crate::file::{hex, with};
use crate::purchases::{Purchase, new_order};

/// When all of it happens.
const LATER: u64 = NOW + 60;
const TO: Role = Role::DELIVERY_SERVICE;

/// An order on its way, and what everybody has of it.
struct Course<'p, 'a, K> {
    purchase: Purchase<'a>,
    parties: &'p Parties<K>,
    digest: OrderDigest,
    header: Item,
    placed: AwaitingReceipt,
    ledger: MemoryLedger,
    rng: Repeatable,
    /// The card manager's state.
    manager: Vec<u8>,
    /// The delivery service's.
    courier: Option<Vec<u8>>,
}

impl Purchase<'_> {
    /// Two consignments, of which one fails; a withdrawal; a refund that is granted, one that is refused; a cancellation.
    pub(crate) fn story<K: KeySource>(self, parties: &Parties<K>) {
        let (mut course, order) = Course::approved(self, parties);
        let order = course.consignment(order, 1, b"ring twice", Some("nobody at home"));
        let order = course.consignment(order, 2, b"leave it with the neighbours", None);
        let order = course.withdrawal(order);
        let order = course.refund(order, 1, "10.00 EUR", None);
        let order = course.refund(order, 2, "25.50 EUR", Some("it was delivered"));
        course.cancellation(order);
    }

    /// An order that is cancelled before the card manager has seen it.
    pub(crate) fn cancelled_unseen<K: KeySource>(self, parties: &Parties<K>) {
        let (mut course, order) = Course::begun(self, parties);
        let pending = order.cancel(&parties.seller, LATER).unwrap();
        let order = new(pending.file(&mut course.ledger).unwrap());
        course.purchase.kept("the order to be cancelled", "state", &Role::SELLER, &order.export());
        let request = order.request(&parties.seller, 1, LATER, &mut course.rng).unwrap();
        let pending = parties.manager.receive_request(&request, LATER).unwrap();
        let asked = new(pending.file(&mut course.ledger).unwrap());
        let found = parties.manager.find(course.digest).file(&mut course.ledger).unwrap();
        let CardManagerOrder::AwaitingDecision(filed) = found else { panic!("undecided") };
        let told = new_order(asked.part(), &course.header, &filed.export(), Some((LATER, Value::Null)));
        let told = with(&told, [("demand", demand(asked.demand()))]);
        course.purchase.taken("the request to cancel it", &Role::CARD_MANAGER, &request.to_bytes(), None, told);
        course.purchase.kept("the order that nobody saw", "state", &Role::CARD_MANAGER, &filed.export());
        course.answer(order, asked, &request, None);
    }
}

impl<'p, 'a, K: KeySource> Course<'p, 'a, K> {
    fn begun(purchase: Purchase<'a>, parties: &'p Parties<K>) -> (Self, AwaitingAuthorization) {
        let mut rng = Repeatable(47);
        let mut ledger = MemoryLedger::new(10);
        let whole = order();
        let split = parties.holder.split(&whole, &purchase.cast.form).unwrap();
        let sealed = split.seal(&parties.holder, NOW, Windows::default(), &mut rng).unwrap();
        let header = at(&sealed.envelope.to_bytes(), &[2]);
        let order = new(parties.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut ledger).unwrap());
        if let [direct] = &*sealed.directs {
            parties.manager.receive_direct(direct, NOW).unwrap().file(&mut ledger).unwrap();
        }
        let (digest, placed) = (sealed.digest, sealed.awaiting);
        let (manager, courier) = (Vec::new(), None);
        (Self { purchase, parties, digest, header, placed, ledger, rng, manager, courier }, order)
    }

    fn approved(purchase: Purchase<'a>, parties: &'p Parties<K>) -> (Self, Approved) {
        let (mut course, order) = Self::begun(purchase, parties);
        let Self { ledger, rng, digest, .. } = &mut course;
        let Parties { seller, manager, .. } = parties;
        if let Ok(relay) = order.relay(seller, &Role::CARD_MANAGER, NOW, rng) {
            new(manager.receive(&relay, NOW).unwrap().file(ledger).unwrap());
        }
        let found = manager.find(*digest).file(ledger).unwrap();
        let CardManagerOrder::AwaitingDecision(deciding) = found else { panic!("undecided") };
        let decided = new(deciding.approve(manager, NOW).unwrap().file(ledger).unwrap()).into_decided();
        let authorization = decided.authorization(manager, rng).unwrap();
        let order = approved(new(order.authorize(seller, &authorization, NOW).unwrap().file(ledger).unwrap()));
        course.manager = decided.export().to_vec();
        (course, order)
    }

    /// A consignment, what becomes of it, and the receipts of both who know.
    fn consignment(&mut self, order: Approved, number: u16, instructions: &[u8], failure: Option<&str>) -> Approved {
        let Parties { seller, courier, .. } = self.parties;
        let consigned = Consignment::new(number, number == 2).unwrap();
        let pending = order.dispatch_consignment(seller, &TO, consigned, instructions, LATER).unwrap();
        let order = new(pending.file(&mut self.ledger).unwrap());
        let dispatch = order.consignment_message(seller, &TO, number, LATER, &mut self.rng).unwrap();
        let pending = courier.receive_dispatch(&dispatch, LATER).unwrap();
        let delivery = new(pending.file(&mut self.ledger).unwrap());
        let said = consignment(consigned, instructions);
        let told = match &self.courier {
            None => new_order(delivery.part(), &self.header, &delivery.export(), Some((LATER, said))),
            Some(_) => self.told("consignment", [("at", LATER.into()), ("consignment", said)]),
        };
        let before = self.courier.take();
        let what = format!("consignment {number}");
        self.purchase.taken(&what, &TO, &dispatch.to_bytes(), before.as_deref(), told);
        let delivery = self.outcome(delivery, number, failure);
        let report = delivery.delivery_report(courier, number, &mut self.rng).unwrap();
        let before = order.export();
        let order = SellerOrder::from(order).delivered(seller, &report, LATER).unwrap();
        let order = new(order.file(&mut self.ledger).unwrap());
        let told = self.told(
            "outcome",
            [
                ("from", TO.as_str().into()),
                ("number", number.into()),
                ("result", result(delivery.consignment().unwrap().outcome().unwrap())),
            ],
        );
        let what = format!("what became of consignment {number}");
        self.purchase.taken(&what, &Role::SELLER, &report.to_bytes(), Some(&before), told);
        self.again(&format!("{what}, again"), &report.to_bytes(), &order);
        self.of_seller(&order);
        let SellerOrder::Approved(order) = order else { panic!("it is approved") };
        order
    }

    fn outcome(&mut self, delivery: Delivery, number: u16, failure: Option<&str>) -> Delivery {
        let courier = &self.parties.courier;
        let pending = match failure {
            Some(reason) => delivery.failed(courier, number, reason, LATER).unwrap(),
            None => delivery.delivered(courier, number, LATER).unwrap(),
        };
        let delivery = new(pending.file(&mut self.ledger).unwrap());
        self.purchase.kept("the delivery with its outcome", "state", &TO, &delivery.export());
        let receipt = delivery.receipt(courier, LATER, &mut self.rng).unwrap();
        self.purchase.receipt(&receipt, &self.placed.export());
        self.courier = Some(delivery.export().to_vec());
        delivery
    }

    fn withdrawal(&mut self, order: Approved) -> Approved {
        let Parties { holder, seller, .. } = self.parties;
        let withdrawal = self.placed.withdraw(holder, LATER, &mut self.rng).unwrap();
        let before = order.export();
        let pending = SellerOrder::from(order).withdraw(seller, &withdrawal, LATER).unwrap();
        let order = new(pending.file(&mut self.ledger).unwrap());
        let told = self.told("withdrawn", [("at", LATER.into())]);
        self.purchase.taken("the withdrawal", &Role::SELLER, &withdrawal.to_bytes(), Some(&before), told);
        self.again("the withdrawal again", &withdrawal.to_bytes(), &order);
        self.of_seller(&order);
        let SellerOrder::Approved(order) = order else { panic!("it is approved") };
        order
    }

    fn refund(&mut self, order: Approved, number: u16, sum: &str, refusal: Option<&str>) -> Approved {
        let sum: Amount = sum.parse().unwrap();
        let pending = order.refund(&self.parties.seller, number, &sum, LATER).unwrap();
        let order = new(pending.file(&mut self.ledger).unwrap());
        let SellerOrder::Approved(order) = self.demand(order, number, refusal) else { panic!("it is approved") };
        order
    }

    fn cancellation(&mut self, order: Approved) {
        let pending = order.cancel(&self.parties.seller, LATER).unwrap();
        let order = new(pending.file(&mut self.ledger).unwrap());
        self.purchase.kept("the order to be cancelled", "state", &Role::SELLER, &order.export());
        let order = self.demand(order, 3, None);
        let SellerOrder::Cancelled(_) = &order else { panic!("it is cancelled") };
        // Any request is answered by that now.
        let request = order.request(&self.parties.seller, 1, LATER, &mut self.rng).unwrap();
        self.settled("the first refund again, of the cancelled order", &request);
    }

    /// A demand that is filed, until it is answered.
    fn demand(&mut self, order: SellerOrder, number: u16, refusal: Option<&str>) -> SellerOrder {
        let Parties { seller, manager, .. } = self.parties;
        let request = order.request(seller, number, LATER, &mut self.rng).unwrap();
        let pending = manager.receive_request(&request, LATER).unwrap();
        let Received::Again(CardManagerRequest::AwaitingResolution(asked)) = pending.file(&mut self.ledger).unwrap()
        else {
            panic!("it is known, and not answered")
        };
        let (before, filed) = (self.manager.clone(), demand(asked.demand()));
        let (order, refunded) = self.answer(order, asked, &request, refusal);
        let told = self.told("open", [("at", LATER.into()), ("demand", filed), ("refunded", refunded)]);
        self.purchase.taken(
            &format!("request {number}"),
            &Role::CARD_MANAGER,
            &request.to_bytes(),
            Some(&before),
            told,
        );
        order
    }

    /// What the card manager answers, and the seller takes. Gives what is refunded in all if the demand is granted.
    fn answer(
        &mut self,
        order: SellerOrder,
        asked: AwaitingResolution,
        request: &Request,
        refusal: Option<&str>,
    ) -> (SellerOrder, Value) {
        let Parties { seller, manager, .. } = self.parties;
        let sum = asked.demand().refund().cloned();
        let pending = match refusal {
            Some(reason) => asked.refuse(manager, reason, LATER).unwrap(),
            None => asked.grant(manager, LATER).unwrap(),
        };
        let resolved: Resolved = new(pending.file(&mut self.ledger).unwrap());
        let total = resolved.resolution().refunded();
        let if_granted = match (sum, refusal) {
            (Some(sum), Some(_)) => total.checked_add(&sum).unwrap(),
            _ => total.clone(),
        };
        self.purchase.kept("the answered request", "state", &Role::CARD_MANAGER, &resolved.export());
        let receipt = resolved.receipt(manager, LATER, &mut self.rng).unwrap();
        self.purchase.receipt(&receipt, &self.placed.export());
        self.manager = resolved.export().to_vec();
        self.settled("a request that was answered before", request);
        let response: Response = resolved.response(manager, &mut self.rng).unwrap();
        let before = order.export();
        let order = new(order.resolve(seller, &response, LATER).unwrap().file(&mut self.ledger).unwrap());
        let told = self.told("resolved", answered(&resolved));
        self.purchase.taken("the response", &Role::SELLER, &response.to_bytes(), Some(&before), told);
        self.again("the response again", &response.to_bytes(), &order);
        self.of_seller(&order);
        (order, if_granted.to_string().into())
    }

    /// A request that is answered by what is filed.
    fn settled(&mut self, what: &str, request: &Request) {
        let pending = self.parties.manager.receive_request(request, LATER).unwrap();
        let Received::Again(CardManagerRequest::Resolved(resolved)) = pending.file(&mut self.ledger).unwrap() else {
            panic!("it is answered")
        };
        let told = self.told("settled", answered(&resolved));
        let (to, before) = (&Role::CARD_MANAGER, self.manager.clone());
        self.purchase.taken(what, to, &request.to_bytes(), Some(&before), told);
    }

    /// A message that the seller has taken already.
    fn again(&mut self, what: &str, message: &[u8], order: &SellerOrder) {
        let told = self.told("known", []);
        self.purchase.taken(what, &Role::SELLER, message, Some(&order.export()), told);
    }

    fn of_seller(&mut self, order: &SellerOrder) {
        self.purchase.kept("the seller's order after that", "state", &Role::SELLER, &order.export());
        let receipt = order.receipt(&self.parties.seller, LATER, &mut self.rng).unwrap();
        self.purchase.receipt(&receipt, &self.placed.export());
    }

    fn told<const N: usize>(&self, outcome: &str, members: [(&str, Value); N]) -> Value {
        with(&json!({"outcome": outcome, "digest": hex(self.digest.as_bytes())}), members)
    }
}

fn answered(resolved: &Resolved) -> [(&'static str, Value); 2] {
    [("demand", demand(resolved.demand())), ("settled", settled(resolved.resolution()))]
}

/// `[number, last, instructions]`
pub(crate) fn consignment(consignment: Consignment, instructions: &[u8]) -> Value {
    json!([consignment.number(), u8::from(consignment.is_last()), hex(instructions)])
}

/// `[number, kind, sum or null]`
fn demand(demand: &Demand) -> Value {
    json!([demand.number(), u8::from(demand.refund().is_some()), demand.refund().map(ToString::to_string)])
}

/// `[at, refusal or null, refunded]`
fn settled(resolution: &Resolution) -> Value {
    json!([resolution.at(), resolution.refusal(), resolution.refunded().to_string()])
}

/// `[at, failure or null]`
fn result(outcome: &Outcome) -> Value {
    json!([outcome.at(), outcome.failure()])
}

/// What a receipt says.
pub(crate) fn report(report: &Report) -> Value {
    let (status, reason) = match report.status() {
        Status::Received => (0, None),
        Status::Approved => (1, None),
        Status::Declined { reason } => (2, Some(reason.to_string())),
        Status::Cancelled => (3, None),
        other => panic!("{other:?}"),
    };
    let consignments = report.consignments().iter().map(|one| {
        let consignment = one.consignment();
        json!([one.role().as_str(), consignment.number(), u8::from(consignment.is_last()), one.outcome().map(result)])
    });
    json!({
        "outcome": "receipt",
        "from": report.role().as_str(),
        "revision": report.revision(),
        "at": report.at(),
        "status": status,
        "reason": reason,
        "withdrawn": report.withdrawn_at(),
        "refunded": report.refunded().map(ToString::to_string),
        "consignments": consignments.collect::<Vec<_>>(),
    })
}
