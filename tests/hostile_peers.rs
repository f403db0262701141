//! The terminals example among hostile peers: silent, slow, flooding, sending garbage, without end.
//!
//! They are at all three services at once, with more connections than a service has seats, while an honest card holder buys
//! one thing after the other. Every purchase comes to its end, and the services take no more memory, threads and descriptors
//! than their bounds allow. Then the other way round: the peer that a seller calls is the hostile one.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops where it fails"
)]

mod common;
#[path = "common/example.rs"]
mod example;
#[path = "common/terminals.rs"]
mod terminals;

use core::net::SocketAddr;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Instant;

use common::Repeatable;
use example::Directory;
use polyseal::rand_core::Rng;
use polyseal::{CardHolder, Confinement, Identifier, Role, Share};
use terminals::{ROLES, Terminal, enrol, lines, waits_for};

const PURCHASES: usize = 30;
/// The longest message that a frame may have.
const MOST: u32 = 256 * 1024;
/// The kinds that a frame may have, and some that it may not.
const KINDS: u32 = 10;
/// What a service may take at its peak, in KiB, of which a quiet one takes a sixth.
const MEMORY: u64 = 40 * 1024;

fn address(dir: &Path, role: &str) -> Option<SocketAddr> {
    std::fs::read_to_string(dir.join("phone-book").join(role)).ok()?.parse().ok()
}

fn frame(length: u32, kind: u32, message: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes(), &[u8::try_from(kind).unwrap()][..], message].concat()
}

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

    /// Opens connections until there are `most`, and goes round them until it is over. `act` with each, and whether it is
    /// new, says if it is kept.
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

    /// The longest frame that is allowed, but for its last byte; and ones that are not allowed, with as much after their
    /// heads as can be sent.
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
        let hello = frame(u32::try_from(self.hello.len()).unwrap(), 0, self.hello);
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
            let length = u32::try_from(noise.len()).unwrap();
            let kind = if turn == 0 { 0 } else { kind };
            let _ = stream.write_all(&if turn == 1 { noise } else { frame(length, kind, &noise) });
            false
        });
    }
}

/// A hello of the card holder or the seller, for a service.
fn hello(dir: &Path, from: &str, to: &str) -> Vec<u8> {
    let share = |role| Share::import(&std::fs::read(dir.join(role).join("share")).unwrap()).unwrap();
    let parties = std::fs::read_to_string(dir.join("phone-book/parties.json")).unwrap();
    let parties: std::collections::BTreeMap<String, Identifier> = serde_json::from_str(&parties).unwrap();
    // Whatever it calls itself, its hello is well formed and has the domain of the service.
    let terminal = CardHolder::new(share(from), Confinement::standard(parties["seller"].clone()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (_, hello) = terminal.confirm(Role::new(to).unwrap(), parties[to].clone(), now, &mut Repeatable(1)).unwrap();
    hello.to_bytes()
}

/// A figure of a process that is running.
fn figure(process: &Terminal, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// An honest purchase, from a folder that had another before. How long it takes.
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
    let hellos = hellos.map(|(from, to)| hello(dir, from, to));
    let (is_over, connections) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut longest, mut threads, mut descriptors) = (Duration::ZERO, 0, 0);
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
        for _ in 0..PURCHASES {
            longest = longest.max(buys(dir));
            for (_, service) in &services {
                threads = threads.max(figure(service, "Threads"));
                let open = std::fs::read_dir(format!("/proc/{}/fd", service.id())).unwrap().count();
                descriptors = descriptors.max(open);
            }
        }
        drop(end);
    });
    let peaks: Vec<_> = services.iter().map(|(_, service)| figure(service, "VmHWM")).collect();
    println!(
        "{PURCHASES} purchases among {} hostile connections, the longest {longest:?} (in peace {quiet:?}); peaks {peaks:?} \
         KiB, {threads} threads, {descriptors} descriptors",
        connections.load(Ordering::Relaxed)
    );
    assert!(connections.load(Ordering::Relaxed) > 1000);
    assert!(peaks.iter().all(|peak| *peak < MEMORY), "{peaks:?}");
    // For each of 32 seats a thread and two descriptors, and some for what has just ended and for the rest.
    assert!(threads < 64 && descriptors < 128, "{threads} {descriptors}");
    let delivered = lines(dir, "delivery-service", "journal");
    let delivered = delivered.iter().filter(|line| line.ends_with(" delivered")).count();
    assert_eq!(delivered, PURCHASES + 1);
    // And when they are gone, all is as before.
    assert!(buys(dir) < Duration::from_secs(5));
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

/// Who answers in the card manager's place.
fn impostor(listener: &TcpListener, turn: u32) {
    let (mut stream, _) = listener.accept().unwrap();
    let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
    match turn % 4 {
        // Nothing, on a connection that stays open.
        0 => thread::sleep(Duration::from_millis(2500)),
        1 => drop(stream.write_all(&frame(u32::MAX, 1, &[0; 100]))),
        2 => {
            // A byte at a time.
            drop(stream.write_all(&frame(MOST, 1, &[])));
            while stream.write_all(&[0]).is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
        }
        _ => drop(stream.write_all(&frame(3, 1, b"???"))),
    }
}

#[test]
fn a_seller_outlives_whom_it_calls() {
    let dir = Directory::new();
    let dir = dir.0.as_path();
    enrol(dir, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let false_address = listener.local_addr().unwrap().to_string();
    std::fs::write(dir.join("phone-book/card-manager"), false_address).unwrap();
    let services = ["seller", "delivery-service"].map(|role| Terminal::start(dir, role));
    let mut holder = Terminal::start(dir, "card-holder");
    let begin = Instant::now();
    (0..4).for_each(|turn| impostor(&listener, turn));
    println!("four calls to an impostor in {:?}", begin.elapsed());
    assert!(begin.elapsed() < Duration::from_secs(30), "the seller waits too long for an impostor");
    assert!(!holder.is_finished());
    assert!(lines(dir, "delivery-service", "journal").is_empty());
    let manager = Terminal::start(dir, "card-manager");
    holder.finishes();
    assert!(lines(dir, "delivery-service", "journal").iter().any(|line| line.ends_with(" delivered")));
    assert!(manager.kill() && services.into_iter().all(Terminal::kill));
}
