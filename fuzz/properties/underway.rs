//! What is said of an order that is under way: what the seller asks for, and what it is told. It is taken once, says what an
//! honest party may say, and changes nothing else.

use polyseal::card_manager::CardManagerRequest;
use polyseal::message::{DeliveryReport, Request, Response, Withdrawal};
use polyseal::seller::SellerOrder;
use polyseal::{MemoryLedger, Pending, ReceiveError, Received, Refused, Role, Seller, Share};

use super::desk::Desk;
use super::honest::Honest;
use super::opening::{AUTHORIZATION, RELAY, is_sound};
use super::{card_manager_again, comes_back, seller_again};
use polyseal_testing::{NOW, Repeatable, new};

pub const REQUEST: Desk = Desk {
    messages: &["request", "request-refund"],
    receive: asked,
    filed: Some("manager-approved"),
    statement: Some(("request", 5, |world| &world.shop)),
    ..RELAY
};

pub const RESPONSE: Desk = Desk {
    messages: &["response"],
    receive: |honest, bytes, ledger| {
        let message = Response::from_bytes(bytes).ok()?;
        let step = |order: SellerOrder, seller: &Seller<Share>| order.resolve(seller, &message, NOW);
        Some(told(honest, ledger, step).is_some_and(|order| {
            let (_, resolution) = order.demands().next().unwrap();
            let resolution = resolution.unwrap();
            assert!(order.part().amount().unwrap().checked_sub(resolution.refunded()).is_some(), "within what is due");
            let is_granted = resolution.refusal().is_none();
            assert_eq!(matches!(order, SellerOrder::Cancelled(_)), is_granted);
            assert_eq!(matches!(order, SellerOrder::Approved(_)), !is_granted);
            true
        }))
    },
    filed: Some("seller-cancelling"),
    statement: Some(("response", 3, |world| &world.bank)),
    ..AUTHORIZATION
};

pub const DELIVERY_REPORT: Desk = Desk {
    messages: &["delivery"],
    receive: |honest, bytes, ledger| {
        let message = DeliveryReport::from_bytes(bytes).ok()?;
        let step = |order: SellerOrder, seller: &Seller<Share>| order.delivered(seller, &message, NOW);
        Some(told(honest, ledger, step).is_some_and(|order| {
            let (to, consigned) = order.dispatches().next().unwrap();
            let outcome = consigned.outcome().unwrap();
            assert!(*to == Role::DELIVERY_SERVICE && outcome.at() >= order.part().issued_at());
            assert_eq!((order.withdrawn_at(), order.is_approved()), (None, Some(true)));
            true
        }))
    },
    filed: Some("seller-approved"),
    statement: Some(("delivery", 4, |world| &world.courier)),
    ..AUTHORIZATION
};

pub const WITHDRAWAL: Desk = Desk {
    messages: &["withdrawal"],
    receive: |honest, bytes, ledger| {
        let message = Withdrawal::from_bytes(bytes).ok()?;
        let step = |order: SellerOrder, seller: &Seller<Share>| order.withdraw(seller, &message, NOW);
        Some(told(honest, ledger, step).is_some_and(|order| {
            assert_eq!((order.withdrawn_at(), order.is_approved()), (Some(NOW), Some(true)));
            assert!(order.dispatches().all(|(_, consigned)| consigned.outcome().is_none()));
            true
        }))
    },
    filed: Some("seller-approved"),
    statement: Some(("withdrawal", 3, |world| &world.holder)),
    ..AUTHORIZATION
};

/// What the seller's order is by what it was told, if it took that. Told again, it stays the same.
fn told(
    honest: &Honest,
    ledger: &mut MemoryLedger,
    step: impl Fn(SellerOrder, &Seller<Share>) -> Result<Pending<SellerOrder>, Refused<SellerOrder, ReceiveError>>,
) -> Option<SellerOrder> {
    let seller = &honest.world.parties.seller;
    let before = AUTHORIZATION.found(honest, ledger).unwrap();
    let pending = match step(seller.restore(&before).unwrap(), seller) {
        Ok(pending) => pending,
        Err(refused) => {
            assert_eq!(*refused.state.export(), before);
            return None;
        }
    };
    let order = new(pending.file(ledger).unwrap());
    let after = order.export();
    assert_ne!(*after, before);
    assert!(comes_back(&after, seller_again));
    for state in [&before, &*after] {
        let again = step(seller.restore(state).unwrap(), seller).unwrap().file(ledger).unwrap();
        assert!(matches!(again, Received::Again(same) if same.export() == after), "it is told twice");
    }
    assert_eq!(AUTHORIZATION.found(honest, ledger).as_ref(), Some(&*after));
    Some(order)
}

/// A request arrives at a card manager that has approved the order, and at one that never saw it.
fn asked(honest: &Honest, bytes: &[u8], ledger: &mut MemoryLedger) -> Option<bool> {
    let message = Request::from_bytes(bytes).ok()?;
    let mut empty = MemoryLedger::new(1);
    let at_other = resolved(honest, &message, &mut empty);
    assert_eq!(empty.len(), usize::from(at_other), "a refused message left a trace");
    let is_taken = resolved(honest, &message, ledger);
    assert!(is_taken || !at_other, "who knows the order refuses more");
    Some(is_taken)
}

/// Whether the card manager takes the request. It grants what it can, and answers the same again.
fn resolved(honest: &Honest, message: &Request, ledger: &mut MemoryLedger) -> bool {
    let manager = &honest.world.parties.manager;
    let ask = |ledger: &mut MemoryLedger| manager.receive_request(message, NOW).ok()?.file(ledger).ok();
    let Some(received) = ask(ledger) else { return false };
    let is_new = matches!(received, Received::New(_));
    let CardManagerRequest::AwaitingResolution(demand) = received.into_inner() else { panic!("nobody answered it") };
    is_sound(demand.part(), &Role::CARD_MANAGER);
    let due = demand.part().amount().unwrap();
    assert_eq!(demand.settlement().is_some(), !is_new);
    assert!(demand.demand().refund().is_none() || !is_new, "a refund of what nobody approved");
    let too_much = demand.demand().refund().is_some_and(|sum| due.checked_sub(sum).is_none());
    let pending = match demand.grant(manager, NOW) {
        Ok(pending) => {
            assert!(!too_much, "more is refunded than is due");
            pending
        }
        Err(refused) => refused.state.refuse(manager, "too much", NOW).unwrap(),
    };
    let resolved = new(pending.file(ledger).unwrap());
    assert_eq!(resolved.resolution().refusal().is_some(), too_much);
    assert!(due.checked_sub(resolved.resolution().refunded()).is_some());
    assert!(comes_back(&resolved.export(), card_manager_again));
    drop(resolved.response(manager, &mut Repeatable(6)).unwrap());
    let again = ask(ledger).unwrap();
    assert!(matches!(again, Received::Again(CardManagerRequest::Resolved(same)) if same.export() == resolved.export()));
    true
}
