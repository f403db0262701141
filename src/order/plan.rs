//! Plans: who gets what of an order, when a form, an order and the card holder's policy have come together.

use alloc::vec::Vec;

use super::group::Group;
use super::{Entry, Order, OrderForm, Selector};
use crate::identifier::Identifier;
use crate::name::FieldName;
use crate::wire::{self, Encode, Secret, Sink, Writer};

/// Who gets what of an order: a form that the card holder's rules allow, with the parties settled and the values found.
pub(crate) struct Plan<'o> {
    /// The card holder for whom it was made.
    pub(crate) sender: Identifier,
    pub(crate) entries: Vec<Entry>,
    /// As the form has them.
    pub(crate) groups: Vec<PlannedGroup<'o>>,
    /// Those that somebody sees, ascending by name.
    pub(crate) fields: Vec<Field<'o>>,
}

pub(crate) struct PlannedGroup<'o> {
    pub(crate) selectors: Vec<Selector>,
    /// Ascending by name.
    pub(crate) fields: Vec<Field<'o>>,
}

/// A field, whose value is where the order is.
#[derive(Clone, Copy)]
pub(crate) struct Field<'o> {
    pub(crate) name: &'o FieldName,
    pub(crate) value: &'o str,
}

impl<'o> Plan<'o> {
    /// Cuts an order. A field that no selector of the form matches is nobody's.
    pub(crate) fn new(sender: Identifier, entries: Vec<Entry>, order: &'o Order, form: &OrderForm) -> Self {
        let groups = form.groups();
        let planned = |group: &Group| PlannedGroup {
            selectors: group.selectors.clone(),
            fields: Vec::with_capacity(group.selectors.len()),
        };
        let fields = Vec::with_capacity(order.names().len());
        let mut plan = Self { sender, entries, groups: groups.all.iter().map(planned).collect(), fields };
        let mut walk = groups.walk();
        for (name, value) in order.fields() {
            if let Some(group) = walk.find(name).and_then(|place| plan.groups.get_mut(place)) {
                let field = Field { name, value };
                group.fields.push(field);
                plan.fields.push(field);
            }
        }
        plan
    }

    pub(crate) fn seen_by(&self, entry: &Entry) -> impl Iterator<Item = &PlannedGroup<'o>> {
        entry.groups.iter().filter_map(|place| self.groups.get(place))
    }
}

impl PlannedGroup<'_> {
    /// Its fields, as they are committed to.
    pub(crate) fn encoded(&self) -> Secret {
        wire::encode_secret(self)
    }
}

impl Encode for PlannedGroup<'_> {
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        encode_fields(w, &self.fields);
    }
}

/// `[[name, value], …]`
pub(crate) fn encode_fields<S: Sink>(w: &mut Writer<'_, S>, fields: &[Field<'_>]) {
    w.array(fields.len());
    for Field { name, value } in fields {
        w.array(2).item(*name).text(value);
    }
}
