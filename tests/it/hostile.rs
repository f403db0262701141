//! Insiders against the promises: a seller with the delivery service's help and no approval, and whoever knows what the
//! card holder's generator gives.

use minicbor::Decoder;
use polyseal::key::PresharedKeys;
use polyseal::message::{Dispatch, Relay, Windows};
use polyseal::{CardHolder, Identifier, MemoryLedger, OrderForm, Role};
use polyseal_testing::cbor::at;
use polyseal_testing::forge::{Letter, World};
use polyseal_testing::{NOW, Parties, Stuck, bank, courier, disclosure, domain, holder, new, order, shop};

use crate::hostile_services::Statement;

#[test]
fn without_the_approval_the_delivery_part_opens_for_nobody() {
    // D-3
    let world = World::new(OrderForm::standard());
    let sealed = world.sealed(1);
    let (envelope, digest) = (sealed.envelope.to_bytes(), sealed.digest);

    // Seller and delivery service pool what they have: the envelope, and the delivery service's key with the card
    // holder.
    let [holder, bank, courier] = [holder(), bank(), courier()];
    let letter = |to, role| Letter::part(&holder, to, role, digest.as_bytes());
    let attempt = |token: Option<&[u8]>| {
        let part = Letter { token, ..letter(&courier, "delivery-service") };
        part.opened(&world.courier, &at(&envelope, &[3, 2, 1]))
    };
    // What of the message could pass for the token: nothing at all, zeros, and every 32 bytes of the header.
    assert!(attempt(None).is_none());
    assert!(attempt(Some(&[0; 32])).is_none());
    let header = {
        let mut d = Decoder::new(&envelope);
        d.array().unwrap();
        d.skip().unwrap();
        d.skip().unwrap();
        d.bytes().unwrap().to_vec()
    };
    for window in header.windows(32) {
        assert!(attempt(Some(window)).is_none());
    }
    // The card manager's part has it, and with it the same attempt succeeds.
    let opened = letter(&bank, "card-manager").open(&world.bank, &at(&envelope, &[3, 1, 1]));
    let (_, token) = opened.split_last_chunk::<32>().unwrap();
    assert!(attempt(Some(token)).is_some());
}

#[test]
fn an_envelope_or_a_relay_is_not_a_dispatch() {
    let world = World::new(OrderForm::standard());
    let envelope = world.sealed(2).envelope;
    let Parties { seller, .. } = &world.parties;
    let awaiting = new(seller.receive(&envelope, NOW).unwrap().file(&mut MemoryLedger::new(1)).unwrap());
    let relay = awaiting.relay(seller, &Role::CARD_MANAGER, NOW, &mut Stuck(0)).unwrap().to_bytes();
    let (envelope, bank) = (envelope.to_bytes(), bank());
    let parts = at(&envelope, &[3]).items().clone();
    let all = Statement::new("relay", &world.shop, &bank, "card-manager").with(&at(&envelope, &[2]), parts);
    assert!(Dispatch::from_bytes(&envelope).is_err());
    for relay in [relay, all] {
        assert!(Dispatch::from_bytes(&relay).is_err());
        assert!(Relay::from_bytes(&relay).is_ok());
    }
    // And the seller relays no part that waits for the approval.
    assert!(awaiting.relay(seller, &Role::DELIVERY_SERVICE, NOW, &mut Stuck(0)).is_err());
}

/// An order sealed with a generator that everybody knows, and one key for each pair. The header's items that carry
/// secrets.
fn header_secrets(changed: Option<&Identifier>) -> Vec<Vec<u8>> {
    let mut keys = PresharedKeys::new(holder(), domain());
    for peer in [shop(), bank(), courier()] {
        keys.insert(peer.clone(), &[if Some(&peer) == changed { 2 } else { 1 }; 32]);
    }
    let card_holder = CardHolder::new(keys, disclosure());
    let order = order();
    let split = card_holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(&card_holder, NOW, Windows::default(), &mut Stuck(0)).unwrap();
    let envelope = sealed.envelope.to_bytes();
    let mut outer = Decoder::new(&envelope);
    outer.array().unwrap();
    outer.skip().unwrap();
    outer.skip().unwrap();
    let mut d = Decoder::new(outer.bytes().unwrap());
    d.array().unwrap();
    for _ in 0..7 {
        d.skip().unwrap();
    }
    let mut found = vec![d.bytes().unwrap().to_vec()];
    for _ in 0..2 {
        for _ in 0..d.array().unwrap().unwrap() {
            d.array().unwrap();
            d.skip().unwrap();
            found.push(d.bytes().unwrap().to_vec());
        }
    }
    found
}

/// The card's expiry has few values. With a known generator its salt must still be unknown to whoever lacks one of the
/// keys: every secret of the header depends on every key of the order.
#[test]
fn a_known_generator_opens_no_commitment_without_every_key() {
    let same = header_secrets(None);
    assert_eq!(same.len(), 1 + 3 + 4);
    assert_eq!(same, header_secrets(None), "the generator is stuck and the order the same");
    for peer in [shop(), bank(), courier()] {
        let other = header_secrets(Some(&peer));
        for (one, two) in same.iter().zip(&other) {
            assert_ne!(one, two, "a secret of the header does not depend on the key of {peer}");
        }
    }
}
