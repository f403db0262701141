//! What the seller's states have in common.

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::demands::{self, Demanding};
use super::stage::{HasApproval, Life, Verdict, Waiting};
use super::{Approved, AwaitingAuthorization, Cancelled, Cancelling, Declined, Seller, SellerOrder};
use crate::error::SendError;
use crate::key::KeySource;
use crate::message::{Dispatch, Part, Progress, Receipt, ReportedConsignment};
use crate::name::Role;
use crate::order::Entry;
use crate::pending::Pending;
use crate::saved::Saved;
use crate::step::Refused;

impl<V: Verdict> Saved<Life<V>> {
    /// What a receipt says.
    fn progress(&self) -> Progress {
        let Life { verdict, withdrawn, .. } = &self.stage;
        let status = self.stage.status();
        let approval = verdict.approval();
        let mut consignments = Vec::new();
        for Entry { role, .. } in self.part().recipients() {
            let dispatched = approval.into_iter().flat_map(|approval| approval.to(role));
            consignments.extend(dispatched.map(|consigned| ReportedConsignment::of(role, consigned)));
        }
        Progress { status, withdrawn: *withdrawn, refunded: self.refunded(), consignments }
    }
}

/// What the seller's states have in common.
macro_rules! seller_states {
    ($($state:ident),*) => {$(
        impl $state {
            /// What the seller sees of the order.
            #[must_use]
            pub fn part(&self) -> &Part {
                self.0.part()
            }

            /// When the card holder's withdrawal was filed, in seconds since 1970: nothing new is dispatched since.
            #[must_use]
            pub fn withdrawn_at(&self) -> Option<u64> {
                self.0.stage.withdrawn
            }

            /// The state as bytes: secret. [`Seller::restore`] reads them.
            #[must_use]
            pub fn export(&self) -> Zeroizing<Vec<u8>> {
                self.0.export()
            }

            /// A receipt for the card holder, at the time `now`, in seconds since 1970: how far the order has come.
            ///
            /// # Errors
            ///
            /// [`SendError`] if the order is another party's, or there is no key for the card holder.
            pub fn receipt<K: KeySource>(
                &self,
                seller: &Seller<K>,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<Receipt, SendError> {
                self.0.receipt(&seller.endpoint, self.0.progress(), now, rng)
            }
        }

        impl fmt::Debug for $state {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($state)).field(&self.0).finish()
            }
        }

        impl From<$state> for SellerOrder {
            fn from(order: $state) -> Self {
                Self::$state(order)
            }
        }
    )*};
}

seller_states!(AwaitingAuthorization, Approved, Declined, Cancelling, Cancelled);

/// The states that have, or may have, something dispatched.
macro_rules! dispatching_states {
    ($($state:ident),*) => {$(
        impl $state {
            /// The message of a consignment that is filed: the patent's arrow z. Each call seals anew, with the
            /// instructions that were filed, so a message that was lost, or that its receiver could not open, is sent
            /// again by this.
            ///
            /// # Errors
            ///
            /// [`SendError`] if the consignment is not dispatched to the role, or nothing can be sealed for it now.
            pub fn consignment_message<K: KeySource>(
                &self,
                seller: &Seller<K>,
                role: &Role,
                number: u16,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<Dispatch, SendError> {
                seller.dispatch_message(&self.0, (role, number), now, rng)
            }

            /// [`consignment_message`](Self::consignment_message) of the first consignment: all of the order, unless it
            /// goes in several.
            ///
            /// # Errors
            ///
            /// [`SendError`] if the order is not dispatched to the role, or nothing can be sealed for it now.
            pub fn dispatch_message<K: KeySource>(
                &self,
                seller: &Seller<K>,
                role: &Role,
                now: u64,
                rng: &mut (impl CryptoRng + ?Sized),
            ) -> Result<Dispatch, SendError> {
                seller.dispatch_message(&self.0, (role, 1), now, rng)
            }
        }
    )*};
}

dispatching_states!(Approved, Cancelling, Cancelled);

/// The states in which something can be demanded.
macro_rules! demanding_states {
    ($($state:ident: $verdict:ty;)*) => {$(
        impl Demanding for $state {
            type Verdict = $verdict;

            fn saved(&self) -> &Saved<Life<$verdict>> {
                &self.0
            }

            fn into_saved(self) -> Saved<Life<$verdict>> {
                self.0
            }
        }

        impl $state {
            /// Decides to cancel the order, at the time `now`, in seconds since 1970: nothing new is dispatched until the
            /// card manager has answered. Once that is filed, [`SellerOrder::request`] gives the message.
            ///
            /// An order without a card manager is cancelled at once.
            ///
            /// # Security
            ///
            /// An order that was approved does not close again: its consignments may still arrive and be opened.
            ///
            /// # Errors
            ///
            /// [`SendError`], with the state: if the time to settle is over.
            pub fn cancel<K: KeySource>(
                self,
                seller: &Seller<K>,
                now: u64,
            ) -> Result<Pending<SellerOrder>, Refused<Self, SendError>> {
                demands::cancel(self, seller, now)
            }
        }
    )*};
}

demanding_states! {
    AwaitingAuthorization: Waiting;
    Approved: HasApproval;
}
