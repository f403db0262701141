//! The authority example, killed at random moments, and started again.
//!
//! A life begins with an authority and ends with everybody served in two epochs; what it does on the way (making the
//! authority, issuing to some more people, going on to the next epoch) is killed now and then. After each kill the
//! directory is read without the tool's help. Every file among the shares, finished or not, has to belong to somebody in
//! the register; every finished one is whole, and the same as it was before, though shares are taken away and issued again;
//! and whoever was in a register is in it for good.
//!
//! Not shown: a loss of power, for a killed process leaves behind what it has handed to the operating system, flushed or not.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

#[path = "common/authority.rs"]
mod authority;
mod common;
#[path = "common/example.rs"]
mod example;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use authority::{identities, init_arguments, names, registered, run, tool};
use common::Repeatable;
use example::Directory;
use polyseal::rand_core::Rng;
use polyseal::{KeySource, Share};

const LIVES: u64 = 6;
/// How often a life is interrupted.
const KILLS: u32 = 10;
const PEOPLE: usize = 60;

/// What is known of a directory that is not in it.
struct Life {
    dir: String,
    list: String,
    rng: Repeatable,
    kills: u32,
    /// Kills after which the register had somebody without a share.
    between: u32,
    /// Kills that left a file half written.
    unfinished: u32,
    epoch: u64,
    /// Everybody who was ever seen in a register, by its epoch.
    registers: BTreeMap<u64, BTreeSet<String>>,
    /// Every finished file that was ever seen.
    files: BTreeMap<(u64, String), Vec<u8>>,
}

impl Life {
    /// Runs the tool until it has done its work, and kills it on the way as often as there are kills left.
    fn insist(&mut self, arguments: &[&str], whole: Duration) {
        loop {
            // Half of the moments come late: writing the files is most of the work.
            let after = whole * (self.rng.next_u32() % 1000) / 1000;
            let mut process = tool(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            if self.kills < KILLS {
                thread::sleep(after);
                process.kill().unwrap();
            }
            let output = process.wait_with_output().unwrap();
            let complaint = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                self.look();
                return;
            }
            // Only a refusal, which is the tool's own, has a status.
            match output.status.code() {
                None => self.kills += 1,
                // The kill came after the work.
                Some(1) if complaint.contains("there is an authority already") => return,
                Some(_) => panic!("{arguments:?}: {complaint}"),
            }
            self.look();
        }
    }

    /// Reads the directory and compares it with what is known.
    fn look(&mut self) {
        for epoch in 1..=2 {
            if !Path::new(&self.dir).join(format!("register.{epoch}")).exists() {
                assert!(names(&self.dir, epoch).is_empty());
                continue;
            }
            let register = registered(&self.dir, epoch);
            let known = self.registers.entry(epoch).or_default();
            assert!(known.is_subset(&register), "somebody is lost");
            *known = register;
            self.look_at_shares(epoch);
        }
    }

    fn look_at_shares(&mut self, epoch: u64) {
        let people: BTreeSet<String> = identities(&self.dir, epoch).into_iter().collect();
        let mut served = BTreeSet::new();
        for name in names(&self.dir, epoch) {
            let (owner, kind) =
                name.rsplit_once('.').map(|(name, kind)| (name.rsplit_once('.').unwrap().0, kind)).unwrap();
            assert!(people.contains(owner), "{name} is of somebody who is not registered");
            if kind == "unfinished" {
                self.unfinished += 1;
                continue;
            }
            let bytes = std::fs::read(format!("{}/shares/{epoch}/{name}", self.dir)).unwrap();
            let share = Share::import(&bytes).unwrap();
            assert_eq!((share.identifier().as_bytes(), share.domain().epoch().number()), (owner.as_bytes(), epoch));
            served.insert(owner.to_owned());
            let first = self.files.entry((epoch, name)).or_insert_with(|| bytes.clone());
            assert_eq!(*first, bytes, "a share is another than before");
        }
        if epoch == self.epoch {
            self.between += u32::from(served.len() < people.len());
        }
    }

    /// Hands some shares over: they are no longer in the directory.
    fn hand_over(&mut self, one_in: u32) {
        for name in names(&self.dir, self.epoch) {
            if self.rng.next_u32().is_multiple_of(one_in) {
                std::fs::remove_file(format!("{}/shares/{}/{name}", self.dir, self.epoch)).unwrap();
            }
        }
    }

    fn live(&mut self, whole: Duration) {
        let (dir, list) = (self.dir.clone(), self.list.clone());
        let people = |count: usize| (0..count).map(|n| format!("customer-{n:02}")).collect::<Vec<_>>().join("\n");
        self.insist(&init_arguments(&dir), whole / 4);
        self.insist(&["issue", "--dir", &dir, "--service", "shop.example"], whole / 4);
        for count in [PEOPLE / 2, PEOPLE] {
            std::fs::write(&list, people(count)).unwrap();
            self.insist(&["issue", "--dir", &dir, "--from", &list], whole);
            self.hand_over(3);
        }
        self.insist(&["issue", "--dir", &dir, "--from", &list], whole);
        // Whether or not a killed process had come so far, it is not to be done twice.
        while !run(&["inspect", &dir]).contains("2, from 2099-12-31") {
            self.insist(&["rotate", "--dir", &dir, "--yes"], whole / 4);
        }
        self.epoch = 2;
        self.insist(&["issue", "--dir", &dir, "--renew"], whole);
        self.hand_over(1);
        self.insist(&["issue", "--dir", &dir, "--renew"], whole);
    }
}

/// How long the longest work takes undisturbed.
fn whole_run() -> Duration {
    let home = Directory::new();
    let dir = authority::init(&home);
    let list = home.0.join("list");
    std::fs::write(&list, (0..PEOPLE).map(|n| n.to_string()).collect::<Vec<_>>().join("\n")).unwrap();
    let begin = Instant::now();
    run(&["issue", "--dir", &dir, "--from", list.to_str().unwrap()]);
    begin.elapsed()
}

#[test]
fn it_loses_nobody_and_gives_everybody_one_share() {
    let whole = whole_run();
    let (mut kills, mut between, mut unfinished) = (0, 0, 0);
    for seed in 0..LIVES {
        let home = Directory::new();
        let path = |name: &str| home.0.join(name).to_str().unwrap().to_owned();
        let (registers, files) = Default::default();
        let (dir, list, rng) = (path("authority"), path("list"), Repeatable(seed));
        let mut life = Life { dir, list, rng, kills: 0, between: 0, unfinished: 0, epoch: 1, registers, files };
        life.live(whole);
        let registers: Vec<_> = life.registers.values().collect();
        assert_eq!((registers.len(), registers[0]), (2, registers[1]));
        assert_eq!(registers[0].len(), PEOPLE + 1);
        // Of everybody one, of the service three more; each epoch has its own.
        assert_eq!(life.files.len(), 2 * (PEOPLE + 4));
        kills += life.kills;
        between += life.between;
        unfinished += life.unfinished;
    }
    println!(
        "{kills} kills of work up to {whole:?}: {between} between register and shares, {unfinished} files half written"
    );
    // Else the kills fell where there was nothing to break.
    assert!(kills >= 30 && between >= 5);
}
