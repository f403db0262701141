//! The card manager's terminal: decides, and withdraws what it has approved, once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyseal::card_manager::CardManagerOrder;
use polyseal::message::{OrderDigest, Part, Relay};
use polyseal::{CardManager, Order, Peers, Role, Share};

use crate::folder::Folder;
use crate::server::{SEATS, Served, Service};
use polyseal_example_ledger::party::Bank;
use polyseal_examples::cards;
use polyseal_examples::files::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::handshake::{Handshakes, Heard};
use polyseal_examples::program::{Result, now, os_rng};

/// A bank that is open.
pub(crate) struct Terminal {
    manager: Arc<CardManager<Share>>,
    /// What one thread at a time works with: so of two relays of one order the second finds what the first has done.
    desk: Mutex<(Bank, Journal)>,
}

impl Terminal {
    pub(crate) fn open(folder: &Folder) -> Result<Self> {
        let cards = serde_json::from_slice::<Vec<Order>>(&folder.read("cards.json")?)?;
        let sellers: Peers = [folder.phone_book()?.party(&Role::SELLER)?.clone()].into_iter().collect();
        let manager = Arc::new(CardManager::new(folder.share()?, sellers));
        let (ledger, journal) = folder.books()?;
        let objection = Box::new(move |part: &Part| cards::objection(&cards, part));
        let bank = Bank { terminal: Arc::clone(&manager), ledger, objection };
        Ok(Self { manager, desk: Mutex::new((bank, journal)) })
    }

    /// How far an order has come.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<CardManagerOrder> {
        Ok(self.manager.find(digest).file(&mut self.desk().0.ledger)?)
    }

    fn desk(&self) -> MutexGuard<'_, (Bank, Journal)> {
        // What a thread left half done the next one finds in the ledger, as after a crash.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Terminal {
    const ROLE: Role = Role::CARD_MANAGER;
    const SERVES: Role = Role::SELLER;
    /// A seller calls for all its card holders.
    const SEATS_EACH: usize = SEATS;

    fn greet(&self, handshake: &mut Handshakes, message: &Message, payload: &[u8]) -> Result<Heard> {
        handshake.receive(&*self.manager, message, payload, now()?)
    }

    /// Arrow y; the answer, and a receipt for the card holder, which the seller can neither read nor make.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Served> {
        let Kind::Relay = kind else { return Err(format!("the card manager has no use for \"{kind}\"").into()) };
        let digest = Relay::from_bytes(message)?.digest();
        let (bank, journal) = &mut *self.desk();
        let answer = bank.answer(message, now()?, journal)?;
        let order = self.manager.find(digest).file(&mut bank.ledger)?;
        let receipt = order.receipt(&*self.manager, now()?, &mut os_rng())?;
        Ok(Served::Answers(vec![(Kind::Authorization, answer), (Kind::Receipt, receipt.to_bytes())]))
    }
}
