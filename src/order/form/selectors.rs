//! What one recipient of a form sees.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::limits;
use crate::name::FieldName;
use crate::order::{Selector, among};
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Stands after the name of a field that an order need not have.
const OPTIONAL: char = '?';

/// The selectors of a form's recipient, ascending, each once.
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
pub struct Selectors(Vec<(Selector, bool)>);

impl Selectors {
    /// No selectors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a selector. What it selects by name is required.
    pub fn insert(&mut self, selector: impl Into<Selector>) {
        self.put(selector.into(), false);
    }

    /// Adds a field that an order may have or not.
    pub fn insert_optional(&mut self, field: FieldName) {
        self.put(field.into(), true);
    }

    /// The same with a field that an order may have or not.
    #[must_use]
    pub fn with_optional(mut self, field: FieldName) -> Self {
        self.insert_optional(field);
        self
    }

    /// Removes a selector, and says whether it was there.
    pub fn remove(&mut self, selector: impl AsRef<str>) -> bool {
        self.place(selector.as_ref()).map(|place| self.0.remove(place)).is_ok()
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The selectors, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Selector> {
        self.0.iter().map(|(selector, _)| selector)
    }

    /// Whether this selector is one of them.
    #[must_use]
    pub fn contains(&self, selector: impl AsRef<str>) -> bool {
        self.place(selector.as_ref()).is_ok()
    }

    /// Whether a field of this name is seen.
    #[must_use]
    pub fn sees(&self, name: &FieldName) -> bool {
        self.iter().any(|selector| selector.matches(name))
    }

    /// Whether this is the selector of a field that an order need not have.
    #[must_use]
    pub fn is_optional(&self, selector: impl AsRef<str>) -> bool {
        let found = self.place(selector.as_ref()).ok().and_then(|place| self.0.get(place));
        found.is_some_and(|(_, is_optional)| *is_optional)
    }

    /// The selectors of the fields that an order has to have, ascending.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Selector> {
        let required = self.0.iter().filter(|(selector, is_optional)| selector.is_exact() && !is_optional);
        required.map(|(selector, _)| selector)
    }

    /// Whether all that a selector selects is seen.
    pub(crate) fn cover(&self, selector: &Selector) -> bool {
        self.iter().any(|own| own.covers(selector))
    }

    /// The first of other selectors of which not all that it selects is seen.
    pub(crate) fn first_uncovered<'s>(&self, others: &'s Self) -> Option<&'s Selector> {
        let mut is_one_of_them = among(self.iter().map(Selector::as_str));
        others.iter().find(|other| !is_one_of_them(other.as_str()) && !self.cover(other))
    }

    /// Where a selector is, or where it would be.
    fn place(&self, selector: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.as_str().cmp(selector))
    }

    fn put(&mut self, selector: Selector, is_optional: bool) -> bool {
        let place = self.place(selector.as_str());
        match place {
            Ok(place) => self.0.splice(place..=place, [(selector, is_optional)]).for_each(drop),
            Err(place) => self.0.insert(place, (selector, is_optional)),
        }
        place.is_err()
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
        Ok(self.put(selector, is_optional))
    }
}

fn parse(text: &str) -> Result<(Selector, bool), ValueError> {
    match text.strip_suffix(OPTIONAL) {
        // There may be nothing below a name anyway, so only a field can be optional.
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
        let mut all = Self::new();
        all.extend(selectors);
        all
    }
}

impl<S: Into<Selector>> Extend<S> for Selectors {
    fn extend<I: IntoIterator<Item = S>>(&mut self, selectors: I) {
        self.0.extend(selectors.into_iter().map(|selector| (selector.into(), false)));
        // Of two that are equal the required one, which was added last, sorts first.
        self.0.sort();
        self.0.dedup_by(|after, before| after.0 == before.0);
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
        let mut selectors: Vec<(Selector, bool)> = Vec::new();
        for _ in 0..r.array("selectors", 1, limits::SELECTORS)? {
            let text = r.text("a selector", limits::FIELD_NAME.saturating_add(1))?;
            let (selector, is_optional) = parse(text).map_err(|_| WireError::Expected("a selector"))?;
            // B-2
            if selectors.last().is_some_and(|(last, _)| *last >= selector) {
                return Err(WireError::NotDeterministic);
            }
            selectors.push((selector, is_optional));
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
