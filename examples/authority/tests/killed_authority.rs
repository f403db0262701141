//! The authority example, killed at random moments, and started again.
//!
//! A life begins with an authority and ends with everybody served in two epochs; what it does on the way (making the
//! authority, issuing to some more people, going on to the next epoch) is killed now and then: after any time, when
//! there are some files more, or while one is being written. After each kill the directory is read without the tool's
//! help. Every file among the shares, finished or not, has to belong to somebody in the register; every finished one is
//! whole, and the same as it was before, though shares are taken away and issued again; whoever was in a register
//! is in it for good; and of a list there is everybody in it, or nobody.
//!
//! Not shown: a loss of power, for a killed process leaves behind what it has handed to the operating system, flushed
//! or not.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod common;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::thread;

use common::{identities, init_arguments, names, registered, run, tool};
use polyseal::rand_core::Rng;
use polyseal::{KeySource, Share};
use polyseal_example_authority::names::file_name;
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::Directory;

/// How many kills there have to be at least, and how many of them where there is something to break.
static KILLS: LazyLock<u32> = LazyLock::new(|| campaign(12, 60));
static TELLING: LazyLock<u32> = LazyLock::new(|| campaign(2, 10));
/// Some ten do for a long campaign.
const MOST_LIVES: u64 = 60;
const PEOPLE: usize = 60;
/// How the name of a file ends that is being written.
const UNFINISHED: &str = "unfinished";

/// Kills, and after how many of them there was something to break.
#[derive(Debug, Default)]
struct Tally {
    kills: u32,
    /// The register had somebody without a share.
    between: u32,
    /// A file was there that had not got its name yet.
    unfinished: u32,
}

impl Tally {
    /// Whether that is enough. How many lives it takes depends on how busy the machine is.
    fn is_enough(&self) -> bool {
        self.kills >= *KILLS && self.between >= *TELLING && self.unfinished >= *TELLING
    }
}

/// What is known of a directory that is not in it.
struct Life {
    dir: String,
    list: String,
    rng: Repeatable,
    tally: Tally,
    epoch: u64,
    /// Everybody who was ever seen in a register, by its epoch.
    registers: BTreeMap<u64, BTreeSet<String>>,
    /// Every finished file that was ever seen.
    files: BTreeMap<(u64, String), Vec<u8>>,
}

impl Life {
    /// Waits for the moment at which a process is to be killed, or for its end. What was unfinished before it is no
    /// sign.
    fn wait(&mut self, process: &mut Child, before: &BTreeSet<String>) {
        let [how, random] = [(); 2].map(|()| self.rng.next_u32());
        if how.is_multiple_of(3) {
            // Machines differ: from far too short to far too long for any.
            thread::sleep(Duration::from_micros(50 << (random % 13)));
            return;
        }
        let files = || names(&self.dir, self.epoch).len();
        let goal = files() + usize::try_from(random).unwrap() % 20;
        let is_there = || if how % 3 == 1 { files() > goal } else { !self.unfinished().is_subset(before) };
        while process.try_wait().unwrap().is_none() && !is_there() {}
    }

    fn unfinished(&self) -> BTreeSet<String> {
        let files = names(&self.dir, self.epoch).into_iter();
        files.filter(|name| owner_and_kind(name).1 == UNFINISHED).collect()
    }

    /// Runs the tool, and kills it on the way or not. Whether it came to its end.
    fn runs(&mut self, arguments: &[&str]) -> bool {
        let before = self.unfinished();
        let mut process = tool(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if !self.rng.next_u32().is_multiple_of(3) {
            self.wait(&mut process, &before);
            process.kill().unwrap();
        }
        let output = process.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        // Only a refusal, which is the tool's own, has a status.
        let is_killed = match output.status.code() {
            None => true,
            Some(0) => false,
            // The kill came after the work.
            Some(1) if complaint.contains("there is an authority already") => false,
            Some(_) => panic!("{arguments:?}: {complaint}"),
        };
        let is_between = self.look();
        if is_killed {
            self.tally.kills += 1;
            self.tally.between += u32::from(is_between);
            self.tally.unfinished += u32::from(!self.unfinished().is_subset(&before));
        }
        !is_killed
    }

    /// Runs the tool until it has done its work.
    fn insist(&mut self, arguments: &[&str]) {
        while !self.runs(arguments) {}
    }

    /// Reads the directory and compares it with what is known. Whether somebody is registered who never had a share.
    fn look(&mut self) -> bool {
        let mut is_between = false;
        for epoch in 1..=2 {
            if !Path::new(&self.dir).join(format!("register.{epoch}")).exists() {
                assert!(names(&self.dir, epoch).is_empty());
                continue;
            }
            let register = registered(&self.dir, epoch);
            let known = self.registers.entry(epoch).or_default();
            assert!(known.is_subset(&register), "somebody is lost");
            let lists = [0, 1, PEOPLE / 2 + 1, PEOPLE + 1];
            assert!(lists.contains(&register.len()), "a part of a list is registered: {}", register.len());
            *known = register;
            self.look_at_shares(epoch);
            let served: BTreeSet<_> =
                self.files.keys().filter(|(of, _)| *of == epoch).map(|(_, name)| owner_and_kind(name).0).collect();
            is_between |= identities(&self.dir, epoch).iter().any(|person| !served.contains(person.as_str()));
        }
        is_between
    }

    fn look_at_shares(&mut self, epoch: u64) {
        let people: BTreeSet<String> = identities(&self.dir, epoch).into_iter().collect();
        for name in names(&self.dir, epoch) {
            let (owner, kind) = owner_and_kind(&name);
            let bytes = std::fs::read(format!("{}/shares/{epoch}/{name}", self.dir)).unwrap();
            let share = Share::import(&bytes);
            if kind == UNFINISHED {
                // Its name does not say whose it is, and it may end anywhere.
                let owner = share.as_ref().ok().map(|share| file_name(share.identifier()));
                assert!(
                    owner.is_none_or(|owner| people.contains(&owner)),
                    "{name} is of somebody who is not registered"
                );
                continue;
            }
            assert!(people.contains(owner), "{name} is of somebody who is not registered");
            let share = share.unwrap();
            assert_eq!((share.identifier().as_bytes(), share.domain().epoch().number()), (owner.as_bytes(), epoch));
            let first = self.files.entry((epoch, name)).or_insert_with(|| bytes.clone());
            assert_eq!(*first, bytes, "a share is another than before");
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

    fn live(&mut self) {
        let (dir, list) = (self.dir.clone(), self.list.clone());
        let people = |count: usize| (0..count).map(|n| format!("customer-{n:02}")).collect::<Vec<_>>().join("\n");
        self.insist(&init_arguments(&dir));
        self.insist(&["issue", "--dir", &dir, "--service", "shop.example"]);
        for count in [PEOPLE / 2, PEOPLE] {
            std::fs::write(&list, people(count)).unwrap();
            self.insist(&["issue", "--dir", &dir, "--from", &list]);
            self.hand_over(3);
        }
        self.insist(&["issue", "--dir", &dir, "--from", &list]);
        // Whether or not a killed process had come so far, it is not to be done twice.
        while !run(&["inspect", &dir]).contains("2, from 2099-12-31") {
            self.runs(&["rotate", "--dir", &dir, "--yes"]);
        }
        self.epoch = 2;
        self.insist(&["issue", "--dir", &dir, "--renew"]);
        self.hand_over(1);
        self.insist(&["issue", "--dir", &dir, "--renew"]);
    }
}

/// The owner and the kind of a file among the shares, by its name.
fn owner_and_kind(name: &str) -> (&str, &str) {
    let (rest, kind) = name.rsplit_once('.').unwrap();
    (rest.rsplit_once('.').unwrap().0, kind)
}

#[test]
fn it_loses_nobody_and_gives_everybody_one_share() {
    let (mut tally, mut lives) = (Tally::default(), 0);
    while !tally.is_enough() {
        assert!(lives < MOST_LIVES, "in {lives} lives the kills fell where there was little to break: {tally:?}");
        // In memory hardly a file is unfinished for long enough.
        let home = Directory::on_disk();
        let path = |name: &str| home.0.join(name).to_str().unwrap().to_owned();
        let (registers, files) = Default::default();
        let (dir, list, rng) = (path("authority"), path("list"), Repeatable(lives));
        let mut life = Life { dir, list, rng, tally, epoch: 1, registers, files };
        life.live();
        let registers: Vec<_> = life.registers.values().collect();
        assert_eq!((registers.len(), registers[0]), (2, registers[1]));
        assert_eq!(registers[0].len(), PEOPLE + 1);
        // Everybody has one, and the service three more; each epoch has its own.
        assert_eq!(life.files.len(), 2 * (PEOPLE + 4));
        (tally, lives) = (life.tally, lives + 1);
    }
    println!("{lives} lives: {tally:?}");
}
