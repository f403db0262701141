//! Each message of a purchase and around it, as bytes, and where it arrives.

use core::fmt::Debug;
use std::collections::BTreeMap;

use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::handshake::{Acknowledgement, Answer, Authenticated, Confirmation, Hello, Initiator, Responder};
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{Authorization, Direct, Dispatch, Envelope, OrderDigest, Receipt, Relay, Windows};
use polyseal::seller::AwaitingAuthorization;
use polyseal::{
    Identifier, Keyring, Ledger, MemoryLedger, Order, OrderForm, Party, Pending, ReceiveError, Received, Recipient,
    Refused, Release, Role, Rules, Share,
};

use polyseal_testing::forge::relay_of_all_parts;
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, bank, courier, domains, gateway, gateway_disclosure, gateway_form,
    holder, id, keyring, new, order, role, shares, shop, trusting,
};

/// The messages, and where in each is the domain of the key that it is read with first.
///
/// The direct part is of an order of its own. The handshakes are of card holder and seller, the second with an
/// exchange.
pub const MESSAGES: [(&str, &[usize]); 17] = [
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
pub const WITH_PARTS: [&str; 6] = ["envelope", "direct", "relay", "relay-all", "gateway", "dispatch"];
pub const ANSWERS_TO_SELLER: [&str; 2] = ["approval", "refusal"];
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

/// By name. The states that await a message are among them too: `placed`, and of a handshake `begun` and `answered`.
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
    let Parties { holder, seller, manager, .. } = parties;
    let mut sealed =
        |form: &OrderForm| holder.split(&wanted, form).unwrap().seal(holder, NOW, windows, &mut rng).unwrap();
    let mut recipients = gateway_form().into_recipients();
    recipients[1].release = Release::Direct;
    let direct = sealed(&OrderForm::new(recipients).unwrap()).directs[0].to_bytes();
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
        ("placed", placed.export().to_vec()),
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

/// The state of a receiver that awaits this very message; none any more once it has taken it.
#[derive(Debug)]
pub enum Awaiting {
    Nothing,
    Authorization(Option<AwaitingAuthorization>),
    Receipt(AwaitingReceipt),
    Answer(Option<Initiator>),
    Confirmation(Option<Responder>),
    Acknowledgement(Authenticated),
}

impl Awaiting {
    fn export(&self) -> Option<Vec<u8>> {
        let state = match self {
            Self::Nothing => None,
            Self::Authorization(state) => state.as_ref().map(AwaitingAuthorization::export),
            Self::Receipt(state) => Some(state.export()),
            Self::Answer(state) => state.as_ref().map(Initiator::export),
            Self::Confirmation(state) => state.as_ref().map(Responder::export),
            Self::Acknowledgement(state) => Some(state.export()),
        };
        state.map(|state| state.to_vec())
    }
}

/// A step that refuses hands its state back.
fn handed_back<S, T, E: Debug>(held: &mut Option<S>, step: Result<T, Refused<S, E>>) -> Outcome {
    step.map(|_| true).map_err(|Refused { state, error }| {
        *held = Some(state);
        said(error)
    })
}

/// Where a message arrives: its receiver with a ledger, and the order or the handshake there, if it is known before.
#[derive(Debug)]
pub struct Desk<'a> {
    pub actors: &'a Actors,
    pub name: &'static str,
    pub now: u64,
    pub ledger: MemoryLedger,
    pub awaiting: Awaiting,
    pub key: LedgerKey,
}

/// Whether a message was new, or why it was refused.
pub type Outcome = Result<bool, String>;

/// Files a step that a message gave. What the ledger refuses is shown as the receiver's error.
fn outcome<N, A>(step: Result<Pending<N, A>, ReceiveError>, ledger: &mut MemoryLedger) -> Outcome {
    let filed = step.and_then(|pending| Ok(pending.file(ledger)?));
    filed.map(|received| matches!(received, Received::New(_))).map_err(said)
}

fn said(error: impl Debug) -> String {
    format!("{error:?}")
}

impl<'a> Desk<'a> {
    pub fn new(actors: &'a Actors, name: &'static str, messages: &Messages) -> Self {
        let Actors(parties, _) = actors;
        let mut ledger = MemoryLedger::new(9);
        let mut key = LedgerKey {
            owner: parties.seller.identifier().clone(),
            role: Role::SELLER,
            digest: OrderDigest::from_bytes([0; 32]),
        };
        let begun = |state: &str| Awaiting::Answer(Initiator::restore(&parties.holder, &messages[state]).ok());
        let answered = |state: &str| Awaiting::Confirmation(Responder::restore(&parties.seller, &messages[state]).ok());
        let awaiting = match name {
            "approval" | "refusal" => {
                let envelope = Envelope::from_bytes(&messages["envelope"]).unwrap();
                key.digest = envelope.digest();
                Awaiting::Authorization(Some(new(parties
                    .seller
                    .receive(&envelope, NOW)
                    .unwrap()
                    .file(&mut ledger)
                    .unwrap())))
            }
            "sellers-receipt" | "managers-receipt" => {
                Awaiting::Receipt(parties.holder.restore(&messages["placed"]).unwrap())
            }
            "hello" | "answer" => begun("begun"),
            "exchange-hello" | "exchange-answer" => begun("exchange-begun"),
            "confirmation" => answered("answered"),
            "exchange-confirmation" => answered("exchange-answered"),
            ACKNOWLEDGEMENT => {
                Awaiting::Acknowledgement(Authenticated::import(&messages["exchange-unacknowledged"]).unwrap())
            }
            _ => Awaiting::Nothing,
        };
        Self { actors, name, now: NOW, ledger, awaiting, key }
    }

    /// A hello is in clear, and is received where it is answered and the answer taken.
    pub fn receive(&mut self, bytes: &[u8]) -> Outcome {
        macro_rules! read {
            ($type:ident) => {
                &$type::from_bytes(bytes).map_err(said)?
            };
        }
        let Self { actors: Actors(parties, gateway), now, ledger, .. } = self;
        match self.name {
            "envelope" => outcome(parties.seller.receive(read!(Envelope), *now), ledger),
            "direct" => outcome(parties.manager.receive_direct(read!(Direct), *now), ledger),
            "relay" | "relay-all" => outcome(parties.manager.receive(read!(Relay), *now), ledger),
            "gateway" => outcome(gateway.receive_relay(read!(Relay), *now), ledger),
            "dispatch" => outcome(parties.courier.receive_dispatch(read!(Dispatch), *now), ledger),
            "hello" | "exchange-hello" => {
                let answered = Responder::answer(&parties.seller, read!(Hello), b"form", *now, &mut Repeatable(2));
                let (_, answer) = answered.map_err(said)?;
                self.awaited(&answer.to_bytes())
            }
            _ => self.awaited(bytes),
        }
    }

    fn awaited(&mut self, bytes: &[u8]) -> Outcome {
        macro_rules! read {
            ($type:ident) => {
                &$type::from_bytes(bytes).map_err(said)?
            };
        }
        let Self { actors: Actors(Parties { holder, seller, .. }, _), now, ledger, .. } = self;
        match &mut self.awaiting {
            Awaiting::Nothing => panic!("nothing is awaited"),
            Awaiting::Authorization(held) => {
                let answer = read!(Authorization);
                let step = held.take().unwrap().authorize(seller, answer, *now);
                match step {
                    Ok(pending) => Ok(pending.file(ledger).map(|_| true).unwrap()),
                    Err(refused) => handed_back(held, Err::<(), _>(refused)),
                }
            }
            Awaiting::Receipt(state) => state.receive(holder, read!(Receipt), *now).map(|_| true).map_err(said),
            Awaiting::Answer(held) => {
                let answer = read!(Answer);
                let state = held.take().unwrap();
                handed_back(held, state.receive(holder, answer, b"", *now, &mut Repeatable(3)))
            }
            Awaiting::Confirmation(held) => {
                let confirmation = read!(Confirmation);
                let state = held.take().unwrap();
                handed_back(held, state.receive(seller, confirmation, *now, &mut Repeatable(4)))
            }
            Awaiting::Acknowledgement(proof) => {
                let acknowledged = proof.acknowledge(holder, read!(Acknowledgement), *now).map_err(said)?;
                Ok(acknowledged.is_acknowledged())
            }
        }
    }

    /// All that receiving could have changed.
    pub fn traces(&mut self) -> (usize, Option<Vec<u8>>, Option<Vec<u8>>) {
        let record = Record { key: &self.key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp };
        let held = match self.ledger.file(&record) {
            Ok(Filed::Found(state)) => Some(state.to_vec()),
            _ => None,
        };
        (self.ledger.len(), held, self.awaiting.export())
    }
}
