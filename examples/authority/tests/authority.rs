//! The authority example, as a program: what it makes, what it refuses, and what is left of it when it is backed up
//! badly. `examples/authority/tests/killed_authority.rs` kills it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where it fails"
)]

mod common;

use std::path::Path;

use common::{identities, init, inspect, names, refusal, registered, run, share, tool};
use polyseal::authority::Contribution;
use polyseal::key::Cohort;
use polyseal::{Identifier, KeySource, Label, Share};
use polyseal_testing_programs::Directory;

fn id(name: &str) -> Identifier {
    Identifier::new(name).unwrap()
}

/// The cohort of a card holder, as part of the name of its file.
fn cohort(name: &str) -> String {
    let cohort = Cohort::of(&id(name), &Label::new("cards.example").unwrap(), common::COHORTS);
    format!("cohort-{}", cohort.index().unwrap())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn parties_with_the_files_of_their_shares_have_the_same_keys() {
    let home = Directory::new();
    let dir = init(&home);
    run(&["issue", "--dir", &dir, "--service", "shop.example", "bank.example"]);
    run(&["issue", "--dir", &dir, "alice", "Bob", "dave/..", "erin"]);
    let key = |own: &Share, peer: &Share| *own.common_key(peer.identifier(), own.domain()).unwrap().export();
    for (name, file) in [("alice", "alice"), ("Bob", "%42ob"), ("dave/..", "dave%2f.."), ("erin", "erin")] {
        let holder = share(&dir, 1, &format!("{file}.{}", cohort(name)));
        assert_eq!(*holder.identifier(), id(name));
        let shop = share(&dir, 1, &format!("shop.example.{}", cohort(name)));
        assert_eq!(key(&holder, &shop), key(&shop, &holder));
    }
    let [shop, bank] = ["shop", "bank"].map(|name| share(&dir, 1, &format!("{name}.example.services")));
    assert_eq!(key(&shop, &bank), key(&bank, &shop));
    // A share for each cohort and one for the services' own polynomial, and nothing else but the card holders'.
    assert_eq!(names(&dir, 1).len(), 2 * 4 + 4);
    assert!(inspect(&dir).contains("4 card holders and 2 services"));
    let path = format!("{dir}/shares/1/alice.{}.share", cohort("alice"));
    assert!(run(&["inspect", &path]).starts_with("Share of alice\n"));
}

#[test]
fn the_next_epoch_has_other_keys_and_the_same_people() {
    let home = Directory::new();
    let dir = init(&home);
    run(&["issue", "--dir", &dir, "--service", "shop.example"]);
    run(&["issue", "--dir", &dir, "alice"]);
    let name = format!("alice.{}", cohort("alice"));
    let first = share(&dir, 1, &name);
    run(&["rotate", "--dir", &dir, "--threshold", "70", "--yes"]);
    assert!(registered(&dir, 2).is_empty());
    run(&["issue", "--dir", &dir, "--renew"]);
    assert_eq!(registered(&dir, 2), registered(&dir, 1));
    let second = share(&dir, 2, &name);
    assert_eq!((first.threshold(), second.threshold()), (64, 70));
    assert_eq!(second.domain().epoch().start(), first.domain().epoch().until());
    assert_eq!(second.domain().epoch().number(), 2);
    let peer = id("shop.example");
    let [old, new] = [first, second].map(|share| *share.common_key(&peer, share.domain()).unwrap().export());
    assert_ne!(old, new);
}

#[test]
fn contributions_of_all_authorities_add_up_to_a_share() {
    let home = Directory::new();
    let others = ["north.example", "east.example", "south.example"];
    let dirs = others.map(|name| home.0.join(name).to_str().unwrap().to_owned());
    for (dir, own) in dirs.iter().zip(others) {
        let mut command =
            tool(&["init", "--dir", dir, "--label", "cards.example", "--issuer", own, "--threshold", "8"]);
        command.args(["--start", "2026-01-01", "--until", "2100-01-01", "--yes"]);
        for other in others.iter().filter(|other| **other != own) {
            command.args(["--joint", other]);
        }
        assert!(command.output().unwrap().status.success());
        run(&["contribute", "--dir", dir, "alice"]);
        run(&["contribute", "--dir", dir, "--service", "shop.example"]);
    }
    assert!(refusal(&["issue", "--dir", &dirs[0], "bob"]).contains("contribute is its command"));
    let files = |name: &str| dirs.each_ref().map(|dir| format!("{dir}/shares/1/{name}.cohort-0.contribution"));
    let combined = |name: &str, files: &[String], to: &str| {
        let out = home.0.join(to).to_str().unwrap().to_owned();
        let mut command = tool(&["combine", "--out", &out]);
        let output = command.args(files).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        if !output.status.success() {
            assert_eq!(complaint.lines().count(), 1);
            assert!(!Path::new(&out).exists());
            return Err(complaint);
        }
        let share = Share::import(&std::fs::read(&out).unwrap()).unwrap();
        assert_eq!(*share.identifier(), id(name));
        Ok(share)
    };
    let [alice, shop] = ["alice", "shop.example"].map(|name| combined(name, &files(name), name).unwrap());
    let [here, there] = [(&alice, &shop), (&shop, &alice)]
        .map(|(own, peer)| *own.common_key(peer.identifier(), own.domain()).unwrap().export());
    assert_eq!(here, there);
    assert!(combined("alice", &files("alice")[..2], "short").unwrap_err().contains("\"south.example\" is missing"));
    let mixed = [files("alice")[0].clone(), files("shop.example")[1].clone(), files("alice")[2].clone()];
    assert!(combined("alice", &mixed, "mixed").unwrap_err().contains("\"east.example\" differs from the first"));
    assert!(
        refusal(&["combine", "--out", home.0.join("alice").to_str().unwrap(), &files("alice")[0]]).contains("exists")
    );
    // Each epoch has a polynomial of its own, drawn by each.
    let contribution = |epoch: u64| {
        let path = format!("{}/shares/{epoch}/alice.cohort-0.contribution", dirs[0]);
        Contribution::import(&std::fs::read(path).unwrap()).unwrap()
    };
    let first = contribution(1);
    run(&["rotate", "--dir", &dirs[0], "--yes"]);
    run(&["contribute", "--dir", &dirs[0], "--renew"]);
    assert_eq!(first.issuer(), contribution(2).issuer());
    assert_ne!(first.domain(), contribution(2).domain());
    let about = run(&["inspect", &files("alice")[0]]);
    assert!(about.starts_with("Contribution to the share of alice\n") && about.contains("north.example"), "{about}");
}

#[cfg(unix)]
#[test]
fn what_is_secret_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    fn check(path: &Path) -> usize {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if !path.is_dir() {
            return 1;
        }
        std::fs::read_dir(path).unwrap().map(|entry| check(&entry.unwrap().path())).sum()
    }

    let home = Directory::new();
    let dir = init(&home);
    run(&["issue", "--dir", &dir, "alice", "bob"]);
    run(&["witness", "--dir", &dir, home.0.join("witness").to_str().unwrap()]);
    // State, register, lock, where the witness is, two shares.
    assert_eq!(check(Path::new(&dir)), 6);
    run(&["rotate", "--dir", &dir, "--yes"]);
    assert_eq!(check(Path::new(&dir)), 7);
}

#[test]
fn two_processes_do_not_work_in_one_directory() {
    let home = Directory::new();
    let dir = init(&home);
    let lock = std::fs::File::open(format!("{dir}/lock")).unwrap();
    lock.try_lock().unwrap();
    for command in [&["issue", "alice", "--dir"][..], &["rotate", "--yes", "--dir"], &["witness", "w", "--dir"]] {
        assert!(refusal(&[command, &[&dir]].concat()).contains("another process is at work"));
    }
    // Looking on disturbs nobody.
    assert!(inspect(&dir).contains("0 card holders"));
    lock.unlock().unwrap();
    run(&["issue", "--dir", &dir, "alice"]);
}

#[test]
fn a_directory_that_has_gone_backwards_is_noticed() {
    let home = Directory::new();
    let dir = init(&home);
    let path = Path::new(&dir);
    let witness = home.0.join("witness");
    let issue = |name: &str| run(&["issue", "--dir", &dir, name]);
    let refused = || refusal(&["issue", "--dir", &dir, "zoe"]);
    issue("alice");
    let (backup, register) = (home.0.join("backup"), path.join("register.1"));
    copy(path, &backup);
    let old_register = std::fs::read(&register).unwrap();
    issue("bob");
    let newest = std::fs::read(&register).unwrap();

    // The shares that are there show an old register, a missing one, and one with a byte changed.
    std::fs::write(&register, &old_register).unwrap();
    assert!(refused().contains("it has gone backwards"));
    std::fs::remove_file(&register).unwrap();
    assert!(refused().contains("the register is lost"));
    for at in (0..newest.len() - 1).step_by(10) {
        let mut damaged = newest.clone();
        damaged[at] ^= 1;
        std::fs::write(&register, &damaged).unwrap();
        assert!(
            refused().contains("line 1: it is damaged") || refused().contains("line 2: it is damaged"),
            "byte {at}"
        );
    }
    std::fs::write(&register, &newest).unwrap();

    // An old backup is whole in itself. The witness knows of more.
    run(&["witness", "--dir", &dir, witness.to_str().unwrap()]);
    std::fs::copy(path.join("witness"), backup.join("witness")).unwrap();
    let kept = home.0.join("kept");
    std::fs::rename(path, &kept).unwrap();
    copy(&backup, path);
    assert!(refused().contains("gone backwards: it is at epoch 1 with 1 entries"));
    std::fs::remove_dir_all(path).unwrap();
    std::fs::rename(&kept, path).unwrap();
    run(&["rotate", "--dir", &dir, "--yes"]);
    std::fs::rename(path, &kept).unwrap();
    copy(&backup, path);
    assert!(refused().contains("epoch 2 with 0"));
    // Nor does it take another history of the same length.
    std::fs::remove_dir_all(path).unwrap();
    std::fs::rename(&kept, path).unwrap();
    let fork = home.0.join("fork");
    copy(path, &fork);
    issue("carol");
    std::fs::rename(path, &kept).unwrap();
    std::fs::rename(&fork, path).unwrap();
    std::fs::remove_file(path.join("witness")).unwrap();
    issue("mallory");
    std::fs::copy(kept.join("witness"), path.join("witness")).unwrap();
    assert!(refused().contains("another than"));
    // Whoever is sure appoints it anew, and without a witness there is none to ask.
    std::fs::remove_file(&witness).unwrap();
    assert!(refused().contains("appoint another"));

    let state = path.join("state");
    let mut damaged = std::fs::read(&state).unwrap();
    damaged[100] ^= 1;
    std::fs::write(&state, damaged).unwrap();
    assert!(refused().contains("state: it is damaged"));
}

#[test]
fn nobody_is_registered_where_not_everybody_fits() {
    let home = Directory::new();
    let dir = home.0.join("authority").to_str().unwrap().to_owned();
    run(&["init", "--dir", &dir, "--label", "cards.example", "--threshold", "4", "--capacity", "closed", "--yes"]);
    run(&["issue", "--dir", &dir, "--service", "shop.example"]);
    let people = ["a", "b", "c", "d", "e"];
    let list = home.0.join("list");
    std::fs::write(&list, people.join("\r\n")).unwrap();
    let list = list.to_str().unwrap();
    assert!(refusal(&["issue", "--dir", &dir, "--from", list]).contains("would have 6 parties and takes 5"));
    assert_eq!(registered(&dir, 1).len(), 1);
    std::fs::write(list, people[..4].join("\n")).unwrap();
    run(&["issue", "--dir", &dir, "--from", list]);
    assert_eq!(identities(&dir, 1), ["a", "b", "c", "d", "shop.example"]);
    // Again is no matter, and one more is one too many, of whatever kind.
    run(&["issue", "--dir", &dir, "--from", list]);
    assert!(refusal(&["issue", "--dir", &dir, "e"]).contains("takes 5"));
    assert!(refusal(&["issue", "--dir", &dir, "--service", "bank.example"]).contains("takes 5"));
}

#[test]
fn refusals_are_one_line() {
    let home = Directory::new();
    let dir = init(&home);
    let file = home.0.join("file");
    let path = file.to_str().unwrap();
    let init = ["init", "--label", "cards.example", "--threshold"];
    let other = home.0.join("other").to_str().unwrap().to_owned();
    run(&["issue", "--dir", &dir, "alice"]);
    for (text, complaint) in [
        (&b"alice\nbob \n"[..], "line 2: there is a space"),
        (&[b'x'; 513], "line 1: an identifier has 1 to 512 bytes"),
        (b"\n\n", "there is no identifier"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(refusal(&["issue", "--dir", &dir, "--from", path]).contains(complaint), "{complaint}");
    }
    for (arguments, complaint) in [
        (&["issue", "--dir", &dir, "--from", &other][..], "no such file"),
        (&["issue", "--dir", &dir, "--service", "alice"], "is registered as a card-holder"),
        (&["issue", "--dir", &dir, "--renew"], "first epoch"),
        (&["issue", "--dir", &other, "alice"], "make one with init"),
        (&["contribute", "--dir", &dir, "alice"], "issue is its command"),
        (&["rotate", "--dir", &dir], "give --yes"),
        (&["rotate", "--dir", &dir, "--yes", "--until", "2026-01-02"], "starts before it ends"),
        (&["inspect", path], "neither share nor contribution"),
        (&["inspect", &other], "no such file"),
        (&["combine", "--out", &other, path], "no contribution"),
        (&[&init[..], &["64", "--dir", &dir]].concat(), "there is an authority already"),
        (&[&init[..], &["64", "--dir", &other]].concat(), "give --yes"),
        (&[&init[..], &["16", "--dir", &other, "--cohorts", "3"]].concat(), "raise the threshold"),
        (&[&init[..], &["64", "--dir", &other, "--services", "70"]].concat(), "leave no room"),
        (&[&init[..], &["64", "--dir", &other, "--until", "2026-01-02"]].concat(), "starts before it ends"),
    ] {
        let refusal = refusal(arguments);
        assert!(refusal.contains(complaint), "{arguments:?}: {refusal}");
    }
    let mut many = vec!["--issuer", "own", "--start", "2026-01-01", "--until", "2099-12-31"];
    many.extend(["a", "b", "c", "d", "e", "f", "g", "h"].iter().flat_map(|name| ["--joint", *name]));
    let nine = [&init[..], &["64", "--dir", &other], &many].concat();
    assert!(refusal(&nine).contains("a domain has 1 to 8 issuers"));
    assert!(!Path::new(&other).exists());
    assert_eq!(identities(&dir, 1), ["alice"]);
    for wrong in
        [&["issue", "--dir", &dir][..], &["init", "--dir", &other], &["rotate", "--dir", &dir, "--until", "2026-02-30"]]
    {
        assert_eq!(tool(wrong).output().unwrap().status.code(), Some(2), "{wrong:?}");
    }
}
