//! Blom's bound as algebra, with big integers and none of the crate's own field arithmetic: t shares
//! leave every key of another pair possible, t + 1 shares are everybody's.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod common;

use common::cbor::{Value, at, with};
use common::forge::{hash, labelled};
use common::{Repeatable, domain, domain_value, id};
use num_bigint::BigUint;
use polyseal::{
    Authority, AuthorityError, Capacity, CommonKey, Identifier, IssueError, KeySource, Register, Share, WireError,
};
use sha2::Sha256;

fn p() -> BigUint {
    (BigUint::from(1_u8) << 127_u8) - 1_u8
}

/// x^-1, by Fermat.
fn inverse(x: &BigUint) -> BigUint {
    x.modpow(&(p() - 2_u8), &p())
}

fn difference(a: &BigUint, b: &BigUint) -> BigUint {
    (a + p() - b) % p()
}

fn numbers(bytes: &[u8]) -> Vec<BigUint> {
    bytes.chunks(16).map(BigUint::from_bytes_le).collect()
}

fn bytes<'n>(numbers: impl IntoIterator<Item = &'n BigUint>) -> Vec<u8> {
    let word = |number: &BigUint| {
        let mut word = number.to_bytes_le();
        word.resize(16, 0);
        word
    };
    numbers.into_iter().flat_map(word).collect()
}

/// The point of an identity in a lane.
fn point(identifier: &Identifier, lane: usize) -> BigUint {
    BigUint::from_bytes_le(&identifier.point(&domain()).to_bytes()[lane])
}

/// A polynomial, by its coefficients from the lowest, at x.
fn evaluate(coefficients: &[BigUint], x: &BigUint) -> BigUint {
    coefficients.iter().rev().fold(BigUint::ZERO, |sum, coefficient| (sum * x + coefficient) % p())
}

/// The coefficients of Π (X - root).
fn vanishing(roots: &[BigUint]) -> Vec<BigUint> {
    roots.iter().fold(vec![BigUint::from(1_u8)], |product, root| {
        let negative = difference(&BigUint::ZERO, root);
        let mut next = vec![BigUint::ZERO; product.len() + 1];
        for (power, coefficient) in product.iter().enumerate() {
            next[power] = (&next[power] + coefficient * &negative) % p();
            next[power + 1] = (&next[power + 1] + coefficient) % p();
        }
        next
    })
}

/// An export with another item in its body, and the check that fits it.
fn altered(export: &[u8], item: usize, value: Value) -> Vec<u8> {
    let export = with(export, &[2, item], value);
    let check = hash("check", [at(&export, &[1]), at(&export, &[2])]);
    with(&export, &[3], Value::bytes(check))
}

/// Where the secret is in the body of an export: an authority's triangles, a share's coefficients.
const SECRET: usize = 3;

fn lanes(export: &[u8]) -> [Vec<BigUint>; 2] {
    let mut numbers = numbers(at(export, &[2, SECRET]).as_bytes());
    let second = numbers.split_off(numbers.len() / 2);
    [numbers, second]
}

fn people(names: &str, count: usize) -> Vec<Identifier> {
    (0..count).map(|n| id(&format!("{names}-{n}"))).collect()
}

fn authority(threshold: usize) -> Authority {
    let mut rng = Repeatable(threshold.try_into().unwrap());
    Authority::random(domain(), threshold, Capacity::UNCONDITIONAL, &mut rng).unwrap()
}

const THRESHOLDS: [usize; 6] = [1, 2, 3, 5, 12, 33];

/// The polynomial with c g(X) g(Y) added, which is symmetric and, g vanishing at the colluders'
/// points, gives them the same shares; c such that the victims' key becomes the target.
fn bent(triangle: &[BigUint], colluders: &[BigUint], [a, b]: &[BigUint; 2], target: &BigUint) -> Vec<BigUint> {
    let g = vanishing(colluders);
    let row = |j: usize| j * (j + 1) / 2;
    let entry = |j: usize, k: usize| &triangle[row(j.max(k)) + j.min(k)];
    let inner = |j: usize| evaluate(&(0..g.len()).map(|k| entry(j, k).clone()).collect::<Vec<_>>(), b);
    let actual = evaluate(&(0..g.len()).map(inner).collect::<Vec<_>>(), a);
    let c = difference(target, &actual) * inverse(&(evaluate(&g, a) * evaluate(&g, b)));
    let mut out = Vec::with_capacity(triangle.len());
    for j in 0..g.len() {
        out.extend((0..=j).map(|k| (entry(j, k) + &c * &g[j] * &g[k]) % p()));
    }
    out
}

/// The common key of a raw one, by another implementation of HKDF.
fn extracted(raw: &[u8; 32], [low, high]: [&Identifier; 2]) -> [u8; 32] {
    let names = [low, high].map(|name| Value::bytes(name.as_bytes()));
    let info = labelled("common key", [domain_value(&domain())].into_iter().chain(names));
    let mut key = [0; 32];
    hkdf::Hkdf::<Sha256>::new(Some(b"polyseal/1"), raw).expand(&info.to_bytes(), &mut key).unwrap();
    key
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
        authority.issue(&b).unwrap();
        let export = authority.export();
        let actual = share.common_key(&b, &domain()).unwrap().export();

        let most = p() - 1_u8;
        let some = BigUint::from(0x1234_5678_9abc_def0_u64).pow(2) % p();
        for target in [[BigUint::ZERO, BigUint::ZERO], [most.clone(), some.clone()], [some, most]] {
            let mut master = Vec::new();
            for (lane, triangle) in lanes(&export).iter().enumerate() {
                let points: Vec<_> = colluders.iter().map(|name| point(name, lane)).collect();
                let victims = [point(&a, lane), point(&b, lane)];
                master.extend(bent(triangle, &points, &victims, &target[lane]));
            }
            let mut other = Authority::import(&altered(&export, SECRET, Value::bytes(bytes(&master)))).unwrap();
            for (name, known) in colluders.iter().zip(&known) {
                assert_eq!(other.issue(name).unwrap().export(), *known, "{threshold}");
            }
            let raw: [u8; 32] = bytes(&target).try_into().unwrap();
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

/// The share of `victim` from t + 1 shares, coefficient by coefficient (Lagrange).
fn interpolated(shares: &[Share], victim: &Identifier) -> Vec<u8> {
    let exports: Vec<_> = shares.iter().map(Share::export).collect();
    let mut secret = Vec::new();
    for lane in 0..2 {
        let points: Vec<_> = shares.iter().map(|share| point(share.identifier(), lane)).collect();
        let x = point(victim, lane);
        let weight = |i: usize| {
            let others = || points.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, point)| point);
            let product = |from: &BigUint| {
                others().fold(BigUint::from(1_u8), |product, point| product * difference(from, point) % p())
            };
            product(&x) * inverse(&product(&points[i])) % p()
        };
        let weights: Vec<_> = (0..points.len()).map(weight).collect();
        let rows: Vec<_> = exports.iter().map(|export| lanes(export)[lane].clone()).collect();
        let coefficient = |k: usize| {
            rows.iter().zip(&weights).fold(BigUint::ZERO, |sum, (row, weight)| (sum + &row[k] * weight) % p())
        };
        secret.extend((0..rows[0].len()).map(coefficient));
    }
    let named = altered(&exports[0], 1, Value::bytes(victim.as_bytes()));
    altered(&named, SECRET, Value::bytes(bytes(&secret)))
}

#[test]
fn t_plus_one_shares_are_everybodys() {
    for threshold in THRESHOLDS {
        let capacity = Capacity::assuming_no_coalition_above_threshold(threshold + 3);
        let mut authority = Authority::random(domain(), threshold, capacity, &mut Repeatable(9)).unwrap();
        let colluders = people("colluder", threshold + 1);
        let mut shares: Vec<_> = colluders.iter().map(|name| authority.issue(name).unwrap()).collect();
        let [victim, peer] = ["victim-a", "victim-b"].map(|name| authority.issue(&id(name)).unwrap());

        let forged = interpolated(&shares, victim.identifier());
        assert_eq!(forged, *victim.export(), "{threshold}");
        let forged = Share::import(&forged).unwrap();
        let key = |share: &Share, with: &Share| share.common_key(with.identifier(), &domain()).unwrap().export();
        assert_eq!(key(&forged, &peer), key(&peer, &victim));

        // One share fewer gives another polynomial.
        shares.pop();
        let short = Share::import(&interpolated(&shares, victim.identifier())).unwrap();
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
        assert_eq!(authority.issue(&late).err(), Some(IssueError::Full { capacity }));
        assert_eq!(authority.issue(&served[0]).unwrap().export(), shares[0]);
        assert!(authority.register().iter().eq(served.iter().collect::<std::collections::BTreeSet<_>>()));

        let mut restored = Authority::import(&authority.export()).unwrap();
        assert_eq!(restored.issue(&late).err(), Some(IssueError::Full { capacity }));
        let names: std::collections::BTreeSet<_> = served.iter().chain([&late]).collect();
        let names = names.into_iter().map(|name| Value::bytes(name.as_bytes()));
        let over = altered(&authority.export(), 4, Value::Array(names.collect()));
        assert_eq!(Authority::import(&over).err(), Some(WireError::Limit("the register")));

        let seeded =
            |register: Register| Authority::from_seed(domain(), threshold, Capacity::UNCONDITIONAL, &[7; 32], register);
        let mut full = seeded(served.iter().cloned().collect()).unwrap();
        assert_eq!(full.issue(&late).err(), Some(IssueError::Full { capacity }));
        full.issue(&served[0]).unwrap();
        let over: Register = served.into_iter().chain([late]).collect();
        assert_eq!(seeded(over).err(), Some(AuthorityError::Register));
    }
}

/// What capacity t + 2 does not cover, and t + 1 does: whoever is left alone with t + 1 colluders can be spoken to in the name of
/// an identity that nobody registered.
#[test]
fn a_closed_polynomial_keeps_strangers_out() {
    for threshold in THRESHOLDS {
        let stranger = id("stranger");
        let of = |capacity: Capacity| {
            let mut authority = Authority::random(domain(), threshold, capacity, &mut Repeatable(11)).unwrap();
            let honest = authority.issue(&id("honest")).unwrap();
            let others = people("colluder", authority.capacity() - 1);
            let coalition: Vec<_> = others.iter().map(|name| authority.issue(name).unwrap()).collect();
            let full = IssueError::Full { capacity: authority.capacity() };
            assert_eq!(authority.issue(&stranger).err(), Some(full));
            let restored = Authority::import(&authority.export()).unwrap();
            assert_eq!(restored.capacity(), authority.capacity());
            let posing = Share::import(&interpolated(&coalition, &stranger)).unwrap();
            let [here, there] =
                [posing.common_key(honest.identifier(), &domain()), honest.common_key(&stranger, &domain())];
            here.unwrap().export() == there.unwrap().export()
        };
        assert!(of(Capacity::UNCONDITIONAL), "{threshold}");
        assert!(!of(Capacity::CLOSED), "{threshold}");
    }
}
