//! The labels of a campaign's report are those in the library's source.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;

use world::report::{LABELS, OWN};

/// The errors with which the library refuses a message or a step, and those within them.
const ERRORS: [&str; 9] = [
    "domain.rs",
    "error/receive.rs",
    "error/send.rs",
    "fault.rs",
    "key/error.rs",
    "ledger/error.rs",
    "policy.rs",
    "policy/disclosure.rs",
    "wire/error.rs",
];

/// The texts in the body of the function that gives an error's label.
fn labels(file: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src").join(file);
    let source = std::fs::read_to_string(&path).unwrap();
    let (_, body) = source.split_once("fn label(&self) -> &'static str {").unwrap();
    let (body, _) = body.split_once("\n    }\n").unwrap();
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_report_knows_every_label_of_a_refusal() {
    let in_source: BTreeSet<String> = ERRORS.iter().flat_map(|file| labels(file)).collect();
    let listed: BTreeSet<String> = LABELS.iter().map(|label| (*label).to_owned()).collect();
    assert_eq!(listed, in_source);
    assert!(OWN.iter().all(|own| !in_source.contains(*own)));
}
