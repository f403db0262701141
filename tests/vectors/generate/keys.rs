//! From an identifier to a common key: points, shares, joint issue, roots, identifiers of attributes.

use std::collections::BTreeSet;

use num_bigint::BigUint;
use polyseal::authority::{Contribution, RootSecret};
use polyseal::key::Cohort;
use polyseal::{Capacity, Domain, Epoch, Identifier, KeySource, Label, Share};
use polyseal_example_collusion::algebra;
use polyseal_testing::cbor::{Value as Item, at};
use polyseal_testing::forge::{exported, hash, key_id};
use polyseal_testing::{NOW, domain, domain_value, holder, id, shop};
use serde_json::{Value, json};

use crate::cast::{joint_domain, label, seeded};
use crate::file::{File, hex, with};

pub(crate) fn files() -> Vec<File> {
    vec![points(), shares(), joint(), roots(), identifiers()]
}

fn domain_hex(domain: &Domain) -> String {
    hex(domain_value(domain).to_bytes())
}

/// A domain that differs from the others in what its comment says.
fn domains() -> [(&'static str, Domain); 6] {
    let of = |epoch| Domain::new(label("cards.example"), label("cards.example"), epoch);
    [
        ("the domain of the other files", domain()),
        ("an epoch of one second, and number 0", of(Epoch::new(0, 0, 1).unwrap())),
        ("the latest epoch there is", of(Epoch::new(u64::MAX, 0, 253_402_300_799).unwrap())),
        ("two issuers", joint_domain()),
        ("cohort 3 of 1000", domain().with_cohort(Cohort::new(3, 1000).unwrap())),
        ("services among themselves, where there are 1000 cohorts", domain().with_cohort(Cohort::services(1000))),
    ]
}

fn points() -> File {
    let mut file = File::new(
        "points",
        "The point of an identifier in a domain, and the domain's key-id.",
        &[
            ("point", "the point of an identifier"),
            ("identifier", "what is no identifier"),
            ("domain", "what is no domain"),
        ],
    );
    let long = Identifier::new(vec![0xff; 512]).unwrap();
    for (comment, domain) in domains() {
        for (who, identifier) in [
            ("a name", holder()),
            ("one byte", Identifier::new([0]).unwrap()),
            ("512 bytes", long.clone()),
            ("text that is composed", id("\u{c5}da")),
            ("the same text, not composed", id("A\u{30a}da")),
        ] {
            let input = json!({"domain": domain_hex(&domain), "identifier": hex(identifier.as_bytes())});
            let point = identifier.point(&domain).to_bytes().map(hex);
            let output = json!({"point": point, "key_id": hex(key_id(&domain).as_bytes())});
            file.valid(&format!("{comment}; {who}"), "point", input, output);
        }
    }
    let input = |identifier: &[u8]| json!({"domain": domain_hex(&domain()), "identifier": hex(identifier)});
    file.invalid("an identifier of no bytes", "identifier", "B-3", input(&[]));
    file.invalid("an identifier of 513 bytes", "identifier", "B-3", input(&[1; 513]));
    let names = |names: &[&str]| Item::Array(names.iter().map(|name| Item::text(*name)).collect());
    let epoch = |from, until| Item::Array([7, from, until].map(Item::Uint).to_vec());
    for (comment, place, item) in [
        ("a cohort of null, though there is one cohort", 3, Item::Null),
        ("a cohort that is their number", 3, Item::Uint(1)),
        ("no cohorts", 4, Item::Uint(0)),
        ("an epoch that ends when it starts", 2, epoch(5, 5)),
        ("issuers that do not ascend", 1, names(&["b", "a"])),
        ("an issuer twice", 1, names(&["a", "a"])),
        ("no issuer", 1, names(&[])),
    ] {
        let mut spoilt = domain_value(&domain());
        spoilt.edit(&[place], |value| *value = item);
        let input = json!({"domain": hex(spoilt.to_bytes()), "identifier": hex(holder().as_bytes())});
        file.invalid(comment, "domain", "B-2", input);
    }
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
    let mut file = File::new(
        "shares",
        "From the seed of an authority to the key of two parties.",
        &[("share", "seed, shares and key"), ("authority", "what is no authority")],
    );
    let pairs = [(holder(), shop()), (id("z"), id("a"))];
    for (threshold, seed) in [(1, seed(0)), (2, seed(0)), (5, [42; 32]), (40, [0xff; 32])] {
        for (comment, domain) in domains().into_iter().filter(|(_, domain)| domain.issuers().len() == 1) {
            let (one, other) = &pairs[usize::from(threshold == 2)];
            let identifiers = [one, other];
            let issuer = domain.issuers().first().unwrap().clone();
            let mut authority = seeded(domain.clone(), issuer.clone(), threshold, seed);
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
            file.valid(&format!("threshold {threshold}; {comment}"), "share", input, output);
        }
    }
    let input = json!({
        "domain": domain_hex(&domain()),
        "issuer": "cards.example",
        "threshold": 2,
        "seed": hex(seed(0)),
        "identifiers": [hex(holder().as_bytes()), hex(shop().as_bytes())],
    });
    let other = with(&input, [("issuer", "other.example".into())]);
    file.invalid("an issuer that is not the domain's", "authority", "S-3", other);
    for threshold in [0, 32_769] {
        let input = with(&input, [("threshold", threshold.into())]);
        file.invalid(&format!("threshold {threshold}"), "authority", "B-2", input);
    }
    file
}

/// Contributions of two issuers for two parties.
fn contributions(domain: &Domain, threshold: usize) -> Vec<[Contribution; 2]> {
    let both = domain.issuers().iter().zip([seed(0), seed(100)]);
    let of = |(issuer, seed): (&Label, [u8; 32])| {
        let mut issuer = seeded(domain.clone(), issuer.clone(), threshold, seed);
        [holder(), shop()].map(|identifier| issuer.contribute(&identifier).unwrap())
    };
    both.map(of).collect()
}

fn copy(contribution: &Contribution) -> Contribution {
    Contribution::import(&contribution.export()).unwrap()
}

fn joint() -> File {
    let mut file = File::new(
        "joint",
        "A share that several authorities issue together, and the probe that finds a wrong one.",
        &[("issue", "contributions, probes and shares"), ("combine", "which contributions make a share")],
    );
    let domain = joint_domain();
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
        if threshold == 2 {
            let mut others = input.clone();
            others["authorities"][0]["issuer"] = "south.example".into();
            file.invalid("an issuer that is not the domain's", "issue", "S-3", others);
        }
        file.valid(&format!("two issuers, threshold {threshold}"), "issue", input, output);
    }
    let issued = contributions(&domain, 2);
    let [mine, other] = [&issued[0][0], &issued[1][0]].map(|each| hex(&*each.export()));
    let input = |contributions: &[&String]| json!({"op": "combine", "contributions": contributions});
    let whole = Share::combine(&[copy(&issued[0][0]), copy(&issued[1][0])]).unwrap();
    let output = json!({"share": hex(&*whole.export())});
    file.valid("in the other order", "combine", input(&[&other, &mine]), output);
    let theirs = hex(&*issued[1][1].export());
    let longer = hex(&*contributions(&domain, 3)[1][0].export());
    let issuers = ["east.example", "south.example"].map(label);
    let elsewhere = Domain::joint(label("cards.example"), issuers, *domain.epoch()).unwrap();
    let foreign = hex(&*contributions(&elsewhere, 2)[1][0].export());
    for (comment, given) in [
        ("one is missing", vec![&mine]),
        ("one issuer twice", vec![&mine, &mine]),
        ("one is another party's", vec![&mine, &theirs]),
        ("of two thresholds", vec![&mine, &longer]),
        ("of two domains", vec![&mine, &foreign]),
    ] {
        file.invalid(comment, "combine", "N-5", input(&given));
    }
    file
}

fn roots() -> File {
    let mut file = File::new(
        "roots",
        "The seeds of a network's authorities from one secret, and the cohort of an identifier.",
        &[
            ("seed", "the seed of a domain"),
            ("next", "the root of the next epoch number"),
            ("cohort", "the cohort of a card holder"),
        ],
    );
    let of = |number, cohort| {
        let epoch = Epoch::new(number, NOW, NOW + 10).unwrap();
        Domain::new(label("cards.example"), label("bank.example"), epoch).with_cohort(cohort)
    };
    let root = |label: &str, number: u64| {
        let items = [Item::text(label), Item::text("bank.example"), Item::Uint(number), Item::bytes(seed(0))];
        exported("root", &Item::Array(items.to_vec()).to_bytes())
    };
    for (comment, domain) in [
        ("the first of 1000 cohorts", of(7, Cohort::new(0, 1000).unwrap())),
        ("the last of 1000 cohorts", of(7, Cohort::new(999, 1000).unwrap())),
        ("services, where there are 1000 cohorts", of(7, Cohort::services(1000))),
        ("one cohort", of(7, Cohort::new(0, 1).unwrap())),
        ("epoch 0", of(0, Cohort::new(5, 6).unwrap())),
        ("the last epoch", of(u64::MAX, Cohort::new(5, 6).unwrap())),
    ] {
        let bytes = root("cards.example", domain.epoch().number());
        let capacity = Capacity::UNCONDITIONAL;
        let secret = RootSecret::import(&bytes).unwrap();
        let authority = secret.authority(*domain.epoch(), domain.cohort(), 2, capacity, BTreeSet::new()).unwrap();
        let seed = at(&authority.export(), &[2, 3]);
        let input = json!({"op": "seed", "root": hex(bytes), "domain": domain_hex(&domain)});
        file.valid(comment, "seed", input, json!({"seed": hex(seed.as_bytes())}));
    }
    let domain = domain_hex(&of(7, Cohort::new(0, 1).unwrap()));
    for (comment, bytes) in
        [("of another label", root("other.example", 7)), ("of another number", root("cards.example", 8))]
    {
        let input = json!({"op": "seed", "root": hex(bytes), "domain": domain});
        file.invalid(comment, "seed", "N-4", input);
    }
    for number in [0, 7, u64::MAX - 1] {
        let bytes = root("cards.example", number);
        let next = RootSecret::import(&bytes).unwrap().ratchet().unwrap().export();
        let input = json!({"op": "next", "root": hex(bytes)});
        file.valid(&format!("the root after number {number}"), "next", input, json!({"root": hex(&*next)}));
    }
    let input = json!({"op": "next", "root": hex(root("cards.example", u64::MAX))});
    file.invalid("the root after the last number", "next", "N-4", input);
    for (cohorts, identifier) in [(1000, holder()), (1_048_576, holder()), (2, shop()), (1, shop())] {
        let bytes = identifier.as_bytes();
        let input = json!({"op": "cohort", "label": "cards.example", "cohorts": cohorts, "identifier": hex(bytes)});
        let found = Cohort::of(&identifier, &label("cards.example"), cohorts);
        let items = [Item::text("cards.example"), Item::Uint(cohorts.into()), Item::bytes(bytes)];
        let output = json!({"hash": hex(hash("cohort", items)), "cohort": found.index()});
        file.valid(&format!("among {cohorts}"), "cohort", input, output);
    }
    file
}

fn identifiers() -> File {
    let mut file = File::new("identifiers", "Identifiers of attributes.", &[("attributes", "names and values")]);
    let pairs = |attributes: &[(&str, &str)]| -> Value {
        attributes.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>().into()
    };
    for (comment, attributes) in [
        ("two attributes", vec![("name", "Ada Example"), ("town", "Testville")]),
        ("one, with an empty value", vec![("name", "")]),
        ("text beyond ASCII, and not normalised", vec![("name", "A\u{30a}da"), ("town", "\u{c5}")]),
        ("a prefix before its extension", vec![("name", "a"), ("name.first", "b")]),
        ("ascending by bytes, not by letters", vec![("Z", "1"), ("a", "2"), ("\u{e9}", "3")]),
        ("in any order", vec![("town", "Testville"), ("name", "Ada Example")]),
        ("512 bytes", vec![("name", &*"x".repeat(479))]),
    ] {
        let identifier = Identifier::from_attributes(&attributes).unwrap();
        let output = json!({"identifier": hex(identifier.as_bytes())});
        file.valid(comment, "attributes", json!({"attributes": pairs(&attributes)}), output);
    }
    let long = "x".repeat(480);
    for (comment, attributes) in [
        ("none", vec![]),
        ("one name twice", vec![("name", "a"), ("name", "b")]),
        ("one name twice, apart", vec![("name", "a"), ("town", "Testville"), ("name", "a")]),
        ("513 bytes", vec![("name", &*long)]),
    ] {
        file.invalid(comment, "attributes", "I-2", json!({"attributes": pairs(&attributes)}));
    }
    file
}
