//! The oracle sees what is wrong, and nothing else.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

mod facts;
mod handshakes;
mod promises;

use facts::*;
use world::trace::{At, Demand, Fact, Later, Nature, Role, Status};

#[test]
fn the_oracle_sees_what_is_wrong() {
    assert_eq!(verdict(&purchase()), Ok(()));
    let took = |nature, again, wrote| {
        let digest = Some(DIGEST);
        Fact::Took { who: SELLER, nature, digest, print: 1, again, wrote, label: "relay" }
    };
    let repeated = |wrote| {
        let mut facts = with(2, took(Nature::Genuine, false, true));
        facts.insert(3, took(Nature::Genuine, false, wrote));
        facts
    };
    assert_eq!(verdict(&repeated(false)), Ok(()));
    let refused = |nature| refused(nature, "rejected", 100, true);
    let gave = |role, status| later(BANK, Later::Gave { role, says: says(status) });
    let with_receipt = |status| {
        let mut facts = with(3, gave(Role::Bank, status));
        facts.insert(4, reported(Role::Bank, status));
        facts
    };
    let late = At { clock: 201, moment: 10 };
    let much_later = At { clock: 401, moment: 10 };
    let reported_to = |holder, status| {
        let says = says(status);
        Fact::Reported { holder, digest: DIGEST, giver: Role::Seller, revision: 0, says }
    };
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
        ("a known order that is written", with(2, took(Nature::Genuine, true, true)), "a repeated relay"),
        ("a repetition that writes", repeated(true), "a repeated relay"),
        ("a refusal that writes", with(2, refused(Nature::Lie)), "which changed it"),
        ("a false receipt", with_receipt(Status::Approved), "which is not so"),
        ("a receipt that nobody gave", with(3, reported(Role::Bank, Status::Received)), "which is not on record"),
        ("a receipt of a cancellation", with_receipt(Status::Cancelled), "which is not so"),
        ("a stranded order", without(8), "stranded"),
        ("an order of which its card holder reads nothing", without(10), "has read no receipt"),
        ("no rest", instead(11, Fact::Ended { now: 100, quiet: false }), "come to rest"),
        ("a spoiled part", with(1, Fact::Spoiled { digest: DIGEST, role: Role::Bank }), "does not fit"),
        (
            "approved too late",
            instead(3, Fact::Decided { who: BANK, digest: DIGEST, approved: true, new: true, at: late }),
            "decided too late",
        ),
        (
            "declined too late",
            instead(3, Fact::Decided { who: BANK, digest: DIGEST, approved: false, new: true, at: late }),
            "decided too late",
        ),
        (
            "answered too late",
            instead(5, Fact::Answered { who: SELLER, digest: DIGEST, approved: true, new: Some(much_later) }),
            "answered too late",
        ),
        (
            "approved what a revoked seller relayed",
            with(3, Fact::Revoked { who: BANK, peer: SELLER, moment: 5, on: true }),
            "approved an order of, or relayed by, 40, which it has revoked",
        ),
        ("another's receipt", instead(10, reported_to(2, Status::Approved)), "which is another's"),
        (
            "a revoked card holder",
            with(1, Fact::Revoked { who: SELLER, peer: 1, moment: 5, on: true }),
            "accepted an order of 1, which it has revoked",
        ),
        (
            "an approval for a revoked card holder",
            with(5, Fact::Revoked { who: SELLER, peer: 1, moment: 5, on: true }),
            "took an answer about an order of, or from, 1, which it has revoked",
        ),
        (
            "an approval of a revoked bank",
            with(5, Fact::Revoked { who: SELLER, peer: BANK, moment: 5, on: true }),
            "took an answer about an order of, or from, 45, which it has revoked",
        ),
    ] {
        let verdict = verdict(&facts).unwrap_err();
        assert!(verdict.contains(says), "{what}: {verdict}");
    }
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
        ("a refund that is new twice", in_place_of(5, booked(1, 400, false)), "paid back twice"),
        ("another booking", in_place_of(4, booked(1, 401, false)), "is not what was granted"),
        ("a booking in reverse", in_place_of(4, booked(1, 600, true)), "is not what was granted"),
        ("an answer that was not given", in_place_of(5, told(1, false, 400)), "that was not given"),
        ("everything paid back twice", in_place_of(8, booked(2, 1000, true)), "is not what was granted"),
        ("refunded before the approval", before(&[DISHONEST, unasked], 3), "refunded and not approved"),
        ("a demand too late", and_then(&[late]), "too late"),
        ("paid back before it was settled", before(&[booked(1, 1, false)], 4), "paid back and not settled"),
        ("approved and never settled", without(4), "its bank has booked nothing"),
        ("a sum that is too large", in_place_of(3, resolved(1, Some(400), true, 500)), "do not add up"),
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
