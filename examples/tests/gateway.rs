//! The gateway example, from outside: who reads what when a further recipient carries the messages of others.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

use polyseal_testing_programs::built;
use serde_json::{Value, json};

static GATEWAY: LazyLock<PathBuf> = LazyLock::new(|| built("gateway"));

fn run(args: &[&str]) -> Output {
    // From elsewhere: the example finds its own files.
    Command::new(&*GATEWAY).args(args).current_dir(std::env::temp_dir()).output().unwrap()
}

fn report(args: &[&str]) -> Value {
    let output = run(&[args, &["--json"]].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Sender, receiver, addressee and kind of each message.
fn wire(report: &Value) -> Vec<[&str; 4]> {
    let hops = report["wire"].as_array().unwrap().iter();
    hops.map(|hop| ["from", "to", "addressee", "kind"].map(|key| hop[key].as_str().unwrap())).collect()
}

#[test]
fn the_gateway_reads_its_own_part_and_passes_on_the_rest_unread() {
    let report = report(&[]);
    assert_eq!((&report["outcome"], &report["settled"]), (&json!("delivered"), &json!(["59.80 EUR"])));
    assert_eq!(report["readable"]["gateway"], json!(["amount.due", "payment.type"]));
    assert!(report["readable"]["card-manager"].as_array().unwrap().contains(&json!("card.number")));
    let (seller, gateway, bank) = ("seller", "gateway", "card-manager");
    assert_eq!(
        wire(&report),
        [
            ["card-holder", seller, seller, "envelope"],
            [seller, gateway, gateway, "relay"],
            [seller, gateway, bank, "relay"],
            [gateway, bank, bank, "relay"],
            [bank, gateway, seller, "authorization"],
            [gateway, seller, seller, "authorization"],
            [seller, "delivery-service", "delivery-service", "dispatch"],
            ["delivery-service", seller, seller, "delivery"],
        ]
    );
    for hop in report["wire"].as_array().unwrap() {
        let refused = hop["refused"].as_array().unwrap();
        let foreign = hop["to"] == gateway && hop["addressee"] != gateway;
        assert_eq!(refused.len(), if foreign { 2 } else { 0 }, "{hop}");
        // The second attempt brings the gateway's own key to bear on what is sealed to another.
        if let Some(last) = refused.last() {
            assert!(last[1].as_str().unwrap().contains("not authentic"), "{last}");
        }
    }
}

#[test]
fn the_gateway_cannot_tell_a_refusal_from_an_approval() {
    let order = concat!(env!("CARGO_MANIFEST_DIR"), "/data/order.json");
    let order = std::fs::read_to_string(order).unwrap();
    let unknown = format!("{}/unknown-card.json", env!("CARGO_TARGET_TMPDIR"));
    assert!(order.contains("0000 1111 2222 3333"));
    std::fs::write(&unknown, order.replace("0000 1111 2222 3333", "0000 1111 2222 3334")).unwrap();
    let (declined, approved) = (report(&["--order", &unknown]), report(&[]));
    assert_eq!((&declined["outcome"], &declined["settled"]), (&json!("declined"), &json!([])));
    assert_eq!(declined["readable"]["delivery-service"], json!([]));
    assert_eq!(wire(&declined)[..], wire(&approved)[..6]);
    for place in 0..6 {
        assert_eq!(declined["wire"][place]["bytes"], approved["wire"][place]["bytes"]);
    }
}

#[test]
fn the_text_shows_the_way_and_bad_files_have_one_line() {
    let output = run(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["gateway          ▶ card-manager", "nothing for this party as \"gateway\"", "59.80 EUR", "●"] {
        assert!(text.contains(part), "{text}");
    }
    let form = concat!(env!("CARGO_MANIFEST_DIR"), "/data/form.json");
    for bad in ["no-such-file.json", form] {
        let output = run(&["--order", bad]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), error.lines().count()), (Some(1), 0, 1), "{error}");
        assert!(error.contains(bad), "{error}");
    }
    assert_eq!(run(&["--unknown"]).status.code(), Some(2));
    assert!(String::from_utf8(run(&["--help"]).stdout).unwrap().contains("--order"));
}

#[test]
fn an_order_of_many_lines_goes_the_same_way() {
    let order = concat!(env!("CARGO_MANIFEST_DIR"), "/data/shop/order.json");
    let many = report(&["--order", order]);
    assert_eq!((&many["outcome"], &many["settled"]), (&json!("delivered"), &json!(["790.71 EUR"])));
    assert_eq!(wire(&many), wire(&report(&[])));
    assert_eq!(many["readable"]["gateway"], json!(["amount.due", "payment.type"]));
    assert!(many["readable"]["seller"].as_array().unwrap().contains(&json!("items.39.sku")));
    let text = String::from_utf8(run(&["--order", order]).stdout).unwrap();
    assert!(text.contains("items.*  (160 fields)") && !text.contains("items.0"), "{text}");
}

#[test]
fn what_the_files_say_is_heeded() {
    let temporary = |name: &str, text: &str| {
        let path = format!("{}/gateway-{name}.json", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&path, text).unwrap();
        path
    };
    assert_eq!(report(&["--cards", &temporary("cards", "[]")])["outcome"], "declined");
    let prices = temporary("prices", r#"{"K-17": "30.00 EUR"}"#);
    let form = concat!(env!("CARGO_MANIFEST_DIR"), "/data/form.json");
    for (args, says) in [
        (["--prices", &*prices], ["the seller relays nothing", "make it 60.00 EUR"]),
        (["--form", form], [form, "needs a \"gateway\""]),
    ] {
        let output = run(&args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), error.lines().count()), (Some(1), 0, 1), "{error}");
        assert!(says.iter().all(|part| error.contains(part)), "{error}");
    }
}
