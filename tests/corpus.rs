//! The fuzzer's properties, held against its corpus: `fuzz/README.md`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;
#[path = "../fuzz/properties/mod.rs"]
mod properties;

use std::fs;
use std::path::PathBuf;

use properties::TARGETS;
use properties::honest::Honest;

fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

#[test]
fn the_corpus_holds() {
    for (target, property) in TARGETS {
        let files = fs::read_dir(corpus(target)).unwrap().map(|file| file.unwrap().path());
        let accepted = files.filter(|file| property(&fs::read(file).unwrap())).count();
        assert!(accepted > 0, "{target}: nothing in its corpus is accepted any more");
    }
}

#[test]
fn what_the_fuzzer_starts_from_holds() {
    for (target, name, bytes) in Honest::get().seeds() {
        let (_, property) = TARGETS.iter().find(|(known, _)| *known == target).unwrap();
        assert!(property(&bytes) || name.starts_with("edit-"), "{target}/{name}");
    }
}

#[test]
#[ignore = "writes what the fuzzer starts from into its corpus"]
fn write() {
    for (target, name, bytes) in Honest::get().seeds() {
        fs::create_dir_all(corpus(target)).unwrap();
        fs::write(corpus(target).join(name), bytes).unwrap();
    }
}
