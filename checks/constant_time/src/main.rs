//! Whether what the library does with a share and with the keys from it depends on their values: run under valgrind's
//! memcheck by `checks/constant_time/run`. The coefficients of the shares are marked as undefined, and each case says how many
//! reports there may be.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../benches/order/world.rs"]
mod world;

mod leaks;
mod memcheck;
mod secret;

use core::hint::black_box;
use std::process::ExitCode;

use polyseal::key::CommonKey;
use polyseal::message::{Authorization, Dispatch, Envelope, Relay};
use polyseal::seller::SellerOrder;
use polyseal::{Identifier, KeySource, ReceiveError, Role, Share};
use subtle::ConstantTimeEq;

use world::{Counter, NOW, World};

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
    let traffic = World::<Share>::new().traffic();
    let secrets = World::<secret::Keys>::new();
    sealing(&mut checks, &secrets, &traffic);
    opening(&mut checks, &secrets, &traffic);
    if checks.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

struct Checks {
    failed: bool,
}

impl Checks {
    /// Does something, and holds the number of reports against those that there may be.
    fn expect<T>(&mut self, what: &str, expected: &[usize], work: impl FnOnce() -> T) -> T {
        let before = memcheck::reports();
        let result = black_box(work());
        let reports = memcheck::reports() - before;
        let good = expected.contains(&reports);
        println!("{} {what}: {reports} reports", if good { "ok    " } else { "FAILED" });
        self.failed |= !good;
        result
    }

    fn silent<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        self.expect(what, &[0], work)
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

/// Seals under keys of secret shares; what is sealed is not secret here.
fn sealing(checks: &mut Checks, world: &World<secret::Keys>, traffic: &world::Traffic) {
    let mut sealed = checks.silent("the card holder seals an order", || world.seal(&mut Counter::default()));
    assert!(memcheck::secret_bits(&sealed) > 0, "what is sealed depends on the keys");
    memcheck::declassify(&mut sealed);
    assert!(sealed == traffic.envelope, "it seals the right thing");

    let SellerOrder::AwaitingAuthorization(awaiting) = world.seller.restore(&traffic.seller[0]).expect("a state")
    else {
        panic!("the seller waits");
    };
    let relayed = checks.silent("the seller seals a relay", || {
        let rng = &mut Counter::default();
        awaiting.relay(&world.seller, &Role::CARD_MANAGER, NOW, rng).expect("a relay").to_bytes()
    });
    assert!(memcheck::secret_bits(&relayed) > 0, "what is sealed depends on the keys");
}

/// Opens forgeries under keys of secret shares, up to the verdict on them.
///
/// A verdict is public, and the library branches on it: once for the commitment. Where that is right, the verdict on
/// the tag follows; it is handed on as a `Result`, and looked at once or twice. A comparison that stopped at the first
/// difference would be reported for each byte or word before the last, which is the one that is forged.
fn opening(checks: &mut Checks, world: &World<secret::Keys>, traffic: &world::Traffic) {
    let mut forged = |what: &str, message: &[u8], place: Place, open: &dyn Fn(&[u8]) -> bool| {
        let ends = ends(message, place);
        let forgeries = [("a forged commitment", &[1][..], ends.0), ("a forged tag", &[2, 3], ends.1)];
        for (forgery, reports, end) in forgeries {
            let mut message = message.to_vec();
            message[end] ^= 1;
            let rejected = checks.expect(&format!("{what}, {forgery}"), reports, || open(&message));
            assert!(rejected, "a forgery is rejected as one");
        }
    };
    let rejected = |error| matches!(error, ReceiveError::Rejected);
    forged("the seller opens its part", &traffic.envelope, Place::First, &|bytes| {
        let envelope = Envelope::from_bytes(bytes).expect("an envelope");
        world.seller.receive(&envelope, NOW).err().is_some_and(rejected)
    });
    forged("the card manager opens a relay", &traffic.relay, Place::Last, &|bytes| {
        let relay = Relay::from_bytes(bytes).expect("a relay");
        world.manager.receive(&relay, NOW).err().is_some_and(rejected)
    });
    forged("the delivery service opens a dispatch", &traffic.dispatch, Place::Last, &|bytes| {
        let dispatch = Dispatch::from_bytes(bytes).expect("a dispatch");
        world.courier.receive_dispatch(&dispatch, NOW).err().is_some_and(rejected)
    });
    forged("the seller opens an authorization", &traffic.authorization, Place::Last, &|bytes| {
        let authorization = Authorization::from_bytes(bytes).expect("an authorization");
        let Ok(SellerOrder::AwaitingAuthorization(awaiting)) = world.seller.restore(&traffic.seller[0]) else {
            panic!("the seller waits");
        };
        awaiting.authorize(&world.seller, &authorization, NOW).err().is_some_and(|refused| rejected(refused.error))
    });
}

/// Which sealed message of a message.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
}

/// Where the commitment and the tag of a sealed message end: `[domain, salt, commitment, ciphertext]`, the two in the
/// middle of 32 bytes and the last longer than 512.
fn ends(message: &[u8], place: Place) -> (usize, usize) {
    const HEAD: [u8; 2] = [0x58, 32];
    let mut found = (68..message.len() - 3).filter_map(|at| {
        let heads = message[at - 68..].starts_with(&HEAD) && message[at - 34..].starts_with(&HEAD);
        let length = usize::from(u16::from_be_bytes([message[at + 1], message[at + 2]]));
        let end = at + 3 + length;
        (heads && message[at] == 0x59 && length > 512 && end <= message.len()).then_some((at - 1, end - 1))
    });
    let found = match place {
        Place::First => found.next(),
        Place::Last => found.next_back(),
    };
    found.expect("a sealed message")
}
