//! The files, and what is wrong with them: one line that names the file, the place and the mend.

use core::fmt::Display;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use polyseal::{Order, OrderForm, Zeroizing};
use serde_json::error::Category;

use crate::party::card_manager::COMPARED;

type Result<T> = core::result::Result<T, String>;

/// A file, and what messages call it.
pub(crate) struct Source {
    name: String,
    path: PathBuf,
}

impl Source {
    /// The file that was asked for, or else one of the crate's, from whatever directory.
    pub(crate) fn new(given: Option<&Path>, own: &str) -> Self {
        match given {
            Some(path) => Self { name: path.display().to_string(), path: path.into() },
            None => Self { name: own.into(), path: Path::new(env!("CARGO_MANIFEST_DIR")).join(own) },
        }
    }

    /// A complaint about this file.
    pub(crate) fn blame(&self, what: impl Display) -> String {
        format!("{}: {what}", self.name)
    }

    pub(crate) fn order(&self) -> Result<Order> {
        self.parse(r#"{"field.name": "value", …}"#, |text| serde_json::from_str(text))
    }

    pub(crate) fn form(&self) -> Result<OrderForm> {
        self.parse(r#"{"recipients": [{"role": …, …}, …]}"#, |text| serde_json::from_str(text))
    }

    /// The card manager's records: a list of objects, each with what it compares and nothing else.
    pub(crate) fn cards(&self) -> Result<Vec<Order>> {
        let cards: Vec<Order> =
            self.parse(r#"[{"field.name": "value", …}, …]"#, |text| serde_json::from_str(text))?;
        let [a, b, c, d] = &COMPARED;
        for (place, card) in (1..).zip(&cards) {
            if !card.names().eq(COMPARED.iter().collect::<BTreeSet<_>>()) {
                return Err(
                    self.blame(format_args!("card {place}: give it the fields {a}, {b}, {c}, {d} and no other"))
                );
            }
        }
        Ok(cards)
    }

    fn parse<T>(&self, shape: &str, parse: impl FnOnce(&str) -> serde_json::Result<T>) -> Result<T> {
        let text = self.read()?;
        // Of a text or a number in this place, the parser's message would repeat the value.
        if text.trim_start().chars().next() != shape.chars().next() {
            return Err(self.blame(format_args!("this does not begin like {shape}: write it like that")));
        }
        parse(&text).map_err(|error| self.blame(explain(&text, &error)))
    }

    fn read(&self) -> Result<Zeroizing<String>> {
        std::fs::read_to_string(&self.path).map(Zeroizing::new).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.blame("there is no such file: correct the path"),
            ErrorKind::InvalidData => self.blame("this is not text: save it as UTF-8"),
            _ => self.blame(format_args!("it cannot be read: {error}")),
        })
    }
}

/// What a parser's error means. The library's own messages name the field and the mend; the JSON
/// parser's need both.
fn explain(text: &str, error: &serde_json::Error) -> String {
    let message = error.to_string();
    let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| message.starts_with(beginning));
    let names_key = starts(&["missing field", "unknown field", "duplicate field"]);
    let is_own = error.classify() == Category::Data && !starts(&["invalid type", "unknown variant"]);
    match form_key_before(text, error) {
        _ if names_key => format!("{message}: correct the JSON there"),
        _ if is_own => message,
        Some(key) => format!("\"{key}\": {message}: correct the JSON there"),
        None => format!("{message}: correct the JSON there"),
    }
}

/// The last key before the place of an error, if it is one that a form has. Anything else might be
/// a value of an order, in a file that is not quite JSON.
fn form_key_before<'t>(text: &'t str, error: &serde_json::Error) -> Option<&'t str> {
    const KEYS: [&str; 5] = ["recipients", "role", "identifier", "release", "fields"];
    let lines = text.split_inclusive('\n').take(error.line().checked_sub(1)?);
    let end = lines.map(str::len).sum::<usize>().checked_add(error.column())?;
    let (up_to_key, _) = text.get(..end)?.rsplit_once("\":")?;
    up_to_key.rsplit_once('"').map(|(_, key)| key).filter(|key| KEYS.contains(key))
}
