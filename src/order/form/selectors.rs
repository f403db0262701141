//! What one recipient of a form sees.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::limits;
use crate::name::FieldName;
use crate::order::Selector;
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Stands after the name of a field that an order need not have.
const OPTIONAL: char = '?';

/// The selectors of a form's recipient, ascending.
///
/// A field that is selected by its name is required in the order, unless it is optional: `holder.fax?` in JSON.
///
/// ```
/// use polyseal::order::{FieldName, Selector, Selectors};
///
/// let selectors = Selectors::from_iter([FieldName::AMOUNT_DUE.into(), Selector::ITEMS]).with_optional(FieldName::HOLDER_FAX);
/// assert!(selectors.sees(&FieldName::new("items.0.sku")?));
/// # Ok::<(), polyseal::ValueError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Selectors(BTreeMap<Selector, bool>);

impl Selectors {
    /// No selectors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a selector. What it selects by name is required.
    pub fn insert(&mut self, selector: impl Into<Selector>) {
        self.0.insert(selector.into(), false);
    }

    /// Adds a field that an order may have or not.
    pub fn insert_optional(&mut self, field: FieldName) {
        self.0.insert(field.into(), true);
    }

    /// The same with a field that an order may have or not.
    #[must_use]
    pub fn with_optional(mut self, field: FieldName) -> Self {
        self.insert_optional(field);
        self
    }

    /// Removes a selector, and says whether it was there.
    pub fn remove(&mut self, selector: impl AsRef<str>) -> bool {
        self.0.remove(selector.as_ref()).is_some()
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The selectors, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Selector> {
        self.0.keys()
    }

    /// Whether this selector is one of them.
    #[must_use]
    pub fn contains(&self, selector: impl AsRef<str>) -> bool {
        self.0.contains_key(selector.as_ref())
    }

    /// Whether a field of this name is seen.
    #[must_use]
    pub fn sees(&self, name: &FieldName) -> bool {
        self.iter().any(|selector| selector.matches(name))
    }

    /// Whether this is the selector of a field that an order need not have.
    #[must_use]
    pub fn is_optional(&self, selector: impl AsRef<str>) -> bool {
        self.0.get(selector.as_ref()).is_some_and(|is_optional| *is_optional)
    }

    /// The selectors of the fields that an order has to have, ascending.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Selector> {
        self.0
            .iter()
            .filter(|(selector, is_optional)| selector.is_exact() && !**is_optional)
            .map(|(selector, _)| selector)
    }

    /// Whether all that a selector selects is seen.
    pub(crate) fn cover(&self, selector: &Selector) -> bool {
        self.iter().any(|own| own.covers(selector))
    }

    /// Whether there is no selector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many selectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each selector, and whether it is optional.
    pub(super) fn marked(&self) -> impl ExactSizeIterator<Item = (&Selector, bool)> {
        self.0.iter().map(|(selector, is_optional)| (selector, *is_optional))
    }

    /// Adds a selector as forms write it, and says whether it is not there already.
    #[cfg(feature = "serde")]
    pub(super) fn add(&mut self, text: &str) -> Result<bool, ValueError> {
        let (selector, is_optional) = parse(text)?;
        Ok(self.0.insert(selector, is_optional).is_none())
    }
}

fn parse(text: &str) -> Result<(Selector, bool), ValueError> {
    match text.strip_suffix(OPTIONAL) {
        // Of what is below a name there may be none anyway.
        Some(field) => Ok((FieldName::new(field).map_err(|_| ValueError::Selector)?.into(), true)),
        None => Ok((Selector::new(text)?, false)),
    }
}

/// As forms write it.
fn text((selector, is_optional): (&Selector, bool)) -> String {
    if is_optional { format!("{selector}{OPTIONAL}") } else { selector.as_str().into() }
}

impl<S: Into<Selector>> FromIterator<S> for Selectors {
    fn from_iter<I: IntoIterator<Item = S>>(selectors: I) -> Self {
        Self(selectors.into_iter().map(|selector| (selector.into(), false)).collect())
    }
}

impl<S: Into<Selector>> Extend<S> for Selectors {
    fn extend<I: IntoIterator<Item = S>>(&mut self, selectors: I) {
        self.0.extend(selectors.into_iter().map(|selector| (selector.into(), false)));
    }
}

impl fmt::Debug for Selectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.marked().map(text)).finish()
    }
}

impl Encode for Selectors {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(self.0.len());
        for marked in self.marked() {
            w.text(&text(marked));
        }
    }
}

impl Decode for Selectors {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut selectors = BTreeMap::new();
        for _ in 0..r.array("selectors", 1, limits::SELECTORS)? {
            let text = r.text("a selector", limits::FIELD_NAME.saturating_add(1))?;
            let (selector, is_optional) = parse(text).map_err(|_| WireError::Expected("a selector"))?;
            // B-2
            if selectors.last_key_value().is_some_and(|(last, _)| *last >= selector) {
                return Err(WireError::NotDeterministic);
            }
            selectors.insert(selector, is_optional);
        }
        Ok(Self(selectors))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Selectors {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.marked().map(text))
    }
}
