//! What is lost for good if nobody takes it makes the compiler warn: each of these expectations has to be met.
#![deny(unfulfilled_lint_expectations)]

use polyseal::authority::Authority;
use polyseal::card_manager::CardManagerOrder;
use polyseal::handshake::{Initiator, Responder};
use polyseal::{Domain, Label, Role};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, authority, new, shop};

#[test]
fn shares_are_not_dropped_in_silence() {
    let mut authority = authority();
    #[expect(unused_must_use, reason = "a share, for a place in the register")]
    authority.issue(&shop()).unwrap();
    let sole = authority.domain();
    let issuers = ["east.example", "west.example"].map(|name| Label::new(name).unwrap());
    let domain = Domain::joint(sole.label().clone(), issuers.clone(), *sole.epoch()).unwrap();
    let capacity = polyseal::Capacity::UNCONDITIONAL;
    let [east, _] = issuers;
    let mut issuer = Authority::joint_random(domain, east, 2, capacity, &mut Repeatable(1)).unwrap();
    #[expect(unused_must_use, reason = "a contribution, likewise")]
    issuer.contribute(&shop()).unwrap();
}

#[test]
fn handshakes_are_not_dropped_in_silence() {
    let (Parties { holder, seller, .. }, mut rng) = (Parties::standard(), Repeatable(1));
    #[expect(unused_must_use, reason = "a hello")]
    Initiator::start(&holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (initiator, hello) = Initiator::start(&holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "an answer")]
    Responder::answer(&seller, &hello, b"", NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&seller, &hello, b"", NOW, &mut rng).unwrap();
    let (mine, confirmation) = initiator.receive(&holder, &answer, b"", NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "the payload and the session")]
    responder.receive(&seller, &confirmation, NOW, &mut rng).unwrap();
    drop(mine);
}

#[test]
fn steps_are_not_dropped_before_they_are_filed() {
    // L-4
    let mut story = Story::standard(1);
    let envelope = story.sealed().envelope;
    let Parties { seller, manager, .. } = &story.parties;
    #[expect(unused_must_use, reason = "an order that is not filed")]
    seller.receive(&envelope, NOW).unwrap();
    #[expect(unused_must_use, reason = "a search")]
    seller.find(envelope.digest());
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut story.ledger).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = new(manager.receive(&relay, NOW).unwrap().file(&mut story.ledger).unwrap());
    #[expect(unused_must_use, reason = "a decision that is not filed")]
    deciding.decline(manager, "no", NOW).unwrap();
}

#[test]
fn messages_are_not_dropped_in_silence() {
    let mut story = Story::standard(1);
    #[expect(unused_must_use, reason = "the sealed order")]
    story.sealed();
    let awaiting = story.at_seller();
    #[expect(unused_must_use, reason = "a relay")]
    awaiting.relay(&story.parties.seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = story.at_manager(&awaiting);
    let pending = deciding.approve(&story.parties.manager, NOW).unwrap();
    #[expect(unused_must_use, reason = "an approval, which is to be settled")]
    new(pending.file(&mut story.ledger).unwrap());

    let approved = story.approved();
    let approved = story.dispatched(approved, b"").0;
    let Story { parties: Parties { seller, manager, .. }, mut ledger, mut rng, .. } = story;
    #[expect(unused_must_use, reason = "a dispatch")]
    approved.dispatch_message(&seller, &Role::DELIVERY_SERVICE, NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "a receipt")]
    approved.receipt(&seller, NOW, &mut rng).unwrap();
    let known = manager.find(approved.part().digest()).file(&mut ledger).unwrap();
    let CardManagerOrder::Decided(decided) = known else { panic!("it is decided") };
    #[expect(unused_must_use, reason = "what says so")]
    decided.authorization(&manager, &mut rng).unwrap();
}
