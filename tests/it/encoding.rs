//! A message has one encoding: what is read is written back byte for byte, or not read.

use std::sync::OnceLock;

use crate::desk::{Actors, MESSAGES, Messages, WINDOWS, messages};
use polyseal::handshake::{Acknowledgement, Answer, Confirmation, Hello};
use polyseal::message::{
    Authorization, DeliveryReport, Direct, Dispatch, Envelope, Receipt, Relay, Request, Response, WireError, Withdrawal,
};
use polyseal::{OrderForm, limits};
use polyseal_testing::cbor::{Value, at, with};
use proptest::prelude::*;
use proptest::sample::Index;

/// As a message of each kind, bytes are refused or come back as they were; whether one took them.
fn is_read(bytes: &[u8]) -> bool {
    macro_rules! reads {
        ($($type:ident)*) => {
            [$($type::from_bytes(bytes).is_ok_and(|message| {
                assert_eq!(message.to_bytes(), bytes);
                true
            })),*]
        };
    }
    let read = reads!(
        Envelope Direct Relay Dispatch Authorization Receipt Request Response DeliveryReport Withdrawal Hello Answer
        Confirmation Acknowledgement OrderForm
    );
    let kinds = read.iter().filter(|read| **read).count();
    assert!(kinds <= 1, "bytes of two kinds");
    kinds == 1
}

fn honest() -> &'static Messages {
    static HONEST: OnceLock<Messages> = OnceLock::new();
    HONEST.get_or_init(|| messages(&Actors::honest(), "Kettle", WINDOWS))
}

#[test]
fn every_message_comes_back() {
    let form = OrderForm::standard().to_bytes();
    for bytes in MESSAGES.map(|(name, _)| &honest()[name]).into_iter().chain([&form]) {
        assert!(is_read(bytes));
        assert!((0..bytes.len()).all(|end| !is_read(&bytes[..end])));
    }
}

#[test]
fn what_is_longer_than_any_message_is_not_looked_at() {
    let long = vec![0x80; limits::MESSAGE + 1];
    assert!(matches!(Envelope::from_bytes(&long), Err(WireError::Limit { what: "the message", .. })));
    assert!(matches!(Envelope::from_bytes(&long[1..]), Err(WireError::Limit { what: "a polyseal message", .. })));
}

#[test]
fn what_would_be_a_second_way_to_say_the_same_is_refused() {
    let (direct, dispatch, envelope) = (&honest()["direct"], &honest()["dispatch"], &honest()["envelope"]);
    let read = Direct::from_bytes(&with(direct, &[3, 0], Value::text("insurer")));
    assert_eq!(read, Err(WireError::Expected("a part of one of the header's roles")));
    let parts = at(envelope, &[3]);
    let read = Dispatch::from_bytes(&with(dispatch, &[3], parts));
    assert!(matches!(read, Err(WireError::Limit { what: "parts", least: 1, most: 1, .. })));
    let repeated = Value::Array(vec![Value::text("amount.due"), Value::text("amount.due")]);
    let form = with(&OrderForm::standard().to_bytes(), &[2, 0, 3], repeated);
    assert_eq!(OrderForm::from_bytes(&form), Err(WireError::NotDeterministic.into()));
}

/// A change to one of the items of a message, wherever it is: lengths, counts and kinds included.
#[derive(Clone, Debug)]
enum Change {
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    Null,
    Remove,
    Repeat,
    Swap,
    Flip(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop_oneof![any::<u64>(), 0_u64..30].prop_map(Change::Uint),
        prop::collection::vec(any::<u8>(), 0..600).prop_map(Change::Bytes),
        "[a-z0-9_.-]{0,70}|.{0,9}".prop_map(Change::Text),
        Just(Change::Null),
        Just(Change::Remove),
        Just(Change::Repeat),
        Just(Change::Swap),
        (any::<Index>(), 1_u8..).prop_map(|(place, flip)| Change::Flip(place, flip)),
    ]
}

/// How many items there are, within byte strings that are items too.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Bytes(bytes) if is_header(bytes) => count(&Value::parse(bytes)),
        _ => 0,
    }
}

fn is_header(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x8ajpolyseal/1fheader")
}

/// Changes the item that is `left` items further on.
fn change_item(value: &mut Value, left: &mut usize, change: &Change) {
    if *left == 0 {
        *left = usize::MAX;
        match (change, &mut *value) {
            (Change::Uint(number), _) => *value = Value::Uint(*number),
            (Change::Bytes(bytes), _) => *value = Value::bytes(bytes),
            (Change::Text(text), _) => *value = Value::text(text),
            (Change::Remove, Value::Array(items)) => drop(items.pop()),
            (Change::Repeat, Value::Array(items)) => items.extend(items.last().cloned()),
            (Change::Swap, Value::Array(items)) => items.reverse(),
            (Change::Flip(place, flip), Value::Bytes(bytes)) if !bytes.is_empty() => {
                let place = place.index(bytes.len());
                bytes[place] ^= flip;
            }
            _ => *value = Value::Null,
        }
        return;
    }
    *left -= 1;
    match value {
        Value::Array(items) => {
            for item in items {
                if *left == usize::MAX {
                    return;
                }
                change_item(item, left, change);
            }
        }
        Value::Bytes(bytes) if is_header(bytes) => {
            let mut header = Value::parse(bytes);
            change_item(&mut header, left, change);
            *bytes = header.to_bytes();
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_read(&bytes);
    }

    #[test]
    fn changed_bytes_have_one_encoding(
        which in any::<Index>(),
        cuts in prop::collection::vec((any::<Index>(), 0_usize..4, prop::collection::vec(any::<u8>(), 0..4)), 1..4),
    ) {
        let mut bytes = honest()[which.get(&MESSAGES).0].clone();
        for (place, length, put) in cuts {
            let place = place.index(bytes.len());
            let end = (place + length).min(bytes.len());
            bytes.splice(place..end, put);
        }
        is_read(&bytes);
    }

    #[test]
    fn changed_items_have_one_encoding(which in any::<Index>(), place in any::<Index>(), change in change()) {
        let mut message = Value::parse(&honest()[which.get(&MESSAGES).0]);
        let mut left = place.index(count(&message));
        change_item(&mut message, &mut left, &change);
        is_read(&message.to_bytes());
    }
}
