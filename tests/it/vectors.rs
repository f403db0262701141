//! The vector files of `tests/vectors`: what is valid gives what they say, as far as the public API shows it, and what is
//! invalid is refused for the reason that they name. What is inside of the crate is checked in `src/vectors.rs`.

mod errors;
mod exports;
mod forms;
mod handshakes;
mod keys;
mod life;
mod messages;
mod party;
mod wrapped;

use core::fmt::{Debug, Write as _};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What a test of a file comes to here: the outputs that the API shows, or why it is refused.
type Found = Result<Value, Refusal>;

/// A short, stable name of an error.
#[derive(Debug, PartialEq)]
struct Refusal(String);

impl Refusal {
    fn new(label: &str) -> Self {
        Self(label.to_owned())
    }

    /// There is no way to it through the API.
    fn out_of_reach() -> Self {
        Self::new("out of reach")
    }

    /// The name of an error that has no label: that of its variant.
    fn of(error: &impl Debug) -> Self {
        let text = format!("{error:?}");
        Self(text.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned())
    }
}

/// An input, by the names of its members.
#[derive(Clone, Copy)]
struct Input<'a>(&'a Value);

impl<'a> Input<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(self, name: &str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name}: a text"))
    }

    fn int(self, name: &str) -> u64 {
        self.get(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("{name}: a number"))
    }

    fn bytes(self, name: &str) -> Vec<u8> {
        unhex(self.text(name))
    }

    fn hash(self, name: &str) -> [u8; 32] {
        self.bytes(name).try_into().unwrap()
    }

    fn list(self, name: &str) -> &'a [Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A list of bytes.
    fn all(self, name: &str) -> impl Iterator<Item = Vec<u8>> {
        self.list(name).iter().map(|each| unhex(each.as_str().unwrap()))
    }

    fn member(self, name: &str) -> Option<Self> {
        self.get(name).map(Input)
    }
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// JSON with its patterns as the strings that they stand for.
fn expand(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(expand).collect(),
        Value::Object(members) => match (members.get("repeat"), members.get("times"), members.get("join")) {
            (Some(unit), Some(times), _) => {
                unit.as_str().unwrap().repeat(times.as_u64().unwrap().try_into().unwrap()).into()
            }
            (_, _, Some(Value::Array(pieces))) => {
                pieces.iter().map(|piece| expand(piece).as_str().unwrap().to_owned()).collect::<String>().into()
            }
            _ => members.iter().map(|(name, value)| (name.clone(), expand(value))).collect::<Map<_, _>>().into(),
        },
        value => value.clone(),
    }
}

fn tests_of(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file).with_extension("json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file["tests"].as_array().unwrap().iter().map(expand).collect()
}

/// Which function works a file's inputs out.
fn function(file: &str) -> fn(Input<'_>) -> Found {
    match file {
        "points" => keys::points,
        "shares" => keys::shares,
        "joint" => keys::joint,
        "roots" => keys::roots,
        "identifiers" => keys::identifiers,
        "encoding" => forms::encoding,
        "names" => forms::names,
        "forms" => forms::forms,
        "headers" => wrapped::headers,
        "parts" => wrapped::parts,
        "messages" | "sessions" => messages::messages,
        "handshakes" => handshakes::handshakes,
        "exports" => exports::exports,
        other => panic!("{other}: no such file"),
    }
}

/// Checks the library against a file. `least` tests of it have to be within reach.
fn check(file: &str, least: usize) {
    let (mut wrong, mut count) = (String::new(), 0);
    for test in tests_of(file) {
        let input = Input(&test["input"]);
        let work_out = function(input.get("of").map_or(file, |of| of.as_str().unwrap()));
        let found = work_out(input);
        if found == Err(Refusal::out_of_reach()) {
            continue;
        }
        count += 1;
        if let Some(difference) = difference(&test, &found) {
            writeln!(wrong, "{file}.json {} ({}): {difference}", test["id"], test["comment"].as_str().unwrap())
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= least, "{file}: only {count} tests are within reach");
}

fn difference(test: &Value, found: &Result<Value, Refusal>) -> Option<String> {
    let must = test["must"].as_str().unwrap_or_default();
    match (found, &test["result"] == "valid") {
        (Ok(found), true) => {
            let output = sorted(&test["output"]);
            let other = found.as_object().unwrap().iter().find(|(name, value)| output[name.as_str()] != **value);
            other.map(|(name, value)| format!("{name} is {value}, not {}", output[name.as_str()]))
        }
        (Err(refusal), true) => Some(format!("refused: {}", refusal.0)),
        (Ok(_), false) => Some(format!("accepted, in spite of {must}")),
        (Err(refusal), false) => {
            let labels = errors::labels(must);
            (!labels.contains(&&*refusal.0))
                .then(|| format!("refused as {}, but {must} asks for {labels:?}", refusal.0))
        }
    }
}

/// Outputs with the fields of a part as the API gives them: ascending as a whole, not group by group.
fn sorted(output: &Value) -> Value {
    let mut output = output.clone();
    if let Some(Value::Array(fields)) = output.get_mut("fields") {
        fields.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    }
    output
}

macro_rules! files {
    ($($name:ident: $least:expr;)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), $least);
        }
    )*};
}

files! {
    points: 39;
    shares: 23;
    joint: 10;
    roots: 16;
    identifiers: 11;
    encoding: 220;
    names: 94;
    forms: 70;
    headers: 34;
    parts: 80;
    messages: 500;
    sessions: 33;
    handshakes: 90;
    exports: 300;
    purchases: 390;
}

/// A valid test without outputs.
fn nothing() -> Value {
    json!({})
}
