//! The ledger example and what happens to its directory.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test stops where it fails")]

use std::path::Path;
use std::process::Command;

use polyseal_examples::files;
use polyseal_testing_programs::{Directory, built};

/// What it prints, or its one line of complaint.
fn run(dir: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new(built("ledger")).arg("--dir").arg(dir).args(args).output().unwrap();
    let [said, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    if output.status.success() {
        assert!(complaint.is_empty(), "{complaint}");
        return Ok(said);
    }
    assert_eq!((output.status.code(), complaint.lines().count()), (Some(1), 1), "{complaint}");
    Err(complaint)
}

#[test]
fn what_is_lost_is_not_made_anew() {
    let dir = Directory::new();
    let first = run(&dir.0, &[]).unwrap();
    for lost in ["journal", "seller.redb", "card-manager.redb", "delivery-service.redb"] {
        let path = dir.0.join(lost);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let complaint = run(&dir.0, &[]).unwrap_err();
        assert!(complaint.contains("lost") && complaint.contains(".redb: "), "{complaint}");
        assert!(!path.exists(), "{lost}");
        std::fs::write(&path, whole).unwrap();
    }
    for damaged in ["2.envelope", "2.relay", "journal", "seed"] {
        let path = dir.0.join(damaged);
        let Ok(whole) = std::fs::read(&path) else { continue };
        std::fs::write(&path, "garbage\n").unwrap();
        let complaint = run(&dir.0, &[]).unwrap_err();
        assert!(complaint.contains(damaged), "{complaint}");
        std::fs::write(&path, whole).unwrap();
    }
    assert_eq!(run(&dir.0, &[]).unwrap(), first);
}

#[test]
fn what_a_first_start_left_is_gone_on_with() {
    let dir = Directory::new();
    // It ended with two of three ledgers, and one that was being made.
    run(&dir.0, &[]).unwrap();
    let other = Directory::new();
    std::fs::copy(dir.0.join("seed"), other.0.join("seed")).unwrap();
    std::fs::write(other.0.join(".0123456789abcdef.unfinished"), "half").unwrap();
    drop(polyseal_redb::RedbLedger::create(&other.0.join("seller.redb"), 9, 0).unwrap());
    run(&other.0, &[]).unwrap();
    assert!(!other.0.join(".0123456789abcdef.unfinished").exists());
}

#[test]
fn a_directory_is_one_process_s_alone() {
    let dir = Directory::new();
    let lock = files::lock(&dir.0).unwrap();
    assert!(run(&dir.0, &[]).unwrap_err().contains("another process is at work"));
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 1);
    drop(lock);
    run(&dir.0, &["--orders", "1"]).unwrap();
    assert!(run(&dir.0, &["--seed", "2"]).unwrap_err().contains("seed: this was made with --seed 1"));
}
