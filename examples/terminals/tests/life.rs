//! The terminals example, once an order is placed: what expires, is withdrawn, cannot be delivered, is cancelled or
//! refunded. Nothing stays open.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::path::Path;

use common::{ROLES, Terminal, deeds, enrol, keep_deeds, run, succeeds, waits_for};
use polyseal_testing_programs::Directory;
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
    deeds(dir, role).iter().filter(|line| line.ends_with(deed)).count()
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
    let cut = deeds(&dir, "seller").iter().position(|line| line.ends_with(" note 1 is demand 1")).unwrap();
    let mut places = 0..=cut;
    keep_deeds(&dir, "seller", |_| places.next().is_some());
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
fn an_order_that_has_ended_makes_room_for_another() {
    let mut place = Place::new();
    place.opens("seller", &[]);
    place.fails(&["card-holder", "--accept", "3", "--patience", "0"]);
    let under_way = place.fails(&["card-holder", "--anew"]);
    assert!(under_way.contains("is under way") && under_way.contains("withdraw"), "{under_way}");
    assert_eq!(run(&["card-holder", "--dir", place.path(), "--anew", "--withdraw"]).status.code(), Some(2));
    std::thread::sleep(core::time::Duration::from_secs(4));
    // Nobody answers for the card manager. The card holder does not wait for that for ever, and hears why.
    let late = place.fails(&["card-holder"]);
    for says in ["it says: the card-manager cannot be asked now", "The time is over", "--anew"] {
        assert!(late.contains(says), "{late}");
    }
    place.open_all(&["card-manager", "delivery-service"]);
    let digest = |said: String| said.lines().last().unwrap().split(' ').nth(1).unwrap().to_owned();
    let first = deeds(&place.dir.0, "seller")[0].split(' ').next().unwrap().to_owned();
    let second = place.does(&["card-holder", "--anew"]);
    assert!(second.contains(&format!("{first} is put away")) && second.ends_with(" delivered\n"), "{second}");
    let third = place.does(&["card-holder", "--anew"]);
    assert!(third.ends_with(" delivered\n") && third.lines().count() == 1, "{third}");
    let [second, third] = [second, third].map(digest);
    assert!(first != second && second != third && third == digest(place.does(&["card-holder"])));
    let dir = place.dir.0.clone();
    waits_for(|| deeds(&dir, "seller").contains(&format!("{first} finished cancelled")).then_some(()));
    assert_eq!(ends(&dir, "card-manager", " settled"), 2);
    for file in ["placed", "envelope", "ended"] {
        assert!(dir.join(format!("card-holder/{second}.{file}")).exists(), "{file}");
    }
}

#[test]
fn a_seller_says_once_what_is_the_same_each_time() {
    let place = Place::new();
    let said = place.dir.0.join("said");
    let mut command = std::process::Command::new(&*common::PROGRAM);
    command.args(["seller", "--until-input-ends", "--dir", place.path()]).stdin(std::process::Stdio::piped());
    let mut seller = command.stdout(std::fs::File::create(&said).unwrap()).spawn().unwrap();
    waits_for(|| place.dir.0.join("phone-book/seller").exists().then_some(()));
    place.fails(&["card-holder", "--patience", "0"]);
    std::thread::sleep(core::time::Duration::from_secs(4));
    drop(seller.stdin.take());
    assert!(seller.wait().unwrap().success());
    let said = std::fs::read_to_string(said).unwrap();
    assert_eq!(
        said.lines().filter(|line| line.contains(" rests: the card-manager cannot be asked")).count(),
        1,
        "{said}"
    );
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
