//! Orders that are being cancelled, and those that are.

use super::awaiting::Heard;
use super::stage::{AnyVerdict, Life};
use super::{Seller, SellerOrder};
use crate::error::ReceiveError;
use crate::key::KeySource;
use crate::message::Authorization;
use crate::pending::{OnlyKnown, Pending};
use crate::saved::{self, Saved};
use crate::step::{Refused, give_back};

/// An order that the seller has asked the card manager to cancel.
///
/// [`SellerOrder::resolve`] takes the answer: a refusal returns it to where it was. What is dispatched may be sent again.
///
/// ```compile_fail
/// # use polyseal::{*, seller::*};
/// // Nothing new is dispatched until the card manager has answered.
/// fn step(cancelling: Cancelling, seller: &Seller<Share>) {
///     let pending = cancelling.dispatch(seller, &Role::DELIVERY_SERVICE, b"", 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, message::*, seller::*};
/// fn step(cancelling: Cancelling, seller: &Seller<Share>, response: &Response) {
///     let pending = SellerOrder::from(cancelling).resolve(seller, response, 0);
/// }
/// ```
pub struct Cancelling(pub(super) Saved<Life<AnyVerdict>>, pub(super) u16);

/// An order that is cancelled. It ends here: what was dispatched may be sent again, and outcomes are still taken.
///
/// ```compile_fail
/// # use polyseal::{*, seller::*};
/// // A cancelled order is not approved.
/// fn step(cancelled: Cancelled, seller: &Seller<Share>, authorization: &message::Authorization) {
///     let pending = cancelled.authorize(seller, authorization, 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, seller::*};
/// fn step(cancelling: Cancelling, seller: &Seller<Share>, authorization: &message::Authorization) {
///     let pending = cancelling.authorize(seller, authorization, 0);
/// }
/// ```
pub struct Cancelled(pub(super) Saved<Life<AnyVerdict>>);

impl Cancelling {
    /// The number of the demand to cancel it, for [`SellerOrder::request`].
    #[must_use]
    pub fn number(&self) -> u16 {
        self.1
    }

    /// Takes the card manager's answer to the order itself, which is noted: it counts if the cancellation is refused.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`], with the state: a forged answer changes nothing.
    pub fn authorize<K: KeySource>(
        self,
        seller: &Seller<K>,
        authorization: &Authorization,
        now: u64,
    ) -> Result<Pending<SellerOrder>, Refused<Self, ReceiveError>> {
        let (Self(mut saved, _), heard) = give_back(self, |order| seller.hear_verdict(&order.0, authorization, now))?;
        // A-7
        let resume =
            SellerOrder::found_if(|order| order.is_approved().is_some() || matches!(order, SellerOrder::Cancelled(_)));
        if !matches!(saved.stage.verdict, AnyVerdict::Waiting(_)) {
            return Ok(Pending::look_up((saved.entry(), resume), OnlyKnown::Filed));
        }
        saved.stage.verdict = match heard {
            Heard::Approved(verdict) => AnyVerdict::Approved(verdict),
            Heard::Declined(verdict) => AnyVerdict::Declined(verdict),
        };
        Ok(saved::advance(saved, resume, SellerOrder::of))
    }
}
