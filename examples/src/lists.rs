//! What seller and card manager check an order against.

use std::path::PathBuf;

use polyseal::Order;

use crate::prices::Prices;
use crate::source::Source;

/// The files of both, as programs take them.
#[derive(clap::Args)]
pub struct Lists {
    /// The cards that the card manager knows: a list of objects, field name to string [default: examples/data/cards.json]
    #[arg(long, value_name = "FILE")]
    cards: Option<PathBuf>,

    #[command(flatten)]
    prices: PriceList,
}

/// The file of the seller alone.
#[derive(clap::Args)]
pub struct PriceList {
    /// The seller's price list: an object, article number to amount [default: examples/data/prices.json]
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

impl Lists {
    pub fn read(&self) -> Result<(Vec<Order>, Prices), String> {
        let cards = Source::new(self.cards.as_deref(), "examples/data/cards.json").cards()?;
        Ok((cards, self.prices.read()?))
    }
}

impl PriceList {
    pub fn read(&self) -> Result<Prices, String> {
        Source::new(self.prices.as_deref(), "examples/data/prices.json").prices()
    }
}
