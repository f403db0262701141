//! The simple example, from outside: it goes from the shares to the delivery.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test stops where it fails")]

use std::process::Command;

use polyseal_testing_programs::built;

#[test]
fn the_order_is_delivered() {
    let output = Command::new(built("simple")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{text}");
    for part in
        ["seller reads 9 fields", "card manager reads 11 fields", "withdraws 59.80 EUR", "reads 6 fields, and delivers"]
    {
        assert!(text.contains(part), "{text}");
    }
}
