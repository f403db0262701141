//! The example program, from outside: what it prints, and what it refuses.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod common;

use common::{
    ALLOW_GATEWAY, ANSWER, DELIVERY, Temporary, X, Y, Z, about_the_order, data, form, gateway, handshake,
    has_a_handshake_before_each, push, refuses, report, run, shown, succeeds, wire,
};
use polyseal::OrderForm;
use serde_json::{Value, json};

fn destination() -> Value {
    json!({"destination.name": "Bob Example", "destination.address": "2 Other Street, Testville"})
}

#[test]
fn an_order_is_delivered() {
    let report = report(&[]);
    assert_eq!(report["outcome"], "delivered");
    assert_eq!(report["destination"], destination());
    assert_eq!(report["readable"], shown(&OrderForm::standard()));
    let [to_seller, to_manager, to_service] =
        [["card-holder", "seller"], ["seller", "card-manager"], ["seller", "delivery-service"]]
            .map(|[one, other]| handshake(one, other).to_vec());
    let expected = [to_seller, vec![X], to_manager, vec![Y, ANSWER], to_service, vec![Z, DELIVERY]].concat();
    assert_eq!(wire(&report), expected);
}

#[test]
fn without_handshakes_the_order_goes_alone() {
    let bare = report(&["--no-handshakes"]);
    assert_eq!((&bare["outcome"], &bare["destination"]), (&json!("delivered"), &destination()));
    assert_eq!(bare["readable"], report(&[])["readable"]);
    assert_eq!(wire(&bare), [X, Y, ANSWER, Z, DELIVERY]);
    let declined = report(&["--no-handshakes", "--decline"]);
    assert_eq!((&declined["outcome"], wire(&declined)), (&json!("declined"), vec![X, Y, ANSWER]));
}

#[test]
fn who_does_not_answer_stops_the_sender_and_is_named() {
    let form = form(|r| {
        r.insert(1, gateway("direct"));
        r.insert(
            2,
            json!({"role": "customs", "identifier": null, "release": "on-receipt", "selectors": ["amount.due"]}),
        );
    });
    let args = [&["--form", form.path()], &ALLOW_GATEWAY[..], &["--allow", "amount.due:customs"]].concat();
    let delivered = report(&args);
    assert_eq!(delivered["outcome"], "delivered");
    assert!(has_a_handshake_before_each(&delivered));
    for (role, sender) in [
        ("seller", "card holder"),
        ("gateway", "card holder"),
        ("customs", "seller"),
        ("card-manager", "seller"),
        ("delivery-service", "seller"),
    ] {
        // Nobody answers, or somebody under another key.
        for flag in ["--absent", "--impostor"] {
            let says =
                [&*format!("the {sender} sends nothing"), &*format!("\"{role}\" has not answered in a handshake")];
            refuses(&[&args[..], &[flag, role]].concat(), &says);
        }
    }
    for flag in ["--absent", "--impostor"] {
        refuses(&[flag, "gateway"], &[flag, "gateway", "no such role"]);
        assert_eq!(run(&[flag, "seller", "--no-handshakes"]).status.code(), Some(2));
    }
}

#[test]
fn the_card_managers_answer_may_come_before_all_handshakes() {
    // Its part goes directly, so it has answered when the seller is still busy with the gateway.
    let form = form(|r| {
        r[1]["release"] = "direct".into();
        r.insert(1, gateway("on-receipt"));
    });
    let delivered = report(&[&["--form", form.path()], &ALLOW_GATEWAY[..]].concat());
    assert_eq!(delivered["readable"]["gateway"], json!(["amount.due", "payment.type"]));
    let wire = wire(&delivered);
    let place = |message| wire.iter().position(|other| *other == message).unwrap();
    assert!(place(ANSWER) < place(["answer", "gateway", "seller"]), "{wire:?}");
    assert!(place(["relay", "seller", "gateway"]) < place(Z), "{wire:?}");
    assert!(has_a_handshake_before_each(&delivered));
}

#[test]
fn a_declined_order_is_not() {
    let declined = report(&["--decline"]);
    assert_eq!((&declined["outcome"], &declined["destination"]), (&json!("declined"), &Value::Null));
    let mut expected = shown(&OrderForm::standard());
    expected["delivery-service"] = json!([]);
    assert_eq!(declined["readable"], expected);
    assert_eq!(about_the_order(&declined), [X, Y, ANSWER]);
    assert!(
        has_a_handshake_before_each(&declined) && !wire(&declined).contains(&["hello", "seller", "delivery-service"])
    );
    // From outside, a refusal looks like an approval.
    let length = |report: &Value| {
        let mut answers =
            report["wire"].as_array().unwrap().iter().filter(|message| message["kind"] == "authorization");
        answers.next().unwrap()["bytes"].clone()
    };
    assert_eq!(length(&declined), length(&report(&[])));
}

#[test]
fn the_text_tells_what_happened() {
    let text = succeeds(&[]);
    for part in [
        "hello",
        "confirmation",
        "x  envelope",
        "y  relay",
        "authorization",
        "z  dispatch",
        "Bob Example",
        "59.80 EUR",
        "Delivered",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let row = |text: &str, field: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(field)).unwrap();
        line.chars().filter(|c| "●○·".contains(*c)).collect::<String>()
    };
    assert_eq!(["amount.due", "card.number", "destination.name"].map(|field| row(&text, field)), ["●●·", "·●·", "··●"]);

    let bare = succeeds(&["--no-handshakes"]);
    assert!(text.contains('╌') && !bare.contains('╌') && bare.contains("x  envelope"));

    let text = succeeds(&["--decline"]);
    assert_eq!(["amount.due", "card.number", "destination.name"].map(|field| row(&text, field)), ["●●·", "·●·", "··○"]);
    assert_eq!(text.matches("refused: ").count(), 2);
    // The forged dispatch is well-formed: it fails for want of the approval, not for its shape.
    for part in ["Declined", "no card is known", "not authentic", "delivery-service has read nothing"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("z  dispatch") && !text.contains("Bob Example"));
}

#[test]
fn the_card_manager_knows_its_cards() {
    for field in ["holder.name", "holder.telephone", "card.number", "card.expiry"] {
        let mut order = data("order.json");
        order[field] = "another".into();
        assert_eq!(report(&["--order", Temporary::new(&order).path()])["outcome"], "declined", "{field}");
    }
    // What the form does not show it, it cannot compare.
    let form = form(|r| r[1]["selectors"].as_array_mut().unwrap().retain(|field| field != "card.number"));
    assert_eq!(report(&["--form", form.path()])["outcome"], "declined");
}

#[test]
fn the_card_managers_part_may_go_directly() {
    let form = form(|r| r[1]["release"] = "direct".into());
    let direct = ["direct", "card-holder", "card-manager"];
    let delivered = report(&["--form", form.path()]);
    assert_eq!(about_the_order(&delivered), [X, direct, ANSWER, Z, DELIVERY]);
    assert_eq!(
        wire(&delivered)[..6],
        [handshake("card-holder", "seller"), handshake("card-holder", "card-manager")].concat()
    );
    assert_eq!(delivered["destination"], destination());
    let declined = report(&["--form", form.path(), "--decline"]);
    assert_eq!(about_the_order(&declined), [X, direct, ANSWER]);
    assert_eq!(declined["readable"]["delivery-service"], json!([]));
}

#[test]
fn the_seller_may_deliver_itself() {
    let form = form(|r| drop(r.pop()));
    let delivered = report(&["--form", form.path()]);
    assert_eq!((&delivered["outcome"], &delivered["destination"]), (&json!("delivered"), &Value::Null));
    assert_eq!(about_the_order(&delivered), [X, Y, ANSWER]);
    assert_eq!(delivered["readable"].as_object().unwrap().len(), 2);
    let text = succeeds(&["--form", form.path()]);
    assert!(text.contains("the seller fulfils the order") && text.contains("it stayed with the card holder"));
    assert_eq!(report(&["--form", form.path(), "--decline"])["outcome"], "declined");
}

#[test]
fn a_further_role_needs_the_card_holders_consent() {
    let messages = [
        ("on-receipt", vec![X, ["relay", "seller", "gateway"], Y, ANSWER, Z, DELIVERY]),
        ("direct", vec![X, ["direct", "card-holder", "gateway"], Y, ANSWER, Z, DELIVERY]),
        (
            "on-approval",
            vec![X, Y, ANSWER, ["dispatch", "seller", "gateway"], Z, ["delivery", "gateway", "seller"], DELIVERY],
        ),
    ];
    for (release, expected) in messages {
        let form = form(|r| r.insert(1, gateway(release)));
        refuses(&["--form", form.path()], &[form.path(), "\"gateway\"", "--allow"]);
        refuses(&[&["--form", form.path()], &ALLOW_GATEWAY[..2]].concat(), &["payment.type:gateway"]);
        let allowed = [&["--form", form.path()], &ALLOW_GATEWAY[..]].concat();
        let delivered = report(&allowed);
        assert_eq!(delivered["readable"]["gateway"], json!(["amount.due", "payment.type"]));
        assert_eq!(about_the_order(&delivered), expected);
        assert!(has_a_handshake_before_each(&delivered));
        let declined = report(&[&allowed[..], &["--decline"]].concat());
        assert_eq!(declined["readable"]["gateway"].as_array().unwrap().is_empty(), release == "on-approval");
    }
}

#[test]
fn a_further_field_needs_the_card_holders_consent() {
    let mut order = data("order.json");
    order["gift.note"] = "Happy birthday".into();
    let order = Temporary::new(&order);
    let form = form(|r| push(&mut r[2]["selectors"], "gift.note"));
    let args = ["--order", order.path(), "--form", form.path()];
    let message = refuses(&args, &[form.path(), "\"gift.note\"", "\"delivery-service\""]);
    assert!(!message.contains("Happy"));
    let delivered = report(&[&args[..], &["--allow", "gift.note:delivery-service"]].concat());
    assert!(delivered["readable"]["delivery-service"].as_array().unwrap().contains(&"gift.note".into()));
}

#[test]
fn a_form_that_asks_for_too_much_is_refused() {
    let leak = form(|r| push(&mut r[0]["selectors"], "card.number"));
    refuses(&["--form", leak.path()], &[leak.path(), "\"card.number\"", "\"seller\"", "remove it"]);
    let early = form(|r| r[2]["release"] = "on-receipt".into());
    refuses(&["--form", early.path()], &[early.path(), "\"delivery-service\"", "\"on-receipt\""]);
    let nobody = form(|r| r.truncate(1));
    refuses(&["--form", nobody.path()], &[nobody.path(), "\"card-manager\"", "add one"]);
    let unseen = form(|r| r[1]["selectors"].as_array_mut().unwrap().retain(|field| field != "amount.due"));
    refuses(&["--form", unseen.path()], &[unseen.path(), "\"amount.due\"", "list it"]);
    let others = form(|r| r[1]["identifier"] = "evil.example".into());
    refuses(&["--form", others.path()], &[others.path(), "\"card-manager\"", "chose"]);
    let twice = form(|r| r[2]["identifier"] = "bank.example".into());
    refuses(&["--form", twice.path()], &[twice.path(), "\"delivery-service\"", "name different parties"]);
}

#[test]
fn a_bad_form_is_refused() {
    for (key, value, says) in [
        ("extra", json!(1), "unknown field `extra`"),
        ("line\nbreak", json!(1), "unknown field"),
        ("release", json!("soon"), "\"release\""),
        ("release", json!(3), "\"release\""),
        ("identifier", json!(3), "\"identifier\""),
        ("role", json!(null), "\"role\""),
        ("role", json!("Seller"), "\"Seller\""),
        ("selectors", json!("amount.due"), "\"selectors\""),
        ("selectors", json!([]), "\"selectors\""),
        ("selectors", json!(["amount.due", "amount.due"]), "\"amount.due\""),
    ] {
        let form = form(|r| r[0][key] = value);
        refuses(&["--form", form.path()], &[form.path(), says]);
    }
    let text = data("form.json").to_string();
    for (from, to, says) in [
        ("\"identifier\":null,", "", "missing field `identifier`"),
        ("\"role\":\"seller\"", "\"role\":\"seller\",\"role\":\"seller\"", "duplicate field `role`"),
        ("]", "", "expected"),
    ] {
        assert!(text.contains(from));
        let form = Temporary::new(&text.replacen(from, to, 1));
        refuses(&["--form", form.path()], &[form.path(), says, "correct the JSON"]);
    }
}

#[test]
fn a_bad_order_is_refused_and_its_values_are_not_repeated() {
    for (text, says) in [
        (r#"{"card.number": 4711}"#, "\"card.number\""),
        (r#"{"card.number": 4711.5}"#, "\"card.number\""),
        (r#"{"card.number": -4711}"#, "\"card.number\""),
        (r#"{"card.number": ["4711", 4711]}"#, "\"card.number.1\""),
        (r#"{"card.number": {"number": "4711"}, "card": {"number": "4711"}}"#, "\"card.number"),
        (r#"{"card": {"number": {}}}"#, "\"card.number\" has nothing in it"),
        (r#"{"card.number": "4711", "card.number": "4711"}"#, "\"card.number\" appears twice"),
        (r#"{"card.number": "4711" "card.expiry"}"#, "line 1"),
        (r#"{"card.number": "4711": "4711": 1}"#, "line 1"),
        (r#"{"Card": "4711"}"#, "\"Card\""),
        (r#"{"card.number": "4711"}"#, "is not in the order"),
        (r#""4711""#, "an object of field names and strings"),
        ("4711", "an object of field names and strings"),
        ("[4711]", "an object of field names and strings"),
        ("", "correct the JSON"),
    ] {
        let order = Temporary::new(&text);
        let message = refuses(&["--order", order.path()], &[order.path(), says]);
        assert!(!message.replace(order.path(), "").contains("4711"), "{message}");
    }
    let mut order = data("order.json");
    order["amount.due"] = "4711".into();
    let order = Temporary::new(&order);
    let message = refuses(&["--order", order.path()], &[order.path(), "\"amount.due\"", "an amount is"]);
    assert!(!message.replace(order.path(), "").contains("4711"), "{message}");
    let long = Temporary::new(&json!({"card.number": "4".repeat(20_000)}));
    assert!(!refuses(&["--order", long.path()], &[long.path(), "\"card.number\"", "shorten"]).contains("4444"));
}

#[test]
fn a_threshold_must_serve_everybody() {
    refuses(&["--threshold", "1"], &["--threshold 1", "3 parties", "--threshold 2"]);
    assert_eq!(report(&["--threshold", "2"])["outcome"], "delivered");
    let short = form(|r| drop(r.pop()));
    assert_eq!(report(&["--threshold", "1", "--form", short.path()])["outcome"], "delivered");
    for bad in ["0", "-1", "many", "4097", "99999999999"] {
        let output = run(&[&format!("--threshold={bad}")]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{bad}");
    }
    assert_eq!(run(&["--unknown"]).status.code(), Some(2));
}
