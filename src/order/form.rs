//! Order forms: which role sees which fields of an order, and how its part travels (`SPEC.md`, section 12).

mod entry;
mod error;
#[cfg(feature = "serde")]
mod json;
mod selectors;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

pub use entry::{Entry, FormEntry, Release};
pub use error::FormError;
pub use selectors::Selectors;

use super::Selector;
use super::group::{Groups, groups};
use super::selector::conflicting;
use crate::limits;
use crate::name::{FieldName, Role};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The recipients of an order in sending order, and what each sees.
///
/// The patent's order form, with its procedure to extract and duplicate. It comes from the seller,
/// so the card holder checks it against its own [`DisclosurePolicy`](crate::DisclosurePolicy).
///
/// With the `serde` feature it is `{"recipients": [{"role", "identifier", "release", "selectors"}]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OrderForm {
    recipients: Vec<FormEntry>,
    #[cfg_attr(feature = "serde", serde(skip))]
    groups: Groups,
}

impl OrderForm {
    /// A form with these recipients, in sending order.
    ///
    /// # Errors
    ///
    /// [`FormError`] for what could not work: see its variants.
    pub fn new(recipients: Vec<FormEntry>) -> Result<Self, FormError> {
        check(&recipients)?;
        let groups = groups(&recipients);
        // F-5
        if groups.all.len() > limits::GROUPS {
            return Err(FormError::Groups);
        }
        Ok(Self { recipients, groups })
    }

    /// The patent's split among seller, card manager and delivery service, each left to the card
    /// holder to name; where the patent lists a party's fields twice, the union.
    #[must_use]
    pub fn standard() -> Self {
        let recipients = STANDARD.into_iter().map(|(role, release, required, optional)| {
            let required = required.iter().copied().flatten().cloned().collect();
            let selectors = optional.iter().copied().flatten().cloned().fold(required, Selectors::with_optional);
            FormEntry { role, identifier: None, release, selectors }
        });
        let recipients: Vec<_> = recipients.collect();
        Self { groups: groups(&recipients), recipients }
    }

    /// The recipients, in sending order.
    #[must_use]
    pub fn recipients(&self) -> &[FormEntry] {
        &self.recipients
    }

    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The recipients by value, to make another form of them.
    #[must_use]
    pub fn into_recipients(self) -> Vec<FormEntry> {
        self.recipients
    }
}

impl OrderForm {
    /// The form as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads a form.
    ///
    /// # Errors
    ///
    /// [`FormError`] unless the bytes are the one encoding of a form, and of one that [`new`](Self::new) makes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormError> {
        let Recipients(recipients) = wire::decode(bytes)?;
        Self::new(recipients)
    }
}

impl Encode for OrderForm {
    /// `[version, "form", [[role, identifier or null, release, selectors], …]]`.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "form", 1);
        w.items(&self.recipients);
    }
}

/// What a form has, before it is checked.
struct Recipients(Vec<FormEntry>);

impl Decode for Recipients {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "form", 1)?;
        r.items("recipients", 1, limits::RECIPIENTS).map(Self)
    }
}

/// What the recipients of the standard form are shown: what they require, and what they take if it is there.
const HOLDER: &[Selector] = &[Selector::from_static("holder.name"), Selector::from_static("holder.address")];
const CARD: &[Selector] = &[Selector::from_static("card.number"), Selector::from_static("card.expiry")];
const PURCHASE: &[Selector] =
    &[Selector::from_static("amount.due"), Selector::from_static("payment.type"), Selector::ITEMS];
const DESTINATION: &[Selector] =
    &[Selector::from_static("destination.name"), Selector::from_static("destination.address")];
const CALLS: &[FieldName] = &[FieldName::HOLDER_TELEPHONE, FieldName::HOLDER_FAX];
const ITEM: &[FieldName] = &[FieldName::ITEM_NAME, FieldName::ITEM_QUANTITY, FieldName::ITEM_NUMBER];

type StandardEntry = (Role, Release, &'static [&'static [Selector]], &'static [&'static [FieldName]]);

const STANDARD: [StandardEntry; 3] = [
    (Role::SELLER, Release::OnReceipt, &[HOLDER, PURCHASE], &[CALLS, ITEM]),
    (Role::CARD_MANAGER, Release::OnReceipt, &[HOLDER, CARD, PURCHASE], &[CALLS, ITEM]),
    (Role::DELIVERY_SERVICE, Release::OnApproval, &[HOLDER, DESTINATION], &[CALLS]),
];

fn check(recipients: &[FormEntry]) -> Result<(), FormError> {
    if recipients.len() > limits::RECIPIENTS {
        return Err(FormError::Recipients);
    }
    // F-1
    let mut roles = BTreeSet::new();
    let mut identifiers = BTreeSet::new();
    for FormEntry { role, identifier, selectors, .. } in recipients {
        if *role == Role::CARD_HOLDER || !roles.insert(role) {
            return Err(FormError::Role { role: role.clone() });
        }
        if identifier.as_ref().is_some_and(|id| !identifiers.insert(id)) {
            return Err(FormError::Identifier { role: role.clone() });
        }
        if selectors.is_empty() {
            return Err(FormError::NoSelector { role: role.clone() });
        }
    }
    check_releases(recipients)?;
    check_selectors(recipients)
}

fn check_releases(recipients: &[FormEntry]) -> Result<(), FormError> {
    // F-2
    let relayer = recipients.iter().find(|entry| entry.release != Release::Direct);
    if relayer.is_none_or(|entry| entry.role != Role::SELLER || entry.release != Release::OnReceipt) {
        return Err(FormError::Seller);
    }
    // F-3
    let manager = recipients.iter().find(|entry| entry.role == Role::CARD_MANAGER);
    match (manager.map(|entry| entry.release), recipients.iter().find(|entry| entry.release == Release::OnApproval)) {
        (Some(Release::OnApproval), _) => Err(FormError::CardManager),
        (None, Some(entry)) => Err(FormError::Approval { role: entry.role.clone() }),
        _ => Ok(()),
    }
}

fn check_selectors(recipients: &[FormEntry]) -> Result<(), FormError> {
    const AMOUNT_DUE: FieldName = FieldName::AMOUNT_DUE;
    // F-4
    let mut optional = BTreeMap::new();
    for (selector, is_optional) in recipients.iter().flat_map(|entry| entry.selectors.marked()) {
        if *optional.entry(selector).or_insert(is_optional) != is_optional {
            return Err(FormError::Optional { selector: selector.clone() });
        }
    }
    // F-5
    if optional.len() > limits::SELECTORS {
        return Err(FormError::Selectors);
    }
    if let Some([selector, other]) = conflicting(optional.keys().copied().collect()) {
        return Err(FormError::Conflict { selector: selector.clone(), other: other.clone() });
    }
    // F-6
    let reads_the_amount = |entry: &&FormEntry| [Role::SELLER, Role::CARD_MANAGER].contains(&entry.role);
    let is_shown = |entry: &FormEntry| entry.selectors.required().any(|field| field.as_str() == AMOUNT_DUE.as_str());
    match recipients.iter().filter(reads_the_amount).find(|entry| !is_shown(entry)) {
        Some(entry) => Err(FormError::Amount { role: entry.role.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
