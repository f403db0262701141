//! The delivery service.

use std::sync::Arc;

use polyseal::message::Dispatch;
use polyseal::{Received, Recipient, Share};

use super::act_once;
use polyseal_examples::journal::Journal;
use polyseal_examples::program::{Result, os_rng};
use polyseal_redb::RedbLedger;

/// A delivery service.
pub struct Courier {
    pub terminal: Arc<Recipient<Share>>,
    pub ledger: RedbLedger,
    /// Why it cannot deliver anything now, if it cannot.
    pub failure: Option<String>,
}

impl Courier {
    /// Takes a dispatch in, and delivers. Gives the report for the seller: what became of a consignment first stays.
    pub fn deliver(&mut self, dispatch: &[u8], now: u64, journal: &mut Journal) -> Result<Vec<u8>> {
        let dispatch = Dispatch::from_bytes(dispatch)?;
        let digest = dispatch.digest();
        let received = self.terminal.receive_dispatch(&dispatch, now)?.file(&mut self.ledger)?;
        if let Received::New(_) = received {
            journal.add(format!("{digest} accepted delivery-service"))?;
        }
        let mut delivery = received.into_inner();
        let consigned = delivery.consignment().ok_or("a dispatch without a consignment")?;
        let (number, outcome) = (consigned.consignment().number(), consigned.outcome());
        let delivered = format!("{digest} {number} delivered");
        let failure = match outcome {
            Some(outcome) => outcome.failure().map(str::to_owned),
            // Delivered, perhaps, by a process that ended before it noted the outcome.
            None => self.failure.clone().filter(|_| !journal.has(&delivered)),
        };
        let is_noted = outcome.is_some();
        if failure.is_none() {
            act_once(journal, delivered)?;
        }
        if !is_noted {
            let noted = match &failure {
                None => delivery.delivered(&self.terminal, number, now)?,
                Some(reason) => delivery.failed(&self.terminal, number, reason, now)?,
            };
            delivery = noted.file(&mut self.ledger)?.into_inner();
        }
        Ok(delivery.delivery_report(&self.terminal, number, &mut os_rng())?.to_bytes())
    }
}
