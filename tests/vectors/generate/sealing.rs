//! Sealed messages, each bucket of their padding, and what each is bound to.

use polyseal_testing::cbor::Value as Item;
use polyseal_testing::forge::{Letter, key_id, padded_length};
use polyseal_testing::keys::Pair;
use polyseal_testing::{domain, holder, shop};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::file::{File, hex, with};

const KEY: [u8; 32] = [0x4b; 32];
const FRESH: [u8; 32] = [0xf0; 32];
const DIGEST: [u8; 32] = [0xd1; 32];
const TOKEN: [u8; 32] = [0x70; 32];
/// The longest ciphertext is this, and a tag.
const LONGEST: usize = 327_680;

/// Purposes, with their step and roles.
const PURPOSES: [(&str, u64, &str, &str); 12] = [
    ("part", 0, "card-holder", "seller"),
    ("relay", 0, "seller", "card-manager"),
    ("dispatch", 0, "seller", "delivery-service"),
    ("authorization", 0, "card-manager", "seller"),
    ("receipt", 0, "delivery-service", "card-holder"),
    ("request", 0, "seller", "card-manager"),
    ("response", 0, "card-manager", "seller"),
    ("delivery", 0, "delivery-service", "seller"),
    ("withdrawal", 0, "card-holder", "seller"),
    ("handshake", 2, "seller", "card-holder"),
    ("handshake", 3, "card-holder", "seller"),
    ("handshake", 4, "seller", "card-holder"),
];

/// A sealed message and how it came about.
struct Sealing {
    purpose: (&'static str, u64, &'static str, &'static str),
    token: Option<[u8; 32]>,
    session: Option<[u8; 32]>,
    plaintext: Vec<u8>,
}

impl Sealing {
    fn of(purpose: (&'static str, u64, &'static str, &'static str), plaintext: &[u8]) -> Self {
        Self { purpose, token: None, session: None, plaintext: plaintext.to_vec() }
    }

    fn part(plaintext: &[u8]) -> Self {
        Self::of(PURPOSES[0], plaintext)
    }

    fn letter<'a>(&'a self, pair: &'a Pair) -> Letter<'a> {
        let (purpose, step, by, role) = self.purpose;
        let token = self.token.as_ref().map(<[u8; 32]>::as_slice);
        Letter { purpose, step, by, from: &pair.one, to: &pair.other, digest: &DIGEST, role, token }
    }

    /// What binds it, as both kinds of test give it.
    fn bound(&self, pair: &Pair) -> Value {
        let (purpose, step, by, role) = self.purpose;
        json!({
            "key": hex(KEY),
            "sender": hex(pair.one.as_bytes()),
            "receiver": hex(pair.other.as_bytes()),
            "purpose": purpose,
            "step": step,
            "digest": hex(DIGEST),
            "sender_role": by,
            "receiver_role": role,
            "token": self.token.map(hex),
        })
    }

    /// The test that seals.
    fn seal(&self) -> (Value, Value, Item) {
        let pair = Pair::new(holder(), shop(), KEY);
        let letter = self.letter(&pair);
        let content = match self.purpose.0 {
            "part" => vec![Item::bytes([0xc0; 32]), Item::Uint(3)],
            _ => vec![Item::bytes(&self.plaintext)],
        };
        let salt = letter.salt(&pair, &FRESH, content);
        let mut sealed = letter.seal_salted(&pair, &letter.padded(&self.plaintext), &salt);
        sealed.items().extend(self.session.map(Item::bytes));
        let (derived, opened) = letter.opened(&pair, &sealed).unwrap();
        assert_eq!(opened, self.plaintext);
        let input = with(
            &self.bound(&pair),
            [
                ("op", "seal".into()),
                ("key_id", hex(key_id(&domain()).as_bytes()).into()),
                ("session", self.session.map(hex).into()),
                ("plaintext", bytes(&self.plaintext)),
                ("salt", hex(salt).into()),
                ("fresh", hex(FRESH).into()),
            ],
        );
        let input = match self.purpose.0 {
            "part" => with(&input, [("companions", hex([0xc0; 32]).into()), ("revision", 3.into())]),
            _ => input,
        };
        let item = sealed.to_bytes();
        let whole =
            if item.len() <= 8192 { ("sealed", hex(&item)) } else { ("sealed_sha256", hex(Sha256::digest(&item))) };
        let output = json!({
            "directional_key": hex(derived.dk),
            "cipher_key": hex(derived.key),
            "commitment": hex(derived.commitment),
        });
        (input, with(&output, [(whole.0, whole.1.into())]), sealed)
    }

    /// The test that opens this sealed message.
    fn open(&self, sealed: &Item) -> Value {
        let pair = Pair::new(holder(), shop(), KEY);
        with(&self.bound(&pair), [("op", "open".into()), ("sealed", hex(sealed.to_bytes()).into())])
    }
}

/// Bytes of an input. Long ones repeat a byte.
fn bytes(plaintext: &[u8]) -> Value {
    match plaintext {
        [first, .., last] if first == last && plaintext.len() > 64 => {
            json!({"repeat": hex([*first]), "times": plaintext.len()})
        }
        _ => hex(plaintext).into(),
    }
}

pub(crate) fn file() -> File {
    let mut file = File::new(
        "sealing",
        "One message, sealed and opened, and what it is bound to.",
        &[
            ("purpose", "one for each kind of sealed message"),
            ("token", "a part that waits for the token"),
            ("session", "under a session"),
            ("padding", "what the padding is, and is not"),
            ("bucket", "both sides of each bucket's edge"),
            ("bound", "one input changed"),
        ],
    );
    for purpose in PURPOSES {
        let (name, step, ..) = purpose;
        let (input, output, sealed) = Sealing::of(purpose, b"text").seal();
        file.valid(&format!("{name}, step {step}"), "purpose", input, output);
        let input = Sealing::of(purpose, b"text").open(&sealed);
        file.valid(&format!("{name}, step {step}, opened"), "purpose", input, json!({"plaintext": hex(b"text")}));
    }
    let waiting = Sealing { token: Some(TOKEN), ..Sealing::part(b"text") };
    let under = Sealing { session: Some([0x5e; 32]), ..Sealing::part(b"text") };
    for (comment, flag, sealing) in [
        ("a part that waits for the token", "token", waiting),
        ("a part under a session", "session", under),
        ("an empty plaintext", "padding", Sealing::part(b"")),
        ("a plaintext that ends in the padding's bytes", "padding", Sealing::part(&[0x61, 0x80, 0, 0])),
    ] {
        let (input, output, _) = sealing.seal();
        file.valid(comment, flag, input, output);
    }
    buckets(&mut file);
    bound(&mut file);
    padding(&mut file);
    file
}

/// Both sides of each bucket's edge, for a part and for all else, and the longest.
fn buckets(file: &mut File) {
    for purpose in [PURPOSES[0], PURPOSES[1]] {
        for padded in [512, 1024, 2048, 4096, 4352] {
            for length in [padded - 2, padded - 1, padded] {
                let (input, output, _) = Sealing::of(purpose, &vec![0x61; length]).seal();
                file.valid(&format!("{} of {length} bytes", purpose.0), "bucket", input, output);
            }
        }
    }
    for length in [
        0,
        510,
        511,
        512,
        1022,
        1023,
        1024,
        2047,
        2048,
        4094,
        4095,
        4096,
        4351,
        4352,
        8191,
        8192,
        65_535,
        65_536,
        262_143,
        262_144,
        LONGEST - 1,
    ] {
        for purpose in ["part", "dispatch"] {
            let input = json!({"op": "padding", "purpose": purpose, "length": length});
            let output = json!({"padded": padded_length(purpose, length)});
            file.valid(&format!("{purpose}: the bucket of {length} bytes"), "bucket", input, output);
        }
    }
    let input = json!({"op": "padding", "purpose": "part", "length": LONGEST});
    file.invalid("too long to be sealed", "bucket", "B-3", input);
}

/// Every input counts.
fn bound(file: &mut File) {
    let sealing = Sealing { token: Some(TOKEN), ..Sealing::part(b"text") };
    let (_, _, sealed) = sealing.seal();
    let good = sealing.open(&sealed);
    file.valid("with the token", "token", good.clone(), json!({"plaintext": hex(b"text")}));
    for (comment, member, value) in [
        ("another key", "key", Value::from(hex([0x4c; 32]))),
        ("another sender", "sender", hex(b"holder.example/4712").into()),
        ("another receiver", "receiver", hex(b"shop.example.").into()),
        ("another purpose", "purpose", "relay".into()),
        ("another step", "step", 1.into()),
        ("another digest", "digest", hex([0xd2; 32]).into()),
        ("the sender in another role", "sender_role", "seller".into()),
        ("the receiver in another role", "receiver_role", "card-manager".into()),
        ("another token", "token", hex([0x71; 32]).into()),
        ("no token", "token", Value::Null),
    ] {
        file.invalid(comment, "bound", "O-6", with(&good, [(member, value)]));
    }
    let swapped = with(&good, [("sender", good["receiver"].clone()), ("receiver", good["sender"].clone())]);
    file.invalid("the ends exchanged", "bound", "O-6", swapped);
    let spoilt = |place: usize, byte: usize| {
        let mut spoilt = sealed.clone();
        spoilt.edit(&[place], |value| *value = flipped(value, byte));
        with(&good, [("sealed", hex(spoilt.to_bytes()).into())])
    };
    file.invalid("another salt", "bound", "O-6", spoilt(1, 31));
    file.invalid("another commitment", "bound", "O-6", spoilt(2, 0));
    file.invalid("a changed ciphertext", "bound", "O-7", spoilt(3, 0));
    file.invalid("a changed tag", "bound", "O-7", spoilt(3, 1039));
}

fn flipped(value: &Item, byte: usize) -> Item {
    let mut bytes = value.as_bytes().to_vec();
    bytes[byte] ^= 1;
    Item::bytes(bytes)
}

/// Padding that no sender makes.
fn padding(file: &mut File) {
    let pair = Pair::new(holder(), shop(), KEY);
    let padded = |text: &[u8], length: usize| {
        let mut padded = text.to_vec();
        padded.resize(length, 0);
        padded
    };
    let (part, relay) = (Sealing::part(b""), Sealing::of(PURPOSES[1], b""));
    for (comment, sealing, padded) in [
        ("a part in the bucket of all else", &part, padded(b"text\x80", 512)),
        ("the next bucket", &relay, padded(b"text\x80", 1024)),
        ("no bucket", &relay, padded(b"text\x80", 600)),
        ("no marker", &relay, padded(b"", 512)),
        ("another marker", &relay, padded(b"text\x01", 512)),
        ("a byte after the marker", &relay, [padded(b"text\x80", 511), vec![1]].concat()),
        ("no padding at all", &relay, vec![0x61; 512]),
    ] {
        let sealed = sealing.letter(&pair).seal_padded(&pair, &padded);
        file.invalid(comment, "padding", "O-8", sealing.open(&sealed));
    }
}
