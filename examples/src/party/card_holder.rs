//! The card holder: splits its order by the seller's form, within its own policy, and seals it.

use polyseal::card_holder::{AwaitingReceipt, SealedOrder, Split};
use polyseal::message::{OrderDigest, Receipt, Report, Windows};
use polyseal::policy::SplitError;
use polyseal::{CardHolder, DisclosurePolicy, FieldName, Identifier, Order, OrderForm, Role, SendError, Share};

use super::handshake::{Demand, Handshakes, Heard};
use super::{Deed, Participant, unexpected};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// Someone with a card.
pub struct Holder {
    party: CardHolder<Share>,
    handshakes: Handshakes,
    /// As the seller answered it.
    form: Option<OrderForm>,
    /// The order that it has sent.
    placed: Option<AwaitingReceipt>,
    /// The newest of each giver.
    reports: Vec<Report>,
}

impl Holder {
    pub fn new(share: Share, policy: DisclosurePolicy, demand: &Demand) -> Self {
        let party = CardHolder::new(share, policy).with_rules(demand.rules.clone());
        Self { party, handshakes: Handshakes::new(demand), form: None, placed: None, reports: Vec::new() }
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
    pub fn seal(&mut self, split: Split<'_>, now: u64) -> Result<(OrderDigest, Vec<Message>)> {
        let holder = self.party.with_evidence(&self.handshakes.evidence())?;
        let sealed = split.seal(&holder, now, Windows::default(), &mut os_rng()).map_err(|error| stopped(&error))?;
        let SealedOrder { digest, awaiting, envelope, directs, .. } = sealed;
        self.placed = Some(awaiting);
        let message = |to: &Role, kind, bytes| Message { from: Role::CARD_HOLDER, to: to.clone(), kind, bytes };
        let mut messages = vec![message(&Role::SELLER, Kind::Envelope, envelope.to_bytes())];
        messages.extend(directs.iter().map(|direct| message(direct.role(), Kind::Direct, direct.to_bytes())));
        Ok((digest, messages))
    }

    /// Asks the seller to dispatch nothing more.
    pub fn withdraw(&mut self, now: u64) -> Deed {
        let holder = self.party.with_evidence(&self.handshakes.evidence())?;
        let placed = self.placed.as_ref().ok_or("the card holder has placed no order")?;
        let withdrawal = placed.withdraw(&holder, now, &mut os_rng());
        let (from, to, kind) = (Role::CARD_HOLDER, Role::SELLER, Kind::Withdrawal);
        Ok(withdrawal.map(|withdrawal| vec![Message { from, to, kind, bytes: withdrawal.to_bytes() }]))
    }

    /// What the receipts say that it got: how far the order has come with whom.
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    fn take_receipt(&mut self, receipt: &Receipt, now: u64) -> Result<()> {
        let holder = self.party.with_evidence(&self.handshakes.evidence())?;
        let placed = self.placed.as_ref().ok_or("the card holder has placed no order")?;
        let report = placed.receive(&holder, receipt, now)?;
        let newest = self.reports.iter().position(|known| known.role() == report.role());
        match newest.and_then(|place| self.reports.get_mut(place)) {
            // Receipts may come in any order.
            Some(known) if known.revision() >= report.revision() => {}
            Some(known) => *known = report,
            None => self.reports.push(report),
        }
        Ok(())
    }
}

impl Participant for Holder {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        match message.kind {
            Kind::Receipt => {
                self.take_receipt(&Receipt::from_bytes(&message.bytes)?, now)?;
                return Ok(Vec::new());
            }
            kind if kind.is_handshake() => {}
            _ => return unexpected(&Role::CARD_HOLDER, message),
        }
        let Heard { replies, payload } = self.handshakes.receive(&self.party, message, &[], now)?;
        if let (Some(form), true) = (payload, message.from == Role::SELLER) {
            self.form = Some(OrderForm::from_bytes(&form)?);
        }
        Ok(replies)
    }

    /// It is the one that gets them.
    fn receipt(&mut self, _: OrderDigest, _: u64) -> Result<Option<Receipt>> {
        Ok(None)
    }

    /// It wrote the order.
    fn readable(&self) -> Vec<FieldName> {
        Vec::new()
    }
}

fn stopped(error: &SendError) -> String {
    format!("the card holder sends nothing: {error}")
}
