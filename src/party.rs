//! The roles, and the steps of an order as types.
//!
//! A state that waits is named by what it awaits, any other by what has been done. A step that leaves a state consumes
//! it and gives the next one; when a message does not hold, the step hands the state back with the error, and the
//! honest message still goes through. Each step that must happen once passes the ledger last.

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

use rand_core::CryptoRng;

use crate::confirm::{Answer, ConfirmError, Hello, Initiator, Responder};
use crate::envelope::{OrderDigest, Receipt};
use crate::export::RestoreError;
use crate::identifier::Identifier;
use crate::key::{KeyError, KeySource};
use crate::ledger::Ledger;
use crate::link::Party;
use crate::name::Role;
use crate::rules::Rules;

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
pub use recipient::{Delivery, DeliveryService, Recipient, ReservedRoleError};
pub use seller::{Approved, Authenticated, AwaitingAuthentication, Declined, ReceivedBySeller, Seller, SellerOrder};

/// What every party can do, whatever its role.
macro_rules! parties {
    ($($party:ident: $($terminal:tt).+;)*) => {$(
        /// Whatever the key source is: it is not shown.
        impl<K> core::fmt::Debug for $party<K> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let rules = &self.$($terminal).+.rules;
                f.debug_struct(stringify!($party)).field("rules", rules).finish_non_exhaustive()
            }
        }

        impl<K: KeySource> $party<K> {
            /// The same with other rules, for dates, domains and confirmations.
            #[must_use]
            pub fn with_rules(mut self, rules: Rules) -> Self {
                self.$($terminal).+.rules = rules;
                self
            }

            /// Where its keys come from, to roll an epoch or to keep the key of a session, say.
            pub fn keys_mut(&mut self) -> &mut K {
                &mut self.$($terminal).+.keys
            }

            /// Begins an advance confirmation (patent claim 7) with the party that has this role and identifier, at the
            /// time `now`, in seconds since 1970.
            ///
            /// # Errors
            ///
            /// [`KeyError`] if there is no key for it.
            pub fn confirm(
                &self,
                role: Role,
                identifier: Identifier,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
                self.$($terminal).+.hello(Party { role, identifier }, now, rng)
            }

            /// The same, with an ephemeral exchange: what is sealed under the [`Confirmed`](crate::Confirmed) that this
            /// ends in cannot be opened by who steals both sides' shares later, once both have wiped the key of the
            /// session.
            ///
            /// # Errors
            ///
            /// As for [`confirm`](Self::confirm).
            #[cfg(feature = "forward-secrecy")]
            pub fn confirm_with_exchange(
                &self,
                role: Role,
                identifier: Identifier,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<(Initiator<'_, K>, Hello), KeyError> {
                self.$($terminal).+.hello_with_exchange(Party { role, identifier }, now, rng)
            }

            /// Answers to the beginning of one, with a payload of at most 64 KiB: a seller's order form, say.
            ///
            /// # Errors
            ///
            /// [`ConfirmError`] if it is not for this party, or there is no key.
            pub fn answer(
                &self,
                hello: &Hello,
                payload: &[u8],
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<(Responder<'_, K>, Answer), ConfirmError> {
                self.$($terminal).+.answer(hello, payload, now, rng)
            }

            /// Continues a confirmation that this party began, from its exported state.
            ///
            /// # Security
            ///
            /// A state that is restored twice takes the same answer twice; neither time is it younger than the state.
            ///
            /// # Errors
            ///
            /// [`RestoreError`] if the state is damaged, or not this party's.
            pub fn restore_initiator(&self, state: &[u8]) -> Result<Initiator<'_, K>, RestoreError> {
                self.$($terminal).+.restore_initiator(state)
            }

            /// Continues a confirmation that this party answered, from its exported state.
            ///
            /// # Security
            ///
            /// A state that is restored twice takes the same confirmation twice.
            ///
            /// # Errors
            ///
            /// [`RestoreError`] if the state is damaged, or not this party's.
            pub fn restore_responder(&self, state: &[u8]) -> Result<Responder<'_, K>, RestoreError> {
                self.$($terminal).+.restore_responder(state)
            }
        }
    )*};
}

parties! {
    CardHolder: terminal;
    Seller: terminal;
    CardManager: terminal;
    Recipient: terminal;
    DeliveryService: inner.terminal;
}

/// What the parties can do that are answerable to the card holder.
macro_rules! answerable {
    ($($party:ident),*) => {$(
        impl<K: KeySource> $party<K> {
            /// A receipt for the card holder, of how far an order has come according to the ledger.
            ///
            /// The seller sends it, and passes on the card manager's, which comes beside the authentication and which it
            /// can neither read nor make.
            ///
            /// # Errors
            ///
            /// [`GiveReceiptError`] if the order is not in the ledger, or there is no key for the card holder.
            pub fn receipt<L: Ledger + ?Sized>(
                &self,
                digest: OrderDigest,
                now: u64,
                ledger: &L,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<Receipt, GiveReceiptError<L::Error>> {
                self.terminal.receipt(digest, now, ledger, rng)
            }
        }
    )*};
}

answerable!(Seller, CardManager);
