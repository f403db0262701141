//! Whom the services deal with, and which orders a seller takes.

use alloc::collections::BTreeSet;
use core::fmt;

use crate::envelope::Part;
use crate::identifier::Identifier;
use crate::name::{FieldName, Role};
use crate::order::{Entry, OrderForm};

/// Which other parties of a role one deals with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Any that holds a share of the network.
    ///
    /// For a seller's card managers that means *anybody*, another card holder included: the approval of whoever the
    /// card holder names would be good enough to ship on.
    Anyone,
    /// These.
    Only(BTreeSet<Identifier>),
}

impl Accepted {
    pub(super) fn admits(&self, identifier: &Identifier) -> bool {
        match self {
            Self::Anyone => true,
            Self::Only(identifiers) => identifiers.contains(identifier),
        }
    }
}

impl FromIterator<Identifier> for Accepted {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identifiers: I) -> Self {
        Self::Only(identifiers.into_iter().collect())
    }
}

/// Which orders a seller takes: those by the form it issued, through a card manager it accepts.
///
/// The card holder is not trusted to have kept to the form: a part for the card manager without the
/// amount due, say, would have another amount approved than the seller asked for.
#[derive(Clone, Debug)]
pub struct SellerPolicy {
    form: OrderForm,
    card_managers: Accepted,
}

impl SellerPolicy {
    /// The form that the seller issued, and the card managers it accepts.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Unseen`] if the form has a card manager and does not show it the amount due,
    /// or any other field of `must_see`, or if the seller itself would not see it to compare.
    pub fn new(
        form: OrderForm,
        card_managers: Accepted,
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
        Ok(Self { form, card_managers })
    }

    /// Whether an order is one that this seller asked for. Both the seller and the card manager see
    /// the value of a field through the same commitment, so to see it is to agree on it.
    pub(super) fn check(&self, part: &Part) -> Result<(), PolicyError> {
        let mut entries = part.recipients();
        for expected in self.form.recipients() {
            let role = || expected.role.clone();
            let entry: &Entry = entries.next().ok_or_else(|| PolicyError::Form { role: role() })?;
            let is_same = (&entry.role, entry.release) == (&expected.role, expected.release);
            if !is_same || !entry.fields.iter().eq(&expected.fields) {
                return Err(PolicyError::Form { role: role() });
            }
            if expected.identifier.as_ref().is_some_and(|named| *named != entry.identifier) {
                return Err(PolicyError::Party { role: role() });
            }
            if entry.role == Role::CARD_MANAGER && !self.card_managers.admits(&entry.identifier) {
                return Err(PolicyError::Party { role: role() });
            }
        }
        match entries.next() {
            Some(entry) => Err(PolicyError::Form { role: entry.role.clone() }),
            None => Ok(()),
        }
    }
}

/// Why a party does not deal with an order, or with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// A recipient of the order is not as in the form that the seller issued.
    Form {
        /// Its role.
        role: Role,
    },
    /// A party of the order is not one that the seller asked for or accepts.
    Party {
        /// Its role.
        role: Role,
    },
    /// The order comes through a seller that this party does not serve.
    Seller,
    /// Seller and card manager must both see this field, and one of them does not.
    Unseen {
        /// The field.
        field: FieldName,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { role } => write!(f, "recipient \"{role}\" of the order is not as in the form that was issued"),
            Self::Party { role } => write!(f, "the \"{role}\" of the order is not one that is accepted"),
            Self::Seller => f.write_str("this party does not serve the seller of the order"),
            Self::Unseen { field } => {
                write!(
                    f,
                    "field \"{field}\" must be shown to both \"seller\" and \"card-manager\": add it to their fields"
                )
            }
        }
    }
}

impl core::error::Error for PolicyError {}
