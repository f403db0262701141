//! The vector files of `tests/vectors`, for what is inside of the crate. What the public API shows is checked in
//! `tests/it/vectors.rs`.

use std::path::Path;
use std::string::String;
use std::vec::Vec;

pub(crate) use polyseal_testing::Given;
use serde_json::Value;

use crate::wire::WireError;

/// The tests of a file.
pub(crate) fn tests(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file).with_extension("json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file["tests"].as_array().unwrap().clone()
}

/// Those whose input says that they are of a kind.
pub(crate) fn tests_of(file: &str, op: &str) -> Vec<Value> {
    tests(file).into_iter().filter(|test| test["input"]["op"] == op).collect()
}

/// A text, which may be written as patterns.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.contains_key("join") => {
            members["join"].as_array().unwrap().iter().map(text).collect()
        }
        Value::Object(members) => {
            let times = members["times"].as_u64().unwrap();
            members["repeat"].as_str().unwrap().repeat(times.try_into().unwrap())
        }
        other => panic!("{other}: no text"),
    }
}

pub(crate) fn unhex(value: &Value) -> Vec<u8> {
    let hex = text(value);
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// Bytes of a known length, or none.
pub(crate) fn exact<const N: usize>(value: &Value) -> Option<[u8; N]> {
    (!value.is_null()).then(|| unhex(value).try_into().unwrap())
}

/// What a decoder makes of the tests of one kind in `tests/vectors/encoding.json`.
pub(crate) fn check_encodings(kind: &str, decode: fn(&[u8]) -> Result<(), WireError>) {
    let tests: Vec<_> = tests("encoding").into_iter().filter(|test| test["input"]["as"] == kind).collect();
    assert!(tests.iter().any(|test| test["result"] == "valid") && tests.len() > 4, "{kind}");
    for test in tests {
        let read = decode(&unhex(&test["input"]["bytes"]));
        assert_eq!(read.is_ok(), test["result"] == "valid", "{}: {:?}", test["comment"], read.err());
        if test["must"] == "V-1" {
            assert!(matches!(read.err(), Some(WireError::Version)), "{}", test["comment"]);
        }
    }
}
