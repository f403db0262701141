//! Order forms: which role sees which fields of an order, and how its part travels.

mod entry;
#[cfg(feature = "serde")]
mod json;
mod selectors;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

pub use entry::{Entry, FormEntry, Release};
pub use selectors::Selectors;

use super::Selector;
use super::group::{Group, groups};
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
    groups: Vec<Group>,
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
        if groups.len() > limits::GROUPS {
            return Err(FormError::Groups);
        }
        Ok(Self { recipients, groups })
    }

    /// The patent's split among seller, card manager and delivery service, each left to the card
    /// holder to name; where the patent lists a party's fields twice, the union.
    #[must_use]
    pub fn standard() -> Self {
        let recipients = STANDARD.into_iter().map(|(role, release, required, optional)| FormEntry {
            role,
            identifier: None,
            release,
            selectors: optional.iter().cloned().fold(required.iter().cloned().collect(), Selectors::with_optional),
        });
        let recipients: Vec<_> = recipients.collect();
        Self { groups: groups(&recipients), recipients }
    }

    /// The recipients, in sending order.
    #[must_use]
    pub fn recipients(&self) -> &[FormEntry] {
        &self.recipients
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The recipients by value, to make another form of them.
    #[must_use]
    pub fn into_recipients(self) -> Vec<FormEntry> {
        self.recipients
    }
}

wire::message_bytes!(OrderForm);

impl Encode for OrderForm {
    /// `[version, "form", [[role, identifier or null, release, selectors], …]]`.
    fn encode<S: Sink>(&self, w: &mut Writer<'_, S>) {
        wire::begin_message(w, "form", 1);
        w.items(&self.recipients);
    }
}

impl Decode for OrderForm {
    fn decode(r: &mut Reader<'_>) -> Result<Self, WireError> {
        wire::read_message(r, "form", 1)?;
        let recipients = r.items("recipients", 1, limits::RECIPIENTS)?;
        Self::new(recipients).map_err(|_| WireError::Expected("a form that could work"))
    }
}

/// Role, release, required selectors and optional fields of the standard form's recipients.
const STANDARD: [(Role, Release, &[Selector], &[FieldName]); 3] = [
    (
        Role::SELLER,
        Release::OnReceipt,
        &[
            Selector::from_static("holder.name"),
            Selector::from_static("holder.address"),
            Selector::from_static("amount.due"),
            Selector::from_static("payment.type"),
            Selector::ITEMS,
        ],
        &[
            FieldName::HOLDER_TELEPHONE,
            FieldName::HOLDER_FAX,
            FieldName::ITEM_NAME,
            FieldName::ITEM_QUANTITY,
            FieldName::ITEM_NUMBER,
        ],
    ),
    (
        Role::CARD_MANAGER,
        Release::OnReceipt,
        &[
            Selector::from_static("holder.name"),
            Selector::from_static("holder.address"),
            Selector::from_static("card.number"),
            Selector::from_static("card.expiry"),
            Selector::from_static("amount.due"),
            Selector::from_static("payment.type"),
            Selector::ITEMS,
        ],
        &[
            FieldName::HOLDER_TELEPHONE,
            FieldName::HOLDER_FAX,
            FieldName::ITEM_NAME,
            FieldName::ITEM_QUANTITY,
            FieldName::ITEM_NUMBER,
        ],
    ),
    (
        Role::DELIVERY_SERVICE,
        Release::OnApproval,
        &[
            Selector::from_static("holder.name"),
            Selector::from_static("holder.address"),
            Selector::from_static("destination.name"),
            Selector::from_static("destination.address"),
        ],
        &[FieldName::HOLDER_TELEPHONE, FieldName::HOLDER_FAX],
    ),
];

fn check(recipients: &[FormEntry]) -> Result<(), FormError> {
    if recipients.len() > limits::RECIPIENTS {
        return Err(FormError::Recipients);
    }
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
    let relayer = recipients.iter().find(|entry| entry.release != Release::Direct);
    if relayer.is_none_or(|entry| entry.role != Role::SELLER || entry.release != Release::OnReceipt) {
        return Err(FormError::Seller);
    }
    let manager = recipients.iter().find(|entry| entry.role == Role::CARD_MANAGER);
    match (manager.map(|entry| entry.release), recipients.iter().find(|entry| entry.release == Release::OnApproval)) {
        (Some(Release::OnApproval), _) => Err(FormError::CardManager),
        (None, Some(entry)) => Err(FormError::Approval { role: entry.role.clone() }),
        _ => Ok(()),
    }
}

fn check_selectors(recipients: &[FormEntry]) -> Result<(), FormError> {
    const AMOUNT_DUE: FieldName = FieldName::AMOUNT_DUE;
    let mut optional = BTreeMap::new();
    for (selector, is_optional) in recipients.iter().flat_map(|entry| entry.selectors.marked()) {
        if *optional.entry(selector).or_insert(is_optional) != is_optional {
            return Err(FormError::Optional { selector: selector.clone() });
        }
    }
    if optional.len() > limits::SELECTORS {
        return Err(FormError::Selectors);
    }
    if let Some([selector, other]) = conflicting(optional.keys().copied()) {
        return Err(FormError::Conflict { selector: selector.clone(), other: other.clone() });
    }
    let reads_the_amount = |entry: &&FormEntry| [Role::SELLER, Role::CARD_MANAGER].contains(&entry.role);
    let is_shown = |entry: &FormEntry| entry.selectors.required().any(|field| field.as_str() == AMOUNT_DUE.as_str());
    match recipients.iter().filter(reads_the_amount).find(|entry| !is_shown(entry)) {
        Some(entry) => Err(FormError::Amount { role: entry.role.clone() }),
        None => Ok(()),
    }
}

/// Why recipients do not make a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// More than [`limits::RECIPIENTS`] recipients.
    Recipients,
    /// More than [`limits::SELECTORS`] different selectors.
    Selectors,
    /// The selectors have more than [`limits::GROUPS`] different sets of recipients.
    Groups,
    /// A role appears twice, or is that of the card holder, who receives nothing.
    Role {
        /// The role.
        role: Role,
    },
    /// Two recipients have the same identifier: one party has one role.
    Identifier {
        /// The second one's role.
        role: Role,
    },
    /// A recipient has no selector.
    NoSelector {
        /// Its role.
        role: Role,
    },
    /// Two selectors conflict, of one recipient or of two: without `.*`, the segments of one begin those of the other.
    Conflict {
        /// One of them.
        selector: Selector,
        /// The other one.
        other: Selector,
    },
    /// A field is optional for one recipient, and required for another.
    Optional {
        /// Its selector.
        selector: Selector,
    },
    /// Seller and card manager must see [`FieldName::AMOUNT_DUE`] by its name, as a required field, and one of them does
    /// not.
    Amount {
        /// The role of that one.
        role: Role,
    },
    /// The first recipient whose part is not sent directly relays the others' and must be the
    /// seller, served on receipt.
    Seller,
    /// The card manager's own part cannot wait for its approval.
    CardManager,
    /// A part waits for an approval, and there is no card manager to give it.
    Approval {
        /// The role of the part's recipient.
        role: Role,
    },
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipients => {
                write!(f, "\"recipients\": a form has at most {}: remove some", limits::RECIPIENTS)
            }
            Self::Selectors => write!(
                f,
                "\"selectors\": a form has at most {} different ones: select whole branches, such as \"items.*\"",
                limits::SELECTORS
            ),
            Self::Groups => write!(
                f,
                "\"selectors\": what is shown to exactly the same recipients is one group, and a form has at most {} groups: let more selectors have the same recipients",
                limits::GROUPS
            ),
            Self::Role { role } if *role == Role::CARD_HOLDER => {
                f.write_str("\"card-holder\" receives nothing: remove that recipient")
            }
            Self::Role { role } => write!(f, "role \"{role}\" appears twice: give each recipient a role of its own"),
            Self::Identifier { role } => {
                write!(f, "the \"identifier\" of \"{role}\" is also another recipient's: name different parties")
            }
            Self::NoSelector { role } => {
                write!(f, "\"selectors\" of \"{role}\" is empty: list one or remove the recipient")
            }
            Self::Conflict { selector, other } => write!(
                f,
                "selectors \"{selector}\" and \"{other}\" conflict, because one is a place within the other: give all recipients the same one, or select apart what is below"
            ),
            Self::Optional { selector } => write!(
                f,
                "selector \"{selector}\" is optional for one recipient and required for another: write \"{selector}?\" for both, or for none"
            ),
            Self::Amount { role } => write!(
                f,
                "\"{role}\" must see \"{}\": list it in its \"selectors\", by this name and not as optional",
                FieldName::AMOUNT_DUE
            ),
            Self::Seller => f.write_str(
                "the first recipient whose \"release\" is not \"direct\" must be \"seller\", with \"on-receipt\": move it there, or add one",
            ),
            Self::CardManager => {
                f.write_str("\"release\" of \"card-manager\" cannot be \"on-approval\": use \"on-receipt\" or \"direct\"")
            }
            Self::Approval { role } => write!(
                f,
                "\"release\" of \"{role}\" is \"on-approval\" and nobody approves: add a \"card-manager\""
            ),
        }
    }
}

impl core::error::Error for FormError {}
