//! Banks: they decide, book, and answer.

use polyseal::card_manager::{AwaitingDecision, CardManagerOrder, Decided, Settlement};
use polyseal::message::{Direct, OrderDigest, Part, Receipt, Relay, Request};
use polyseal::order::Amount;
use polyseal::{Pending, SendError};

use super::{Step, Taken, acting, or_refuse};
use crate::cast::CAST;
use crate::network::{Kind, Message};
use crate::orders::cents;
use crate::plans::Attitude;
use crate::random::mix;
use crate::trace::{At, Decision, Digest, Fact, Role, Says, Status, Until, fingerprint};
use crate::world::{Stop, World};

impl World {
    pub(crate) fn take_at_bank(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        acting!(self, process, Bank(bank));
        let now = self.clock.at(process);
        if message.kind == Kind::Request {
            let request = or_refuse!(Request::from_bytes(&message.bytes))?;
            let pending = or_refuse!(bank.receive_request(&request, now))?;
            return self.go_on(process, Step::Request(Box::new(pending)), Some(message));
        }
        let pending = if message.kind == Kind::Relay {
            or_refuse!(bank.receive(&or_refuse!(Relay::from_bytes(&message.bytes))?, now))?
        } else {
            or_refuse!(bank.receive_direct(&or_refuse!(Direct::from_bytes(&message.bytes))?, now))?
        };
        self.go_on(process, Step::AtBank(Box::new(pending)), Some(message))
    }

    pub(super) fn filed_at_bank(
        &mut self,
        process: usize,
        pending: Pending<AwaitingDecision, CardManagerOrder>,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (order, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        self.has_part(process, order.part(), false, new, at);
        self.bank_goes_on(process, order)
    }

    fn bank_goes_on(&mut self, process: usize, order: CardManagerOrder) -> Result<(), Stop> {
        self.breath(process)?;
        match order {
            CardManagerOrder::AwaitingDecision(order) => self.decide(process, order),
            CardManagerOrder::Decided(decided) => {
                let at = self.at(process);
                self.tell_decision(process, &decided, false, at)?;
                self.answer(process, &decided)
            }
            CardManagerOrder::Cancelled(resolved) => {
                self.tell_resolution(process, &resolved, None);
                self.respond(process, &resolved, false)
            }
        }
    }

    /// By the mood of the process: two of one bank may well differ.
    fn decide(&mut self, process: usize, order: AwaitingDecision) -> Result<(), Stop> {
        acting!(self, process, Bank(bank));
        let now = self.clock.at(process);
        let random = &mut self.processes[process].generator;
        let receipt = order.receipt(bank, now, random);
        self.bank_gives(process, order.part(), (Status::Received, None), receipt);
        let digest = *order.part().digest().as_bytes();
        self.keep_export(process, digest, || order.export());
        let mood = mix(self.seed ^ fingerprint(digest), self.step) % 16;
        if (mood == 0 && !self.is_calm) || self.plan(&digest).attitude == Attitude::Silent {
            return Ok(());
        }
        if mood > 2 {
            match order.approve(bank, now) {
                Ok(pending) => return self.go_on(process, Step::Approve(pending), None),
                Err(refused) => {
                    self.kept(process, digest, Decision::Approve, refused.error.label());
                    return self.decline(process, refused.state);
                }
            }
        }
        self.decline(process, order)
    }

    fn decline(&mut self, process: usize, order: AwaitingDecision) -> Result<(), Stop> {
        acting!(self, process, Bank(bank));
        let now = self.clock.at(process);
        let digest = *order.part().digest().as_bytes();
        match order.decline(bank, "not today", now) {
            Ok(pending) => self.go_on(process, Step::Decline(pending), None),
            Err(refused) => {
                self.kept(process, digest, Decision::Decline, refused.error.label());
                Ok(())
            }
        }
    }

    /// A bank that cannot decide as it likes.
    pub(super) fn kept(&mut self, process: usize, digest: Digest, from: Decision, label: &'static str) {
        let (who, at) = (self.who(process), self.at(process));
        self.counts.label(label);
        self.fact(Fact::Kept { who, digest, from, label, at });
    }

    pub(super) fn filed_decision(
        &mut self,
        process: usize,
        (decided, new): (Decided, bool),
        at: At,
    ) -> Result<(), Stop> {
        self.tell_decision(process, &decided, new, at)?;
        self.answer(process, &decided)
    }

    fn tell_decision(&mut self, process: usize, decided: &Decided, new: bool, at: At) -> Result<(), Stop> {
        let (who, digest) = (self.who(process), *decided.part().digest().as_bytes());
        self.fact(Fact::Decided { who, digest, approved: decided.reason().is_none(), new, at });
        self.breath(process)?;
        if let Some(settlement) = decided.settlement() {
            self.book(process, settlement, new);
        }
        Ok(())
    }

    /// Withdraws, unless the books have it.
    pub(super) fn book(&mut self, process: usize, settlement: &Settlement, new: bool) {
        let (who, digest) = (self.who(process), *settlement.digest().as_bytes());
        self.identity(process).books.insert(digest);
        let amount = fingerprint(settlement.amount_due().to_string());
        let (payer, payee) = (CAST.who(settlement.payer()), CAST.who(settlement.payee()));
        self.fact(Fact::Settled { who, digest, amount, payer, payee, new });
    }

    fn answer(&mut self, process: usize, decided: &Decided) -> Result<(), Stop> {
        self.breath(process)?;
        acting!(self, process, Bank(bank));
        let now = self.clock.at(process);
        let random = &mut self.processes[process].generator;
        let (authorization, receipt) = (decided.authorization(bank, random), decided.receipt(bank, now, random));
        let seller = decided.part().seller().identifier().clone();
        let digest = *decided.part().digest().as_bytes();
        if let Some(authorization) = self.made(process, digest, Until::Settle, authorization) {
            self.reply(process, &seller, Kind::Authorization, authorization.to_bytes());
        }
        let status = if decided.reason().is_none() { Status::Approved } else { Status::Declined };
        self.bank_gives(process, decided.part(), (status, Some(decided.refunded())), receipt);
        Ok(())
    }

    fn bank_gives(
        &mut self,
        process: usize,
        part: &Part,
        (status, refunded): (Status, Option<Amount>),
        receipt: Result<Receipt, SendError>,
    ) {
        let refunded = Some(refunded.as_ref().map_or(0, cents));
        let says = Says { status, withdrawn: None, refunded, consignments: Vec::new() };
        self.give(process, part, Role::Bank, says, receipt);
    }

    /// Takes up an order by its digest, from an old export or from the ledger.
    pub(crate) fn bank_again(&mut self, process: usize, digest: OrderDigest) -> Result<(), Stop> {
        acting!(self, process, Bank(bank));
        let order = if let Some(state) = self.old_export(process, digest.as_bytes()) {
            or_refuse!(bank.restore(state))?
        } else {
            or_refuse!(bank.find(digest).file(&mut self.identity(process).storage))?
        };
        self.bank_goes_on(process, order)
    }
}
