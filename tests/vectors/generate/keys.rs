//! From an identifier to a common key: points, shares, joint issue, roots, identifiers of attributes.

use std::collections::BTreeSet;

use num_bigint::BigUint;
use polyseal::authority::{Contribution, RootSecret};
use polyseal::key::Cohort;
use polyseal::{Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label, Share};
use polyseal_example_collusion::algebra;
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::forge::{exported, hash, key_id};
use polyseal_testing::{NOW, domain, domain_value, holder, id, shop};
use serde_json::{Value, json};

use crate::file::{File, hex, with};

pub(crate) fn files() -> Vec<File> {
    vec![points(), shares(), joint(), roots(), identifiers()]
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn domain_hex(domain: &Domain) -> String {
    hex(domain_value(domain).to_bytes())
}

/// A domain that differs from the others in what its comment says.
fn domains() -> [(&'static str, Domain); 6] {
    let east = [label("east.example"), label("west.example")];
    let of = |epoch| Domain::new(label("cards.example"), label("cards.example"), epoch);
    [
        ("the domain of the other files", domain()),
        ("an epoch of one second, and number 0", of(Epoch::new(0, 0, 1).unwrap())),
        ("the latest epoch there is", of(Epoch::new(u64::MAX, 0, 253_402_300_799).unwrap())),
        ("two issuers", Domain::joint(label("cards.example"), east, *domain().epoch()).unwrap()),
        ("cohort 3 of 1000", domain().with_cohort(Cohort::new(3, 1000).unwrap())),
        ("services among themselves, where there are 1000 cohorts", domain().with_cohort(Cohort::services(1000))),
    ]
}

fn points() -> File {
    let mut file = File::new("points", "The point of an identifier in a domain, and the domain's key-id.");
    let long = Identifier::new(vec![0xff; 512]).unwrap();
    for (comment, domain) in domains() {
        for (who, identifier) in
            [("a name", holder()), ("one byte", Identifier::new([0]).unwrap()), ("512 bytes", long.clone())]
        {
            let input = json!({"domain": domain_hex(&domain), "identifier": hex(identifier.as_bytes())});
            let point = identifier.point(&domain).to_bytes().map(hex);
            let output = json!({"point": point, "key_id": hex(key_id(&domain).as_bytes())});
            file.valid(&format!("{comment}; {who}"), &[], input, output);
        }
    }
    let input = |identifier: &[u8]| json!({"domain": domain_hex(&domain()), "identifier": hex(identifier)});
    file.invalid("an identifier of no bytes", &[], "N-1", input(&[]));
    file.invalid("an identifier of 513 bytes", &[], "N-1", input(&[1; 513]));
    file
}

fn seed(first: u8) -> [u8; 32] {
    core::array::from_fn(|place| first.wrapping_add(u8::try_from(place).unwrap()))
}

/// The raw key, by big integers: the first one's coefficients at the second one's point.
fn raw(coefficients: &[u8], domain: &Domain, peer: &Identifier) -> Vec<u8> {
    let lanes = coefficients.chunks(coefficients.len() / 2).zip(peer.point(domain).to_bytes());
    let at_point = |(row, point): (&[u8], [u8; 16])| {
        let y = BigUint::from_bytes_le(&point);
        let sum = algebra::from_bytes(row).iter().rev().fold(BigUint::ZERO, |sum, g| (sum * &y + g) % algebra::p());
        algebra::to_bytes([&sum])
    };
    lanes.flat_map(at_point).collect()
}

fn common_key(share: &Share, peer: &Identifier) -> String {
    hex(*share.common_key(peer, share.domain()).unwrap().export())
}

fn shares() -> File {
    let mut file = File::new("shares", "From the seed of an authority to the key of two parties.");
    let pairs = [(holder(), shop()), (id("z"), id("a"))];
    for (threshold, seed) in [(1, seed(0)), (2, seed(0)), (5, [42; 32]), (40, [0xff; 32])] {
        for (comment, domain) in domains().into_iter().filter(|(_, domain)| domain.issuers().len() == 1) {
            let (one, other) = &pairs[usize::from(threshold == 2)];
            let identifiers = [one, other];
            let issuer = domain.issuers().first().unwrap().clone();
            let capacity = Capacity::UNCONDITIONAL;
            let mut authority =
                Authority::from_seed(domain.clone(), threshold, capacity, &seed, BTreeSet::new()).unwrap();
            let shares = identifiers.map(|identifier| authority.issue(identifier).unwrap());
            let input = json!({
                "domain": domain_hex(&domain),
                "issuer": issuer.as_str(),
                "threshold": threshold,
                "seed": hex(seed),
                "identifiers": identifiers.map(|identifier| hex(identifier.as_bytes())),
            });
            let coefficients = at(&shares[0].export(), &[2, 3]);
            let output = json!({
                "shares": shares.each_ref().map(|share| hex(&*share.export())),
                "raw": hex(raw(coefficients.as_bytes(), &domain, other)),
                "common_key": common_key(&shares[0], other),
            });
            file.valid(&format!("threshold {threshold}; {comment}"), &[], input, output);
        }
    }
    file
}

/// Contributions of two issuers for two parties.
fn contributions(domain: &Domain, threshold: usize) -> Vec<[Contribution; 2]> {
    let both = domain.issuers().iter().zip([seed(0), seed(100)]);
    let of = |(issuer, seed): (&Label, [u8; 32])| {
        let none = BTreeSet::new();
        let mut issuer =
            Authority::joint_from_seed(domain.clone(), issuer.clone(), threshold, Capacity::UNCONDITIONAL, &seed, none)
                .unwrap();
        [holder(), shop()].map(|identifier| issuer.contribute(&identifier).unwrap())
    };
    both.map(of).collect()
}

fn copy(contribution: &Contribution) -> Contribution {
    Contribution::import(&contribution.export()).unwrap()
}

fn joint() -> File {
    let mut file =
        File::new("joint", "A share that several authorities issue together, and the probe that finds a wrong one.");
    let of = |names: [&str; 2]| Domain::joint(label("cards.example"), names.map(label), *domain().epoch()).unwrap();
    let domain = of(["east.example", "west.example"]);
    for threshold in [1, 2, 7] {
        let issued = contributions(&domain, threshold);
        let shares = [0, 1].map(|who| {
            let parts: Vec<_> = issued.iter().map(|pair| copy(&pair[who])).collect();
            Share::combine(&parts).unwrap()
        });
        let authorities: Vec<_> = domain.issuers().iter().zip([seed(0), seed(100)]).collect();
        let authorities =
            authorities.iter().map(|(issuer, seed)| json!({"issuer": issuer.as_str(), "seed": hex(seed)}));
        let input = json!({
            "op": "issue",
            "domain": domain_hex(&domain),
            "threshold": threshold,
            "authorities": authorities.collect::<Vec<_>>(),
            "identifiers": [hex(holder().as_bytes()), hex(shop().as_bytes())],
            "challenge": hex([0x90; 32]),
        });
        let probes = issued.iter().map(|[mine, _]| hex(mine.probe(&shop(), &[0x90; 32]).unwrap()));
        let exports = issued.iter().map(|pair| pair.each_ref().map(|each| hex(&*each.export())));
        let output = json!({
            "contributions": exports.collect::<Vec<_>>(),
            "probes": probes.collect::<Vec<_>>(),
            "shares": shares.each_ref().map(|share| hex(&*share.export())),
            "common_key": common_key(&shares[0], &shop()),
        });
        file.valid(&format!("two issuers, threshold {threshold}"), &[], input, output);
    }
    let issued = contributions(&domain, 2);
    let [mine, other] = [&issued[0][0], &issued[1][0]].map(|each| hex(&*each.export()));
    let input = |contributions: &[&String]| json!({"op": "combine", "contributions": contributions});
    let whole = Share::combine(&[copy(&issued[0][0]), copy(&issued[1][0])]).unwrap();
    let output = json!({"share": hex(&*whole.export())});
    file.valid("in the other order", &[], input(&[&other, &mine]), output);
    let theirs = hex(&*issued[1][1].export());
    let longer = hex(&*contributions(&domain, 3)[1][0].export());
    let elsewhere = of(["east.example", "south.example"]);
    let foreign = hex(&*contributions(&elsewhere, 2)[1][0].export());
    for (comment, given) in [
        ("one is missing", vec![&mine]),
        ("one issuer twice", vec![&mine, &mine]),
        ("one is another party's", vec![&mine, &theirs]),
        ("of two thresholds", vec![&mine, &longer]),
        ("of two domains", vec![&mine, &foreign]),
    ] {
        file.invalid(comment, &[], "K-3", input(&given));
    }
    file
}

fn roots() -> File {
    let mut file =
        File::new("roots", "The seeds of a network's authorities from one secret, and the cohort of an identifier.");
    let of = |number, cohort| {
        let epoch = Epoch::new(number, NOW, NOW + 10).unwrap();
        Domain::new(label("cards.example"), label("bank.example"), epoch).with_cohort(cohort)
    };
    for (comment, domain) in [
        ("the first of 1000 cohorts", of(7, Cohort::new(0, 1000).unwrap())),
        ("the last of 1000 cohorts", of(7, Cohort::new(999, 1000).unwrap())),
        ("services, where there are 1000 cohorts", of(7, Cohort::services(1000))),
        ("one cohort", of(7, Cohort::new(0, 1).unwrap())),
        ("epoch 0", of(0, Cohort::new(5, 6).unwrap())),
        ("the last epoch but one", of(u64::MAX - 1, Cohort::new(5, 6).unwrap())),
    ] {
        let secret = seed(0);
        let items = [Item::text("cards.example"), Item::text("bank.example"), Item::Uint(domain.epoch().number())];
        let body = Item::Array(items.into_iter().chain([Item::bytes(secret)]).collect()).to_bytes();
        let root = RootSecret::import(&exported("root", &body)).unwrap();
        let capacity = Capacity::UNCONDITIONAL;
        let authority = root.authority(*domain.epoch(), domain.cohort(), 2, capacity, BTreeSet::new()).unwrap();
        let seed = at(&authority.export(), &[2, 3]);
        let next = at(&root.ratchet().export(), &[2, 3]);
        let input = json!({"op": "seed", "root": hex(secret), "domain": domain_hex(&domain)});
        let output = json!({"seed": hex(seed.as_bytes()), "next_root": hex(next.as_bytes())});
        file.valid(comment, &[], input, output);
    }
    for (cohorts, identifier) in [(1000, holder()), (1_048_576, holder()), (2, shop()), (1, shop())] {
        let bytes = identifier.as_bytes();
        let input = json!({"op": "cohort", "label": "cards.example", "cohorts": cohorts, "identifier": hex(bytes)});
        let found = Cohort::of(&identifier, &label("cards.example"), cohorts);
        let items = [Item::text("cards.example"), Item::Uint(cohorts.into()), Item::bytes(bytes)];
        let output = json!({"hash": hex(hash("cohort", items)), "cohort": found.index()});
        file.valid(&format!("among {cohorts}"), &[], input, output);
    }
    file
}

fn identifiers() -> File {
    let mut file = File::new("identifiers", "Identifiers of attributes.");
    let pairs = |attributes: &[(&str, &str)]| -> Value {
        attributes.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>().into()
    };
    for (comment, attributes) in [
        ("two attributes", vec![("name", "Ada Example"), ("town", "Testville")]),
        ("one, with an empty value", vec![("name", "")]),
        ("text beyond ASCII, and not normalised", vec![("name", "A\u{30a}da"), ("town", "\u{c5}")]),
        ("a prefix before its extension", vec![("name", "a"), ("name.first", "b")]),
        ("ascending by bytes, not by letters", vec![("Z", "1"), ("a", "2"), ("\u{e9}", "3")]),
    ] {
        let identifier = Identifier::from_attributes(&attributes).unwrap();
        let output = json!({"identifier": hex(identifier.as_bytes())});
        file.valid(comment, &[], json!({"attributes": pairs(&attributes)}), output);
    }
    let long = "x".repeat(500);
    for (comment, must, attributes) in [
        ("none", "N-2", vec![]),
        ("not ascending", "N-2", vec![("town", "Testville"), ("name", "Ada Example")]),
        ("one name twice", "N-2", vec![("name", "a"), ("name", "b")]),
        ("more than 512 bytes", "N-1", vec![("name", &*long)]),
    ] {
        let input = json!({"attributes": pairs(&attributes)});
        file.invalid(comment, &[], must, with(&input, []));
    }
    file
}
