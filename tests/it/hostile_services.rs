//! Sellers and card managers that do not keep to the protocol, with genuine shares, and parties with
//! shares and no part in the order: what they say is refused.

use core::fmt::Debug;

use polyseal::card_holder::SealedOrder;
use polyseal::message::{Authorization, Direct, Dispatch, Receipt, Relay};
use polyseal::{Identifier, KeySource, MemoryLedger, Peers, ReceiveError, Recipient, Refused, Role, Share, limits};
use polyseal_testing::cbor::{Value, at};
use polyseal_testing::forge::{Letter, World, hash, labelled};
use polyseal_testing::{
    GATEWAY, NOW, approved, bank, courier, directly, gateway_form, holder, id, new, role, shares, shop,
};
use sha2::{Digest, Sha256};

use crate::steps::filed;

/// What a seller says of the parts that it passes on, and how it seals that.
pub struct Statement<'a> {
    pub purpose: &'static str,
    pub from: &'a Share,
    pub to: &'a Identifier,
    pub by: &'a str,
    pub role: &'a str,
    pub at: u64,
    /// The parts' digest, if not the true one.
    pub digest: Option<[u8; 32]>,
    pub token: Value,
    /// Which consignment of how many bytes of instructions.
    pub consignment: Option<(u64, bool, usize)>,
    pub after: &'static [u8],
}

impl<'a> Statement<'a> {
    pub fn new(purpose: &'static str, from: &'a Share, to: &'a Identifier, role: &'a str) -> Self {
        Self {
            purpose,
            from,
            to,
            by: "seller",
            role,
            at: NOW,
            digest: None,
            token: Value::Null,
            consignment: (purpose == "dispatch").then_some((1, true, 0)),
            after: &[],
        }
    }

    /// The relay or dispatch with it.
    pub fn with(&self, header: &Value, parts: Vec<Value>) -> Vec<u8> {
        let parts = Value::Array(parts);
        let digest = self.digest.map_or_else(|| hash("parts", [parts.clone()]), |digest| digest.to_vec());
        let items = [
            Value::bytes(digest),
            Value::Uint(self.at),
            self.token.clone(),
            self.consignment.map_or(Value::Null, |(number, last, instructions)| {
                let instructions = Value::bytes(vec![0x61; instructions]);
                Value::Array(vec![Value::Uint(number), Value::Uint(last.into()), instructions])
            }),
        ];
        let letter = Letter {
            purpose: self.purpose,
            step: 0,
            by: self.by,
            from: self.from.identifier(),
            to: self.to,
            digest: &Sha256::digest(header.as_bytes()),
            role: self.role,
            token: None,
        };
        let text = [labelled("statement", items).to_bytes().as_slice(), self.after].concat();
        let relayer = Value::bytes(self.from.identifier().as_bytes());
        labelled(self.purpose, [header.clone(), parts, relayer, letter.seal(self.from, &text)]).to_bytes()
    }
}

/// The part of a role in an envelope.
pub fn part(envelope: &[u8], role: &str) -> Value {
    let place = (0..4).find(|place| at(envelope, &[3, *place, 0]) == Value::text(role));
    at(envelope, &[3, place.unwrap()])
}

/// The approval token of an order, as its card manager reads it.
pub fn token(world: &World, sealed: &SealedOrder) -> Value {
    let part = part(&sealed.envelope.to_bytes(), "card-manager").items()[1].clone();
    let digest = sealed.digest.as_bytes();
    at(&Letter::part(&holder(), &bank(), "card-manager", digest).open(&world.bank, &part), &[6])
}

/// Nothing but a refusal that says nothing, and nothing in the ledger.
fn is_rejected<T: Debug, E: Debug>(what: &str, received: Result<T, E>, ledger: &MemoryLedger) {
    let error = received.map(drop).map_err(|error| format!("{error:?}"));
    assert_eq!(error, Err("Rejected".into()), "{what}");
    assert!(ledger.is_empty(), "{what}");
}

#[test]
fn a_relay_is_the_sellers_own_and_says_what_it_carries() {
    let world = World::new(gateway_form());
    let (envelope, ledger) = (world.sealed(1).envelope.to_bytes(), &mut MemoryLedger::new(9));
    let (header, bank) = (at(&envelope, &[2]), bank());
    let (own, other) = (part(&envelope, "card-manager"), part(&envelope, GATEWAY));
    let honest = || Statement::new("relay", &world.shop, &bank, "card-manager");
    let receive = |message: &[u8], ledger: &mut MemoryLedger| {
        filed(world.parties.manager.receive(&Relay::from_bytes(message).unwrap(), NOW), ledger)
    };
    for (what, statement) in [
        ("other parts", Statement { digest: Some([0; 32]), ..honest() }),
        (
            "parts of one more",
            Statement {
                digest: Some(hash("parts", [Value::Array(vec![own.clone(), other])]).try_into().unwrap()),
                ..honest()
            },
        ),
        ("a token", Statement { token: Value::bytes([7; 32]), ..honest() }),
        ("the token", Statement { token: token(&world, &world.sealed(1)), ..honest() }),
        ("another seller", Statement { from: &world.other, ..honest() }),
        ("another recipient", Statement { from: &world.courier, ..honest() }),
        ("another role", Statement { role: GATEWAY, ..honest() }),
        ("a consignment", Statement { consignment: Some((1, true, 0)), ..honest() }),
        ("more than a statement", Statement { after: &[0xf6], ..honest() }),
    ] {
        is_rejected(what, receive(&statement.with(&header, vec![own.clone()]), ledger), ledger);
    }
    new(receive(&honest().with(&header, vec![own]), ledger).unwrap());
}

#[test]
fn a_dispatch_needs_the_token_of_its_order() {
    let world = World::new(gateway_form());
    let (sealed, ledger) = (world.sealed(1), &mut MemoryLedger::new(9));
    let envelope = sealed.envelope.to_bytes();
    let (header, courier) = (at(&envelope, &[2]), courier());
    let own = part(&envelope, "delivery-service");
    let token_of_another = token(&world, &world.sealed(2));
    let honest = || {
        let statement = Statement::new("dispatch", &world.shop, &courier, "delivery-service");
        Statement { token: token(&world, &sealed), ..statement }
    };
    let receive = |message: &[u8], ledger: &mut MemoryLedger| {
        filed(world.parties.courier.receive_dispatch(&Dispatch::from_bytes(message).unwrap(), NOW), ledger)
    };
    for (what, statement) in [
        ("no token", Statement { token: Value::Null, ..honest() }),
        ("any token", Statement { token: Value::bytes([7; 32]), ..honest() }),
        ("the token's hash", Statement { token: at(&envelope, &[2, 7]), ..honest() }),
        ("another order's token", Statement { token: token_of_another, ..honest() }),
        ("another seller", Statement { from: &world.other, ..honest() }),
        ("the card manager as seller", Statement { from: &world.bank, ..honest() }),
        ("no consignment", Statement { consignment: None, ..honest() }),
        ("consignment 0", Statement { consignment: Some((0, true, 0)), ..honest() }),
        ("consignment 257", Statement { consignment: Some((257, true, 0)), ..honest() }),
        (
            "instructions that are too long",
            Statement { consignment: Some((1, true, limits::INSTRUCTIONS + 1)), ..honest() },
        ),
    ] {
        is_rejected(what, receive(&statement.with(&header, vec![own.clone()]), ledger), ledger);
    }
    // Nor does it help if the card holder is in it too, and sealed the part with a token that it
    // gave to the seller.
    let (token, holder) = (token(&world, &sealed), polyseal_testing::holder());
    let (role, part) = ("delivery-service", at(&envelope, &[3, 2, 1]));
    let digest = sealed.digest.as_bytes();
    let honest_part = Letter::part(&holder, &courier, role, digest);
    let opening = Letter { token: Some(token.as_bytes()), ..honest_part.clone() }.open(&world.holder, &part);
    for (token, is_approved) in [([7; 32].as_slice(), false), (token.as_bytes(), true)] {
        let part = Letter { token: Some(token), ..honest_part.clone() }.seal(&world.holder, &opening);
        let statement = Statement { token: Value::bytes(token), ..honest() };
        let message = statement.with(&header, vec![Value::Array(vec![Value::text(role), part])]);
        assert_eq!(receive(&message, &mut MemoryLedger::new(9)).is_ok(), is_approved);
    }
    let most = Statement { consignment: Some((256, false, limits::INSTRUCTIONS)), ..honest() };
    new(receive(&most.with(&header, vec![own]), ledger).unwrap());
}

#[test]
fn a_part_travels_its_own_way_alone() {
    //
    let world = World::new(directly(gateway_form(), &Role::CARD_MANAGER));
    let (sealed, ledger) = (world.sealed(1), &mut MemoryLedger::new(9));
    let envelope = sealed.envelope.to_bytes();
    let header = at(&envelope, &[2]);

    // A direct part, relayed.
    let direct = at(&sealed.directs[0].to_bytes(), &[3]);
    let bank = bank();
    let relay = Statement::new("relay", &world.shop, &bank, "card-manager").with(&header, vec![direct]);
    let relay = Relay::from_bytes(&relay).unwrap();
    is_rejected("a direct part relayed", filed(world.parties.manager.receive(&relay, NOW), ledger), ledger);
    new(filed(world.parties.manager.receive_direct(&sealed.directs[0], NOW), ledger).unwrap());

    // A part for relaying, sent directly or dispatched, and one that has to wait, relayed or sent.
    let ledger = &mut MemoryLedger::new(9);
    let [share] = shares([courier()]);
    let service: Recipient<Share> = Recipient::new(Role::DELIVERY_SERVICE, share, Peers::Anyone).unwrap();
    for (to, name, recipient) in
        [("gateway.example", GATEWAY, &world.gateway), ("courier.example", "delivery-service", &service)]
    {
        let (to, own) = (id(to), part(&envelope, name));
        let direct = labelled("direct", [header.clone(), own.clone()]).to_bytes();
        let direct = Direct::from_bytes(&direct).unwrap();
        is_rejected("sent directly", filed(recipient.receive_direct(&direct, NOW), ledger), ledger);
        let purpose = if name == GATEWAY { "dispatch" } else { "relay" };
        for token in [Value::Null, Value::bytes([0; 32])] {
            let message = Statement { token, ..Statement::new(purpose, &world.shop, &to, name) };
            let message = message.with(&header, vec![own.clone()]);
            if name == GATEWAY {
                let dispatch = Dispatch::from_bytes(&message).unwrap();
                is_rejected("dispatched", filed(recipient.receive_dispatch(&dispatch, NOW), ledger), ledger);
            } else {
                let relay = Relay::from_bytes(&message).unwrap();
                is_rejected("relayed", filed(recipient.receive_relay(&relay, NOW), ledger), ledger);
            }
        }
    }
}

#[test]
fn an_answer_is_the_card_managers_own() {
    let world = World::new(gateway_form());
    let sealed = world.sealed(1);
    let (bank, shop, courier) = (bank(), shop(), courier());
    let mut ledger = MemoryLedger::new(9);
    let mut awaiting = world.at_seller(&sealed.envelope, &mut ledger);
    let (before, seller) = (awaiting.export(), &world.parties.seller);
    let token = token(&world, &sealed);
    let answer = |share: &Share, role: &str, from: &Identifier, items: [Value; 2], after: &[u8]| {
        let digest = sealed.digest.as_bytes();
        let (purpose, by) = ("authorization", "card-manager");
        let letter = Letter { purpose, step: 0, by, from, to: &shop, digest, role, token: None };
        let text =
            [labelled("verdict", [Value::Uint(NOW)].into_iter().chain(items)).to_bytes().as_slice(), after].concat();
        let message = labelled("authorization", [Value::bytes(digest), letter.seal(share, &text)]);
        Authorization::from_bytes(&message.to_bytes()).unwrap()
    };
    let approval = || [token.clone(), Value::Null];
    let refusal = |reason: &str| [Value::Null, Value::text(reason)];
    let (by, to) = (&world.bank, "seller");
    for (what, message) in [
        ("by the delivery service", answer(&world.courier, to, &courier, approval(), &[])),
        ("by anyone", answer(&world.other, to, &id("other.example"), approval(), &[])),
        ("a refusal by anyone", answer(&world.other, to, &id("other.example"), refusal("no"), &[])),
        ("for another role", answer(by, "card-manager", &bank, approval(), &[])),
        ("with another token", answer(by, to, &bank, [Value::bytes([7; 32]), Value::Null], &[])),
        ("with a token and a reason", answer(by, to, &bank, [token.clone(), Value::text("no")], &[])),
        ("with neither", answer(by, to, &bank, [Value::Null, Value::Null], &[])),
        ("with a long reason", answer(by, to, &bank, refusal(&"x".repeat(limits::REASON + 1)), &[])),
        ("with more than an answer", answer(by, to, &bank, approval(), &[0xf6])),
    ] {
        let Err(Refused { state, error }) = awaiting.authorize(seller, &message, NOW) else {
            panic!("{what}: it was accepted");
        };
        assert!(matches!(error, ReceiveError::Rejected), "{what}: {error:?}");
        assert_eq!(state.export(), before, "{what}");
        awaiting = state;
    }
    let pending = awaiting.authorize(seller, &answer(by, to, &bank, approval(), &[]), NOW).unwrap();
    approved(new(pending.file(&mut ledger).unwrap()));
}

#[test]
fn a_receipt_says_whose_it_is() {
    let world = World::new(gateway_form());
    let sealed = world.sealed(1);
    let digest = sealed.digest.as_bytes();
    let says = |from: &str, by: &Share, said: &str, status| {
        let (sender, to) = (by.identifier(), &holder());
        let (purpose, role) = ("receipt", "card-holder");
        let letter = Letter { purpose, step: 0, by: from, from: sender, to, digest, role, token: None };
        let refunded = if said == "delivery-service" { Value::Null } else { Value::text("0.00 EUR") };
        let told = [Value::Uint(status), Value::Null, Value::Null, refunded, Value::Array(Vec::new())];
        let report = [Value::text(said), Value::Uint(2), Value::Uint(NOW)].into_iter().chain(told);
        let report = labelled("report", report);
        let items = [Value::bytes(digest), Value::text(from), letter.seal(by, &report.to_bytes())];
        let receipt = Receipt::from_bytes(&labelled("receipt", items).to_bytes()).unwrap();
        let report = sealed.awaiting.receive(&world.parties.holder, &receipt, NOW);
        report.map(|report| format!("{:?}", report.status())).map_err(|error| format!("{error:?}"))
    };
    let (said, rejected) = (|status: &str| Ok(status.into()), || Err("Rejected".into()));
    assert_eq!(says("seller", &world.shop, "seller", 1), said("Approved"));
    assert_eq!(says("card-manager", &world.bank, "card-manager", 1), said("Approved"));
    // The seller as the card manager, inside and outside; another's own under a role of the order.
    assert_eq!(says("seller", &world.shop, "card-manager", 1), rejected());
    assert_eq!(says("card-manager", &world.shop, "card-manager", 1), rejected());
    assert_eq!(says("card-manager", &world.other, "card-manager", 1), rejected());
    // A delivery service that says what it does not decide, and recipients of which no receipt is taken.
    assert_eq!(says("seller", &world.shop, "seller", 3), said("Cancelled"));
    assert_eq!(says("card-manager", &world.bank, "card-manager", 3), said("Cancelled"));
    assert_eq!(says("delivery-service", &world.courier, "delivery-service", 0), said("Received"));
    assert_eq!(says("delivery-service", &world.courier, "delivery-service", 1), rejected());
    assert_eq!(says("delivery-service", &world.courier, "delivery-service", 3), rejected());
    for (giver, share) in [(GATEWAY, &world.other), ("spy", &world.other)] {
        let no_giver = format!("NoSuchRecipient {{ role: {:?} }}", role(giver));
        assert_eq!(says(giver, share, giver, 1), Err(no_giver));
    }
}
