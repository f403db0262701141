//! A part into a struct of the caller's.

use alloc::vec::Vec;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};

use super::Part;
use crate::order::Tree;

impl Part {
    /// The fields that this recipient sees as a struct of yours: the segments of their names are keys, and fields and
    /// places 0, 1, … are sequences.
    ///
    /// Every value is text, numbers too, and stays what the card holder wrote: a `u32` in the struct is an error. Read a sum
    /// into an [`Amount`](crate::order::Amount), which checks its grammar, and another number by a function of yours
    /// with `deserialize_with`. A list without lines has no field at all, so a list that may be empty wants
    /// `#[serde(default)]`.
    ///
    /// ```
    /// use polyseal::order::Amount;
    /// use serde::{Deserialize, Deserializer, de::Error};
    ///
    /// #[derive(Deserialize)]
    /// struct Sale {
    ///     amount: Sum,
    ///     item: Article,
    ///     #[serde(default)]
    ///     items: Vec<Article>, // `items.0.name`, `items.0.quantity`, `items.1.name`, …
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Sum {
    ///     due: Amount,
    /// }
    ///
    /// #[derive(Deserialize)]
    /// struct Article {
    ///     name: String,
    ///     #[serde(deserialize_with = "number")]
    ///     quantity: u32,
    /// }
    ///
    /// fn number<'de, D: Deserializer<'de>>(text: D) -> Result<u32, D::Error> {
    ///     String::deserialize(text)?.parse().map_err(D::Error::custom)
    /// }
    ///
    /// # let mut story = polyseal_testing::story::Story::standard(1);
    /// # let awaiting = story.at_seller();
    /// let sale: Sale = awaiting.part().to()?; // of an order that the seller received
    /// assert_eq!((sale.item.name.as_str(), sale.item.quantity), ("Kettle", 2));
    /// assert_eq!(sale.amount.due.to_string(), "59.80 EUR");
    /// assert!(sale.items.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the struct's `Deserialize`: it names the field that is missing or unknown. What it says of a text that
    /// does not fit is that implementation's affair.
    ///
    /// # Security
    ///
    /// The struct has copies of secret values, which nothing wipes unless its own types do.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let fields: Vec<_> = self.fields().collect();
        T::deserialize(Tree::new(&fields))
    }
}

impl<'de> IntoDeserializer<'de> for Tree<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What is no text is refused before the type that is read can repeat the text in an error.
macro_rules! refused {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(self.no_text())
        }
    )*};
}

impl Tree<'_> {
    fn no_text(self) -> Error {
        match self.first_name() {
            Some(name) => Error::custom(format_args!("field \"{name}\" is text: read it into a string")),
            None => Error::custom("there are no fields"),
        }
    }
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.value(), self.elements()) {
            (Some(value), _) => visitor.visit_borrowed_str(value),
            (None, Some(elements)) if !self.is_whole() => visitor.visit_seq(SeqDeserializer::new(elements.into_iter())),
            _ => visitor.visit_map(MapDeserializer::new(self.children())),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // Keys that are numbers by chance.
        match self.value() {
            Some(_) => Err(self.no_text()),
            None => visitor.visit_map(MapDeserializer::new(self.children())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value() {
            Some(_) => Err(self.no_text()),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Result<V::Value, Error> {
        Err(self.no_text())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let value = self.value().ok_or_else(|| self.no_text())?;
        StrDeserializer::new(value).deserialize_enum(name, variants, visitor)
    }

    refused! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_bytes deserialize_byte_buf deserialize_unit
    }

    serde::forward_to_deserialize_any! {
        char str string identifier ignored_any
    }
}
