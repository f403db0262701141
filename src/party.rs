//! The roles, and the steps of an order as types.
//!
//! A state is named by what it awaits. A step consumes it and gives the next one; when a message
//! does not hold, the step hands the state back with the error, and the honest message still goes
//! through. Each step that must happen once passes the ledger last.
//!
//! ```text
//! CardHolder       split → seal ──────────────┬─ Envelope (arrow x) ─▶ Seller
//!                            │                └─ Direct ─▶ a recipient whose release is direct
//!                            └ AwaitingReceipt ◀─ Receipt, of the seller and of the card manager
//! Seller           receive → AwaitingAuthentication ── relay (arrow y) ─▶ CardManager, other recipients
//!                            └ authenticate → Approved ── dispatch (arrow z) ─▶ DeliveryService
//!                                           → Declined
//! CardManager      receive, receive_direct → AwaitingDecision
//!                            └ approve → Authentication, Settlement
//!                            └ decline → Authentication ─▶ Seller
//! DeliveryService  receive → Delivery
//! Recipient        receive, receive_direct, receive_dispatch → Delivery
//! ```

/// `Debug` for states, whatever the key source is: the order is shown, the keys are not.
macro_rules! debug_without_keys {
    (states $($state:ident),*; enums $($name:ident: $($variant:ident)|+),*) => {
        $(impl<K> core::fmt::Debug for $state<'_, K> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($state)).field("part", &self.saved.part).finish_non_exhaustive()
            }
        })*
        $(impl<K> core::fmt::Debug for $name<'_, K> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self { $(Self::$variant(state) => state.fmt(f),)+ }
            }
        })*
    };
}

mod card_holder;
mod card_manager;
mod error;
mod open;
mod policy;
mod receipt;
mod recipient;
mod seller;
mod state;

pub use card_holder::{AwaitingReceipt, CardHolder, SealedOrder, Split};
pub use card_manager::{
    Approval, AwaitingDecision, CardManager, CardManagerOrder, DecideError, Decided, ReceivedByCardManager, Settlement,
};
pub use error::{
    AuthenticateError, DispatchError, GiveReceiptError, ReceiptError, ReceiveError, RelayError, SealError, TimeError,
};
pub use policy::{Accepted, PolicyError, SellerPolicy};
pub use recipient::{Delivery, DeliveryService, Recipient, ReservedRole};
pub use seller::{Approved, Authenticated, AwaitingAuthentication, Declined, ReceivedBySeller, Seller, SellerOrder};
pub use state::RestoreError;

use core::fmt;

/// What came of receiving an order.
#[derive(Debug)]
pub enum Received<N, A = N> {
    /// It is new, and now accepted.
    New(N),
    /// It was accepted before: this is how far it has come. Act on it only to repeat an answer that
    /// may have been lost.
    Again(A),
}

/// A step that did not happen, with the state in which it can be tried again.
#[derive(Debug)]
pub struct Refused<S, E> {
    /// The state, unchanged.
    pub state: S,
    /// Why.
    pub error: E,
}

impl<S, E> Refused<S, E> {
    /// The error alone, where the state is not needed further: it is in the ledger too.
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }
}

impl<S, E: fmt::Display> fmt::Display for Refused<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S: fmt::Debug, E: core::error::Error> core::error::Error for Refused<S, E> {}
