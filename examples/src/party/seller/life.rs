//! What the seller does with an order that it was told to, and what it hears of it.

use core::result::Result as CoreResult;

use polyseal::message::{Consignment, DeliveryReport, OrderDigest, Response, Withdrawal};
use polyseal::order::Amount;
use polyseal::seller::SellerOrder;
use polyseal::{Pending, Refused, Role, SendError};

use super::super::Deed;
use super::{Shop, dispatch, message};
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

impl Shop {
    /// Dispatches a consignment to the delivery service. One that was dispatched before is sent again.
    pub fn dispatch(&mut self, digest: OrderDigest, consignment: Consignment, now: u64) -> Deed {
        let order = self.order(digest)?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let SellerOrder::Approved(approved) = order else { return Err(impossible(&order)) };
        let sent = dispatch(&seller, approved, (&Role::DELIVERY_SERVICE, consignment), now, &mut self.ledger)?;
        Ok(sent.map(|(_, message)| vec![message]))
    }

    /// Asks the card manager to cancel the order. Without a card manager it is cancelled.
    pub fn cancel(&mut self, digest: OrderDigest, now: u64) -> Deed {
        let order = self.order(digest)?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let filed = match order {
            SellerOrder::AwaitingAuthorization(order) => order.cancel(&seller, now).map_err(Refused::into_error),
            SellerOrder::Approved(order) => order.cancel(&seller, now).map_err(Refused::into_error),
            // It is asked for, and asked for again.
            SellerOrder::Cancelling(cancelling) => {
                let number = cancelling.number();
                return self.ask(&cancelling.into(), number, now);
            }
            SellerOrder::Declined(_) | SellerOrder::Cancelled(_) => return Err(impossible(&order)),
        };
        self.demand(filed, now)
    }

    /// Asks the card manager to refund a sum.
    pub fn refund(&mut self, digest: OrderDigest, sum: &Amount, now: u64) -> Deed {
        let order = self.order(digest)?;
        let next = u16::try_from(order.demands().count()).unwrap_or(u16::MAX).saturating_add(1);
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let filed = match order {
            SellerOrder::AwaitingAuthorization(order) => {
                order.refund(&seller, next, sum, now).map_err(Refused::into_error)
            }
            SellerOrder::Approved(order) => order.refund(&seller, next, sum, now).map_err(Refused::into_error),
            order => return Err(impossible(&order)),
        };
        self.demand(filed, now)
    }

    /// Files a demand, and asks for it.
    fn demand(&mut self, filed: CoreResult<Pending<SellerOrder>, SendError>, now: u64) -> Deed {
        let order = match filed {
            Ok(pending) => pending.file(&mut self.ledger)?.into_inner(),
            Err(error) => return Ok(Err(error)),
        };
        let open = order.demands().last().filter(|(_, resolution)| resolution.is_none());
        match open.map(|(demand, _)| demand.number()) {
            Some(number) => self.ask(&order, number, now),
            None => Ok(Ok(Vec::new())),
        }
    }

    fn ask(&self, order: &SellerOrder, number: u16, now: u64) -> Deed {
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        let request = order.request(&seller, number, now, &mut os_rng());
        Ok(request.map(|request| vec![message(Role::CARD_MANAGER, Kind::Request, request.to_bytes())]))
    }

    pub(super) fn take_outcome(&mut self, report: &DeliveryReport, now: u64) -> Result<Vec<Message>> {
        let order = self.order(report.digest())?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        order.delivered(&seller, report, now)?.file(&mut self.ledger)?;
        Ok(Vec::new())
    }

    pub(super) fn take_withdrawal(&mut self, withdrawal: &Withdrawal, now: u64) -> Result<Vec<Message>> {
        let order = self.order(withdrawal.digest())?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        order.withdraw(&seller, withdrawal, now)?.file(&mut self.ledger)?;
        Ok(Vec::new())
    }

    pub(super) fn take_resolution(&mut self, response: &Response, now: u64) -> Result<Vec<Message>> {
        let order = self.order(response.digest())?;
        let seller = self.seller.with_evidence(&self.handshakes.evidence())?;
        order.resolve(&seller, response, now)?.file(&mut self.ledger)?;
        Ok(Vec::new())
    }
}

/// Why there is no such step: `Approved` and its like have it alone.
fn impossible(order: &SellerOrder) -> Box<dyn core::error::Error> {
    let state = match order {
        SellerOrder::AwaitingAuthorization(_) => "waits for the card manager's answer",
        SellerOrder::Approved(_) => "is approved",
        SellerOrder::Declined(_) => "is declined",
        SellerOrder::Cancelling(_) => "is being cancelled",
        SellerOrder::Cancelled(_) => "is cancelled",
    };
    format!("the order {state}").into()
}
