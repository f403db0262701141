//! The terminals example among hostile peers: silent, slow, flooding, sending garbage, without end.
//!
//! They are at all three services at once, with more connections than a service has seats, while an honest card holder
//! buys one thing after the other. Every purchase comes to its end, and the services take no more memory, threads and
//! descriptors than their bounds allow. Then the other way round: the peer that a seller calls is the hostile one.
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
use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::LazyLock;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use common::{PATIENCE, ROLES, Terminal, deeds, enrol, waits_for};
use polyseal::handshake::{Answer, Hello, Initiator};
use polyseal::rand_core::Rng;
use polyseal::{CardHolder, DisclosurePolicy, Identifier, Role, Share};
use polyseal_testing::{Repeatable, campaign};
use polyseal_testing_programs::Directory;

/// At least so many honest purchases, among at least so many hostile connections.
static PURCHASES: LazyLock<usize> = LazyLock::new(|| campaign(5, 30));
static CONNECTIONS: LazyLock<u64> = LazyLock::new(|| campaign(300, 3000));
/// Some 40 do for a long campaign.
const MOST_PURCHASES: usize = 500;
/// How often something is tried that a busy machine may be too late for.
const ROUNDS: usize = 5;
/// The longest message that a frame may have.
const MOST: u32 = 256 * 1024;
/// The kinds that a frame may have, and some that it may not.
const KINDS: u32 = 14;
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

/// A party whose share somebody uses for other things than the example does.
struct Insider {
    terminal: CardHolder<Share>,
    parties: BTreeMap<String, Identifier>,
}

impl Insider {
    fn new(dir: &Path, role: &str) -> Self {
        let parties = std::fs::read(dir.join("phone-book/parties.json")).unwrap();
        let parties: BTreeMap<String, Identifier> = serde_json::from_slice(&parties).unwrap();
        let share = Share::import(&std::fs::read(dir.join(role).join("share")).unwrap()).unwrap();
        // Whatever it calls itself, its hello is well formed.
        let terminal = CardHolder::new(share, DisclosurePolicy::standard(parties["seller"].clone()));
        Self { terminal, parties }
    }

    fn hello(&self, to: &str) -> (Initiator, Hello) {
        let role = Role::new(to).unwrap();
        Initiator::start(&self.terminal, role, self.parties[to].clone(), now(), &mut Repeatable(1)).unwrap()
    }

    /// A connection to the seller, on which the handshake has been made.
    fn meets(&self, seller: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(seller).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (initiator, hello) = self.hello("seller");
        let hello = hello.to_bytes();
        stream.write_all(&frame(length(&hello), 0, &hello)).unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(head[..4].try_into().unwrap())).unwrap()];
        stream.read_exact(&mut answer).unwrap();
        let answer = Answer::from_bytes(&answer).unwrap();
        let (_, confirmation) = initiator.receive(&self.terminal, &answer, &[], now(), &mut Repeatable(2)).unwrap();
        let confirmation = confirmation.to_bytes();
        stream.write_all(&frame(length(&confirmation), 2, &confirmation)).unwrap();
        stream
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn length(message: &[u8]) -> u32 {
    u32::try_from(message.len()).unwrap()
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

/// How long a service holds a connection on which this is written, again and again until it ends. The connection is
/// made in that time.
fn held(connect: impl FnOnce() -> TcpStream, begin: &[u8], again: &[u8]) -> Duration {
    let (start, mut buffer) = (Instant::now(), [0; 1024]);
    let mut stream = connect();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut sent = stream.write_all(begin);
    while sent.is_ok() && start.elapsed() < PATIENCE {
        match stream.read(&mut buffer) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        sent = stream.write_all(again);
    }
    let held = start.elapsed();
    assert!(held < PATIENCE, "a connection is held for ever");
    held
}

#[test]
fn whoever_gets_nowhere_is_left_in_time() {
    let dir = Directory::new();
    let dir = dir.0.as_path();
    enrol(dir, &[]);
    let seller = Terminal::start(dir, "seller");
    let address = waits_for(|| address(dir, "seller"));
    let connect = || TcpStream::connect(address).unwrap();
    let insider = Insider::new(dir, "card-holder");

    // Strangers have two seconds, and guests ten, however they spend them.
    let slow = frame(MOST, 0, &[]);
    let [soon, long] = [1500, 5000].map(Duration::from_millis);
    thread::scope(|scope| {
        for (begin, again) in [(&[][..], &[][..]), (&slow, &[0]), (&[0], &[])] {
            scope.spawn(move || assert!(held(connect, begin, again) > soon));
        }
    });
    // Nonsense has none, and before a handshake nothing is taken. A machine may stand still, but not each
    // time.
    let is_left_at_once = |nonsense: &[u8]| (0..ROUNDS).any(|_| held(connect, nonsense, &[]) < soon);
    for nonsense in [
        frame(u32::MAX, 0, &[]),
        frame(MOST + 1, 3, &[0; 99]),
        frame(5, 200, b"12345"),
        frame(1, 0, b"?"),
        frame(1, 3, b"?"),
    ] {
        assert!(is_left_at_once(&nonsense), "{nonsense:?}");
    }

    // One guest has four seats, and no fifth.
    let seated = |_| {
        let begin = Instant::now();
        let seats: Vec<_> = (0..4).map(|_| insider.meets(address)).collect();
        thread::sleep(Duration::from_millis(200));
        (held(|| insider.meets(address), &[], &[]) < soon).then_some((begin, seats))
    };
    let (begin, mut seats) = (0..ROUNDS).find_map(seated).unwrap();
    if campaign(false, true) {
        held(|| seats.pop().unwrap(), &slow, &[0]);
        assert!(begin.elapsed() > long);
    }
    drop(seats);
    assert!(seller.kill());
}

/// Answers in the card manager's place.
fn impostor(listener: &TcpListener, turn: u32) {
    let (mut stream, _) = waits_for(|| listener.accept().ok());
    stream.set_nonblocking(false).unwrap();
    let _ = stream.set_write_timeout(Some(Duration::from_millis(50)));
    match turn % 4 {
        // Nothing, on a connection that stays open.
        0 => thread::sleep(Duration::from_millis(2500)),
        1 => drop(stream.write_all(&frame(u32::MAX, 1, &[0; 100]))),
        2 => {
            // A byte at a time.
            drop(stream.write_all(&frame(MOST, 1, &[])));
            let begin = Instant::now();
            while stream.write_all(&[0]).is_ok() && begin.elapsed() < PATIENCE {
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
    listener.set_nonblocking(true).unwrap();
    let false_address = listener.local_addr().unwrap().to_string();
    std::fs::write(dir.join("phone-book/card-manager"), false_address).unwrap();
    let services = ["seller", "delivery-service"].map(|role| Terminal::start(dir, role));
    let mut holder = Terminal::start(dir, "card-holder");
    let begin = Instant::now();
    (0..4).for_each(|turn| impostor(&listener, turn));
    println!("four calls to an impostor in {:?}", begin.elapsed());
    assert!(!holder.is_finished());
    assert!(deeds(dir, "delivery-service").is_empty());
    let manager = Terminal::start(dir, "card-manager");
    holder.finishes();
    assert!(deeds(dir, "delivery-service").iter().any(|line| line.ends_with(" delivered")));
    assert!(manager.kill() && services.into_iter().all(Terminal::kill));
}
