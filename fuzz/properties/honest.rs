//! One purchase, the same in every run: its messages, the states that it leaves behind, and the parties to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use polyseal::authority::RootSecret;
use polyseal::card_holder::SealedOrder;
use polyseal::card_manager::CardManagerRequest;
use polyseal::key::Cohort;
use polyseal::ledger::{Change, Filed, LedgerKey, Record};
use polyseal::message::{DeliveryReport, OrderDigest, Windows, Withdrawal};
use polyseal::seller::SellerOrder;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, Label, Ledger, MemoryLedger, OrderForm, Release, Role};

use super::handshake::Handshake;
pub use super::script::Seed;
use polyseal_testing::cbor::at;
use polyseal_testing::forge::{World, relay_of_all_parts};
use polyseal_testing::{
    GATEWAY, NOW, Parties, Repeatable, approved, authority, bank, domain, gateway_form, holder, new, order, role,
    shares, shop,
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

    /// A ledger in which the seller awaits the answer.
    pub fn awaiting(&self) -> MemoryLedger {
        let mut ledger = MemoryLedger::new(9);
        insert(&mut ledger, self.digest, &self.states["seller-awaiting"]);
        ledger
    }

    pub fn filed(&self, ledger: &mut MemoryLedger) -> Option<Vec<u8>> {
        filed(ledger, (shop(), Role::SELLER), self.digest)
    }

    /// The corpus: what each target accepts.
    pub fn seeds(&self) -> Vec<Seed> {
        let messages = [
            ("envelope", "open_envelope", "envelope"),
            ("envelope", "open_envelope", "envelope-again"),
            ("direct", "open_direct", "direct"),
            ("relay", "open_relay", "relay"),
            ("relay", "open_relay", "relay-all"),
            ("relay", "open_gateway", "gateway"),
            ("dispatch", "open_dispatch", "dispatch"),
            ("authorization", "open_authorization", "approval"),
            ("authorization", "open_authorization", "refusal"),
            ("receipt", "open_receipt", "receipt"),
            ("receipt", "open_receipt", "receipt-declined"),
        ];
        let mut seeds: Vec<Seed> = Vec::new();
        for (decoder, opener, name) in messages {
            for target in [decoder, opener] {
                seeds.push((target, name.into(), self.messages[name].clone()));
            }
        }
        for (target, name) in [
            ("request", "request"),
            ("response", "response"),
            ("delivery_report", "delivery"),
            ("withdrawal", "withdrawal"),
        ] {
            seeds.push((target, name.into(), self.messages[name].clone()));
        }
        // Altered messages: the plaintexts as they were, and with one item changed in one of them.
        for opener in messages.map(|(_, opener, _)| opener).into_iter().collect::<BTreeSet<_>>() {
            seeds.push((opener, "same".into(), vec![1]));
            for (plaintext, item, edit) in [(0, 4, 1), (1, 9, 4), (1, 3, 6), (2, 5, 1)] {
                let script = vec![1, plaintext, 0, 0, 0, item, edit, 7, 0x61, 0x62];
                seeds.push((opener, format!("edit-{plaintext}-{item}"), script));
            }
        }
        let states = self.states.iter().map(|(name, state)| {
            let target = match name.split('-').next() {
                Some("seller") => "seller_state",
                Some("manager") => "card_manager_state",
                Some("placed") => "card_holder_state",
                _ => "recipient_state",
            };
            (target, *name, state.clone())
        });
        for (target, name, export) in states.chain(secrets()) {
            seeds.push((target, format!("{name}-body"), at(&export, &[2]).as_bytes().to_vec()));
            seeds.push((target, name.into(), export));
        }
        seeds.extend(Handshake::seeds(&self.handshakes));
        seeds.push(("form", "standard".into(), OrderForm::standard().to_bytes()));
        seeds.push(("form", "gateway".into(), gateway_form().to_bytes()));
        seeds.extend(json());
        seeds.extend(super::session::seeds());
        seeds
    }
}

fn insert(ledger: &mut MemoryLedger, digest: OrderDigest, state: &[u8]) {
    let key = LedgerKey { owner: shop(), role: Role::SELLER, digest };
    let record =
        Record { key: &key, issued_at: 0, expires: u64::MAX, stage: "received", change: Change::Insert { state } };
    assert_eq!(ledger.file(&record), Ok(Filed::Done));
}

fn filed(ledger: &mut MemoryLedger, (owner, role): (Identifier, Role), digest: OrderDigest) -> Option<Vec<u8>> {
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

    insert(&mut elsewhere, digest, &awaits);
    let Ok(SellerOrder::AwaitingAuthorization(again)) = seller.restore(&awaits) else { panic!("it awaits") };
    again.authorize(seller, &refusal, NOW).unwrap().file(&mut elsewhere).unwrap();
    let pending = awaiting.authorize(seller, &approval, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let pending = approved.dispatch(seller, &Role::DELIVERY_SERVICE, b"ring", NOW).unwrap();
    let approved = pending.file(&mut at_seller).unwrap().into_inner();
    let dispatch = approved.dispatch_message(seller, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
    let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut elsewhere).unwrap());
    let delivery = new(delivery.failed(courier, 1, "nobody home", NOW).unwrap().file(&mut elsewhere).unwrap());
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
        ("response", after.response),
    ]);
    let states = Named::from([
        ("seller-awaiting", awaits.to_vec()),
        ("seller-approved", approved.export().to_vec()),
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

/// What comes of a cancellation.
struct Cancellation {
    request: Vec<u8>,
    response: Vec<u8>,
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
    let SellerOrder::Approved(order) = order else { panic!("it is approved") };
    let order = new(order.cancel(seller, NOW).unwrap().file(at_seller).unwrap());
    let request = order.request(seller, 1, NOW, rng).unwrap();
    let received = manager.receive_request(&request, NOW).unwrap().file(at_manager).unwrap().into_inner();
    let CardManagerRequest::AwaitingResolution(demand) = received else { panic!("it is new") };
    let resolved = new(demand.grant(manager, NOW).unwrap().file(at_manager).unwrap());
    let response = resolved.response(manager, rng).unwrap();
    let order = new(order.resolve(seller, &response, NOW).unwrap().file(at_seller).unwrap());
    Cancellation {
        request: request.to_bytes(),
        response: response.to_bytes(),
        at_seller: order.export().to_vec(),
        at_manager: resolved.export().to_vec(),
    }
}

/// The card manager's part, of an order in which it does not go by way of the seller.
fn direct(world: &World) -> Vec<u8> {
    let mut recipients = gateway_form().into_recipients();
    recipients[1].release = Release::Direct;
    let (order, form) = (order(), OrderForm::new(recipients).unwrap());
    let split = world.parties.holder.split(&order, &form).unwrap();
    split.seal(&world.parties.holder, NOW, Windows::default(), &mut Repeatable(3)).unwrap().directs[0].to_bytes()
}

/// Exports of whatever is secret, besides states.
fn secrets() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut rng = Repeatable(4);
    let label = |name| Label::new(name).unwrap();
    let capacity = Capacity::assuming_no_coalition_above_threshold(9);
    let mut random = Authority::random(domain(), 2, capacity, &mut rng).unwrap();
    drop(random.issue(&holder()).unwrap());
    let mut seeded = authority();
    drop(seeded.issue(&shop()).unwrap());

    let epoch = Epoch::new(7, NOW - 9, NOW + 9).unwrap();
    let joint = Domain::joint(label("cards.example"), ["a.example", "b.example"].map(label), epoch).unwrap();
    let mut issuer =
        Authority::joint_from_seed(joint, label("a.example"), 2, Capacity::UNCONDITIONAL, &[1; 32], BTreeSet::new());
    let contribution = issuer.as_mut().unwrap().contribute(&holder()).unwrap();
    let root = RootSecret::random(label("cards.example"), label("a.example"), 7, &mut rng);
    let cohort = Cohort::of(&holder(), &label("cards.example"), 4);
    let mut of_cohort = root.authority(epoch, cohort, 2, Capacity::UNCONDITIONAL, BTreeSet::new()).unwrap();
    let [share] = shares([holder()]);
    vec![
        ("share", "share", share.export().to_vec()),
        ("share", "cohort", of_cohort.issue(&shop()).unwrap().export().to_vec()),
        ("contribution", "contribution", contribution.export().to_vec()),
        ("authority", "random", random.export().to_vec()),
        ("authority", "seeded", seeded.export().to_vec()),
        ("joint_authority", "seeded", issuer.unwrap().export().to_vec()),
        ("root", "root", root.export().to_vec()),
    ]
}

const LINES: &str = r#"{"items": [{"sku": "K-17", "price": "29.90 EUR"}, {"sku": "\u00fc", "sizes": ["1", "2"]}]}"#;

fn json() -> Vec<Seed> {
    let of = |target, name: &str, json: Result<Vec<u8>, _>| -> Seed { (target, name.into(), json.unwrap()) };
    vec![
        of("order_json", "order", serde_json::to_vec(&order())),
        of("form_json", "standard", serde_json::to_vec(&OrderForm::standard())),
        of("form_json", "gateway", serde_json::to_vec(&gateway_form())),
        of("domain_json", "domain", serde_json::to_vec(&domain())),
        of("domain_json", "epoch", serde_json::to_vec(domain().epoch())),
        ("domain", "domain".into(), domain().to_bytes()),
        ("domain", "services".into(), domain().with_cohort(Cohort::services(3)).to_bytes()),
        ("domain", "epoch".into(), domain().epoch().to_bytes()),
        ("amount", "units".into(), b"12 EUR".to_vec()),
        ("amount", "cents".into(), b"59.80 EUR".to_vec()),
        ("amount", "nothing".into(), b"0.0000 XXX".to_vec()),
        ("part_json", "lines".into(), LINES.as_bytes().to_vec()),
        of("part_json", "order", serde_json::to_vec(&order())),
        of("identifier_json", "text", serde_json::to_vec(&holder())),
        of("identifier_json", "bytes", serde_json::to_vec(&Identifier::new([0xff, 0, 9]).unwrap())),
    ]
}
