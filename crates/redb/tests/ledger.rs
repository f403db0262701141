//! A ledger in a file keeps the contract, and is never taken for another one.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use std::path::PathBuf;

use polyseal::ledger::contract::{self, Subject};
use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};
use polyseal_redb::{RedbError, RedbLedger};
use polyseal_testing_programs::Directory;

/// A ledger as the contract's test wants it: handles of one process on one database, which a crash closes and opens again.
struct InFile(PathBuf, Option<RedbLedger>);

const MOST: u64 = 60;

impl InFile {
    fn ledger(&self) -> &RedbLedger {
        self.1.as_ref().unwrap()
    }
}

impl Subject for InFile {
    type Ledger = RedbLedger;

    fn open(&mut self) -> RedbLedger {
        self.ledger().clone()
    }

    fn crash(&mut self) {
        // The database locks its file: the old one has to go before the new one comes.
        self.1 = None;
        self.1 = Some(RedbLedger::open(&self.0, MOST).unwrap());
    }

    fn raise_floor(&mut self, floor: u64) -> bool {
        self.ledger().raise_floor(floor).unwrap();
        true
    }

    fn refuse_issued_before(&mut self, mark: u64) -> bool {
        self.ledger().refuse_issued_before(mark).unwrap();
        true
    }

    fn room(&self) -> Option<usize> {
        Some(usize::try_from(MOST - self.ledger().len().unwrap()).unwrap())
    }

    fn stage(&mut self, key: &LedgerKey) -> Option<String> {
        // The test's stages are all open.
        let open = self.ledger().open_orders(u64::MAX).unwrap();
        open.into_iter().find(|order| order.key == *key).map(|order| order.stage)
    }
}

fn key(first: u8) -> LedgerKey {
    let mut digest = [0; 32];
    digest[0] = first;
    let owner = Identifier::new("shop.example").unwrap();
    LedgerKey { owner, role: Role::SELLER, digest: OrderDigest::from_bytes(digest) }
}

#[test]
fn a_ledger_in_a_file_keeps_the_contract() {
    let dir = Directory::new();
    let path = dir.0.join("ledger.redb");
    let ledger = RedbLedger::create(&path, MOST, 0).unwrap();
    contract::check(&mut InFile(path, Some(ledger))).unwrap();
}

#[test]
fn a_ledger_that_is_not_there_is_not_an_empty_one() {
    let dir = Directory::new();
    let path = dir.0.join("ledger.redb");
    assert!(matches!(RedbLedger::open(&path, 2), Err(RedbError::Storage(_))));
    drop(RedbLedger::create(&path, 2, 7).unwrap());
    assert!(RedbLedger::create(&path, 2, 0).is_err(), "a ledger that is there is not made anew");
    for (issued_at, answer) in [(6, Filed::BelowFloor), (7, Filed::Done)] {
        let record =
            Record { key: &key(0), issued_at, expires: 9, stage: "received", change: Change::Insert { state: b"a" } };
        assert_eq!(RedbLedger::open(&path, 2).unwrap().file(&record).unwrap(), answer);
    }
}

#[test]
fn what_is_forgotten_is_gone_and_what_is_not_stays() {
    let dir = Directory::new();
    let path = dir.0.join("ledger.redb");
    let mut ledger = RedbLedger::create(&path, 10, 0).unwrap();
    for expires in 1..=4 {
        let key = key(expires);
        let record = Record {
            key: &key,
            issued_at: 0,
            expires: expires.into(),
            stage: "received",
            change: Change::Insert { state: b"a" },
        };
        assert_eq!(ledger.file(&record).unwrap(), Filed::Done);
    }
    ledger.raise_floor(3).unwrap();
    assert_eq!(ledger.len().unwrap(), 2);
    ledger.raise_floor(2).unwrap();
    drop(ledger);
    let mut ledger = RedbLedger::open(&path, 10).unwrap();
    let absent =
        Record { key: &key(2), issued_at: 0, expires: 2, stage: "received", change: Change::Insert { state: b"a" } };
    assert_eq!(ledger.file(&absent).unwrap(), Filed::BelowFloor);
    assert!(!ledger.is_empty().unwrap());
}

#[test]
fn open_orders_are_found_by_stage_and_age() {
    let dir = Directory::new();
    let mut ledger = RedbLedger::create(&dir.0.join("ledger.redb"), 10, 0).unwrap();
    let stages = ["received", "approved", "delivered", "declined", "cancelled", "failed"];
    for (number, stage) in (0..).zip(stages) {
        let (key, issued_at) = (key(number), 100 - u64::from(number));
        let record = Record { key: &key, issued_at, expires: 200, stage, change: Change::Insert { state: b"a" } };
        assert_eq!(ledger.file(&record).unwrap(), Filed::Done);
    }
    let open = |before| {
        let orders = ledger.open_orders(before).unwrap();
        orders.into_iter().map(|order| (order.key, order.stage, order.issued_at, order.expires)).collect::<Vec<_>>()
    };
    let order = |number, stage: &str, issued_at| (key(number), stage.to_owned(), issued_at, 200);
    assert_eq!(open(100), [order(5, "failed", 95), order(1, "approved", 99)]);
    assert_eq!(open(101).len(), 3);
    assert_eq!(open(95), []);
    // A step moves the order on.
    let (key, change) = (key(5), Change::Replace { current: 0, state: b"b" });
    let record = Record { key: &key, issued_at: 95, expires: 200, stage: "delivered", change };
    assert_eq!(ledger.clone().file(&record).unwrap(), Filed::Done);
    assert_eq!(open(100), [order(1, "approved", 99)]);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone_and_one_process() {
    use std::os::unix::fs::PermissionsExt;

    let dir = Directory::new();
    let path = dir.0.join("ledger.redb");
    let ledger = RedbLedger::create(&path, 2, 0).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let error = RedbLedger::open(&path, 2).unwrap_err();
    assert!(matches!(error, RedbError::Storage(_)) && error.to_string().contains("already open"), "{error}");
    drop(ledger);
    RedbLedger::open(&path, 2).unwrap();
}
