//! What the parties of an order seal and open, under keys of secret shares. What is sealed is not secret here.

use polyseal::message::{Authorization, Dispatch, Envelope, Receipt, Relay, Windows};
use polyseal::seller::SellerOrder;
use polyseal::{ReceiveError, Role, Share};

use crate::forgery::{Place, rejected};
use crate::world::{self, Counter, NOW, NoLedger, World};
use crate::{Checks, memcheck, secret};

/// What travels and is filed in a purchase whose shares are not secret.
pub struct Traffic {
    pub purchase: world::Traffic,
    pub placed: Vec<u8>,
    receipt: Vec<u8>,
}

impl Traffic {
    pub fn new(world: &World<Share>) -> Self {
        let purchase = world.traffic();
        let split = world.holder.split(&world.order, &world.form).expect("a split");
        let sealed = split.seal(&world.holder, NOW, Windows::default(), &mut Counter::default()).expect("an order");
        assert!(sealed.envelope.to_bytes() == purchase.envelope, "it is the same order");
        let SellerOrder::AwaitingAuthorization(order) = world.seller.restore(&purchase.seller[0]).expect("a state")
        else {
            panic!("the seller waits");
        };
        let receipt = order.receipt(&world.seller, NOW, &mut Counter::default()).expect("a receipt").to_bytes();
        Self { purchase, placed: sealed.awaiting.export().to_vec(), receipt }
    }
}

pub fn sealing(checks: &mut Checks, world: &World<secret::Keys>, Traffic { purchase, placed, .. }: &Traffic) {
    let mut sealed = checks.silent("the card holder seals an order", || world.seal(&mut Counter::default()));
    assert!(memcheck::secret_bits(&sealed) > 0, "what is sealed depends on the keys");
    // The token and the salts come from the keys: so do the token's hash and the commitments to three recipients.
    let bits = memcheck::secret_bits(&sealed[..512]);
    assert!(bits >= 4 * 256, "the header's secrets depend on the keys: {bits}");
    memcheck::declassify(&mut sealed);
    assert!(sealed == purchase.envelope, "it seals the right thing");

    let mut order = Some(world.holder.restore(placed).expect("a placed order"));
    checks.sealed("the card holder seals the order again", |rng| {
        let order = order.take().expect("it is sealed once");
        order.seal_again(&world.holder, NOW, rng).expect("an order").envelope.to_bytes()
    });

    // The token is marked wherever it is in a state, as it is what an approval gives away.
    let token = secret::token(&purchase.manager[0]);
    let seller =
        |place: usize| world.seller.restore(&secret::marked(&purchase.seller[place], &token)).expect("a state");
    let (SellerOrder::AwaitingAuthorization(awaiting), SellerOrder::Approved(approved)) = (seller(0), seller(2)) else {
        panic!("the seller waits, and has dispatched");
    };
    let deciding = || world.deciding(&secret::marked(&purchase.manager[0], &token));
    for state in [approved.export(), deciding().export()] {
        assert!(memcheck::secret_bits(&state) >= 256, "the token is secret");
    }
    checks.sealed("the seller seals a relay", |rng| {
        awaiting.relay(&world.seller, &Role::CARD_MANAGER, NOW, rng).expect("a relay").to_bytes()
    });
    checks.sealed("the seller seals a receipt", |rng| {
        awaiting.receipt(&world.seller, NOW, rng).expect("a receipt").to_bytes()
    });
    let mut order = Some(deciding());
    checks.sealed("the card manager approves, and seals that with a secret token", |rng| {
        let pending = order.take().expect("it decides once").approve(&world.manager, NOW).expect("an approval");
        let decided = pending.file(&mut NoLedger).expect("a ledger").into_inner();
        decided.authorization(&world.manager, rng).expect("an authorization").to_bytes()
    });
    let mut order = Some(deciding());
    checks.sealed("the card manager declines, and seals that", |rng| {
        let pending = order.take().expect("it decides once").decline(&world.manager, "no", NOW).expect("a refusal");
        let decided = pending.file(&mut NoLedger).expect("a ledger").into_inner();
        decided.authorization(&world.manager, rng).expect("an authorization").to_bytes()
    });
    checks.sealed("the seller seals a dispatch with a secret token", |rng| {
        let role = &Role::DELIVERY_SERVICE;
        approved.dispatch_message(&world.seller, role, NOW, rng).expect("a dispatch").to_bytes()
    });
}

impl World<secret::Keys> {
    fn deciding(&self, state: &[u8]) -> polyseal::card_manager::AwaitingDecision {
        match self.manager.restore(state) {
            Ok(polyseal::card_manager::CardManagerOrder::AwaitingDecision(order)) => order,
            _ => panic!("the card manager decides"),
        }
    }
}

pub fn opening(checks: &mut Checks, world: &World<secret::Keys>, traffic: &Traffic) {
    let Traffic { purchase, placed, receipt } = traffic;
    let mut forged = |what: &str, message: &[u8], place: Place, open: &dyn Fn(&[u8]) -> Option<ReceiveError>| {
        rejected(checks, what, message, place, &|bytes| matches!(open(bytes), Some(ReceiveError::Rejected)));
    };
    forged("the seller opens its part", &purchase.envelope, Place::First, &|bytes| {
        world.seller.receive(&Envelope::from_bytes(bytes).expect("an envelope"), NOW).err()
    });
    forged("the card manager opens a relay", &purchase.relay, Place::Last, &|bytes| {
        world.manager.receive(&Relay::from_bytes(bytes).expect("a relay"), NOW).err()
    });
    forged("the delivery service opens a dispatch", &purchase.dispatch, Place::Last, &|bytes| {
        world.courier.receive_dispatch(&Dispatch::from_bytes(bytes).expect("a dispatch"), NOW).err()
    });
    forged("the seller opens an authorization", &purchase.authorization, Place::Last, &|bytes| {
        let authorization = Authorization::from_bytes(bytes).expect("an authorization");
        let Ok(SellerOrder::AwaitingAuthorization(awaiting)) = world.seller.restore(&purchase.seller[0]) else {
            panic!("the seller waits");
        };
        awaiting.authorize(&world.seller, &authorization, NOW).err().map(|refused| refused.error)
    });
    forged("the card holder opens a receipt", receipt, Place::Last, &|bytes| {
        let order = world.holder.restore(placed).expect("a placed order");
        order.receive(&world.holder, &Receipt::from_bytes(bytes).expect("a receipt"), NOW).err()
    });
}
