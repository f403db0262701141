//! Plays a campaign of seeds, or one seed, and says what came of it.
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "a program of the tests stops where it fails")]

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::process::ExitCode;
use std::sync::{Mutex, mpsc};
use std::time::Instant;

use clap::Parser;
use world::play::{Outcome, play};
use world::report::Counts;
use world::script::script;
use world::shrink::shrink;
use world::trace::Fact;

/// A simulated world that tries to break polyseal.
#[derive(Parser)]
struct Arguments {
    /// The seeds of a campaign: the first, and the one after the last.
    #[arg(long, value_parser = range, default_value = "1..1000")]
    seeds: Range<u64>,
    /// One seed, with all that happens.
    #[arg(long)]
    seed: Option<u64>,
    /// The places of the events of that seed that are played, all if it is not given.
    #[arg(long, value_delimiter = ',', requires = "seed")]
    events: Option<Vec<usize>>,
    /// How many seeds are played at a time.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// After how many failing seeds a campaign ends.
    #[arg(long, default_value_t = 1)]
    failures: u64,
    /// After how many minutes a campaign begins no more seeds.
    #[arg(long, default_value_t = u64::MAX)]
    minutes: u64,
    /// A failing seed is told, and not shrunk.
    #[arg(long)]
    brief: bool,
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(first, end)| Some((first.parse().ok()?, end.parse().ok()?)));
    ends.map(|(first, end)| first..end).ok_or_else(|| "two numbers, as in 1..1000".into())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_good = match arguments.seed {
        Some(seed) => replay(seed, arguments.events.as_deref()),
        None => campaign(&arguments),
    };
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(step: u64, fact: &Fact) {
    println!("{step:>6} {fact:?}");
}

/// Plays one seed, and tells everything.
fn replay(seed: u64, chosen: Option<&[usize]>) -> bool {
    let all = script(seed);
    let events: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(place, _)| chosen.is_none_or(|chosen| chosen.contains(place)))
        .map(|(place, event)| {
            println!("event {place}: {event:?}");
            *event
        })
        .collect();
    let Outcome { violation, trace, counts } = play(seed, &events, Some(tell));
    print!("{counts}");
    println!("trace {trace:016x}");
    match &violation {
        Some(violation) => println!("seed {seed}: {violation}"),
        None => println!("seed {seed}: nothing is wrong"),
    }
    violation.is_none()
}

/// Plays all seeds, each on one thread.
fn campaign(arguments: &Arguments) -> bool {
    let (next, failed, begun) = (AtomicU64::new(arguments.seeds.start), AtomicU64::new(0), Instant::now());
    let total = Mutex::new(Counts::default());
    let (done, waits) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            let done = done.clone();
            let (next, failed, total, begun) = (&next, &failed, &total, &begun);
            scope.spawn(move || {
                while failed.load(Ordering::Relaxed) < arguments.failures
                    && begun.elapsed().as_secs() / 60 < arguments.minutes
                {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.seeds.end {
                        break;
                    }
                    let outcome = play(seed, &script(seed), None);
                    let purchases = {
                        let mut total = total.lock().expect("no thread stops");
                        total.add(&outcome.counts);
                        total.purchases
                    };
                    if let Some(violation) = outcome.violation {
                        failed.fetch_add(1, Ordering::Relaxed);
                        println!("seed {seed}, after {purchases} purchases: {violation}");
                        if !arguments.brief {
                            tell_how_to_replay(seed);
                        }
                    }
                }
                drop(done);
            });
        }
        drop(done);
        while waits.recv_timeout(Duration::from_secs(5)) == Err(mpsc::RecvTimeoutError::Timeout) {
            let purchases = total.lock().expect("no thread stops").purchases;
            eprintln!(
                "seed {}: {purchases} purchases, {} a second",
                next.load(Ordering::Relaxed),
                rate(purchases, begun)
            );
        }
    });
    let total = total.into_inner().expect("no thread stops");
    print!("{total}");
    println!("{} purchases a second on {} threads", rate(total.purchases, begun), arguments.threads.max(1));
    failed.into_inner() == 0
}

fn rate(purchases: u64, begun: Instant) -> u64 {
    purchases * 1000 / u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
}

/// How to see what went wrong again, with as few events as it takes.
fn tell_how_to_replay(seed: u64) {
    let events: Vec<String> = shrink(seed).iter().map(ToString::to_string).collect();
    println!("  cargo run --release -p world -- --seed {seed} --events {}", events.join(","));
}
