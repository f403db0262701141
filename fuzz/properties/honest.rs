//! One purchase, the same in every run: its messages, the states that it leaves behind, and the parties to it.

use core::iter;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use polyseal::card_holder::SealedOrder;
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{DeliveryReport, OrderDigest, Request, Windows, Withdrawal};
use polyseal::seller::SellerOrder;
use polyseal::{Identifier, Ledger, MemoryLedger, Role, Seller, Share};

use super::handshake::Handshake;
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{World, relay_of_all_parts};
use polyseal_testing::life::{amount, granted, undelivered};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, bank, directly, gateway_form, new, order, role, shop,
};

pub type Named = BTreeMap<&'static str, Vec<u8>>;

#[derive(Debug)]
pub struct Honest {
    pub world: World,
    pub digest: OrderDigest,
    pub messages: Named,
    pub states: Named,
    /// Without an exchange, and with one.
    pub handshakes: [Handshake; 2],
}

impl Honest {
    pub fn get() -> &'static Self {
        static HONEST: OnceLock<Honest> = OnceLock::new();
        HONEST.get_or_init(Self::new)
    }

    fn new() -> Self {
        let world = World::new(gateway_form());
        let (mut messages, states, digest) = purchase(&world);
        messages.insert("direct", direct(&world));
        let handshakes = [false, true].map(|exchange| Handshake::new(&world, exchange));
        Self { world, digest, messages, states, handshakes }
    }
}

/// Puts the state of an order into a ledger, at the revision that the state has.
pub fn insert(ledger: &mut MemoryLedger, (owner, role): (Identifier, Role), digest: OrderDigest, state: &[u8]) {
    let key = LedgerKey { owner, role, digest };
    let Value::Uint(revision) = at(at(state, &[2]).as_bytes(), &[2]) else { panic!("no state of an order") };
    let later = (0..revision).map(|current| Change::Replace { current, state });
    for change in iter::once(Change::Insert { state }).chain(later) {
        let record = Record { key: &key, issued_at: 0, expires: u64::MAX, stage: "received", change };
        assert_eq!(ledger.file(&record), Ok(Filed::Done));
    }
}

pub fn filed(ledger: &mut MemoryLedger, (owner, role): (Identifier, Role), digest: OrderDigest) -> Option<Vec<u8>> {
    let key = LedgerKey { owner, role, digest };
    match ledger.file(&Record { key: &key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp }).unwrap() {
        Filed::Found(state) => Some(state.to_vec()),
        _ => None,
    }
}

fn purchase(world: &World) -> (Named, Named, OrderDigest) {
    let Parties { seller, manager, courier, .. } = &world.parties;
    let mut rng = Repeatable(7);
    let [mut at_seller, mut at_manager, mut declining, mut elsewhere] = [9; 4].map(MemoryLedger::new);
    let SealedOrder { digest, awaiting, envelope, .. } = world.sealed(1);
    let placed = awaiting.export();
    let resealed = awaiting.seal_again(&world.parties.holder, NOW, &mut rng).unwrap();
    let mut forgotten = world.parties.holder.restore(&placed).unwrap();
    forgotten.forget();

    let awaiting = world.at_seller(&envelope, &mut at_seller);
    let awaits = awaiting.export();
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let all = relay_of_all_parts(&envelope, &world.shop, &bank());
    let for_gateway = awaiting.relay(seller, &role(GATEWAY), NOW, &mut rng).unwrap();
    let receipt = awaiting.receipt(seller, NOW, &mut rng).unwrap();

    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap());
    let decides = deciding.export();
    let decided = deciding.approve(manager, NOW).unwrap().file(&mut at_manager).unwrap().into_inner();
    let approval = decided.authorization(manager, &mut rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut declining).unwrap());
    let declined = deciding.decline(manager, "unknown card", NOW).unwrap().file(&mut declining).unwrap().into_inner();
    let refusal = declined.authorization(manager, &mut rng).unwrap();
    let receipt_declined = declined.receipt(manager, NOW, &mut rng).unwrap();

    insert(&mut elsewhere, (shop(), Role::SELLER), digest, &awaits);
    let Ok(SellerOrder::AwaitingAuthorization(again)) = seller.restore(&awaits) else { panic!("it awaits") };
    again.authorize(seller, &refusal, NOW).unwrap().file(&mut elsewhere).unwrap();
    let pending = awaiting.authorize(seller, &approval, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
    let approved = pending.file(&mut at_seller).unwrap().into_inner();
    let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
    let delivery = undelivered(courier, &dispatch, &mut elsewhere);
    let report = delivery.delivery_report(courier, 1, &mut rng).unwrap();
    let withdrawal = resealed.awaiting.withdraw(&world.parties.holder, NOW, &mut rng).unwrap();
    let after = cancelled(world, &report, &withdrawal, &approved.export(), [&mut at_seller, &mut at_manager]);
    let gateway = new(world.gateway.receive_relay(&for_gateway, NOW).unwrap().file(&mut elsewhere).unwrap());

    let messages = Named::from([
        ("envelope", envelope.to_bytes()),
        ("envelope-again", resealed.envelope.to_bytes()),
        ("relay", relay.to_bytes()),
        ("relay-all", all),
        ("gateway", for_gateway.to_bytes()),
        ("approval", approval.to_bytes()),
        ("refusal", refusal.to_bytes()),
        ("dispatch", dispatch.to_bytes()),
        ("receipt", receipt.to_bytes()),
        ("receipt-declined", receipt_declined.to_bytes()),
        ("delivery", report.to_bytes()),
        ("withdrawal", withdrawal.to_bytes()),
        ("request", after.request),
        ("request-refund", after.refund),
        ("response", after.response),
    ]);
    let states = Named::from([
        ("seller-awaiting", awaits.to_vec()),
        ("seller-approved", approved.export().to_vec()),
        ("seller-cancelling", after.cancelling),
        ("seller-cancelled", after.at_seller),
        ("manager-cancelled", after.at_manager),
        ("seller-declined", filed(&mut elsewhere, (shop(), Role::SELLER), digest).unwrap()),
        ("manager-awaiting", decides.to_vec()),
        ("manager-approved", decided.export().to_vec()),
        ("manager-declined", declined.export().to_vec()),
        ("delivery", delivery.export().to_vec()),
        ("gateway", gateway.export().to_vec()),
        ("placed", placed.to_vec()),
        ("placed-again", resealed.awaiting.export().to_vec()),
        ("placed-forgotten", forgotten.export().to_vec()),
    ]);
    (messages, states, digest)
}

/// What comes of a cancellation, and the request of a refund in its place.
struct Cancellation {
    refund: Vec<u8>,
    request: Vec<u8>,
    response: Vec<u8>,
    cancelling: Vec<u8>,
    at_seller: Vec<u8>,
    at_manager: Vec<u8>,
}

/// A dispatched order is withdrawn, its delivery fails, and it is cancelled.
fn cancelled(
    world: &World,
    report: &DeliveryReport,
    withdrawal: &Withdrawal,
    approved: &[u8],
    [at_seller, at_manager]: [&mut MemoryLedger; 2],
) -> Cancellation {
    let (Parties { seller, manager, .. }, rng) = (&world.parties, &mut Repeatable(8));
    let order = seller.restore(approved).unwrap();
    let order = new(order.delivered(seller, report, NOW).unwrap().file(at_seller).unwrap());
    let order = new(order.withdraw(seller, withdrawal, NOW).unwrap().file(at_seller).unwrap());
    let refund = refund(seller, &order.export(), rng);
    let SellerOrder::Approved(order) = order else { panic!("it is approved") };
    let order = new(order.cancel(seller, NOW).unwrap().file(at_seller).unwrap());
    let cancelling = order.export().to_vec();
    let request = order.request(seller, 1, NOW, rng).unwrap();
    let resolved = granted(manager, &request, at_manager);
    let response = resolved.response(manager, rng).unwrap();
    let order = new(order.resolve(seller, &response, NOW).unwrap().file(at_seller).unwrap());
    Cancellation {
        refund: refund.to_bytes(),
        request: request.to_bytes(),
        response: response.to_bytes(),
        cancelling,
        at_seller: order.export().to_vec(),
        at_manager: resolved.export().to_vec(),
    }
}

/// The request of a refund, of an order that is approved.
fn refund(seller: &Seller<Share>, approved: &[u8], rng: &mut Repeatable) -> Request {
    let Ok(SellerOrder::Approved(order)) = seller.restore(approved) else { panic!("it is approved") };
    let (digest, mut ledger) = (order.part().digest(), MemoryLedger::new(1));
    insert(&mut ledger, (shop(), Role::SELLER), digest, approved);
    let order = new(order.refund(seller, 1, &amount("9.80 EUR"), NOW).unwrap().file(&mut ledger).unwrap());
    order.request(seller, 1, NOW, rng).unwrap()
}

/// The card manager's part, of an order in which it does not go by way of the seller.
fn direct(world: &World) -> Vec<u8> {
    let (order, form) = (order(), directly(gateway_form(), &Role::CARD_MANAGER));
    let split = world.parties.holder.split(&order, &form).unwrap();
    split.seal(&world.parties.holder, NOW, Windows::default(), &mut Repeatable(3)).unwrap().directs[0].to_bytes()
}
