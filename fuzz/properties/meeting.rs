//! A purchase of which every message is under a session, and its parties, who know these sessions.

use std::sync::OnceLock;

use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Authenticated, Evidence, Initiator, Responder};
use polyseal::message::{
    Authorization, DeliveryReport, Dispatch, Envelope, Receipt, Relay, Request, Response, Windows, Withdrawal,
};
use polyseal::seller::SellerOrder;
use polyseal::{MemoryLedger, Party, Refused, Role};

use super::honest::Named;
use polyseal_testing::forge::World;
use polyseal_testing::life::{granted, undelivered};
use polyseal_testing::{NOW, Parties, Repeatable, approved, gateway_form, new, order};

pub struct Meeting {
    pub world: World,
    pub messages: Named,
    /// Of card holder and seller, card holder and card manager, seller and card manager, seller and delivery service, card
    /// holder and delivery service.
    pub proofs: Vec<Authenticated>,
    /// Of card holder, seller, card manager and delivery service.
    known: [Evidence; 4],
    /// The card holder's, and the seller's.
    states: Named,
}

fn meet(from: &impl Party, to: &impl Party, rng: &mut Repeatable) -> [Authenticated; 2] {
    let (role, identifier) = (to.role().clone(), to.identifier().clone());
    let (initiator, hello) = Initiator::start_with_exchange(from, role, identifier, NOW, rng).unwrap();
    let (responder, answer) = Responder::answer(to, &hello, b"", NOW, rng).unwrap();
    let (mine, confirmation) = initiator.receive(from, &answer, b"", NOW, rng).unwrap();
    let (theirs, acknowledgement) = responder.receive(to, &confirmation, NOW, rng).unwrap();
    [mine.authenticated.acknowledge(from, &acknowledgement.unwrap(), NOW).unwrap(), theirs.authenticated]
}

/// What a step of the seller's gives, which is not filed: a refused one hands the same state back.
fn steps<S, T, E>(step: Result<T, Refused<S, E>>, before: &[u8], export: impl FnOnce(S) -> Vec<u8>) -> bool {
    match step {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(export(refused.state), before);
            false
        }
    }
}

impl Meeting {
    pub fn get() -> &'static Self {
        static MEETING: OnceLock<Meeting> = OnceLock::new();
        MEETING.get_or_init(Self::new)
    }

    fn new() -> Self {
        let world = World::new(gateway_form());
        let Parties { holder, seller, manager, courier } = &world.parties;
        let mut rng = Repeatable(12);
        let met = [
            (meet(holder, seller, &mut rng), [0, 1]),
            (meet(holder, manager, &mut rng), [0, 2]),
            (meet(seller, manager, &mut rng), [1, 2]),
            (meet(seller, courier, &mut rng), [1, 3]),
            (meet(holder, courier, &mut rng), [0, 3]),
        ];
        let mut known = [(); 4].map(|()| Evidence::new());
        for (proofs, parties) in &met {
            for (proof, party) in proofs.iter().zip(parties) {
                known[*party] = known[*party].clone().with(proof);
            }
        }
        let ordering = holder.with_evidence(&known[0]).unwrap();
        let selling = seller.with_evidence(&known[1]).unwrap();
        let managing = manager.with_evidence(&known[2]).unwrap();
        let delivering = courier.with_evidence(&known[3]).unwrap();
        let (order, mut ledger) = (order(), MemoryLedger::new(9));
        let split = ordering.split(&order, &world.form).unwrap();
        let SealedOrder { awaiting: placed, envelope, .. } =
            split.seal(&ordering, NOW, Windows::default(), &mut rng).unwrap();
        let awaiting = new(selling.receive(&envelope, NOW).unwrap().file(&mut ledger).unwrap());
        let awaits = awaiting.export();
        let relay = awaiting.relay(&selling, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
        let receipt = awaiting.receipt(&selling, NOW, &mut rng).unwrap();
        let deciding = new(managing.receive(&relay, NOW).unwrap().file(&mut ledger).unwrap());
        let decided = deciding.approve(&managing, NOW).unwrap().file(&mut ledger).unwrap().into_inner();
        let approval = decided.authorization(&managing, &mut rng).unwrap();
        let pending = awaiting.authorize(&selling, &approval, NOW).unwrap();
        let order = approved(new(pending.file(&mut ledger).unwrap()));
        let pending = order.dispatch(&selling, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
        let order = pending.file(&mut ledger).unwrap().into_inner();
        let dispatch = order.dispatch_message(&selling, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
        let dispatched = order.export();
        let report =
            undelivered(&delivering, &dispatch, &mut ledger).delivery_report(&delivering, 1, &mut rng).unwrap();
        let withdrawal = placed.withdraw(&ordering, NOW, &mut rng).unwrap();
        let cancelling = new(order.cancel(&selling, NOW).unwrap().file(&mut ledger).unwrap());
        let request = cancelling.request(&selling, 1, NOW, &mut rng).unwrap();
        let response = granted(&managing, &request, &mut ledger).response(&managing, &mut rng).unwrap();
        let messages = Named::from([
            ("envelope", envelope.to_bytes()),
            ("relay", relay.to_bytes()),
            ("approval", approval.to_bytes()),
            ("dispatch", dispatch.to_bytes()),
            ("receipt", receipt.to_bytes()),
            ("request", request.to_bytes()),
            ("response", response.to_bytes()),
            ("delivery", report.to_bytes()),
            ("withdrawal", withdrawal.to_bytes()),
        ]);
        let states = Named::from([
            ("placed", placed.export().to_vec()),
            ("awaiting", awaits.to_vec()),
            ("dispatched", dispatched.to_vec()),
            ("cancelling", cancelling.export().to_vec()),
        ]);
        let proofs = met.into_iter().map(|([mine, _], _)| mine).collect();
        Self { world, messages, proofs, known, states }
    }

    /// Whether the party that a message is for takes it. What is refused is not filed.
    pub fn takes(&self, name: &str, bytes: &[u8]) -> bool {
        macro_rules! read {
            ($type:ident) => {
                match $type::from_bytes(bytes) {
                    Ok(message) => message,
                    Err(_) => return false,
                }
            };
        }
        let Parties { holder, seller, manager, courier } = &self.world.parties;
        let [of_holder, of_seller, of_manager, of_courier] = &self.known;
        let holder = holder.with_evidence(of_holder).unwrap();
        let seller = seller.with_evidence(of_seller).unwrap();
        let manager = manager.with_evidence(of_manager).unwrap();
        let courier = courier.with_evidence(of_courier).unwrap();
        let ledger = &mut MemoryLedger::new(1);
        let order = |state: &str| seller.restore(&self.states[state]).unwrap();
        let taken = match name {
            "envelope" => seller.receive(&read!(Envelope), NOW).is_ok_and(|step| step.file(ledger).is_ok()),
            "relay" => manager.receive(&read!(Relay), NOW).is_ok_and(|step| step.file(ledger).is_ok()),
            "dispatch" => courier.receive_dispatch(&read!(Dispatch), NOW).is_ok_and(|step| step.file(ledger).is_ok()),
            "request" => manager.receive_request(&read!(Request), NOW).is_ok_and(|step| step.file(ledger).is_ok()),
            "approval" => {
                let SellerOrder::AwaitingAuthorization(state) = order("awaiting") else {
                    panic!("it awaits the answer");
                };
                let step = state.authorize(&seller, &read!(Authorization), NOW);
                steps(step, &self.states["awaiting"], |state| state.export().to_vec())
            }
            "response" => {
                let step = order("cancelling").resolve(&seller, &read!(Response), NOW);
                steps(step, &self.states["cancelling"], |state| state.export().to_vec())
            }
            "delivery" => {
                let step = order("dispatched").delivered(&seller, &read!(DeliveryReport), NOW);
                steps(step, &self.states["dispatched"], |state| state.export().to_vec())
            }
            "withdrawal" => {
                let step = order("dispatched").withdraw(&seller, &read!(Withdrawal), NOW);
                steps(step, &self.states["dispatched"], |state| state.export().to_vec())
            }
            _ => holder.restore(&self.states["placed"]).unwrap().receive(&holder, &read!(Receipt), NOW).is_ok(),
        };
        assert!(taken || ledger.is_empty(), "a refused message left a trace");
        taken
    }
}
