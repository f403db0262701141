//! Blom's bound as algebra, with big integers and none of the crate's own field arithmetic: t shares
//! leave every key of another pair possible, t + 1 shares are everybody's. What colluders do is in the collusion
//! example.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use num_bigint::BigUint;
use polyseal::authority::AuthorityError;
use polyseal::key::CommonKey;
use polyseal::message::WireError;
use polyseal::{Authority, Capacity, Domain, Identifier, KeySource, Label, Share};
use polyseal_example_collusion::algebra::{p, to_bytes, value};
use polyseal_example_collusion::coalition::{other_export, other_world, points, share_of};
use polyseal_example_collusion::export::{altered, lanes};
use polyseal_testing::cbor::Value;
use polyseal_testing::forge::derived;
use polyseal_testing::{Repeatable, domain, domain_value, id};
use std::collections::BTreeSet;

fn people(names: &str, count: usize) -> Vec<Identifier> {
    (0..count).map(|n| id(&format!("{names}-{n}"))).collect()
}

fn authority(threshold: usize) -> Authority {
    let mut rng = Repeatable(threshold.try_into().unwrap());
    Authority::random(domain(), threshold, Capacity::UNCONDITIONAL, &mut rng).unwrap()
}

const THRESHOLDS: [usize; 6] = [1, 2, 3, 5, 12, 33];

/// The common key of a raw one, by another implementation of HKDF.
fn extracted(raw: &[u8; 32], [low, high]: [&Identifier; 2]) -> [u8; 32] {
    let names = [low, high].map(|name| Value::bytes(name.as_bytes()));
    derived(raw, "common key", [domain_value(&domain())].into_iter().chain(names))
}

/// What t colluders hold fits every key that two others may have: whatever it is, there is an
/// authority that would have given them the same shares.
#[test]
fn t_shares_leave_every_key_possible() {
    for threshold in THRESHOLDS {
        let mut authority = authority(threshold);
        let colluders = people("colluder", threshold);
        let known: Vec<_> = colluders.iter().map(|name| authority.issue(name).unwrap().export()).collect();
        let [a, b] = ["victim-a", "victim-b"].map(id);
        let share = authority.issue(&a).unwrap();
        drop(authority.issue(&b).unwrap());
        let actual = share.common_key(&b, &domain()).unwrap().export();

        let most = p() - 1_u8;
        let some = BigUint::from(0x1234_5678_9abc_def0_u64).pow(2) % p();
        for target in [[BigUint::ZERO, BigUint::ZERO], [most.clone(), some.clone()], [some, most]] {
            let mut other = other_world(&authority, &colluders, [&a, &b], &target).unwrap();
            for (name, known) in colluders.iter().zip(&known) {
                assert_eq!(other.issue(name).unwrap().export(), *known, "{threshold}");
            }
            let raw: [u8; 32] = to_bytes(&target).try_into().unwrap();
            let expected = CommonKey::extract(&raw, &domain(), &a, &b).export();
            assert_eq!(*expected, extracted(&raw, [&a, &b]));
            for (own, peer) in [(&a, &b), (&b, &a)] {
                let share = other.issue(own).unwrap();
                assert_eq!(share.common_key(peer, &domain()).unwrap().export(), expected, "{threshold}");
            }
            assert_ne!(expected, actual);
        }
    }
}

/// What all issuers but one know, and t shares of the last, fits every key that two others may have: whatever it is,
/// there is a polynomial of the missing issuer that would have given the same.
#[test]
fn all_issuers_but_one_leave_every_key_possible() {
    let issuers = ["east.example", "north.example", "south.example"].map(|name| Label::new(name).unwrap());
    let sole = domain();
    let domain = Domain::joint(sole.label().clone(), issuers.clone(), *sole.epoch()).unwrap();
    let pair = ["victim-a", "victim-b"].map(id);
    let victims = points(&pair, &domain).map(|lane| <[BigUint; 2]>::try_from(lane).unwrap());
    for (threshold, missing) in THRESHOLDS.into_iter().flat_map(|threshold| (0..3).map(move |last| (threshold, last))) {
        let (mut rng, capacity) = (Repeatable(13), Capacity::UNCONDITIONAL);
        let mut all = issuers.each_ref().map(|issuer| {
            Authority::joint_random(domain.clone(), issuer.clone(), threshold, capacity, &mut rng).unwrap()
        });
        let colluders = people("colluder", threshold);
        let contributed = |issuer: &mut Authority| {
            colluders.iter().map(|name| issuer.contribute(name).unwrap().export()).collect::<Vec<_>>()
        };
        let key = |issuers: &mut [Authority; 3]| {
            let [a, b] = pair.each_ref().map(|name| {
                let contributions = issuers.each_mut().map(|issuer| issuer.contribute(name).unwrap());
                Share::combine(&contributions).unwrap()
            });
            let key = a.common_key(&pair[1], &domain).unwrap().export();
            assert_eq!(b.common_key(&pair[0], &domain).unwrap().export(), key);
            key
        };
        let (known, actual) = (contributed(&mut all[missing]), key(&mut all));

        let target = [BigUint::from(threshold), p() - 1_u8];
        let mut last = target.clone();
        for (_, other) in all.iter().enumerate().filter(|(at, _)| *at != missing) {
            for ((last, triangle), victims) in last.iter_mut().zip(lanes(&other.export()).unwrap()).zip(&victims) {
                *last = (&*last + p() - value(&triangle, threshold, victims)) % p();
            }
        }
        let export = other_export(&all[missing].export(), &domain, &colluders, [&pair[0], &pair[1]], &last).unwrap();
        all[missing] = Authority::import(&export).unwrap();
        assert_eq!(contributed(&mut all[missing]), known, "{threshold}");
        let raw: [u8; 32] = to_bytes(&target).try_into().unwrap();
        let expected = CommonKey::extract(&raw, &domain, &pair[0], &pair[1]).export();
        assert_eq!(key(&mut all), expected, "threshold {threshold}, without issuer {missing}");
        assert_ne!(expected, actual);
    }
}

#[test]
fn t_plus_one_shares_are_everybodys() {
    for threshold in THRESHOLDS {
        let capacity = Capacity::assuming_no_coalition_above_threshold(threshold + 3);
        let mut authority = Authority::random(domain(), threshold, capacity, &mut Repeatable(9)).unwrap();
        let colluders = people("colluder", threshold + 1);
        let mut shares: Vec<_> = colluders.iter().map(|name| authority.issue(name).unwrap()).collect();
        let [victim, peer] = ["victim-a", "victim-b"].map(|name| authority.issue(&id(name)).unwrap());

        let forged = share_of(victim.identifier(), &shares).unwrap();
        assert_eq!(forged, *victim.export(), "{threshold}");
        let forged = Share::import(&forged).unwrap();
        let key = |share: &Share, with: &Share| share.common_key(with.identifier(), &domain()).unwrap().export();
        assert_eq!(key(&forged, &peer), key(&peer, &victim));

        // One share fewer gives another polynomial.
        shares.pop();
        let short = Share::import(&share_of(victim.identifier(), &shares).unwrap()).unwrap();
        assert_ne!(key(&short, &peer), key(&peer, &victim), "{threshold}");
    }
}

#[test]
fn an_authority_serves_no_more_than_its_capacity() {
    for threshold in THRESHOLDS {
        let mut authority = authority(threshold);
        let capacity = threshold + 2;
        assert_eq!(authority.capacity(), capacity);
        let served = people("customer", capacity);
        let shares: Vec<_> = served.iter().map(|name| authority.issue(name).unwrap().export()).collect();
        let late = id("late");
        assert_eq!(authority.issue(&late).err(), Some(AuthorityError::Full { capacity }));
        assert_eq!(authority.issue(&served[0]).unwrap().export(), shares[0]);
        assert!(authority.register().iter().eq(served.iter().collect::<BTreeSet<_>>()));

        let mut restored = Authority::import(&authority.export()).unwrap();
        assert_eq!(restored.issue(&late).err(), Some(AuthorityError::Full { capacity }));
        let names: BTreeSet<_> = served.iter().chain([&late]).collect();
        let names = names.into_iter().map(|name| Value::bytes(name.as_bytes()));
        let over = altered(&authority.export(), 4, Value::Array(names.collect()).to_bytes()).unwrap();
        assert!(matches!(Authority::import(&over).err(), Some(WireError::Limit { what: "the register", .. })));

        let seeded = |register: BTreeSet<Identifier>| {
            Authority::from_seed(domain(), threshold, Capacity::UNCONDITIONAL, &[7; 32], register)
        };
        let mut full = seeded(served.iter().cloned().collect()).unwrap();
        assert_eq!(full.issue(&late).err(), Some(AuthorityError::Full { capacity }));
        drop(full.issue(&served[0]).unwrap());
        let over = served.into_iter().chain([late]).collect();
        assert_eq!(seeded(over).err(), Some(AuthorityError::Full { capacity }));
    }
}

/// What capacity t + 2 does not cover, and t + 1 does: whoever is left alone with t + 1 colluders can be spoken to in
/// the name of an identity that nobody registered.
#[test]
fn a_closed_polynomial_keeps_strangers_out() {
    for threshold in THRESHOLDS {
        let stranger = id("stranger");
        let of = |capacity: Capacity| {
            let mut authority = Authority::random(domain(), threshold, capacity, &mut Repeatable(11)).unwrap();
            let honest = authority.issue(&id("honest")).unwrap();
            let others = people("colluder", authority.capacity() - 1);
            let coalition: Vec<_> = others.iter().map(|name| authority.issue(name).unwrap()).collect();
            let full = AuthorityError::Full { capacity: authority.capacity() };
            assert_eq!(authority.issue(&stranger).err(), Some(full));
            let restored = Authority::import(&authority.export()).unwrap();
            assert_eq!(restored.capacity(), authority.capacity());
            let posing = Share::import(&share_of(&stranger, &coalition).unwrap()).unwrap();
            let [here, there] =
                [posing.common_key(honest.identifier(), &domain()), honest.common_key(&stranger, &domain())];
            here.unwrap().export() == there.unwrap().export()
        };
        assert!(of(Capacity::UNCONDITIONAL), "{threshold}");
        assert!(!of(Capacity::CLOSED), "{threshold}");
    }
}
