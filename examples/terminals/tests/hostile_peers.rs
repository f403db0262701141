//! The terminals example and a hostile peer: whoever gets nowhere is left in time, and a seller outlives whom it calls.
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
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use common::peers::{Insider, MOST, address, frame};
use common::{PATIENCE, Terminal, deeds, enrol, waits_for};
use polyseal_testing::campaign;
use polyseal_testing_programs::Directory;

/// How often something is tried that a busy machine may be too late for.
const ROUNDS: usize = 5;

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
