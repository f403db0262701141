//! The seller's price list, and how the seller checks an order against it.
//!
//! The library has no part in this. It sees to it that the seller and the card manager have the same lines and the same
//! sum before them. Whether these are right, the seller has to say.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use polyseal::FieldName;
use polyseal::message::Part;
use polyseal::order::Amount;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

type Result<T> = core::result::Result<T, String>;

/// The fields of an order, by their names.
type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// What each thing costs.
#[derive(Clone)]
pub struct Prices {
    /// Where they are from, for complaints.
    source: String,
    list: List,
}

/// The list in a file: an object of article numbers and amounts.
#[derive(Clone)]
pub struct List(BTreeMap<String, Amount>);

/// A line of an order: the names of its fields, and what they say.
struct Line<'a> {
    sku: (String, &'a str),
    quantity: (String, &'a str),
    /// The short purchase has none: it says what is bought, and the list says for how much.
    price: Option<(String, &'a str)>,
}

impl Prices {
    pub fn new(source: &str, list: List) -> Self {
        Self { source: source.into(), list }
    }

    pub fn list(&self) -> &List {
        &self.list
    }

    /// Checks an order before anything of it is relayed: what the card manager then approves and pays are these lines and
    /// this sum.
    pub fn admit(&self, part: &Part) -> Result<()> {
        self.check(part.fields()).map_err(|complaint| format!("the seller relays nothing: {complaint}"))
    }

    /// Whether every line of an order has the list's price, and the sum is that of the lines. A complaint names the field
    /// and not its value, which is the card holder's affair.
    pub fn check<'a>(&self, fields: impl Iterator<Item = (&'a FieldName, &'a str)>) -> Result<()> {
        let fields: Fields<'a> = fields.map(|(name, value)| (name.as_str(), value)).collect();
        let mut total: Option<Amount> = None;
        for line in lines(&fields)? {
            let cost = self.cost(&line)?;
            total = Some(match total {
                Some(total) => add(&total, &cost, &line.sku.0)?,
                None => cost,
            });
        }
        let no_line =
            "nothing is bought: give the order \"item.number\" and \"item.quantity\", or \"items\" with lines";
        let total = total.ok_or(no_line)?;
        let due = value(&fields, FieldName::AMOUNT_DUE.as_str())?;
        // An amount has one text: another currency, or other decimals, are another sum.
        if due == total.to_string() {
            Ok(())
        } else {
            Err(format!("\"amount.due\" is not what the lines come to: make it {total}"))
        }
    }

    /// Quantity times price.
    fn cost(&self, Line { sku, quantity, price }: &Line<'_>) -> Result<Amount> {
        let Self { source, list } = self;
        let listed = list.0.get(sku.1).ok_or_else(|| format!("\"{}\" is not in {source}: correct it there", sku.0))?;
        if let Some((name, price)) = price
            && *price != listed.to_string()
        {
            return Err(format!("\"{name}\" is not {listed}, as in {source}: correct one of them"));
        }
        let (name, quantity) = quantity;
        let count = count(quantity).ok_or_else(|| format!("\"{name}\" is no whole number above 0: correct it"))?;
        let units = listed.minor_units().checked_mul(count).ok_or_else(|| too_much(name))?;
        Amount::new(units, listed.decimals(), listed.currency()).map_err(|_| too_much(name))
    }
}

/// The lines of an order: each of `items.0`, `items.1`, …, and `item`.
fn lines<'a>(fields: &Fields<'a>) -> Result<Vec<Line<'a>>> {
    let mut lines = Vec::new();
    let single = ["item.number", "item.quantity"];
    if single.iter().any(|name| fields.contains_key(name)) {
        let [sku, quantity] = single.map(|name| field(fields, name.into()));
        lines.push(Line { sku: sku?, quantity: quantity?, price: None });
    }
    let below = fields.keys().filter_map(|name| name.strip_prefix("items."));
    let numbers: BTreeSet<_> = below.map(|rest| rest.split_once('.').map_or(rest, |(number, _)| number)).collect();
    for number in numbers {
        let [sku, quantity, price] =
            ["sku", "quantity", "price"].map(|name| field(fields, format!("items.{number}.{name}")));
        lines.push(Line { sku: sku?, quantity: quantity?, price: Some(price?) });
    }
    Ok(lines)
}

fn field<'a>(fields: &Fields<'a>, name: String) -> Result<(String, &'a str)> {
    let value = value(fields, &name)?;
    Ok((name, value))
}

fn value<'a>(fields: &Fields<'a>, name: &str) -> Result<&'a str> {
    let missing =
        || format!("the seller sees no \"{name}\": add it to the order, or to what the form shows the seller");
    fields.get(name).copied().ok_or_else(missing)
}

/// Written in one way only, as amounts are.
fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|count: &u64| *count > 0 && count.to_string() == text)
}

fn add(total: &Amount, cost: &Amount, name: &str) -> Result<Amount> {
    if !total.is_like(cost) {
        return Err(format!(
            "\"{name}\" has a price in another currency, or with other decimals, than the lines before it: order it by \
             itself"
        ));
    }
    total.checked_add(cost).ok_or_else(|| too_much(name))
}

fn too_much(name: &str) -> String {
    format!("with \"{name}\" the sum has more digits than an amount can have: order less")
}

impl Serialize for List {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

/// Reads a list strictly: of two prices for one thing, neither can be right.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of article numbers and amounts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> core::result::Result<List, A::Error> {
        let mut list = BTreeMap::new();
        while let Some(sku) = map.next_key::<String>()? {
            let price = map.next_value::<String>()?.parse();
            let price = price.map_err(|error| A::Error::custom(format_args!("\"{sku}\": {error}")))?;
            if list.contains_key(&sku) {
                return Err(A::Error::custom(format_args!("\"{sku}\" appears twice: remove one")));
            }
            list.insert(sku, price);
        }
        Ok(List(list))
    }
}
