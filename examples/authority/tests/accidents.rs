//! The authority example and what people do to its files: nothing of it is lost, and nothing is registered that nobody meant.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

mod common;

use std::path::Path;

use common::{identities, init, inspect, names, refusal, run, tool};
use polyseal_testing_programs::Directory;

fn issue(dir: &str, name: &str) -> String {
    run(&["issue", "--dir", dir, name])
}

/// An authority that has served alice.
fn served() -> (Directory, String) {
    let home = Directory::new();
    let dir = init(&home);
    issue(&dir, "alice");
    (home, dir)
}

#[test]
fn a_witness_takes_the_place_of_nothing() {
    let (home, dir) = served();
    let share = format!("{dir}/shares/1/{}", names(&dir, 1).first().unwrap());
    let letter = home.0.join("letter.txt").to_str().unwrap().to_owned();
    std::fs::write(&letter, "dear all").unwrap();
    let other = Directory::new();
    let stranger = other.0.join("witness").to_str().unwrap().to_owned();
    let strange = other.0.join("strange").to_str().unwrap().to_owned();
    run(&["init", "--dir", &strange, "--label", "other.example", "--threshold", "4", "--yes"]);
    run(&["witness", "--dir", &strange, &stranger]);
    let ours = [
        format!("{dir}/state"),
        format!("{dir}/register.1"),
        share,
        format!("{dir}/new"),
        format!("{dir}/../authority/x"),
    ];
    let others = [letter, stranger, home.0.to_str().unwrap().to_owned(), "/dev/null".to_owned()];
    for (paths, says) in [(&ours[..], "own directory"), (&others[..], "name another")] {
        for path in paths {
            let before = std::fs::read(path).ok();
            let refused = refusal(&["witness", "--dir", &dir, path]);
            assert!(refused.contains(says), "{path}: {refused}");
            assert_eq!(std::fs::read(path).ok(), before, "{path}");
        }
    }
    assert!(issue(&dir, "bob").contains("There is no witness"));
    let witness = home.0.join("witness").to_str().unwrap().to_owned();
    // Its own it may write again.
    for _ in 0..2 {
        run(&["witness", "--dir", &dir, &witness]);
    }
    assert!(!issue(&dir, "carol").contains("There is no witness"));
}

#[test]
fn a_register_without_its_last_byte_has_lost_nobody() {
    let (_home, dir) = served();
    let register = format!("{dir}/register.1");
    issue(&dir, "bob");
    let whole = std::fs::read(&register).unwrap();
    let second = 1 + whole.iter().position(|byte| *byte == b'\n').unwrap();
    for length in (second..whole.len() - 1).step_by(9).chain([whole.len() - 1, whole.len()]) {
        std::fs::write(&register, whole.get(..length).unwrap()).unwrap();
        // The directory still has bob's share, which a register without bob does not explain.
        if length < whole.len() - 1 {
            assert!(refusal(&["issue", "--dir", &dir, "zoe"]).contains("it has gone backwards"), "{length}");
        } else {
            issue(&dir, "bob");
            assert_eq!(identities(&dir, 1), ["alice", "bob"]);
        }
    }
    // What no crash leaves is not cut off.
    let mut wrong = whole.clone();
    *wrong.get_mut(whole.len() - 2).unwrap() ^= 1;
    for last in
        [&wrong[..whole.len() - 1], &[&whole[..second], b"nonsense"].concat(), &[&whole[..second], &[0; 9]].concat()]
    {
        std::fs::write(&register, last).unwrap();
        assert!(refusal(&["issue", "--dir", &dir, "zoe"]).contains("line 2: it is damaged"));
        assert!(refusal(&["inspect", &dir]).contains("line 2: it is damaged"));
        assert_eq!(std::fs::read(&register).unwrap(), last);
    }
}

#[test]
fn what_is_not_plainly_a_name_is_not_registered() {
    let (home, dir) = served();
    let list = home.0.join("list");
    let from = list.to_str().unwrap();
    let refuses = |text: &[u8], says: &str| {
        std::fs::write(&list, text).unwrap();
        let refused = refusal(&["issue", "--dir", &dir, "--from", from]);
        assert!(refused.contains(says), "{refused}");
    };
    refuses(b"bob\n carol\n", "line 2: there is a space");
    refuses("bob\ncarol\u{a0}\n".as_bytes(), "line 2: there is a space");
    refuses("bob\u{200b}\n".as_bytes(), "line 1: there is \\u{200b}");
    refuses("b\u{202e}ob\n".as_bytes(), "line 1: there is \\u{202e}");
    refuses(b"bob\tcarol\n", "line 1: there is \\u{9}");
    refuses(b"bob\ncarol\n\nbob\n", "line 4: it is in line 1 already");
    refuses(b"bob\n\xff\n", "save it as UTF-8");
    refuses(b"b\0o\0b\0\n\0", "save it as UTF-8");
    for name in [" bob", "bob ", "b\u{feff}ob", "bob\u{2028}", "b\u{2066}ob"] {
        assert_eq!(tool(&["issue", "--dir", &dir, name]).output().unwrap().status.code(), Some(2), "{name:?}");
    }
    // What it is told of them stays in its line.
    for arguments in [["issue", "--dir", &dir, "b\nob"], ["issue", "--dir", &dir, "--b\nob"]] {
        let output = tool(&arguments).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{complaint}");
        assert!(complaint.contains("b\\nob") && !complaint.contains("b\nob"), "{complaint}");
    }
    assert_eq!(identities(&dir, 1), ["alice"]);
    // A mark at the start is no part of the first name, and the last needs no end of line.
    std::fs::write(&list, "\u{feff}bob\r\ncarol\r\n\r\ndave").unwrap();
    run(&["issue", "--dir", &dir, "--from", from]);
    assert_eq!(identities(&dir, 1), ["alice", "bob", "carol", "dave"]);
}

#[test]
fn a_wrong_name_is_voided_and_keeps_its_place() {
    let home = Directory::new();
    let dir = home.0.join("authority").to_str().unwrap().to_owned();
    run(&["init", "--dir", &dir, "--label", "cards.example", "--threshold", "2", "--yes"]);
    let witness = home.0.join("witness").to_str().unwrap().to_owned();
    run(&["witness", "--dir", &dir, &witness]);
    run(&["issue", "--dir", &dir, "alice", "bbo", "carol"]);
    assert!(refusal(&["void", "--dir", &dir, "bob", "--yes"]).contains("not registered"));
    assert!(refusal(&["void", "--dir", &dir, "bbo"]).contains("give --yes"));
    for erased in ["1 files", "0 files"] {
        assert!(run(&["void", "--dir", &dir, "bbo", "--yes"]).contains(erased));
    }
    assert!(!names(&dir, 1).iter().any(|name| name.starts_with("bbo")));
    assert!(refusal(&["issue", "--dir", &dir, "bbo"]).contains("bbo is void"));
    assert!(inspect(&dir).contains("3 card holders and 0 services, 1 of them void"));
    // The place is taken: one more fits, and no two.
    assert!(refusal(&["issue", "--dir", &dir, "bob", "dave"]).contains("takes 4"));
    issue(&dir, "bob");
    // The next epoch is without it.
    run(&["rotate", "--dir", &dir, "--yes"]);
    run(&["issue", "--dir", &dir, "--renew"]);
    assert_eq!(identities(&dir, 2), ["alice", "bob", "carol"]);
}

#[test]
fn files_of_others_are_left_alone() {
    let (_home, dir) = served();
    let shares = Path::new(&dir).join("shares/1");
    for name in [".DS_Store", "notes.txt", "._alice.cohort-0.share", "bob.cohort-9.share", "bob.share"] {
        std::fs::write(shares.join(name), "x").unwrap();
    }
    std::fs::create_dir(shares.join("backup")).unwrap();
    issue(&dir, "bob");
    assert!(run(&["rotate", "--dir", &dir, "--yes"]).contains("holds 2 files"));
    // A file that is called like somebody's share is one that the register has to explain.
    let shares = Path::new(&dir).join("shares/2");
    std::fs::write(shares.join("eve.cohort-0.share"), "x").unwrap();
    assert!(refusal(&["issue", "--dir", &dir, "alice"]).contains("a file of eve"));
}

#[cfg(unix)]
#[test]
fn all_of_a_list_are_registered_or_none() {
    let (home, dir) = served();
    let list = home.0.join("list").to_str().unwrap().to_owned();
    let people: Vec<_> = (0..40).map(|number| format!("customer-{number}-of-the-shop.example")).collect();
    std::fs::write(&list, people.join("\n")).unwrap();
    let register = std::fs::read(format!("{dir}/register.1")).unwrap();
    // The register would have some 3400 bytes, and no file may have more than 1024 (or two blocks of 512).
    let limited = |script: &str| {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f 2; exec \"$@\" {script}"), "sh"]);
        let tool = tool(&["issue", "--dir", &dir, "--from", &list]);
        shell.arg(tool.get_program()).args(tool.get_args());
        shell.output().unwrap()
    };
    let failed = limited("");
    let complaint = String::from_utf8(failed.stderr).unwrap();
    assert!(failed.status.code() == Some(1) && complaint.contains("register.1"), "{complaint}");
    assert!(complaint.ends_with("nobody was registered\n"), "{complaint}");
    assert_eq!(std::fs::read(format!("{dir}/register.1")).unwrap(), register);
    run(&["issue", "--dir", &dir, "--from", &list]);
    assert_eq!(identities(&dir, 1).len(), 41);
}

#[test]
fn a_share_is_combined_into_a_new_file_or_none() {
    let home = Directory::new();
    let kept = home.0.join("kept");
    std::fs::write(&kept, "mine").unwrap();
    let out = |name: &str| home.0.join(name).to_str().unwrap().to_owned();
    // The place is looked at before the contributions are.
    for (path, says) in [("kept", "it exists"), ("none/x", "No such file"), ("kept/x", "Not a directory")] {
        let refused = refusal(&["combine", "--out", &out(path), &out("no-contribution")]);
        assert!(refused.contains(says) && refused.contains(path), "{refused}");
    }
    assert!(refusal(&["combine", "--out", &out("new"), &out("kept")]).contains("no contribution"));
    assert_eq!(std::fs::read_dir(&home.0).unwrap().count(), 1);
    assert_eq!(std::fs::read(kept).unwrap(), b"mine");
}
