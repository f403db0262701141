//! Opening: nothing is accepted but what an honest party wrote, and what is refused leaves no trace.

use std::collections::BTreeSet;

use polyseal::card_manager::{AwaitingDecision, CardManagerOrder};
use polyseal::message::{Authorization, Direct, Dispatch, Envelope, Part, Receipt, Relay};
use polyseal::recipient::Delivery;
use polyseal::seller::{Authorized, SellerOrder};
use polyseal::{FieldName, MemoryLedger, Pending, Received, Role, limits};

use super::altered::altered;
use super::desk::Desk;
use super::honest::Honest;
use super::{card_manager_again, comes_back, recipient_again, seller_again};
use polyseal_testing::{GATEWAY, NOW, Repeatable, bank, courier, holder, id, new, role, shop};

pub const ENVELOPE: Desk = Desk {
    messages: &["envelope", "envelope-again"],
    receive: at_seller,
    role: "seller",
    to: shop,
    filed: None,
    part: Some(&[3, 0, 1]),
    statement: None,
};

pub const DIRECT: Desk = Desk {
    messages: &["direct"],
    receive: |honest, bytes, ledger| {
        let message = Direct::from_bytes(bytes).ok()?;
        let step = honest.world.parties.manager.receive_direct(&message, NOW).ok();
        Some(decided(honest, step, ledger))
    },
    role: "card-manager",
    to: bank,
    filed: None,
    part: Some(&[3, 1]),
    statement: None,
};

pub const RELAY: Desk = Desk {
    messages: &["relay", "relay-all"],
    receive: |honest, bytes, ledger| {
        let message = Relay::from_bytes(bytes).ok()?;
        let step = honest.world.parties.manager.receive(&message, NOW).ok();
        Some(decided(honest, step, ledger))
    },
    part: Some(&[3, 0, 1]),
    statement: Some(("relay", 5, |world| &world.shop)),
    ..DIRECT
};

pub const RELAY_TO_GATEWAY: Desk = Desk {
    messages: &["gateway"],
    receive: |honest, bytes, ledger| {
        let message = Relay::from_bytes(bytes).ok()?;
        let step = honest.world.gateway.receive_relay(&message, NOW).ok();
        Some(delivered(step, ledger, &role(GATEWAY)))
    },
    role: GATEWAY,
    to: || id("gateway.example"),
    ..RELAY
};

pub const DISPATCH: Desk = Desk {
    messages: &["dispatch"],
    receive: |honest, bytes, ledger| {
        let message = Dispatch::from_bytes(bytes).ok()?;
        let step = honest.world.parties.courier.receive_dispatch(&message, NOW).ok();
        Some(delivered(step, ledger, &Role::DELIVERY_SERVICE))
    },
    role: "delivery-service",
    to: courier,
    filed: None,
    part: Some(&[3, 0, 1]),
    statement: Some(("dispatch", 5, |world| &world.shop)),
};

pub const AUTHORIZATION: Desk = Desk {
    messages: &["approval", "refusal"],
    receive: answered,
    role: "seller",
    to: shop,
    filed: Some("seller-awaiting"),
    part: None,
    statement: Some(("authorization", 3, |world| &world.bank)),
};

pub const RECEIPT: Desk = Desk {
    messages: &["receipt", "receipt-declined"],
    receive: |honest, bytes, _| {
        let message = Receipt::from_bytes(bytes).ok()?;
        let holder = &honest.world.parties.holder;
        let placed = holder.restore(&honest.states["placed"]).unwrap();
        Some(placed.receive(holder, &message, NOW).is_ok_and(|report| {
            assert!(report.at() <= limits::TIME);
            true
        }))
    },
    role: "card-holder",
    to: holder,
    filed: None,
    part: None,
    statement: Some(("receipt", 4, |world| &world.shop)),
};

/// Receives bytes that start as a message does, and takes others for a script of what to alter in the honest one. Then,
/// unless they were accepted, the honest one is.
pub fn opens(desk: &Desk, bytes: &[u8]) -> bool {
    let honest = Honest::get();
    let mut ledger = desk.ledger(honest);
    let before = (ledger.len(), desk.found(honest, &mut ledger));
    let accepted = if bytes.get(1..12) == Some(b"jpolyseal/1") {
        let accepted = (desk.receive)(honest, bytes, &mut ledger);
        let genuine = desk.messages.iter().any(|name| honest.messages[name] == bytes);
        assert_eq!(accepted == Some(true), genuine, "accepted, or honest?");
        accepted
    } else {
        (desk.receive)(honest, &altered(desk, honest, bytes), &mut ledger)
    };
    if accepted == Some(false) {
        assert_eq!((ledger.len(), desk.found(honest, &mut ledger)), before, "a refused message left a trace");
        let message = &honest.messages[desk.messages[0]];
        assert_eq!((desk.receive)(honest, message, &mut ledger), Some(true), "the honest message is refused");
    }
    accepted == Some(true)
}

/// What holds for any part that was accepted, whoever sealed it.
pub fn is_sound(part: &Part, role: &Role) {
    let own = part.recipient(role).unwrap();
    let is_shown = |name: &FieldName| part.selectors(own).any(|selector| selector.matches(name));
    assert!(part.fields().all(|(name, _)| is_shown(name)), "fields opened are of the selectors listed");
    assert!(part.fields().is_sorted_by(|(a, _), (b, _)| a < b), "each field once");
    let parties: BTreeSet<_> = part.recipients().map(|entry| entry.identifier().as_bytes()).collect();
    assert_eq!(parties.len(), part.recipients().count(), "each party once");
    assert_eq!(*part.seller().role(), Role::SELLER);
}

fn at_seller(honest: &Honest, bytes: &[u8], ledger: &mut MemoryLedger) -> Option<bool> {
    let message = Envelope::from_bytes(bytes).ok()?;
    let seller = &honest.world.parties.seller;
    is_kept(honest, &message);
    let Ok(step) = seller.receive(&message, NOW) else { return Some(false) };
    let Ok(received) = step.file(ledger) else { return Some(false) };
    let state = new(received);
    is_sound(state.part(), &Role::SELLER);
    assert!(comes_back(&state.export(), seller_again));
    for entry in state.part().recipients() {
        // Some of them are not relayed to.
        drop(state.relay(seller, entry.role(), NOW, &mut Repeatable(5)));
    }
    Some(true)
}

/// A seller that has the order already keeps it, and the newer of both parts.
fn is_kept(honest: &Honest, message: &Envelope) {
    let seller = &honest.world.parties.seller;
    let (mut ledger, known) = (AUTHORIZATION.ledger(honest), message.digest() == honest.digest);
    let filed = |ledger: &mut MemoryLedger| AUTHORIZATION.found(honest, ledger);
    let before = filed(&mut ledger);
    let Some(received) = seller.receive(message, NOW).ok().and_then(|step| step.file(&mut ledger).ok()) else {
        assert_eq!(filed(&mut ledger), before, "a refused message left a trace");
        return;
    };
    let after = filed(&mut ledger).unwrap();
    assert_eq!(matches!(received, Received::Again(_)), known, "known, or new?");
    if let Received::Again(SellerOrder::AwaitingAuthorization(state)) = received {
        assert_eq!(*state.export(), after);
        is_sound(state.part(), &Role::SELLER);
        assert!(comes_back(&after, seller_again));
        // The older parts bring nothing back.
        let first = Envelope::from_bytes(&honest.messages["envelope"]).unwrap();
        assert!(matches!(seller.receive(&first, NOW).unwrap().file(&mut ledger), Ok(Received::Again(_))));
        assert_eq!(filed(&mut ledger), Some(after));
    } else {
        assert_eq!(Some(after), before, "another order changed this one");
    }
}

fn decided(
    honest: &Honest,
    step: Option<Pending<AwaitingDecision, CardManagerOrder>>,
    ledger: &mut MemoryLedger,
) -> bool {
    let Some(received) = step.and_then(|step| step.file(ledger).ok()) else { return false };
    let (state, manager) = (new(received), &honest.world.parties.manager);
    is_sound(state.part(), &Role::CARD_MANAGER);
    let (export, digest) = (state.export(), state.part().digest());
    assert!(comes_back(&export, card_manager_again));
    let approval = new(state.approve(manager, NOW).unwrap().file(ledger).unwrap());
    let answer = approval.authorization(manager, &mut Repeatable(6)).unwrap();
    assert_eq!((approval.settlement().digest(), answer.digest()), (digest, digest));
    // From its old state it decides no second time.
    let Ok(CardManagerOrder::AwaitingDecision(state)) = manager.restore(&export) else {
        panic!("it awaits the decision");
    };
    let again = state.decline(manager, "", NOW).unwrap().file(ledger).unwrap();
    assert!(matches!(again, Received::Again(decided) if decided.reason().is_none()));
    true
}

fn delivered(step: Option<Pending<Delivery>>, ledger: &mut MemoryLedger, role: &Role) -> bool {
    let Some(received) = step.and_then(|step| step.file(ledger).ok()) else { return false };
    let state = new(received);
    is_sound(state.part(), role);
    assert!(comes_back(&state.export(), recipient_again));
    true
}

fn answered(honest: &Honest, bytes: &[u8], ledger: &mut MemoryLedger) -> Option<bool> {
    let message = Authorization::from_bytes(bytes).ok()?;
    let awaits = &honest.states["seller-awaiting"];
    let seller = &honest.world.parties.seller;
    let Ok(SellerOrder::AwaitingAuthorization(state)) = seller.restore(awaits) else {
        panic!("it awaits the answer");
    };
    Some(match state.authorize(seller, &message, NOW) {
        Ok(pending) => {
            let answer = new(pending.file(ledger).unwrap());
            let filed = AUTHORIZATION.found(honest, ledger).unwrap();
            assert!(comes_back(&filed, seller_again));
            if let Authorized::Approved(state) = answer {
                assert_eq!(*state.export(), filed);
            }
            true
        }
        Err(refused) => {
            assert_eq!(*refused.state.export(), *awaits);
            false
        }
    })
}
