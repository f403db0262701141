//! One purchase, the same in every run: its messages, the states that it leaves behind, and the parties to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use polyseal::authority::RootSecret;
use polyseal::{
    Authenticated, Authority, Capacity, Cohort, Domain, Epoch, Identifier, Label, Ledger, LedgerKey, MemoryLedger,
    OrderDigest, OrderForm, Release, Role, SealedOrder, SellerOrder, Windows,
};

use super::handshake::Handshake;
pub use super::script::Seed;
use polyseal_testing::cbor::at;
use polyseal_testing::forge::World;
use polyseal_testing::{
    GATEWAY, NOW, Repeatable, authority, domain, gateway_form, holder, new, order, role, shares, shop,
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
        ledger.insert(&key(Role::SELLER, self.digest), u64::MAX, &self.states["seller-awaiting"]).unwrap();
        ledger
    }

    pub fn filed(&self, ledger: &MemoryLedger) -> Option<Vec<u8>> {
        filed(ledger, Role::SELLER, self.digest)
    }

    /// The corpus: what each target accepts.
    pub fn seeds(&self) -> Vec<Seed> {
        let messages = [
            ("envelope", "open_envelope", "envelope"),
            ("direct", "open_direct", "direct"),
            ("relay", "open_relay", "relay"),
            ("relay", "open_relay", "relay-all"),
            ("relay", "open_gateway", "gateway"),
            ("dispatch", "open_dispatch", "dispatch"),
            ("authentication", "open_authentication", "approval"),
            ("authentication", "open_authentication", "refusal"),
            ("receipt", "open_receipt", "receipt"),
            ("receipt", "open_receipt", "receipt-declined"),
        ];
        let mut seeds: Vec<Seed> = Vec::new();
        for (decoder, opener, name) in messages {
            for target in [decoder, opener] {
                seeds.push((target, name.into(), self.messages[name].clone()));
            }
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
        seeds
    }
}

fn key(role: Role, digest: OrderDigest) -> LedgerKey {
    LedgerKey { role, digest }
}

fn filed(ledger: &MemoryLedger, role: Role, digest: OrderDigest) -> Option<Vec<u8>> {
    ledger.load(&key(role, digest)).unwrap().map(|state| state.to_vec())
}

fn purchase(world: &World) -> (Named, Named, OrderDigest) {
    let parties = &world.parties;
    let mut rng = Repeatable(7);
    let [mut at_seller, mut at_manager, mut declining, mut elsewhere] = [9; 4].map(MemoryLedger::new);
    let SealedOrder { digest, awaiting: placed, envelope, .. } = world.sealed(1);

    let awaiting = world.at_seller(&envelope, &mut at_seller);
    let awaits = awaiting.export();
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let all = awaiting.relay_all(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let for_gateway = awaiting.relay(&role(GATEWAY), NOW, &mut rng).unwrap();
    let receipt = parties.seller.receipt(digest, NOW, &at_seller, &mut rng).unwrap();

    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let decides = deciding.export();
    let approval = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap().authentication;
    let deciding = new(parties.manager.receive(&relay, NOW, &mut declining).unwrap());
    let refusal = deciding.decline("unknown card", &mut declining, &mut rng).unwrap();
    let declined = parties.manager.receipt(digest, NOW, &declining, &mut rng).unwrap();

    elsewhere.insert(&key(Role::SELLER, digest), u64::MAX, &awaits).unwrap();
    let Ok(SellerOrder::AwaitingAuthentication(again)) = parties.seller.restore(&awaits) else { panic!("it awaits") };
    again.authenticate(&refusal, NOW, &mut elsewhere).unwrap();
    let Ok(Authenticated::Approved(mut approved)) = awaiting.authenticate(&approval, NOW, &mut at_seller) else {
        panic!("it was approved");
    };
    let dispatch = approved.dispatch(&Role::DELIVERY_SERVICE, b"ring", NOW, &mut at_seller, &mut rng).unwrap();
    let delivery = new(parties.courier.receive(&dispatch, NOW, &mut elsewhere).unwrap());
    let gateway = new(world.gateway.receive(&for_gateway, NOW, &mut elsewhere).unwrap());

    let messages = Named::from([
        ("envelope", envelope.to_bytes()),
        ("relay", relay.to_bytes()),
        ("relay-all", all.to_bytes()),
        ("gateway", for_gateway.to_bytes()),
        ("approval", approval.to_bytes()),
        ("refusal", refusal.to_bytes()),
        ("dispatch", dispatch.to_bytes()),
        ("receipt", receipt.to_bytes()),
        ("receipt-declined", declined.to_bytes()),
    ]);
    let states = Named::from([
        ("seller-awaiting", awaits.to_vec()),
        ("seller-approved", approved.export().to_vec()),
        ("seller-declined", filed(&elsewhere, Role::SELLER, digest).unwrap()),
        ("manager-awaiting", decides.to_vec()),
        ("manager-approved", filed(&at_manager, Role::CARD_MANAGER, digest).unwrap()),
        ("manager-declined", filed(&declining, Role::CARD_MANAGER, digest).unwrap()),
        ("delivery", delivery.export().to_vec()),
        ("gateway", gateway.export().to_vec()),
        ("placed", placed.export().to_vec()),
    ]);
    (messages, states, digest)
}

/// The card manager's part, of an order in which it does not go by way of the seller.
fn direct(world: &World) -> Vec<u8> {
    let mut recipients = gateway_form().into_recipients();
    recipients[1].release = Release::Direct;
    let (order, form) = (order(), OrderForm::new(recipients).unwrap());
    let split = world.parties.holder.split(&order, &form).unwrap();
    split.seal(NOW, Windows::default(), &mut Repeatable(3)).unwrap().directs[0].to_bytes()
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

fn json() -> Vec<Seed> {
    let of = |target, name: &str, json: Result<Vec<u8>, _>| -> Seed { (target, name.into(), json.unwrap()) };
    vec![
        of("order_json", "order", serde_json::to_vec(&order())),
        of("form_json", "standard", serde_json::to_vec(&OrderForm::standard())),
        of("form_json", "gateway", serde_json::to_vec(&gateway_form())),
        of("identifier_json", "text", serde_json::to_vec(&holder())),
        of("identifier_json", "bytes", serde_json::to_vec(&Identifier::new([0xff, 0, 9]).unwrap())),
    ]
}
