//! Two thousand orders, each sent four times, while processes are killed, the database crashes, an epoch is rolled and a
//! customer is revoked: nothing is done twice, nothing is lost, every order ends.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where its expectation fails")]

use core::time::Duration;
use std::process::{Command, Stdio};

use serde_json::Value;

fn cluster(arguments: &[&str]) -> Option<Value> {
    if !polyseal_testing_postgres::is_installed() {
        return None;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    let output = command.arg("--json").args(arguments).stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn nothing_is_done_twice_or_lost_whatever_is_killed() {
    let arguments = [
        "--orders",
        "2000",
        "--kill-every",
        "48",
        "--crash-database",
        "3",
        "--roll-epoch",
        "--revoke",
        "--refund",
        "10",
    ];
    let Some(report) = cluster(&arguments) else { return };
    let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("{name}: {report:#}"));
    assert_eq!(report.get("wrong"), Some(&Value::Array(Vec::new())), "{report:#}");
    assert_eq!(count("orders"), 2000);
    assert!(count("kills") >= 40 && count("crashes") == 3, "{report:#}");
    assert!(count("declined") > 0 && count("revoked") > 0 && count("refunds") > 0, "{report:#}");
    assert_eq!(count("delivered") + count("declined") + count("revoked"), 2000, "{report:#}");
    // A customer's order may have come through before the customer was revoked, and not been told.
    assert!(count("withdrawals") >= count("delivered") && count("deliveries") >= count("delivered"), "{report:#}");
}

#[test]
fn a_picture_takes_the_place_of_no_file() {
    let file = std::env::temp_dir().join(format!("polyseal-cluster-{}.svg", std::process::id()));
    std::fs::write(&file, "mine").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    let output = command.args(["--orders", "1", "--svg"]).arg(&file).output().unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(!output.status.success() && kept == "mine", "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whenever it is interrupted, also while the database is being made: nothing of it is left.
#[test]
fn an_interrupt_leaves_nothing_behind() {
    if !polyseal_testing_postgres::is_installed() {
        return;
    }
    for milliseconds in [500, 1500, 4000] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
        let cluster = command.args(["--orders", "100000"]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let id = cluster.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let output = cluster.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "after {milliseconds} ms: {errors}");
        assert_eq!(errors, "error: interrupted: all of it is ended\n", "after {milliseconds} ms");
        let begin = format!("polyseal-pg-{id}-");
        let mut left = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!left.any(|name| name.to_string_lossy().starts_with(&begin)), "after {milliseconds} ms");
    }
}
