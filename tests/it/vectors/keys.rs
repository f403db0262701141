//! From points to identifiers of attributes.

use std::collections::BTreeSet;

use polyseal::authority::{Contribution, RootSecret};
use polyseal::key::Cohort;
use polyseal::{Authority, Capacity, Domain, Identifier, KeySource, Label, Share};
use polyseal_testing::cbor::at;
use serde_json::{Value, json};

use super::{Found, Input, Refusal, hex, unhex};

fn domain(input: Input<'_>) -> Result<Domain, Refusal> {
    Ok(Domain::from_bytes(&input.bytes("domain"))?)
}

fn identifiers_of(input: Input<'_>) -> [Identifier; 2] {
    input.all("identifiers").map(|bytes| Identifier::new(bytes).unwrap()).collect::<Vec<_>>().try_into().unwrap()
}

fn common_key(share: &Share, peer: &Identifier) -> String {
    hex(*share.common_key(peer, share.domain()).unwrap().export())
}

pub(super) fn points(input: Input<'_>) -> Found {
    let (domain, identifier) = (domain(input)?, Identifier::new(input.bytes("identifier"))?);
    Ok(json!({
        "point": identifier.point(&domain).to_bytes().map(hex),
        "key_id": hex(domain.key_id().as_bytes()),
    }))
}

/// The authority of an issuer, from its seed.
fn authority(domain: &Domain, issuer: &str, threshold: u64, seed: [u8; 32]) -> Result<Authority, Refusal> {
    let (issuer, none) = (Label::new(issuer)?, BTreeSet::new());
    let threshold = threshold.try_into().unwrap();
    Ok(Authority::joint_from_seed(domain.clone(), issuer, threshold, Capacity::UNCONDITIONAL, &seed, none)?)
}

pub(super) fn shares(input: Input<'_>) -> Found {
    let (domain, both) = (domain(input)?, identifiers_of(input));
    let mut authority = authority(&domain, input.text("issuer"), input.int("threshold"), input.hash("seed"))?;
    let shares = both.each_ref().map(|identifier| authority.issue(identifier).unwrap());
    assert_eq!(common_key(&shares[0], &both[1]), common_key(&shares[1], &both[0]));
    Ok(json!({
        "shares": shares.each_ref().map(|share| hex(&*share.export())),
        "common_key": common_key(&shares[0], &both[1]),
    }))
}

pub(super) fn joint(input: Input<'_>) -> Found {
    if input.text("op") == "issue" { issue(input) } else { combine(input) }
}

fn issue(input: Input<'_>) -> Found {
    let (domain, both, challenge) = (domain(input)?, identifiers_of(input), input.hash("challenge"));
    let mut contributions: Vec<[Contribution; 2]> = Vec::new();
    for issuer in input.list("authorities").iter().map(Input) {
        let mut issuer = authority(&domain, issuer.text("issuer"), input.int("threshold"), issuer.hash("seed"))?;
        contributions.push(both.each_ref().map(|identifier| issuer.contribute(identifier).unwrap()));
    }
    let probe = |[mine, _]: &[Contribution; 2]| hex(mine.probe(&both[1], &challenge).unwrap());
    let probes: Vec<_> = contributions.iter().map(probe).collect();
    let exports: Vec<_> = contributions.iter().map(|pair| pair.each_ref().map(|each| hex(&*each.export()))).collect();
    let copy = |each: &Contribution| Contribution::import(&each.export()).unwrap();
    let shares = [0, 1].map(|who| {
        let of_each: Vec<_> = contributions.iter().map(|pair| copy(&pair[who])).collect();
        Share::combine(&of_each).unwrap()
    });
    Ok(json!({
        "contributions": exports,
        "probes": probes,
        "shares": shares.each_ref().map(|share| hex(&*share.export())),
        "common_key": common_key(&shares[0], &both[1]),
    }))
}

fn combine(input: Input<'_>) -> Found {
    let mut contributions = Vec::new();
    for bytes in input.all("contributions") {
        contributions.push(Contribution::import(&bytes)?);
    }
    Ok(json!({"share": hex(&*Share::combine(&contributions)?.export())}))
}

pub(super) fn roots(input: Input<'_>) -> Found {
    match input.text("op") {
        "seed" => seed(input),
        "next" => next(input),
        _ => Ok(cohort(input)),
    }
}

fn seed(input: Input<'_>) -> Found {
    let (root, asked) = (RootSecret::import(&input.bytes("root"))?, domain(input)?);
    // It makes domains; which one somebody has in mind is compared.
    if root.domain(*asked.epoch(), asked.cohort())? != asked {
        return Err(Refusal::new("other-domain"));
    }
    let authority =
        root.authority(*asked.epoch(), asked.cohort(), 2, Capacity::UNCONDITIONAL, BTreeSet::new()).unwrap();
    Ok(json!({"seed": hex(at(&authority.export(), &[2, 3]).as_bytes())}))
}

fn next(input: Input<'_>) -> Found {
    let root = RootSecret::import(&input.bytes("root"))?;
    Ok(json!({"root": hex(&*root.ratchet()?.export())}))
}

fn cohort(input: Input<'_>) -> Value {
    let (identifier, label) = (Identifier::new(input.bytes("identifier")).unwrap(), input.text("label"));
    let cohorts = input.int("cohorts").try_into().unwrap();
    json!({"cohort": Cohort::of(&identifier, &Label::new(label).unwrap(), cohorts).index()})
}

pub(super) fn identifiers(input: Input<'_>) -> Found {
    let pairs: Vec<_> =
        input.list("attributes").iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
    let found = Identifier::from_attributes(&pairs)?;
    Ok(json!({"identifier": hex(found.as_bytes())}))
}

/// The bytes of a member that is a share, for a party.
pub(super) fn share(text: &Value) -> Result<Share, Refusal> {
    Ok(Share::import(&unhex(text.as_str().unwrap()))?)
}
