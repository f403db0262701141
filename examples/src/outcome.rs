//! A purchase and its outcome, for the report.

use polyseal::card_manager::Settlement;
use polyseal::message::OrderDigest;
use polyseal::recipient::Delivery;
use polyseal::{FieldName, OrderForm, Role};

use crate::cast::Cast;
use crate::message::{Kind, Message};
use crate::program::Result;

/// A purchase that has happened.
pub struct Purchase {
    pub cast: Cast,
    pub threshold: u16,
    pub digest: OrderDigest,
    pub wire: Vec<Sent>,
    /// The order's fields, shown to somebody or not.
    pub fields: Vec<FieldName>,
    pub form: OrderForm,
    /// What each recipient could read, in the form's order.
    pub readable: Vec<(Role, Vec<FieldName>)>,
    pub outcome: Outcome,
    /// What the receipts say that the card holder got: how far the order has come with whom.
    pub receipts: Vec<(Role, String)>,
}

/// A message that has gone.
#[derive(Clone)]
pub struct Sent {
    pub from: Role,
    pub to: Role,
    pub kind: Kind,
    /// How many.
    pub bytes: usize,
    /// Whether all that is sealed in it is under a session.
    pub session: bool,
}

impl Sent {
    /// A message that has something for these recipients.
    pub fn of(message: &Message, recipients: &[Role]) -> Result<Self> {
        let Message { from, to, kind, bytes } = message;
        let session = message.is_under_session(recipients)?;
        Ok(Self { from: from.clone(), to: to.clone(), kind: *kind, bytes: bytes.len(), session })
    }
}

/// How it ended.
pub enum Outcome {
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
pub struct Delivered {
    pub destination: Vec<(FieldName, String)>,
    pub instructions: String,
}

impl Delivered {
    pub fn of(delivery: &Delivery) -> Self {
        let fields = delivery.part().fields().filter(|(name, _)| name.as_str().starts_with("destination."));
        Self {
            destination: fields.map(|(name, value)| (name.clone(), value.to_owned())).collect(),
            instructions: String::from_utf8_lossy(delivery.instructions()).into_owned(),
        }
    }
}

/// What a settlement is about.
pub fn settled(settlement: &Settlement) -> String {
    let payment = settlement.payment_type().map(|how| format!(", {how}")).unwrap_or_default();
    format!("{}{payment}", settlement.amount_due())
}

/// An attempt to have a part opened that was not approved, and why it failed.
pub struct Refusal {
    pub role: Role,
    pub attempt: &'static str,
    pub error: String,
}
