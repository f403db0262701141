//! The agent example, from outside: whatever the carrier of an order tries, the order arrives as it was, once.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

use common::Temporary;
use polyseal_testing_programs::built;
use serde_json::{Value, json};

static AGENT: LazyLock<PathBuf> = LazyLock::new(|| built("agent"));

fn run(args: &[&str]) -> Output {
    Command::new(&*AGENT).args(args).current_dir(std::env::temp_dir()).output().unwrap()
}

fn count(attempt: &Value) -> u64 {
    attempt["refused"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn every_attempt_is_refused_and_the_untouched_order_accepted_once() {
    let output = run(&["--json"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["untouched"], json!(["accepted", "known already, and not accepted again"]));
    assert_eq!(report["closed"], "cancelled");

    let attempts = report["attempts"].as_array().unwrap();
    let deeds: Vec<_> = attempts.iter().map(|attempt| attempt["deed"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["read", "read", "alter", "swap", "swap", "swap", "redirect", "redirect", "delay"]);
    // All values of the example's order but "2" and "K-17", and one refusal for each changed byte.
    assert_eq!(count(&attempts[0]), 11);
    assert_eq!(json!(count(&attempts[2])), report["bytes"]);
    for attempt in [&attempts[1..2], &attempts[3..]].concat() {
        assert_eq!(count(&attempt), 1, "{attempt}");
        let (reason, _) = attempt["refused"].as_object().unwrap().iter().next().unwrap();
        let expected = if attempt["deed"] == "delay" { "has expired" } else { "not authentic" };
        assert!(reason.contains(expected), "{attempt}");
    }
}

#[test]
fn the_text_names_the_refusals_and_bad_files_have_one_line() {
    let text = String::from_utf8(run(&[]).stdout).unwrap();
    for part in ["alter", "redirect", "not authentic", "has expired", "accepted\n", "known already"] {
        assert!(text.contains(part), "{text}");
    }
    for bad in ["no-such-file.json", concat!(env!("CARGO_MANIFEST_DIR"), "/data/form.json")] {
        let output = run(&["--order", bad]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), error.lines().count()), (Some(1), 0, 1), "{error}");
        assert!(error.contains(bad), "{error}");
    }
    // Whoever carries it, the seller holds the order against its list.
    let prices = Temporary::new(&json!({"K-17": "29.91 EUR"}));
    let error = String::from_utf8(run(&["--prices", prices.path()]).stderr).unwrap();
    assert!(error.contains("the seller relays nothing") && error.contains("make it 59.82 EUR"), "{error}");
    assert_eq!(run(&["--unknown"]).status.code(), Some(2));
    assert!(String::from_utf8(run(&["--help"]).stdout).unwrap().contains("--order"));
}

#[test]
fn an_order_of_many_lines_is_carried_as_well() {
    let file = |name| format!("{}/data/shop/{name}", env!("CARGO_MANIFEST_DIR"));
    let (order, form) = (file("order.json"), file("form.json"));
    let output = run(&["--json", "--order", &order, "--form", &form]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["untouched"], json!(["accepted", "known already, and not accepted again"]));
    assert_eq!(json!(count(&report["attempts"][2])), report["bytes"]);
    // What is wrong is wrong in one of the two files.
    let output = run(&["--order", &order, "--form", concat!(env!("CARGO_MANIFEST_DIR"), "/data/gateway.json")]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("data/gateway.json: ") && error.contains("\"gateway\""), "{error}");
}
