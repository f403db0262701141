//! A file that was cut, or of which bits were flipped: it is refused in one line, or everything in it is as it was filed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use std::path::{Path, PathBuf};

use polyseal::ledger::{Change, Filed, Ledger, LedgerKey, Record};
use polyseal::message::OrderDigest;
use polyseal::rand_core::Rng;
use polyseal::{Identifier, Role};
use polyseal_redb::{RedbError, RedbLedger};
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::Directory;

const ORDERS: u8 = 24;

fn key(number: u8) -> LedgerKey {
    let owner = Identifier::new("shop.example").unwrap();
    LedgerKey { owner, role: Role::SELLER, digest: OrderDigest::from_bytes([number; 32]) }
}

fn state(number: u8) -> Vec<u8> {
    vec![number; 200 * usize::from(number)]
}

fn file(ledger: &mut RedbLedger, number: u8, change: Change<'_>) -> Result<Filed, RedbError> {
    ledger.file(&Record { key: &key(number), issued_at: 5, expires: 9, stage: "received", change })
}

/// A sound file, and where another one may be made.
fn sound(dir: &Directory) -> (Vec<u8>, PathBuf) {
    let path = dir.0.join("sound.redb");
    let mut ledger = RedbLedger::create(&path, 1_000, 3).unwrap();
    for number in 0..ORDERS {
        assert_eq!(file(&mut ledger, number, Change::Insert { state: &state(number) }).unwrap(), Filed::Done);
    }
    ledger.raise_floor(7).unwrap();
    drop(ledger);
    (std::fs::read(path).unwrap(), dir.0.join("damaged.redb"))
}

/// What became of a damaged file.
#[derive(Default, Debug)]
struct Tally {
    refused: u32,
    unharmed: u32,
}

impl Tally {
    /// Opens a ledger in these bytes, and goes through it.
    fn take(&mut self, path: &Path, bytes: &[u8], what: &str) {
        std::fs::write(path, bytes).unwrap();
        match read(path) {
            Ok(()) => self.unharmed += 1,
            Err(error) => {
                assert!(matches!(error, RedbError::Damaged(_)), "{what}: {error:?}");
                let text = error.to_string();
                assert!(text.lines().count() == 1 && text.starts_with("the file is damaged or no ledger: "), "{text}");
                self.refused += 1;
            }
        }
    }
}

/// Whatever a ledger answers, it answers what was filed.
fn read(path: &Path) -> Result<(), RedbError> {
    let mut ledger = RedbLedger::open(path, 1_000)?;
    for number in 0..ORDERS {
        let found = Filed::Found(state(number).into());
        assert!(file(&mut ledger, number, Change::LookUp)? == found, "order {number} is lost, or another one");
    }
    assert_eq!(ledger.len()?, u64::from(ORDERS));
    for number in 0..2 {
        assert_eq!(file(&mut ledger, number, Change::Replace { current: 0, state: b"next" })?, Filed::Done);
    }
    let old = Record {
        key: &key(100),
        issued_at: 5,
        expires: 6,
        stage: "received",
        change: Change::Insert { state: b"old" },
    };
    assert_eq!(ledger.file(&old)?, Filed::BelowFloor);
    let early = Record { issued_at: 2, expires: 9, ..old };
    assert_eq!(ledger.file(&early)?, Filed::BelowFloor);
    assert_eq!(file(&mut ledger, 101, Change::Insert { state: b"new" })?, Filed::Done);
    ledger.raise_floor(8)
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let dir = Directory::new();
    let (sound, path) = sound(&dir);
    let mut tally = Tally::default();
    let step = sound.len() / campaign(300, 3_000);
    let lengths = (0..400).step_by(13).chain((400..sound.len()).step_by(step));
    for length in lengths.chain([sound.len() - 1]) {
        tally.take(&path, &sound[..length], &format!("cut to {length}"));
    }
    assert!(tally.unharmed == 0 && tally.refused > 300, "{tally:?}");
}

#[test]
fn of_a_file_with_flipped_bits_nothing_is_lost_without_a_word() {
    let dir = Directory::new();
    let (sound, path) = sound(&dir);
    let (mut tally, mut rng) = (Tally::default(), Repeatable(1));
    let mut flip = |at: usize, bit: u32| {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (bit % 8);
        tally.take(&path, &bytes, &format!("bit {bit} of byte {at}"));
    };
    // The head of the file, and then pages and what is between them.
    for at in 0..320 {
        flip(at, rng.next_u32());
    }
    for _ in 0..campaign(2_000, 20_000) {
        let at = usize::try_from(rng.next_u64() % u64::try_from(sound.len()).unwrap()).unwrap();
        flip(at, rng.next_u32());
    }
    assert!(tally.unharmed > 100 && tally.refused > 300, "{tally:?}");
}

/// What a process leaves that is killed: the crate's documentation says of which bit there is no sum.
#[test]
fn of_a_file_left_open_one_bit_takes_back_the_last_commit_and_no_other_anything() {
    let dir = Directory::new();
    let (path, damaged) = (dir.0.join("open.redb"), dir.0.join("damaged.redb"));
    let mut ledger = RedbLedger::create(&path, 1_000, 3).unwrap();
    for number in 0..=ORDERS {
        assert_eq!(file(&mut ledger, number, Change::Insert { state: &state(number) }).unwrap(), Filed::Done);
    }
    let left = std::fs::read(&path).unwrap();
    drop(ledger);
    let held = |bytes: &[u8]| -> Result<Vec<bool>, RedbError> {
        std::fs::write(&damaged, bytes).unwrap();
        let mut ledger = RedbLedger::open(&damaged, 1_000)?;
        let found = |number| Ok(file(&mut ledger, number, Change::LookUp)? == Filed::Found(state(number).into()));
        (0..=ORDERS).map(found).collect()
    };
    assert!(held(&left).unwrap().iter().all(|is_there| *is_there));
    let mut rng = Repeatable(1);
    let bits = (0..320).map(|at| (at, rng.next_u32() % 8)).chain((0..8).map(|bit| (9, bit)));
    let (mut refused, mut unharmed, mut taken_back) = (0, 0, Vec::new());
    for (at, bit) in bits {
        let mut bytes = left.clone();
        bytes[at] ^= 1 << bit;
        match held(&bytes) {
            Err(error) => {
                assert!(matches!(error, RedbError::Damaged(_)), "bit {bit} of byte {at}: {error:?}");
                refused += 1;
            }
            Ok(found) => {
                let (last, others) = found.split_last().unwrap();
                assert!(others.iter().all(|is_there| *is_there), "bit {bit} of byte {at}");
                if *last { unharmed += 1 } else { taken_back.push((at, bit)) }
            }
        }
    }
    taken_back.dedup();
    assert_eq!(taken_back, [(9, 0)]);
    assert!(refused > 20 && unharmed > 20, "{refused} {unharmed}");
}

#[test]
fn what_was_never_a_ledger_is_refused() {
    let dir = Directory::new();
    let path = dir.0.join("other");
    for bytes in [&b""[..], b"not a ledger", &[0; 5_000], &[0xff; 5_000]] {
        Tally::default().take(&path, bytes, "another file");
        assert!(RedbLedger::open(&path, 1).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it is");
    }
}
