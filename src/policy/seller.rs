//! Which orders a seller takes.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Peers, PolicyError};
use crate::message::Part;
use crate::name::{FieldName, Role};
use crate::order::{FormEntry, OrderForm, Selector, among, seen_by};

/// Which orders a seller takes: those by a form that it issued, through a card manager that it accepts.
///
/// The card holder is not trusted to have kept to the form. A part for the card manager without the amount due, for
/// example, would get another amount approved than the one the seller asked for.
///
/// A seller takes several forms while it changes from one to the next: see [`or`](Self::or). Cheap to clone.
#[derive(Clone, Debug)]
pub struct SellerPolicy {
    forms: Arc<Vec<(OrderForm, Peers)>>,
}

impl SellerPolicy {
    /// The form that the seller issued, and the card managers that it accepts.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Unseen`] if the form has a card manager and does not show both it and the seller all of `must_see`:
    /// fields, or what selectors select. The amount due is always shown to both, because there is no form without.
    pub fn new(
        form: OrderForm,
        card_managers: Peers,
        must_see: impl IntoIterator<Item = Selector>,
    ) -> Result<Self, PolicyError> {
        let sees =
            |role: &Role| form.recipients().iter().find(|entry| entry.role == *role).map(|entry| &entry.selectors);
        if let (Some(seller), Some(manager)) = (sees(&Role::SELLER), sees(&Role::CARD_MANAGER)) {
            for selector in must_see {
                if !seller.cover(&selector) || !manager.cover(&selector) {
                    return Err(PolicyError::Unseen { selector });
                }
            }
        }
        Ok(Self { forms: Arc::new([(form, card_managers)].into()) })
    }

    /// A policy that takes what either of the two takes: the present form and an older one, of which orders may still
    /// arrive.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        Arc::make_mut(&mut self.forms).extend(other.forms.iter().cloned());
        self
    }

    /// Whether an order is one that this seller asked for. Seller and card manager see the value of a field through the
    /// same commitment, so to see it is to agree on it. Without a form that fits, the error is the first form's.
    pub(crate) fn check(&self, part: &Part) -> Result<(), PolicyError> {
        // E-7
        super::check_amount(part)?;
        let mut refusal = None;
        for (form, card_managers) in &*self.forms {
            match check(form, card_managers, part) {
                Ok(()) => return Ok(()),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        refusal.map_or(Ok(()), Err)
    }
}

fn check(form: &OrderForm, card_managers: &Peers, part: &Part) -> Result<(), PolicyError> {
    // E-8
    let groups = &form.groups().all;
    let has_its_groups = part.has_groups(groups);
    let mut entries = part.recipients();
    for (place, FormEntry { role, identifier, release, selectors }) in form.recipients().iter().enumerate() {
        let other_form =
            |selector: Option<&Selector>| PolicyError::Form { role: role.clone(), selector: selector.cloned() };
        let entry = entries.next().ok_or_else(|| other_form(None))?;
        if (&entry.role, entry.release) != (role, *release) {
            return Err(other_form(None));
        }
        if !has_its_groups || entry.groups != seen_by(groups, place) {
            let (asked, seen): (BTreeSet<_>, BTreeSet<_>) =
                (selectors.iter().collect(), part.selectors(entry).collect());
            if let Some(selector) = asked.symmetric_difference(&seen).next() {
                return Err(other_form(Some(selector)));
            }
        }
        if identifier.as_ref().is_some_and(|named| *named != entry.identifier) {
            return Err(PolicyError::Party { role: role.clone() });
        }
        if entry.role == Role::CARD_MANAGER && !card_managers.admits(&entry.identifier) {
            return Err(PolicyError::Party { role: role.clone() });
        }
    }
    if let Some(entry) = entries.next() {
        return Err(PolicyError::Form { role: entry.role.clone(), selector: None });
    }
    let seller = form.recipients().iter().find(|entry| entry.role == Role::SELLER);
    let mut required = seller.into_iter().flat_map(|entry| entry.selectors.required());
    let mut is_there = among(part.names().map(FieldName::as_str));
    match required.find(|field| !is_there(field.as_str())) {
        Some(field) => Err(PolicyError::Missing { selector: field.clone() }),
        None => Ok(()),
    }
}
