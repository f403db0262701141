//! The ledger example with an order from a file.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test stops where it fails")]

use std::process::{Command, Output};

use polyseal_testing_programs::{Directory, built};

fn data(name: &str) -> String {
    format!("{}/../data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn run(dir: &Directory, args: &[&str]) -> Output {
    Command::new(built("ledger")).arg("--dir").arg(&dir.0).args(args).output().unwrap()
}

#[test]
fn an_order_of_many_lines_is_bought_again_and_again() {
    let (dir, order, form) = (Directory::new(), data("shop/order.json"), data("shop/form.json"));
    let args = ["--orders", "2", "--order", &order, "--form", &form];
    let [first, again] = [(); 2].map(|()| run(&dir, &args));
    assert!(first.status.success() && first.stderr.is_empty(), "{first:?}");
    assert_eq!(first.stdout, again.stdout);
    let text = String::from_utf8(first.stdout).unwrap();
    assert!(text.starts_with("order 1 ") && text.contains("\norder 2 ") && text.contains("seller 2,"), "{text}");
}

#[test]
fn the_bank_pays_with_the_cards_that_it_knows() {
    let dir = Directory::new();
    let cards = dir.0.join("no-cards.json");
    std::fs::write(&cards, "[]").unwrap();
    let output = run(&dir, &["--orders", "16", "--cards", cards.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.matches("declined\n").count() == 16, "{text}");
    let known = Directory::new();
    let text = String::from_utf8(run(&known, &["--orders", "16"]).stdout).unwrap();
    assert!(text.contains("delivered\n"), "{text}");
}

#[test]
fn an_order_that_differs_from_the_price_list_is_not_relayed() {
    let dir = Directory::new();
    let prices = dir.0.join("prices.json");
    std::fs::write(&prices, r#"{"K-17": "29.91 EUR"}"#).unwrap();
    // Again and again.
    for _ in 0..2 {
        let output = run(&dir, &["--order", &data("order.json"), "--prices", prices.to_str().unwrap()]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), error.lines().count()), (Some(1), 0, 1), "{error}");
        assert!(error.contains("the seller relays nothing") && error.contains("make it 59.82 EUR"), "{error}");
    }
    assert!(!dir.0.join("1.relay").exists());
    // It does not stay open: both know that it is cancelled, and nothing is paid.
    let journal = std::fs::read_to_string(dir.0.join("journal")).unwrap();
    let deeds: Vec<_> = journal.lines().filter_map(|line| Some(line.split_once(' ')?.1.rsplit_once(' ')?.0)).collect();
    assert_eq!(deeds, ["accepted seller", "demand 1 granted", "finished cancelled"]);
}

/// The ledgers forget what has expired, and nothing is done once more.
#[test]
fn orders_are_done_long_afterwards() {
    let dir = Directory::new();
    let [begun, later] = ["1800000000", "1803456000"].map(|now| ["--orders", "4", "--now", now]);
    let first = String::from_utf8(run(&dir, &begun).stdout).unwrap();
    assert_eq!(first.lines().count(), 5, "{first}");
    let journal = || std::fs::read_to_string(dir.0.join("journal")).unwrap();
    let deeds = journal();
    let output = run(&dir, &later);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let again = String::from_utf8(output.stdout).unwrap();
    let ends = |text: &str| text.lines().take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(ends(&again), ends(&first));
    assert_eq!(journal(), deeds);
}

#[test]
fn an_order_that_was_never_taken_ends() {
    let dir = Directory::new();
    let first = run(&dir, &["--orders", "1", "--now", "1800000000"]);
    assert!(first.status.success(), "{first:?}");
    let elsewhere = Directory::new();
    for name in ["seed", "1.envelope"] {
        std::fs::copy(dir.0.join(name), elsewhere.0.join(name)).unwrap();
    }
    let text = String::from_utf8(run(&elsewhere, &["--orders", "1", "--now", "1803456000"]).stdout).unwrap();
    assert!(text.contains(" expired\n"), "{text}");
}

#[test]
fn a_journal_that_was_emptied_is_no_new_one() {
    let dir = Directory::new();
    assert!(run(&dir, &["--orders", "1"]).status.success());
    std::fs::write(dir.0.join("journal"), "").unwrap();
    let output = run(&dir, &["--orders", "1"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("journal: its first line is lost: it is damaged"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

/// A bank that is killed between its decision and the line about it notes that when it is asked again.
#[test]
fn a_refusal_is_noted_whenever_a_crash_came() {
    let dir = Directory::new();
    let cards = dir.0.join("no-cards.json");
    std::fs::write(&cards, "[]").unwrap();
    let args = ["--orders", "1", "--cards", cards.to_str().unwrap()];
    assert!(run(&dir, &args).status.success());
    let journal = || std::fs::read_to_string(dir.0.join("journal")).unwrap();
    let is_refusal = |line: &&str| line.contains(" decided declined ");
    let others: String = journal().lines().filter(|line| !is_refusal(line)).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(dir.0.join("journal"), others).unwrap();
    assert!(run(&dir, &args).status.success());
    assert_eq!(journal().lines().filter(is_refusal).count(), 1);
}
