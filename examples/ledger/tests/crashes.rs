//! The ledger example, killed at random moments and started again: some dozens of times, and hundreds where
//! `POLYSEAL_CAMPAIGN` is `long`.
//!
//! Each kill takes a whole process away: seller, card manager and delivery service at once, in the
//! middle of whatever they do. What is left is the files: three ledgers, the messages under way, and
//! the journal of what was done in the outside world. Each start hands every message to its receiver
//! once more, and the card manager decides by a die, the seller instructs in other words each time,
//! so that whatever happened twice would show.
//!
//! What the journal proves. A step changes the ledger, then the journal, and only then acts or sends
//! anything. A crash between the first two leaves a change that the journal does not know and nobody
//! has seen: the ledger may keep it, and the order goes on from there. So of what the journal says
//! was new there may be one line for an order, or none; never two, for the line was on the disk
//! before the process that wrote it could end and another see the message. Acts (a withdrawal, a
//! delivery) *are* their lines here: exactly one each, in the end, of an approved order, none of a
//! declined one. Repeated answers are compared by the
//! hashes of what they say.
//!
//! Not shown: a loss of power, for a killed process leaves behind what it has handed to the operating
//! system, flushed or not; and two processes at one ledger, where the revision must be compared:
//! `tests/it/once.rs` goes on from stale states, and the contract's test asks the ledger itself.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use polyseal::ledger::{self, Change, Filed, Ledger, LedgerKey};
use polyseal::message::{Envelope, OrderDigest};
use polyseal::rand_core::Rng;
use polyseal::{Identifier, Role};
use polyseal_redb::RedbLedger;
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::{Directory, built};

/// How many kills there have to be at least: hundreds in a long campaign.
static KILLS: LazyLock<u32> = LazyLock::new(|| campaign(40, 500));
/// How often that many kills are tried, until enough of them hit something.
const ROUNDS: u64 = 6;
/// How often one directory's process is killed before it may finish.
const KILLS_EACH: u32 = 10;
const ORDERS: usize = 4;

static WORKER: LazyLock<PathBuf> = LazyLock::new(|| built("ledger"));

fn start(dir: &Path) -> Child {
    let mut worker = Command::new(&*WORKER);
    worker.arg("--dir").arg(dir).args(["--orders", &ORDERS.to_string()]);
    worker.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end of a process. Whether it came to its own end; an error of its own is none.
fn finishes(worker: Child) -> bool {
    let output = worker.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.is_empty(), "{complaint}");
    output.status.success()
}

/// Starts the worker, and kills it at a random moment. Whether that came before its own end.
///
/// The moment is told by the worker's own progress and not by the clock alone, so that on a loaded machine the kills do
/// not all fall before the first order: some deeds more in the journal, and then up to one order's time.
fn is_killed(dir: &Path, whole: Duration, rng: &mut Repeatable) -> bool {
    let written = || std::fs::metadata(dir.join("journal")).map_or(0, |file| file.len());
    // A line has some 80 bytes; a run that goes on writes fewer lines than the first, and most should not come to their
    // end.
    let goal = written() + u64::from(rng.next_u32() % 700);
    let after = whole * (rng.next_u32() % 1000) / (1000 * u32::try_from(ORDERS).unwrap());
    let mut worker = start(dir);
    while written() < goal && worker.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_micros(200));
    }
    thread::sleep(after);
    worker.kill().unwrap();
    !finishes(worker)
}

/// How long an undisturbed first run takes, at its quickest: other tests may be running too.
fn whole_run() -> Duration {
    LazyLock::force(&WORKER);
    let run = |_| {
        let dir = Directory::new();
        let begin = Instant::now();
        assert!(finishes(start(&dir.0)));
        begin.elapsed()
    };
    (0..5).map(run).min().unwrap()
}

/// What the journal says of one order: how often each thing was done, and what was sent.
#[derive(Default)]
struct Record {
    deeds: BTreeMap<String, usize>,
    answers: BTreeSet<String>,
    dispatches: BTreeSet<String>,
}

impl Record {
    fn add(&mut self, deed: &str) {
        let kind = match deed.split_once(' ') {
            Some((kind @ "answered", hash)) => (self.answers.insert(hash.into()), kind).1,
            Some((kind @ "dispatched", hash)) => (self.dispatches.insert(hash.into()), kind).1,
            _ => deed,
        };
        *self.deeds.entry(kind.into()).or_default() += 1;
    }

    fn count(&self, deed: &str) -> usize {
        self.deeds.get(deed).copied().unwrap_or_default()
    }

    /// What holds at any time, after however many crashes.
    fn has_no_contradiction(&self) {
        for role in [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE] {
            assert!(self.count(&format!("accepted {role}")) <= 1, "an order is new to the {role} twice");
        }
        let decisions = self.count("decided approved") + self.count("decided declined");
        assert!(decisions <= 1, "an order is decided twice");
        assert!(self.answers.len() <= 1, "an order is answered in two ways");
        assert!(self.count("settled") <= 1, "an order is settled twice");
        assert!(self.dispatches.len() <= 1, "an order has two dispatches");
        assert!(self.count("1 delivered") <= 1, "an order is delivered twice");
        if self.count("decided declined") > 0 {
            let approved = ["settled", "dispatched", "1 delivered"].map(|deed| self.count(deed));
            assert_eq!(approved, [0; 3], "a declined order goes ahead");
        }
    }

    /// What holds besides after a run that nobody disturbed.
    fn is_finished(&self) -> bool {
        let delivered = self.count("finished delivered");
        assert_eq!(delivered + self.count("finished declined"), 1, "an order is lost, or ends in two ways");
        assert_eq!([self.count("settled"), self.count("1 delivered"), self.dispatches.len()], [delivered; 3]);
        assert_eq!(self.answers.len(), 1);
        assert_eq!(self.count(if delivered == 1 { "decided declined" } else { "decided approved" }), 0);
        delivered == 1
    }
}

/// The journal, by order. A line that was being written is not read: nobody has acted on it.
fn journal(dir: &Path) -> BTreeMap<String, Record> {
    let text = std::fs::read_to_string(dir.join("journal")).unwrap_or_default();
    let mut records = BTreeMap::<_, Record>::new();
    // The first line says that it is a journal.
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).skip(1) {
        // Behind it stands its hash.
        let (digest, deed) = line.rsplit_once(' ').unwrap().0.split_once(' ').unwrap();
        records.entry(digest.into()).or_default().add(deed);
    }
    records
}

/// The orders that were ever placed.
fn placed(dir: &Path) -> Vec<OrderDigest> {
    let envelope = |number| std::fs::read(dir.join(format!("{number}.envelope"))).unwrap();
    (1..=ORDERS).map(|number| Envelope::from_bytes(&envelope(number)).unwrap().digest()).collect()
}

/// After the last run: every order came to one end, and the ledgers know it.
fn is_complete(dir: &Path) {
    let records = journal(dir);
    assert_eq!(records.len(), ORDERS, "there are orders that nobody placed");
    let owners = ["shop.example", "bank.example", "courier.example"].map(|name| Identifier::new(name).unwrap());
    let mut ledgers = ["seller", "card-manager", "delivery-service"]
        .map(|role| RedbLedger::open(&dir.join(format!("{role}.redb")), 0).unwrap());
    let mut held = [0; 3];
    for digest in placed(dir) {
        let delivered = records[&digest.to_string()].is_finished();
        let expected = [true, true, delivered];
        for (place, role) in [Role::SELLER, Role::CARD_MANAGER, Role::DELIVERY_SERVICE].into_iter().enumerate() {
            let key = LedgerKey { owner: owners[place].clone(), role, digest };
            let record = ledger::Record { key: &key, issued_at: 0, expires: 0, stage: "", change: Change::LookUp };
            let is_held = matches!(ledgers[place].file(&record).unwrap(), Filed::Found(_));
            assert_eq!(is_held, expected[place], "a ledger has lost an order, or made one up");
            held[place] += u64::from(is_held);
        }
    }
    assert_eq!(ledgers.map(|ledger| ledger.len().unwrap()), held);
}

/// What was seen in a directory's life.
#[derive(Default)]
struct Seen {
    kills: u32,
    runs: u32,
    /// Orders at which the journal stopped in the middle.
    interrupted: usize,
    repeated_answers: usize,
    repeated_dispatches: usize,
}

/// A directory's life: its worker is killed again and again, then left alone, and once more.
fn life(seed: u64, whole: Duration) -> Seen {
    let (dir, mut rng, mut seen) = (Directory::new(), Repeatable(seed), Seen::default());
    while seen.kills < KILLS_EACH {
        seen.kills += u32::from(is_killed(&dir.0, whole, &mut rng));
        seen.runs += 1;
        let records = journal(&dir.0);
        records.values().for_each(Record::has_no_contradiction);
        let is_open = |record: &&Record| record.count("finished delivered") + record.count("finished declined") == 0;
        seen.interrupted += records.values().filter(is_open).count();
    }
    for _ in 0..2 {
        assert!(finishes(start(&dir.0)));
        let records = journal(&dir.0);
        records.values().for_each(Record::has_no_contradiction);
        is_complete(&dir.0);
    }
    for record in journal(&dir.0).values() {
        seen.repeated_answers += record.count("answered") - 1;
        seen.repeated_dispatches += record.count("dispatched").saturating_sub(1);
    }
    seen
}

#[test]
fn what_happens_once_happens_once_however_often_the_process_is_killed() {
    let whole = whole_run();
    let lives_each = u64::from(*KILLS / KILLS_EACH / 2);
    let mut seen = Vec::new();
    // On a machine whose other work sets the pace, the kills of one round may fall where there is little to break.
    for round in 0..ROUNDS {
        let run = |half: u64| {
            let first = (2 * round + half) * lives_each;
            (first..first + lives_each).map(|seed| life(seed, whole)).collect::<Vec<_>>()
        };
        thread::scope(|scope| {
            let other = scope.spawn(|| run(1));
            seen.extend(run(0));
            seen.extend(other.join().unwrap());
        });
        if is_enough(&seen) {
            return;
        }
    }
    panic!("the kills fell where there was nothing to break");
}

/// Whether there were kills enough, and where it matters.
fn is_enough(seen: &[Seen]) -> bool {
    let kills: u32 = seen.iter().map(|life| life.kills).sum();
    let runs: u32 = seen.iter().map(|life| life.runs).sum();
    let sum = |count: fn(&Seen) -> usize| seen.iter().map(count).sum::<usize>();
    let (interrupted, answers) = (sum(|life| life.interrupted), sum(|life| life.repeated_answers));
    let dispatches = sum(|life| life.repeated_dispatches);
    println!(
        "{kills} kills in {runs} runs: {interrupted} times an order stopped in the middle, {answers} answers and \
         {dispatches} dispatches repeated"
    );
    let least = campaign(4, 50);
    kills >= *KILLS && [interrupted, answers, dispatches].iter().all(|count| *count >= least)
}
