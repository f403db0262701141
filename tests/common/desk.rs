//! Each message of a purchase, as bytes, and where it arrives.

use core::fmt::Debug;
use std::collections::BTreeMap;

use polyseal::{
    Authenticated, Authentication, AwaitingAuthentication, Cohort, Direct, Dispatch, Domain, Envelope, Epoch,
    FieldName, Identifier, Label, Ledger, LedgerKey, MemoryLedger, Order, OrderDigest, OrderForm, Received, Recipient,
    Refused, Relay, Release, Role, Rules, Windows,
};

use super::{
    GATEWAY, NOW, Parties, Repeatable, Ring, bank, courier, domain, gateway, gateway_confinement, gateway_form, holder,
    id, new, order, role, shop, trusting,
};

/// The messages of an order, and where in each is the domain of the key that it is read with first.
/// The direct part is of an order of its own.
pub const MESSAGES: [(&str, &[usize]); 8] = [
    ("envelope", &[3, 0, 1, 0]),
    ("direct", &[3, 1, 0]),
    ("relay", &[5, 0]),
    ("relay-all", &[5, 0]),
    ("gateway", &[5, 0]),
    ("approval", &[3, 0]),
    ("refusal", &[3, 0]),
    ("dispatch", &[5, 0]),
];

pub const WINDOWS: Windows = Windows { accept: 3600, deliver: 7200 };

/// The domains in which every party has a share, and what comes of naming that one in a message
/// from the card holder, and in one between services.
pub fn domains() -> [(Domain, [&'static str; 2]); 8] {
    let [label, other] = ["cards.example", "other.example"].map(|label| Label::new(label).unwrap());
    let own = *domain().epoch();
    let of = |label: &Label, issuer: &Label, number, from, until| {
        Domain::new(label.clone(), issuer.clone(), Epoch::new(number, from, until).unwrap())
    };
    [
        (domain(), ["the message's own"; 2]),
        (of(&other, &label, 7, own.from(), own.until()), ["Rejected"; 2]),
        (of(&label, &other, 7, own.from(), own.until()), ["Rejected"; 2]),
        (of(&label, &label, 8, own.from(), own.until()), ["Rejected"; 2]),
        (of(&label, &label, 7, own.from(), own.until() + 1), ["Rejected"; 2]),
        (of(&label, &label, 6, 0, NOW), ["Key(Domain(Epoch))"; 2]),
        (domain().with_cohort(Cohort::of(&holder(), &label, 2)), ["Rejected", "Key(Domain(Services))"]),
        (domain().with_cohort(Cohort::services(2)), ["Key(Domain(Cohort))", "Rejected"]),
    ]
}

/// Everybody who takes part, the gateway apart.
#[derive(Debug)]
pub struct Actors(pub Parties<Ring>, pub Recipient<Ring>);

impl Actors {
    /// As these identifiers: seller, card manager, delivery service, gateway.
    pub fn new(names: [Identifier; 4], form: OrderForm, rules: &Rules) -> Self {
        let domains = domains().map(|(domain, _)| domain);
        // What is tested is that the key refuses, so the rules do not.
        let rules = trusting(rules.clone(), &domains);
        let [shop, bank, courier, gate] = names.map(|name| Ring::new(&name, &domains));
        let keys = [Ring::new(&holder(), &domains), shop, bank, courier];
        let mut actors = Parties::new(keys, form, gateway_confinement());
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

pub type Messages = BTreeMap<&'static str, Vec<u8>>;

/// All messages of an order whose item is this one.
pub fn messages(Actors(parties, _): &Actors, item: &str, windows: Windows) -> Messages {
    let mut rng = Repeatable(1);
    let [mut at_seller, mut at_manager, mut at_other] = [9; 3].map(MemoryLedger::new);
    let mut wanted = Order::new();
    for name in order().names() {
        let value = if *name == FieldName::ITEM_NAME { item } else { "x" };
        wanted.insert(name.clone(), value).unwrap();
    }
    let mut sealed =
        |form: &OrderForm| parties.holder.split(&wanted, form).unwrap().seal(NOW, windows, &mut rng).unwrap();
    let mut recipients = gateway_form().into_recipients();
    recipients[1].release = Release::Direct;
    let direct = sealed(&OrderForm::new(recipients).unwrap()).directs[0].to_bytes();
    let envelope = sealed(&gateway_form()).envelope;

    let awaiting = new(parties.seller.receive(&envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let all = awaiting.relay_all(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let gateway = awaiting.relay(&role(GATEWAY), NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let approval = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication;
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_other).unwrap());
    let refusal = deciding.decline("no", &mut at_other, &mut rng).unwrap();
    let Ok(Authenticated::Approved(mut approved)) = awaiting.authenticate(&approval, NOW, &mut at_seller) else {
        panic!("it was approved");
    };
    let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"ring", NOW, &mut at_seller, &mut rng).unwrap();
    Messages::from([
        ("envelope", envelope.to_bytes()),
        ("direct", direct),
        ("relay", relay.to_bytes()),
        ("relay-all", all.to_bytes()),
        ("gateway", gateway.to_bytes()),
        ("approval", approval.to_bytes()),
        ("refusal", refusal.to_bytes()),
        ("dispatch", dispatch.to_bytes()),
    ])
}

/// Where a message arrives: its receiver with a ledger, and the order there, if it is known before.
#[derive(Debug)]
pub struct Desk<'a> {
    pub actors: &'a Actors,
    pub name: &'static str,
    pub now: u64,
    pub ledger: MemoryLedger,
    pub awaiting: Option<AwaitingAuthentication<'a, Ring>>,
    pub key: LedgerKey,
}

/// Whether a message was new, or why it was refused.
pub type Outcome = Result<bool, String>;

fn outcome<N, A>(received: Result<Received<N, A>, impl Debug>) -> Outcome {
    received.map(|received| matches!(received, Received::New(_))).map_err(|error| format!("{error:?}"))
}

impl<'a> Desk<'a> {
    pub fn new(actors: &'a Actors, name: &'static str, messages: &Messages) -> Self {
        let mut ledger = MemoryLedger::new(9);
        let mut key = LedgerKey { role: Role::SELLER, digest: OrderDigest::from_bytes([0; 32]) };
        let mut awaiting = None;
        if ["approval", "refusal"].contains(&name) {
            let envelope = Envelope::from_bytes(&messages["envelope"]).unwrap();
            key.digest = envelope.digest();
            awaiting = Some(new(actors.0.seller.receive(&envelope, NOW, &mut ledger).unwrap()));
        }
        Self { actors, name, now: NOW, ledger, awaiting, key }
    }

    pub fn receive(&mut self, bytes: &[u8]) -> Outcome {
        macro_rules! read {
            ($type:ident) => {
                &$type::from_bytes(bytes).map_err(|error| format!("{error:?}"))?
            };
        }
        let Self { actors: Actors(parties, gateway), now, ledger, .. } = self;
        match self.name {
            "envelope" => outcome(parties.seller.receive(read!(Envelope), *now, ledger)),
            "direct" => outcome(parties.manager.receive_direct(read!(Direct), *now, ledger)),
            "relay" | "relay-all" => outcome(parties.manager.receive(read!(Relay), *now, ledger)),
            "gateway" => outcome(gateway.receive(read!(Relay), *now, ledger)),
            "dispatch" => outcome(parties.courier.receive(read!(Dispatch), *now, ledger)),
            _ => {
                let answer = read!(Authentication);
                match self.awaiting.take().unwrap().authenticate(answer, *now, ledger) {
                    Ok(_) => Ok(true),
                    Err(Refused { state, error }) => {
                        self.awaiting = Some(state);
                        Err(format!("{error:?}"))
                    }
                }
            }
        }
    }

    /// All that receiving could have changed.
    pub fn traces(&self) -> (usize, Option<Vec<u8>>, Option<Vec<u8>>) {
        let held = self.ledger.load(&self.key).unwrap().map(|state| state.to_vec());
        (self.ledger.len(), held, self.awaiting.as_ref().map(|state| state.export().to_vec()))
    }
}
