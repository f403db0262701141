//! Selectors: which fields of an order a recipient sees (`SPEC.md`, section 11).

use alloc::borrow::{Cow, ToOwned};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::iter::Peekable;

use crate::limits;
use crate::name::{FieldName, is_field_name, texts};
use crate::value::ValueError;
use crate::wire::{Decode, Encode, Reader, Sink, WireError, Writer};

/// Ends a selector of all fields below a name.
const BELOW: &str = ".*";

const fn is_selector(text: &[u8]) -> bool {
    match text {
        [stem @ .., b'.', b'*'] => text.len() <= limits::FIELD_NAME && is_field_name(stem),
        name => is_field_name(name),
    }
}

texts! {
    /// Which fields of an order somebody sees: one by its name, `amount.due`, or all whose names begin with a prefix,
    /// `items.*`.
    ///
    /// `items.*` is `items.0.sku`, and not `items`. It says nothing of how many such fields an order has, which may be none.
    Selector: "a selector", is_selector, limits::FIELD_NAME, Selector,
        "1 to 128 characters: a field name, or one with `.*` after it";
}

impl Selector {
    /// What the order is about, line by line.
    pub const ITEMS: Self = Self(Cow::Borrowed("items.*"));

    fn known(text: &[u8]) -> Option<Self> {
        if text == Self::ITEMS.0.as_bytes() { Some(Self::ITEMS) } else { FieldName::known(text).map(Self::from) }
    }

    /// The name, or what the names begin with.
    fn stem(&self) -> &str {
        self.0.strip_suffix(BELOW).unwrap_or(&self.0)
    }

    /// Whether it selects one field, by its name.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.ends_with(BELOW)
    }

    /// Whether it selects the field of this name.
    #[must_use]
    pub fn matches(&self, name: &FieldName) -> bool {
        match self.0.strip_suffix(BELOW) {
            Some(stem) => is_below(name.as_str(), stem),
            None => *self.0 == *name.as_str(),
        }
    }

    /// Whether it selects all that another one does: the two are equal, or it is above the other.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self == other || !self.is_exact() && is_below(other.stem(), self.stem())
    }
}

/// Whether the segments of `stem` begin those of a name that has more.
fn is_below(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'))
}

impl From<FieldName> for Selector {
    fn from(name: FieldName) -> Self {
        Self(name.into_text())
    }
}

/// The first two selectors, of different ones in any order, that conflict: without `.*`, the segments of one begin those
/// of the other.
pub(crate) fn conflicting(mut selectors: Vec<&Selector>) -> Option<[&Selector; 2]> {
    selectors.sort_unstable_by_key(|selector| selector.stem());
    conflict(selectors, |selector| selector.stem())
}

/// The first two names, of ascending ones, that conflict.
pub(crate) fn conflicting_names<'n>(names: impl IntoIterator<Item = &'n FieldName>) -> Option<[&'n FieldName; 2]> {
    conflict(names, |name| name.as_str())
}

/// The texts ascend. So whatever begins with one of them follows it, but need not follow at once: `a`, `a-b`, `a.c`.
fn conflict<'t, T>(items: impl IntoIterator<Item = &'t T>, text: impl Fn(&'t T) -> &'t str) -> Option<[&'t T; 2]> {
    // Those that begin the present one, the shortest first.
    let mut open: Vec<&T> = Vec::new();
    for item in items {
        let begins = |before: &&'t T| text(item).strip_prefix(text(before));
        while open.pop_if(|before| begins(before).is_none()).is_some() {}
        let conflicts = |before: &&&'t T| begins(before).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if let Some(before) = open.iter().find(conflicts) {
            return Some([before, item]);
        }
        open.push(item);
    }
    None
}

/// Whether texts, asked for in ascending order, are among others that ascend. Both are walked once.
pub(crate) fn among<'t>(texts: impl IntoIterator<Item = &'t str>) -> impl FnMut(&str) -> bool {
    let mut texts = texts.into_iter().peekable();
    move |wanted| {
        loop {
            match texts.peek().map(|text| (*text).cmp(wanted)) {
                Some(Ordering::Less) => _ = texts.next(),
                found => return found == Some(Ordering::Equal),
            }
        }
    }
}

/// Selectors without conflict, ascending, that are matched with names, ascending. Both are walked once: a selector of a
/// later name is not before that of an earlier one, because `*` sorts before what names are made of.
pub(crate) struct Walk<I: Iterator>(Peekable<I>);

impl<'s, T: Copy, I: Iterator<Item = (&'s Selector, T)>> Walk<I> {
    pub(crate) fn new(selectors: impl IntoIterator<IntoIter = I>) -> Self {
        Self(selectors.into_iter().peekable())
    }

    /// What stands beside the selector of the next name.
    pub(crate) fn find(&mut self, name: &FieldName) -> Option<T> {
        let is_passed = |(selector, _): &(&Selector, T)| selector.as_str() < name.as_str() && !selector.matches(name);
        while self.0.next_if(is_passed).is_some() {}
        self.0.peek().filter(|(selector, _)| selector.matches(name)).map(|(_, beside)| *beside)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn selector(text: &str) -> Selector {
        Selector::new(text).unwrap()
    }

    fn name(text: &str) -> FieldName {
        FieldName::new(text).unwrap()
    }

    #[test]
    fn a_selector_is_a_name_or_what_is_below_one() {
        let longest = "a".repeat(limits::FIELD_NAME - 2) + ".*";
        for good in ["a", "amount.due", "items.*", "a.b.*", &longest] {
            assert_eq!(selector(good).to_string(), good);
        }
        let too_long = "a".repeat(limits::FIELD_NAME - 1) + ".*";
        for bad in ["", "*", ".*", "a*", "a.*.b", "a.*.*", "a..*", "*.a", "A", "a?", "a.**", &too_long] {
            assert_eq!(Selector::new(bad), Err(ValueError::Selector), "{bad}");
        }
        assert_eq!(selector("items.*"), Selector::ITEMS);
        assert_eq!(Selector::from(FieldName::AMOUNT_DUE), selector("amount.due"));
    }

    #[test]
    fn a_selector_matches_by_segments() {
        for (text, matched, others) in [
            ("items.*", &["items.0", "items.0.sku", "items.-"][..], &["items", "items-a", "item.a", "itemsx.a"][..]),
            ("a.b", &["a.b"], &["a", "a.b.c", "a.bc"]),
        ] {
            assert!(matched.iter().all(|other| selector(text).matches(&name(other))), "{text}");
            assert!(!others.iter().any(|other| selector(text).matches(&name(other))), "{text}");
        }
        for (above, below) in [("a.*", "a.*"), ("a.*", "a.b"), ("a.*", "a.b.*"), ("a.b", "a.b")] {
            assert!(selector(above).covers(&selector(below)), "{above} {below}");
        }
        for (not_above, other) in [("a.*", "a"), ("a", "a.*"), ("a", "a.b"), ("a.b.*", "a.*"), ("a.*", "ab.c")] {
            assert!(!selector(not_above).covers(&selector(other)), "{not_above} {other}");
        }
    }

    #[test]
    fn conflicts_are_found_whatever_sorts_between() {
        let found = |texts: &[&str]| {
            let selectors: Vec<_> = texts.iter().map(|text| selector(text)).collect();
            conflicting(selectors.iter().collect()).map(|pair| pair.map(ToString::to_string))
        };
        for good in [&["a-b", "a.c", "ab", "a_"][..], &["items.*", "item.name"], &["a.b", "a.c.*", "a.c-d"], &["a"]] {
            assert_eq!(found(good), None, "{good:?}");
        }
        for (bad, pair) in [
            (&["items", "items.*"][..], ["items", "items.*"]),
            (&["a.b.c", "a.b"], ["a.b", "a.b.c"]),
            (&["a", "a-b", "a.c"], ["a", "a.c"]),
            (&["a.*", "a-b", "a-b-c", "a.c.*"], ["a.*", "a.c.*"]),
        ] {
            let mut found = found(bad).unwrap();
            found.sort();
            assert_eq!(found, pair, "{bad:?}");
        }
    }

    fn tree() -> impl Strategy<Value = alloc::collections::BTreeSet<alloc::string::String>> {
        prop::collection::btree_set("[a-]{1,2}(\\.[a-]{1,2}){0,3}", 0..12)
    }

    proptest! {
        #[test]
        fn a_conflict_is_one_of_any_two(texts in tree()) {
            let names: Vec<_> = texts.iter().map(|text| name(text)).collect();
            let any = names.iter().any(|a| names.iter().any(|b| is_below(a.as_str(), b.as_str())));
            prop_assert_eq!(conflicting_names(&names).is_some(), any);
        }

        #[test]
        fn a_walk_finds_what_a_search_finds(names in tree(), selectors in tree(), below in any::<u32>()) {
            let selectors = selectors.iter().enumerate().map(|(n, text)| {
                if below >> n & 1 == 1 { selector(&alloc::format!("{text}.*")) } else { selector(text) }
            });
            let mut selectors: Vec<_> = selectors.collect();
            selectors.sort();
            while let Some([_, second]) = conflicting(selectors.iter().collect()) {
                let second = second.clone();
                selectors.retain(|selector| *selector != second);
            }
            let mut walk = Walk::new(selectors.iter().map(|selector| (selector, selector)));
            for name in names.iter().map(|text| name(text)) {
                prop_assert_eq!(walk.find(&name), selectors.iter().find(|selector| selector.matches(&name)));
            }
        }
    }
}
