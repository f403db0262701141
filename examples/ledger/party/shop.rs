//! The seller.

use core::result::Result as CoreResult;
use std::sync::Arc;

use polyseal::handshake::Evidence;
use polyseal::message::{Authorization, Consigned, DeliveryReport, Envelope, OrderDigest, Response, Withdrawal};
use polyseal::order::Amount;
use polyseal::seller::{Approved, SellerOrder};
use polyseal::{Received, Refused, Role, Seller, Share};

use super::{act_once, fingerprint};
use polyseal_examples::journal::Journal;
use polyseal_examples::prices::Prices;
use polyseal_examples::program::{Result, os_rng};
use polyseal_redb::RedbLedger;

/// A seller. Its terminal is shared: what needs no ledger, such as a handshake, can happen beside an order.
pub struct Shop {
    pub terminal: Arc<Seller<Share>>,
    pub ledger: RedbLedger,
    pub prices: Prices,
    /// What it tells the delivery service, at this time.
    pub instructions: fn(u64) -> String,
}

/// What a seller has to do for an order, so that it does not stay open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To ask the card manager whether it approves: arrow y.
    Relay,
    /// To dispatch it, until what became of it is known: arrow z.
    Dispatch,
    /// To ask the card manager for what is demanded.
    Request,
    /// To cancel it: it has expired, or the card holder has withdrawn.
    Cancel,
    /// Nothing: it has ended like this.
    Nothing(&'static str),
}

impl Shop {
    /// Takes an order in. If it differs from the price list it is cancelled, and the inner error says why.
    pub fn take_order(
        &mut self,
        envelope: &[u8],
        now: u64,
        journal: &mut Journal,
    ) -> Result<(OrderDigest, CoreResult<(), String>)> {
        let envelope = Envelope::from_bytes(envelope)?;
        let digest = envelope.digest();
        let received = self.terminal.receive(&envelope, now)?.file(&mut self.ledger)?;
        if let Received::New(_) = received {
            journal.add(format!("{digest} accepted seller"))?;
        }
        let admitted = match received.into_inner() {
            SellerOrder::AwaitingAuthorization(awaiting) => {
                let admitted = self.prices.admit(awaiting.part());
                if admitted.is_err() {
                    awaiting.cancel(&self.terminal, now)?.file(&mut self.ledger)?;
                }
                admitted
            }
            order @ (SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_)) => self.prices.admit(order.part()),
            SellerOrder::Approved(_) | SellerOrder::Declined(_) => Ok(()),
        };
        Ok((digest, admitted))
    }

    /// How far an order has come, by the ledger.
    pub fn order(&mut self, digest: OrderDigest) -> Result<SellerOrder> {
        Ok(self.terminal.find(digest).file(&mut self.ledger)?)
    }

    /// What there is to do for an order.
    pub fn next(&mut self, digest: OrderDigest, now: u64) -> Result<Next> {
        let order = self.order(digest)?;
        let (part, is_withdrawn) = (order.part(), order.withdrawn_at().is_some());
        let (can_be_delivered, can_be_settled) = (now <= part.deliver_until(), now <= part.settle_until());
        let or_else = |next: Next, otherwise| if can_be_settled { next } else { Next::Nothing(otherwise) };
        if order.demands().any(|(_, resolution)| resolution.is_none()) {
            return Ok(or_else(Next::Request, "unsettled"));
        }
        let next = match &order {
            SellerOrder::AwaitingAuthorization(_) => {
                (now <= part.accept_until() && !is_withdrawn).then_some(Next::Relay)
            }
            SellerOrder::Approved(approved) => match delivered(approved).map(Consigned::outcome) {
                Some(Some(outcome)) if outcome.failure().is_none() => Some(Next::Nothing("delivered")),
                Some(Some(_)) => Some(Next::Nothing("failed")),
                // It may arrive, or may have: that is for a person to settle.
                Some(None) if !can_be_delivered => Some(Next::Nothing("unheard of")),
                Some(None) => Some(Next::Dispatch),
                None => (can_be_delivered && !is_withdrawn).then_some(Next::Dispatch),
            },
            SellerOrder::Declined(_) => Some(Next::Nothing("declined")),
            SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => Some(Next::Nothing("cancelled")),
        };
        Ok(next.unwrap_or_else(|| or_else(Next::Cancel, "expired")))
    }

    /// The card manager's part, for one that has answered in a handshake if the seller's rules require it.
    pub fn relay(&mut self, digest: OrderDigest, met: &Evidence, now: u64) -> Result<Vec<u8>> {
        let (order, seller) = (self.order(digest)?, self.terminal.with_evidence(met)?);
        let relay = match order {
            SellerOrder::AwaitingAuthorization(order) => {
                order.relay(&seller, &Role::CARD_MANAGER, now, &mut os_rng())?
            }
            SellerOrder::Approved(order) => order.relay(&seller, &Role::CARD_MANAGER, now, &mut os_rng())?,
            SellerOrder::Declined(_) => return Err("the order was declined".into()),
            SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => return Err("the order is cancelled".into()),
        };
        Ok(relay.to_bytes())
    }

    /// Takes the card manager's answer: the first one is what counts.
    pub fn take_answer(&mut self, answer: &[u8], now: u64) -> Result<()> {
        let answer = Authorization::from_bytes(answer)?;
        match self.order(answer.digest())? {
            SellerOrder::AwaitingAuthorization(awaiting) => {
                awaiting.authorize(&self.terminal, &answer, now)?.file(&mut self.ledger)?;
            }
            SellerOrder::Cancelling(cancelling) => {
                cancelling.authorize(&self.terminal, &answer, now)?.file(&mut self.ledger)?;
            }
            SellerOrder::Approved(_) | SellerOrder::Declined(_) | SellerOrder::Cancelled(_) => {}
        }
        Ok(())
    }

    /// The dispatch of an approved order, with the instructions of the first time if there was one.
    pub fn dispatch(
        &mut self,
        digest: OrderDigest,
        met: &Evidence,
        now: u64,
        journal: &mut Journal,
    ) -> Result<Vec<u8>> {
        let SellerOrder::Approved(approved) = self.order(digest)? else {
            return Err("the order is not approved".into());
        };
        let (seller, to) = (self.terminal.with_evidence(met)?, Role::DELIVERY_SERVICE);
        let instructions = (self.instructions)(now);
        let pending = approved.dispatch(&seller, &to, instructions.as_bytes(), now)?;
        let approved = pending.file(&mut self.ledger)?.into_inner();
        let sent = approved.dispatch_message(&seller, &to, now, &mut os_rng())?;
        // Each sending seals anew: what stays the same is the instructions.
        let filed = fingerprint(delivered(&approved).map_or(&[], Consigned::instructions));
        journal.add(format!("{digest} dispatched {filed}"))?;
        Ok(sent.to_bytes())
    }

    /// Takes what the delivery service says of it: the first is what counts.
    pub fn take_report(&mut self, report: &[u8], now: u64) -> Result<()> {
        let report = DeliveryReport::from_bytes(report)?;
        self.order(report.digest())?.delivered(&self.terminal, &report, now)?.file(&mut self.ledger)?;
        Ok(())
    }

    /// Takes the card holder's withdrawal. What follows from it is the [next](Self::next) thing to do.
    pub fn take_withdrawal(&mut self, withdrawal: &[u8], now: u64) -> Result<OrderDigest> {
        let withdrawal = Withdrawal::from_bytes(withdrawal)?;
        let digest = withdrawal.digest();
        self.order(digest)?.withdraw(&self.terminal, &withdrawal, now)?.file(&mut self.ledger)?;
        Ok(digest)
    }

    /// Decides to refund a sum, or without one to cancel the order, by the demand of this number, unless it is there. The
    /// inner error says why there cannot be such a demand.
    pub fn demand(
        &mut self,
        digest: OrderDigest,
        number: u16,
        sum: Option<&Amount>,
        now: u64,
    ) -> Result<CoreResult<(), String>> {
        let (order, seller) = (self.order(digest)?, &*self.terminal);
        if order.demands().any(|(demand, _)| demand.number() == number) {
            return Ok(Ok(()));
        }
        let pending = match (order, sum) {
            (SellerOrder::AwaitingAuthorization(order), None) => order.cancel(seller, now).map_err(Refused::into_error),
            (SellerOrder::Approved(order), None) => order.cancel(seller, now).map_err(Refused::into_error),
            (SellerOrder::Approved(order), Some(sum)) => {
                order.refund(seller, number, sum, now).map_err(Refused::into_error)
            }
            (SellerOrder::AwaitingAuthorization(_), Some(_)) => return Ok(Err("the order is not approved yet".into())),
            (SellerOrder::Declined(_), _) => return Ok(Err("the order was declined".into())),
            (SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_), _) => {
                return Ok(Err("the order is cancelled".into()));
            }
        };
        Ok(match pending {
            Ok(pending) => pending.file(&mut self.ledger).map(|_| Ok(()))?,
            Err(refusal) => Err(refusal.to_string()),
        })
    }

    /// The number of the next demand.
    pub fn next_demand(&mut self, digest: OrderDigest) -> Result<u16> {
        Ok(u16::try_from(self.order(digest)?.demands().count())?.saturating_add(1))
    }

    /// The message for the first demand that the card manager has not answered; if all are answered, for the last one, whose
    /// answer is the same again.
    pub fn request(&mut self, digest: OrderDigest, met: &Evidence, now: u64) -> Result<Vec<u8>> {
        let (order, seller) = (self.order(digest)?, self.terminal.with_evidence(met)?);
        let open = order.demands().find(|(_, resolution)| resolution.is_none()).or_else(|| order.demands().last());
        let (demand, _) = open.ok_or("nothing is demanded")?;
        Ok(order.request(&seller, demand.number(), now, &mut os_rng())?.to_bytes())
    }

    /// Takes the card manager's answer to a demand: the first one is what counts.
    pub fn take_response(&mut self, response: &[u8], now: u64, journal: &mut Journal) -> Result<()> {
        let response = Response::from_bytes(response)?;
        let digest = response.digest();
        let order = self.order(digest)?.resolve(&self.terminal, &response, now)?.file(&mut self.ledger)?.into_inner();
        for (demand, resolution) in order.demands() {
            let Some(resolution) = resolution else { continue };
            let said = resolution.refusal().map_or_else(|| "granted".into(), |reason| format!("refused: {reason}"));
            act_once(journal, format!("{digest} demand {} {said}", demand.number()))?;
        }
        Ok(())
    }
}

/// The consignment of all of an order, if it is dispatched.
fn delivered(approved: &Approved) -> Option<&Consigned> {
    approved.dispatches().find(|(role, _)| **role == Role::DELIVERY_SERVICE).map(|(_, consigned)| consigned)
}
