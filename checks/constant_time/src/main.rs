//! Whether what the library does with a share and with the keys from it depends on their values: run under valgrind's
//! memcheck by `checks/constant_time/run`. The coefficients of the shares are marked as undefined, and in some cases
//! other secrets are. Each case says how many reports there may be.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../benches/order/world.rs"]
mod world;

mod forgery;
mod handshakes;
mod leaks;
mod life;
mod matrix;
mod memcheck;
mod orders;
mod secret;

use core::hint::black_box;
use std::process::ExitCode;

use polyseal::key::CommonKey;
use polyseal::{Identifier, KeySource, Share};
use subtle::ConstantTimeEq;

use world::World;

/// Shorter than a block of every arithmetic, and what each takes for short, for middling and for long, whole blocks or
/// not.
const THRESHOLDS: [usize; 6] = [5, 63, 130, 257, 700, 2100];

fn main() -> ExitCode {
    if !memcheck::is_there() {
        eprintln!("run this under valgrind's memcheck: checks/constant_time/run");
        return ExitCode::from(2);
    }
    let mut checks = Checks { failed: false };
    caught(&mut checks);
    for threshold in THRESHOLDS {
        derivation(&mut checks, threshold);
    }
    let (plain, secrets) = (World::<Share>::new(), World::<secret::Keys>::new());
    let traffic = orders::Traffic::new(&plain);
    orders::sealing(&mut checks, &secrets, &traffic);
    orders::opening(&mut checks, &secrets, &traffic);
    let life = life::Life::new(&plain, &traffic);
    life::sealing(&mut checks, &secrets, &traffic, &life);
    life::opening(&mut checks, &secrets, &life);
    for exchange in [false, true] {
        let met = handshakes::Met::new(&plain, exchange);
        handshakes::handshake(&mut checks, &secrets, &met);
        if exchange {
            handshakes::exchange(&mut checks, &plain, &met);
            handshakes::session(&mut checks, &secrets, &met);
        }
    }
    if checks.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

struct Checks {
    failed: bool,
}

impl Checks {
    /// Does something, and compares the number of reports with those that there may be.
    fn expect<T>(&mut self, what: &str, expected: &[usize], work: impl FnOnce() -> T) -> T {
        let before = memcheck::reports();
        let result = black_box(work());
        let reports = memcheck::reports() - before;
        let good = expected.contains(&reports);
        if good {
            println!("ok     {what}: {reports} reports");
        } else {
            println!("FAILED {what}: {reports} reports, and not {expected:?}");
        }
        self.failed |= !good;
        result
    }

    fn silent<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        self.expect(what, &[0], work)
    }

    /// Seals something, without a report: it depends on the keys.
    fn sealed(&mut self, what: &str, seal: impl FnOnce(&mut world::Counter) -> Vec<u8>) {
        let sealed = self.silent(what, || seal(&mut world::Counter::default()));
        assert!(memcheck::secret_bits(&sealed) > 0, "what is sealed depends on the keys");
    }
}

/// The leaks that must be reported, in a key that the library derived from a secret share.
fn caught(checks: &mut Checks) {
    let [_, share, ..] = world::shares(5);
    let share = secret::import(&secret::export(&share));
    let key = share.common_key(&peer(), share.domain()).expect("a key").export();
    let same = key.clone();
    checks.expect("a branch on a secret, which must be caught", &[1], || leaks::branch(&key));
    checks.expect("an index by a secret, which must be caught", &[1], || leaks::index(&key));
    checks.expect("an early exit of a comparison, which must be caught", &[31, 32], || leaks::compare(&key, &same));
}

fn peer() -> Identifier {
    Identifier::new("holder 4711").expect("an identifier")
}

fn derivation(checks: &mut Checks, threshold: usize) {
    let [_, plain, ..] = world::shares(threshold);
    let expected = plain.common_key(&peer(), plain.domain()).expect("a key");

    let bytes = secret::export(&plain);
    let (share, borrowed) = (secret::import(&bytes), secret::borrow(&bytes));
    let name = |how| format!("t = {threshold}, {how}");
    let keys = [
        checks.silent(&name("Share::common_key"), || share.common_key(&peer(), share.domain())),
        checks.silent(&name("BorrowedShare::common_key"), || borrowed.common_key(&peer(), borrowed.domain())),
    ];
    checks.silent(&name("Share::export"), || share.export());
    for key in keys {
        comparison(checks, &key.expect("a key"), &expected);
    }
    checks.silent(&name("wiping a share"), || drop(share));
}

/// A derived key with what it should be, and with one that differs at the end.
fn comparison(checks: &mut Checks, key: &CommonKey, expected: &CommonKey) {
    let exported = checks.silent("    CommonKey::export", || key.export());
    assert_eq!(memcheck::secret_bits(exported.as_slice()), 256, "a key of a secret share is secret");
    let mut other = expected.export();
    other[31] ^= 1;
    memcheck::classify(other.as_mut_slice());
    let other = checks.silent("    CommonKey::import", || CommonKey::import(&other));
    for (other, equal) in [(expected, 1), (&other, 0)] {
        let mut verdict = [checks.silent("    CommonKey::ct_eq", || key.ct_eq(other)).unwrap_u8()];
        assert_eq!(memcheck::secret_bits(&verdict), 1, "a verdict on a secret");
        memcheck::declassify(&mut verdict);
        assert_eq!(black_box(verdict), [equal], "the key is the right one");
    }
}
