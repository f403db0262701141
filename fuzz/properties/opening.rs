//! Opening: nothing is accepted but what an honest party wrote, and what is refused leaves no trace.

use std::collections::BTreeSet;

use polyseal::{
    Authenticated, Authentication, CardManagerOrder, Direct, Dispatch, Envelope, MemoryLedger, Part, Receipt, Received,
    Relay, Role, SellerOrder, Share, limits,
};

use super::altered::altered;
use super::desk::Desk;
use super::honest::Honest;
use super::{card_manager_again, comes_back, recipient_again, seller_again};
use polyseal_testing::{GATEWAY, NOW, Repeatable, bank, courier, holder, id, new, role, shop};

pub const ENVELOPE: Desk = Desk {
    messages: &["envelope"],
    receive: at_seller,
    role: "seller",
    to: shop,
    part: Some(&[3, 0, 1]),
    statement: None,
};

pub const DIRECT: Desk = Desk {
    messages: &["direct"],
    receive: |honest, bytes, ledger| {
        let message = Direct::from_bytes(bytes).ok()?;
        let received = honest.world.parties.manager.receive_direct(&message, NOW, ledger);
        Some(decided(honest, received.ok(), ledger))
    },
    role: "card-manager",
    to: bank,
    part: Some(&[3, 1]),
    statement: None,
};

pub const RELAY: Desk = Desk {
    messages: &["relay", "relay-all"],
    receive: |honest, bytes, ledger| {
        let message = Relay::from_bytes(bytes).ok()?;
        let received = honest.world.parties.manager.receive(&message, NOW, ledger);
        Some(decided(honest, received.ok(), ledger))
    },
    part: Some(&[3, 0, 1]),
    statement: Some(("relay", 5, |world| &world.shop)),
    ..DIRECT
};

pub const RELAY_TO_GATEWAY: Desk = Desk {
    messages: &["gateway"],
    receive: |honest, bytes, ledger| {
        let message = Relay::from_bytes(bytes).ok()?;
        Some(delivered(honest.world.gateway.receive(&message, NOW, ledger).ok(), &role(GATEWAY)))
    },
    role: GATEWAY,
    to: || id("gateway.example"),
    ..RELAY
};

pub const DISPATCH: Desk = Desk {
    messages: &["dispatch"],
    receive: |honest, bytes, ledger| {
        let message = Dispatch::from_bytes(bytes).ok()?;
        let received = honest.world.parties.courier.receive(&message, NOW, ledger);
        Some(delivered(received.ok(), &Role::DELIVERY_SERVICE))
    },
    role: "delivery-service",
    to: courier,
    part: Some(&[3, 0, 1]),
    statement: Some(("dispatch", 5, |world| &world.shop)),
};

pub const AUTHENTICATION: Desk = Desk {
    messages: &["approval", "refusal"],
    receive: answered,
    role: "seller",
    to: shop,
    part: None,
    statement: Some(("authentication", 3, |world| &world.bank)),
};

pub const RECEIPT: Desk = Desk {
    messages: &["receipt", "receipt-declined"],
    receive: |honest, bytes, _| {
        let message = Receipt::from_bytes(bytes).ok()?;
        let placed = honest.world.parties.holder.restore(&honest.states["placed"]).unwrap();
        Some(placed.receive(&message).is_ok_and(|report| {
            assert!(report.at() <= limits::TIME);
            true
        }))
    },
    role: "card-holder",
    to: holder,
    part: None,
    statement: Some(("receipt", 4, |world| &world.shop)),
};

/// Receives bytes that start as a message does, and takes others for a script of what to alter in the honest one. Then,
/// unless they were accepted, the honest one is.
pub fn opens(desk: &Desk, bytes: &[u8]) -> bool {
    let honest = Honest::get();
    let mut ledger = if desk.messages.contains(&"approval") { honest.awaiting() } else { MemoryLedger::new(9) };
    let before = (ledger.len(), honest.filed(&ledger));
    let accepted = if bytes.get(1..12) == Some(b"jpolyseal/1") {
        let accepted = (desk.receive)(honest, bytes, &mut ledger);
        let genuine = desk.messages.iter().any(|name| honest.messages[name] == bytes);
        assert_eq!(accepted == Some(true), genuine, "accepted, or honest?");
        accepted
    } else {
        (desk.receive)(honest, &altered(desk, honest, bytes), &mut ledger)
    };
    if accepted == Some(false) {
        assert_eq!((ledger.len(), honest.filed(&ledger)), before, "a refused message left a trace");
        let message = &honest.messages[desk.messages[0]];
        assert_eq!((desk.receive)(honest, message, &mut ledger), Some(true), "the honest message is refused");
    }
    accepted == Some(true)
}

/// What holds for any part that was accepted, whoever sealed it.
fn is_sound(part: &Part, role: &Role) {
    let own = part.recipient(role).unwrap();
    assert!(own.fields().eq(part.fields().map(|(name, _)| name)), "fields opened are fields listed");
    let parties: BTreeSet<_> = part.recipients().map(|entry| entry.identifier().as_bytes()).collect();
    assert_eq!(parties.len(), part.recipients().count(), "each party once");
    assert!(part.recipient(&Role::SELLER).is_some());
}

fn at_seller(honest: &Honest, bytes: &[u8], ledger: &mut MemoryLedger) -> Option<bool> {
    let message = Envelope::from_bytes(bytes).ok()?;
    let Ok(received) = honest.world.parties.seller.receive(&message, NOW, ledger) else { return Some(false) };
    let state = new(received);
    is_sound(state.part(), &Role::SELLER);
    assert!(comes_back(&state.export(), seller_again));
    for entry in state.part().recipients() {
        // Some of them are not relayed to.
        drop(state.relay(entry.role(), NOW, &mut Repeatable(5)));
    }
    Some(true)
}

fn decided(
    honest: &Honest,
    received: Option<polyseal::ReceivedByCardManager<'_, Share>>,
    ledger: &mut MemoryLedger,
) -> bool {
    let Some(received) = received else { return false };
    let state = new(received);
    is_sound(state.part(), &Role::CARD_MANAGER);
    let (export, digest) = (state.export(), state.part().digest());
    assert!(comes_back(&export, card_manager_again));
    let approval = state.approve(NOW, ledger, &mut Repeatable(6)).unwrap();
    assert_eq!((approval.settlement.digest(), approval.authentication.digest()), (digest, digest));
    // From its old state it decides no second time.
    let Ok(CardManagerOrder::AwaitingDecision(state)) = honest.world.parties.manager.restore(&export) else {
        panic!("it awaits the decision");
    };
    assert!(state.decline("", ledger, &mut Repeatable(6)).is_err());
    true
}

fn delivered(received: Option<Received<polyseal::Delivery>>, role: &Role) -> bool {
    let Some(received) = received else { return false };
    let state = new(received);
    is_sound(state.part(), role);
    assert!(comes_back(&state.export(), recipient_again));
    true
}

fn answered(honest: &Honest, bytes: &[u8], ledger: &mut MemoryLedger) -> Option<bool> {
    let message = Authentication::from_bytes(bytes).ok()?;
    let awaits = &honest.states["seller-awaiting"];
    let Ok(SellerOrder::AwaitingAuthentication(state)) = honest.world.parties.seller.restore(awaits) else {
        panic!("it awaits the answer");
    };
    Some(match state.authenticate(&message, NOW, ledger) {
        Ok(answer) => {
            let filed = honest.filed(ledger).unwrap();
            assert!(comes_back(&filed, seller_again));
            if let Authenticated::Approved(state) = answer {
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
