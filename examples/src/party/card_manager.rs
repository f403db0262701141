//! The card manager: knows the cards, and approves or declines.

use polyseal::{
    Accepted, Approval, Authentication, AwaitingDecision, CardManager, CardManagerOrder, Direct, FieldName,
    MemoryLedger, Order, Received, Refused, Relay, Role, Settlement, Share,
};

use super::confirmation::Confirmations;
use super::{Party, ledger, names, unexpected};
use crate::cards;
use crate::message::{Kind, Message};
use crate::program::{Result, os_rng};

/// A bank.
pub struct Bank {
    terminal: CardManager<Share>,
    confirmations: Confirmations,
    ledger: MemoryLedger,
    books: Books,
    /// For the example's report.
    readable: Vec<FieldName>,
}

/// What the bank has besides the protocol.
struct Books {
    /// A record is a small order: names and secret values.
    cards: Vec<Order>,
    settled: Vec<Settlement>,
}

impl Bank {
    pub fn new(share: Share, sellers: Accepted, cards: Vec<Order>) -> Self {
        let books = Books { cards, settled: Vec::new() };
        let terminal = CardManager::new(share, sellers);
        Self { terminal, confirmations: Confirmations::default(), ledger: ledger(), books, readable: Vec::new() }
    }

    /// What it has paid.
    pub fn settled(&self) -> &[Settlement] {
        &self.books.settled
    }
}

impl Books {
    /// Decides an order, and books what it is entitled to.
    fn decide(
        &mut self,
        awaiting: AwaitingDecision<'_, Share>,
        now: u64,
        ledger: &mut MemoryLedger,
    ) -> Result<Authentication> {
        let mut rng = os_rng();
        if let Some(reason) = cards::objection(&self.cards, awaiting.part()) {
            return Ok(awaiting.decline(reason, ledger, &mut rng).map_err(Refused::into_error)?);
        }
        let approval = awaiting.approve(now, ledger, &mut rng).map_err(Refused::into_error)?;
        let Approval { authentication, settlement, .. } = approval;
        self.settled.push(settlement);
        Ok(authentication)
    }
}

impl Party for Bank {
    fn receive(&mut self, message: &Message, now: u64) -> Result<Vec<Message>> {
        let received = match message.kind {
            Kind::Relay => self.terminal.receive(&Relay::from_bytes(&message.bytes)?, now, &mut self.ledger)?,
            Kind::Direct => {
                self.terminal.receive_direct(&Direct::from_bytes(&message.bytes)?, now, &mut self.ledger)?
            }
            Kind::Hello | Kind::Answer | Kind::Confirmation => {
                return Ok(self.confirmations.receive(&self.terminal, message, &[], now)?.replies);
            }
            _ => return unexpected(&Role::CARD_MANAGER, message),
        };
        let answer = match received {
            Received::New(awaiting) | Received::Again(CardManagerOrder::AwaitingDecision(awaiting)) => {
                self.readable = names(awaiting.part());
                self.books.decide(awaiting, now, &mut self.ledger)?.to_bytes()
            }
            // The seller asks again: the answer is the same, and nothing is paid twice.
            Received::Again(CardManagerOrder::Decided(decided)) => decided.authentication().to_bytes(),
        };
        let (from, to) = (Role::CARD_MANAGER, Role::SELLER);
        Ok(vec![Message { from, to, kind: Kind::Authentication, bytes: answer }])
    }

    fn readable(&self) -> Vec<FieldName> {
        self.readable.clone()
    }
}
