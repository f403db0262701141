//! What is lost for good if nobody takes it makes the compiler warn: each of these expectations has to be met.
#![deny(unfulfilled_lint_expectations)]

use polyseal::handshake::{Initiator, Responder};
use polyseal::message::Windows;
use polyseal::{Authority, Capacity, Domain, Label, OrderForm, Role};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, Repeatable, authority, new, order, shop};

#[test]
fn shares_are_not_dropped_in_silence() {
    let mut authority = authority();
    #[expect(unused_must_use, reason = "a share, for a place in the register")]
    authority.issue(&shop()).unwrap();
    let sole = authority.domain();
    let issuers = ["east.example", "west.example"].map(|name| Label::new(name).unwrap());
    let domain = Domain::joint(sole.label().clone(), issuers.clone(), *sole.epoch()).unwrap();
    let capacity = Capacity::UNCONDITIONAL;
    let [east, _] = issuers;
    let mut issuer = Authority::joint_random(domain, east, 2, capacity, &mut Repeatable(1)).unwrap();
    #[expect(unused_must_use, reason = "a contribution, likewise")]
    issuer.contribute(&shop()).unwrap();
}

#[test]
fn handshakes_are_not_dropped_in_silence() {
    let (parties, mut rng) = (Parties::standard(), Repeatable(1));
    #[expect(unused_must_use, reason = "a hello")]
    Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (initiator, hello) = Initiator::start(&parties.holder, Role::SELLER, shop(), NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "an answer")]
    Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    let (responder, answer) = Responder::answer(&parties.seller, &hello, b"", NOW, &mut rng).unwrap();
    let (mine, confirmation) = initiator.receive(&parties.holder, &answer, b"", NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "the payload and the session")]
    responder.receive(&parties.seller, &confirmation, NOW).unwrap();
    drop(mine);
}

#[test]
fn messages_are_not_dropped_in_silence() {
    let mut story = Story::standard(1);
    let Parties { holder, seller, manager, .. } = Parties::standard();
    let order = order();
    let split = || holder.split(&order, &OrderForm::standard()).unwrap();
    #[expect(unused_must_use, reason = "the sealed order")]
    split().seal(&holder, NOW, Windows::default(), &mut story.rng).unwrap();

    let awaiting = story.at_seller();
    #[expect(unused_must_use, reason = "a relay")]
    awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    let deciding = story.at_manager(&awaiting);
    let approval = story.approval(deciding);
    #[expect(unused_must_use, reason = "the authorization that says yes")]
    approval.authorization(&manager, &mut story.rng).unwrap();
    #[expect(unused_must_use, reason = "the approval, with the authorization and with what may be withdrawn")]
    core::convert::identity(approval);
    let approved = story.approved();
    let (dispatched, _) = story.dispatched(approved, b"");
    #[expect(unused_must_use, reason = "a dispatch")]
    dispatched.dispatch_message(&seller, &Role::DELIVERY_SERVICE, NOW, &mut story.rng).unwrap();
    #[expect(unused_must_use, reason = "a receipt")]
    dispatched.receipt(&seller, NOW, &mut story.rng).unwrap();

    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let decided = new(deciding.decline(&manager, "no").unwrap().file(&mut story.ledger).unwrap());
    #[expect(unused_must_use, reason = "the authorization that says no")]
    decided.authorization(&manager, &mut story.rng).unwrap();
}

#[test]
fn steps_are_not_left_unfiled_in_silence() {
    let mut story = Story::standard(1);
    let Parties { seller, manager, courier, .. } = Parties::standard();
    let sealed = story.sealed();
    #[expect(unused_must_use, reason = "an order at the seller")]
    seller.receive(&sealed.envelope, NOW).unwrap();
    #[expect(unused_must_use, reason = "a search")]
    seller.find(sealed.digest);
    let awaiting = story.at_seller();
    let relay = awaiting.relay(&seller, &Role::CARD_MANAGER, NOW, &mut story.rng).unwrap();
    #[expect(unused_must_use, reason = "an order at the card manager")]
    manager.receive(&relay, NOW).unwrap();
    #[expect(unused_must_use, reason = "an approval")]
    story.at_manager(&awaiting).approve(&manager, NOW).unwrap();
    let awaiting = story.at_seller();
    #[expect(unused_must_use, reason = "a refusal")]
    story.at_manager(&awaiting).decline(&manager, "no").unwrap();
    let awaiting = story.at_seller();
    let deciding = story.at_manager(&awaiting);
    let answer = story.approval(deciding).authorization(&manager, &mut story.rng).unwrap();
    #[expect(unused_must_use, reason = "an answer at the seller")]
    awaiting.authorize(&seller, &answer, NOW).unwrap();
    #[expect(unused_must_use, reason = "a decision to dispatch")]
    story.approved().dispatch(&seller, &Role::DELIVERY_SERVICE, b"", NOW).unwrap();
    let approved = story.approved();
    let (_, dispatch) = story.dispatched(approved, b"");
    #[expect(unused_must_use, reason = "an order at the delivery service")]
    courier.receive_dispatch(&dispatch, NOW).unwrap();
}
