//! The worked example of SPEC.md, byte for byte.
//!
//! The messages come from the library. Everything between them (directional keys, contexts, keys, commitments, plaintexts)
//! is computed a second time (`common/forge.rs`), from the text of SPEC.md and with other code: `minicbor` writes the inputs, `hkdf`
//! expands, and parts are decrypted by hand.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]
#![allow(clippy::arithmetic_side_effects, reason = "on the example's own lengths")]

mod common;

use common::cbor::at;
use common::forge::Letter;
use common::{NOW, bank, confinement, courier, holder, new, policy, shop};
use minicbor::Decoder;
use polyseal::rand_core::{TryCryptoRng, TryRng};
use polyseal::{
    Authenticated, Authority, Capacity, CardHolder, CardManager, DeliveryService, Domain, Epoch, FieldName, FormEntry,
    KeySource, Label, MemoryLedger, Order, OrderForm, Register, Release, Role, Seller, Windows,
};
use sha2::{Digest, Sha256};

/// A party's generator in the example: the first draw is 32 bytes of `first`, the next of `first + 1`, …
struct Draws(u8);

impl TryRng for Draws {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("the example draws blocks of 32 bytes");
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("the example draws blocks of 32 bytes");
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        assert_eq!(dst.len(), 32);
        dst.fill(self.0);
        self.0 += 1;
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

fn form() -> OrderForm {
    let entry = |role, release, fields: &[FieldName]| FormEntry {
        role,
        identifier: None,
        release,
        fields: fields.iter().cloned().collect(),
    };
    OrderForm::new(vec![
        entry(
            Role::SELLER,
            Release::OnReceipt,
            &[FieldName::ITEM_NAME, FieldName::AMOUNT_DUE, FieldName::PAYMENT_TYPE],
        ),
        entry(
            Role::CARD_MANAGER,
            Release::OnReceipt,
            &[FieldName::CARD_NUMBER, FieldName::AMOUNT_DUE, FieldName::PAYMENT_TYPE],
        ),
        entry(Role::DELIVERY_SERVICE, Release::OnApproval, &[FieldName::DESTINATION_ADDRESS]),
    ])
    .unwrap()
}

fn order() -> Order {
    let mut order = Order::new();
    for (name, value) in [
        (FieldName::ITEM_NAME, "Kettle"),
        (FieldName::AMOUNT_DUE, "59.80 EUR"),
        (FieldName::PAYMENT_TYPE, "single"),
        (FieldName::CARD_NUMBER, "0000 1111 2222 3333"),
        (FieldName::DESTINATION_ADDRESS, "2 Other Street, Testville"),
    ] {
        order.insert(name, value).unwrap();
    }
    order
}

/// Names and values, in the order of SPEC.md.
fn example() -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
    let mut line = |name: &str, value: &[u8]| lines.push((name.into(), value.to_vec()));

    let label = Label::new("cards.example").unwrap();
    let domain = Domain::new(label.clone(), label, Epoch::new(7, NOW - 1_000_000, NOW + 1_000_000).unwrap());
    let seed: [u8; 32] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    let mut authority =
        Authority::from_seed(domain.clone(), 2, Capacity::UNCONDITIONAL, &seed, Register::new()).unwrap();
    line("seed", &seed);

    let names = ["holder", "seller", "manager", "delivery"];
    let identifiers = [holder(), shop(), bank(), courier()];
    let shares = identifiers.clone().map(|identifier| authority.issue(&identifier).unwrap());
    for (name, identifier) in names.iter().zip(&identifiers) {
        line(&format!("identifier {name}"), identifier.as_bytes());
        for (lane, point) in identifier.point(&domain).to_bytes().iter().enumerate() {
            line(&format!("point {name} {lane}"), point);
        }
    }
    for (name, share) in names.iter().zip(&shares) {
        line(&format!("share {name}"), &share.export());
    }
    let common = |a: usize, b: usize| *shares[a].common_key(&identifiers[b], &domain).unwrap().export();
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)] {
        line(&format!("common key {} {}", names[a], names[b]), &common(a, b));
    }

    let order = order();
    let [by_holder, by_seller, by_manager, by_courier] = shares;
    let card_holder = CardHolder::new(by_holder, confinement());
    let split = card_holder.split(&order, &form()).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut Draws(0xa0)).unwrap();
    let envelope = sealed.envelope.to_bytes();
    let digest = *sealed.digest.as_bytes();
    let mut d = Decoder::new(&envelope);
    d.array().unwrap();
    d.skip().unwrap();
    d.skip().unwrap();
    let header = d.bytes().unwrap();
    assert_eq!(digest, <[u8; 32]>::from(Sha256::digest(header)));
    line("header", header);
    line("digest", &digest);

    let [h_id, s_id, m_id, d_id] = &identifiers;
    // The same shares once more, for what is computed by hand.
    let [_, of_seller, of_manager, of_delivery] = identifiers.each_ref().map(|id| authority.issue(id).unwrap());
    let letter = |purpose, from, to, role| Letter { purpose, step: 0, from, to, digest: &digest, role, token: None };
    let of_part = letter("part", h_id, m_id, "card-manager");
    let (derived, plaintext) = of_part.opened(&of_manager, &at(&envelope, &[3, 1, 1])).unwrap();
    line("manager part: directional key", &derived.dk);
    line("manager part: context", &derived.context);
    line("manager part: key", &derived.key);
    line("manager part: plaintext", &plaintext);
    let (_, token) = plaintext.split_last_chunk::<32>().unwrap();
    line("token", token);
    let of_part = Letter { token: Some(token), ..letter("part", h_id, d_id, "delivery-service") };
    let (derived, plaintext) = of_part.opened(&of_delivery, &at(&envelope, &[3, 2, 1])).unwrap();
    line("delivery part: key", &derived.key);
    line("delivery part: plaintext", &plaintext);
    let of_part = letter("part", h_id, s_id, "seller");
    let (derived, plaintext) = of_part.opened(&of_seller, &at(&envelope, &[3, 0, 1])).unwrap();
    line("seller part: key", &derived.key);
    line("seller part: plaintext", &plaintext);
    line("envelope", &envelope);

    let [mut at_seller, mut at_manager, mut at_courier] = [9, 9, 9].map(MemoryLedger::new);
    let seller = Seller::new(by_seller, policy(form()));
    let awaiting = new(seller.receive(&sealed.envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut Draws(0xb0)).unwrap();
    let bytes = relay.to_bytes();
    let statement = letter("relay", s_id, m_id, "card-manager").open(&of_manager, &at(&bytes, &[5]));
    line("relay statement: plaintext", &statement);
    line("relay", &bytes);

    let manager = CardManager::new(by_manager, [shop()].into_iter().collect());
    let deciding = new(manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let authentication = deciding.approve(NOW, &mut at_manager, &mut Draws(0xc0)).unwrap().authentication;
    let bytes = authentication.to_bytes();
    let verdict = letter("authentication", m_id, s_id, "seller").open(&of_seller, &at(&bytes, &[3]));
    line("verdict: plaintext", &verdict);
    line("authentication", &bytes);

    let Ok(Authenticated::Approved(mut approved)) = awaiting.authenticate(&authentication, NOW, &mut at_seller) else {
        panic!("it was approved");
    };
    let dispatch =
        approved.dispatch(&Role::DELIVERY_SERVICE, b"ring twice", NOW, &mut at_seller, &mut Draws(0xb1)).unwrap();
    let bytes = dispatch.to_bytes();
    let statement = letter("dispatch", s_id, d_id, "delivery-service").open(&of_delivery, &at(&bytes, &[5]));
    line("dispatch statement: plaintext", &statement);
    line("dispatch", &bytes);

    let courier = DeliveryService::new(by_courier, [shop()].into_iter().collect());
    let delivery = new(courier.receive(&dispatch, NOW, &mut at_courier).unwrap());
    line("delivery state", &delivery.export());
    lines
}

/// `name = hex`, cut in lines of 64 digits that are indented after the first.
fn written(lines: &[(String, Vec<u8>)]) -> String {
    let mut text = String::new();
    for (name, value) in lines {
        text.push_str(name);
        text.push_str(" =");
        for chunk in value.chunks(32) {
            text.push_str("\n    ");
            text.extend(chunk.iter().map(|byte| format!("{byte:02x}")));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_worked_example_is_what_the_code_does() {
    let spec = include_str!("../SPEC.md");
    let (_, rest) = spec.split_once("<!-- worked example -->\n```text\n").expect("SPEC.md has the worked example");
    let (block, _) = rest.split_once("```").unwrap();
    let found = written(&example());
    assert!(found == block, "SPEC.md should have:\n{found}");
}
