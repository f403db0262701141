//! The fuzzer's properties, checked on its corpus: `fuzz/README.md`.

use std::fs;
use std::path::PathBuf;

use crate::properties::TARGETS;
use crate::properties::honest::Honest;
use crate::properties::seeds::Seed;
use polyseal_testing::cbor::{Value, edited};
use polyseal_testing::{forge, shop};

fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// What reads a message.
const DECODERS: &[&str] = &[
    "envelope",
    "direct",
    "relay",
    "dispatch",
    "authorization",
    "receipt",
    "request",
    "response",
    "delivery_report",
    "withdrawal",
    "form",
    "hello",
    "answer",
    "confirmation",
];

/// What has to be refused, each for one reason.
fn refused() -> Vec<Seed> {
    let messages = &Honest::get().messages;
    let honest = Honest::get().seeds();
    let mut seeds: Vec<Seed> = Vec::new();
    for decoder in DECODERS {
        let (_, _, message) = honest.iter().find(|(target, ..)| target == decoder).unwrap();
        let (head, rest) = message.split_first().unwrap();
        seeds.push((decoder, "long-head".into(), [&[0x98, head & 0x1f], rest].concat()));
    }
    // A message with another last byte, which is a byte of its seal.
    for (opener, name) in [
        ("open_request", "request"),
        ("open_response", "response"),
        ("open_delivery_report", "delivery"),
        ("open_withdrawal", "withdrawal"),
    ] {
        let (last, rest) = messages[name].split_last().unwrap();
        seeds.push((opener, "seal-changed".into(), [rest, &[last ^ 1]].concat()));
    }
    // In what is sealed: other parts, more than is due, another consignment, one that came before the order, another word.
    for (opener, name, edit) in [
        ("open_request", "other-parts", &b"\x00\x03\x08\x00\x01"[..]),
        ("open_response", "too-much", b"\x00\x0a\x04\x0999.80 EUR"),
        ("open_delivery_report", "not-dispatched", b"\x00\x03\x01\x02"),
        ("open_delivery_report", "too-early", b"\x00\x05\x01\x00"),
        ("open_withdrawal", "no-notice", b"\x00\x02\x04\x01x"),
    ] {
        seeds.push((opener, name.into(), [&[1, 2, 0, 0], edit].concat()));
    }
    let changed = edited(&messages["relay-all"], &[3, 0, 1, 3], |text| {
        let Value::Bytes(text) = text else { return };
        text[0] ^= 1;
    });
    seeds.push(("open_relay", "other-part-changed".into(), changed));
    // An encapsulation key with a coefficient that is not below ML-KEM's modulus.
    let Honest { world, handshakes: [_, exchange], .. } = Honest::get();
    let out_of_range = forge::hello_with(&world.holder, &shop(), &exchange.hello, |items| {
        let Value::Bytes(key) = &mut items[6] else { return };
        key[..2].fill(0xff);
    });
    seeds.push(("open_hello", "key-out-of-range".into(), out_of_range));
    // A ciphertext of another length, and one that nobody asked for.
    for (name, which) in [("short-ciphertext", 1), ("unasked", 0)] {
        let script = [&[which, 0, 0, 0, 0, 2, 3, 32][..], &[9; 32]].concat();
        seeds.push(("open_answer", name.into(), script));
    }
    // In the seller's part, over the delivery service's identifier: the gateway's.
    seeds.push(("open_envelope", "one-party-twice".into(), vec![1, 1, 0, 54, 0, 41, 0]));
    seeds
}

#[test]
fn the_corpus_holds() {
    for (target, property) in TARGETS {
        let files = fs::read_dir(corpus(target)).unwrap().map(|file| file.unwrap().path());
        let accepted = files.filter(|file| property(&fs::read(file).unwrap())).count();
        assert!(accepted > 0, "{target}: nothing in its corpus is accepted any more");
    }
}

#[test]
fn what_the_fuzzer_starts_from_holds() {
    for (target, name, bytes) in Honest::get().seeds() {
        let (_, property) = TARGETS.iter().find(|(known, _)| *known == target).unwrap();
        assert!(property(&bytes) || name.starts_with("edit-"), "{target}/{name}");
    }
    for (target, name, bytes) in refused() {
        let (_, property) = TARGETS.iter().find(|(known, _)| *known == target).unwrap();
        assert!(!property(&bytes), "{target}/{name}");
    }
}

#[test]
#[ignore = "writes what the fuzzer starts from into its corpus"]
fn write() {
    for (target, name, bytes) in Honest::get().seeds().into_iter().chain(refused()) {
        fs::create_dir_all(corpus(target)).unwrap();
        fs::write(corpus(target).join(name), bytes).unwrap();
    }
}
