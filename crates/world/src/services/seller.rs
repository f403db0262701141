//! Sellers: they relay, take the answer, and say how far an order has come.

use polyseal::message::{Authorization, Envelope, OrderDigest};
use polyseal::order::Entry;
use polyseal::seller::{Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{Pending, Release};

use super::{Addition, Step, Taken, acting, or_refuse};
use crate::network::{Kind, Message};
use crate::orders::{cents, role_of};
use crate::plans::Attitude;
use crate::trace::{Answer, At, Demand, Digest, Fact, Later, Role, Says, Status, Until};
use crate::world::{Stop, World};

impl World {
    pub(crate) fn take_at_seller(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        if message.kind == Kind::Envelope {
            let envelope = or_refuse!(Envelope::from_bytes(&message.bytes))?;
            let pending = or_refuse!(seller.receive(&envelope, now))?;
            return self.go_on(process, Step::AtSeller(Box::new(pending)), Some(message));
        }
        if message.kind != Kind::Authorization {
            return self.take_news(process, message);
        }
        let authorization = or_refuse!(Authorization::from_bytes(&message.bytes))?;
        let order = self.order_at_seller(process, authorization.digest())?;
        self.breath(process)?;
        match order {
            SellerOrder::AwaitingAuthorization(order) => {
                let state = order.export();
                let pending = match order.authorize(seller, &authorization, now) {
                    Ok(pending) => pending,
                    Err(refused) => {
                        self.is_used_up = refused.state.export() != state;
                        let digest = *refused.state.part().digest().as_bytes();
                        self.processes[process].memory.insert(digest, refused.state);
                        return Err(Stop::Refused(refused.error.label()));
                    }
                };
                self.go_on(process, Step::Answer(pending), Some(message))
            }
            SellerOrder::Cancelling(order) => {
                let pending = order.authorize(seller, &authorization, now);
                let pending = pending.map_err(|refused| Stop::Refused(refused.error.label()))?;
                self.go_on(process, Step::Addition(pending, Addition::Verdict), Some(message))
            }
            known => {
                let digest = *known.part().digest().as_bytes();
                match self.seller_goes_on(process, known) {
                    // What is filed next, and may tear, is not what this message brings: it is not even opened.
                    Err(Stop::Refused(label @ "ledger-damaged")) => {
                        self.not_made(process, digest, Until::Settle, label);
                        Ok(())
                    }
                    done => done,
                }
            }
        }
    }

    /// From memory, from an old export, or from the ledger.
    pub(super) fn order_at_seller(&mut self, process: usize, digest: OrderDigest) -> Result<SellerOrder, Stop> {
        if let Some(order) = self.processes[process].memory.remove(digest.as_bytes()) {
            return Ok(SellerOrder::AwaitingAuthorization(order));
        }
        acting!(self, process, Seller(seller));
        if let Some(state) = self.old_export(process, digest.as_bytes()) {
            return or_refuse!(seller.restore(state));
        }
        self.order_in_ledger(process, digest)
    }

    pub(super) fn order_in_ledger(&mut self, process: usize, digest: OrderDigest) -> Result<SellerOrder, Stop> {
        acting!(self, process, Seller(seller));
        let order = or_refuse!(seller.find(digest).file(&mut self.identity(process).storage))?;
        self.tell_order(process, &order);
        Ok(order)
    }

    pub(super) fn filed_at_seller(
        &mut self,
        process: usize,
        pending: Pending<AwaitingAuthorization, SellerOrder>,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (order, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        self.has_part(process, order.part(), false, new, at);
        self.seller_goes_on(process, order)
    }

    /// Whatever the order needs next, and a receipt.
    pub(super) fn seller_goes_on(&mut self, process: usize, order: SellerOrder) -> Result<(), Stop> {
        self.breath(process)?;
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        self.tell_order(process, &order);
        self.seller_receipt(process, &order)?;
        self.ask_again(process, &order)?;
        self.send_dispatches(process, &order)?;
        let is_hidden = self.plan(&digest).attitude == Attitude::Unseen;
        match order {
            SellerOrder::AwaitingAuthorization(order) => {
                self.keep_export(process, digest, || order.export());
                let others = order.part().recipients().filter(|entry| !is_hidden || !is_bank(entry));
                self.relay_all(process, digest, &others.cloned().collect::<Vec<_>>(), |world, role| {
                    order.relay(seller, role, now, &mut world.processes[process].generator)
                })?;
                self.processes[process].memory.insert(digest, order);
                Ok(())
            }
            SellerOrder::Approved(order) => {
                // The card manager has answered.
                let others = order.part().recipients().filter(|entry| !is_bank(entry));
                self.relay_all(process, digest, &others.cloned().collect::<Vec<_>>(), |world, role| {
                    order.relay(seller, role, now, &mut world.processes[process].generator)
                })?;
                self.dispatch_next(process, order, false)
            }
            SellerOrder::Declined(_) | SellerOrder::Cancelling(_) | SellerOrder::Cancelled(_) => Ok(()),
        }
    }

    fn relay_all(
        &mut self,
        process: usize,
        digest: Digest,
        recipients: &[Entry],
        relay: impl Fn(&mut Self, &polyseal::Role) -> Result<polyseal::message::Relay, polyseal::SendError>,
    ) -> Result<(), Stop> {
        for entry in recipients.iter().filter(|entry| entry.release() == Release::OnReceipt) {
            if role_of(entry.role()) != Some(Role::Seller) {
                self.breath(process)?;
                let relay = relay(self, entry.role());
                if let Some(relay) = self.made(process, digest, Until::Deliver, relay) {
                    self.reply(process, entry.identifier(), Kind::Relay, relay.to_bytes());
                }
            }
        }
        Ok(())
    }

    pub(super) fn filed_answer(
        &mut self,
        process: usize,
        pending: Pending<Authorized>,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (authorized, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        let order = SellerOrder::from(authorized);
        let (who, digest) = (self.who(process), *order.part().digest().as_bytes());
        if let Some(approved) = order.is_approved().filter(|_| new) {
            self.fact(Fact::Answered { who, digest, approved, new: Some(at) });
        }
        self.seller_goes_on(process, order)
    }

    /// What the state of an order says of it.
    pub(super) fn tell_order(&mut self, process: usize, order: &SellerOrder) {
        let (who, digest) = (self.who(process), *order.part().digest().as_bytes());
        if let Some(approved) = order.is_approved() {
            self.fact(Fact::Answered { who, digest, approved, new: None });
        }
        if order.withdrawn_at().is_some() {
            self.later(process, digest, Later::Withdrawn);
        }
        for (role, consigned) in order.dispatches() {
            let Some(role) = role_of(role) else { continue };
            let load = super::load(consigned);
            self.later(process, digest, Later::Dispatched { role, load, new: None });
            if let Some(outcome) = consigned.outcome() {
                let (number, failed) = (load.number, outcome.failure().is_some());
                self.later(process, digest, Later::Heard { role, number, failed });
            }
        }
        for (demand, answer) in order.demands() {
            let demand = Demand { number: demand.number(), sum: demand.refund().map(cents) };
            self.later(process, digest, Later::Demanded { demand, new: None });
            if let Some(answer) = answer {
                let answer = Answer { granted: answer.refusal().is_none(), refunded: cents(answer.refunded()) };
                self.later(process, digest, Later::Told { number: demand.number, answer });
            }
        }
    }

    pub(super) fn seller_receipt(&mut self, process: usize, order: &SellerOrder) -> Result<(), Stop> {
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        let status = match (order, order.is_approved()) {
            (SellerOrder::Cancelled(_), _) => Status::Cancelled,
            (_, None) => Status::Received,
            (_, Some(true)) => Status::Approved,
            (_, Some(false)) => Status::Declined,
        };
        let mut consignments: Vec<_> =
            order.dispatches().filter_map(|(role, one)| Some(super::reported(role_of(role)?, one))).collect();
        // A receipt tells them by role.
        consignments.sort_unstable();
        let (withdrawn, refunded) = (order.withdrawn_at(), order.refunded().as_ref().map(cents));
        let says = Says { status, withdrawn, refunded, consignments };
        let receipt = order.receipt(seller, now, &mut self.processes[process].generator);
        self.give(process, order.part(), Role::Seller, says, receipt);
        Ok(())
    }

    /// Sends the demands of an order that are not answered, by its digest.
    pub(crate) fn seller_asks_again(&mut self, process: usize, digest: OrderDigest) -> Result<(), Stop> {
        let order = self.order_in_ledger(process, digest)?;
        self.ask_again(process, &order)
    }

    /// Takes up an order by its digest. Whoever asks in the calm has waited for long, and looks into the ledger.
    pub(crate) fn seller_again(&mut self, process: usize, digest: OrderDigest) -> Result<(), Stop> {
        let order =
            if self.is_calm { self.order_in_ledger(process, digest) } else { self.order_at_seller(process, digest) }?;
        self.seller_goes_on(process, order)
    }
}

fn is_bank(entry: &Entry) -> bool {
    role_of(entry.role()) == Some(Role::Bank)
}
