//! The terminals example, once an order is placed: what expires, is withdrawn, cannot be delivered, is cancelled or
//! refunded. Nothing stays open.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::path::Path;

use common::{ROLES, Terminal, enrol, lines, run, succeeds, waits_for};
use polyseal_testing::example::Directory;
use serde_json::{Value, json};

/// Four terminals that are enrolled, and those that are open.
struct Place {
    dir: Directory,
    open: Vec<(&'static str, Terminal)>,
}

impl Place {
    fn new() -> Self {
        let dir = Directory::new();
        enrol(&dir.0, &[]);
        Self { dir, open: Vec::new() }
    }

    fn path(&self) -> &str {
        self.dir.0.to_str().unwrap()
    }

    fn opens(&mut self, role: &'static str, more: &[&str]) {
        let _ = std::fs::remove_file(self.dir.0.join("phone-book").join(role));
        self.open.push((role, Terminal::start_with(&self.dir.0, role, more)));
        waits_for(|| self.dir.0.join("phone-book").join(role).exists().then_some(()));
    }

    fn open_all(&mut self, roles: &[&'static str]) {
        for role in roles {
            self.opens(role, &[]);
        }
    }

    fn closes(&mut self, role: &str) {
        let place = self.open.iter().position(|(open, _)| *open == role).unwrap();
        assert!(self.open.remove(place).1.kill(), "the {role} ended by itself");
    }

    fn with(&self, args: &[&str]) -> Vec<String> {
        let [command, rest @ ..] = args else { return Vec::new() };
        [&[command, "--dir", self.path()], rest].concat().into_iter().map(str::to_owned).collect()
    }

    fn does(&self, args: &[&str]) -> String {
        let args = self.with(args);
        succeeds(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What it complains of.
    fn fails(&self, args: &[&str]) -> String {
        let args = self.with(args);
        let output = run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), complaint.lines().count()), (Some(1), 1), "{args:?}: {complaint}");
        complaint
    }

    fn report(&mut self) -> Value {
        for (role, terminal) in self.open.drain(..) {
            assert!(terminal.kill(), "the {role} ended by itself");
        }
        serde_json::from_str(&self.does(&["report", "--json"])).unwrap()
    }
}

fn ends(dir: &Path, role: &str, deed: &str) -> usize {
    lines(dir, role, "journal").iter().filter(|line| line.ends_with(deed)).count()
}

#[test]
fn a_clerk_refunds_and_cancels() {
    let mut place = Place::new();
    assert!(place.fails(&["refund", "12.00 EUR"]).contains("the seller has no order"));
    place.open_all(&ROLES[1..]);
    assert!(place.does(&["card-holder"]).ends_with(" delivered\n"));
    assert!(place.does(&["refund", "12.00 EUR"]).ends_with(" refund 12.00 EUR: granted\n"));
    for (sum, says) in
        [("50.00 EUR", "more than what is left"), ("1.00 USD", "another currency"), ("0.00 EUR", "the sum is zero")]
    {
        assert!(place.fails(&["refund", sum]).contains(says), "{sum}");
    }
    assert_eq!(run(&["refund", "--dir", place.path(), "12 euros"]).status.code(), Some(2));
    let other = "0".repeat(64);
    assert!(place.fails(&["cancel", "--order", &other]).contains("correct --order"));
    assert!(place.does(&["cancel"]).ends_with(" cancel: granted\n"));
    assert!(place.fails(&["cancel"]).contains("the order is cancelled"));
    // The card holder hears of it when it asks again.
    assert!(place.does(&["card-holder"]).ends_with(" cancelled\n"));
    let told = place.report();
    assert_eq!(told["outcome"], "cancelled");
    let booked =
        json!({"approved": "59.80 EUR", "refunded": ["12.00 EUR"], "reversed": "47.80 EUR", "rest": "0.00 EUR"});
    assert_eq!(told["booked"], booked);
    assert!(place.does(&["report"]).contains("In the end: cancelled"));
}

#[test]
fn a_note_comes_to_one_refund_however_often_the_seller_ends() {
    let mut place = Place::new();
    place.open_all(&ROLES[1..]);
    place.does(&["card-holder"]);
    place.closes("seller");
    assert!(place.fails(&["refund", "12.00 EUR", "--patience", "0"]).contains("there is no answer yet"));
    place.opens("seller", &[]);
    let dir = place.dir.0.clone();
    waits_for(|| (ends(&dir, "seller", " demand 1 granted") == 1).then_some(()));
    place.closes("seller");
    // As if it had ended between its journal and its ledger, and before it heard the answer.
    let journal = lines(&dir, "seller", "journal");
    let cut = journal.iter().position(|line| line.ends_with(" note 1 is demand 1")).unwrap();
    let kept = journal.iter().take(cut + 1).map(|line| format!("{line}\n"));
    std::fs::write(dir.join("seller/journal"), kept.collect::<String>()).unwrap();
    place.opens("seller", &[]);
    assert!(place.does(&["refund", "1.00 EUR"]).ends_with(" granted\n"));
    assert_eq!(place.report()["booked"]["refunded"], json!(["12.00 EUR", "1.00 EUR"]));
}

#[test]
fn what_nobody_answers_in_time_is_cancelled() {
    let mut place = Place::new();
    place.opens("seller", &[]);
    let waiting = place.fails(&["card-holder", "--accept", "5", "--patience", "0"]);
    assert!(waiting.contains("error"), "{waiting}");
    let dir = place.dir.0.clone();
    waits_for(|| (ends(&dir, "seller", " open") == 1).then_some(()));
    // By now it is too late for an approval: the card manager hears of the order when that is cancelled.
    std::thread::sleep(core::time::Duration::from_secs(7));
    place.opens("card-manager", &[]);
    waits_for(|| (ends(&dir, "seller", " finished cancelled") == 1).then_some(()));
    assert_eq!(ends(&dir, "card-manager", " decided approved"), 0);
    assert!(place.does(&["card-holder"]).ends_with(" cancelled\n"));
    place.opens("delivery-service", &[]);
    let told = place.report();
    assert_eq!((&told["outcome"], &told["booked"]["approved"]), (&json!("cancelled"), &Value::Null));
}

#[test]
fn what_is_withdrawn_before_it_is_dispatched_is_cancelled() {
    let mut place = Place::new();
    place.open_all(&["seller", "card-manager"]);
    place.fails(&["card-holder", "--patience", "0"]);
    assert!(place.does(&["card-holder", "--withdraw"]).ends_with(" cancelled\n"));
    place.opens("delivery-service", &[]);
    let told = place.report();
    assert_eq!((&told["outcome"], &told["receipts"]["seller"]["withdrawn"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(told["booked"]["reversed"], "59.80 EUR");
    assert_eq!(told["destination"], Value::Null);
}

#[test]
fn what_cannot_be_delivered_is_reported() {
    let mut place = Place::new();
    place.open_all(&["seller", "card-manager"]);
    place.opens("delivery-service", &["--fail", "nobody home"]);
    assert!(place.does(&["card-holder"]).ends_with(" failed\n"));
    // It came to nothing, and stays so; the seller refunds it.
    place.closes("delivery-service");
    place.opens("delivery-service", &[]);
    assert!(place.does(&["card-holder"]).ends_with(" failed\n"));
    assert!(place.does(&["refund", "59.80 EUR"]).ends_with(" granted\n"));
    let told = place.report();
    let consignment = json!([{"to": "delivery-service", "number": 1, "last": true, "outcome": "failed: nobody home"}]);
    for giver in ["seller", "delivery-service"] {
        assert_eq!(told["receipts"][giver]["consignments"], consignment, "{giver}");
    }
    assert_eq!((&told["outcome"], &told["booked"]["rest"]), (&json!("failed"), &json!("0.00 EUR")));
    assert_eq!(ends(&place.dir.0, "delivery-service", " delivered"), 0);
}
