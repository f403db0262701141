//! The calm after the storm: nothing fails any more, and every honest order has to come to its end.

use polyseal::message::OrderDigest;

use crate::cast::ALL;
use crate::orders::{Chosen, shape};
use crate::plans;
use crate::random::{Random, mix};
use crate::trace::{Digest, Fact, Role, Until, Way, Who};
use crate::world::{Stop, World};

/// How often a card holder asks again in the calm.
const ROUNDS: usize = 3;
/// The most deliveries of a round for each order, and for each message that is under way.
const BOUND: u64 = 120;

impl World {
    /// Everything is mended; what has ended stays, and what has not gets through.
    pub(super) fn calm(&mut self) {
        // What was checked in the storm is filed in it: a reason for which that is refused may be gone later.
        for process in 0..self.processes.len() {
            self.processes[process].slow = 0;
            let step = self.step;
            self.processes[process].parked.iter_mut().for_each(|(due, _)| *due = step);
            self.unpark(process);
        }
        self.is_calm = true;
        for process in 0..self.processes.len() {
            self.tell_ahead(process);
        }
        self.clock.heal();
        for who in 0..ALL {
            self.identities[usize::from(who)].storage.heal();
            for peer in self.identities[usize::from(who)].revoked.clone() {
                self.revoke(who, peer, false);
            }
        }
        for process in &mut self.processes {
            process.heal();
        }
        let now = self.clock.now();
        self.fact(Fact::Calm { now });
        let mut quiet = self.settle();
        for round in 0..ROUNDS {
            if round + 1 == ROUNDS {
                self.fact(Fact::LastRound);
            }
            // Everything once, because a dispatch that was lost after its receipt, or came too early, is nobody's to miss.
            for (holder, place) in self.placed() {
                let placed = &self.identities[usize::from(holder)].placed[place];
                let is_waiting = round == 0 || self.early.contains(&placed.digest) || !placed.is_done;
                if is_waiting {
                    self.send_order(holder, place);
                }
                self.take_up(holder, place, is_waiting);
            }
            quiet = quiet && self.settle();
        }
        let now = self.clock.now();
        self.fact(Fact::Ended { now, quiet });
    }

    /// What a deadline makes parties do with an order: all of it, if it has not come to its end.
    fn take_up(&mut self, holder: Who, place: usize, is_waiting: bool) {
        let placed = &self.identities[usize::from(holder)].placed[place];
        let (digest, chosen, form) = (placed.digest, placed.chosen, placed.form);
        let plan = self.plan(&digest);
        if placed.is_withdrawing && !placed.is_withdrawn {
            self.is_to(digest, plans::Deed::Withdraw, 0);
        }
        if plan.ends_cancelled() && is_waiting {
            self.is_to(digest, plans::Deed::Cancel, 0);
        }
        self.look_into_the_books(&digest, &chosen);
        if !plan.is_storied() {
            return;
        }
        let mut random = Random::new(mix(mix(self.seed, 33), self.step));
        for (role, way, _) in shape(form) {
            let who = chosen.iter().find(|(own, _)| own == role).unwrap().1;
            let process = *random.pick(&self.of[usize::from(who)]);
            let digest = OrderDigest::from_bytes(digest);
            let done = match (role, way) {
                (Role::Seller, _) if is_waiting => self.seller_again(process, digest),
                (Role::Seller, _) => self.seller_asks_again(process, digest),
                (_, Way::OnApproval) if is_waiting => self.recipient_again(process, digest),
                _ => Ok(()),
            };
            if let Err(Stop::Refused(label)) = done {
                self.not_made(process, *digest.as_bytes(), Until::Settle, label);
            }
        }
    }

    /// A bank that died between its decision and its booking has one left to make.
    fn look_into_the_books(&mut self, digest: &Digest, chosen: &Chosen) {
        let Some((_, bank)) = chosen.iter().find(|(role, _)| *role == Role::Bank) else { return };
        let bank = usize::from(*bank);
        if self.identities[bank].books.contains(digest) {
            return;
        }
        let process = *Random::new(mix(mix(self.seed, 34), self.moment)).pick(&self.of[bank]);
        if let Err(Stop::Refused(label)) = self.bank_again(process, OrderDigest::from_bytes(*digest)) {
            self.counts.label(label);
        }
    }

    /// Delivers what is under way, until nothing is. Whether that came within the bound.
    fn settle(&mut self) -> bool {
        // A message under way may be an order that comes again, and brings all that an order brings.
        let orders = u64::try_from(self.placed().len() + self.network.under_way()).unwrap();
        let most = self.counts.messages + BOUND * (orders + 10);
        while self.counts.messages < most {
            let parked = self.processes.iter().any(|process| !process.parked.is_empty());
            if (self.network.is_quiet() && !parked && self.agenda.is_empty()) || self.violation().is_some() {
                return true;
            }
            self.tick();
        }
        false
    }
}
