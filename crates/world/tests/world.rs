//! The same seed is the same run, the oracle sees what is wrong, and a short campaign finds nothing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

use world::oracle::Oracle;
use world::play::play;
use world::report::Counts;
use world::script::script;
use world::trace::{At, Dates, Digest, Fact, Nature, PartIn, Role, Status, Way};

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 4, 5] {
        let events = script(seed);
        let [one, other] = [(); 2].map(|()| play(seed, &events, None));
        assert_eq!((one.trace, one.counts), (other.trace, other.counts));
        assert_ne!(one.trace, play(seed + 1, &script(seed + 1), None).trace);
        let fewer = play(seed, &events[1..], None).trace;
        assert_ne!(one.trace, fewer);
    }
}

#[test]
fn a_short_campaign_finds_nothing() {
    let mut total = Counts::default();
    for seed in 1_000_000..1_000_012 {
        let outcome = play(seed, &script(seed), None);
        assert_eq!(outcome.violation, None, "seed {seed}");
        total.add(&outcome.counts);
    }
    assert!(total.purchases > 400 && total.ended > 200, "{total}");
    let missing = total.missing();
    for label in ["missing-field", "no-amount", "other-seller", "retired-domain"] {
        assert!(!missing.contains(&label), "{label} did not occur");
    }
}

const DIGEST: Digest = [1; 32];
const SELLER: u16 = 40;
const BANK: u16 = 45;
const COURIER: u16 = 47;
const NOW: At = At { clock: 100, moment: 10 };

fn part(role: Role, who: u16, way: Way, fields: &[(u8, u64)]) -> PartIn {
    PartIn { role, who, way, fields: fields.to_vec() }
}

fn placed() -> Fact {
    let parts = vec![
        part(Role::Seller, SELLER, Way::OnReceipt, &[(0, 5), (9, 6)]),
        part(Role::Bank, BANK, Way::OnReceipt, &[(0, 5), (2, 7)]),
        part(Role::Courier, COURIER, Way::OnApproval, &[(3, 8)]),
    ];
    let dates = Dates { issued: 90, accept: 200, deliver: 300, settle: 300 };
    Fact::Placed { holder: 1, digest: DIGEST, dates, parts, honest: true }
}

fn accepted(role: Role, who: u16, fields: &[(u8, u64)]) -> Fact {
    let instructions = (role == Role::Courier).then_some(77);
    Fact::Accepted { who, role, digest: DIGEST, fields: fields.to_vec(), instructions, new: true, at: NOW }
}

fn decided(approved: bool, new: bool) -> Fact {
    Fact::Decided { who: BANK, digest: DIGEST, approved, new, at: NOW }
}

fn settled(amount: u64) -> Fact {
    Fact::Settled { who: BANK, digest: DIGEST, amount, payer: Some(1), payee: Some(SELLER) }
}

fn answered(approved: bool) -> Fact {
    Fact::Answered { who: SELLER, digest: DIGEST, approved, new: true }
}

fn dispatched(instructions: u64, new: bool) -> Fact {
    Fact::Dispatched { who: SELLER, digest: DIGEST, role: Role::Courier, instructions, new, at: NOW }
}

/// A purchase in which nothing is wrong.
fn purchase() -> Vec<Fact> {
    vec![
        placed(),
        accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)]),
        accepted(Role::Bank, BANK, &[(0, 5), (2, 7)]),
        decided(true, true),
        settled(5),
        answered(true),
        dispatched(77, true),
        accepted(Role::Courier, COURIER, &[(3, 8)]),
        Fact::Ended { now: 100, quiet: true },
    ]
}

fn verdict(facts: &[Fact]) -> Result<(), String> {
    let mut oracle = Oracle::default();
    facts.iter().try_for_each(|fact| oracle.observe(fact))
}

/// The purchase with a fact put in before the place.
fn with(place: usize, fact: Fact) -> Vec<Fact> {
    let mut facts = purchase();
    facts.insert(place, fact);
    facts
}

/// The purchase with another fact in a place.
fn instead(place: usize, fact: Fact) -> Vec<Fact> {
    let mut facts = purchase();
    facts[place] = fact;
    facts
}

fn without(place: usize) -> Vec<Fact> {
    let mut facts = purchase();
    facts.remove(place);
    facts
}

#[test]
fn the_oracle_sees_what_is_wrong() {
    assert_eq!(verdict(&purchase()), Ok(()));
    let took = |nature, again, wrote| Fact::Took { who: SELLER, nature, print: 1, again, wrote, label: "relay" };
    let refused = |nature| Fact::Refused { who: SELLER, nature, digest: None, label: "rejected", wrote: true };
    let reported = |giver, status| Fact::Reported { holder: 1, digest: DIGEST, giver, status, revision: 0 };
    let late = At { clock: 201, moment: 10 };
    for (what, facts, says) in [
        ("another's field", instead(1, accepted(Role::Seller, SELLER, &[(0, 5), (2, 7)])), "reads other fields"),
        ("fewer fields", instead(1, accepted(Role::Seller, SELLER, &[(0, 5)])), "reads other fields"),
        ("two values", instead(2, accepted(Role::Bank, BANK, &[(0, 4)])), "two values"),
        ("another reader", instead(2, accepted(Role::Bank, BANK + 1, &[(0, 5)])), "has nothing for"),
        ("accepted twice", with(2, accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)])), "accepted twice"),
        ("decided twice", with(4, decided(true, true)), "decided twice"),
        ("decided both ways", with(4, decided(false, false)), "approved and declined"),
        ("settled twice", with(5, settled(5)), "settled twice"),
        ("another amount", instead(4, settled(6)), "another amount"),
        ("settled unapproved", instead(3, decided(false, true)), "not approved"),
        ("an answer that was not given", instead(5, answered(false)), "was not given"),
        ("dispatched unapproved", without(5), "not approved"),
        ("dispatched twice", with(7, dispatched(77, true)), "dispatched twice"),
        ("other instructions", with(7, dispatched(78, false)), "two instructions"),
        ("delivered undispatched", without(6), "was not dispatched"),
        ("opened unapproved", vec![placed(), accepted(Role::Courier, COURIER, &[(3, 8)])], "without an approval"),
        ("a forgery", with(2, took(Nature::Lie, false, true)), "a forged relay"),
        ("an altered message", with(2, took(Nature::Altered, true, false)), "an altered relay"),
        ("a repetition that writes", with(2, took(Nature::Genuine, true, true)), "a repeated relay"),
        ("a refusal that writes", with(2, refused(Nature::Lie)), "its ledger changed"),
        ("a false receipt", with(3, reported(Role::Bank, Status::Approved)), "which is not so"),
        ("a bank that dispatches", with(8, reported(Role::Bank, Status::Dispatched)), "which is not so"),
        ("a stranded order", without(7), "stranded"),
        ("no rest", instead(8, Fact::Ended { now: 100, quiet: false }), "come to rest"),
        ("a spoiled part", with(1, Fact::Spoiled { digest: DIGEST, role: Role::Bank }), "does not fit"),
        (
            "approved too late",
            instead(3, Fact::Decided { who: BANK, digest: DIGEST, approved: true, new: true, at: late }),
            "approved too late",
        ),
        (
            "a revoked card holder",
            with(1, Fact::Revoked { who: SELLER, peer: 1, moment: 5, on: true }),
            "which it has revoked",
        ),
    ] {
        let verdict = verdict(&facts).unwrap_err();
        assert!(verdict.contains(says), "{what}: {verdict}");
    }
}

#[test]
fn the_oracle_expects_no_more_than_is_promised() {
    let again = || accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)]);
    let rolled = |mark| Fact::RolledBack { who: SELLER, mark };
    let twice = |mark| {
        let mut facts = with(2, rolled(mark));
        facts.insert(3, again());
        facts
    };
    assert_eq!(verdict(&twice(0)), Ok(()));
    assert_eq!(verdict(&twice(90)), Ok(()));
    // A mark after the order's issue keeps it out.
    assert!(verdict(&twice(91)).unwrap_err().contains("accepted twice"));
    let stranded = |label, now| {
        let refused = Fact::Refused { who: SELLER, nature: Nature::Genuine, digest: Some(DIGEST), label, wrote: false };
        verdict(&[placed(), Fact::Calm { now }, refused, Fact::Ended { now, quiet: true }])
    };
    assert_eq!(stranded("expired", 201), Ok(()));
    assert!(stranded("expired", 200).unwrap_err().contains("stranded"));
    assert!(stranded("rejected", 201).unwrap_err().contains("stranded"));
}
