//! The card holder: splits its order by the seller's form, within its own policy, and seals it.

use polyseal::card_holder::{SealedOrder, Split};
use polyseal::message::{OrderDigest, Windows};
use polyseal::policy::SplitError;
use polyseal::{CardHolder, DisclosurePolicy, FieldName, Identifier, Order, OrderForm, Role, Rules, SendError, Share};

use super::Participant;
use super::handshake::{Handshakes, Heard};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// Someone with a card.
pub struct Holder {
    party: CardHolder<Share>,
    handshakes: Handshakes,
    /// As the seller answered it.
    form: Option<OrderForm>,
}

impl Holder {
    pub fn new(share: Share, policy: DisclosurePolicy, rules: Rules) -> Self {
        let party = CardHolder::new(share, policy).with_rules(rules);
        Self { party, handshakes: Handshakes::default(), form: None }
    }

    /// Begins a handshake.
    pub fn greet(&mut self, other: (&Role, &Identifier), now: u64) -> Result<Message> {
        self.handshakes.begin(&self.party, other, now)
    }

    /// The form that the seller sent along in the handshake.
    pub fn form(&self) -> Result<&OrderForm> {
        self.form.as_ref().ok_or_else(|| stopped(&SendError::NotAuthenticated { role: Role::SELLER }).into())
    }

    /// Checks the form against the card holder's policy. This is where a form that asks for too much ends.
    pub fn split<'o>(&self, order: &'o Order, form: &OrderForm) -> core::result::Result<Split<'o>, SplitError> {
        self.party.split(order, form)
    }

    /// Seals the order. Gives the envelope for the seller, and the parts that the form has the card holder send directly.
    pub fn seal(&self, split: Split<'_>, now: u64) -> Result<(OrderDigest, Vec<Message>)> {
        let holder = self.party.with_evidence(&self.handshakes.evidence())?;
        let sealed = split.seal(&holder, now, Windows::default(), &mut os_rng()).map_err(|error| stopped(&error))?;
        let SealedOrder { digest, envelope, directs, .. } = sealed;
        let message = |to: &Role, kind, bytes| Message { from: Role::CARD_HOLDER, to: to.clone(), kind, bytes };
        let mut messages = vec![message(&Role::SELLER, Kind::Envelope, envelope.to_bytes())];
        messages.extend(directs.iter().map(|direct| message(direct.role(), Kind::Direct, direct.to_bytes())));
        Ok((digest, messages))
    }
}

impl Participant for Holder {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let Heard { replies, payload } = self.handshakes.receive(&self.party, message, &[], now)?;
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

fn stopped(error: &SendError) -> String {
    format!("the card holder sends nothing: {error}")
}
