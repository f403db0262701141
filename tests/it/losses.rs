//! No single lost message strands an order, sessions or not: every message of the handshakes, of the purchase and of what
//! comes after it is lost once, in a run of its own.

use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::card_manager::{CardManagerOrder, CardManagerRequest};
use polyseal::handshake::{Authenticated, Evidence, Finished, Initiator, Responder};
use polyseal::message::{
    Authorization, DeliveryReport, Dispatch, KeyName, OrderDigest, Receipt, Relay, Report, Request, Response, Status,
    Windows, Withdrawal,
};
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{MemoryLedger, OrderForm, Party, Role, Rules, Share};
use polyseal_testing::{NOW, Parties, Repeatable, new, order};

/// A network that loses one message, and everything else arrives.
struct Network {
    sent: usize,
    lost: Option<usize>,
}

impl Network {
    fn carries(&mut self) -> bool {
        self.sent += 1;
        Some(self.sent) != self.lost
    }

    /// Sends what is made anew each time until it arrives.
    fn sends<T>(&mut self, mut make: impl FnMut() -> T) -> T {
        loop {
            let message = make();
            if self.carries() {
                return message;
            }
        }
    }

    /// Makes a handshake with an exchange. A side that misses an answer says again what it said last.
    fn introduces(&mut self, from: &impl Party, to: &impl Party, rng: &mut Repeatable) -> [Authenticated; 2] {
        let (role, identifier) = (to.role().clone(), to.identifier().clone());
        let (initiator, hello) = Initiator::start_with_exchange(from, role, identifier, NOW, rng).unwrap();
        let (responder, answer) = loop {
            // Each answer is a handshake of its own.
            if self.carries() {
                let answered = Responder::answer(to, &hello, b"", NOW, rng).unwrap();
                if self.carries() {
                    break answered;
                }
            }
        };
        let (Finished { authenticated: mine, .. }, confirmation) =
            initiator.receive(from, &answer, b"", NOW, rng).unwrap();
        self.sends(|| ());
        let (Finished { authenticated: theirs, .. }, first) = responder.receive(to, &confirmation, NOW, rng).unwrap();
        if self.carries() {
            return [mine.acknowledge(from, &first.unwrap(), NOW).unwrap(), theirs];
        }
        // The confirmation comes again, and the acknowledgement is made anew.
        self.sends(|| ());
        let acknowledgement = self.sends(|| theirs.acknowledgement(to, NOW, rng).unwrap());
        [mine.acknowledge(from, &acknowledgement, NOW).unwrap(), theirs]
    }
}

fn of<'a>(orders: impl IntoIterator<Item = &'a Authenticated>) -> Evidence {
    orders.into_iter().cloned().collect()
}

fn is_under(name: &KeyName, session: &Authenticated) {
    assert_eq!(name.session(), Some(session.transcript()));
}

/// A purchase every message of which is under a session; how many messages it took.
fn purchase(lost: Option<usize>) -> usize {
    let mut network = Network { sent: 0, lost };
    let mut rng = Repeatable(1);
    let Parties { holder, seller, manager, courier } = Parties::standard();
    let [with_seller, with_holder] = network.introduces(&holder, &seller, &mut rng);
    let [with_manager, at_manager] = network.introduces(&holder, &manager, &mut rng);
    let [with_courier, at_courier] = network.introduces(&holder, &courier, &mut rng);
    let [for_relay, of_relay] = network.introduces(&seller, &manager, &mut rng);
    let [for_dispatch, of_dispatch] = network.introduces(&seller, &courier, &mut rng);

    let strict = |roles: &[Role]| roles.iter().cloned().fold(Rules::default(), Rules::require_session);
    let [card_holders, sellers, managers, others] =
        [Role::CARD_HOLDER, Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE];
    let holder = holder.with_rules(strict(&[sellers.clone(), managers.clone(), others.clone()]));
    let seller = seller.with_rules(strict(&[card_holders.clone(), managers.clone(), others.clone()]));
    let manager = manager.with_rules(strict(&[card_holders, sellers]));
    let holder = holder.with_evidence(&of([&with_seller, &with_manager, &with_courier])).unwrap();
    let seller = seller.with_evidence(&of([&with_holder, &for_relay, &for_dispatch])).unwrap();
    let manager = manager.with_evidence(&of([&at_manager, &of_relay])).unwrap();
    let courier = courier.with_evidence(&of([&at_courier, &of_dispatch])).unwrap();
    let [mut at_seller, mut at_bank, mut at_door] = [1; 3].map(MemoryLedger::new);

    // The card holder sends the same bytes until it has the seller's receipt.
    let order = order();
    let split = holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(&holder, NOW, Windows::default(), &mut rng).unwrap();
    let SealedOrder { digest, awaiting, envelope, .. } = sealed;
    for (role, session) in
        [(Role::SELLER, &with_seller), (managers.clone(), &with_manager), (others.clone(), &with_courier)]
    {
        envelope.keys(&role).for_each(|(_, name)| is_under(name, session));
    }
    loop {
        if !network.carries() {
            continue;
        }
        let filed = seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap().into_inner();
        let receipt = filed.receipt(&seller, NOW, &mut rng).unwrap();
        is_under(receipt.key(), &with_seller);
        if network.carries() {
            assert_eq!(awaiting.receive(&holder, &receipt, NOW).unwrap().status(), &Status::Received);
            break;
        }
    }

    // The seller asks until it has the answer.
    loop {
        let SellerOrder::AwaitingAuthorization(waiting) = seller.find(digest).file(&mut at_seller).unwrap() else {
            break;
        };
        let relay = waiting.relay(&seller, &managers, NOW, &mut rng).unwrap();
        relay.keys(&managers).for_each(|(_, name)| assert!(name.session().is_some()));
        if !network.carries() {
            continue;
        }
        let relay = Relay::from_bytes(&relay.to_bytes()).unwrap();
        let decided = match manager.receive(&relay, NOW).unwrap().file(&mut at_bank).unwrap().into_inner() {
            CardManagerOrder::AwaitingDecision(order) => {
                order.approve(&manager, NOW).unwrap().file(&mut at_bank).unwrap().into_inner()
            }
            CardManagerOrder::Decided(decided) => decided,
            CardManagerOrder::Cancelled(order) => panic!("{order:?}"),
        };
        let answer = decided.authorization(&manager, &mut rng).unwrap();
        is_under(answer.key(), &for_relay);
        if network.carries() {
            let answer = Authorization::from_bytes(&answer.to_bytes()).unwrap();
            let filed = waiting.authorize(&seller, &answer, NOW).unwrap().file(&mut at_seller).unwrap();
            assert!(matches!(filed.into_inner(), Authorized::Approved(_)));
        }
    }

    let SellerOrder::Approved(approved) = seller.find(digest).file(&mut at_seller).unwrap() else {
        panic!("it is approved")
    };
    let approved =
        approved.dispatch(&seller, &others, b"ring", NOW).unwrap().file(&mut at_seller).unwrap().into_inner();
    let dispatch = network.sends(|| approved.dispatch_message(&seller, &others, NOW, &mut rng).unwrap());
    let dispatch = Dispatch::from_bytes(&dispatch.to_bytes()).unwrap();
    dispatch.keys(&others).for_each(|(_, name)| assert!(name.session().is_some()));
    let delivery = courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_door).unwrap().into_inner();
    assert_eq!(delivery.instructions(), b"ring");

    // Receipts are asked for until they are there.
    let CardManagerOrder::Decided(decided) = manager.find(digest).file(&mut at_bank).unwrap() else {
        panic!("it is decided")
    };
    let receipts: [Receipt; 2] = [
        network.sends(|| approved.receipt(&seller, NOW, &mut rng).unwrap()),
        network.sends(|| decided.receipt(&manager, NOW, &mut rng).unwrap()),
    ];
    let statuses = receipts.map(|receipt| {
        assert!(receipt.key().session().is_some());
        awaiting.receive(&holder, &receipt, NOW).unwrap()
    });
    assert_eq!(statuses.each_ref().map(Report::status), [&Status::Approved, &Status::Approved]);
    assert_eq!(statuses.map(|report| report.consignments().len()), [1, 0]);
    let parties = Parties { holder, seller, manager, courier };
    Afterwards { network, rng, parties, at_seller, at_bank, at_door, digest, placed: awaiting }.ends()
}

/// A purchase after its dispatch: the consignment comes back, the card holder withdraws, and the seller cancels. Each takes its
/// step from its ledger anew, as often as it sends.
struct Afterwards<'a> {
    network: Network,
    rng: Repeatable,
    parties: Parties<&'a Share>,
    at_seller: MemoryLedger,
    at_bank: MemoryLedger,
    at_door: MemoryLedger,
    digest: OrderDigest,
    placed: AwaitingReceipt,
}

impl Afterwards<'_> {
    fn at_seller(&mut self) -> SellerOrder {
        self.parties.seller.find(self.digest).file(&mut self.at_seller).unwrap()
    }

    /// How many messages it took.
    fn ends(mut self) -> usize {
        while !self.is_told_of_the_outcome() {}
        while !self.is_withdrawn() {}
        while !self.is_cancelled() {}
        let order = self.at_seller();
        let receipt = order.receipt(&self.parties.seller, NOW, &mut self.rng).unwrap();
        let report = self.placed.receive(&self.parties.holder, &receipt, NOW).unwrap();
        assert_eq!((report.status(), report.withdrawn_at()), (&Status::Cancelled, Some(NOW)));
        assert_eq!(report.refunded(), order.part().amount().map(|due| due.zero()).as_ref());
        assert_eq!(report.consignments()[0].outcome().unwrap().failure(), Some("nobody home"));
        self.network.sent
    }

    fn is_told_of_the_outcome(&mut self) -> bool {
        let Self { network, rng, parties: Parties { courier, .. }, at_door, .. } = self;
        let delivery = courier.find(self.digest).file(at_door).unwrap();
        let step = delivery.failed(courier, 1, "nobody home", NOW).unwrap().file(at_door).unwrap();
        let report = step.into_inner().delivery_report(courier, 1, rng).unwrap();
        assert!(report.key().session().is_some());
        if !network.carries() {
            return false;
        }
        let (report, order) = (DeliveryReport::from_bytes(&report.to_bytes()).unwrap(), self.at_seller());
        new(order.delivered(&self.parties.seller, &report, NOW).unwrap().file(&mut self.at_seller).unwrap());
        true
    }

    /// The card holder knows by the seller's receipt.
    fn is_withdrawn(&mut self) -> bool {
        let withdrawal = self.placed.withdraw(&self.parties.holder, NOW, &mut self.rng).unwrap();
        assert!(withdrawal.key().session().is_some());
        if !self.network.carries() {
            return false;
        }
        let (withdrawal, order) = (Withdrawal::from_bytes(&withdrawal.to_bytes()).unwrap(), self.at_seller());
        let Self { network, rng, parties: Parties { holder, seller, .. }, at_seller, placed, .. } = self;
        let order = order.withdraw(seller, &withdrawal, NOW).unwrap().file(at_seller).unwrap().into_inner();
        let receipt = order.receipt(seller, NOW, rng).unwrap();
        network.carries() && placed.receive(holder, &receipt, NOW).unwrap().withdrawn_at() == Some(NOW)
    }

    /// The seller asks until it has the response.
    fn is_cancelled(&mut self) -> bool {
        let order = self.at_seller();
        let Self { network, rng, parties: Parties { seller, manager, .. }, at_seller, at_bank, .. } = self;
        let order = match order {
            SellerOrder::Approved(order) => new(order.cancel(seller, NOW).unwrap().file(at_seller).unwrap()),
            asked => asked,
        };
        let request = order.request(seller, 1, NOW, rng).unwrap();
        assert!(request.keys().all(|(_, name)| name.session().is_some()));
        if !network.carries() {
            return false;
        }
        let request = Request::from_bytes(&request.to_bytes()).unwrap();
        let resolved = match manager.receive_request(&request, NOW).unwrap().file(at_bank).unwrap().into_inner() {
            CardManagerRequest::AwaitingResolution(demand) => {
                new(demand.grant(manager, NOW).unwrap().file(at_bank).unwrap())
            }
            CardManagerRequest::Resolved(resolved) => resolved,
        };
        let response = resolved.response(manager, rng).unwrap();
        assert!(response.key().session().is_some());
        if !network.carries() {
            return false;
        }
        let response = Response::from_bytes(&response.to_bytes()).unwrap();
        let order = new(order.resolve(seller, &response, NOW).unwrap().file(at_seller).unwrap());
        matches!(order, SellerOrder::Cancelled(_))
    }
}

#[test]
fn each_message_is_lost_once_and_the_order_ends_all_the_same() {
    let all = purchase(None);
    assert_eq!(all, 5 * 4 + 7 + 1 + 2 + 2);
    for lost in 1..=all {
        assert!(purchase(Some(lost)) > all, "message {lost}");
    }
}
