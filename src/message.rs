//! The messages of an order: a header in clear, sealed parts, and what is said about them.
//!
//! Every message has `to_bytes` and `from_bytes`. Reading checks the form alone; the step that takes the message checks
//! the rest. A message names the keys that open it, so that a caller can fetch them first.

mod authorization;
mod envelope;
mod forward;
mod header;
mod opening;
mod part;
mod placed;
#[cfg(feature = "serde")]
mod read;
mod receipt;
mod seal;
#[cfg(test)]
mod vectors;

pub use authorization::Authorization;
pub use envelope::{Direct, Envelope};
pub use forward::{Dispatch, Relay};
pub use header::OrderDigest;
pub use part::Part;
pub use receipt::{Receipt, Report, Status};
pub use seal::Windows;

pub use crate::seal::KeyName;
pub use crate::wire::{Unit, VERSION, WireError};

pub(crate) use authorization::{Outcome, Verdict};
pub(crate) use envelope::{Cargo, SealedPart, parts_digest};
pub(crate) use forward::{Forward, Statement};
pub(crate) use header::{Header, token_hash};
pub(crate) use opening::Opening;
pub(crate) use placed::{Parts, Placed};
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
    Authorization: |message| &message.digest;
    Receipt: |message| &message.digest;
}
