//! The worked example of SPEC.md, byte for byte.
//!
//! The messages come from the library. Everything between them (directional keys, contexts, keys, commitments,
//! plaintexts) is computed a second time (`tests/common/forge.rs`), from the text of SPEC.md and with other code: `minicbor`
//! writes the inputs, `hkdf` expands, and parts are decrypted by hand. Receipts and the messages of handshakes are
//! written a second time too, whole.

use minicbor::Decoder;
use num_bigint::BigUint;
use polyseal::authority::RootSecret;
use polyseal::card_holder::SealedOrder;
use polyseal::handshake::{Evidence, Initiator, Responder};
use polyseal::key::Cohort;
use polyseal::message::{Receipt, Windows};
use polyseal::order::FormEntry;
use polyseal::rand_core::{TryCryptoRng, TryRng};
use polyseal::{
    Authority, Capacity, CardHolder, CardManager, Domain, Epoch, FieldName, Identifier, KeySource, Label, MemoryLedger,
    Order, OrderForm, Recipient, Release, Role, Seller, Share,
};
use polyseal_example_collusion::algebra;
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{
    InSession, Letter, bound_on, bound_to_hello, derived, exported, hash, labelled, mac, session_key,
};
use polyseal_testing::{NOW, approved, bank, courier, disclosure, domain_value, holder, new, policy, shop};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

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
struct Lines(Vec<(String, Vec<u8>)>);

impl Lines {
    fn add(&mut self, name: &str, value: &[u8]) {
        self.0.push((name.into(), value.to_vec()));
    }

    /// `name = hex`, cut in lines of 64 digits that are indented after the first.
    fn written(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
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
}

fn label() -> Label {
    Label::new("cards.example").unwrap()
}

fn epoch() -> Epoch {
    Epoch::new(7, NOW - 1_000_000, NOW + 1_000_000).unwrap()
}

fn seed() -> [u8; 32] {
    core::array::from_fn(|i| u8::try_from(i).unwrap())
}

/// The shares of card holder, seller, card manager and delivery service: for these, and once more for what is computed
/// by hand.
fn shares(lines: &mut Lines) -> [[Share; 4]; 2] {
    let (domain, seed) = (Domain::new(label(), label(), epoch()), seed());
    let mut authority =
        Authority::from_seed(domain.clone(), 2, Capacity::UNCONDITIONAL, &seed, BTreeSet::new()).unwrap();
    lines.add("seed", &seed);

    let names = ["holder", "seller", "manager", "delivery"];
    let identifiers = [holder(), shop(), bank(), courier()];
    for (name, identifier) in names.iter().zip(&identifiers) {
        lines.add(&format!("identifier {name}"), identifier.as_bytes());
        for (lane, point) in identifier.point(&domain).to_bytes().iter().enumerate() {
            lines.add(&format!("point {name} {lane}"), point);
        }
    }
    let both = [(); 2].map(|()| identifiers.each_ref().map(|identifier| authority.issue(identifier).unwrap()));
    for (name, share) in names.iter().zip(&both[0]) {
        lines.add(&format!("share {name}"), &share.export());
    }
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)] {
        let common = both[0][a].common_key(&identifiers[b], &domain).unwrap().export();
        lines.add(&format!("common key {} {}", names[a], names[b]), &*common);
    }
    both
}

fn letter<'a>(purpose: &'a str, from: &'a Share, to: &'a Share, digest: &'a [u8], role: &'a str) -> Letter<'a> {
    Letter { purpose, step: 0, from: from.identifier(), to: to.identifier(), digest, role, token: None }
}

/// One side of a handshake: its role, its share, its first draw, and what it says.
struct Side<'a> {
    role: &'a str,
    share: &'a Share,
    draw: u8,
    says: &'a [u8],
}

/// What passes in a handshake: hello, the state after it, answer, the state after it, confirmation; and both ends.
macro_rules! passes {
    ($begun:expr, [$from:expr, $to:expr], [$from_draws:expr, $to_draws:expr], $says:expr) => {{
        let (initiator, hello) = $begun.unwrap();
        let begun = initiator.export().to_vec();
        let (responder, answer) = Responder::answer($to, &hello, $says, NOW, $to_draws).unwrap();
        let answered = responder.export().to_vec();
        let (mine, confirmation) = initiator.receive($from, &answer, b"", NOW, $from_draws).unwrap();
        let theirs = responder.receive($to, &confirmation, NOW).unwrap();
        assert_eq!(mine.authenticated.transcript(), theirs.authenticated.transcript());
        let passed = [hello.to_bytes(), begun, answer.to_bytes(), answered, confirmation.to_bytes()];
        (passed, [mine.authenticated, theirs.authenticated])
    }};
}

/// What passes in a handshake has to be this, from §11, §14 and the draws alone. The key that its messages are sealed
/// under, and the transcript.
fn handshake(
    lines: &mut Lines,
    name: &str,
    [from, to]: [Side<'_>; 2],
    [hello, begun, answer, answered, confirmation]: [Vec<u8>; 5],
    exchange: bool,
) -> ([u8; 32], Vec<u8>) {
    let mut line = |what: &str, value: &[u8]| lines.add(&format!("{name}{what}"), value);
    let [from_challenge, to_challenge] = [&from, &to].map(|side| Value::bytes([side.draw; 32]));
    let secrets = [&from, &to].map(|side| [side.draw + 1; 32]);
    let publics = secrets.map(|secret| exchange.then(|| Value::bytes(x25519(secret, X25519_BASEPOINT_BYTES))));
    let fresh = |side: &Side<'_>| side.draw + if exchange { 2 } else { 1 };
    let state = |kind, items: &[Value]| exported(kind, &Value::Array(items.to_vec()).to_bytes());
    let if_exchanged = |key: [u8; 32]| if exchange { Value::bytes(key) } else { Value::Null };

    let mut items = vec![domain_value(from.share.domain())];
    for side in [&from, &to] {
        items.extend([Value::text(side.role), Value::bytes(side.share.identifier().as_bytes())]);
    }
    items.extend([from_challenge].into_iter().chain(publics[0].clone()));
    assert_eq!(hello, labelled("hello", items).to_bytes());
    line("hello", &hello);
    assert_eq!(begun, state("initiator", &[Value::Uint(NOW), Value::bytes(&hello), if_exchanged(secrets[0])]));
    line("initiator state", &begun);

    let bound = bound_to_hello(&hello, &to_challenge, publics[1].as_ref());
    line("answer: bound 2", &bound);
    let mut key = *from.share.common_key(to.share.identifier(), from.share.domain()).unwrap().export();
    if let [Some(theirs), Some(_)] = &publics {
        let shared = x25519(secrets[1], theirs.as_bytes().try_into().unwrap());
        line("answer: shared", &shared);
        key = session_key(&key, &shared, &bound);
        line("session key", &key);
    }
    let keys = InSession { share: to.share, key };
    let of_answer = Letter { step: 2, ..letter("confirm", to.share, from.share, &bound, from.role) };
    let sealed = of_answer.seal_fresh(&keys, to.says, fresh(&to));
    let (derived, _) = of_answer.opened(&keys, &sealed).unwrap();
    line("answer: directional key", &derived.dk);
    line("answer: context", &derived.context);
    line("answer: key", &derived.key);
    let items = [to_challenge, sealed].into_iter().chain(publics[1].clone());
    assert_eq!(answer, labelled("answer", items).to_bytes());
    line("answer", &answer);

    let bound = bound_on("answer", &bound, &answer);
    line("confirmation: bound 3", &bound);
    assert_eq!(
        answered,
        state("responder", &[Value::Uint(NOW), Value::bytes(&hello), Value::bytes(&bound), if_exchanged(key)])
    );
    line("responder state", &answered);
    let of_confirmation = Letter { step: 3, ..letter("confirm", from.share, to.share, &bound, to.role) };
    let sealed = of_confirmation.seal_fresh(&InSession { share: from.share, key }, from.says, fresh(&from));
    assert_eq!(confirmation, labelled("confirmation", [sealed]).to_bytes());
    line("confirmation", &confirmation);
    let transcript = bound_on("confirmation", &bound, &confirmation);
    line("transcript", &transcript);
    (key, transcript)
}

/// The envelope, and what is in it.
fn envelope(lines: &mut Lines, sealed: &SealedOrder, [holder, seller, manager, delivery]: &[Share; 4]) {
    let envelope = sealed.envelope.to_bytes();
    let digest = sealed.digest.as_bytes();
    let mut d = Decoder::new(&envelope);
    d.array().unwrap();
    d.skip().unwrap();
    d.skip().unwrap();
    let header = d.bytes().unwrap();
    assert_eq!(*digest, <[u8; 32]>::from(Sha256::digest(header)));
    lines.add("header", header);
    lines.add("digest", digest);

    let of_part = letter("part", holder, manager, digest, "card-manager");
    let (derived, plaintext) = of_part.opened(manager, &at(&envelope, &[3, 1, 1])).unwrap();
    lines.add("manager part: directional key", &derived.dk);
    lines.add("manager part: context", &derived.context);
    lines.add("manager part: key", &derived.key);
    lines.add("manager part: plaintext", &plaintext);
    let (_, token) = plaintext.split_last_chunk::<32>().unwrap();
    lines.add("token", token);
    let of_part = Letter { token: Some(token), ..letter("part", holder, delivery, digest, "delivery-service") };
    let (derived, plaintext) = of_part.opened(delivery, &at(&envelope, &[3, 2, 1])).unwrap();
    lines.add("delivery part: key", &derived.key);
    lines.add("delivery part: plaintext", &plaintext);
    let of_part = letter("part", holder, seller, digest, "seller");
    let (derived, plaintext) = of_part.opened(seller, &at(&envelope, &[3, 0, 1])).unwrap();
    lines.add("seller part: key", &derived.key);
    lines.add("seller part: plaintext", &plaintext);
    lines.add("envelope", &envelope);
    // The seller's part has all recipients.
    let placed = Value::Array(vec![Value::bytes(header), at(&plaintext, &[2])]);
    let placed = exported("placed order", &placed.to_bytes());
    assert_eq!(*sealed.awaiting.export(), placed);
    lines.add("placed order", &placed);
}

/// A receipt has to be this.
fn receipt(
    lines: &mut Lines,
    receipt: &Receipt,
    digest: &[u8],
    ([giver, holder], from, status, fresh): ([&Share; 2], &str, u64, u8),
) {
    let report = [Value::text(from), Value::Uint(status), Value::Uint(NOW), Value::Null];
    let report = labelled("report", report).to_bytes();
    lines.add(&format!("receipt of the {from}: plaintext"), &report);
    let sealed = letter("receipt", giver, holder, digest, "card-holder").seal_fresh(giver, &report, fresh);
    let expected = labelled("receipt", [Value::bytes(digest), Value::text(from), sealed]).to_bytes();
    assert_eq!(receipt.to_bytes(), expected);
    lines.add(&format!("receipt of the {from}"), &expected);
}

/// A combination of attributes, and what comes from a root (§3, §5).
fn network(lines: &mut Lines) {
    let [name, town] = [("name", "Ada Example"), ("town", "Testville")];
    let identifier = Identifier::from_attributes(&[town, name]).unwrap();
    let ascending = [name, town].map(|(name, value)| Value::Array(vec![Value::text(name), Value::text(value)]));
    assert_eq!(identifier.as_bytes(), labelled("attributes", [Value::Array(ascending.to_vec())]).to_bytes());
    lines.add("identifier of attributes", identifier.as_bytes());

    let digest = hash("cohort", [Value::text(&label()), Value::Uint(1000), Value::bytes(identifier.as_bytes())]);
    let cohort = Cohort::of(&identifier, &label(), 1000);
    let index = u128::from_be_bytes(*digest.first_chunk().unwrap()) % 1000;
    assert_eq!(cohort.index().map(u128::from), Some(index));
    lines.add("cohort: hash", &digest);

    let name = Value::text(&label());
    let root = |epoch: u64, secret: &[u8]| {
        let items = [name.clone(), name.clone(), Value::Uint(epoch), Value::bytes(secret)];
        exported("root", &Value::Array(items.to_vec()).to_bytes())
    };
    let now = RootSecret::import(&root(7, &seed())).unwrap();
    let authority = now.authority(epoch(), cohort, 2, Capacity::UNCONDITIONAL, BTreeSet::new()).unwrap();
    let expected = derived(&seed(), "cohort", [domain_value(authority.domain())]);
    assert_eq!(at(&authority.export(), &[2, 3]).as_bytes(), expected);
    lines.add("cohort: seed", &expected);
    let next = derived(&seed(), "ratchet", [name.clone(), name.clone(), Value::Uint(7)]);
    assert_eq!(*now.ratchet().export(), root(8, &next));
    lines.add("next root", &next);
}

/// A contribution and a probe (§5).
fn joint(lines: &mut Lines) {
    let [east, west] = ["east.example", "west.example"].map(|name| Label::new(name).unwrap());
    let domain = Domain::joint(label(), [east.clone(), west], epoch()).unwrap();
    let capacity = Capacity::UNCONDITIONAL;
    let mut issuer =
        Authority::joint_from_seed(domain.clone(), east.clone(), 2, capacity, &seed(), BTreeSet::new()).unwrap();
    let [mine, theirs] = [holder(), shop()].map(|identifier| issuer.contribute(&identifier).unwrap());
    lines.add("contribution holder", &mine.export());

    let row = at(&mine.export(), &[2, 4]);
    let mut raw = Vec::new();
    for (row, point) in row.as_bytes().chunks(48).zip(shop().point(&domain).to_bytes()) {
        let y = BigUint::from_bytes_le(&point);
        let value = algebra::from_bytes(row).iter().rev().fold(BigUint::ZERO, |sum, g| (sum * &y + g) % algebra::p());
        raw.extend(algebra::to_bytes([&value]));
    }
    lines.add("probe: raw", &raw);
    let key = derived(&raw, "probe", [domain_value(&domain), Value::text(&east)]);
    let probe = mac(&key, "probe", [Value::bytes([0x90; 32])]);
    assert_eq!(mine.probe(&shop(), &[0x90; 32]), Ok(probe));
    assert_eq!(theirs.probe(&holder(), &[0x90; 32]), Ok(probe));
    lines.add("probe", &probe);
}

fn example() -> Lines {
    let mut lines = Lines(Vec::new());
    let [[by_holder, by_seller, by_manager, by_courier], by_hand] = shares(&mut lines);
    let [of_holder, of_seller, of_manager, of_delivery] = &by_hand;
    let card_holder = CardHolder::new(by_holder, disclosure());
    let seller = Seller::new(by_seller, policy(form()));
    let manager = CardManager::new(by_manager, [shop()].into_iter().collect());
    let courier = Recipient::delivery_service(by_courier, [shop()].into_iter().collect());
    let [mut at_seller, mut at_manager, mut at_courier] = [9, 9, 9].map(MemoryLedger::new);

    let (form, mut draws) = (form().to_bytes(), [0xd0, 0xe0].map(Draws));
    let [by_holder, by_seller] = &mut draws;
    let begun = Initiator::start(&card_holder, Role::SELLER, shop(), NOW, by_holder);
    let (passed, _) = passes!(begun, [&card_holder, &seller], [by_holder, by_seller], &form);
    let sides = [
        Side { role: "card-holder", share: of_holder, draw: 0xd0, says: b"" },
        Side { role: "seller", share: of_seller, draw: 0xe0, says: &form },
    ];
    lines.add("form", &form);
    handshake(&mut lines, "", sides, passed, false);

    let (order, form) = (order(), self::form());
    let split = card_holder.split(&order, &form).unwrap();
    let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut Draws(0xa0)).unwrap();
    let digest = *sealed.digest.as_bytes();
    envelope(&mut lines, &sealed, &by_hand);

    let awaiting = new(seller.receive(&sealed.envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut Draws(0xb0)).unwrap();
    let bytes = relay.to_bytes();
    let of_relay = letter("relay", of_seller, of_manager, &digest, "card-manager");
    let statement = of_relay.open(of_manager, &at(&bytes, &[5]));
    lines.add("relay statement: plaintext", &statement);
    lines.add("relay", &bytes);

    let mut draws = [0xf0, 0x80].map(Draws);
    let [by_seller, by_manager] = &mut draws;
    let begun = Initiator::start_with_exchange(&seller, Role::CARD_MANAGER, bank(), NOW, by_seller);
    let (passed, [mine, theirs]) = passes!(begun, [&seller, &manager], [by_seller, by_manager], b"");
    let sides = [
        Side { role: "seller", share: of_seller, draw: 0xf0, says: b"" },
        Side { role: "card-manager", share: of_manager, draw: 0x80, says: b"" },
    ];
    let (key, transcript) = handshake(&mut lines, "exchange: ", sides, passed, true);
    let [knowing_manager, knowing_seller] = [&theirs, &mine].map(|proof| Evidence::new().with(proof));
    let (knowing_manager, knowing_seller) =
        (manager.with_evidence(&knowing_manager), seller.with_evidence(&knowing_seller));
    let in_session = awaiting.relay(&knowing_seller, &Role::CARD_MANAGER, NOW, &mut Draws(0xb3)).unwrap();
    let mut expected = of_relay.seal_fresh(&InSession { share: of_seller, key }, &statement, 0xb3);
    expected.items().push(Value::bytes(transcript));
    assert_eq!(at(&in_session.to_bytes(), &[5]), expected);
    lines.add("relay statement in the session", &expected.to_bytes());
    new(knowing_manager.receive(&in_session, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());

    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap());
    let decided = deciding.approve(&manager, NOW).unwrap().file(&mut at_manager).unwrap().into_inner();
    let authorization = decided.authorization(&manager, &mut Draws(0xc0)).unwrap();
    let bytes = authorization.to_bytes();
    let of_verdict = letter("authentication", of_manager, of_seller, &digest, "seller");
    lines.add("verdict: plaintext", &of_verdict.open(of_seller, &at(&bytes, &[3])));
    lines.add("authentication", &bytes);

    let pending = awaiting.authorize(&seller, &authorization, NOW).unwrap();
    let approved = approved(new(pending.file(&mut at_seller).unwrap()));
    let pending = approved.dispatch(&seller, &Role::DELIVERY_SERVICE, b"ring twice", NOW).unwrap();
    let approved = pending.file(&mut at_seller).unwrap().into_inner();
    let dispatch = approved.dispatch_message(&seller, &Role::DELIVERY_SERVICE, NOW, &mut Draws(0xb1)).unwrap();
    let bytes = dispatch.to_bytes();
    let of_dispatch = letter("dispatch", of_seller, of_delivery, &digest, "delivery-service");
    lines.add("dispatch statement: plaintext", &of_dispatch.open(of_delivery, &at(&bytes, &[5])));
    lines.add("dispatch", &bytes);
    let delivery = new(courier.receive_dispatch(&dispatch, NOW).unwrap().file(&mut at_courier).unwrap());
    lines.add("delivery state", &delivery.export());

    let by_seller = approved.receipt(&seller, NOW, &mut Draws(0xb2)).unwrap();
    receipt(&mut lines, &by_seller, &digest, ([of_seller, of_holder], "seller", 3, 0xb2));
    let by_manager = decided.receipt(&manager, NOW, &mut Draws(0xc1)).unwrap();
    receipt(&mut lines, &by_manager, &digest, ([of_manager, of_holder], "card-manager", 1, 0xc1));
    for given in [by_seller, by_manager] {
        sealed.awaiting.receive(&card_holder, &given).unwrap();
    }
    network(&mut lines);
    joint(&mut lines);
    lines
}

#[test]
fn the_worked_example_is_what_the_code_does() {
    let spec = include_str!("../../SPEC.md");
    let (_, rest) = spec.split_once("<!-- worked example -->\n```text\n").expect("SPEC.md has the worked example");
    let (block, _) = rest.split_once("```").unwrap();
    let found = example().written();
    assert!(found == block, "SPEC.md should have:\n{found}");
}
