//! A purchase and what came of it, for the report.

use polyseal::{Delivery, FieldName, OrderDigest, OrderForm, Role, Settlement};

use crate::common::cast::Cast;
use crate::common::message::{Kind, Message};

/// A purchase that has happened.
pub(crate) struct Purchase {
    pub(crate) cast: Cast,
    pub(crate) threshold: u16,
    pub(crate) digest: OrderDigest,
    pub(crate) wire: Vec<Sent>,
    /// The order's fields, shown to somebody or not.
    pub(crate) fields: Vec<FieldName>,
    pub(crate) form: OrderForm,
    /// What each recipient could read, in the form's order.
    pub(crate) readable: Vec<(Role, Vec<FieldName>)>,
    pub(crate) outcome: Outcome,
}

/// A message that has gone.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) from: Role,
    pub(crate) to: Role,
    pub(crate) kind: Kind,
    /// How many.
    pub(crate) bytes: usize,
}

impl Sent {
    pub(crate) fn of(Message { from, to, kind, bytes }: &Message) -> Self {
        Self { from: from.clone(), to: to.clone(), kind: *kind, bytes: bytes.len() }
    }
}

/// How it ended.
pub(crate) enum Outcome {
    Delivered {
        /// What the card manager has booked: the sum, and how it is paid.
        settled: Vec<String>,
        /// As the delivery service saw it, if there is one.
        delivery: Option<Delivered>,
    },
    Declined {
        reason: String,
        refusals: Vec<Refusal>,
    },
}

/// What the delivery service has in its hands.
pub(crate) struct Delivered {
    pub(crate) destination: Vec<(FieldName, String)>,
    pub(crate) instructions: String,
}

impl Delivered {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        let fields = delivery.part().fields().filter(|(name, _)| name.as_str().starts_with("destination."));
        Self {
            destination: fields.map(|(name, value)| (name.clone(), value.to_owned())).collect(),
            instructions: String::from_utf8_lossy(delivery.instructions()).into_owned(),
        }
    }
}

/// What a settlement is about.
pub(crate) fn settled(settlement: &Settlement) -> String {
    let payment = settlement.payment_type().map(|how| format!(", {how}")).unwrap_or_default();
    format!("{}{payment}", settlement.amount_due())
}

/// An attempt to have a part opened that was not approved, and why it failed.
pub(crate) struct Refusal {
    pub(crate) role: Role,
    pub(crate) attempt: &'static str,
    pub(crate) error: String,
}
