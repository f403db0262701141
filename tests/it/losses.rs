//! No single lost message strands an order, sessions or not: every message of the handshakes and of the purchase is lost
//! once, in a run of its own.

use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::CardManagerOrder;
use polyseal::handshake::{Authenticated, Evidence, Finished, Initiator, Responder};
use polyseal::message::{Authorization, Dispatch, KeyName, Receipt, Relay, Report, Status, Windows};
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{MemoryLedger, OrderForm, Party, Role, Rules};
use polyseal_testing::{NOW, Parties, Repeatable, order};

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
    network.sent
}

#[test]
fn each_message_is_lost_once_and_the_order_ends_all_the_same() {
    let all = purchase(None);
    assert_eq!(all, 5 * 4 + 7);
    for lost in 1..=all {
        assert!(purchase(Some(lost)) > all, "message {lost}");
    }
}
