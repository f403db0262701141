//! Insiders against the promises: a seller with the delivery service's help and no approval, and whoever knows what the card
//! holder's generator gives.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod common;

#[path = "common/by_hand.rs"]
mod by_hand;

use std::collections::BTreeSet;

use by_hand::{h, open, seek};
use common::{NOW, Parties, Repeatable, Stuck, bank, confinement, courier, domain, holder, order, shares, shop};
use minicbor::Decoder;
use polyseal::{CardHolder, Dispatch, Identifier, KeySource, OrderForm, PresharedKeys, Relay, Role, Windows};

#[test]
fn without_the_approval_the_delivery_part_opens_for_nobody() {
    let [for_holder, _, for_bank, for_courier] = shares([holder(), shop(), bank(), courier()]);
    let order = order();
    let card_holder = CardHolder::new(for_holder, confinement());
    let split = card_holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut Repeatable(1)).unwrap();
    let (envelope, digest) = (sealed.envelope.to_bytes(), sealed.digest);

    // Seller and delivery service pool what they have: the envelope, and the delivery service's key with the card holder.
    let key = *for_courier.common_key(&holder(), &domain()).unwrap().export();
    let from_to = ("part", &holder(), &courier(), &Role::DELIVERY_SERVICE);
    let attempt = |token: Option<&[u8]>| {
        open(&key, from_to, digest.as_bytes(), token, &mut seek(&envelope, &Role::DELIVERY_SERVICE))
    };
    // What of the message could pass for the token: nothing at all, zeros, and every 32 bytes of the envelope.
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
    let managers = *for_bank.common_key(&holder(), &domain()).unwrap().export();
    let from_to = ("part", &holder(), &bank(), &Role::CARD_MANAGER);
    let opened = open(&managers, from_to, digest.as_bytes(), None, &mut seek(&envelope, &Role::CARD_MANAGER)).unwrap();
    let (_, token) = opened.plaintext.split_last_chunk::<32>().unwrap();
    assert!(attempt(Some(token)).is_some());
}

#[test]
fn an_envelope_or_a_relay_is_not_a_dispatch() {
    let parties = Parties::standard();
    let mut rng = Repeatable(2);
    let order = order();
    let split = parties.holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = split.seal(NOW, Windows::default(), &mut rng).unwrap();
    let mut ledger = polyseal::MemoryLedger::new(1);
    let awaiting = common::new(parties.seller.receive(&sealed.envelope, NOW, &mut ledger).unwrap());
    let relay = awaiting.relay_all(&Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    assert!(Dispatch::from_bytes(&sealed.envelope.to_bytes()).is_err());
    assert!(Dispatch::from_bytes(&relay.to_bytes()).is_err());
    // And the seller relays no part that waits for the approval.
    assert!(awaiting.relay(&Role::DELIVERY_SERVICE, NOW, &mut rng).is_err());
    assert!(awaiting.relay_all(&Role::DELIVERY_SERVICE, NOW, &mut rng).is_err());
    assert!(Relay::from_bytes(&relay.to_bytes()).is_ok());
}

/// An order sealed with a generator that everybody knows, and one key for each pair. The header's items that carry secrets.
fn header_secrets(changed: Option<&Identifier>) -> Vec<Vec<u8>> {
    let mut keys = PresharedKeys::new(holder(), domain());
    for peer in [shop(), bank(), courier()] {
        keys.insert(peer.clone(), &[if Some(&peer) == changed { 2 } else { 1 }; 32]);
    }
    let order = order();
    let card_holder = CardHolder::new(keys, confinement());
    let split = card_holder.split(&order, &OrderForm::standard()).unwrap();
    let envelope = split.seal(NOW, Windows::default(), &mut Stuck(0)).unwrap().envelope.to_bytes();
    let mut outer = Decoder::new(&envelope);
    outer.array().unwrap();
    outer.skip().unwrap();
    outer.skip().unwrap();
    let mut d = Decoder::new(outer.bytes().unwrap());
    d.array().unwrap();
    for _ in 0..6 {
        d.skip().unwrap();
    }
    let mut found = vec![d.bytes().unwrap().to_vec(), d.bytes().unwrap().to_vec()];
    for _ in 0..2 {
        for _ in 0..d.array().unwrap().unwrap() {
            d.array().unwrap();
            d.skip().unwrap();
            found.push(d.bytes().unwrap().to_vec());
        }
    }
    found
}

/// The card's expiry has few values. With a known generator its salt must still be unknown to whoever lacks one of the keys:
/// every secret of the header depends on every key of the order.
#[test]
fn a_known_generator_opens_no_commitment_without_every_key() {
    let same = header_secrets(None);
    assert_eq!(same.len(), 2 + 3 + 13);
    assert_eq!(same, header_secrets(None), "the generator is stuck and the order the same");
    for peer in [shop(), bank(), courier()] {
        let other = header_secrets(Some(&peer));
        for (one, two) in same.iter().zip(&other) {
            assert_ne!(one, two, "a secret of the header does not depend on the key of {peer}");
        }
    }
    // No salt is a constant that the generator's output could be: try it for every value.
    let guesses: BTreeSet<Vec<u8>> = [[0; 32], h("seed", 1, &|e| drop(e.bytes(&[0; 32])))]
        .iter()
        .flat_map(|salt| {
            (2020..2040).flat_map(move |year| {
                (1..13).map(move |month| {
                    let value = format!("{year}-{month:02}");
                    h("field", 3, &|e| drop(e.bytes(salt).unwrap().str("card.expiry").unwrap().str(&value))).to_vec()
                })
            })
        })
        .collect();
    assert!(same.iter().all(|commitment| !guesses.contains(commitment)));
}
