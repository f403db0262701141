//! A part into a struct of the caller's.

use serde::de::DeserializeOwned;
use serde::de::value::{Error, MapDeserializer};

use super::Part;

impl Part {
    /// The fields that this recipient sees as a struct of yours, field name to text.
    ///
    /// ```
    /// # use polyseal::message::Part;
    /// #[derive(serde::Deserialize)]
    /// struct Sale {
    ///     #[serde(rename = "item.number")]
    ///     item: String,
    ///     #[serde(rename = "item.quantity")]
    ///     quantity: String,
    /// }
    ///
    /// fn sale(part: &Part) -> Result<Sale, Box<dyn std::error::Error>> {
    ///     Ok(part.to()?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the struct's `Deserialize`: it names the field that is missing or unknown. What it says of a value
    /// that does not fit is that implementation's affair.
    ///
    /// # Security
    ///
    /// The struct has copies of secret values, which nothing wipes unless its own types do.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let fields = self.fields().map(|(name, value)| (name.as_str(), value));
        T::deserialize(MapDeserializer::new(fields))
    }
}
