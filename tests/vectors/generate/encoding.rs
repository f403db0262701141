//! The encoding: items in their one form, and bytes that are no item.

use polyseal_testing::cbor::Value as Item;
use serde_json::{Value, json};

use crate::file::{File, hex};

pub(crate) fn file() -> File {
    let mut file = File::new("encoding", "Deterministic CBOR of five types: what is an item, and what is not.");
    let text = |text: &str| Item::Text(text.into());
    for (comment, item) in [
        ("0", Item::Uint(0)),
        ("the last that fits the head", Item::Uint(23)),
        ("one byte", Item::Uint(24)),
        ("the last of one byte", Item::Uint(255)),
        ("two bytes", Item::Uint(256)),
        ("the last of two bytes", Item::Uint(65_535)),
        ("four bytes", Item::Uint(65_536)),
        ("the last of four bytes", Item::Uint(4_294_967_295)),
        ("eight bytes", Item::Uint(4_294_967_296)),
        ("the largest", Item::Uint(u64::MAX)),
        ("no bytes", Item::bytes([])),
        ("24 bytes", Item::bytes([7; 24])),
        ("no text", text("")),
        ("text of two bytes a character", text("\u{e9}\u{e9}")),
        ("an empty array", Item::Array(vec![])),
        ("null", Item::Null),
        ("arrays in arrays", Item::Array(vec![Item::Array(vec![Item::Null, Item::Uint(1)]), text("a")])),
    ] {
        let output = json!({"item": tree(&item)});
        file.valid(comment, &["item"], json!({"as": "item", "bytes": hex(item.to_bytes())}), output);
    }
    for (comment, bytes) in [
        ("nothing", ""),
        ("a head without its bytes", "18"),
        ("a string without its bytes", "4301"),
        ("an array without its items", "8201"),
        ("a byte after the item", "0000"),
        ("23 in two bytes", "1817"),
        ("255 in three bytes", "1900ff"),
        ("65535 in five bytes", "1a0000ffff"),
        ("2^32 - 1 in nine bytes", "1b00000000ffffffff"),
        ("a length that is not the shortest", "580161"),
        ("a count that is not the shortest", "980100"),
        ("a negative number", "20"),
        ("a byte string of indefinite length", "5f4101ff"),
        ("a text string of indefinite length", "7f6161ff"),
        ("an array of indefinite length", "9f01ff"),
        ("a map", "a10101"),
        ("a tag", "c001"),
        ("false", "f4"),
        ("undefined", "f7"),
        ("a half float", "f93c00"),
        ("a simple value in a byte", "f8ff"),
        ("a break alone", "ff"),
        ("reserved additional information", "1c"),
        ("text that is no UTF-8", "61ff"),
        ("text with an overlong form", "62c080"),
        ("text with a surrogate", "63eda080"),
        ("a length beyond the bytes", "5bffffffffffffffff"),
    ] {
        file.invalid(comment, &["item"], "B-1", json!({"as": "item", "bytes": bytes}));
    }
    file
}

fn tree(item: &Item) -> Value {
    match item {
        Item::Uint(number) => (*number).into(),
        Item::Bytes(bytes) => json!({"bytes": hex(bytes)}),
        Item::Text(text) => text.as_str().into(),
        Item::Array(items) => items.iter().map(tree).collect::<Vec<_>>().into(),
        Item::Null => Value::Null,
    }
}
