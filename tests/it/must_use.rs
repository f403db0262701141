//! What is lost for good if nobody takes it makes the compiler warn: each of these expectations has to be met.
#![deny(unfulfilled_lint_expectations)]

use polyseal::{Authenticated, Domain, JointAuthority, MemoryLedger, OrderForm, Role, Windows};
use polyseal_testing::{NOW, Parties, Repeatable, authority, new, order, shop};

#[test]
fn shares_are_not_dropped_in_silence() {
    let mut authority = authority();
    #[expect(unused_must_use, reason = "a share, for a place in the register")]
    authority.issue(&shop()).unwrap();
    let sole = authority.domain();
    let issuers = ["east.example", "west.example"].map(|name| polyseal::Label::new(name).unwrap());
    let domain = Domain::joint(sole.label().clone(), issuers.clone(), *sole.epoch()).unwrap();
    let capacity = polyseal::Capacity::UNCONDITIONAL;
    let [east, _] = issuers;
    let mut issuer = Authority::joint_random(domain, east, 2, capacity, &mut Repeatable(1)).unwrap();
    #[expect(unused_must_use, reason = "a contribution, likewise")]
    issuer.contribute(&shop()).unwrap();
}

#[test]
fn handshakes_are_not_dropped_in_silence() {
    let (parties, mut rng) = (Parties::standard(), Repeatable(1));
    #[expect(unused_must_use, reason = "a hello")]
    parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    let (initiator, hello) = parties.holder.confirm(Role::SELLER, shop(), NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "an answer")]
    parties.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (responder, answer) = parties.seller.answer(&hello, b"", NOW, &mut rng).unwrap();
    let (mine, confirmation) = initiator.receive(&answer, b"", NOW, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "the payload and the session")]
    responder.receive(&confirmation, NOW).unwrap();
    drop(mine);
}

#[test]
fn messages_are_not_dropped_in_silence() {
    let (parties, order, mut rng) = (Parties::standard(), order(), Repeatable(1));
    let [mut at_seller, mut at_manager] = [2, 2].map(MemoryLedger::new);
    let split = || parties.holder.split(&order, &OrderForm::standard()).unwrap();
    #[expect(unused_must_use, reason = "the sealed order")]
    split().seal(NOW, Windows::default(), &mut rng).unwrap();
    let [first, second] = [(); 2].map(|()| split().seal(NOW, Windows::default(), &mut rng).unwrap());

    let awaiting = new(parties.seller.receive(&first.envelope, NOW, &mut at_seller).unwrap());
    #[expect(unused_must_use, reason = "a relay")]
    awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    let approval = deciding.approve(NOW, &mut at_manager, &mut rng).unwrap();
    let authenticated = awaiting.authenticate(&approval.authentication, NOW, &mut at_seller);
    let Ok(Authenticated::Approved(mut approved)) = authenticated else { panic!("it was approved") };
    #[expect(unused_must_use, reason = "a dispatch")]
    approved.dispatch(&Role::DELIVERY_SERVICE, b"", NOW, &mut at_seller, &mut rng).unwrap();
    #[expect(unused_must_use, reason = "a receipt")]
    parties.seller.receipt(first.digest, NOW, &at_seller, &mut rng).unwrap();

    let awaiting = new(parties.seller.receive(&second.envelope, NOW, &mut at_seller).unwrap());
    let relay = awaiting.relay(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW, &mut at_manager).unwrap());
    #[expect(unused_must_use, reason = "the authentication that says no")]
    deciding.decline("no", &mut at_manager, &mut rng).unwrap();
}
