//! An order that the card manager has declined.

use super::stage::{IsDeclined, Life};
use crate::saved::Saved;

/// An order that the card manager has declined. It ends here.
///
/// ```compile_fail
/// # use polyseal::{*, seller::*};
/// // A declined order cannot be dispatched.
/// fn step(declined: Declined, seller: &Seller<Share>) {
///     let pending = declined.dispatch(seller, &Role::DELIVERY_SERVICE, b"", 0);
/// }
/// ```
///
/// ```
/// # use polyseal::{*, seller::*};
/// fn step(declined: Declined) {
///     let reason = declined.reason();
/// }
/// ```
pub struct Declined(pub(super) Saved<Life<IsDeclined>>);

impl Declined {
    /// When the card manager declined it, by the card manager's clock, in seconds since 1970.
    #[must_use]
    pub fn decided_at(&self) -> u64 {
        self.0.stage.verdict.at
    }

    /// The card manager's reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.stage.verdict.reason
    }
}
