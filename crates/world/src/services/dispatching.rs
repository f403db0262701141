//! Sellers: they dispatch consignments, each once, and send again what is dispatched.

use polyseal::message::{Consignment, OrderDigest};
use polyseal::order::Entry;
use polyseal::seller::{Approved, SellerOrder};
use polyseal::{Pending, Release};

use super::{Step, acting, load};
use crate::orders::{name_of, role_of};
use crate::plans::Deed;
use crate::random::mix;
use crate::trace::{At, Later, Role, Until};
use crate::world::{Stop, World};

impl World {
    /// Sends all that is dispatched, once more.
    pub(super) fn send_dispatches(&mut self, process: usize, order: &SellerOrder) -> Result<(), Stop> {
        let filed: Vec<_> = order.dispatches().map(|(role, one)| (role.clone(), one.consignment().number())).collect();
        filed.iter().try_for_each(|(role, number)| self.send_dispatch(process, order, role, *number))
    }

    fn send_dispatch(
        &mut self,
        process: usize,
        order: &SellerOrder,
        role: &polyseal::Role,
        number: u16,
    ) -> Result<(), Stop> {
        self.breath(process)?;
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        let random = &mut self.processes[process].generator;
        let dispatch = match order {
            SellerOrder::Approved(order) => order.consignment_message(seller, role, number, now, random),
            SellerOrder::Cancelling(order) => order.consignment_message(seller, role, number, now, random),
            SellerOrder::Cancelled(order) => order.consignment_message(seller, role, number, now, random),
            _ => return Ok(()),
        };
        let to = order.part().recipients().find(|entry| entry.role() == role).map(|entry| entry.identifier().clone());
        if let (Some(dispatch), Some(to)) = (self.made(process, digest, Until::Deliver, dispatch), to) {
            self.reply(process, &to, crate::network::Kind::Dispatch, dispatch.to_bytes());
        }
        Ok(())
    }

    /// Dispatches to whoever waits: the first consignment to each at once, further ones when they are due.
    pub(super) fn dispatch_next(&mut self, process: usize, order: Approved, is_due: bool) -> Result<(), Stop> {
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        let plan = self.plan(&digest);
        let filed = |entry: &Entry| order.dispatches().filter(|(role, _)| *role == entry.role()).count();
        let waiting = order.part().recipients().filter(|entry| entry.release() == Release::OnApproval);
        let least =
            waiting.filter_map(|entry| Some((role_of(entry.role())?, filed(entry)))).min_by_key(|(_, filed)| *filed);
        let Some((role, filed)) = least else { return Ok(()) };
        let order = if self.step.is_multiple_of(16) {
            // A seller errs: this one is not the next, or there is none after the last.
            let number = u16::try_from(filed + 2).unwrap();
            let other = Consignment::new(number, true).unwrap();
            match order.dispatch_consignment(seller, &name_of(role), other, b"by mistake", now) {
                Ok(pending) => return self.go_on(process, Step::Dispatch(pending, role, number), None),
                Err(refused) => {
                    self.counts.label(refused.error.label());
                    refused.state
                }
            }
        } else {
            order
        };
        if filed == usize::from(plan.consignments) {
            return Ok(());
        }
        if filed > 0 && !is_due {
            let pause = mix(mix(self.seed, 32), self.step) % 160;
            self.is_to(digest, Deed::Dispatch, pause);
            return Ok(());
        }
        let number = u16::try_from(filed + 1).unwrap();
        let consignment = Consignment::new(number, number == plan.consignments).unwrap();
        let instructions = format!("by process {process} at {}", self.step);
        match order.dispatch_consignment(seller, &name_of(role), consignment, instructions.as_bytes(), now) {
            Ok(pending) => self.go_on(process, Step::Dispatch(pending, role, number), None),
            Err(refused) => {
                self.not_made(process, digest, Until::Deliver, refused.error.label());
                Ok(())
            }
        }
    }

    /// Dispatches the consignment that is due. Whether there is none left.
    pub(crate) fn dispatch_due(&mut self, process: usize, digest: OrderDigest) -> Result<bool, Stop> {
        let order = self.order_in_ledger(process, digest)?;
        let SellerOrder::Approved(order) = order else { return Ok(true) };
        self.dispatch_next(process, order, true).map(|()| true)
    }

    pub(super) fn filed_dispatch(
        &mut self,
        process: usize,
        pending: Pending<Approved>,
        (role, number): (Role, u16),
        at: At,
    ) -> Result<(), Stop> {
        let (order, new) = self.file(process, pending)?;
        let digest = *order.part().digest().as_bytes();
        let to = name_of(role);
        let said = {
            let mut own = order.dispatches().filter(|(own, _)| **own == to).map(|(_, one)| load(one));
            own.find(|load| load.number == number)
        };
        if let Some(load) = said.filter(|_| new) {
            self.later(process, digest, Later::Dispatched { role, load, new: Some(at) });
        }
        let order = SellerOrder::from(order);
        self.tell_order(process, &order);
        self.breath(process)?;
        self.seller_receipt(process, &order)?;
        if said.is_some() {
            self.send_dispatch(process, &order, &to, number)?;
        }
        match order {
            SellerOrder::Approved(order) if new => self.dispatch_next(process, order, false),
            SellerOrder::Approved(_) => {
                self.is_to(digest, Deed::Dispatch, 1);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
