//! The card holder: splits its order by the seller's form, within its own rules, and seals it.

use polyseal::{
    CardHolder, Confinement, FieldName, Identifier, Order, OrderDigest, OrderForm, Role, Rules, SealError, SealedOrder,
    Share, Split, SplitError, Windows,
};

use super::Party;
use super::confirmation::{Confirmations, Heard};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// Someone with a card.
pub struct Holder {
    terminal: CardHolder<Share>,
    confirmations: Confirmations,
    /// As the seller answered it.
    form: Option<OrderForm>,
}

impl Holder {
    pub fn new(share: Share, confinement: Confinement, rules: Rules) -> Self {
        let terminal = CardHolder::new(share, confinement).with_rules(rules);
        Self { terminal, confirmations: Confirmations::default(), form: None }
    }

    /// Begins an advance confirmation.
    pub fn confirm(&mut self, other: (&Role, &Identifier), now: u64) -> Result<Message> {
        self.confirmations.begin(&self.terminal, &Role::CARD_HOLDER, other, now)
    }

    /// The form that the seller sent along when it was confirmed.
    pub fn form(&self) -> Result<&OrderForm> {
        self.form.as_ref().ok_or_else(|| stopped(&SealError::Unconfirmed { role: Role::SELLER }).into())
    }

    /// Holds the form against the card holder's rules. This is where a form that asks for too much
    /// ends.
    pub fn split<'o>(
        &self,
        order: &'o Order,
        form: &OrderForm,
    ) -> core::result::Result<Split<'_, 'o, Share>, SplitError> {
        let split = self.terminal.split(order, form)?;
        Ok(self.confirmations.met().fold(split, Split::with_confirmed))
    }
}

impl Party for Holder {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Heard { replies, payload } = self.confirmations.receive(&self.terminal, message, &[], now)?;
        if let (Some(form), true) = (payload, message.from == Role::SELLER) {
            self.form = Some(OrderForm::from_bytes(&form)?);
        }
        Ok(replies)
    }

    /// It wrote the order.
    fn readable(&self) -> Vec<FieldName> {
        Vec::new()
    }
}

/// Seals the order: the envelope for the seller, and what the form has the card holder send
/// directly.
pub fn seal(split: Split<'_, '_, Share>, now: u64) -> Result<(OrderDigest, Vec<Message>)> {
    let sealed = split.seal(now, Windows::default(), &mut os_rng()).map_err(|error| stopped(&error))?;
    let SealedOrder { digest, envelope, directs, .. } = sealed;
    let message = |to: &Role, kind, bytes| Message { from: Role::CARD_HOLDER, to: to.clone(), kind, bytes };
    let mut messages = vec![message(&Role::SELLER, Kind::Envelope, envelope.to_bytes())];
    messages.extend(directs.iter().map(|direct| message(direct.role(), Kind::Direct, direct.to_bytes())));
    Ok((digest, messages))
}

fn stopped(error: &SealError) -> String {
    format!("the card holder sends nothing: {error}")
}
