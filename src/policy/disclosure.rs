//! The card holder's own policy, which wins over any form.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::identifier::Identifier;
use crate::name::{FieldName, Role};
use crate::order::{Amount, Entry, FormEntry, Order, OrderForm, Plan, Release, Selector, Selectors, among, seen_by};
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

/// What the card holder allows one role.
#[derive(Clone, Debug, Default)]
struct Allowance {
    /// Who has the role, if the card holder chose.
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
            let mut is_there = among(order.names().map(FieldName::as_str));
            if let Some(field) = selectors.required().find(|field| !is_there(field.as_str())) {
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
    /// Who has the role in an order, where a form may name somebody.
    fn settle<'i>(&'i self, role: &Role, named: Option<&'i Identifier>) -> Result<&'i Identifier, SplitError> {
        match (&self.chosen, named) {
            (Some(chosen), Some(named)) if chosen != named => Err(SplitError::OtherParty { role: role.clone() }),
            (Some(chosen), _) => Ok(chosen),
            // Who reads the card's number is never the seller's choice.
            (None, Some(named)) if *role != Role::CARD_MANAGER => Ok(named),
            (None, _) => Err(SplitError::NoParty { role: role.clone() }),
        }
    }
}

/// Seller and card manager refuse an order with another amount. Of a form without them, nobody reads it.
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
mod tests {
    use super::*;

    fn id(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn order() -> Order {
        let mut order = Order::new();
        for field in OrderForm::standard().groups().all.iter().flat_map(|group| &group.selectors) {
            let value = if field.as_str() == "amount.due" { "1 EUR" } else { "value" };
            // Of the items there is none.
            let _ = FieldName::new(field.as_str()).map(|name| order.insert(name, value).unwrap());
        }
        order
    }

    fn rules() -> DisclosurePolicy {
        DisclosurePolicy::standard(id("shop"))
            .choose(Role::CARD_MANAGER, id("bank"))
            .choose(Role::DELIVERY_SERVICE, id("courier"))
    }

    fn split(rules: &DisclosurePolicy, change: impl FnOnce(&mut Vec<FormEntry>)) -> Result<(), SplitError> {
        let mut recipients = OrderForm::standard().into_recipients();
        change(&mut recipients);
        rules.plan(&id("holder"), &order(), &OrderForm::new(recipients).unwrap()).map(drop)
    }

    #[test]
    fn a_hostile_form_gets_nothing() {
        assert_eq!(split(&rules(), |_| {}), Ok(()));
        for (field, at) in [
            (FieldName::CARD_NUMBER, 0),
            (FieldName::CARD_EXPIRY, 2),
            (FieldName::DESTINATION_ADDRESS, 1),
            (FieldName::DESTINATION_NAME, 0),
            (FieldName::new("gift.note").unwrap(), 2),
        ] {
            let role = OrderForm::standard().recipients()[at].role.clone();
            let leak = SplitError::Leak { selector: field.clone().into(), role: role.clone() };
            assert_eq!(split(&rules(), |r| r[at].selectors.insert(field.clone())), Err(leak));
            let widened = split(&rules().allow(field.clone(), role), |r| r[at].selectors.insert(field.clone()));
            assert!(!matches!(widened, Err(SplitError::Leak { .. })));
        }
        for (at, role) in [(0, Role::SELLER), (1, Role::CARD_MANAGER), (2, Role::DELIVERY_SERVICE)] {
            let other = SplitError::OtherParty { role };
            assert_eq!(split(&rules(), |r| r[at].identifier = Some(id("mallory"))), Err(other));
        }
        let early = SplitError::Release { role: Role::DELIVERY_SERVICE, release: Release::OnReceipt };
        assert_eq!(split(&rules(), |r| r[2].release = Release::OnReceipt), Err(early));
        let allowed = rules().allow_release(Role::DELIVERY_SERVICE, Release::OnReceipt);
        assert_eq!(split(&allowed, |r| r[2].release = Release::OnReceipt), Ok(()));
        let spy = |r: &mut Vec<FormEntry>| {
            r.push(FormEntry { role: Role::new("spy").unwrap(), identifier: Some(id("spy")), ..r[1].clone() });
        };
        assert!(matches!(split(&rules(), spy), Err(SplitError::Release { .. })));
    }

    #[test]
    fn a_selector_passes_if_the_same_is_allowed_or_one_above_it() {
        let with = |text: &str| {
            let selector = Selector::new(text).unwrap();
            move |r: &mut Vec<FormEntry>| r[2].selectors.insert(selector)
        };
        let allowed = |text: &str| rules().allow(Selector::new(text).unwrap(), Role::DELIVERY_SERVICE);
        for (above, good) in [("gift.*", "gift.*"), ("gift.*", "gift.card.*"), ("gift.note", "gift.note")] {
            assert_eq!(split(&allowed(above), with(good)).err().filter(|e| matches!(e, SplitError::Leak { .. })), None);
        }
        for (above, bad) in [("gift.note", "gift.*"), ("gift.*", "gift"), ("gift.a.*", "gift.*"), ("gift.*", "gifts.*")]
        {
            let error = split(&allowed(above), with(bad));
            let leak = SplitError::Leak { selector: Selector::new(bad).unwrap(), role: Role::DELIVERY_SERVICE };
            assert_eq!(error, Err(leak), "{above} {bad}");
        }
        // The seller may ask for less of the items than it might.
        let less = |r: &mut Vec<FormEntry>| {
            for entry in r.iter_mut().take(2) {
                entry.selectors.remove(Selector::ITEMS);
                entry.selectors.insert(Selector::new("items.0.*").unwrap());
            }
        };
        assert_eq!(split(&rules(), less), Ok(()));
    }

    #[test]
    fn an_order_has_what_the_form_requires() {
        let plan = |order: &Order| rules().plan(&id("holder"), order, &OrderForm::standard()).map(drop);
        let but = |left_out: &FieldName, amount: &str| {
            let mut few = Order::new();
            for (name, value) in order().fields().filter(|(name, _)| *name != left_out) {
                few.insert(name.clone(), if *name == FieldName::AMOUNT_DUE { amount } else { value }).unwrap();
            }
            few
        };
        for optional in [FieldName::HOLDER_FAX, FieldName::HOLDER_TELEPHONE, FieldName::ITEM_NAME] {
            assert_eq!(plan(&but(&optional, "0.00 EUR")), Ok(()));
        }
        for (field, role) in [
            (FieldName::AMOUNT_DUE, Role::SELLER),
            (FieldName::CARD_NUMBER, Role::CARD_MANAGER),
            (FieldName::DESTINATION_NAME, Role::DELIVERY_SERVICE),
        ] {
            let missing = SplitError::Missing { selector: field.clone().into(), role };
            assert_eq!(plan(&but(&field, "1 EUR")), Err(missing));
        }
        let error = plan(&but(&FieldName::HOLDER_FAX, "47.11")).unwrap_err();
        assert_eq!(error, SplitError::Amount);
        let text = alloc::string::ToString::to_string(&error);
        assert!(text.contains("\"amount.due\"") && !text.contains("47"), "{text}");
    }

    #[test]
    fn parties_are_settled_and_differ() {
        let open = DisclosurePolicy::standard(id("shop"));
        let named = |r: &mut Vec<FormEntry>| {
            r[1].identifier = Some(id("bank"));
            r[2].identifier = Some(id("courier"));
        };
        assert_eq!(split(&open, named), Err(SplitError::NoParty { role: Role::CARD_MANAGER }));
        let open = open.choose(Role::CARD_MANAGER, id("bank"));
        assert_eq!(split(&open, named), Ok(()));
        assert_eq!(split(&open, |_| {}), Err(SplitError::NoParty { role: Role::DELIVERY_SERVICE }));
        for twice in ["shop", "bank", "holder"] {
            let same = SplitError::SameParty { role: Role::DELIVERY_SERVICE };
            assert_eq!(split(&open, |r| r[2].identifier = Some(id(twice))), Err(same));
        }
        let mut short = Order::new();
        short.insert(FieldName::HOLDER_NAME, "x").unwrap();
        let error = rules().plan(&id("holder"), &short, &OrderForm::standard()).err();
        assert!(matches!(error, Some(SplitError::Missing { role, .. }) if role == Role::SELLER));
    }
}
