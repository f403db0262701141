//! The card holder: splits its order by the seller's form, within its own rules, and seals it.

use polyseal::{
    CardHolder, Confinement, Order, OrderDigest, OrderForm, Role, SealedOrder, Share, Split, SplitError, Windows,
};

use super::{Result, os_rng};
use crate::message::{Kind, Message};

/// Someone with a card.
pub(crate) struct Holder {
    terminal: CardHolder<Share>,
}

impl Holder {
    pub(crate) fn new(share: Share, confinement: Confinement) -> Self {
        Self { terminal: CardHolder::new(share, confinement) }
    }

    /// Holds the form against the card holder's rules. This is where a form that asks for too much
    /// ends.
    pub(crate) fn split<'o>(
        &self,
        order: &'o Order,
        form: &OrderForm,
    ) -> core::result::Result<Split<'_, 'o, Share>, SplitError> {
        self.terminal.split(order, form)
    }
}

/// Seals the order: the envelope for the seller, and what the form has the card holder send
/// directly.
pub(crate) fn seal(split: Split<'_, '_, Share>, now: u64) -> Result<(OrderDigest, Vec<Message>)> {
    let SealedOrder { digest, envelope, directs, .. } = split.seal(now, Windows::default(), &mut os_rng())?;
    let message = |to: &Role, kind, bytes| Message { from: Role::CARD_HOLDER, to: to.clone(), kind, bytes };
    let mut messages = vec![message(&Role::SELLER, Kind::Envelope, envelope.to_bytes())];
    messages.extend(directs.iter().map(|direct| message(direct.role(), Kind::Direct, direct.to_bytes())));
    Ok((digest, messages))
}
