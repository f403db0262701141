//! The files. If something is wrong with one, one line names the file, the place and the mend.

use core::fmt::Display;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use polyseal::policy::SplitError;
use polyseal::{Order, OrderForm, Zeroizing};
use serde_json::error::Category;

use crate::cards;
use crate::prices::Prices;
use crate::story::{self, Step};

type Result<T> = core::result::Result<T, String>;

/// Where the names of the crate's own files begin.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A file, and its name in messages.
pub struct Source {
    name: String,
    path: PathBuf,
}

impl Source {
    /// The file that was asked for, or else one of the crate's, which is found from any directory.
    pub fn new(given: Option<&Path>, own: &str) -> Self {
        match given {
            Some(path) => Self { name: path.display().to_string(), path: path.into() },
            None => Self { name: own.into(), path: Path::new(ROOT).join(own) },
        }
    }

    /// A complaint about this file.
    pub fn blame(&self, what: impl Display) -> String {
        format!("{}: {what}", self.name)
    }

    /// The one of the two files that has to be mended if the order cannot be split by the form.
    pub fn at_fault<'s>(order: &'s Self, form: &'s Self, error: &SplitError) -> &'s Self {
        if matches!(error, SplitError::Missing { .. } | SplitError::Amount) { order } else { form }
    }

    pub fn order(&self) -> Result<Order> {
        self.parse(|text| serde_json::from_str(text))
    }

    pub fn form(&self) -> Result<OrderForm> {
        self.parse(|text| serde_json::from_str(text))
    }

    /// The card manager's records: a list of objects.
    pub fn cards(&self) -> Result<Vec<Order>> {
        let cards: Vec<Order> = self.parse(|text| serde_json::from_str(text))?;
        cards::check(&cards).map_err(|error| self.blame(error))?;
        Ok(cards)
    }

    /// The steps of a story: a list of texts.
    pub fn story(&self) -> Result<Vec<Step>> {
        let texts = self.parse(|text| serde_json::from_str(text))?;
        story::steps(texts).map_err(|error| self.blame(error))
    }

    /// The seller's price list: an object of article numbers and amounts.
    pub fn prices(&self) -> Result<Prices> {
        Ok(Prices::new(&self.name, self.parse(|text| serde_json::from_str(text))?))
    }

    fn parse<T>(&self, parse: impl FnOnce(&str) -> serde_json::Result<T>) -> Result<T> {
        parse(&self.read()?).map_err(|error| self.blame(explain(&error)))
    }

    fn read(&self) -> Result<Zeroizing<String>> {
        std::fs::read_to_string(&self.path).map(Zeroizing::new).map_err(|error| match error.kind() {
            ErrorKind::NotFound => self.blame("there is no such file: correct the path"),
            ErrorKind::InvalidData => self.blame("this is not text: save it as UTF-8"),
            _ => self.blame(format_args!("it cannot be read: {error}")),
        })
    }
}

/// The library's own messages name the field and the mend. Those of the JSON parser name the place.
fn explain(error: &serde_json::Error) -> String {
    const PARSERS: [&str; 5] = ["missing field", "unknown field", "duplicate field", "invalid type", "expected"];
    let message = error.to_string();
    let is_own = error.classify() == Category::Data && !PARSERS.iter().any(|words| message.contains(words));
    if is_own { message } else { format!("{message}: correct the JSON there") }
}
