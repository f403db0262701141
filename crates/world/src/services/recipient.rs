//! Couriers and gateways: they take what is for them.

use polyseal::message::{Direct, Dispatch, Relay};
use polyseal::recipient::Delivery;
use polyseal::{Pending, Release};

use super::{Step, acting, or_refuse};
use crate::cast::role;
use crate::network::{Kind, Message};
use crate::trace::{At, Role, fingerprint};
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
        taken: Option<(Message, u64)>,
        at: At,
    ) -> Result<(), Stop> {
        let (delivery, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        let own = delivery
            .part()
            .recipients()
            .find(|entry| crate::cast::CAST.who(entry.identifier()) == Some(self.who(process)));
        let gated = own.is_some_and(|entry| entry.release() == Release::OnApproval);
        let instructions = gated.then(|| fingerprint(delivery.instructions()));
        self.has_part(process, delivery.part(), instructions, new, at);
        self.breath(process)?;
        let digest = *delivery.part().digest().as_bytes();
        self.identity(process).books.insert(digest);
        acting!(self, process, Recipient(recipient));
        let (now, holder) = (self.clock.at(process), delivery.part().sender().clone());
        // A gateway gives none: it tries now and then.
        if role(self.who(process)) == Some(Role::Gateway) && !self.step.is_multiple_of(32) {
            return Ok(());
        }
        let receipt = delivery.receipt(recipient, now, &mut self.processes[process].generator);
        if let Some(receipt) = self.made(process, digest, receipt) {
            self.reply(process, &holder, Kind::Receipt, receipt.to_bytes());
        }
        Ok(())
    }
}
