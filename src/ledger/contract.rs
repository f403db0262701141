//! A test of [the ledger's contract](super), to be run against your own ledger.
//!
//! ```
//! use polyseal::MemoryLedger;
//! use polyseal::ledger::contract::{self, Subject};
//!
//! // A ledger in memory has one handle and survives nothing. The package `polyseal-redb` has a test of one that does.
//! # use {polyseal::ledger::{Filed, Ledger, Record}, std::sync::{Arc, Mutex}};
//! #[derive(Clone)]
//! struct Shared(Arc<Mutex<MemoryLedger>>);
//!
//! # impl Ledger for Shared {
//! #     type Error = core::convert::Infallible;
//! #     fn file(&mut self, record: &Record<'_>) -> Result<Filed, Self::Error> { self.0.lock().unwrap().file(record) }
//! # }
//! impl Subject for Shared {
//!     type Ledger = Shared;
//!
//!     fn open(&mut self) -> Shared {
//!         self.clone()
//!     }
//!
//!     fn raise_floor(&mut self, floor: u64) -> bool {
//!         self.0.lock().unwrap().raise_floor(floor);
//!         true
//!     }
//!
//!     fn refuse_issued_before(&mut self, mark: u64) -> bool {
//!         self.0.lock().unwrap().refuse_issued_before(mark);
//!         true
//!     }
//!
//!     fn room(&self) -> Option<usize> {
//!         Some(100 - self.0.lock().unwrap().len())
//!     }
//! }
//!
//! contract::check(&mut Shared(Arc::new(Mutex::new(MemoryLedger::new(100))))).unwrap();
//! ```

mod asking;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Change, Filed, Ledger, LedgerKey};
use crate::identifier::Identifier;
use crate::limits;
use crate::message::OrderDigest;
use crate::name::Role;
use asking::{expect, expect_record, found, key, record, violation};

/// A ledger under test, empty at first.
pub trait Subject {
    /// A handle on the ledger, as one process or one thread has it.
    type Ledger: Ledger + Send;

    /// Another handle on the same ledger.
    fn open(&mut self) -> Self::Ledger;

    /// Ends the process abruptly, as far as that can be had, and starts anew: what was answered with `Done` must be there.
    /// All handles are dropped before this is called.
    fn crash(&mut self) {}

    /// Raises the floor, and returns whether the ledger has one.
    fn raise_floor(&mut self, _floor: u64) -> bool {
        false
    }

    /// Sets the mark, and returns whether the ledger has one.
    fn refuse_issued_before(&mut self, _mark: u64) -> bool {
        false
    }

    /// The stage that the ledger has for a key; `None` if it leaves stages out.
    fn stage(&mut self, _key: &LedgerKey) -> Option<String> {
        None
    }

    /// How many more orders there is room for, if the ledger is bounded. Keep it below some thousands for the test.
    fn room(&self) -> Option<usize> {
        None
    }
}

/// How a ledger broke its contract.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Violation {}

/// How many threads race, and how often.
const RACERS: u8 = 4;
const RACES: u8 = 16;

/// When the orders of most records were issued, and the last second through which they are kept.
const ISSUED_AT: u64 = 1_900_000_000;
const EXPIRES: u64 = 2_000_000_000;

/// Checks inserts, look-ups, replacements, keys, stages, races, crashes, the floor, the mark and the bound, in this order.
///
/// # Errors
///
/// [`Violation`], with what was asked, expected and answered.
pub fn check<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    entries(&mut subject.open())?;
    keys(&mut subject.open())?;
    stages(subject)?;
    races(subject)?;
    crashes(subject)?;
    floor(subject)?;
    mark(subject)?;
    bound(subject)
}

fn entries<L: Ledger>(ledger: &mut L) -> Result<(), Violation> {
    let key = key(1, 0);
    expect(ledger, &key, Change::LookUp, &Filed::Absent)?;
    expect(ledger, &key, Change::Replace { current: 0, state: b"b" }, &Filed::Absent)?;
    expect(ledger, &key, Change::Insert { state: b"a" }, &Filed::Done)?;
    expect(ledger, &key, Change::Insert { state: b"b" }, &found(b"a"))?;
    expect(ledger, &key, Change::Replace { current: 1, state: b"b" }, &found(b"a"))?;
    expect(ledger, &key, Change::Replace { current: 0, state: b"b" }, &Filed::Done)?;
    // The state of an earlier revision is not taken for the present one, even where the bytes are the same.
    expect(ledger, &key, Change::Replace { current: 0, state: b"c" }, &found(b"b"))?;
    expect(ledger, &key, Change::Replace { current: 1, state: b"a" }, &Filed::Done)?;
    expect(ledger, &key, Change::Replace { current: 0, state: b"c" }, &found(b"a"))?;
    expect(ledger, &key, Change::Insert { state: b"c" }, &found(b"a"))?;
    expect(ledger, &key, Change::LookUp, &found(b"a"))?;
    // A large state, of every byte.
    let large: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    expect(ledger, &key, Change::Replace { current: 2, state: &large }, &Filed::Done)?;
    expect(ledger, &key, Change::LookUp, &found(&large))
}

/// Each part of a key counts, whole.
fn keys<L: Ledger>(ledger: &mut L) -> Result<(), Violation> {
    let base = key(2, 0);
    let longest = Identifier::new([0; limits::IDENTIFIER]);
    let owners = [Identifier::new("owner"), Identifier::new("Owner"), Identifier::new("owner\0"), longest];
    let roles = [Role::CARD_MANAGER, Role::new(&"r".repeat(limits::NAME)).unwrap_or(Role::SELLER)];
    let others = owners.into_iter().flatten().map(|owner| LedgerKey { owner, ..base.clone() });
    let others = others.chain(roles.map(|role| LedgerKey { role, ..base.clone() })).chain([key(2, 1), key(3, 0)]);
    let others: Vec<_> = others.collect();
    expect(ledger, &base, Change::Insert { state: b"base" }, &Filed::Done)?;
    for (place, other) in others.iter().enumerate() {
        let state = format!("state {place}");
        expect(ledger, other, Change::LookUp, &Filed::Absent)?;
        expect(ledger, other, Change::Insert { state: state.as_bytes() }, &Filed::Done)?;
        expect(ledger, other, Change::LookUp, &found(state.as_bytes()))?;
    }
    expect(ledger, &base, Change::LookUp, &found(b"base"))?;
    // Nor does a change of one of them reach another.
    expect(ledger, &base, Change::Replace { current: 0, state: b"changed" }, &Filed::Done)?;
    for (place, other) in others.iter().enumerate() {
        expect(ledger, other, Change::LookUp, &found(format!("state {place}").as_bytes()))?;
        expect(ledger, other, Change::Replace { current: 0, state: b"changed as well" }, &Filed::Done)?;
        expect(ledger, &base, Change::LookUp, &found(b"changed"))?;
    }
    Ok(())
}

/// A stage is kept whole, and changes when the state does.
fn stages<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    let key = key(9, 0);
    let (insert, replace) = (Change::Insert { state: b"a" }, Change::Replace { current: 0, state: b"b" });
    let mut kept = None;
    for (change, expected, is_change) in [
        (insert, Filed::Done, true),
        (insert, found(b"a"), false),
        (Change::LookUp, found(b"a"), false),
        (replace, Filed::Done, true),
        (replace, found(b"b"), false),
        (insert, found(b"b"), false),
        (Change::LookUp, found(b"b"), false),
    ] {
        let record = record(&key, (ISSUED_AT, EXPIRES), change);
        expect_record(&mut subject.open(), &record, &expected)?;
        if is_change {
            kept = Some(record.stage);
        }
        match subject.stage(&key) {
            // It leaves stages out.
            None if change == insert && is_change => return Ok(()),
            stage if stage.as_deref() == kept => {}
            stage => return Err(Violation(format!("after {change:?} the stage is to be {kept:?}, not {stage:?}"))),
        }
    }
    Ok(())
}

/// If several race, on threads and handles of their own, one is first, and the others find its state.
fn races<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    for race in 0..RACES {
        let key = key(4, race);
        race_for(subject, &key, |state| Change::Insert { state })?;
        race_for(subject, &key, |state| Change::Replace { current: 0, state })?;
    }
    Ok(())
}

fn race_for<S: Subject>(
    subject: &mut S,
    key: &LedgerKey,
    change: impl for<'s> Fn(&'s [u8]) -> Change<'s> + Sync,
) -> Result<(), Violation> {
    let handles: Vec<_> = (0..RACERS).map(|racer| (racer, subject.open())).collect();
    let change = &change;
    let answers: Vec<_> = std::thread::scope(|scope| {
        let run = |(racer, mut handle): (u8, S::Ledger)| {
            scope.spawn(move || {
                let state = [racer; 64];
                let record = record(key, (ISSUED_AT, EXPIRES), change(&state));
                // Databases let one of two transactions fail: it is tried again, and must then find the other's state.
                let mut tries = (0..100).map(|_| handle.file(&record));
                (racer, tries.find_map(Result::ok))
            })
        };
        let racers: Vec<_> = handles.into_iter().map(run).collect();
        racers.into_iter().filter_map(|racer| racer.join().ok()).collect()
    });
    let mut winners = answers.iter().filter(|(_, answer)| *answer == Some(Filed::Done));
    let (Some((winner, _)), None) = (winners.next(), winners.next()) else {
        return Err(Violation(format!("of {RACERS} that race for {key:?}, exactly one is to be first: {answers:?}")));
    };
    let state = found(&[*winner; 64]);
    match answers.iter().find(|(racer, answer)| racer != winner && answer.as_ref() != Some(&state)) {
        Some((_, answer)) => Err(Violation(format!("the loser is to find the winner's state, not {answer:?}"))),
        None => expect(&mut subject.open(), key, Change::LookUp, &state),
    }
}

fn crashes<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    let key = key(5, 0);
    expect(&mut subject.open(), &key, Change::Insert { state: b"a" }, &Filed::Done)?;
    subject.crash();
    expect(&mut subject.open(), &key, Change::LookUp, &found(b"a"))?;
    expect(&mut subject.open(), &key, Change::Replace { current: 0, state: b"b" }, &Filed::Done)?;
    subject.crash();
    expect(&mut subject.open(), &key, Change::Replace { current: 0, state: b"c" }, &found(b"b"))?;
    expect(&mut subject.open(), &key, Change::Replace { current: 1, state: b"c" }, &Filed::Done)
}

fn floor<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    let until = |expires, change, expected: Filed, subject: &mut S, key: &LedgerKey| {
        expect_record(&mut subject.open(), &record(key, (0, expires), change), &expected)
    };
    let (old, kept, new, longer) = (key(6, 0), key(6, 1), key(6, 2), key(6, 4));
    until(1_000, Change::Insert { state: b"old" }, Filed::Done, subject, &old)?;
    until(2_000, Change::Insert { state: b"kept" }, Filed::Done, subject, &kept)?;
    // What is replaced is kept as long as before, and longer if the new record says so.
    until(2_000, Change::Replace { current: 0, state: b"kept on" }, Filed::Done, subject, &kept)?;
    until(1_000, Change::Insert { state: b"old" }, Filed::Done, subject, &longer)?;
    until(2_000, Change::Replace { current: 0, state: b"longer" }, Filed::Done, subject, &longer)?;
    if !subject.raise_floor(2_000) {
        return Ok(());
    }
    until(1_999, Change::Insert { state: b"new" }, Filed::BelowFloor, subject, &new)?;
    until(2_000, Change::Insert { state: b"new" }, Filed::Done, subject, &new)?;
    until(2_000, Change::LookUp, found(b"kept on"), subject, &kept)?;
    until(2_000, Change::LookUp, found(b"longer"), subject, &longer)?;
    // It may be deleted, or not yet; it is never taken for new.
    let record = record(&old, (0, 1_000), Change::Insert { state: b"again" });
    match subject.open().file(&record) {
        Ok(answer) if answer == Filed::BelowFloor || answer == found(b"old") => {}
        answer => return Err(violation(&record, "BelowFloor or Found(..)", &answer)),
    }
    subject.crash();
    until(1_999, Change::Insert { state: b"new" }, Filed::BelowFloor, subject, &key(6, 3))?;
    subject.raise_floor(1_500);
    until(1_999, Change::Insert { state: b"new" }, Filed::BelowFloor, subject, &key(6, 3))
}

/// The mark keeps out by the date of issue, however long an order is kept, and only what is not there.
fn mark<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    let filed = |subject: &mut S, key: &LedgerKey, issued_at, change, expected: Filed| {
        expect_record(&mut subject.open(), &record(key, (issued_at, EXPIRES), change), &expected)
    };
    let (known, lost, new) = (key(8, 0), key(8, 1), key(8, 2));
    let (insert, before, mark) = (Change::Insert { state: b"new" }, 1_899_999_999, ISSUED_AT);
    filed(subject, &known, before, Change::Insert { state: b"known" }, Filed::Done)?;
    if !subject.refuse_issued_before(mark) {
        return Ok(());
    }
    filed(subject, &lost, before, insert, Filed::BelowFloor)?;
    filed(subject, &lost, 0, insert, Filed::BelowFloor)?;
    filed(subject, &lost, before, Change::LookUp, Filed::Absent)?;
    filed(subject, &new, mark, insert, Filed::Done)?;
    // What is there goes on.
    filed(subject, &known, before, insert, found(b"known"))?;
    filed(subject, &known, before, Change::Replace { current: 0, state: b"next" }, Filed::Done)?;
    subject.crash();
    filed(subject, &lost, before, insert, Filed::BelowFloor)?;
    subject.refuse_issued_before(1_000);
    filed(subject, &lost, before, insert, Filed::BelowFloor)?;
    // The floor is another time.
    subject.raise_floor(2_500);
    filed(subject, &lost, before, insert, Filed::BelowFloor)
}

fn bound<S: Subject>(subject: &mut S) -> Result<(), Violation> {
    let Some(room) = subject.room() else { return Ok(()) };
    let mut ledger = subject.open();
    let key = |number: usize| {
        let mut digest = [7; 32];
        let (start, _) = digest.split_at_mut(size_of::<usize>());
        start.copy_from_slice(&number.to_be_bytes());
        LedgerKey { digest: OrderDigest::from_bytes(digest), ..key(7, 0) }
    };
    for number in 0..room {
        expect(&mut ledger, &key(number), Change::Insert { state: b"a" }, &Filed::Done)?;
    }
    let (first, one_too_many) = (key(0), key(room));
    expect(&mut ledger, &one_too_many, Change::Insert { state: b"b" }, &Filed::Full)?;
    if room > 0 {
        // What is there is found and replaced when there is no room, too.
        expect(&mut ledger, &first, Change::Insert { state: b"b" }, &found(b"a"))?;
        expect(&mut ledger, &first, Change::Replace { current: 0, state: b"b" }, &Filed::Done)?;
    }
    expect(&mut ledger, &one_too_many, Change::LookUp, &Filed::Absent)
}
