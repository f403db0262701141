//! A purchase cut between any two steps: every process ends, and new ones go on from bytes alone.
//!
//! What outlives a process is what its owner stores: its share, its ledger's entries, the messages that
//! are under way, and, if it keeps them apart from the ledger, its exported states. Generators are
//! seeded by the step, so a purchase that was cut has to come out byte for byte as one that was not:
//! the same messages, the same entries, the same states, the same words to the people involved.

pub mod processes;
pub mod steps;
pub mod store;

use processes::{COURSES, Course, Running, SOURCES, Source};
use steps::{STEPS, run};
use store::Stored;

/// A whole purchase, cut before each of these steps.
fn purchase(course: Course, source: Source, cuts: &[usize]) -> Stored {
    let mut stored = Stored::default();
    let mut from = 0;
    for until in cuts.iter().copied().chain([STEPS.len()]) {
        let mut running = Running::start(course, source, stored);
        run(&mut running, from..until);
        (stored, from) = (running.stop(), until);
    }
    stored
}

/// What people are told in each course, so that the comparison is with something.
fn expected(course: Course) -> Vec<&'static str> {
    let withdraw = "card manager: withdraw 59.80 EUR";
    let deliver = "delivery service: 2 Other Street, Testville, Bob Example, 1 Sample Street, Testville, \
                   +00 555 0101, Ada Example, +00 555 0100 (ring twice)";
    let told: &[_] = match course {
        Course::Approved | Course::Direct => &[withdraw, deliver],
        Course::Gateway => &[withdraw, deliver, "gateway: 59.80 EUR, single ()"],
        Course::Declined => &["seller: unknown card"],
    };
    let receipts: &[_] = match course {
        Course::Declined => &["card holder: Declined, unknown card"; 2],
        _ => &["card holder: Approved"; 2],
    };
    [told, &["card holder: Received"], receipts].concat()
}

#[test]
fn a_purchase_that_is_cut_comes_out_as_one_that_is_not() {
    // L-4
    for course in COURSES {
        let undisturbed = purchase(course, Source::Exports, &[]);
        assert_eq!(undisturbed.told, expected(course), "{course:?}");
        for source in SOURCES {
            let everywhere: Vec<_> = (0..=STEPS.len()).collect();
            let once = everywhere.iter().map(|cut| vec![*cut]);
            for cuts in once.chain([everywhere.clone()]) {
                assert!(purchase(course, source, &cuts) == undisturbed, "{course:?} from {source:?}, cut at {cuts:?}");
            }
        }
    }
}
