//! What is promised, and what is not: which reasons hold.

use crate::facts::*;
use world::oracle::Oracle;
use world::trace::{At, Decision, Fact, Nature, Role, Until};

#[test]
fn the_oracle_expects_no_more_than_is_promised() {
    let again = || accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)]);
    let rolled = |mark| Fact::RolledBack { who: SELLER, only: None, mark };
    let twice = |mark| {
        let mut facts = with(2, rolled(mark));
        facts.insert(3, again());
        facts
    };
    assert_eq!(verdict(&twice(0)), Ok(()));
    assert_eq!(verdict(&twice(90)), Ok(()));
    // A mark after the order's issue keeps it out.
    assert!(verdict(&twice(91)).unwrap_err().contains("accepted twice"));
    // A ledger that went back before the order was made has lost nothing of it, and another's has not, either.
    let mut before = with(2, again());
    before.insert(0, rolled(0));
    assert!(verdict(&before).unwrap_err().contains("accepted twice"));
    let mut another = with(2, again());
    another.insert(2, Fact::RolledBack { who: COURIER, only: None, mark: 0 });
    assert!(verdict(&another).unwrap_err().contains("accepted twice"));
    // Nor has one that lost its entry of another order.
    let mut of_another = with(2, again());
    of_another.insert(2, Fact::RolledBack { who: SELLER, only: Some([9; 32]), mark: 0 });
    assert!(verdict(&of_another).unwrap_err().contains("accepted twice"));
    of_another[2] = Fact::RolledBack { who: SELLER, only: Some(DIGEST), mark: 0 };
    assert_eq!(verdict(&of_another), Ok(()));
    let stranded = |label, now| {
        let refused = refused(Nature::Genuine, label, now, false);
        verdict(&[
            placed(),
            Fact::FormChanged { who: SELLER },
            Fact::Calm { now },
            refused,
            Fact::Ended { now, quiet: true },
        ])
    };
    assert_eq!(stranded("expired", 201), Ok(()));
    assert_eq!(stranded("other-form", 100), Ok(()));
    assert!(stranded("ledger-absent", 201).unwrap_err().contains("stranded"));
    // Who says that it is over has to be right.
    assert!(stranded("expired", 200).unwrap_err().contains("is over, which it is not"));
    assert!(stranded("rejected", 201).unwrap_err().contains("which is not so"));
    assert!(stranded("revoked", 100).unwrap_err().contains("which is not so"));
}

#[test]
fn a_bank_is_kept_from_a_decision_for_a_reason() {
    let kept = |from, label, clock| Fact::Kept { who: BANK, digest: DIGEST, from, label, at: At { clock, moment: 10 } };
    let revoked = |peer| Fact::Revoked { who: BANK, peer, moment: 5, on: true };
    let grant = |sum| Decision::Grant(Some(sum));
    let before = |fact: Fact| vec![placed(), fact];
    let after = |fact: Fact| with(4, fact);
    for (facts, is_so) in [
        (before(kept(Decision::Approve, "expired", 201)), true),
        (before(kept(Decision::Approve, "expired", 200)), false),
        (vec![placed(), revoked(1), kept(Decision::Approve, "revoked", 100)], true),
        (vec![placed(), revoked(SELLER), kept(Decision::Approve, "revoked", 100)], true),
        (vec![placed(), revoked(COURIER), kept(Decision::Approve, "revoked", 100)], false),
        (vec![placed(), revoked(1), kept(Decision::Decline, "revoked", 100)], false),
        (before(kept(Decision::Decline, "too-long-text", 100)), false),
        (before(kept(grant(1), "not-approved", 100)), true),
        (after(kept(grant(1), "not-approved", 100)), false),
        (after(kept(grant(1001), "too-much", 100)), true),
        (after(kept(grant(1000), "too-much", 100)), false),
        (after(kept(Decision::Grant(None), "too-much", 100)), false),
        (after(kept(Decision::Refuse, "expired", 401)), true),
        (after(kept(Decision::Refuse, "expired", 400)), false),
    ] {
        let verdict = verdict(&facts);
        assert_eq!(verdict.is_ok(), is_so, "{:?}: {verdict:?}", facts.last());
    }
}

/// What came too early is sent again until the last round: only what is too early then is excused, by the clock of then.
#[test]
fn what_came_too_early_is_a_reason_where_it_is_not_sent_again() {
    let ahead = Fact::Ahead { who: COURIER, until: 500 };
    let refused = || refused(Nature::Genuine, "not-yet", 100, false);
    let ends = |facts: [Fact; 2]| {
        let [one, other] = facts;
        let ended = Fact::Ended { now: 250, quiet: true };
        verdict(&[placed(), ahead.clone(), Fact::Calm { now: 100 }, one, other, ended])
    };
    assert_eq!(ends([Fact::LastRound, refused()]), Ok(()));
    assert!(ends([refused(), Fact::LastRound]).unwrap_err().contains("stranded"));
}

/// A part that went under a session is sealed again until deliver-until, and no later.
#[test]
fn a_lost_session_excuses_who_never_had_the_part_once_that_is_not_sealed_again() {
    let ends = |now, forgot: bool, has_it: bool| {
        let until = Until::Settle;
        let refused = Fact::Refused {
            who: BANK,
            from: Some(SELLER),
            nature: Nature::Genuine,
            digest: Some(DIGEST),
            label: "unknown-session",
            until,
            clock: now,
            wrote: false,
        };
        let mut facts = vec![placed(), accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)]), demanded(1, None)];
        facts.extend(has_it.then(|| accepted(Role::Bank, BANK, &[(0, 5), (2, 7)])));
        facts.extend(forgot.then_some(Fact::Forgot { who: BANK }));
        facts.extend([Fact::Calm { now }, refused, Fact::Ended { now, quiet: true }]);
        verdict(&facts).is_ok()
    };
    assert!(ends(301, true, false));
    assert!(!ends(300, true, false) && !ends(301, false, false) && !ends(301, true, true));
}

/// Who has the keys of a cohort can make an order in a member's name: that it is taken breaks no promise.
#[test]
fn what_a_broken_cohort_brings_is_counted() {
    let mut oracle = Oracle::default();
    for fact in [placed(), Fact::Impersonated { digest: DIGEST }, accepted(Role::Bank, BANK, &[(0, 5), (2, 7)])] {
        oracle.observe(&fact).unwrap();
    }
    assert_eq!(oracle.tally().counted.values().sum::<u64>(), 1);
}

#[test]
fn a_token_is_told_by_a_card_holder_to_a_seller_or_by_a_bank() {
    for (liars, is_promised) in
        [(&[][..], true), (&[1], true), (&[SELLER, COURIER], true), (&[1, SELLER], false), (&[BANK], false)]
    {
        let mut facts: Vec<_> = liars.iter().map(|who| Fact::Dishonest { who: *who }).collect();
        facts.extend([placed(), accepted(Role::Courier, COURIER, &[(3, 8)])]);
        let verdict = verdict(&facts);
        assert_eq!(verdict.is_err(), is_promised, "{liars:?}: {verdict:?}");
    }
}
