//! What holds for every program, whatever it is for: how it speaks, and that it ends well where nobody listens.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use common::{Temporary, data, form, refuses, report, succeeds};
use polyseal_examples::text::{complaint, is_visible, json, one_line};
use polyseal_testing_programs::{Directory, built};
use serde_json::{Value, json};

const PROGRAMS: [&str; 7] = ["purchase", "gateway", "agent", "authority", "collusion", "ledger", "terminals"];

/// An error of each at work: the files are not there.
const FAILING: [(&str, &[&str]); 7] = [
    ("purchase", &["--order", "no-such-file"]),
    ("gateway", &["--order", "no-such-file"]),
    ("agent", &["--order", "no-such-file"]),
    ("authority", &["inspect", "no-such-file"]),
    ("collusion", &["--svg", "no-such-directory/x.svg"]),
    ("ledger", &["--dir", "/dev/null/x"]),
    ("terminals", &["report", "--dir", "no-such-directory"]),
];

/// A program, which is built once.
fn program(name: &str, args: &[&str]) -> Command {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let path = BUILT.lock().unwrap().entry(name.into()).or_insert_with(|| built(name)).clone();
    let mut command = Command::new(path);
    command.args(args).stdin(Stdio::null());
    command
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8(text.clone()).unwrap())
}

#[test]
fn each_says_its_version_and_helps_within_80_columns() {
    let commands = |name: &str| -> &[&str] {
        match name {
            "authority" => &["init", "issue", "contribute", "combine", "rotate", "witness", "void", "inspect"],
            "terminals" => &["enrol", "card-holder", "seller", "card-manager", "delivery-service", "cancel", "refund"],
            _ => &[],
        }
    };
    for name in PROGRAMS {
        let version = program(name, &["--version"]).output().unwrap();
        assert_eq!(texts(&version), [format!("{name} {}\n", env!("CARGO_PKG_VERSION")), String::new()]);
        let helps = commands(name).iter().map(|command| vec![*command, "--help"]).chain([vec!["--help"], vec!["-h"]]);
        for args in helps {
            let [text, aside] = texts(&program(name, &args).output().unwrap());
            assert!(text.contains("Usage:") && aside.is_empty(), "{name} {args:?}");
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{name} {args:?}: {line}");
            }
        }
    }
}

#[test]
fn what_is_folded_loses_no_word() {
    let text = [
        "  -x, --long-name <FILE>  a text of words that goes on and on and on for more than eighty columns",
        "short",
        "      a text with an indent of six that goes on and on for more than eighty columns, too",
    ];
    let text = &text.join("\n");
    let folded = polyseal_examples::text::fold(text);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&folded), words(text));
    assert!(folded.lines().count() == 5 && folded.lines().all(|line| line.len() <= 80), "{folded}");
    assert_eq!(folded.lines().nth(1), Some(&*format!("{}than eighty columns", " ".repeat(26))), "{folded}");
    assert_eq!(folded.lines().nth(4), Some("      columns, too"));
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_has_to_listen() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    // A pipe whose other end is closed.
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for (name, args) in FAILING {
        for aside in [full(), closed(), Stdio::null()] {
            let failed = program(name, args).stdout(Stdio::null()).stderr(aside).status().unwrap();
            assert_eq!(failed.code(), Some(1), "{name}");
            let wrong = program(name, &["--no-such-option"]).stdout(Stdio::null()).stderr(full()).status().unwrap();
            assert_eq!(wrong.code(), Some(2), "{name}");
        }
        // Text that got lost is an error, but for one who has seen enough.
        let lost = program(name, &["--help"]).stdout(full()).output().unwrap();
        assert_eq!(lost.status.code(), Some(1), "{name}");
        assert!(texts(&lost)[1].starts_with("error: standard output: "), "{name}");
        let enough = program(name, &["--help"]).stdout(closed()).output().unwrap();
        assert!(enough.status.success() && enough.stderr.is_empty(), "{name}");
    }
    let lost = program("simple", &[]).stdout(full()).stderr(closed()).status().unwrap();
    assert_eq!(lost.code(), Some(1));
}

#[test]
fn an_error_is_one_line_that_can_be_read() {
    let wrong = "no\u{1b}[31m\u{202e}such\u{200b}file\u{2028}here";
    for (name, option) in [("purchase", "--order"), ("gateway", "--form"), ("agent", "--prices"), ("ledger", "--cards")]
    {
        let dir = Directory::new();
        let mut args = vec![option, wrong];
        args.extend(["--dir", dir.0.to_str().unwrap()].iter().take(if name == "ledger" { 2 } else { 0 }));
        let output = program(name, &args).output().unwrap();
        let [said, aside] = texts(&output);
        assert!(output.status.code() == Some(1) && said.is_empty(), "{name}: {aside}");
        assert!(aside.trim_end_matches('\n').chars().all(is_visible), "{name}: {aside}");
        assert!(aside.contains("\\u{202e}such\\u{200b}file\\u{2028}here: there is no such file"), "{name}: {aside}");
    }
    for name in PROGRAMS {
        let [_, aside] = texts(&program(name, &[&format!("--{wrong}")]).output().unwrap());
        assert!(aside.lines().all(|line| line.chars().all(is_visible)), "{name}: {aside}");
    }
}

#[test]
fn what_cannot_be_seen_is_shown_escaped() {
    let hidden =
        "Bob\u{202e}\u{2066}\u{200f}\u{061c}\u{ad}\u{feff}\u{2028}\u{a0}\u{3164}\u{2800}\u{fe0f}\u{e0041}\u{85}\u{7}";
    let seen = "Zoë हिन्दी שלום 日本 e\u{301} \\ \"'";
    assert_eq!((one_line(seen), one_line(hidden).chars().all(is_visible)), (seen.into(), true));
    assert_eq!(one_line("a\u{202e}\nb"), "a\\u{202e}\\nb");
    assert_eq!(complaint(&"x".repeat(100_000)).chars().count(), 603);
    let mut order = data("order.json");
    order["destination.name"] = format!("{seen}{hidden}").into();
    let file = Temporary::new(&order);
    let text = succeeds(&["--order", file.path()]);
    assert!(text.contains(&format!("destination.name     {seen}Bob\\u{{202e}}")), "{text}");
    assert!(text.lines().all(|line| line.chars().all(is_visible)));
    // As JSON it is the same value, in letters that can be seen.
    let told = report(&["--order", file.path()]);
    assert_eq!(told["destination"]["destination.name"], order["destination.name"]);
    let value = json!({ "a": hidden, "b": "\u{1f469}\u{200d}\u{1f4bb}" });
    assert!(json(&value).lines().all(|line| line.chars().all(is_visible)));
    assert_eq!(serde_json::from_str::<Value>(&json(&value)).unwrap(), value);
}

/// A file of these bytes in a directory.
fn file(dir: &Directory, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = dir.0.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_file_is_utf_8_with_a_mark_or_without() {
    let dir = Directory::new();
    let order = data("order.json").to_string();
    let marked = file(&dir, "marked", format!("\u{feff}{order}").as_bytes());
    assert_eq!(report(&["--order", &marked])["outcome"], "delivered");
    let units = |order: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(order).collect::<Vec<_>>();
    for (name, bytes) in [
        ("little", units(u16::to_le_bytes, &format!("\u{feff}{order}"))),
        ("big", units(u16::to_be_bytes, &format!("\u{feff}{order}"))),
        ("unmarked", units(u16::to_le_bytes, &order)),
        ("latin", b"{\"a\": \"\xe9\"}".to_vec()),
    ] {
        refuses(&["--order", &file(&dir, name, &bytes)], &[name, "save it as UTF-8"]);
    }
}

#[test]
fn no_more_is_read_than_a_file_may_have() {
    let dir = Directory::new();
    let path = dir.0.join("huge");
    // It takes no room on the disk.
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    for option in ["--order", "--form", "--cards", "--prices", "--story"] {
        refuses(&[option, path.to_str().unwrap()], &["huge", "which is too much"]);
    }
}

#[test]
fn an_error_repeats_no_value_and_has_an_end() {
    let dir = Directory::new();
    for text in [
        "\"4111111111111111\"",
        "[\"4111111111111111\"]",
        "[{\"card.number\": 4111111111111111}]",
        "[4111111111111111]",
    ] {
        let cards = file(&dir, "cards", text.as_bytes());
        let message = refuses(&["--cards", &cards], &["cards"]);
        assert!(!message.contains("4111"), "{message}");
    }
    let long = "r".repeat(100_000);
    let long = form(|recipients| recipients[0]["role"] = long.clone().into());
    assert!(refuses(&["--form", long.path()], &[long.path()]).len() < 1000);
}
