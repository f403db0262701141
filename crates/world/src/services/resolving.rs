//! Banks: they answer what sellers ask of them, and pay back.

use polyseal::Pending;
use polyseal::card_manager::{AwaitingResolution, CardManagerRequest, Resolved};
use polyseal::message::OrderDigest;

use super::{Step, Taken, acting};
use crate::cast::CAST;
use crate::network::Kind;
use crate::orders::cents;
use crate::plans::Attitude;
use crate::process::Party;
use crate::random::mix;
use crate::trace::{Answer, At, Decision, Demand, Digest, Fact, Later, Role, Says, Status, Until, fingerprint};
use crate::world::{Stop, World};

impl World {
    pub(super) fn filed_request(
        &mut self,
        process: usize,
        pending: Pending<AwaitingResolution, CardManagerRequest>,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (request, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        self.has_part(process, request.part(), true, new, at);
        self.bank_answers(process, request)
    }

    fn bank_answers(&mut self, process: usize, request: CardManagerRequest) -> Result<(), Stop> {
        self.breath(process)?;
        match request {
            CardManagerRequest::AwaitingResolution(demand) => self.resolve(process, demand, true),
            CardManagerRequest::Resolved(resolved) => {
                self.tell_resolution(process, &resolved, None);
                self.respond(process, &resolved, false)
            }
        }
    }

    /// By the plan of the order and the mood of the process: two of one bank may well differ.
    fn resolve(&mut self, process: usize, demand: AwaitingResolution, is_first: bool) -> Result<(), Stop> {
        acting!(self, process, Bank(bank));
        let (now, who) = (self.clock.at(process), self.who(process));
        let digest = *demand.part().digest().as_bytes();
        if let Some(settlement) = demand.settlement() {
            self.fact(Fact::Decided { who, digest, approved: true, new: false, at: self.at(process) });
            self.book(process, settlement, false);
        }
        let (plan, mood) = (self.plan(&digest), mix(self.seed ^ fingerprint(digest), self.step) % 8);
        let sum = demand.demand().refund().map(cents);
        let is_refund = sum.is_some();
        let refuses = if is_refund { plan.fails.is_none() && mood == 0 } else { plan.attitude == Attitude::Stays };
        let pending = if refuses { demand.refuse(bank, "not so", now) } else { demand.grant(bank, now) };
        let pending = match pending {
            Err(refused) if !refuses => {
                self.tell_answers(process, &digest, None);
                self.kept(process, digest, Decision::Grant(sum), refused.error.label());
                refused.state.refuse(bank, "not possible", now)
            }
            pending => pending,
        };
        match pending {
            Ok(pending) => {
                if mood == 1 {
                    // It takes its time; another process may be quicker.
                    self.processes[process].slow = 1 + self.step % 30;
                }
                self.go_on(process, Step::Resolve(Box::new(pending), is_first), None)
            }
            Err(refused) => {
                self.kept(process, digest, Decision::Refuse, refused.error.label());
                Ok(())
            }
        }
    }

    pub(super) fn filed_resolution(
        &mut self,
        process: usize,
        pending: Pending<Resolved, CardManagerRequest>,
        is_first: bool,
        at: At,
    ) -> Result<(), Stop> {
        match self.file(process, pending)? {
            (CardManagerRequest::Resolved(resolved), true) => {
                self.tell_resolution(process, &resolved, Some(at));
                self.respond(process, &resolved, true)
            }
            // The order has changed meanwhile.
            (CardManagerRequest::AwaitingResolution(demand), _) if is_first => self.resolve(process, demand, false),
            (CardManagerRequest::AwaitingResolution(_), _) => Err(Stop::Refused("ledger-take-again")),
            (request, _) => self.bank_answers(process, request),
        }
    }

    /// What the ledger has of the answers to an order, of which a process may have died before it told; all but one.
    fn tell_answers(&mut self, process: usize, digest: &Digest, but: Option<u16>) {
        let party = self.party(process);
        let Party::Bank(bank) = &*party else { return };
        let known = bank.find(OrderDigest::from_bytes(*digest)).file(&mut self.identity(process).storage);
        let Ok(order) = known else { return };
        for (demand, resolution) in order.demands().filter(|(demand, _)| but != Some(demand.number())) {
            let demand = Demand { number: demand.number(), sum: demand.refund().map(cents) };
            let answer = Answer { granted: resolution.refusal().is_none(), refunded: cents(resolution.refunded()) };
            self.later(process, *digest, Later::Resolved { demand, answer, new: None });
        }
    }

    /// The facts of an answer, and of what is paid back by it.
    pub(super) fn tell_resolution(&mut self, process: usize, resolved: &Resolved, new: Option<At>) {
        let digest = *resolved.part().digest().as_bytes();
        let (demand, resolution) = (resolved.demand(), resolved.resolution());
        let demand = Demand { number: demand.number(), sum: demand.refund().map(cents) };
        let answer = Answer { granted: resolution.refusal().is_none(), refunded: cents(resolution.refunded()) };
        self.tell_answers(process, &digest, Some(demand.number));
        self.later(process, digest, Later::Resolved { demand, answer, new });
        let booking = match (resolved.refund(), resolved.reversal()) {
            (Some(refund), _) => Some((false, refund.number(), refund.sum(), refund.payer(), refund.payee())),
            (None, Some(back)) => Some((true, back.number(), back.sum(), back.payer(), back.payee())),
            (None, None) => None,
        };
        let Some((reverses, number, sum, payer, payee)) = booking else { return };
        let (sum, payer, payee, new) = (cents(sum), CAST.who(payer), CAST.who(payee), new.is_some());
        self.later(process, digest, Later::Booked { number, sum, reverses, payer, payee, new });
    }

    pub(super) fn respond(&mut self, process: usize, resolved: &Resolved, new: bool) -> Result<(), Stop> {
        self.breath(process)?;
        acting!(self, process, Bank(bank));
        let (now, part) = (self.clock.at(process), resolved.part());
        let digest = *part.digest().as_bytes();
        let random = &mut self.processes[process].generator;
        let (response, receipt) = (resolved.response(bank, random), resolved.receipt(bank, now, random));
        let seller = part.seller().identifier().clone();
        if let Some(response) = self.made(process, digest, Until::Settle, response) {
            self.reply(process, &seller, Kind::Response, response.to_bytes());
        }
        let resolution = resolved.resolution();
        let status = match (resolution.refusal(), resolved.demand().refund()) {
            (None, None) => Status::Cancelled,
            (None, Some(_)) if new => Status::Approved,
            // How far the order is by now cannot be told from an old answer, or from a refusal.
            _ => return Ok(()),
        };
        let refunded = Some(cents(resolution.refunded()));
        let says = Says { status, withdrawn: None, refunded, consignments: Vec::new() };
        self.give(process, part, Role::Bank, says, receipt);
        Ok(())
    }
}
