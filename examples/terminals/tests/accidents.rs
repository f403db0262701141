//! The terminals example and what happens to its folders: two at once, files that are lost or damaged, interrupts.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{PROGRAM, ROLES, Terminal, deeds, enrol, run, succeeds, waits_for};
use polyseal_testing_programs::Directory;

/// The one line in which it refuses.
fn refusal(args: &[&str], dir: &Path) -> String {
    let output = run(&[args, &["--dir", dir.to_str().unwrap()]].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), message.lines().count()), (Some(1), 1), "{args:?}: {message}");
    message
}

/// A purchase that has been made, in folders that are left.
fn bought() -> Directory {
    let dir = Directory::new();
    succeeds(&["--threshold", "2", "--dir", dir.0.to_str().unwrap()]);
    dir
}

/// Starts the services, which listen when this returns.
fn services(dir: &Path) -> Vec<Terminal> {
    let start = |role: &&str| {
        let book = dir.join("phone-book").join(role);
        let _ = std::fs::remove_file(&book);
        let terminal = Terminal::start(dir, role);
        waits_for(|| book.exists().then_some(()));
        terminal
    };
    ROLES[1..].iter().map(start).collect()
}

fn count(dir: &Path, role: &str, end: &str) -> usize {
    deeds(dir, role).iter().filter(|deed| deed.ends_with(end)).count()
}

#[test]
fn two_card_holders_at_once_buy_once() {
    for _ in 0..4 {
        let dir = Directory::new();
        enrol(&dir.0, &[]);
        let _open = services(&dir.0);
        let start = || {
            let mut command = Command::new(&*PROGRAM);
            command.args(["card-holder", "--dir"]).arg(&dir.0).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let ended = [start(), start()].map(|process| process.wait_with_output().unwrap());
        for output in ended.iter().filter(|output| !output.status.success()) {
            assert!(String::from_utf8_lossy(&output.stderr).contains("another process is at work"), "{output:?}");
        }
        assert!(ended.iter().any(|output| output.status.success()));
        assert_eq!(count(&dir.0, "card-manager", " settled"), 1);
        assert_eq!(count(&dir.0, "delivery-service", " 1 delivered"), 1);
    }
}

#[test]
fn one_command_for_all_has_the_folders_for_itself() {
    let dir = bought();
    let open = services(&dir.0);
    let addresses = || ROLES[1..].iter().map(|role| std::fs::read(dir.0.join("phone-book").join(role)).unwrap());
    let before: Vec<_> = addresses().collect();
    assert!(refusal(&[], &dir.0).contains("another process is at work"));
    assert!(addresses().eq(before), "the services that are open can still be found");
    assert!(open.into_iter().all(Terminal::kill));
}

#[test]
fn what_is_lost_is_not_made_anew() {
    let dir = bought();
    for role in &ROLES[1..] {
        let [ledger, journal] = ["ledger.redb", "journal"].map(|name| dir.0.join(role).join(name));
        for (lost, kept, says) in
            [(&ledger, &journal, "it is lost"), (&journal, &ledger, "the journal beside it is lost")]
        {
            let [was_lost, was_kept] = [lost, kept].map(|path| std::fs::read(path).unwrap());
            std::fs::remove_file(lost).unwrap();
            for command in [*role, "report"] {
                let message = refusal(&[command], &dir.0);
                assert!(
                    message.contains(says) && message.contains("ledger.redb") && message.contains(role),
                    "{message}"
                );
            }
            assert!(!lost.exists(), "{}", lost.display());
            // What it holds is looked at below: to open a ledger may change the file.
            assert!(kept == &ledger || std::fs::read(kept).unwrap() == was_kept, "{}", kept.display());
            std::fs::write(lost, was_lost).unwrap();
        }
    }
    // Nor are shares, for a phone book that is lost, or cannot be read.
    let book = dir.0.join("phone-book/parties.json");
    let (parties, share) = (std::fs::read(&book).unwrap(), std::fs::read(dir.0.join("seller/share")).unwrap());
    std::fs::remove_file(&book).unwrap();
    let message = refusal(&["enrol"], &dir.0);
    assert!(message.contains("the phone book is lost"), "{message}");
    std::fs::write(&book, "garbage").unwrap();
    assert!(refusal(&["enrol"], &dir.0).contains("parties.json"));
    assert_eq!(std::fs::read(dir.0.join("seller/share")).unwrap(), share);
    std::fs::write(&book, parties).unwrap();
    // It is one purchase still; and the order is the same, too, where the envelope is lost.
    let before = succeeds(&["report", "--dir", dir.0.to_str().unwrap()]);
    std::fs::remove_file(dir.0.join("card-holder/envelope")).unwrap();
    let after = succeeds(&["--dir", dir.0.to_str().unwrap()]);
    let order = |text: &str| text.lines().find(|line| line.starts_with("Order ")).map(str::to_owned);
    assert!(order(&before).is_some() && order(&before) == order(&after));
    assert_eq!(count(&dir.0, "card-manager", " settled"), 1);
}

#[test]
fn an_enrolment_that_was_cut_off_is_made_anew() {
    let dir = Directory::new();
    std::fs::create_dir(dir.0.join("seller")).unwrap();
    for file in ["enrolling", "seller/share"] {
        std::fs::write(dir.0.join(file), "").unwrap();
    }
    succeeds(&["--threshold", "2", "--dir", dir.0.to_str().unwrap()]);
    assert!(!dir.0.join("enrolling").exists());
}

#[test]
fn a_damaged_file_is_named_and_not_repeated() {
    let dir = bought();
    let secret = "\"4111111111111111\"";
    for (role, file) in [
        ("seller", "seller/form.json"),
        ("seller", "seller/prices.json"),
        ("seller", "seller/share"),
        ("seller", "seller/journal"),
        ("seller", "seller/notes"),
        ("seller", "phone-book/parties.json"),
        ("card-manager", "card-manager/cards.json"),
        ("card-manager", "card-manager/journal"),
        ("delivery-service", "delivery-service/share"),
        ("card-holder", "card-holder/order.json"),
        ("card-holder", "card-holder/share"),
        ("card-holder", "card-holder/placed"),
    ] {
        let path = dir.0.join(file);
        let whole = std::fs::read(&path).ok();
        std::fs::write(&path, format!("{secret}\n")).unwrap();
        let message = refusal(&[role], &dir.0);
        assert!(message.contains(file) && !message.contains("4111"), "{message}");
        match whole {
            Some(whole) => std::fs::write(&path, whole).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
    }
    let ledger = dir.0.join("seller/ledger.redb");
    let whole = std::fs::read(&ledger).unwrap();
    for damaged in [&[][..], b"garbage", &whole[..whole.len() / 2], &whole[..100], &vec![0; whole.len()]] {
        std::fs::write(&ledger, damaged).unwrap();
        let message = refusal(&["seller"], &dir.0);
        assert!(message.contains("seller/ledger.redb: "), "{message}");
        assert_eq!(std::fs::read(&ledger).unwrap(), damaged);
    }
    std::fs::write(&ledger, whole).unwrap();
    let open = services(&dir.0);
    let envelope = dir.0.join("card-holder/envelope");
    std::fs::write(&envelope, secret).unwrap();
    let message = refusal(&["card-holder", "--patience", "0"], &dir.0);
    assert!(message.contains("card-holder/envelope: it is damaged: remove it"), "{message}");
    std::fs::remove_file(envelope).unwrap();
    assert!(open.into_iter().all(Terminal::kill));
    // An address is of use to callers, who try on for a while.
    std::fs::write(dir.0.join("phone-book/seller"), "nowhere").unwrap();
    assert!(refusal(&["card-holder", "--patience", "0"], &dir.0).contains("phone-book/seller: this is no address"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_purchase_leaves_nothing_behind() {
    let entries = |dir: &Path| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        let home = Directory::new();
        let mut command = Command::new(&*PROGRAM);
        command.env("TMPDIR", &home.0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        // There is a secret in it by then.
        waits_for(|| entries(&home.0).first().filter(|dir| dir.join("card-holder/share").exists()).map(|_| ()));
        let sent = Command::new("kill").args(["-s", signal, &process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        process.wait().unwrap();
        waits_for(|| entries(&home.0).is_empty().then_some(()));
    }
    // So does one that comes to its end, well or not.
    let home = Directory::new();
    for args in [&["--threshold", "2"][..], &["--threshold", "2", "--order", "no-such-file"]] {
        Command::new(&*PROGRAM).args(args).env("TMPDIR", &home.0).output().unwrap();
        assert!(entries(&home.0).is_empty());
    }
    let nowhere = Command::new(&*PROGRAM).env("TMPDIR", home.0.join("none")).output().unwrap();
    let message = String::from_utf8(nowhere.stderr).unwrap();
    assert!(message.starts_with("error: ") && message.contains("none/polyseal-terminals-"), "{message}");
}
