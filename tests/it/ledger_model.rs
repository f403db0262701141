//! Every interleaving of three processes over one ledger, with crashes and a restored copy, by the library's own steps.
//!
//! A search goes through all states of a small world (`world.rs`): one order; two processes of the card manager, of which
//! one approves and one declines, and one of the seller that dispatches, or one that approves and two that dispatch
//! different instructions. A process does one thing at a time, and may die before and after each, twice in all. Of each
//! ledger a copy is made at any time, and may take its place at any later time. What the processes do is done by the
//! library (`library.rs`), on states and messages as bytes. What the ledger does is a table (`table.rs`) that answers as
//! [`polyseal::MemoryLedger`] does, or that has a fault.
//!
//! The search is a queue and a map (`search.rs`): a model checker as a dependency would need the same world, and brings a
//! web server.
//!
//! It does not have: parts that are sealed again, the passing of deadlines, more than one order, a full ledger, or a
//! delivery service with states of its own. `crates/world` has those, at random.

mod library;
mod search;
mod setting;
mod table;
mod terms;
mod world;

use polyseal_testing::campaign;
use search::explore;
use setting::{Careless, Cast, Finding, Restoring, Setting};
use table::Fault;

const SOUND: Setting =
    Setting { cast: Cast::TwoDeciders, crashes: 2, restoring: None, fault: Fault::None, careless: Careless::Never };

/// A copy takes the place of a ledger as the contract asks for it.
const RESTORED: Setting =
    Setting { restoring: Some(Restoring { marks: true, floor: true, by_the_books: true }), ..SOUND };

/// How many states there are, in all of which every property holds.
fn states(setting: Setting) -> usize {
    match explore(setting) {
        Ok(states) => states,
        Err(found) => panic!("{setting:?}: {found}"),
    }
}

/// Something is broken, and this is what the search finds first.
fn finds(setting: Setting, finding: Finding) {
    match explore(setting) {
        Ok(states) => panic!("{setting:?}: in {states} states nothing is found"),
        Err(found) => assert_eq!(found.finding, finding, "{setting:?}: {found}"),
    }
}

// The numbers of states are there to show that no search ends early: they follow from `world.rs`.

#[test]
fn one_ledger_makes_one_decision_one_settlement_and_one_dispatch() {
    assert_eq!(states(SOUND), 7_473);
    assert_eq!(states(Setting { cast: Cast::TwoDispatchers, ..SOUND }), 13_216);
}

#[test]
fn a_restored_ledger_with_a_mark_decides_nothing_again() {
    assert_eq!(states(RESTORED), 209_566);
}

#[test]
fn a_restored_ledger_with_a_mark_dispatches_nothing_again() {
    let (crashes, expected) = campaign((1, 85_732), (2, 407_899));
    assert_eq!(states(Setting { cast: Cast::TwoDispatchers, crashes, ..RESTORED }), expected);
}

#[test]
fn without_the_mark_or_a_look_into_the_books_it_happens_again() {
    let restored = |marks, floor, by_the_books| {
        let restoring = Some(Restoring { marks, floor, by_the_books });
        Setting { restoring, crashes: 0, ..SOUND }
    };
    finds(restored(false, false, true), Finding::AcceptedTwice);
    // The floor is compared with the end of settlement, which is to come.
    finds(restored(false, true, true), Finding::AcceptedTwice);
    // The mark keeps out what the copy forgot, not what it has in an older state.
    finds(restored(true, true, false), Finding::SettledTwice);
}

#[test]
fn every_unsound_ledger_is_found() {
    for (cast, fault, finding) in [
        (Cast::TwoDeciders, Fault::OverwritesOnInsert, Finding::AcceptedTwice),
        (Cast::TwoDeciders, Fault::IgnoresRevision, Finding::ContraryDecisions),
        (Cast::TwoDispatchers, Fault::IgnoresRevision, Finding::DispatchedOtherwise),
        (Cast::TwoDeciders, Fault::KeepsRevision, Finding::ContraryDecisions),
        // It never comes to a dispatch, whose record names the next revision.
        (Cast::TwoDispatchers, Fault::KeepsRevision, Finding::NoEnd),
        (Cast::TwoDeciders, Fault::AnswersDoneToTheLoser, Finding::ContraryDecisions),
        (Cast::TwoDispatchers, Fault::AnswersDoneToTheLoser, Finding::DispatchedOtherwise),
        (Cast::TwoDeciders, Fault::LooksThenWrites, Finding::AcceptedTwice),
        (Cast::TwoDeciders, Fault::AnswersTooEarly, Finding::AcceptedTwice),
        (Cast::TwoDeciders, Fault::ForgetsEarly, Finding::AcceptedTwice),
    ] {
        finds(Setting { cast, fault, ..SOUND }, finding);
    }
    for (fault, finding) in [
        (Fault::IgnoresTheMark, Finding::AcceptedBehindTheMark),
        // An approved order is refused for ever.
        (Fault::MarkHidesEntries, Finding::NoEnd),
    ] {
        finds(Setting { fault, crashes: 0, ..RESTORED }, finding);
    }
}

#[test]
fn every_careless_program_is_found() {
    finds(Setting { careless: Careless::Withdraws, ..SOUND }, Finding::WithdrawnTwice);
    finds(Setting { careless: Careless::OutlivesRestoring, crashes: 0, ..RESTORED }, Finding::ContraryDecisions);
}
