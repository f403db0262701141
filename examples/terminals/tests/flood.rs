//! The terminals example in a flood of hostile peers: silent, slow, sending garbage, without end.
//!
//! They are at all three services at once, with more connections than a service has seats, while an honest card holder
//! buys one thing after the other. Every purchase comes to its end, and the services take no more memory, threads and
//! descriptors than their bounds allow.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod common;

use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use common::peers::{Insider, MOST, address, frame, length};
use common::{ROLES, Terminal, deeds, enrol, waits_for};
use polyseal::rand_core::Rng;
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::Directory;

/// At least so many honest purchases, among at least so many hostile connections.
static PURCHASES: LazyLock<usize> = LazyLock::new(|| campaign(5, 30));
static CONNECTIONS: LazyLock<u64> = LazyLock::new(|| campaign(300, 3000));
/// Some 40 do for a long campaign.
const MOST_PURCHASES: usize = 500;
/// The kinds that a frame may have, and some that it may not.
const KINDS: u32 = 14;
/// What a service may take at its peak, in KiB, of which a quiet one takes a sixth.
const MEMORY: u64 = 40 * 1024;

/// Hostile peers of one service.
struct Attack<'a> {
    address: SocketAddr,
    /// A hello as good as any, from somebody who will not go on.
    hello: &'a [u8],
    is_over: &'a AtomicBool,
    connections: &'a AtomicU64,
}

impl Attack<'_> {
    fn connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok()?;
        let short = Some(Duration::from_millis(20));
        stream.set_read_timeout(short).and_then(|()| stream.set_write_timeout(short)).ok()?;
        self.connections.fetch_add(1, Ordering::Relaxed);
        Some(stream)
    }

    /// Opens connections until there are `most`, and goes round them until it is over. `act` with each, and whether it
    /// is new, says if it is kept.
    fn goes_on(&self, most: usize, mut act: impl FnMut(&mut TcpStream, bool) -> bool) {
        let mut kept = VecDeque::new();
        while !self.is_over.load(Ordering::Relaxed) {
            let is_new = kept.len() < most;
            let next = if is_new { self.connect() } else { kept.pop_front() };
            kept.extend(next.and_then(|mut stream| act(&mut stream, is_new).then_some(stream)));
        }
    }

    /// More connections than there are seats, and not a word. Closed ones are replaced.
    fn is_silent(&self) {
        self.goes_on(100, |stream, _| match stream.read(&mut [0; 64]) {
            Ok(read) => read > 0,
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        });
    }

    /// The longest frame that is allowed, a byte at a time, on many connections.
    fn is_slow(&self) {
        self.goes_on(50, |stream, is_new| {
            thread::sleep(Duration::from_micros(200));
            let sent = if is_new { stream.write_all(&frame(MOST, 0, &[])) } else { stream.write_all(&[0]) };
            sent.is_ok()
        });
    }

    /// The longest frame that is allowed, but for its last byte; and ones that are not allowed, with as much after
    /// their heads as can be sent.
    fn is_large(&self) {
        let chunk = vec![0x80; usize::try_from(MOST).unwrap() - 1];
        let mut lengths = [MOST, MOST, MOST + 1, u32::MAX].into_iter().cycle();
        self.goes_on(40, |stream, is_new| {
            let head = if is_new { frame(lengths.next().unwrap(), 0, &[]) } else { Vec::new() };
            stream.write_all(&head).and_then(|()| stream.write_all(&chunk)).is_ok()
        });
    }

    /// Connections as fast as they can be made. Some begin a handshake; half are kept for a moment.
    fn floods(&self) {
        let hello = frame(length(self.hello), 0, self.hello);
        let mut turn = 0_u32;
        self.goes_on(60, |stream, is_new| {
            turn += 1;
            if is_new && turn.is_multiple_of(4) {
                let _ = stream.write_all(&hello);
            }
            is_new && turn.is_multiple_of(2)
        });
    }

    /// Frames of every kind with noise in them, noise that is no frame, and a hello with a bit that is wrong.
    fn sends_garbage(&self, seed: u64) {
        let mut rng = Repeatable(seed);
        self.goes_on(1, |stream, _| {
            let mut noise = vec![0; usize::try_from(rng.next_u32() % 2000).unwrap()];
            rng.fill_bytes(&mut noise);
            let (turn, kind) = (rng.next_u32() % 3, rng.next_u32() % KINDS);
            if turn == 0 {
                noise = self.hello.to_vec();
                let place = usize::try_from(rng.next_u32()).unwrap() % noise.len();
                noise[place] ^= 1 << (rng.next_u32() % 8);
            }
            let length = length(&noise);
            let kind = if turn == 0 { 0 } else { kind };
            let _ = stream.write_all(&if turn == 1 { noise } else { frame(length, kind, &noise) });
            false
        });
    }
}

/// A figure of a process that is running, where there are any.
fn figure(process: &Terminal, name: &str) -> u64 {
    if !cfg!(target_os = "linux") {
        return 0;
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// An honest purchase, from a folder that had another before. How long it takes, which is not for ever.
fn buys(dir: &Path) -> Duration {
    for file in ["envelope", "placed"] {
        let _ = std::fs::remove_file(dir.join("card-holder").join(file));
    }
    let begin = Instant::now();
    Terminal::start(dir, "card-holder").finishes();
    begin.elapsed()
}

#[test]
fn an_honest_purchase_gets_through() {
    let dir = Directory::new();
    let dir = dir.0.as_path();
    enrol(dir, &[]);
    let services: Vec<_> = ROLES[1..].iter().map(|role| (*role, Terminal::start(dir, role))).collect();
    let addresses: Vec<_> = ROLES[1..].iter().map(|role| waits_for(|| address(dir, role))).collect();
    let quiet = buys(dir);
    let hellos = [("card-holder", "seller"), ("seller", "card-manager"), ("seller", "delivery-service")];
    let hellos = hellos.map(|(from, to)| Insider::new(dir, from).hello(to).1.to_bytes());
    let (is_over, connections) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut longest, mut threads, mut descriptors) = (Duration::ZERO, 0, 0);
    let mut purchases = 0;
    thread::scope(|scope| {
        for (address, hello) in addresses.iter().zip(&hellos) {
            let attack = || Attack { address: *address, hello, is_over: &is_over, connections: &connections };
            scope.spawn(move || attack().is_silent());
            scope.spawn(move || attack().is_slow());
            scope.spawn(move || attack().is_large());
            scope.spawn(move || attack().floods());
            scope.spawn(move || attack().sends_garbage(7));
        }
        // Whatever comes, the attack ends.
        let end = End(&is_over);
        while purchases < *PURCHASES || connections.load(Ordering::Relaxed) < *CONNECTIONS {
            assert!(purchases < MOST_PURCHASES, "the attack is not worth the name");
            purchases += 1;
            longest = longest.max(buys(dir));
            for (_, service) in &services {
                threads = threads.max(figure(service, "Threads"));
                let open = std::fs::read_dir(format!("/proc/{}/fd", service.id()));
                descriptors = descriptors.max(open.map_or(0, Iterator::count));
            }
        }
        drop(end);
    });
    let peaks: Vec<_> = services.iter().map(|(_, service)| figure(service, "VmHWM")).collect();
    println!(
        "{purchases} purchases among {} hostile connections, the longest {longest:?} (in peace {quiet:?}); peaks {peaks:?} \
         KiB, {threads} threads, {descriptors} descriptors",
        connections.load(Ordering::Relaxed)
    );
    assert!(peaks.iter().all(|peak| *peak < MEMORY), "{peaks:?}");
    // For each of 32 seats a thread and two descriptors, and some for what has just ended and for the rest.
    assert!(threads < 64 && descriptors < 128, "{threads} {descriptors}");
    let delivered = deeds(dir, "delivery-service");
    let delivered = delivered.iter().filter(|line| line.ends_with(" delivered")).count();
    assert_eq!(delivered, purchases + 1);
    // And when they are gone, all is as before.
    buys(dir);
    for (role, service) in services {
        assert!(service.kill(), "the {role} ended by itself");
    }
}

/// Sets the flag when it goes, in a panic too.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
