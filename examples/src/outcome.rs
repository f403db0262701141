//! A purchase and its outcome, for the report.

use polyseal::card_manager::{Resolved, Settlement};
use polyseal::message::{OrderDigest, Outcome as Fate, Report, ReportedConsignment, Status};
use polyseal::order::Amount;
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
    pub receipts: Vec<Record>,
    /// What was told of the order once the card manager had answered, if a story was.
    pub story: Option<Told>,
}

/// A story that has been played.
pub struct Told {
    pub scenes: Vec<Scene>,
    pub books: Books,
    pub end: &'static str,
}

/// A step of a story.
pub struct Scene {
    /// As the story has it.
    pub step: String,
    /// Its messages stand on the wire from this place on, up to the next scene's.
    pub begins: usize,
    pub ends: usize,
    /// What the library said, if it refused the step.
    pub refused: Option<String>,
}

/// What the card manager has booked of an order.
pub struct Books {
    pub approved: Option<Amount>,
    pub paid_back: Vec<PaidBack>,
    /// What the seller keeps.
    pub rest: Option<Amount>,
}

/// A refund, or the reversal of what is left.
pub struct PaidBack {
    pub is_reversal: bool,
    /// Of the demand that asked for it.
    pub number: u16,
    pub sum: Amount,
}

impl Books {
    pub fn of<'a>(settled: Option<&Settlement>, resolved: impl IntoIterator<Item = &'a Resolved>) -> Self {
        let paid_back = |resolved: &Resolved| match (resolved.refund(), resolved.reversal()) {
            (Some(refund), _) => {
                Some(PaidBack { is_reversal: false, number: refund.number(), sum: refund.sum().clone() })
            }
            (None, Some(all)) => Some(PaidBack { is_reversal: true, number: all.number(), sum: all.sum().clone() }),
            (None, None) => None,
        };
        let approved = settled.map(|settlement| settlement.amount_due().clone());
        Self::new(approved, resolved.into_iter().filter_map(paid_back).collect())
    }

    pub fn new(approved: Option<Amount>, paid_back: Vec<PaidBack>) -> Self {
        let rest = approved.as_ref().and_then(|approved| {
            paid_back.iter().try_fold(approved.clone(), |rest, PaidBack { sum, .. }| rest.checked_sub(sum))
        });
        Self { approved, paid_back, rest }
    }
}

/// What a party's record says of the order, by its receipt.
pub struct Record {
    pub role: Role,
    pub status: &'static str,
    /// Whether the card holder has withdrawn.
    pub is_withdrawn: bool,
    pub refunded: Option<Amount>,
    pub consignments: Vec<Consigned>,
}

/// A consignment, as a receipt tells of it.
pub struct Consigned {
    pub to: Role,
    pub number: u16,
    pub is_last: bool,
    /// `delivered`, or `failed: ` and why.
    pub outcome: Option<String>,
}

impl Record {
    pub fn of(report: &Report) -> Self {
        let status = match report.status() {
            Status::Received => "received",
            Status::Approved => "approved",
            Status::Declined { .. } => "declined",
            Status::Cancelled => "cancelled",
            _ => "unknown",
        };
        let consignments = report.consignments().iter().map(|one| Consigned {
            to: one.role().clone(),
            number: one.consignment().number(),
            is_last: one.consignment().is_last(),
            outcome: one.outcome().map(fate),
        });
        Self {
            role: report.role().clone(),
            status,
            is_withdrawn: report.withdrawn_at().is_some(),
            refunded: report.refunded().cloned(),
            consignments: consignments.collect(),
        }
    }
}

/// How an order's life has ended, by the seller's record, or that it has not.
pub fn end(report: &Report) -> &'static str {
    let has = |is_so: fn(&ReportedConsignment) -> bool| report.consignments().iter().any(is_so);
    match report.status() {
        Status::Declined { .. } => "declined",
        Status::Cancelled => "cancelled",
        Status::Approved if has(|one| one.outcome().is_none()) => "open",
        Status::Approved if has(|one| one.consignment().is_last()) => {
            if has(|one| one.outcome().is_some_and(|fate| fate.failure().is_some())) { "failed" } else { "delivered" }
        }
        Status::Approved if report.withdrawn_at().is_some() => "withdrawn",
        _ => "open",
    }
}

/// What became of a consignment.
pub fn fate(outcome: &Fate) -> String {
    outcome.failure().map_or_else(|| "delivered".into(), |reason| format!("failed: {reason}"))
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
