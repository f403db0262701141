//! The same seed is the same run, a panic keeps its seed, and a short campaign finds nothing.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test"
)]

use world::play::{play, unless_it_panics};
use world::report::Counts;
use world::script::script;

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
    assert!(total.purchases > 400 && total.tally.ended > 200, "{total}");
    let missing = total.missing();
    for label in ["missing-field", "no-amount", "other-seller", "retired-domain"] {
        assert!(!missing.contains(&label), "{label} did not occur");
    }
}
