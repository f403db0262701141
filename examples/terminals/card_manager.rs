//! The card manager's terminal: decides, withdraws what it has approved, and pays back what it has granted, once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyseal::card_manager::CardManagerOrder;
use polyseal::message::{OrderDigest, Part, Receipt, Relay, Request};
use polyseal::{CardManager, Peers, Role, Share};

use crate::folder::{Folder, found};
use crate::server::{SEATS, Service};
use polyseal_example_ledger::party::Bank;
use polyseal_examples::cards;
use polyseal_examples::journal::Journal;
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::outcome::{Books, PaidBack};
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
        let cards = folder.source("cards.json").cards()?;
        let sellers: Peers = [folder.phone_book()?.party(&Role::SELLER)?.clone()].into_iter().collect();
        let manager = Arc::new(CardManager::new(folder.share()?, sellers));
        let (ledger, journal) = folder.books()?;
        let objection = Box::new(move |part: &Part| cards::objection(&cards, part));
        let bank = Bank { terminal: Arc::clone(&manager), ledger, objection };
        Ok(Self { manager, desk: Mutex::new((bank, journal)) })
    }

    /// How far an order has come, if it has it.
    pub(crate) fn known(&self, digest: OrderDigest) -> Result<Option<CardManagerOrder>> {
        found(self.manager.find(digest).file(&mut self.desk().0.ledger))
    }

    /// Its receipt for the card holder, if it has the order.
    pub(crate) fn receipt(&self, digest: OrderDigest) -> Result<Option<Receipt>> {
        let receipt = |order: CardManagerOrder| Ok(order.receipt(&*self.manager, now()?, &mut os_rng())?);
        self.known(digest)?.map(receipt).transpose()
    }

    /// What it has booked of an order, by its journal.
    pub(crate) fn books(&self, digest: OrderDigest) -> Result<Books> {
        let due = self.known(digest)?.and_then(|order| order.part().amount());
        let (_, journal) = &*self.desk();
        let approved = due.filter(|_| journal.has(&format!("{digest} settled")));
        let paid_back = journal.lines().filter_map(|line| paid_back(line, digest)).collect();
        Ok(Books::new(approved, paid_back))
    }

    fn desk(&self) -> MutexGuard<'_, (Bank, Journal)> {
        // What a thread left half done the next one finds in the ledger, as after a crash.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line of the journal, if a sum of the order is paid back in it.
fn paid_back(line: &str, digest: OrderDigest) -> Option<PaidBack> {
    let deed = line.strip_prefix(&format!("{digest} "))?;
    let (what, rest) = deed.split_once(' ')?;
    let is_reversal = ["refunded", "reversed"].iter().position(|known| *known == what)? == 1;
    let (number, sum) = rest.split_once(' ')?;
    Some(PaidBack { is_reversal, number: number.parse().ok()?, sum: sum.parse().ok()? })
}

impl Service for Terminal {
    const ROLE: Role = Role::CARD_MANAGER;
    const SERVES: Role = Role::SELLER;
    /// A seller calls for all its card holders.
    const SEATS_EACH: usize = SEATS;

    fn greet(&self, handshake: &mut Handshakes, message: &Message, payload: &[u8]) -> Result<Heard> {
        handshake.receive(&*self.manager, message, payload, now()?)
    }

    /// Arrow y, or a demand; the answer, and a receipt for the card holder, which the seller can neither read nor make.
    fn serve(&self, kind: Kind, message: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>> {
        let (digest, answer) = {
            let (bank, journal) = &mut *self.desk();
            match kind {
                Kind::Relay => {
                    let answer = bank.answer(message, now()?, journal)?;
                    (Relay::from_bytes(message)?.digest(), (Kind::Authorization, answer))
                }
                Kind::Request => {
                    let answer = bank.resolve(message, now()?, journal)?;
                    (Request::from_bytes(message)?.digest(), (Kind::Response, answer))
                }
                _ => return Err(format!("the card manager has no use for \"{kind}\"").into()),
            }
        };
        let receipt = self.receipt(digest)?.ok_or("the card manager has not taken it")?;
        Ok(vec![answer, (Kind::Receipt, receipt.to_bytes())])
    }
}
