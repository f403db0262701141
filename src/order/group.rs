//! Groups: the selectors that exactly the same recipients see. Of each group an order has one commitment.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::iter;

use super::selector::{Walk, among};
use super::{FormEntry, Order, Selector};
use crate::limits;
use crate::name::FieldName;
use crate::wire::{Encode, Reader, Sink, WireError, Writer};

/// Places of groups in a header, or of recipients in an order: a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(u64);

const _: () = assert!(limits::GROUPS <= 64 && limits::RECIPIENTS <= 64, "a bit for each place");

impl Places {
    pub(crate) fn insert(&mut self, place: usize) {
        self.0 |= bit(place);
    }

    pub(crate) fn contains(self, place: usize) -> bool {
        self.0 & bit(place) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn len(self) -> usize {
        usize::try_from(self.0.count_ones()).unwrap_or(usize::MAX)
    }

    pub(crate) fn are_below(self, count: usize) -> bool {
        u32::try_from(count).ok().and_then(|count| self.0.checked_shr(count)).unwrap_or(0) == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        iter::from_fn(move || {
            let place = left.trailing_zeros();
            // Without its lowest bit, if there is one.
            left &= left.checked_sub(1)?;
            usize::try_from(place).ok()
        })
    }

    pub(crate) fn decode_groups(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut places = Self::default();
        let mut least = 0;
        for _ in 0..r.array("groups", 1, limits::GROUPS)? {
            let place = decode_place(r)?;
            // P-4
            if place < least {
                return Err(WireError::NotDeterministic);
            }
            places.insert(place);
            least = place.saturating_add(1);
        }
        Ok(places)
    }
}

pub(crate) fn decode_place(r: &mut Reader<'_>) -> Result<usize, WireError> {
    let most = u64::try_from(limits::GROUPS.saturating_sub(1)).unwrap_or(u64::MAX);
    r.uint("the place of a group", most).map(|place| usize::try_from(place).unwrap_or(usize::MAX))
}

pub(crate) fn encode_place<S: Sink>(w: &mut Writer<'_, S>, place: usize) {
    w.uint(u64::try_from(place).unwrap_or(u64::MAX));
}

impl Encode for Places {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        w.array(self.len());
        for place in self.iter() {
            encode_place(w, place);
        }
    }
}

/// The bit of a place. None for a place that cannot be.
fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The recipients that see it.
    pub(crate) readers: Places,
    /// The selectors of its fields, ascending.
    pub(crate) selectors: Vec<Selector>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    /// Ascending by their first selectors.
    pub(crate) all: Vec<Group>,
    /// The selectors of all groups, ascending, and the place of the group of each.
    selectors: Vec<(Selector, usize)>,
    /// The fields that some recipient requires, ascending.
    required: Vec<Selector>,
}

impl Groups {
    /// Begins a walk along ascending names, which finds the place of each name's group.
    pub(crate) fn walk(&self) -> Walk<impl Iterator<Item = (&Selector, usize)>> {
        Walk::new(self.selectors.iter().map(|(selector, place)| (selector, *place)))
    }

    /// Whether an order has all fields that some recipient requires.
    pub(crate) fn are_served_by(&self, order: &Order) -> bool {
        let mut is_there = among(order.names().map(FieldName::as_str));
        self.required.iter().all(|field| is_there(field.as_str()))
    }
}

pub(super) fn groups(recipients: &[FormEntry]) -> Groups {
    let mut readers: BTreeMap<&Selector, Places> = BTreeMap::new();
    for (place, entry) in recipients.iter().enumerate() {
        for selector in entry.selectors.iter() {
            readers.entry(selector).or_default().insert(place);
        }
    }
    let required: BTreeSet<_> = recipients.iter().flat_map(|entry| entry.selectors.required()).collect();
    let required = required.into_iter().cloned().collect();
    let mut groups = Groups { all: Vec::new(), selectors: Vec::new(), required };
    for (selector, readers) in readers {
        let place = groups.all.iter().position(|group| group.readers == readers).unwrap_or(groups.all.len());
        match groups.all.get_mut(place) {
            Some(group) => group.selectors.push(selector.clone()),
            None => groups.all.push(Group { readers, selectors: [selector.clone()].into() }),
        }
        groups.selectors.push((selector.clone(), place));
    }
    groups
}

/// The groups that the recipient at this place sees.
pub(crate) fn seen_by(groups: &[Group], reader: usize) -> Places {
    let mut seen = Places::default();
    for (place, group) in groups.iter().enumerate() {
        if group.readers.contains(reader) {
            seen.insert(place);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_ascend_and_none_is_repeated() {
        let read = |bytes: &[u8]| Places::decode_groups(&mut Reader::new(bytes)).map(|places| places.iter().sum());
        assert_eq!(read(&[0x82, 0, 1]), Ok(1_usize));
        for bytes in [[0x82, 1, 1], [0x82, 0, 0], [0x82, 2, 1]] {
            assert_eq!(read(&bytes), Err(WireError::NotDeterministic));
        }
    }
}
