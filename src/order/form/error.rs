//! Why recipients do not make a form.

use core::fmt;

use crate::limits;
use crate::name::{FieldName, Role};
use crate::order::Selector;
use crate::wire::WireError;

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
    /// The bytes are not the encoding of a form.
    Wire(WireError),
}

impl From<WireError> for FormError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl FormError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Recipients => "too-many-recipients",
            Self::Selectors => "too-many-selectors",
            Self::Groups => "too-many-groups",
            Self::Role { .. } => "form-role",
            Self::Identifier { .. } => "form-identifier",
            Self::NoSelector { .. } => "no-selector",
            Self::Conflict { .. } => "conflicting-selectors",
            Self::Optional { .. } => "optional-and-required",
            Self::Amount { .. } => "form-amount",
            Self::Seller => "form-seller",
            Self::CardManager => "form-card-manager",
            Self::Approval { .. } => "form-approval",
            Self::Wire(error) => error.label(),
        }
    }
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
            Self::Wire(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FormError {}
