//! The same seed is the same run, the oracle sees what is wrong, and a short campaign finds nothing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

use world::oracle::Oracle;
use world::play::{play, unless_it_panics};
use world::report::Counts;
use world::script::script;
use world::trace::{Answer, At, Dates, Demand, Digest, Fact, Later, Load, Nature, PartIn, Role, Says, Status, Way};

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
fn a_panic_is_a_violation() {
    assert_eq!(unless_it_panics(|| panic!("it broke")), Err("panicked: it broke".into()));
    assert_eq!(unless_it_panics(|| panic!("{} broke", 7)), Err("panicked: 7 broke".into()));
    assert_eq!(unless_it_panics(|| ()), Ok(()));
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

/// A seller that lies may be answered to what it did not ask.
const DISHONEST: Fact = Fact::Dishonest { who: SELLER };

fn part(role: Role, who: u16, way: Way, fields: &[(u8, u64)]) -> PartIn {
    PartIn { role, who, way, fields: fields.to_vec() }
}

fn placed() -> Fact {
    let parts = vec![
        part(Role::Seller, SELLER, Way::OnReceipt, &[(0, 5), (9, 6)]),
        part(Role::Bank, BANK, Way::OnReceipt, &[(0, 5), (2, 7)]),
        part(Role::Courier, COURIER, Way::OnApproval, &[(3, 8)]),
    ];
    let dates = Dates { issued: 90, accept: 200, deliver: 300, settle: 400 };
    Fact::Placed { holder: 1, digest: DIGEST, dates, due: 1000, parts, honest: true }
}

fn accepted(role: Role, who: u16, fields: &[(u8, u64)]) -> Fact {
    Fact::Accepted { who, role, digest: DIGEST, fields: fields.to_vec(), asked: false, new: true, at: NOW }
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

fn later(who: u16, what: Later) -> Fact {
    Fact::Later { who, digest: DIGEST, what }
}

fn load(number: u16, last: bool, instructions: u64) -> Load {
    Load { number, last, instructions }
}

fn dispatched(load: Load, new: bool) -> Fact {
    later(SELLER, Later::Dispatched { role: Role::Courier, load, new: new.then_some(NOW) })
}

fn arrived(load: Load) -> Fact {
    later(COURIER, Later::Arrived { role: Role::Courier, load, new: Some(NOW) })
}

fn demanded(number: u16, sum: Option<u64>) -> Fact {
    later(SELLER, Later::Demanded { demand: Demand { number, sum }, new: Some(NOW) })
}

fn resolved(number: u16, sum: Option<u64>, granted: bool, refunded: u64) -> Fact {
    let answer = Answer { granted, refunded };
    later(BANK, Later::Resolved { demand: Demand { number, sum }, answer, new: Some(NOW) })
}

fn told(number: u16, granted: bool, refunded: u64) -> Fact {
    later(SELLER, Later::Told { number, answer: Answer { granted, refunded } })
}

fn booked(number: u16, sum: u64, reverses: bool) -> Fact {
    later(BANK, Later::Booked { number, sum, reverses, payer: Some(1), payee: Some(SELLER) })
}

fn says(status: Status) -> Says {
    Says { status, withdrawn: None, refunded: Some(0), consignments: Vec::new() }
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
        dispatched(load(1, true, 77), true),
        accepted(Role::Courier, COURIER, &[(3, 8)]),
        arrived(load(1, true, 77)),
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
    let reported = |giver, status| Fact::Reported { holder: 1, digest: DIGEST, giver, revision: 0, says: says(status) };
    let gave = |role, status| later(BANK, Later::Gave { role, says: says(status) });
    let with_receipt = |status| {
        let mut facts = with(3, gave(Role::Bank, status));
        facts.insert(4, reported(Role::Bank, status));
        facts
    };
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
        ("dispatched twice", with(7, dispatched(load(1, true, 77), true)), "dispatched twice"),
        ("other instructions", with(7, dispatched(load(1, true, 78), false)), "two instructions"),
        ("delivered undispatched", without(6), "was not dispatched"),
        ("delivered otherwise", instead(8, arrived(load(1, true, 78))), "other instructions"),
        ("delivered twice", with(9, arrived(load(1, true, 77))), "given a consignment twice"),
        ("another one after the last", with(7, dispatched(load(2, true, 77), true)), "out of order"),
        ("the second one first", instead(6, dispatched(load(2, true, 77), true)), "out of order"),
        ("opened unapproved", vec![placed(), accepted(Role::Courier, COURIER, &[(3, 8)])], "without an approval"),
        ("a forgery", with(2, took(Nature::Lie, false, true)), "a forged relay"),
        ("an altered message", with(2, took(Nature::Altered, true, false)), "an altered relay"),
        ("a repetition that writes", with(2, took(Nature::Genuine, true, true)), "a repeated relay"),
        ("a refusal that writes", with(2, refused(Nature::Lie)), "its ledger changed"),
        ("a false receipt", with_receipt(Status::Approved), "which is not so"),
        ("a receipt that nobody gave", with(3, reported(Role::Bank, Status::Received)), "which is not on record"),
        ("a receipt of a cancellation", with_receipt(Status::Cancelled), "which is not so"),
        ("a stranded order", without(8), "stranded"),
        ("no rest", instead(9, Fact::Ended { now: 100, quiet: false }), "come to rest"),
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

/// The purchase, and what comes of it after all has arrived.
fn and_then(facts: &[Fact]) -> Vec<Fact> {
    let mut all = purchase();
    all.splice(9..9, facts.iter().cloned());
    all
}

#[test]
fn the_oracle_sees_what_is_wrong_with_what_comes_of_an_order() {
    let outcome = |failed| later(COURIER, Later::Outcome { role: Role::Courier, number: 1, failed });
    let heard = |failed| later(SELLER, Later::Heard { role: Role::Courier, number: 1, failed });
    let refunded =
        [demanded(1, Some(400)), resolved(1, Some(400), true, 400), booked(1, 400, false), told(1, true, 400)];
    let cancelled = [demanded(2, None), resolved(2, None, true, 400), booked(2, 600, true), told(2, true, 400)];
    let all: Vec<Fact> =
        [outcome(true), heard(true)].into_iter().chain(refunded.clone()).chain(cancelled.clone()).collect();
    assert_eq!(verdict(&and_then(&all)), Ok(()));
    let unasked = resolved(1, Some(1), true, 1);
    let late = At { clock: 401, moment: 10 };
    let late = later(SELLER, Later::Demanded { demand: Demand { number: 1, sum: None }, new: Some(late) });
    let withdrawn = || [later(1, Later::Withdrawing), later(SELLER, Later::Withdrawn)];
    let before = |facts: &[Fact], place: usize| {
        let mut all = purchase();
        all.splice(place..place, facts.iter().cloned());
        all
    };
    let in_place_of = |place: usize, fact: Fact| {
        let mut all = all.clone();
        all[place] = fact;
        and_then(&all)
    };
    for (what, facts, says) in [
        ("an outcome of nothing", before(&[outcome(false)], 7), "and not that"),
        ("two outcomes", and_then(&[outcome(false), outcome(true)]), "was delivered, and failed"),
        ("an outcome that nobody gave", and_then(&[heard(false)]), "that was not given"),
        ("an outcome that is lost", and_then(&[outcome(false)]), "knows nothing of consignment 1"),
        ("a failure without a refund", and_then(&[outcome(true), heard(true)]), "nothing was refunded"),
        ("a withdrawal of nobody", and_then(&[later(SELLER, Later::Withdrawn)]), "by somebody else"),
        ("a withdrawal that is lost", and_then(&[later(1, Later::Withdrawing)]), "is not filed"),
        ("dispatched although withdrawn", before(&withdrawn(), 6), "after it was withdrawn"),
        ("dispatched although cancelling", before(&[demanded(1, None)], 6), "after it was to be cancelled"),
        ("asked for too much", and_then(&[demanded(1, Some(1001))]), "more than is due was asked back"),
        ("a refund too early", before(&[demanded(1, Some(1))], 3), "which is not approved"),
        ("a demand out of turn", and_then(&[demanded(2, Some(1))]), "is not the next"),
        ("a demand after the end", and_then(&[demanded(1, None), demanded(2, Some(1))]), "was to be cancelled before"),
        ("a demand without an answer", and_then(&[demanded(1, Some(1))]), "has no answer"),
        ("a demand of nobody", and_then(&[resolved(1, Some(1), true, 1)]), "which was not made"),
        ("another demand", and_then(&[demanded(1, Some(2)), resolved(1, Some(1), true, 1)]), "which was not made"),
        ("a sum that does not add up", in_place_of(3, resolved(1, Some(400), true, 300)), "do not add up"),
        ("another booking", in_place_of(4, booked(1, 401, false)), "is not what was granted"),
        ("a booking in reverse", in_place_of(4, booked(1, 600, true)), "is not what was granted"),
        ("an answer that was not given", in_place_of(5, told(1, false, 400)), "that was not given"),
        ("everything paid back twice", in_place_of(8, booked(2, 1000, true)), "is not what was granted"),
        ("refunded before the approval", before(&[DISHONEST, unasked], 3), "refunded and not approved"),
        ("a demand too late", and_then(&[late]), "too late"),
        ("paid back before the approval", before(&[booked(1, 1, false)], 3), "paid back and not approved"),
        (
            "approved after the end",
            before(&[demanded(1, None), resolved(1, None, true, 0)], 3),
            "decided after it was cancelled",
        ),
        (
            "answered after the end",
            before(&[demanded(1, None), resolved(1, None, true, 0), told(1, true, 0)], 5),
            "answered after it was cancelled",
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
