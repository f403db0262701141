//! Sellers: they relay, take the answer, and dispatch.

use polyseal::message::{Authorization, Envelope, OrderDigest};
use polyseal::order::Entry;
use polyseal::seller::{Approved, Authorized, AwaitingAuthorization, SellerOrder};
use polyseal::{Pending, Release};

use super::{Step, acting, or_refuse};
use crate::network::{Kind, Message};
use crate::orders::{name_of, role_of};
use crate::trace::{At, Digest, Fact, Role, fingerprint};
use crate::world::{Stop, World};

type Taken = Option<(Message, u64)>;

impl World {
    pub(crate) fn take_at_seller(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        if message.kind == Kind::Envelope {
            let envelope = or_refuse!(Envelope::from_bytes(&message.bytes))?;
            let pending = or_refuse!(seller.receive(&envelope, now))?;
            return self.go_on(process, Step::AtSeller(Box::new(pending)), Some(message));
        }
        let authorization = or_refuse!(Authorization::from_bytes(&message.bytes))?;
        let order = self.order_at_seller(process, authorization.digest())?;
        self.breath(process)?;
        match order {
            SellerOrder::AwaitingAuthorization(order) => {
                let pending = match order.authorize(seller, &authorization, now) {
                    Ok(pending) => pending,
                    Err(refused) => {
                        // A forgery uses nothing up: the state is as it was.
                        let digest = *refused.state.part().digest().as_bytes();
                        self.processes[process].memory.insert(digest, refused.state);
                        return Err(Stop::Refused(refused.error.label()));
                    }
                };
                self.go_on(process, Step::Answer(pending), Some(message))
            }
            known => self.seller_goes_on(process, known),
        }
    }

    /// From memory, from an old export, or from the ledger.
    fn order_at_seller(&mut self, process: usize, digest: OrderDigest) -> Result<SellerOrder, Stop> {
        if let Some(order) = self.processes[process].memory.remove(digest.as_bytes()) {
            return Ok(SellerOrder::AwaitingAuthorization(order));
        }
        acting!(self, process, Seller(seller));
        let is_old = self.step.is_multiple_of(5) && !self.is_calm;
        let identity = self.identity(process);
        let old = identity.exports.get(digest.as_bytes()).filter(|_| is_old);
        if let Some(state) = old {
            return or_refuse!(seller.restore(state));
        }
        or_refuse!(seller.find(digest).file(&mut identity.storage))
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
        self.has_part(process, order.part(), None, new, at);
        self.seller_goes_on(process, order)
    }

    /// Whatever the order needs next, and a receipt.
    pub(super) fn seller_goes_on(&mut self, process: usize, order: SellerOrder) -> Result<(), Stop> {
        self.breath(process)?;
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        let (who, digest) = (self.who(process), *order.part().digest().as_bytes());
        let receipt = order.receipt(seller, now, &mut self.processes[process].generator);
        let holder = order.part().sender().clone();
        let answered = match &order {
            SellerOrder::AwaitingAuthorization(_) => None,
            SellerOrder::Approved(_) => Some(true),
            SellerOrder::Declined(_) => Some(false),
        };
        if let Some(approved) = answered {
            self.fact(Fact::Answered { who, digest, approved, new: false });
        }
        if let SellerOrder::Approved(order) = &order {
            self.tell_dispatches(process, order);
        }
        if let Some(receipt) = self.made(process, digest, receipt) {
            self.reply(process, &holder, Kind::Receipt, receipt.to_bytes());
        }
        match order {
            SellerOrder::AwaitingAuthorization(order) => {
                self.identity(process).exports.entry(digest).or_insert_with(|| order.export().to_vec());
                self.relay_all(
                    process,
                    digest,
                    &order.part().recipients().cloned().collect::<Vec<_>>(),
                    |world, role| order.relay(seller, role, now, &mut world.processes[process].generator),
                )?;
                self.processes[process].memory.insert(digest, order);
                Ok(())
            }
            SellerOrder::Approved(order) => {
                // The card manager has answered.
                let others = order.part().recipients().filter(|entry| role_of(entry.role()) != Some(Role::Bank));
                self.relay_all(process, digest, &others.cloned().collect::<Vec<_>>(), |world, role| {
                    order.relay(seller, role, now, &mut world.processes[process].generator)
                })?;
                self.dispatch_all(process, order)
            }
            SellerOrder::Declined(_) => Ok(()),
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
                if let Some(relay) = self.made(process, digest, relay) {
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
    ) -> Result<(), Stop> {
        let (authorized, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        let order = SellerOrder::from(authorized);
        let (who, digest) = (self.who(process), *order.part().digest().as_bytes());
        let approved = matches!(order, SellerOrder::Approved(_));
        self.fact(Fact::Answered { who, digest, approved, new });
        self.seller_goes_on(process, order)
    }

    /// Dispatches to whoever waits, and sends again what is dispatched.
    fn dispatch_all(&mut self, process: usize, order: Approved) -> Result<(), Stop> {
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        let waiting: Vec<Entry> =
            order.part().recipients().filter(|entry| entry.release() == Release::OnApproval).cloned().collect();
        for entry in &waiting {
            if order.instructions(entry.role()).is_some() {
                self.breath(process)?;
                let random = &mut self.processes[process].generator;
                let dispatch = order.dispatch_message(seller, entry.role(), now, random);
                if let Some(dispatch) = self.made(process, digest, dispatch) {
                    self.reply(process, entry.identifier(), Kind::Dispatch, dispatch.to_bytes());
                }
            }
        }
        let next = waiting.iter().find(|entry| order.instructions(entry.role()).is_none());
        let Some(role) = next.and_then(|entry| role_of(entry.role())) else { return Ok(()) };
        let instructions = format!("by process {process} at {}", self.step);
        match order.dispatch(seller, &name_of(role), instructions.as_bytes(), now) {
            Ok(pending) => self.go_on(process, Step::Dispatch(pending, role), None),
            Err(refused) => {
                self.not_made(process, digest, refused.error.label());
                Ok(())
            }
        }
    }

    pub(super) fn filed_dispatch(
        &mut self,
        process: usize,
        pending: Pending<Approved>,
        role: Role,
        at: At,
    ) -> Result<(), Stop> {
        let (order, new) = self.file(process, pending)?;
        if new {
            let said = order.instructions(&name_of(role)).map(fingerprint);
            let (who, digest) = (self.who(process), *order.part().digest().as_bytes());
            if let Some(instructions) = said {
                self.fact(Fact::Dispatched { who, digest, role, instructions, new, at });
            }
        }
        self.seller_goes_on(process, SellerOrder::Approved(order))
    }

    /// What the ledger says was dispatched before.
    fn tell_dispatches(&mut self, process: usize, order: &Approved) {
        let (who, digest, at) = (self.who(process), *order.part().digest().as_bytes(), self.at(process));
        for role in order.dispatched().filter_map(role_of).collect::<Vec<_>>() {
            if let Some(instructions) = order.instructions(&name_of(role)).map(fingerprint) {
                self.fact(Fact::Dispatched { who, digest, role, instructions, new: false, at });
            }
        }
    }

    /// Takes up an order by its digest.
    pub(crate) fn seller_again(&mut self, process: usize, digest: OrderDigest) -> Result<(), Stop> {
        let order = self.order_at_seller(process, digest)?;
        self.seller_goes_on(process, order)
    }
}
