//! The terminals example: four processes, killed at random moments and started again, some dozens of times, and
//! hundreds where `POLYSEAL_CAMPAIGN` is `long`.
//!
//! A life is one purchase. Now and then one of its processes is killed, or all of them, and started again, until the
//! card holder knows the outcome. The moments are told by the progress of the purchase itself: so many messages and
//! deeds more, and then up to a message's time. What was delivered and withdrawn is in the journals of the delivery
//! service and of the card manager, where the line *is* the act.
//!
//! Not shown: a loss of power, see `examples/ledger/tests/crashes.rs`.
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
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use common::{PATIENCE, ROLES, Terminal, enrol, keep_deeds, lines, run, succeeds, waits_for};
use polyseal::message::Envelope;
use polyseal::rand_core::Rng;
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::Directory;
use serde_json::Value;

/// How many kills there have to be at least: hundreds in a long campaign.
static KILLS: LazyLock<u32> = LazyLock::new(|| campaign(40, 500));
/// In how many lives each message has to go again.
static REPEATED: LazyLock<usize> = LazyLock::new(|| campaign(1, 5));
/// How often processes of one life are killed before it may finish.
const KILLS_EACH: u32 = 8;
/// Lives at a time: most of a life is waiting.
const AT_A_TIME: u64 = 4;
/// Some 80 do for a long campaign on a quiet machine.
const MOST_LIVES: u64 = 600;
/// The messages that a killed sender sends again.
const FORWARDED: [&str; 3] = ["envelope", "relay", "dispatch"];

/// The files that grow with a purchase.
const GROWING: [(&str, &str); 5] = [
    ("card-holder", "wire"),
    ("seller", "wire"),
    ("seller", "journal"),
    ("card-manager", "journal"),
    ("delivery-service", "journal"),
];

/// How far a purchase has come, in bytes.
fn progress(dir: &Path) -> u64 {
    let length = |(role, file)| std::fs::metadata(dir.join(role).join(file)).map_or(0, |file| file.len());
    GROWING.into_iter().map(length).sum()
}

/// What was done in the outside world, and how often.
#[derive(Debug, PartialEq, Eq)]
struct Deeds {
    orders: BTreeSet<String>,
    settled: usize,
    delivered: usize,
    declined: usize,
    finished: usize,
}

/// The deeds by the journals. At any time there is at most one of each.
fn deeds(dir: &Path) -> Deeds {
    let mut counts = BTreeMap::<String, usize>::new();
    let mut orders = BTreeSet::new();
    for role in &ROLES[1..] {
        for line in common::deeds(dir, role) {
            let (digest, deed) = line.split_once(' ').unwrap();
            orders.insert(digest.to_owned());
            *counts.entry(format!("{role} {deed}")).or_default() += 1;
        }
    }
    let count = |deed: &str| counts.get(deed).copied().unwrap_or_default();
    let deeds = Deeds {
        settled: count("card-manager settled"),
        delivered: count("delivery-service 1 delivered"),
        declined: count("card-manager decided declined"),
        finished: count("seller finished delivered") + count("seller finished declined"),
        orders,
    };
    assert!(deeds.orders.len() <= 1, "an order is placed twice: {deeds:?}");
    assert!(deeds.settled <= 1 && deeds.delivered <= 1 && deeds.declined <= 1, "something is done twice: {deeds:?}");
    assert!(deeds.delivered <= deeds.settled, "an order is delivered that is not paid: {deeds:?}");
    assert!(deeds.settled + deeds.declined <= 1, "an order is declined and paid: {deeds:?}");
    deeds
}

/// What was seen in a life.
#[derive(Default)]
struct Seen {
    kills: BTreeMap<&'static str, u32>,
    /// Kills between the seller's taking the order and the end of that.
    under_way: u32,
    /// Lives in which this message went more than once.
    repeated: BTreeMap<&'static str, usize>,
}

/// The processes of a purchase.
struct Life {
    dir: Directory,
    terminals: BTreeMap<&'static str, Terminal>,
    seen: Seen,
}

impl Life {
    fn begin(more: &[&str]) -> Self {
        let mut life = Self { dir: Directory::new(), terminals: BTreeMap::new(), seen: Seen::default() };
        enrol(&life.dir.0, more);
        life.start(&ROLES);
        life
    }

    fn start(&mut self, roles: &[&'static str]) {
        self.terminals.extend(roles.iter().map(|role| (*role, Terminal::start(&self.dir.0, role))));
    }

    fn kill(&mut self, roles: &[&'static str]) {
        for role in roles {
            let killed = self.terminals.remove(role).unwrap().kill();
            *self.seen.kills.entry(role).or_default() += u32::from(killed);
        }
    }

    fn is_finished(&mut self) -> bool {
        self.terminals.get_mut("card-holder").unwrap().is_finished()
    }

    /// Waits for a random moment, and kills one terminal then, or all.
    fn strike(&mut self, rng: &mut Repeatable) {
        // A purchase in peace comes to some 2500 bytes. Short spans alone would never let it get that far.
        let span = if rng.next_u32().is_multiple_of(2) { 400 } else { 2000 };
        let goal = progress(&self.dir.0) + u64::from(rng.next_u32() % span);
        let begin = Instant::now();
        while progress(&self.dir.0) < goal && !self.is_finished() {
            assert!(begin.elapsed() < PATIENCE, "a purchase stands still");
            thread::sleep(Duration::from_micros(100));
        }
        thread::sleep(Duration::from_micros(u64::from(rng.next_u32() % 2000)));
        let chosen = usize::try_from(rng.next_u32() % 5).unwrap();
        let victims = ROLES.get(chosen..=chosen).unwrap_or(&ROLES);
        let before = deeds(&self.dir.0);
        self.kill(victims);
        let after = deeds(&self.dir.0);
        self.seen.under_way += u32::from(after.orders.len() == 1 && before.finished == 0);
        if rng.next_u32().is_multiple_of(2) {
            thread::sleep(Duration::from_millis(u64::from(rng.next_u32() % 100)));
        }
        self.start(victims);
    }

    /// Lets the card holder come to its end, and ends the others. The report of it.
    fn finish(&mut self) -> Value {
        self.terminals.remove("card-holder").unwrap().finishes();
        for role in &ROLES[1..] {
            assert!(self.terminals.remove(role).unwrap().kill(), "a service ends by itself");
        }
        serde_json::from_str(&succeeds(&["report", "--json", "--dir", self.dir.0.to_str().unwrap()])).unwrap()
    }
}

/// One purchase, by a good card or by an unknown one.
fn life(seed: u64) -> Seen {
    let is_declined = seed.is_multiple_of(4);
    let mut life = Life::begin(if is_declined { &["--decline"] } else { &[] });
    let mut rng = Repeatable(seed);
    while life.seen.kills.values().sum::<u32>() < KILLS_EACH && !life.is_finished() {
        life.strike(&mut rng);
    }
    let report = life.finish();
    let done = deeds(&life.dir.0);
    let placed = Envelope::from_bytes(&std::fs::read(life.dir.0.join("card-holder/envelope")).unwrap()).unwrap();
    assert_eq!(report["digest"], placed.digest().to_string());
    assert_eq!(done.orders, BTreeSet::from([placed.digest().to_string()]));
    assert_eq!(report["outcome"], if is_declined { "declined" } else { "delivered" });
    assert_eq!(report["destination"].is_null(), is_declined);
    let once = usize::from(!is_declined);
    assert_eq!([done.settled, done.delivered, done.declined, done.finished], [once, once, 1 - once, 1], "{done:?}");

    // The same order once more, in peace: nothing happens but that the card holder is told again.
    life.start(&ROLES);
    assert_eq!(life.finish()["readable"], report["readable"]);
    assert_eq!(deeds(&life.dir.0), done);

    let wire: Vec<_> = ["card-holder", "seller"].iter().flat_map(|role| lines(&life.dir.0, role, "wire")).collect();
    for kind in FORWARDED {
        let sent = wire.iter().filter(|line| line.split(' ').nth(3) == Some(kind)).count();
        // The repetition in peace does not count: of a finished order nothing is dispatched.
        *life.seen.repeated.entry(kind).or_default() += usize::from(sent > 1 + usize::from(kind != "dispatch"));
    }
    life.seen
}

/// What was seen in all lives.
#[derive(Debug, Default)]
struct Tally {
    kills: BTreeMap<&'static str, u32>,
    under_way: u32,
    repeated: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, seen: Seen) {
        seen.kills.into_iter().for_each(|(role, count)| *self.kills.entry(role).or_default() += count);
        seen.repeated.into_iter().for_each(|(kind, count)| *self.repeated.entry(kind).or_default() += count);
        self.under_way += seen.under_way;
    }

    /// Whether enough was killed, and enough of it where there was something to break. How many lives that takes
    /// depends on how busy the machine is.
    fn is_enough(&self) -> bool {
        self.kills.values().sum::<u32>() >= *KILLS
            && self.under_way >= *KILLS / 4
            && ROLES.iter().all(|role| self.kills.get(role).is_some_and(|count| *count >= *KILLS / 10))
            && FORWARDED.iter().all(|kind| self.repeated.get(kind).is_some_and(|lives| *lives >= *REPEATED))
    }
}

#[test]
fn a_purchase_survives_the_end_of_any_process_at_any_moment() {
    let mut tally = Tally::default();
    let mut begun = 0;
    while !tally.is_enough() {
        assert!(begun < MOST_LIVES, "in {begun} lives the kills fell where there was little to break: {tally:?}");
        let seeds: Vec<_> = (begun..begun + AT_A_TIME).collect();
        begun += AT_A_TIME;
        let seen: Vec<_> = thread::scope(|scope| {
            let lives: Vec<_> = seeds.into_iter().map(|seed| scope.spawn(move || life(seed))).collect();
            lives.into_iter().map(|life| life.join().unwrap()).collect()
        });
        for seen in seen {
            tally.add(seen);
        }
    }
    println!("{begun} lives: {tally:?}");
}

/// What is hard to hit: an end between the ledger's step and the line in the journal, and before the seller was told.
#[test]
fn what_was_accepted_and_not_delivered_is_delivered() {
    let mut life = Life { dir: Directory::new(), terminals: BTreeMap::new(), seen: Seen::default() };
    let dir = life.dir.0.clone();
    enrol(&dir, &[]);
    life.start(&["seller", "card-manager"]);
    waits_for(|| {
        ["seller", "card-manager"].iter().all(|role| dir.join("phone-book").join(role).exists()).then_some(())
    });
    let unheard = run(&["card-holder", "--patience", "0", "--dir", dir.to_str().unwrap()]);
    assert_eq!(unheard.status.code(), Some(1), "{unheard:?}");
    waits_for(|| (deeds(&dir).settled == 1).then_some(()));
    life.kill(&["seller", "card-manager"]);
    let ledger = dir.join("seller/ledger.redb");
    let before = std::fs::read(&ledger).unwrap();
    life.start(&ROLES);
    life.finish();
    let done = deeds(&dir);
    let cut = |role: &str, end: &str| keep_deeds(&dir, role, |deed| !deed.ends_with(end));
    cut("delivery-service", " 1 delivered");
    cut("seller", " finished delivered");
    std::fs::write(&ledger, before).unwrap();
    assert_eq!([deeds(&dir).delivered, deeds(&dir).finished], [0, 0]);
    // Without the card holder: the seller goes on by itself.
    life.start(&ROLES[1..]);
    waits_for(|| (deeds(&dir) == done).then_some(()));
}
