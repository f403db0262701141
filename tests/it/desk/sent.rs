//! The messages, honest ones, as bytes, and who sends them.

use std::collections::BTreeMap;

use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Initiator, Responder};
use polyseal::message::Windows;
use polyseal::{Identifier, Keyring, MemoryLedger, Order, OrderForm, Recipient, Role, Rules, Share};

use polyseal_testing::forge::relay_of_all_parts;
use polyseal_testing::life::{granted, undelivered};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, bank, courier, directly, domains, gateway, gateway_disclosure,
    gateway_form, holder, id, keyring, new, order, role, shares, shop, trusting,
};

/// The messages, and where in each is the domain of the key that it is read with first.
///
/// The direct part is of an order of its own. The handshakes are of card holder and seller, the second with an
/// exchange.
pub const MESSAGES: [(&str, &[usize]); 21] = [
    ("envelope", &[3, 0, 1, 0]),
    ("direct", &[3, 1, 0]),
    ("relay", &[5, 0]),
    ("relay-all", &[5, 0]),
    ("gateway", &[5, 0]),
    ("approval", &[3, 0]),
    ("refusal", &[3, 0]),
    ("dispatch", &[5, 0]),
    ("sellers-receipt", &[4, 0]),
    ("managers-receipt", &[4, 0]),
    ("request", &[5, 0]),
    ("response", &[3, 0]),
    ("delivery", &[4, 0]),
    ("withdrawal", &[3, 0]),
    ("hello", &[2]),
    ("answer", &[4, 0]),
    ("confirmation", &[2, 0]),
    ("exchange-hello", &[2]),
    ("exchange-answer", &[4, 0]),
    ("exchange-confirmation", &[2, 0]),
    (ACKNOWLEDGEMENT, &[2, 0]),
];

/// The fourth message of the handshake with an exchange. It is under the session.
pub const ACKNOWLEDGEMENT: &str = "exchange-acknowledgement";

/// Those that carry parts of an order, and so its dates.
pub const WITH_PARTS: [&str; 7] = ["envelope", "direct", "relay", "relay-all", "gateway", "dispatch", "request"];
/// What the seller is told about an order that it has.
pub const TO_SELLER: [&str; 5] = ["approval", "refusal", "response", "delivery", "withdrawal"];
pub const RECEIPTS: [&str; 2] = ["sellers-receipt", "managers-receipt"];
/// Those of a handshake, one list for each.
pub const HANDSHAKES: [[&str; 3]; 2] =
    [["hello", "answer", "confirmation"], ["exchange-hello", "exchange-answer", "exchange-confirmation"]];

pub const WINDOWS: Windows = Windows { accept: 3600, deliver: 7200, settle: 10_800 };

/// Everybody who takes part, the gateway apart.
#[derive(Debug)]
pub struct Actors(pub Parties<Keyring<Share>>, pub Recipient<Keyring<Share>>);

impl Actors {
    /// As these identifiers: seller, card manager, delivery service, gateway.
    pub fn new(names: [Identifier; 4], form: OrderForm, rules: &Rules) -> Self {
        let domains = domains().map(|(domain, _)| domain);
        // What is tested is that the key refuses, so the rules do not.
        let rules = trusting(rules.clone(), &domains);
        let [shop, bank, courier, gate] = names.map(|name| keyring(&name, &domains));
        let keys = [keyring(&holder(), &domains), shop, bank, courier];
        let mut actors = Parties::new(keys, form, gateway_disclosure());
        actors.holder = actors.holder.with_rules(rules.clone());
        actors.seller = actors.seller.with_rules(rules.clone());
        actors.manager = actors.manager.with_rules(rules.clone());
        actors.courier = actors.courier.with_rules(rules.clone());
        Self(actors, gateway(gate).with_rules(rules))
    }

    pub fn honest() -> Self {
        Self::new([shop(), bank(), courier(), id("gateway.example")], gateway_form(), &Rules::default())
    }
}

/// By name. The states that await a message are among them too: `placed`, the seller's `dispatched` and `cancelling`, and
/// of a handshake `begun` and `answered`.
pub type Messages = BTreeMap<String, Vec<u8>>;

/// All messages of an order whose item is this one, and of handshakes beside it.
pub fn messages(actors: &Actors, item: &str, windows: Windows) -> Messages {
    let Actors(parties, _) = actors;
    let mut rng = Repeatable(item.bytes().map(u64::from).sum());
    let [mut at_seller, mut at_manager, mut at_other] = [9; 3].map(MemoryLedger::new);
    let mut wanted = Order::new();
    for name in order().names() {
        let value = match name.as_str() {
            "item.name" => item,
            "amount.due" => "0 XXX",
            _ => "x",
        };
        wanted.insert(name.clone(), value).unwrap();
    }
    let Parties { holder, seller, manager, courier } = parties;
    let mut sealed =
        |form: &OrderForm| holder.split(&wanted, form).unwrap().seal(holder, NOW, windows, &mut rng).unwrap();
    let direct = sealed(&directly(gateway_form(), &Role::CARD_MANAGER)).directs[0].to_bytes();
    let SealedOrder { awaiting: placed, envelope, .. } = sealed(&gateway_form());

    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let all = relay_of_all_parts(&envelope, &shares([shop()])[0], &bank());
    let gateway = awaiting.relay(seller, &role(GATEWAY), NOW, &mut rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap());
    let decided = deciding.approve(manager, NOW).unwrap().file(&mut at_manager).unwrap().into_inner();
    let approval = decided.authorization(manager, &mut rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_other).unwrap());
    let declined = deciding.decline(manager, "no", NOW).unwrap().file(&mut at_other).unwrap().into_inner();
    let refusal = declined.authorization(manager, &mut rng).unwrap();
    let pending = awaiting.authorize(seller, &approval, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
    let approved = pending.file(&mut at_seller).unwrap().into_inner();
    let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
    let by_seller = approved.receipt(seller, NOW, &mut rng).unwrap();
    let by_manager = declined.receipt(manager, NOW, &mut rng).unwrap();
    let dispatched = approved.export();
    let report = undelivered(courier, &dispatch, &mut at_other).delivery_report(courier, 1, &mut rng).unwrap();
    let withdrawal = placed.withdraw(holder, NOW, &mut rng).unwrap();
    let cancelling = new(approved.cancel(seller, NOW).unwrap().file(&mut at_seller).unwrap());
    let request = cancelling.request(seller, 1, NOW, &mut rng).unwrap();
    let response = granted(manager, &request, &mut at_manager).response(manager, &mut rng).unwrap();
    let of_order = [
        ("envelope", envelope.to_bytes()),
        ("direct", direct),
        ("relay", relay.to_bytes()),
        ("relay-all", all),
        ("gateway", gateway.to_bytes()),
        ("approval", approval.to_bytes()),
        ("refusal", refusal.to_bytes()),
        ("dispatch", dispatch.to_bytes()),
        ("sellers-receipt", by_seller.to_bytes()),
        ("managers-receipt", by_manager.to_bytes()),
        ("request", request.to_bytes()),
        ("response", response.to_bytes()),
        ("delivery", report.to_bytes()),
        ("withdrawal", withdrawal.to_bytes()),
        ("placed", placed.export().to_vec()),
        ("dispatched", dispatched.to_vec()),
        ("cancelling", cancelling.export().to_vec()),
    ];
    let of_order = of_order.into_iter().map(|(name, bytes)| (name.to_string(), bytes));
    of_order.chain([false, true].into_iter().flat_map(|exchange| handshake(actors, exchange, &mut rng))).collect()
}

fn handshake(Actors(parties, _): &Actors, exchange: bool, rng: &mut Repeatable) -> Vec<(String, Vec<u8>)> {
    let Parties { holder, seller, .. } = parties;
    let begun = if exchange {
        Initiator::start_with_exchange(holder, Role::SELLER, shop(), NOW, rng)
    } else {
        Initiator::start(holder, Role::SELLER, shop(), NOW, rng)
    };
    let (initiator, hello) = begun.unwrap();
    let begun = initiator.export().to_vec();
    let (responder, answer) = Responder::answer(seller, &hello, b"form", NOW, rng).unwrap();
    let answered = responder.export().to_vec();
    let (mine, confirmation) = initiator.receive(holder, &answer, b"thanks", NOW, rng).unwrap();
    let (_, acknowledgement) = responder.receive(seller, &confirmation, NOW, rng).unwrap();
    let prefix = if exchange { "exchange-" } else { "" };
    let mut messages = vec![
        ("hello", hello.to_bytes()),
        ("answer", answer.to_bytes()),
        ("confirmation", confirmation.to_bytes()),
        ("begun", begun),
        ("answered", answered),
    ];
    if let Some(acknowledgement) = acknowledgement {
        messages.push(("acknowledgement", acknowledgement.to_bytes()));
        messages.push(("unacknowledged", mine.authenticated.export().to_vec()));
    }
    messages.into_iter().map(|(name, bytes)| (format!("{prefix}{name}"), bytes)).collect()
}
