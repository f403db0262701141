//! What released versions have stored. `tests/files` has a file of each: the bytes of one ledger, written once by
//! `cargo test -p polyseal-redb --test versions -- --ignored`, and opened for good.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use polyseal::message::OrderDigest;
use polyseal::{Identifier, Role};
use polyseal_redb::{RedbError, RedbLedger};
use polyseal_testing_programs::Directory;
use redb::{Database, TableDefinition};

const FORMAT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("format");

/// The orders in it: role, date of issue, expiry, stage and state, as they were filed last. Each was filed as often as its
/// place says, beginning with one.
const ORDERS: [(Role, u64, u64, &str, &[u8]); 4] = [
    (Role::SELLER, 1_000, 5_000, "received", b"first"),
    (Role::CARD_MANAGER, 1_001, 5_001, "declined", b""),
    (Role::DELIVERY_SERVICE, 1_002, 5_002, "partly-delivered", &[0xff; 3_000]),
    (Role::SELLER, 1_003, 5_003, "refunding", b"\0last"),
];
const FLOOR: u64 = 4_000;
const MARK: u64 = 900;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

fn key(place: usize) -> LedgerKey {
    let owner = Identifier::new(format!("party{place}.example")).unwrap();
    let digest = OrderDigest::from_bytes([u8::try_from(place).unwrap(); 32]);
    LedgerKey { owner, role: ORDERS[place].0.clone(), digest }
}

/// What this version stores.
fn make(path: &Path) {
    let mut ledger = RedbLedger::create(path, 10, MARK).unwrap();
    for (place, &(_, issued_at, expires, stage, state)) in ORDERS.iter().enumerate() {
        let key = key(place);
        for revision in 0..=u64::try_from(place).unwrap() {
            let change = match revision.checked_sub(1) {
                None => Change::Insert { state },
                Some(current) => Change::Replace { current, state },
            };
            let record = Record { key: &key, issued_at, expires, stage, change };
            assert_eq!(ledger.file(&record).unwrap(), Filed::Done);
        }
    }
    ledger.raise_floor(FLOOR).unwrap();
}

/// Whatever was filed is found, and goes on; what was refused stays so.
fn goes_on(path: &Path) -> Result<(), RedbError> {
    let mut ledger = RedbLedger::open(path, 10)?;
    assert_eq!(ledger.len()?, 4);
    let open = ledger.open_orders(u64::MAX)?;
    let open: Vec<_> = open.into_iter().map(|order| (order.key, order.issued_at, order.expires, order.stage)).collect();
    let expected = [0, 2, 3].map(|place| (key(place), ORDERS[place].1, ORDERS[place].2, ORDERS[place].3.to_owned()));
    assert_eq!(open, expected);
    for (place, &(_, issued_at, expires, stage, state)) in ORDERS.iter().enumerate() {
        let key = key(place);
        let revision = u64::try_from(place).unwrap();
        let mut file = |change| ledger.file(&Record { key: &key, issued_at, expires, stage, change });
        assert_eq!(file(Change::LookUp)?, Filed::Found(state.to_vec().into()));
        assert_eq!(file(Change::Replace { current: revision + 1, state: b"no" })?, Filed::Found(state.to_vec().into()));
        assert_eq!(file(Change::Replace { current: revision, state: b"next" })?, Filed::Done);
        assert_eq!(file(Change::LookUp)?, Filed::Found(b"next".to_vec().into()));
    }
    let new = LedgerKey { digest: OrderDigest::from_bytes([9; 32]), ..key(0) };
    for (issued_at, expires, expected) in
        [(MARK - 1, FLOOR, Filed::BelowFloor), (MARK, FLOOR - 1, Filed::BelowFloor), (MARK, FLOOR, Filed::Done)]
    {
        let change = Change::Insert { state: b"new" };
        assert_eq!(ledger.file(&Record { key: &new, issued_at, expires, stage: "received", change })?, expected);
    }
    ledger.raise_floor(5_002)?;
    assert_eq!(ledger.len()?, 2);
    drop(ledger);
    assert_eq!(RedbLedger::open(path, 10)?.len()?, 2);
    Ok(())
}

#[test]
fn a_file_of_every_version_is_opened_and_goes_on() {
    let dir = Directory::new();
    let files: Vec<_> = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).collect();
    for stored in &files {
        let path = dir.0.join(stored.file_name().unwrap());
        fs::copy(stored, &path).unwrap();
        goes_on(&path).unwrap();
    }
    let made = dir.0.join("made");
    make(&made);
    goes_on(&made).unwrap();
    assert!(files.contains(&folder().join(env!("CARGO_PKG_VERSION"))), "this version has no file");
}

/// In words of its own, so that nobody takes it for damaged, whatever else there is in it.
#[test]
fn a_file_of_another_version_is_refused() {
    let dir = Directory::new();
    let path = dir.0.join("other");
    make(&path);
    for other in [2, u64::MAX, 0] {
        let database = Database::open(&path).unwrap();
        let change = database.begin_write().unwrap();
        change.open_table(FORMAT).unwrap().insert("version", other).unwrap();
        change.delete_table(TableDefinition::<&str, u64>::new("times")).unwrap();
        change.commit().unwrap();
        drop(database);
        let error = RedbLedger::open(&path, 10).unwrap_err();
        assert!(matches!(error, RedbError::Version(found) if found == other), "{error}");
        let expected = format!("the ledger's file is of version {other}, this package reads version 1");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
#[ignore = "it writes what this version stores, once"]
fn write_what_this_version_stores() {
    let path = folder().join(env!("CARGO_PKG_VERSION"));
    assert!(!path.exists(), "{} is written once", path.display());
    make(&path);
}
