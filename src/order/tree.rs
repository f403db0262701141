//! Fields as the tree that their names make.

use alloc::vec::Vec;
use core::iter;

use serde::ser::{Serialize, Serializer};

use crate::name::FieldName;

/// The fields whose names agree on their first segments, ascending by name.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    fields: &'a [(&'a FieldName, &'a str)],
    /// Where in the names the next segment begins.
    at: usize,
}

impl<'a> Tree<'a> {
    /// The tree of fields that ascend by name and do not conflict.
    pub(crate) fn new(fields: &'a [(&'a FieldName, &'a str)]) -> Self {
        Self { fields, at: 0 }
    }

    /// The value, of a tree that is one field.
    pub(crate) fn value(self) -> Option<&'a str> {
        match self.fields {
            [(name, value)] if name.as_str().len() < self.at => Some(value),
            _ => None,
        }
    }

    /// Whether it is not below another one.
    pub(crate) fn is_whole(self) -> bool {
        self.at == 0
    }

    /// The name of its first field.
    pub(crate) fn first_name(self) -> Option<&'a FieldName> {
        self.fields.first().map(|(name, _)| *name)
    }

    /// The trees below it, by their segments.
    pub(crate) fn children(self) -> impl Iterator<Item = (&'a str, Self)> {
        let Self { mut fields, at } = self;
        let segment = move |name: &'a FieldName| name.as_str().get(at..).and_then(|rest| rest.split('.').next());
        iter::from_fn(move || {
            let own = segment(fields.first()?.0)?;
            // Names that begin alike stand together: there is no `a` beside `a.b`.
            let count = fields.iter().take_while(|(name, _)| segment(name) == Some(own)).count();
            let (child, rest) = fields.split_at_checked(count)?;
            fields = rest;
            Some((own, Self { fields: child, at: at.saturating_add(own.len()).saturating_add(1) }))
        })
    }

    /// The trees below it in their order, if their segments are exactly 0 to some number.
    pub(crate) fn elements(self) -> Option<Vec<Self>> {
        let children: Vec<_> = self.children().collect();
        let mut elements = alloc::vec![None; children.len()];
        for (segment, child) in children {
            *elements.get_mut(index(segment)?)? = Some(child);
        }
        elements.into_iter().collect()
    }
}

/// A number as an array's places are written.
fn index(segment: &str) -> Option<usize> {
    let is_padded = segment.len() > 1 && segment.starts_with('0');
    if is_padded { None } else { segment.parse().ok() }
}

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.value() {
            return serializer.serialize_str(value);
        }
        match self.elements() {
            // The whole is an object, whatever its names are.
            Some(elements) if !self.is_whole() => serializer.collect_seq(elements),
            _ => serializer.collect_map(self.children()),
        }
    }
}
