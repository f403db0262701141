//! The terminals example, from outside: what it prints, what it leaves, and what it refuses.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{ROLES, Terminal, deeds, enrol, lines, run, succeeds, waits_for};
use polyseal_testing_programs::Directory;
use serde_json::Value;

fn report(args: &[&str]) -> Value {
    serde_json::from_str(&succeeds(&[&["--json"], args].concat())).unwrap()
}

/// Sender, receiver and kind of each message.
fn wire(report: &Value) -> Vec<String> {
    let of = |message: &Value| {
        assert!(message["bytes"].as_u64().unwrap() > 100 && message.as_object().unwrap().len() == 5);
        ["from", "to", "kind"].map(|key| message[key].as_str().unwrap()).join(" ")
    };
    report["wire"].as_array().unwrap().iter().map(of).collect()
}

/// A handshake, and what follows it, the `!` at what comes back.
fn call(from: &str, to: &str, messages: &[&str]) -> Vec<String> {
    let messages = [&["hello", "!answer", "confirmation"], messages].concat();
    let line = |message: &str| match message.strip_prefix('!') {
        Some(kind) => format!("{to} {from} {kind}"),
        None => format!("{from} {to} {message}"),
    };
    messages.into_iter().map(line).collect()
}

const ORDER: [&str; 3] = ["card-holder", "seller", "envelope"];

/// The messages of a purchase, each call within the one that waits for it.
fn purchase(is_approved: bool) -> Vec<String> {
    let [holder, seller, envelope] = ORDER;
    let mut expected = call(holder, seller, &[envelope]);
    expected.extend(call(seller, "card-manager", &["relay", "!authorization", "!receipt"]));
    if is_approved {
        expected.extend(call(seller, "delivery-service", &["dispatch", "!delivery"]));
    }
    expected.extend(["receipt", "receipt"].map(|kind| format!("{seller} {holder} {kind}")));
    expected
}

/// The report of a purchase whose messages are these. Where the machine stands still for seconds, a call is made again,
/// and messages go more than once; but not in each of several purchases.
fn bought(args: &[&str], expected: &[String]) -> Value {
    let firsts = |messages: &[String]| {
        let mut seen = BTreeSet::new();
        messages.iter().filter(|message| seen.insert(*message)).cloned().collect::<Vec<_>>()
    };
    for _ in 0..5 {
        let report = report(args);
        let wire = wire(&report);
        if wire == expected {
            return report;
        }
        assert_eq!(firsts(&wire), firsts(expected));
    }
    panic!("in each of five purchases something is sent again");
}

#[test]
fn one_command_makes_a_purchase() {
    let keys = |report: &Value| report.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let delivered = bought(&[], &purchase(true));
    assert_eq!(keys(&delivered), ["destination", "digest", "outcome", "readable", "receipts", "wire"]);
    assert_eq!(delivered["outcome"], "delivered");
    assert_eq!(delivered["destination"]["destination.name"], "Bob Example");
    assert_eq!(delivered["readable"]["delivery-service"].as_array().unwrap().len(), 6);

    let declined = bought(&["--decline", "--threshold", "2"], &purchase(false));
    assert_eq!(keys(&declined), keys(&delivered));
    assert_eq!((&declined["outcome"], &declined["destination"]), (&"declined".into(), &Value::Null));
    assert_eq!(declined["readable"]["delivery-service"].as_array().unwrap().len(), 0);
}

#[test]
fn a_person_can_run_the_terminals_one_by_one() {
    let dir = Directory::new();
    let place = dir.0.to_str().unwrap();
    enrol(&dir.0, &[]);
    let services = ROLES[1..].iter().map(|role| Terminal::start(&dir.0, role)).collect::<Vec<_>>();
    let bought = succeeds(&["card-holder", "--dir", place]);
    assert!(bought.lines().last().unwrap().ends_with(" delivered"), "{bought}");
    assert!(services.into_iter().all(Terminal::kill));
    let text = succeeds(&["report", "--dir", place]);
    assert!(
        text.contains("Delivered by the delivery-service") && text.contains("Settled by the card-manager: 59.80 EUR")
    );

    // The same order again, by one command for all: it goes on where they were.
    let json = report(&["--dir", place]);
    assert!(text.contains(json["digest"].as_str().unwrap()) && bought.contains(json["digest"].as_str().unwrap()));
    let delivered = deeds(&dir.0, "delivery-service");
    assert_eq!(delivered.iter().filter(|line| line.ends_with(" delivered")).count(), 1);
}

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(name).to_str().unwrap().to_owned()
}

#[test]
fn an_order_of_many_lines_is_bought() {
    let dir = Directory::new();
    let (place, order, form) = (dir.0.to_str().unwrap(), data("shop/order.json"), data("shop/form.json"));
    let bought = report(&["--dir", place, "--order", &order, "--form", &form]);
    assert_eq!(bought["outcome"], "delivered");
    for role in ["seller", "card-manager"] {
        let read = bought["readable"][role].as_array().unwrap();
        assert_eq!(read.iter().filter(|field| field.as_str().unwrap().starts_with("items.")).count(), 160, "{role}");
    }
    // The card manager has forgotten the card's number by now. It has read it all the same.
    assert!(bought["readable"]["card-manager"].as_array().unwrap().contains(&"card.number".into()));
    let text = succeeds(&["report", "--dir", place]);
    assert!(
        text.contains("items.*  (160 fields)") && text.contains("790.71 EUR") && !text.contains("items.0"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.starts_with("  ●") || !line.contains('○')), "{text}");
}

#[test]
fn what_differs_from_the_price_list_is_not_relayed() {
    let dir = Directory::new();
    let place = dir.0.to_str().unwrap();
    let order = std::fs::read_to_string(data("order.json")).unwrap();
    assert!(order.contains("59.80 EUR"));
    let cheap = order.replace("59.80 EUR", "59.79 EUR");
    let path = dir.0.join("cheap.json");
    std::fs::write(&path, &cheap).unwrap();
    refuses(&["--order", path.to_str().unwrap()], &["cheap.json", "\"amount.due\"", "make it 59.80 EUR"]);

    // And where nobody looked before the seller does.
    enrol(&dir.0, &[]);
    std::fs::write(dir.0.join("card-holder/order.json"), &cheap).unwrap();
    let services = ROLES[1..].iter().map(|role| Terminal::start(&dir.0, role)).collect::<Vec<_>>();
    waits_for(|| ROLES[1..].iter().all(|role| dir.0.join("phone-book").join(role).exists()).then_some(()));
    // It is cancelled with the card manager, which has never seen it, and has nothing to pay back.
    assert!(succeeds(&["card-holder", "--dir", place]).ends_with(" cancelled\n"));
    assert!(services.into_iter().all(Terminal::kill));
    let journal = deeds(&dir.0, "seller");
    for (line, deed) in journal.iter().zip(["accepted seller", "open", "demand 1 granted", "finished cancelled"]) {
        assert!(line.ends_with(&format!(" {deed}")), "{journal:?}");
    }
    assert_eq!((journal.len(), deeds(&dir.0, "card-manager").len()), (4, 0));
    assert!(lines(&dir.0, "seller", "wire").iter().all(|line| line.split(' ').nth(3) != Some("relay")));
}

#[cfg(unix)]
#[test]
fn each_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let dir = Directory::new();
    report(&["--dir", dir.0.to_str().unwrap()]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for role in ROLES {
        let folder = dir.0.join(role);
        assert_eq!([mode(&folder), mode(&folder.join("share"))], [0o700, 0o600], "{role}");
        let shares = std::fs::read_dir(&folder).unwrap().filter(|file| file.as_ref().unwrap().file_name() == "share");
        assert_eq!(shares.count(), 1);
        let ledger = folder.join("ledger.redb");
        if role == "card-holder" {
            assert!(!ledger.exists());
        } else {
            assert_eq!(mode(&ledger), 0o600, "{role}");
        }
    }
    for file in ["placed", "envelope", "order.json"] {
        assert_eq!(mode(&dir.0.join("card-holder").join(file)), 0o600);
    }
}

/// One line says all of this, and there is no other output.
fn refuses(args: &[&str], says: &[&str]) {
    let output = run(args);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{args:?}: {message}");
    assert!(message.ends_with('\n') && message.lines().count() == 1, "{message}");
    for part in says {
        assert!(message.contains(part), "{message} does not say {part}");
    }
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let dir = Directory::new();
    let place = dir.0.to_str().unwrap();
    for role in ROLES.iter().chain(&["report"]) {
        refuses(&[role, "--dir", place], &[place, "\"enrol\""]);
    }
    refuses(&["--order", "no-such-file.json"], &["no-such-file.json", "no such file"]);
    let form = |change: fn(&mut Vec<Value>)| {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/form.json");
        let mut form: Value = serde_json::from_str(&std::fs::read_to_string(own).unwrap()).unwrap();
        change(form["recipients"].as_array_mut().unwrap());
        let path = dir.0.join("form.json");
        std::fs::write(&path, form.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let short = form(|recipients| drop(recipients.pop()));
    refuses(&["--form", &short], &[&short, "delivery-service"]);
    // The card holder does not trust the form that the seller sends.
    let leak = form(|recipients| recipients[0]["selectors"].as_array_mut().unwrap().push("card.number".into()));
    refuses(&["--json", "--form", &leak], &["card-holder", "\"card.number\"", "\"seller\""]);
    for wrong in [&["--unknown"][..], &["seller"], &["--threshold", "1"], &["sell", "--dir", place]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    // Two terminals of one role would be two ledgers, or one that both write.
    enrol(&dir.0, &[]);
    let seller = Terminal::start(&dir.0, "seller");
    waits_for(|| dir.0.join("phone-book/seller").exists().then_some(()));
    for role in ["seller", "report"] {
        refuses(&[role, "--dir", place], &["seller", "another process is at work"]);
    }
    assert!(seller.kill());
}
