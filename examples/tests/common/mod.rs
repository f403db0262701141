//! The purchase example, as a process of a test.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where it fails")]

use core::sync::atomic::{AtomicU32, Ordering};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use polyseal::OrderForm;
use polyseal::order::Selectors;
use polyseal_testing_programs::{built, printed};
use serde_json::{Value, json};

pub static PURCHASE: LazyLock<PathBuf> = LazyLock::new(|| built("purchase"));

/// A file of a test, removed when that ends.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    pub fn new(text: &impl ToString) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("purchase-{}-{}.json", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

pub fn run(args: &[&str]) -> Output {
    // From elsewhere: the example finds its own files.
    Command::new(&*PURCHASE).args(args).current_dir(std::env::temp_dir()).output().unwrap()
}

pub fn succeeds(args: &[&str]) -> String {
    printed(args, run(args))
}

pub fn report(args: &[&str]) -> Value {
    let report: Value = serde_json::from_str(&succeeds(&[args, &["--json"]].concat())).unwrap();
    let mut keys: Vec<_> = report.as_object().unwrap().keys().collect();
    keys.retain(|key| !["receipts", "story", "booked"].contains(&key.as_str()));
    assert_eq!(keys, ["destination", "digest", "outcome", "readable", "wire"]);
    let has_story = args.contains(&"--story");
    assert_eq!(report.get("receipts").is_some(), args.contains(&"--forward-secret") || has_story);
    assert_eq!(["story", "booked"].map(|key| report.get(key).is_some()), [has_story; 2]);
    let digest = report["digest"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{digest}");
    report
}

/// One line says all of this, with `--json` and without, and there is no other output.
pub fn refuses(args: &[&str], says: &[&str]) -> String {
    let [plain, json] = [args.to_vec(), [args, &["--json"]].concat()].map(|args| run(&args));
    assert_eq!(plain, json);
    let message = String::from_utf8(plain.stderr).unwrap();
    assert_eq!((plain.status.code(), plain.stdout.len()), (Some(1), 0), "{args:?}: {message}");
    assert!(message.ends_with('\n') && message.lines().count() == 1, "{message}");
    for part in says {
        assert!(message.contains(part), "{message} does not say {part}");
    }
    message
}

pub fn data(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The example's form with changes to its recipients.
pub fn form(change: impl FnOnce(&mut Vec<Value>)) -> Temporary {
    let mut form = data("form.json");
    change(form["recipients"].as_array_mut().unwrap());
    Temporary::new(&form)
}

pub fn push(list: &mut Value, item: &str) {
    list.as_array_mut().unwrap().push(item.into());
}

pub fn gateway(release: &str) -> Value {
    json!({"role": "gateway", "identifier": null, "release": release, "selectors": ["amount.due", "payment.type"]})
}

pub const ALLOW_GATEWAY: [&str; 4] = ["--allow", "amount.due:gateway", "--allow", "payment.type:gateway"];

/// What a form shows each role, in the way of the report.
pub fn shown(form: &OrderForm) -> Value {
    // The order has every field that the form names, and nothing else.
    let fields = |selectors: &Selectors| json!(selectors.iter().filter(|one| one.is_exact()).collect::<Vec<_>>());
    let entries = form.recipients().iter().map(|entry| (entry.role.to_string(), fields(&entry.selectors)));
    Value::Object(entries.collect())
}

/// Kind, sender and receiver of each message.
pub fn wire(report: &Value) -> Vec<[&str; 3]> {
    let messages = report["wire"].as_array().unwrap().iter();
    messages
        .map(|message| {
            assert!(message["bytes"].as_u64().unwrap() > 100 && message.as_object().unwrap().len() == 5);
            ["kind", "from", "to"].map(|key| message[key].as_str().unwrap())
        })
        .collect()
}

pub const X: [&str; 3] = ["envelope", "card-holder", "seller"];
pub const Y: [&str; 3] = ["relay", "seller", "card-manager"];
pub const ANSWER: [&str; 3] = ["authorization", "card-manager", "seller"];
pub const Z: [&str; 3] = ["dispatch", "seller", "delivery-service"];
pub const DELIVERY: [&str; 3] = ["delivery", "delivery-service", "seller"];

/// The messages of a handshake.
pub fn handshake<'a>(one: &'a str, other: &'a str) -> [[&'a str; 3]; 3] {
    [["hello", one, other], ["answer", other, one], ["confirmation", one, other]]
}

/// The messages about the order, without those that lead up to it.
pub fn about_the_order(report: &Value) -> Vec<[&str; 3]> {
    let handshake = ["hello", "answer", "confirmation"];
    wire(report).into_iter().filter(|[kind, ..]| !handshake.contains(kind)).collect()
}

/// What was sent to whom about the order, each after that party had answered to this sender.
pub fn has_a_handshake_before_each(report: &Value) -> bool {
    let wire = wire(report);
    let sent =
        wire.iter().enumerate().filter(|(_, [kind, ..])| ["envelope", "direct", "relay", "dispatch"].contains(kind));
    let mut sent = sent.map(|(at, [_, from, to])| wire[..at].contains(&["answer", to, from]));
    sent.all(|answered| answered)
}
