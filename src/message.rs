//! The messages of an order: a header in clear, sealed parts, and what is said about them.
//!
//! Every message has `to_bytes` and `from_bytes`. Reading checks the form alone; the step that takes the message checks
//! the rest. A message names the keys that open it, so that a caller can fetch them first.

mod about;
mod authorization;
mod consignment;
mod demand;
mod envelope;
mod forward;
mod header;
mod notice;
mod opening;
mod part;
mod placed;
#[cfg(feature = "serde")]
mod read;
mod receipt;
mod request;
mod seal;
#[cfg(test)]
mod vectors;

pub use authorization::Authorization;
pub use consignment::{Consigned, Consignment, Outcome};
pub use demand::{Demand, Resolution};
pub use envelope::{Direct, Envelope};
pub use forward::{Dispatch, Relay};
pub use header::OrderDigest;
pub use notice::{DeliveryReport, Withdrawal};
pub use part::Part;
pub use receipt::{Receipt, Report, ReportedConsignment, Status};
pub use request::{Request, Response};
pub use seal::Windows;

pub use crate::seal::KeyName;
pub use crate::wire::{Unit, VERSION, WireError};

pub(crate) use authorization::{Ruling, Verdict};
pub(crate) use consignment::{
    DELIVERED, DISPATCHED, FAILED, Load, PARTLY_DELIVERED, fit_instructions, progress_of, read_reason,
};
pub(crate) use demand::{Asked, are_sound, is_within, refunds, with};
pub(crate) use envelope::{Cargo, SealedPart, parts_digest};
pub(crate) use forward::{Forward, Statement};
pub(crate) use header::{Header, token_hash};
pub(crate) use notice::{Delivered, Notice};
pub(crate) use opening::Opening;
pub(crate) use placed::{Parts, Placed};
pub(crate) use receipt::Progress;
pub(crate) use request::{Answered, Claim};
pub(crate) use seal::seal;

macro_rules! of_orders {
    ($($name:ident: $digest:expr;)*) => {$(
        impl $name {
            /// The order that the message claims to be about.
            #[must_use]
            pub fn digest(&self) -> OrderDigest {
                let digest: fn(&Self) -> &OrderDigest = $digest;
                *digest(self)
            }
        }
    )*};
}

of_orders! {
    Envelope: |message| message.0.header.digest();
    Direct: |message| message.header.digest();
    Relay: |message| message.0.cargo.header.digest();
    Dispatch: |message| message.0.cargo.header.digest();
    Request: |message| message.cargo.header.digest();
    Authorization: |message| &message.digest;
    Response: |message| &message.digest;
    DeliveryReport: |message| &message.digest;
    Withdrawal: |message| &message.digest;
    Receipt: |message| &message.digest;
}
