//! The card holder's own policy, which wins over any form.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::identifier::Identifier;
use crate::name::{FieldName, Role};
use crate::order::{Amount, Entry, FormEntry, Order, OrderForm, Plan, Release, Selector, Selectors, seen_by};
use crate::value::ValueError;

/// What the card holder lets out, to whom, and when: an allow-list over (selector, role), the parties
/// it chose, and the ways a part may travel.
///
/// A form comes from the seller, who would like to know more than it should. So whatever the form says, a field goes
/// only where this policy allows it: by default where the standard form sends it. That keeps the card's number and
/// expiry for the card manager alone, and the destination for the delivery service alone, after approval. To allow
/// anything else, name it here. A selector of a form passes if this policy has the same one for the role, or one above it.
///
/// # Security
///
/// What is below `items` goes to seller and card manager, whatever it is. So put nothing there that only one of them may
/// see.
#[derive(Clone, Debug)]
pub struct DisclosurePolicy {
    roles: BTreeMap<Role, Allowance>,
}

#[derive(Clone, Debug, Default)]
struct Allowance {
    /// The party that has the role, if the card holder chose one.
    chosen: Option<Identifier>,
    selectors: Selectors,
    releases: BTreeSet<Release>,
}

impl DisclosurePolicy {
    /// The standard split, with the seller that the card holder means to buy from.
    #[must_use]
    pub fn standard(seller: Identifier) -> Self {
        let entries = OrderForm::standard().into_recipients().into_iter();
        let roles = entries.map(|FormEntry { role, release, selectors, .. }| {
            (role, Allowance { chosen: None, selectors, releases: BTreeSet::from([release]) })
        });
        let policy = Self { roles: roles.collect() };
        policy.allow_release(Role::CARD_MANAGER, Release::Direct).choose(Role::SELLER, seller)
    }

    /// Chooses the party of a role. A form that names another party is refused; a form that leaves the role open gets
    /// this party. The card manager has to be chosen here; other roles may be left to the form.
    #[must_use]
    pub fn choose(mut self, role: Role, identifier: Identifier) -> Self {
        self.roles.entry(role).or_default().chosen = Some(identifier);
        self
    }

    /// Lets a role see a field, or all that a selector selects. A role that the standard form does not have also needs
    /// [`allow_release`](Self::allow_release): by default its part may not travel in any way.
    #[must_use]
    pub fn allow(mut self, selector: impl Into<Selector>, role: Role) -> Self {
        self.roles.entry(role).or_default().selectors.insert(selector);
        self
    }

    /// Lets the part of a role travel this way. For the delivery service and whoever else is given
    /// more than the standard form gives, anything but [`Release::OnApproval`] means that it may be
    /// read without the card manager's approval.
    #[must_use]
    pub fn allow_release(mut self, role: Role, release: Release) -> Self {
        self.roles.entry(role).or_default().releases.insert(release);
        self
    }

    /// Checks a form against this policy and an order, for `sender`.
    pub(crate) fn plan<'o>(
        &self,
        sender: &Identifier,
        order: &'o Order,
        form: &OrderForm,
    ) -> Result<Plan<'o>, SplitError> {
        let nothing = Allowance::default();
        let is_whole = form.groups().are_served_by(order);
        let mut entries: Vec<Entry> = Vec::with_capacity(form.recipients().len());
        for (place, FormEntry { role, identifier, release, selectors }) in form.recipients().iter().enumerate() {
            let allowance = self.roles.get(role).unwrap_or(&nothing);
            let identifier = allowance.settle(role, identifier.as_ref())?;
            // F-8
            if identifier == sender || entries.iter().any(|entry| entry.identifier == *identifier) {
                return Err(SplitError::SameParty { role: role.clone() });
            }
            // F-7
            if !allowance.releases.contains(release) {
                return Err(SplitError::Release { role: role.clone(), release: *release });
            }
            if let Some(selector) = allowance.selectors.first_uncovered(selectors) {
                return Err(SplitError::Leak { selector: selector.clone(), role: role.clone() });
            }
            // W-1
            if !is_whole && let Some(field) = selectors.required().find(|field| order.get(field.as_str()).is_none()) {
                return Err(SplitError::Missing { selector: field.clone(), role: role.clone() });
            }
            let groups = seen_by(&form.groups().all, place);
            entries.push(Entry { role: role.clone(), identifier: identifier.clone(), release: *release, groups });
        }
        check_amount(order, form)?;
        Ok(Plan::new(sender.clone(), entries, order, form))
    }
}

impl Allowance {
    /// Settles which party has the role in an order, where a form may name one.
    fn settle<'i>(&'i self, role: &Role, named: Option<&'i Identifier>) -> Result<&'i Identifier, SplitError> {
        match (&self.chosen, named) {
            (Some(chosen), Some(named)) if chosen != named => Err(SplitError::OtherParty { role: role.clone() }),
            (Some(chosen), _) => Ok(chosen),
            // The seller never chooses the party that reads the card's number.
            (None, Some(named)) if *role != Role::CARD_MANAGER => Ok(named),
            (None, _) => Err(SplitError::NoParty { role: role.clone() }),
        }
    }
}

/// Seller and card manager refuse an order with another amount. If the form shows it to nobody, nobody reads it.
fn check_amount(order: &Order, form: &OrderForm) -> Result<(), SplitError> {
    let is_read = form.recipients().iter().any(|entry| entry.selectors.contains(FieldName::AMOUNT_DUE));
    // W-1
    match order.get(FieldName::AMOUNT_DUE).map(str::parse::<Amount>) {
        Some(Err(_)) if is_read => Err(SplitError::Amount),
        _ => Ok(()),
    }
}

/// Why an order is not split by this form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitError {
    /// The form would show a field, or all that a selector selects, to a role that may not see it.
    Leak {
        /// The selector.
        selector: Selector,
        /// The role.
        role: Role,
    },
    /// The form shows a field that the order does not have, and that is not optional.
    Missing {
        /// The field's selector.
        selector: Selector,
        /// The role that should see it.
        role: Role,
    },
    /// The value of [`FieldName::AMOUNT_DUE`] is not an [`Amount`].
    Amount,
    /// The form names another party than the card holder chose.
    OtherParty {
        /// The role of the party.
        role: Role,
    },
    /// Nobody says who has this role.
    NoParty {
        /// The role.
        role: Role,
    },
    /// A party appears twice, or is the card holder itself.
    SameParty {
        /// The role in which it appears again.
        role: Role,
    },
    /// The form would have a part travel in a way that the card holder does not allow.
    Release {
        /// The role of its recipient.
        role: Role,
        /// The way.
        release: Release,
    },
}

impl SplitError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Leak { .. } => "leak",
            Self::Missing { .. } => "field-not-there",
            Self::Amount => "no-amount-due",
            Self::OtherParty { .. } => "party-not-chosen",
            Self::NoParty { .. } => "no-party",
            Self::SameParty { .. } => "same-party",
            Self::Release { .. } => "release-not-allowed",
        }
    }
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leak { selector, role } => write!(
                f,
                "\"{selector}\" may not go to \"{role}\": remove it from that recipient, or widen the disclosure policy by name"
            ),
            Self::Missing { selector, role } => {
                write!(f, "field \"{selector}\", which \"{role}\" is to see, is not in the order: add it there")?;
                // Every order has a sum.
                let is_sum = selector.as_str() == FieldName::AMOUNT_DUE.as_str();
                if is_sum { Ok(()) } else { write!(f, ", or make it optional in the form: \"{selector}?\"") }
            }
            Self::Amount => write!(f, "field \"{}\": {}", FieldName::AMOUNT_DUE, ValueError::Amount),
            Self::OtherParty { role } => write!(
                f,
                "the \"identifier\" of \"{role}\" is not the party that the card holder chose: correct it, or make it null"
            ),
            Self::NoParty { role } => {
                write!(f, "nobody is chosen as \"{role}\": choose a party for it, or remove the recipient")
            }
            Self::SameParty { role } => {
                write!(f, "the \"identifier\" of \"{role}\" is also another party's: name different parties")
            }
            Self::Release { role, release } => write!(
                f,
                "\"release\" of \"{role}\" may not be \"{release}\": change it, or allow it in the disclosure policy by name"
            ),
        }
    }
}

impl core::error::Error for SplitError {}

#[cfg(test)]
mod tests;
