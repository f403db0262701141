//! Which orders a seller takes.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Peers, PolicyError};
use crate::message::Part;
use crate::name::{FieldName, Role};
use crate::order::{Entry, OrderForm};

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
    /// [`PolicyError::Unseen`] if the form has a card manager and does not show both it and the seller the amount due and
    /// every field of `must_see`.
    pub fn new(
        form: OrderForm,
        card_managers: Peers,
        must_see: impl IntoIterator<Item = FieldName>,
    ) -> Result<Self, PolicyError> {
        let sees = |role: &Role| form.recipients().iter().find(|entry| entry.role == *role).map(|entry| &entry.fields);
        if let (Some(seller), Some(manager)) = (sees(&Role::SELLER), sees(&Role::CARD_MANAGER)) {
            for field in must_see.into_iter().chain([FieldName::AMOUNT_DUE]) {
                if !seller.contains(&field) || !manager.contains(&field) {
                    return Err(PolicyError::Unseen { field });
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
    let mut entries = part.recipients();
    for expected in form.recipients() {
        let role = || expected.role.clone();
        let entry: &Entry = entries.next().ok_or_else(|| PolicyError::Form { role: role() })?;
        let is_same = (&entry.role, entry.release) == (&expected.role, expected.release);
        if !is_same || !entry.fields.iter().eq(&expected.fields) {
            return Err(PolicyError::Form { role: role() });
        }
        if expected.identifier.as_ref().is_some_and(|named| *named != entry.identifier) {
            return Err(PolicyError::Party { role: role() });
        }
        if entry.role == Role::CARD_MANAGER && !card_managers.admits(&entry.identifier) {
            return Err(PolicyError::Party { role: role() });
        }
    }
    match entries.next() {
        Some(entry) => Err(PolicyError::Form { role: entry.role.clone() }),
        None => Ok(()),
    }
}
