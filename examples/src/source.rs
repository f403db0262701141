//! The files. If something is wrong with one, one line names the file, the place and the mend, and repeats no value.

use core::fmt::Display;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

use polyseal::policy::SplitError;
use polyseal::{Order, OrderForm, Zeroizing};
use serde_json::error::Category;

use crate::cards;
use crate::files;
use crate::prices::Prices;
use crate::story::{self, Step};

type Result<T> = core::result::Result<T, String>;

/// Bytes of the longest file: price lists and cards are long, orders and forms have limits of their own.
const MOST: u64 = 4 << 20;

/// The crate's own files, which are in the program, wherever that is.
const OWN: [(&str, &str); 5] = [
    ("examples/data/cards.json", include_str!("../data/cards.json")),
    ("examples/data/form.json", include_str!("../data/form.json")),
    ("examples/data/gateway.json", include_str!("../data/gateway.json")),
    ("examples/data/order.json", include_str!("../data/order.json")),
    ("examples/data/prices.json", include_str!("../data/prices.json")),
];

/// A file, and its name in messages.
pub struct Source {
    name: String,
    from: From,
}

enum From {
    File(PathBuf),
    Own(&'static str),
}

impl Source {
    /// The file that was asked for, or else one of the crate's.
    pub fn new(given: Option<&Path>, own: &str) -> Self {
        match (given, OWN.into_iter().find(|(name, _)| *name == own)) {
            (None, Some((name, text))) => Self { name: name.into(), from: From::Own(text) },
            (given, _) => Self::at(given.unwrap_or(Path::new(own))),
        }
    }

    pub fn at(path: &Path) -> Self {
        Self { name: path.display().to_string(), from: From::File(path.into()) }
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

    /// What a reader of JSON makes of it.
    pub fn parse<T>(&self, parse: impl FnOnce(&str) -> serde_json::Result<T>) -> Result<T> {
        parse(&self.read()?).map_err(|error| self.blame(explain(&error)))
    }

    fn read(&self) -> Result<Zeroizing<String>> {
        let bytes = match &self.from {
            From::Own(text) => return Ok(Zeroizing::new((*text).to_owned())),
            From::File(path) => Zeroizing::new(files::given(path, MOST).map_err(|error| error.to_string())?),
        };
        text(&bytes).map(|text| Zeroizing::new(text.to_owned())).map_err(|error| self.blame(error))
    }
}

/// The text of a file, without the mark that some editors put at its beginning.
pub fn text(bytes: &[u8]) -> Result<&str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.iter().take(4).any(|b| *b == 0) {
        return Err("this is not UTF-8, by its first bytes: save it as UTF-8".into());
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    core::str::from_utf8(bytes).map_err(|_| "this is not text: save it as UTF-8".into())
}

/// The library's own messages name the field and the mend. Those of the JSON parser name the place.
fn explain(error: &serde_json::Error) -> String {
    const PARSERS: [&str; 5] = ["missing field", "unknown field", "duplicate field", "invalid type", "expected"];
    let message = error.to_string();
    let message = without_value(&message);
    let is_own = error.classify() == Category::Data && !PARSERS.iter().any(|words| message.contains(words));
    if is_own { message.into() } else { format!("{message}: correct the JSON there") }
}

/// The parser repeats what it found in place of what it expected, and that may be a card's number.
fn without_value(message: &str) -> Cow<'_, str> {
    let found =
        ["invalid type: ", "invalid value: ", "unknown variant "].into_iter().find(|it| message.starts_with(it));
    match (found, message.rsplit_once(", expected ")) {
        (Some(_), Some((_, expected))) => Cow::Owned(format!("expected {expected}")),
        _ => Cow::Borrowed(message),
    }
}
