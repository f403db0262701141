//! Joint issue: contributions of several authorities add up to shares, and each of them counts. That no smaller set of
//! issuers knows a key is in `examples/collusion/tests/collusion.rs`.

use polyseal::authority::{AuthorityError, Contribution};
use polyseal::message::{Windows, WireError};
use polyseal::{
    Authority, Capacity, Domain, Epoch, Identifier, KeySource, Label, MemoryLedger, OrderForm, Role, Share,
};
use polyseal_testing::{NOW, Parties, Repeatable, bank, courier, disclosure, holder, id, new, order, shop};
use std::collections::BTreeSet;

const ISSUERS: [&str; 3] = ["north.example", "east.example", "south.example"];

fn label(name: &str) -> Label {
    Label::new(name).unwrap()
}

fn domain(issuers: &[&str]) -> Domain {
    let epoch = Epoch::new(7, NOW - 1_000_000, NOW + 1_000_000).unwrap();
    Domain::joint(label("cards.example"), issuers.iter().map(|name| label(name)), epoch).unwrap()
}

fn issuer(domain: &Domain, name: &str, threshold: usize, seed: u8) -> Authority {
    let capacity = Capacity::UNCONDITIONAL;
    Authority::joint_from_seed(domain.clone(), label(name), threshold, capacity, &[seed; 32], BTreeSet::new()).unwrap()
}

/// The issuers of a domain, each with a seed of its own.
fn issuers() -> Vec<Authority> {
    (1..).zip(ISSUERS).map(|(seed, name)| issuer(&domain(&ISSUERS), name, 4, seed)).collect()
}

fn contributions(issuers: &mut [Authority], identifier: &Identifier) -> Vec<Contribution> {
    issuers.iter_mut().map(|issuer| issuer.contribute(identifier).unwrap()).collect()
}

#[test]
fn a_purchase_runs_on_shares_of_several_issuers() {
    let mut issuers = issuers();
    let shares = [holder(), shop(), bank(), courier()]
        .map(|identifier| Share::combine(&contributions(&mut issuers, &identifier)).unwrap());
    let parties = Parties::new(shares, OrderForm::standard(), disclosure());
    let (mut rng, order) = (Repeatable(1), order());
    let sealed = parties.holder.split(&order, &OrderForm::standard()).unwrap();
    let sealed = sealed.seal(&parties.holder, NOW, Windows::default(), &mut rng).unwrap();
    let [mut at_seller, mut at_manager] = [1, 1].map(MemoryLedger::new);
    let awaiting = new(parties.seller.receive(&sealed.envelope, NOW).unwrap().file(&mut at_seller).unwrap());
    let relay = awaiting.relay(&parties.seller, &Role::CARD_MANAGER, NOW, &mut rng).unwrap();
    let deciding = new(parties.manager.receive(&relay, NOW).unwrap().file(&mut at_manager).unwrap());
    assert_eq!(deciding.part().digest(), sealed.digest);
}

#[test]
fn every_issuer_is_needed_and_none_but_these() {
    let mut issuers = issuers();
    let mut all = contributions(&mut issuers, &holder());
    assert!(Share::combine(&[]).is_err());
    assert_eq!(
        Share::combine(all.get(..2).unwrap()).err(),
        Some(AuthorityError::MissingContribution { issuer: label(ISSUERS[2]) })
    );

    let twice = issuers.first_mut().unwrap().contribute(&holder()).unwrap();
    all.push(twice);
    assert_eq!(Share::combine(&all).err(), Some(AuthorityError::RepeatedContribution { issuer: label(ISSUERS[0]) }));
    all.pop();

    // Another party's, another threshold's, and one of another set of issuers.
    let last = label(ISSUERS[2]);
    let others = [
        issuer(&domain(&ISSUERS), ISSUERS[2], 4, 3).contribute(&shop()).unwrap(),
        issuer(&domain(&ISSUERS), ISSUERS[2], 5, 3).contribute(&holder()).unwrap(),
        issuer(&domain(&ISSUERS[1..]), ISSUERS[2], 4, 3).contribute(&holder()).unwrap(),
    ];
    for other in others {
        *all.last_mut().unwrap() = other;
        assert_eq!(Share::combine(&all).err(), Some(AuthorityError::UnlikeContribution { issuer: last.clone() }));
    }
}

#[test]
fn a_key_depends_on_every_issuer() {
    let key = |issuers: &mut [Authority]| {
        let share = Share::combine(&contributions(issuers, &holder())).unwrap();
        *share.common_key(&shop(), &domain(&ISSUERS)).unwrap().export()
    };
    let mut keys = vec![key(&mut issuers())];
    for (at, name) in ISSUERS.into_iter().enumerate() {
        let mut issuers = issuers();
        *issuers.get_mut(at).unwrap() = issuer(&domain(&ISSUERS), name, 4, 99);
        let other = key(&mut issuers);
        assert!(!keys.contains(&other), "{name}");
        keys.push(other);
    }
}

#[test]
fn the_set_of_issuers_is_in_the_key() {
    let pair = |names: &[&str]| {
        let domain = domain(names);
        let mut issuers: Vec<_> = (1..).zip(names).map(|(seed, name)| issuer(&domain, name, 4, seed)).collect();
        let share = Share::combine(&contributions(&mut issuers, &holder())).unwrap();
        *share.common_key(&shop(), &domain).unwrap().export()
    };
    assert_ne!(pair(&ISSUERS), pair(&ISSUERS[..2]));
    // An authority of its own takes no domain of several, and a contribution is of an issuer that the domain names.
    let sole = Authority::from_seed(domain(&ISSUERS), 4, Capacity::UNCONDITIONAL, &[1; 32], BTreeSet::new());
    assert_eq!(sole.err(), Some(AuthorityError::SeveralIssuers));
    let mut rng = Repeatable(3);
    let stranger = label("west.example");
    let stranger = Authority::joint_random(domain(&ISSUERS), stranger, 4, Capacity::UNCONDITIONAL, &mut rng);
    assert_eq!(stranger.err(), Some(AuthorityError::Issuer));
}

#[test]
fn each_issuer_holds_its_own_capacity() {
    let mut issuers = issuers();
    let first = issuers.first_mut().unwrap();
    for n in 0..6 {
        drop(first.contribute(&id(&format!("customer-{n}"))).unwrap());
    }
    assert_eq!(first.contribute(&holder()).err(), Some(AuthorityError::Full { capacity: 6 }));
    let mut restored = Authority::import(&first.export()).unwrap();
    assert_eq!(restored.register().len(), 6);
    assert_eq!(restored.contribute(&holder()).err(), Some(AuthorityError::Full { capacity: 6 }));
    assert!(matches!(Contribution::import(&first.export()).err(), Some(WireError::Kind { .. })));
}

#[test]
fn a_contribution_survives_export_and_nothing_else_imports() {
    let mut issuers = issuers();
    let contribution = issuers.first_mut().unwrap().contribute(&holder()).unwrap();
    let export = contribution.export();
    assert_eq!(Contribution::import(&export).unwrap().export(), export);
    assert!(Share::import(&export).is_err());
    for at in 0..export.len() {
        let mut changed = export.to_vec();
        *changed.get_mut(at).unwrap() ^= 1;
        assert!(Contribution::import(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn a_probe_finds_the_issuer_that_disagrees() {
    let mut issuers = issuers();
    let mine = contributions(&mut issuers, &holder());
    // The second issuer gives the shop a row of another polynomial.
    *issuers.get_mut(1).unwrap() = issuer(&domain(&ISSUERS), ISSUERS[1], 4, 99);
    let theirs = contributions(&mut issuers, &shop());
    let domain = domain(&ISSUERS);
    let [here, there] = [(&mine, shop()), (&theirs, holder())].map(|(contributions, peer)| {
        *Share::combine(contributions).unwrap().common_key(&peer, &domain).unwrap().export()
    });
    assert_ne!(here, there);

    let challenge = [5; 32];
    let agree: Vec<bool> = mine
        .iter()
        .zip(&theirs)
        .map(|(mine, theirs)| mine.probe(&shop(), &challenge).unwrap() == theirs.probe(&holder(), &challenge).unwrap())
        .collect();
    assert_eq!(agree, [true, false, true]);
    // Another challenge, another value: what was said once cannot be said again.
    let first = mine.first().unwrap();
    assert_ne!(first.probe(&shop(), &challenge).unwrap(), first.probe(&shop(), &[6; 32]).unwrap());
}
