//! Plans: who gets what of an order, when a form, an order and the card holder's policy have come together.

use alloc::vec::Vec;

use super::Entry;
use crate::identifier::Identifier;
use crate::limits;
use crate::name::FieldName;

/// Who gets what of an order: a form that the card holder's rules allow, with the parties settled and the values found.
pub(crate) struct Plan<'o> {
    /// The card holder for whom it was made.
    pub(crate) sender: Identifier,
    pub(crate) entries: Vec<Entry>,
    /// Those that somebody sees, ascending by name.
    pub(crate) fields: Vec<Planned<'o>>,
}

/// A field of a plan.
pub(crate) struct Planned<'o> {
    pub(crate) name: &'o FieldName,
    pub(crate) value: &'o str,
    /// A bit for each entry.
    seen_by: u16,
}

impl<'o> Planned<'o> {
    /// A field that nobody sees yet.
    pub(crate) fn new(name: &'o FieldName, value: &'o str) -> Self {
        Self { name, value, seen_by: 0 }
    }

    /// Lets the recipient of the entry at this place see the field.
    pub(crate) fn show(&mut self, place: usize) {
        self.seen_by |= bit(place);
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.seen_by != 0
    }

    pub(crate) fn is_seen_by(&self, place: usize) -> bool {
        self.seen_by & bit(place) != 0
    }
}

/// The bit of an entry, of which there are at most [`limits::RECIPIENTS`].
fn bit(place: usize) -> u16 {
    const { assert!(limits::RECIPIENTS <= 16, "a bit for each recipient") };
    let bit = u32::try_from(place).ok().and_then(|place| 1_u16.checked_shl(place));
    #[expect(clippy::expect_used, reason = "no bit would hide a field from a recipient that is to see it")]
    bit.expect("a form has at most 16 recipients")
}
