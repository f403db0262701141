//! The corpus that the fuzzer starts from: what each target accepts, and scripts.

use std::collections::BTreeSet;

use polyseal::authority::RootSecret;
use polyseal::key::Cohort;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, Label, OrderForm};

use super::handshake::Handshake;
use super::honest::Honest;
pub use super::script::Seed;
use polyseal_testing::cbor::at;
use polyseal_testing::{NOW, Repeatable, authority, domain, gateway_form, holder, order, shares, shop};

impl Honest {
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
            ("request", "open_request", "request"),
            ("request", "open_request", "request-refund"),
            ("response", "open_response", "response"),
            ("delivery_report", "open_delivery_report", "delivery"),
            ("withdrawal", "open_withdrawal", "withdrawal"),
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
        // Another answer, outcome or demand, each as good: in the statement, items edited.
        for (opener, name, edits) in [
            ("open_request", "refund", &b"\x00\x07\x01\x01\x02\x00\x00\x00\x08\x04\x085.00 EUR"[..]),
            ("open_request", "refund-too-much", b"\x00\x07\x01\x01\x02\x00\x00\x00\x08\x04\x0999.80 EUR"),
            ("open_response", "refused", b"\x00\x09\x04\x02no"),
            ("open_delivery_report", "delivered", b"\x00\x06\x05"),
        ] {
            seeds.push((opener, name.into(), [&[1, 2, 0, 0], edits].concat()));
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
