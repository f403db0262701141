//! The purchase example with a story: what happens to an order once the card manager has answered.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{
    ANSWER, DELIVERY, Temporary, X, Y, Z, about_the_order, form, has_a_handshake_before_each, refuses, report, run,
    succeeds,
};
use serde_json::{Value, json};

const WITHDRAWAL: [&str; 3] = ["withdrawal", "card-holder", "seller"];
const DEMAND: [[&str; 3]; 2] = [["request", "seller", "card-manager"], ["response", "card-manager", "seller"]];

/// One that comes with the example.
fn own(name: &str) -> String {
    format!("{}/data/stories/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn told(steps: &Value) -> Value {
    report(&["--story", Temporary::new(steps).path()])
}

/// What the library said to each step.
fn refusals(report: &Value) -> Vec<Option<&str>> {
    report["story"].as_array().unwrap().iter().map(|step| step["refused"].as_str()).collect()
}

fn consignment(number: u16, is_last: bool, outcome: Option<&str>) -> Value {
    json!({"to": "delivery-service", "number": number, "last": is_last, "outcome": outcome})
}

#[test]
fn an_order_in_two_consignments_is_refunded_in_part() {
    let told = report(&["--story", &own("split-and-refund")]);
    let expected = [&[X, Y, ANSWER, Z, DELIVERY][..], &DEMAND, &[Z, DELIVERY], &DEMAND].concat();
    assert_eq!(about_the_order(&told)[..expected.len()], expected);
    assert!(has_a_handshake_before_each(&told));
    assert_eq!(told["outcome"], "failed");
    let both = [consignment(1, false, Some("delivered")), consignment(2, true, Some("failed: nobody home"))];
    for giver in ["seller", "delivery-service"] {
        assert_eq!(told["receipts"][giver]["consignments"], json!(both), "{giver}");
    }
    for giver in ["seller", "card-manager"] {
        assert_eq!(told["receipts"][giver]["refunded"], "29.90 EUR", "{giver}");
    }
    let booked = json!({
        "approved": "59.80 EUR", "refunded": ["12.00 EUR", "17.90 EUR"], "reversed": null, "rest": "29.90 EUR"
    });
    assert_eq!(told["booked"], booked);
    // The steps have the messages between the answer and the receipts.
    let count: u64 = told["story"].as_array().unwrap().iter().map(|step| step["messages"].as_u64().unwrap()).sum();
    let handshake = 3;
    assert_eq!(count, 8 + handshake);
    // Who sees what is as ever.
    assert_eq!(told["readable"], report(&[])["readable"]);
}

#[test]
fn after_a_withdrawal_nothing_new_is_dispatched() {
    let told = report(&["--story", &own("withdrawn")]);
    let expected = [&[X, Y, ANSWER, Z, WITHDRAWAL, DELIVERY][..], &DEMAND].concat();
    assert_eq!(about_the_order(&told)[..expected.len()], expected);
    assert_eq!((&told["outcome"], &told["receipts"]["seller"]["withdrawn"]), (&json!("withdrawn"), &json!(true)));
    assert_eq!(refusals(&told)[2], Some("the card holder has withdrawn: nothing new is dispatched"));
    let text = succeeds(&["--story", &own("withdrawn")]);
    for part in
        ["refused: the card holder has withdrawn", "In the end: withdrawn", "approved; withdrawn; refunded 29.90 EUR"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What was dispatched before may be sent again.
    let again = self::told(&json!(["dispatch 1", "withdraw", "dispatch 1", "withdraw"]));
    assert_eq!(refusals(&again), [None; 4]);
    assert_eq!(again["outcome"], "open");
}

#[test]
fn a_cancellation_reverses_what_is_left() {
    let told = report(&["--story", &own("cancelled")]);
    assert_eq!(told["outcome"], "cancelled");
    let booked =
        json!({"approved": "59.80 EUR", "refunded": ["10.00 EUR"], "reversed": "49.80 EUR", "rest": "0.00 EUR"});
    assert_eq!(told["booked"], booked);
    // What is on its way still has an outcome.
    let called_back = [consignment(1, false, Some("failed: called back on the way"))];
    assert_eq!(told["receipts"]["seller"]["consignments"], json!(called_back));
}

#[test]
fn the_card_manager_may_refuse() {
    let told = report(&["--story", &own("refused")]);
    assert_eq!((&told["outcome"], refusals(&told)), (&json!("delivered"), vec![None; 5]));
    assert_eq!((&told["booked"]["refunded"], &told["booked"]["rest"]), (&json!(["5.00 EUR"]), &json!("54.80 EUR")));
}

#[test]
fn what_the_library_refuses_is_shown() {
    let told = report(&["--story", &own("too-much")]);
    let refused = refusals(&told);
    let says = [
        None,
        Some("the last consignment is dispatched"),
        None,
        None,
        Some("more than what is left"),
        Some("another currency"),
        Some("the sum is zero"),
        None,
    ];
    for (refused, says) in refused.iter().zip(says) {
        assert!(refused.is_some() == says.is_some() && refused.unwrap_or_default().contains(says.unwrap_or_default()));
    }
    assert_eq!((refused.len(), &told["booked"]["rest"]), (says.len(), &json!("0.00 EUR")));
    // A step that is refused sends nothing.
    let steps = told["story"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["refused"].is_null() || step["messages"] == 0));
    let early = self::told(&json!(["dispatch 2", "dispatch 1", "failed 1: away", "delivered 1"]));
    assert!(refusals(&early)[0].unwrap().contains("the next one has the number 1"));
    // The first outcome stays.
    assert_eq!(early["receipts"]["seller"]["consignments"], json!([consignment(1, false, Some("failed: away"))]));
    let long = self::told(&json!(["dispatch 1", format!("failed 1: {}", "x".repeat(257))]));
    assert!(refusals(&long)[1].unwrap().contains("at most 256 bytes"));
}

#[test]
fn a_story_goes_with_every_kind_of_order() {
    for args in [
        &["--forward-secret"][..],
        &["--no-handshakes"],
        &["--form", form(|r| r[1]["release"] = "direct".into()).path()],
    ] {
        for name in ["split-and-refund", "cancelled"] {
            let told = report(&[args, &["--story", &own(name)]].concat());
            assert_eq!(refusals(&told).iter().flatten().count(), 0, "{args:?}");
        }
    }
    // A courier that is away gets nothing, and that is shown.
    let steps = Temporary::new(&json!(["dispatch 1, last", "cancel"]));
    let away = report(&["--absent", "delivery-service", "--story", steps.path()]);
    assert!(refusals(&away)[0].unwrap().contains("has not answered in a handshake"));
    assert_eq!(away["booked"]["reversed"], "59.80 EUR");
    // The seller delivers itself.
    let alone = form(|r| drop(r.pop()));
    let steps = Temporary::new(&json!(["refund 9.80 EUR"]));
    assert_eq!(report(&["--form", alone.path(), "--story", steps.path()])["booked"]["rest"], "50.00 EUR");
}

#[test]
fn a_wrong_story_is_an_error_that_names_the_place_and_the_mend() {
    for (steps, place, says) in [
        (json!(["dispatch 1", "lost 1"]), "step 2, \"lost 1\"", "there is no such step: write dispatch"),
        (json!(["Withdraw"]), "step 1", "there is no such step"),
        (json!(["withdraw now"]), "step 1", "there is no such step"),
        (json!(["dispatch one"]), "step 1", "\"one\" is no number of a consignment: write 1, 2"),
        (json!(["dispatch"]), "step 1", "write 1, 2"),
        (json!(["dispatch 01"]), "step 1", "write 1, 2"),
        (json!(["dispatch 0"]), "step 1", "from 1 to 256"),
        (json!(["dispatch 257"]), "step 1", "from 1 to 256"),
        (json!(["dispatch 3 of 2"]), "step 1", "there is no 3 of 2"),
        (json!(["failed 1"]), "step 1", "write \"failed 1: nobody home\""),
        (json!(["cancel now"]), "step 1", "\"cancel, refused: REASON\""),
        (json!(["cancel, because"]), "step 1", "\"cancel, refused: REASON\""),
        (json!(["refund 12 euros"]), "step 1", "\"12 euros\" is no sum: an amount is"),
        (json!(["refund"]), "step 1", "an amount is"),
        (json!(["delivered 1"]), "step 1", "nothing of it"),
        (json!(["dispatch 1", "delivered 2"]), "step 2, \"delivered 2\"", "dispatch it in a step before"),
        (json!(["cancel", "dispatch 1"]), "step 2", "the order is cancelled: leave this step out"),
        (json!(["cancel", "cancel"]), "step 2", "the order is cancelled"),
        (json!(["cancel", "refund 1.00 EUR"]), "step 2", "the order is cancelled"),
        (json!([]), "nothing happens", "give the list a step"),
        (json!({"steps": []}), "expected a sequence", "correct the JSON"),
        (json!([1]), "expected a string", "correct the JSON"),
    ] {
        let story = Temporary::new(&steps);
        refuses(&["--story", story.path()], &[story.path(), place, says]);
    }
    refuses(&["--story", "no-such-file.json"], &["no-such-file.json", "no such file"]);
    let story = Temporary::new(&json!(["refund 1.00 EUR"]));
    refuses(&["--decline", "--story", story.path()], &[story.path(), "step 1", "the order is declined"]);
    let alone = form(|r| drop(r.pop()));
    let story = Temporary::new(&json!(["dispatch 1, last", "delivered 1"]));
    refuses(&["--form", alone.path(), "--story", story.path()], &[story.path(), "step", "delivery-service"]);
    assert_eq!(run(&["--story"]).status.code(), Some(2));
}
