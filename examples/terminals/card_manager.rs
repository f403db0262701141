//! The card manager's terminal: decides, and withdraws what it has approved, once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyseal::{
    Accepted, CardManager, CardManagerOrder, Ledger, LedgerKey, Order, OrderDigest, Part, Relay, Role, Share,
};

use crate::folder::Folder;
use crate::server::{SEATS, Served, Service};
use polyseal_example_ledger::party::Bank;
use polyseal_examples::cards;
use polyseal_examples::files::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::party::confirmation::{Confirmations, Heard};
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
        let sellers: Accepted = [folder.phone_book()?.party(&Role::SELLER)?.clone()].into_iter().collect();
        let manager = Arc::new(CardManager::new(folder.share()?, sellers));
        let (ledger, journal) = folder.books()?;
        let objection = Box::new(move |part: &Part| cards::objection(&cards, part));
        let bank = Bank { terminal: Arc::clone(&manager), ledger, objection };
        Ok(Self { manager, desk: Mutex::new((bank, journal)) })
    }

    /// How far an order has come.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<CardManagerOrder<'_, Share>> {
        let state = self.desk().0.ledger.load(&LedgerKey { role: Role::CARD_MANAGER, digest })?;
        Ok(self.manager.restore(&state.ok_or("the card manager knows no such order")?)?)
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

    fn confirm(&self, handshake: &mut Confirmations, message: &Message, payload: &[u8]) -> Result<Heard> {
        handshake.receive(&*self.manager, message, payload, now()?)
    }

    /// Arrow y; the answer, and a receipt for the card holder, which the seller can neither read nor make.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Served> {
        let Kind::Relay = kind else { return Err(format!("the card manager has no use for \"{kind}\"").into()) };
        let digest = Relay::from_bytes(message)?.digest();
        let (bank, journal) = &mut *self.desk();
        let answer = bank.answer(message, now()?, journal)?;
        let receipt = self.manager.receipt(digest, now()?, &bank.ledger, &mut os_rng())?;
        Ok(Served::Answers(vec![(Kind::Authentication, answer), (Kind::Receipt, receipt.to_bytes())]))
    }
}
