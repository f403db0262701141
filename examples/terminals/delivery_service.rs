//! The delivery service's terminal: delivers what was approved, once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyseal::message::{OrderDigest, Receipt};
use polyseal::recipient::Delivery;
use polyseal::{Peers, Recipient, Role, Share};

use crate::folder::{Folder, found};
use crate::server::{SEATS, Service};
use polyseal_example_ledger::party::Courier;
use polyseal_examples::journal::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{Handshakes, Heard};
use polyseal_examples::program::{Result, now, os_rng};

/// A courier at work.
pub(crate) struct Terminal {
    service: Arc<Recipient<Share>>,
    /// What one thread at a time works with: so of two equal dispatches the second finds that the first is delivered.
    desk: Mutex<(Courier, Journal)>,
}

impl Terminal {
    /// If there is a reason why it cannot deliver, it reports that.
    pub(crate) fn open(folder: &Folder, failure: Option<String>) -> Result<Self> {
        let sellers: Peers = [folder.phone_book()?.party(&Role::SELLER)?.clone()].into_iter().collect();
        let service = Arc::new(Recipient::delivery_service(folder.share()?, sellers));
        let (ledger, journal) = folder.books()?;
        let courier = Courier { terminal: Arc::clone(&service), ledger, failure };
        Ok(Self { service, desk: Mutex::new((courier, journal)) })
    }

    /// What it has to deliver of an order, if anything.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<Option<Delivery>> {
        found(self.service.find(digest).file(&mut self.desk().0.ledger))
    }

    /// Its receipt for the card holder, if it has the order.
    pub(crate) fn receipt(&self, digest: OrderDigest) -> Result<Option<Receipt>> {
        let receipt = |delivery: Delivery| Ok(delivery.receipt(&*self.service, now()?, &mut os_rng())?);
        self.known(digest)?.map(receipt).transpose()
    }

    fn desk(&self) -> MutexGuard<'_, (Courier, Journal)> {
        // What a thread left half done the next one finds in the ledger, as after a crash.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Terminal {
    const ROLE: Role = Role::DELIVERY_SERVICE;
    const SERVES: Role = Role::SELLER;
    /// A seller calls for all its card holders.
    const SEATS_EACH: usize = SEATS;

    fn greet(&self, handshake: &mut Handshakes, message: &Message, payload: &[u8]) -> Result<Heard> {
        handshake.receive(&*self.service, message, payload, now()?)
    }

    /// Arrow z, and what became of it.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>> {
        let Kind::Dispatch = kind else { return Err(format!("the delivery service has no use for \"{kind}\"").into()) };
        let (courier, journal) = &mut *self.desk();
        Ok(vec![(Kind::Delivery, courier.deliver(message, now()?, journal)?)])
    }
}
