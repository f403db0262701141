//! Couriers and gateways: they take what is for them, and tell what became of it.

use polyseal::Pending;
use polyseal::message::{Direct, Dispatch, OrderDigest, Relay};
use polyseal::recipient::Delivery;

use super::{Step, Taken, acting, load, or_refuse, reported};
use crate::cast::role;
use crate::network::{Kind, Message};
use crate::random::mix;
use crate::trace::{At, Later, Role, Says, Status, Until, fingerprint};
use crate::world::{Stop, World};

impl World {
    pub(crate) fn take_at_recipient(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        acting!(self, process, Recipient(recipient));
        let (bytes, now) = (&*message.bytes, self.clock.at(process));
        let pending = match message.kind {
            Kind::Relay => or_refuse!(recipient.receive_relay(&or_refuse!(Relay::from_bytes(bytes))?, now))?,
            Kind::Direct => or_refuse!(recipient.receive_direct(&or_refuse!(Direct::from_bytes(bytes))?, now))?,
            _ => or_refuse!(recipient.receive_dispatch(&or_refuse!(Dispatch::from_bytes(bytes))?, now))?,
        };
        self.go_on(process, Step::AtRecipient(pending), Some(message))
    }

    pub(super) fn filed_at_recipient(
        &mut self,
        process: usize,
        pending: Pending<Delivery>,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (delivery, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        // A further consignment is new, and its order is not.
        self.has_part(process, delivery.part(), false, new && delivery.consignments().len() < 2, at);
        let digest = *delivery.part().digest().as_bytes();
        if let (Some(role), Some(consigned)) = (role(self.who(process)), delivery.consignment()) {
            let load = load(consigned);
            self.later(process, digest, Later::Arrived { role, load, new: new.then_some(at) });
        }
        self.keep_export(process, digest, || delivery.export());
        self.breath(process)?;
        self.recipient_receipt(process, &delivery)?;
        self.tell_outcome(process, delivery)
    }

    /// What became of the consignment at hand.
    fn tell_outcome(&mut self, process: usize, delivery: Delivery) -> Result<(), Stop> {
        acting!(self, process, Recipient(recipient));
        let digest = *delivery.part().digest().as_bytes();
        let (plan, now) = (self.plan(&digest), self.clock.at(process));
        let Some(consigned) = delivery.consignment().filter(|_| plan.reports) else { return Ok(()) };
        let number = consigned.consignment().number();
        if consigned.outcome().is_some() && !self.step.is_multiple_of(4) {
            return self.send_outcome(process, &delivery, number);
        }
        if consigned.outcome().is_none() && self.step.is_multiple_of(16) {
            // A recipient errs: it has nothing to tell yet.
            let report = delivery.delivery_report(recipient, number, &mut self.processes[process].generator);
            let label = report.map_or_else(|error| error.label(), |_| "a report that nobody filed");
            self.counts.label(label);
        }
        // Two processes of one party may well differ: the first one counts.
        let mood = mix(self.seed ^ fingerprint(digest), self.step) % 32;
        let pending = if plan.fails == Some(number) || mood == 0 {
            delivery.failed(recipient, number, "nobody there", now)
        } else {
            delivery.delivered(recipient, number, now)
        };
        match pending {
            Ok(pending) => self.go_on(process, Step::Outcome(pending, number), None),
            Err(refused) => {
                self.not_made(process, digest, Until::Settle, refused.error.label());
                Ok(())
            }
        }
    }

    pub(super) fn filed_outcome(
        &mut self,
        process: usize,
        pending: Pending<Delivery>,
        number: u16,
    ) -> Result<(), Stop> {
        let (delivery, _) = self.file(process, pending)?;
        self.recipient_receipt(process, &delivery)?;
        self.send_outcome(process, &delivery, number)
    }

    fn send_outcome(&mut self, process: usize, delivery: &Delivery, number: u16) -> Result<(), Stop> {
        let digest = *delivery.part().digest().as_bytes();
        let filed = delivery.consignments().iter().find(|one| one.consignment().number() == number);
        if let (Some(role), Some(outcome)) = (role(self.who(process)), filed.and_then(|one| one.outcome())) {
            self.later(process, digest, Later::Outcome { role, number, failed: outcome.failure().is_some() });
        }
        self.breath(process)?;
        acting!(self, process, Recipient(recipient));
        let report = delivery.delivery_report(recipient, number, &mut self.processes[process].generator);
        if let Some(report) = self.made(process, digest, Until::Settle, report) {
            self.reply(process, delivery.part().seller().identifier(), Kind::Delivery, report.to_bytes());
        }
        Ok(())
    }

    fn recipient_receipt(&mut self, process: usize, delivery: &Delivery) -> Result<(), Stop> {
        acting!(self, process, Recipient(recipient));
        let Some(role) = role(self.who(process)) else { return Ok(()) };
        // A gateway gives none: it tries now and then.
        if role == Role::Gateway && !self.step.is_multiple_of(32) {
            return Ok(());
        }
        let now = self.clock.at(process);
        let consignments = delivery.consignments().iter().map(|one| reported(role, one)).collect();
        let says = Says { status: Status::Received, withdrawn: None, refunded: None, consignments };
        let receipt = delivery.receipt(recipient, now, &mut self.processes[process].generator);
        self.give(process, delivery.part(), role, says, receipt);
        Ok(())
    }

    /// Tells once more what became of an order's consignments, from an old export or from the ledger.
    pub(crate) fn recipient_again(&mut self, process: usize, digest: OrderDigest) -> Result<(), Stop> {
        acting!(self, process, Recipient(recipient));
        let delivery = if let Some(state) = self.old_export(process, digest.as_bytes()) {
            or_refuse!(recipient.restore(state))?
        } else {
            or_refuse!(recipient.find(digest).file(&mut self.identity(process).storage))?
        };
        let numbers: Vec<u16> = delivery.consignments().iter().map(|one| one.consignment().number()).collect();
        let told = |number: &u16| {
            let mut all = delivery.consignments().iter();
            all.any(|one| one.consignment().number() == *number && one.outcome().is_some())
        };
        for number in numbers.into_iter().filter(told) {
            self.send_outcome(process, &delivery, number)?;
        }
        self.tell_outcome(process, delivery)
    }
}
