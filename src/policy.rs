//! Policies: what a card holder discloses, with whom the services deal, and which orders a seller takes.

mod disclosure;
mod seller;

use alloc::collections::BTreeSet;
use core::fmt;

pub use disclosure::{DisclosurePolicy, SplitError};
pub use seller::SellerPolicy;

use crate::identifier::Identifier;
use crate::message::Part;
use crate::name::{FieldName, Role};
use crate::order::{Amount, Selector};
use crate::value::ValueError;

/// The parties of a role with whom one deals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Any party that holds a share of the network.
    ///
    /// For a seller's card managers that means *anybody*, another card holder included: the seller would ship on the
    /// approval of whomever the card holder names.
    Anyone,
    /// These parties.
    Only(BTreeSet<Identifier>),
}

impl Peers {
    pub(crate) fn admits(&self, identifier: &Identifier) -> bool {
        match self {
            Self::Anyone => true,
            Self::Only(identifiers) => identifiers.contains(identifier),
        }
    }
}

impl FromIterator<Identifier> for Peers {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identifiers: I) -> Self {
        Self::Only(identifiers.into_iter().collect())
    }
}

/// Why a party does not deal with an order, or with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// A recipient of the order is not as in the form that the seller issued: it is in another place or in one of them
    /// alone, its part travels in another way, or it sees other fields.
    Form {
        /// Its role.
        role: Role,
        /// What it sees by the order or by the form, and not by both, if that is the difference.
        selector: Option<Selector>,
    },
    /// A party of the order is not one that the seller asked for or accepts.
    Party {
        /// Its role.
        role: Role,
    },
    /// The order comes through a seller that this party does not serve.
    Seller,
    /// Seller and card manager must both see this, and one of them does not.
    Unseen {
        /// The selector.
        selector: Selector,
    },
    /// The order lacks a field that the form requires.
    Missing {
        /// The field's selector.
        selector: Selector,
    },
    /// This party must see [`FieldName::AMOUNT_DUE`], and there is no [`Amount`] there.
    Amount,
}

impl PolicyError {
    /// A short, stable name of the error, for logs and metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Form { .. } => "other-form",
            Self::Party { .. } => "party-not-accepted",
            Self::Seller => "other-seller",
            Self::Unseen { .. } => "unseen-field",
            Self::Missing { .. } => "missing-field",
            Self::Amount => "no-amount",
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { role, selector } => {
                match selector {
                    Some(selector) => write!(
                        f,
                        "\"{role}\" sees \"{selector}\" by the order or by the form that was issued, and not by both"
                    )?,
                    None => write!(
                        f,
                        "recipient \"{role}\", its place or its \"release\" is not the same in the order as in the form that was issued"
                    )?,
                }
                f.write_str(": let the card holder split the order by that form, or take the other form too")
            }
            Self::Party { role } => write!(f, "the \"{role}\" of the order is not one that is accepted"),
            Self::Seller => f.write_str("this party does not serve the seller of the order"),
            Self::Unseen { selector } => write!(
                f,
                "\"{selector}\" must be shown to both \"seller\" and \"card-manager\": add it to their selectors"
            ),
            Self::Missing { selector } => {
                write!(
                    f,
                    "field \"{selector}\" is not in the order, and the form that was issued requires it: add it to the order, or issue a form with \"{selector}?\""
                )
            }
            Self::Amount => write!(f, "field \"{}\" has no amount: {}", FieldName::AMOUNT_DUE, ValueError::Amount),
        }
    }
}

impl core::error::Error for PolicyError {}

/// The amount of an order. Seller and card manager each check it against the grammar, even if the card holder says that
/// it did.
pub(crate) fn check_amount(part: &Part) -> Result<Amount, PolicyError> {
    // E-7
    part.amount().filter(|_| part.has_one_amount()).ok_or(PolicyError::Amount)
}
