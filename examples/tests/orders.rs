//! The purchase example with the orders that people have: many lines, a price list, and sessions.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use common::{
    ALLOW_GATEWAY, ANSWER, DELIVERY, Temporary, X, Y, Z, data, form, gateway, handshake, push, refuses, report,
    succeeds, wire,
};
use serde_json::{Value, json};

/// A file of the crate, as anybody would write it.
fn file(name: &str) -> String {
    format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The shop's order with changes.
fn shop_order(change: impl FnOnce(&mut Value)) -> Temporary {
    let mut order = data("shop/order.json");
    change(&mut order);
    Temporary::new(&order)
}

fn refuses_order(change: impl FnOnce(&mut Value), says: &[&str]) {
    let (order, form) = (shop_order(change), file("shop/form.json"));
    let message = refuses(&["--order", order.path(), "--form", &form], says);
    assert!(message.starts_with("error: the seller relays nothing: "), "{message}");
}

/// The short purchase with changes, and this price of its article.
fn short(price: &str, change: impl FnOnce(&mut Value)) -> [Temporary; 2] {
    let mut order = data("order.json");
    change(&mut order);
    [Temporary::new(&order), Temporary::new(&json!({"K-17": price}))]
}

#[test]
fn an_order_of_forty_lines_is_delivered() {
    let (order, form) = (file("shop/order.json"), file("shop/form.json"));
    let args = ["--order", &order, "--form", &form];
    let delivered = report(&args);
    assert_eq!(delivered["outcome"], "delivered");
    // The table for people has a row for the lines, the object all of their fields.
    for role in ["seller", "card-manager"] {
        let read = delivered["readable"][role].as_array().unwrap();
        let lines = read.iter().filter(|field| field.as_str().unwrap().starts_with("items."));
        assert_eq!(lines.count(), 160, "{role}");
    }
    assert!(!delivered["readable"]["delivery-service"].to_string().contains("items."));
    let text = succeeds(&args);
    let row = text.lines().find(|line| line.contains("items.")).unwrap();
    assert!(row.contains("items.*  (160 fields)  ") && row.matches('●').count() == 2, "{row}");
    assert!(!text.contains("items.0") && text.contains("790.71 EUR"));
    // What the export has and nobody asked for.
    let row = text.lines().find(|line| line.contains("order.number")).unwrap();
    assert!(row.contains("stayed with the card holder"));

    let declined = succeeds(&[&args[..], &["--decline"]].concat());
    assert!(declined.contains("items.*  (160 fields)") && declined.contains("Declined"));
}

#[test]
fn a_few_lines_have_rows_of_their_own() {
    let order = shop_order(|order| {
        order["items"].as_array_mut().unwrap().truncate(2);
        order["amount"]["due"] = "64.40 EUR".into();
    });
    // The standard form takes them as well.
    let text = succeeds(&["--order", order.path()]);
    assert!(text.contains("  items.1.sku ") && !text.contains("items.*"));
}

#[test]
fn a_line_that_differs_from_the_price_list_is_not_relayed() {
    refuses_order(
        |order| order["items"][3]["price"] = "14.89 EUR".into(),
        &["\"items.3.price\" is not 14.90 EUR", "examples/data/prices.json", "correct"],
    );
    refuses_order(|order| order["items"][3]["price"] = "14.9 EUR".into(), &["\"items.3.price\" is not 14.90 EUR"]);
    refuses_order(|order| order["items"][3]["price"] = "14.90 USD".into(), &["\"items.3.price\" is not 14.90 EUR"]);
    refuses_order(|order| order["items"][7]["sku"] = "X-1".into(), &["\"items.7.sku\" is not in", "correct it"]);
    for quantity in ["0", "-1", "+1", "01", "1.5", "one", "", " 1", "18446744073709551616"] {
        let change = |order: &mut Value| order["items"][0]["quantity"] = quantity.into();
        refuses_order(change, &["\"items.0.quantity\" is no whole number above 0"]);
    }
    for name in ["sku", "quantity", "price"] {
        let change = |order: &mut Value| drop(order["items"][39].as_object_mut().unwrap().remove(name));
        refuses_order(change, &[&format!("\"items.39.{name}\""), "add it"]);
    }
    refuses_order(|order| order["items"][0] = "K-101".into(), &["\"items.0.sku\"", "add it"]);
    refuses_order(|order| drop(order.as_object_mut().unwrap().remove("items")), &["nothing is bought"]);
}

#[test]
fn a_sum_that_is_not_that_of_the_lines_is_not_relayed() {
    for due in ["790.70 EUR", "790.710 EUR", "790.71 USD", "0.00 EUR"] {
        let change = |order: &mut Value| order["amount"]["due"] = due.into();
        refuses_order(change, &["\"amount.due\" is not what the lines come to", "make it 790.71 EUR"]);
    }
    refuses_order(|order| order["items"][0]["quantity"] = "2".into(), &["\"amount.due\"", "make it 820.61 EUR"]);
    // A line more that is the list's own: both shapes may be in one order, and both count.
    let order = shop_order(|order| {
        order["item"] = json!({"number": "K-17", "quantity": "1"});
        order["amount"]["due"] = "820.61 EUR".into();
    });
    assert_eq!(report(&["--order", order.path()])["outcome"], "delivered");
}

#[test]
fn sums_are_exact_or_an_error() {
    let prices = |first: &str, second: &str| Temporary::new(&json!({"A": first, "B": second}));
    let order = |quantity: &str, [first, second]: [&str; 2], due: &str| {
        shop_order(|order| {
            order["items"] = json!([
                {"sku": "A", "quantity": quantity, "price": first}, {"sku": "B", "quantity": "1", "price": second}
            ]);
            order["amount"]["due"] = due.into();
        })
    };
    // More than a float holds.
    let each = ["0.01 EUR", "9007199254740993.00 EUR"];
    let (list, exact) = (prices(each[0], each[1]), order("3", each, "9007199254740993.03 EUR"));
    assert_eq!(report(&["--order", exact.path(), "--prices", list.path()])["outcome"], "delivered");

    let most = "9999999999999999.99 EUR";
    for (quantity, each, says) in [
        // In a line, by digits and by bits, and only in the sum.
        ("2", [most, "0.01 EUR"], "\"items.0.quantity\""),
        ("18446744073709551615", [most, "0.01 EUR"], "\"items.0.quantity\""),
        ("1", [most, "0.01 EUR"], "\"items.1.sku\""),
    ] {
        let (list, order) = (prices(each[0], each[1]), order(quantity, each, most));
        refuses(&["--order", order.path(), "--prices", list.path()], &[says, "more digits", "order less"]);
    }
    for second in ["1.00 USD", "1.0 EUR"] {
        let each = ["1.00 EUR", second];
        let (list, order) = (prices(each[0], each[1]), order("1", each, "2.00 EUR"));
        refuses(&["--order", order.path(), "--prices", list.path()], &["\"items.1.sku\"", "another currency"]);
    }
}

#[test]
fn the_short_purchase_is_held_against_the_list_too() {
    let args = |[order, prices]: &[Temporary; 2]| {
        ["--order", order.path(), "--prices", prices.path()].map(str::to_owned).to_vec()
    };
    let refused = |files: [Temporary; 2], says: &[&str]| {
        let args = args(&files);
        refuses(&args.iter().map(String::as_str).collect::<Vec<_>>(), says);
    };
    refused(short("29.91 EUR", |_| ()), &["\"amount.due\"", "make it 59.82 EUR"]);
    refused(short("29.90 EUR", |order| order["item.quantity"] = "3".into()), &["\"amount.due\"", "89.70 EUR"]);
    refused(short("29.90 EUR", |order| order["item.number"] = "K-18".into()), &["\"item.number\" is not in"]);
    let without = |name: &'static str| move |order: &mut Value| drop(order.as_object_mut().unwrap().remove(name));
    refused(short("29.90 EUR", without("item.number")), &["\"item.number\"", "add it"]);
    refused(short("29.90 EUR", without("item.quantity")), &["\"item.quantity\"", "add it"]);
    // What the form does not show the seller, it cannot check.
    let blind = form(|r| r[0]["selectors"].as_array_mut().unwrap().retain(|one| !one.to_string().contains("item")));
    refuses(&["--form", blind.path()], &["the seller relays nothing", "nothing is bought"]);
}

#[test]
fn the_card_manager_pays_no_sum_of_nothing() {
    let [order, prices] = short("0.00 EUR", |order| order["amount.due"] = "0.00 EUR".into());
    let args = ["--order", order.path(), "--prices", prices.path()];
    assert_eq!(report(&args)["outcome"], "declined");
    assert!(succeeds(&args).contains("Declined by the card-manager: there is nothing to pay: \"amount.due\""));
}

#[test]
fn cards_and_prices_come_from_files() {
    let mut cards = data("cards.json");
    cards.as_array_mut().unwrap().remove(0);
    let others = Temporary::new(&cards);
    assert_eq!(report(&["--cards", others.path()])["outcome"], "declined");
    cards[0]["card.code"] = "000".into();
    let wrong = Temporary::new(&cards);
    refuses(&["--cards", wrong.path()], &[wrong.path(), "card 1", "no other"]);
    for flag in ["--cards", "--prices"] {
        refuses(&[flag, "no-such-file.json"], &["no-such-file.json", "no such file"]);
    }
    for (text, says) in [
        (r#"{"K-17": "29.90"}"#, "\"K-17\": an amount is"),
        (r#"{"K-17": "29.90 EUR", "K-17": "29.90 EUR"}"#, "\"K-17\" appears twice: remove one"),
        (r#"{"K-17": 29.90}"#, "correct the JSON"),
        (r#"["K-17"]"#, "an object of article numbers and amounts"),
        ("", "correct the JSON"),
    ] {
        let prices = Temporary::new(&text);
        refuses(&["--prices", prices.path()], &[prices.path(), says]);
    }
}

#[test]
fn a_missing_file_is_named() {
    for flag in ["--order", "--form"] {
        refuses(&[flag, "no-such-file.json"], &["no-such-file.json", "no such file"]);
        let directory = std::env::temp_dir();
        refuses(&[flag, directory.to_str().unwrap()], &["cannot be read"]);
    }
    let form = form(|r| push(&mut r[2]["selectors"], "card.cvv"));
    // The crate's own files have a short name.
    let args = ["--form", form.path(), "--allow", "card.cvv:delivery-service"];
    let message = refuses(&args, &["examples/data/order.json", "\"card.cvv\""]);
    assert!(message.starts_with("error: examples/data/order.json: "), "{message}");
}

/// The messages of a handshake with an exchange.
fn exchange<'a>(one: &'a str, other: &'a str) -> Vec<[&'a str; 3]> {
    [&handshake(one, other)[..], &[["acknowledgement", other, one]]].concat()
}

/// Every message that is not one of the first three of a handshake is under a session.
fn is_under_sessions(report: &Value) -> bool {
    let makes_one = |kind: &Value| ["hello", "answer", "confirmation"].iter().any(|first| kind == first);
    report["wire"].as_array().unwrap().iter().all(|sent| sent["session"] == json!(!makes_one(&sent["kind"])))
}

#[test]
fn every_message_of_a_purchase_can_be_under_a_session() {
    let delivered = report(&["--forward-secret"]);
    assert_eq!(delivered["outcome"], "delivered");
    assert!(is_under_sessions(&delivered), "{delivered}");
    let [seller, bank, courier] = ["seller", "card-manager", "delivery-service"];
    let receipts = [seller, bank, courier].map(|giver| ["receipt", giver, "card-holder"]).to_vec();
    let mut wire = wire(&delivered);
    let expected = [
        [seller, bank, courier].map(|other| exchange("card-holder", other)).concat(),
        vec![X],
        [exchange(seller, bank), vec![Y, ANSWER], exchange(seller, courier), vec![Z, DELIVERY]].concat(),
        receipts,
    ];
    let mut expected = expected.concat();
    // The three handshakes of the card holder go on at once.
    let count = 3 * exchange(seller, bank).len();
    wire[..count].sort_unstable();
    expected[..count].sort_unstable();
    assert_eq!(wire, expected);
    let consignment = json!({"to": courier, "number": 1, "last": true, "outcome": "delivered"});
    let receipt = |status: &str, refunded: Value, consignments: &[&Value]| json!({"status": status, "withdrawn": false, "refunded": refunded, "consignments": consignments});
    assert_eq!(delivered["receipts"][seller], receipt("approved", "0.00 EUR".into(), &[&consignment]));
    assert_eq!(delivered["receipts"][bank], receipt("approved", "0.00 EUR".into(), &[]));
    assert_eq!(delivered["receipts"][courier], receipt("received", Value::Null, &[&consignment]));

    let text = succeeds(&["--forward-secret"]);
    let messages = text.lines().filter(|line| line.ends_with(" bytes") || line.ends_with(" bytes  s"));
    let under = messages.clone().filter(|line| line.ends_with("  s")).count();
    assert_eq!((messages.count(), under), (28, 13), "{text}");
    assert!(text.contains("s  under a session: all messages about the order"));
    for line in ["approved; delivery-service 1 (last) delivered", "received; 1 (last) delivered"] {
        assert!(text.lines().any(|said| said.ends_with(line)), "{text}");
    }
    // Without the flag nothing is.
    assert!(!succeeds(&[]).contains("under a session"));
    assert!(report(&[])["wire"].as_array().unwrap().iter().all(|sent| sent["session"] == false));
}

#[test]
fn sessions_do_for_every_kind_of_order() {
    let declined = report(&["--forward-secret", "--decline"]);
    assert_eq!(declined["outcome"], "declined");
    let givers = ["seller", "card-manager", "delivery-service"].map(|giver| &declined["receipts"][giver]["status"]);
    assert_eq!(givers, [&json!("declined"), &json!("declined"), &Value::Null]);
    assert!(is_under_sessions(&declined));
    let (order, shop) = (file("shop/order.json"), file("shop/form.json"));
    let many = report(&["--forward-secret", "--order", &order, "--form", &shop]);
    assert!(many["outcome"] == "delivered" && is_under_sessions(&many));
    for release in ["direct", "on-receipt", "on-approval"] {
        let form = form(|r| r.insert(1, gateway(release)));
        let report = report(&[&["--forward-secret", "--form", form.path()], &ALLOW_GATEWAY[..]].concat());
        assert!(report["outcome"] == "delivered" && is_under_sessions(&report), "{release}");
        assert_eq!(report["readable"]["gateway"], json!(["amount.due", "payment.type"]));
    }
}

#[test]
fn who_makes_no_session_stops_the_sender() {
    for role in ["seller", "card-manager", "delivery-service"] {
        for flag in ["--absent", "--impostor"] {
            let message = refuses(&["--forward-secret", flag, role], &["the card holder sends nothing"]);
            assert!(message.contains(&format!("\"{role}\"")), "{message}");
        }
    }
    assert_eq!(common::run(&["--forward-secret", "--no-handshakes"]).status.code(), Some(2));
    // A form that asks for more than the policy allows ends where it did.
    let leak = form(|r| push(&mut r[0]["selectors"], "card.number"));
    refuses(&["--forward-secret", "--form", leak.path()], &[leak.path(), "\"card.number\"", "\"seller\""]);
}
