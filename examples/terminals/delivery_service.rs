//! The delivery service's terminal: delivers what was approved, once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyseal::message::{Dispatch, OrderDigest};
use polyseal::recipient::Delivery;
use polyseal::{LedgerError, Peers, Recipient, Role, Share};

use crate::folder::Folder;
use crate::server::{SEATS, Served, Service};
use polyseal_example_ledger::party::Courier;
use polyseal_examples::files::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{Handshakes, Heard};
use polyseal_examples::program::{Result, now};

/// A courier at work.
pub(crate) struct Terminal {
    service: Arc<Recipient<Share>>,
    /// What one thread at a time works with: so of two equal dispatches the second finds that the first is delivered.
    desk: Mutex<(Courier, Journal)>,
}

impl Terminal {
    pub(crate) fn open(folder: &Folder) -> Result<Self> {
        let sellers: Peers = [folder.phone_book()?.party(&Role::SELLER)?.clone()].into_iter().collect();
        let service = Arc::new(Recipient::delivery_service(folder.share()?, sellers));
        let (ledger, journal) = folder.books()?;
        let courier = Courier { terminal: Arc::clone(&service), ledger };
        Ok(Self { service, desk: Mutex::new((courier, journal)) })
    }

    /// What it has to deliver of an order, if anything.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<Option<Delivery>> {
        match self.service.find(digest).file(&mut self.desk().0.ledger) {
            Ok(delivery) => Ok(Some(delivery)),
            Err(LedgerError::Absent) => Ok(None),
            Err(error) => Err(error.into()),
        }
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

    /// Arrow z. Once it is delivered, the seller who asks is told that it need not be sent again.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Served> {
        let Kind::Dispatch = kind else { return Err(format!("the delivery service has no use for \"{kind}\"").into()) };
        let digest = Dispatch::from_bytes(message)?.digest();
        let (courier, journal) = &mut *self.desk();
        courier.deliver(message, now()?, journal)?;
        Ok(Served::Done(digest.as_bytes().to_vec()))
    }
}
