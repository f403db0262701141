//! Order forms: which role sees which fields, and how its part travels.

mod entry;
#[cfg(feature = "serde")]
mod json;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

pub use entry::{Entry, FormEntry, Release};

use crate::limits;
use crate::name::{FieldName, Role};
use crate::wire::{self, Decode, Encode, Reader, Sink, WireError, Writer};

/// The recipients of an order in sending order, and what each sees.
///
/// The patent's order form, with its procedure to extract and duplicate. It comes from the seller,
/// so the card holder checks it against its own [`DisclosurePolicy`](crate::DisclosurePolicy).
///
/// With the `serde` feature it is `{"recipients": [{"role", "identifier", "release", "fields"}]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OrderForm {
    recipients: Vec<FormEntry>,
}

impl OrderForm {
    /// A form with these recipients, in sending order.
    ///
    /// # Errors
    ///
    /// [`FormError`] for what could not work: see its variants.
    pub fn new(recipients: Vec<FormEntry>) -> Result<Self, FormError> {
        check(&recipients)?;
        Ok(Self { recipients })
    }

    /// The patent's split among seller, card manager and delivery service, each left to the card
    /// holder to name; where the patent lists a party's fields twice, the union.
    #[must_use]
    pub fn standard() -> Self {
        let recipients = STANDARD.iter().map(|(role, release, fields)| FormEntry {
            role: role.clone(),
            identifier: None,
            release: *release,
            fields: fields.iter().cloned().collect(),
        });
        Self { recipients: recipients.collect() }
    }

    /// The recipients, in sending order.
    #[must_use]
    pub fn recipients(&self) -> &[FormEntry] {
        &self.recipients
    }

    /// The recipients by value, to make another form of them.
    #[must_use]
    pub fn into_recipients(self) -> Vec<FormEntry> {
        self.recipients
    }
}

wire::message_bytes!(OrderForm);

impl Encode for OrderForm {
    /// `[version, "form", [[role, identifier or null, release, fields], …]]`.
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

/// Role, release and fields of the standard form's recipients.
pub(crate) const STANDARD: [(Role, Release, &[FieldName]); 3] = [
    (
        Role::SELLER,
        Release::OnReceipt,
        &[
            FieldName::HOLDER_NAME,
            FieldName::HOLDER_ADDRESS,
            FieldName::HOLDER_TELEPHONE,
            FieldName::HOLDER_FAX,
            FieldName::ITEM_NAME,
            FieldName::ITEM_QUANTITY,
            FieldName::ITEM_NUMBER,
            FieldName::AMOUNT_DUE,
            FieldName::PAYMENT_TYPE,
        ],
    ),
    (
        Role::CARD_MANAGER,
        Release::OnReceipt,
        &[
            FieldName::HOLDER_NAME,
            FieldName::HOLDER_ADDRESS,
            FieldName::HOLDER_TELEPHONE,
            FieldName::HOLDER_FAX,
            FieldName::CARD_NUMBER,
            FieldName::CARD_EXPIRY,
            FieldName::ITEM_NAME,
            FieldName::ITEM_QUANTITY,
            FieldName::ITEM_NUMBER,
            FieldName::AMOUNT_DUE,
            FieldName::PAYMENT_TYPE,
        ],
    ),
    (
        Role::DELIVERY_SERVICE,
        Release::OnApproval,
        &[
            FieldName::HOLDER_NAME,
            FieldName::HOLDER_ADDRESS,
            FieldName::HOLDER_TELEPHONE,
            FieldName::HOLDER_FAX,
            FieldName::DESTINATION_NAME,
            FieldName::DESTINATION_ADDRESS,
        ],
    ),
];

fn check(recipients: &[FormEntry]) -> Result<(), FormError> {
    if recipients.len() > limits::RECIPIENTS {
        return Err(FormError::TooMany);
    }
    let mut roles = BTreeSet::new();
    let mut identifiers = BTreeSet::new();
    let mut names = BTreeSet::new();
    for FormEntry { role, identifier, fields, .. } in recipients {
        if *role == Role::CARD_HOLDER || !roles.insert(role) {
            return Err(FormError::Role { role: role.clone() });
        }
        if identifier.as_ref().is_some_and(|id| !identifiers.insert(id)) {
            return Err(FormError::Identifier { role: role.clone() });
        }
        if fields.is_empty() {
            return Err(FormError::NoField { role: role.clone() });
        }
        names.extend(fields);
    }
    if names.len() > limits::FIELDS {
        return Err(FormError::TooMany);
    }

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

/// Why recipients do not make a form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// More than [`limits::RECIPIENTS`] recipients, or [`limits::FIELDS`] fields.
    TooMany,
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
    /// A recipient sees no field.
    NoField {
        /// Its role.
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
            Self::TooMany => write!(
                f,
                "field \"recipients\": a form has at most {} recipients and {} field names: remove some",
                limits::RECIPIENTS,
                limits::FIELDS
            ),
            Self::Role { role } if *role == Role::CARD_HOLDER => {
                f.write_str("\"card-holder\" receives nothing: remove that recipient")
            }
            Self::Role { role } => write!(f, "role \"{role}\" appears twice: give each recipient a role of its own"),
            Self::Identifier { role } => {
                write!(f, "the \"identifier\" of \"{role}\" is also another recipient's: name different parties")
            }
            Self::NoField { role } => write!(f, "\"fields\" of \"{role}\" is empty: list a field or remove the recipient"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Identifier;

    fn changed(change: impl FnOnce(&mut Vec<FormEntry>)) -> Result<OrderForm, FormError> {
        let mut recipients = OrderForm::standard().into_recipients();
        change(&mut recipients);
        OrderForm::new(recipients)
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert!(changed(|_| {}).is_ok());
        assert!(changed(|r| r[1].release = Release::Direct).is_ok());
        assert!(changed(|r| drop(r.pop())).is_ok());
        assert_eq!(changed(|r| r[0].release = Release::Direct), Err(FormError::Seller));
        assert_eq!(changed(|r| r[0].release = Release::OnApproval), Err(FormError::Seller));
        assert_eq!(changed(|r| r.swap(0, 1)), Err(FormError::Seller));
        assert_eq!(changed(Vec::clear), Err(FormError::Seller));
        assert_eq!(changed(|r| r[1].release = Release::OnApproval), Err(FormError::CardManager));
        let role = Role::DELIVERY_SERVICE;
        assert_eq!(changed(|r| drop(r.remove(1))), Err(FormError::Approval { role: role.clone() }));
        assert_eq!(changed(|r| r[2].fields.clear()), Err(FormError::NoField { role }));
        assert_eq!(changed(|r| r[2].role = Role::SELLER), Err(FormError::Role { role: Role::SELLER }));
        assert_eq!(changed(|r| r[2].role = Role::CARD_HOLDER), Err(FormError::Role { role: Role::CARD_HOLDER }));
        let same = Some(Identifier::new("same").unwrap());
        let error = changed(|r| {
            r[0].identifier = same.clone();
            r[1].identifier = same;
        });
        assert_eq!(error, Err(FormError::Identifier { role: Role::CARD_MANAGER }));
        let many = changed(|r| {
            for i in 0..limits::RECIPIENTS {
                let role = Role::new(&alloc::format!("gateway-{i}")).unwrap();
                r.push(FormEntry { role, ..r[1].clone() });
            }
        });
        assert_eq!(many, Err(FormError::TooMany));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn json_is_read_strictly_and_written_back() {
        let json = serde_json::to_string(&OrderForm::standard()).unwrap();
        assert_eq!(serde_json::from_str::<OrderForm>(&json).unwrap(), OrderForm::standard());
        for (from, to) in [
            ("on-receipt", "on-recipt"),
            ("\"identifier\":null,", ""),
            ("\"role\":\"seller\"", "\"role\":\"seller\",\"role\":\"seller\""),
            ("\"role\":\"seller\"", "\"role\":\"seller\",\"extra\":1"),
            ("\"role\":\"seller\"", "\"role\":\"Seller\""),
            ("\"amount.due\"", "\"amount.due\",\"amount.due\""),
            ("{\"recipients\"", "{\"x\":1,\"recipients\""),
        ] {
            let bad = json.replacen(from, to, 1);
            assert_ne!(bad, json);
            assert!(serde_json::from_str::<OrderForm>(&bad).is_err(), "{bad}");
        }
    }
}
