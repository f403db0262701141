//! Card holders: they place orders, send them again, and read receipts.

use polyseal::CardHolder;
use polyseal::card_holder::{AwaitingReceipt, SealedOrder};
use polyseal::key::KeySource;
use polyseal::message::{Receipt, Report, Status as Reads, Windows};

use crate::cast::{BANK, BANKS, CAST, COURIER, COURIERS, GATEWAY, GATEWAYS, HOLDERS, SELLER, SELLERS};
use crate::clock::DAY;
use crate::network::{Kind, Message};
use crate::orders::{self, ANY, Chosen, Goods, role_of};
use crate::plans::Plan;
use crate::random::Random;
use crate::services::or_refuse;
use crate::trace::{Dates, Digest, Fact, Later, Nature, PartIn, Role, Says, Status, Until, Way, Who};
use crate::world::{Stop, World};

/// What a card holder keeps of an order that it has sent.
pub struct PlacedOrder {
    pub digest: Digest,
    pub chosen: Chosen,
    pub form: usize,
    /// What is to be paid.
    pub due: u64,
    /// What each was to see.
    pub parts: Vec<PartIn>,
    pub envelope: Vec<u8>,
    /// To whom, and what.
    pub directs: Vec<(Who, Vec<u8>)>,
    /// The exported state that reads receipts.
    awaiting: Vec<u8>,
    /// How often its parts were sealed again.
    resealed: u64,
    /// Whether it is to be withdrawn, and a receipt of the seller said that it is.
    pub is_withdrawing: bool,
    pub is_withdrawn: bool,
    /// Whether a receipt said that it is declined, cancelled, or approved with all dispatched that ever will be.
    pub is_done: bool,
}

/// How often an order's parts are sealed again at most.
const MOST_SEALINGS: u64 = 12;

/// Somebody of a kind.
pub(crate) fn one_of(first: Who, count: Who, random: &mut Random) -> Who {
    first + Who::try_from(random.below(u64::from(count))).unwrap()
}

/// Somebody for each role.
pub(crate) fn chosen(random: &mut Random) -> Chosen {
    [
        (Role::Seller, one_of(SELLER, SELLERS, random)),
        (Role::Bank, one_of(BANK, BANKS, random)),
        (Role::Courier, one_of(COURIER, COURIERS, random)),
        (Role::Gateway, one_of(GATEWAY, GATEWAYS, random)),
    ]
}

/// Card holders who often order, and make handshakes.
pub const REGULARS: Who = 7;

fn windows(random: &mut Random) -> Windows {
    let accept = *random.pick(&[120, 3600, 3600, 3600, 6 * 3600, DAY, 3 * DAY, 7 * DAY]);
    let deliver = *random.pick(&[accept, accept + 3600, 2 * DAY, 30 * DAY, 30 * DAY, 60 * DAY, 90 * DAY]);
    let deliver = deliver.max(accept);
    let settle = deliver.max(*random.pick(&[deliver, 180 * DAY, 180 * DAY, 400 * DAY]));
    match random.below(96) {
        0 => Windows { accept: 8 * DAY, deliver: 30 * DAY, settle },
        1 => Windows { accept, deliver: 91 * DAY, settle: 180 * DAY },
        2 => Windows { accept, deliver, settle: 400 * DAY + 1 },
        3 => Windows { accept: deliver + 1, deliver, settle },
        4 => Windows { accept, deliver: settle + 1, settle },
        _ => Windows { accept, deliver, settle },
    }
}

/// What a receipt says, as facts tell it.
fn said(report: &Report) -> Says {
    let status = match report.status() {
        Reads::Received => Status::Received,
        Reads::Approved => Status::Approved,
        Reads::Declined { .. } => Status::Declined,
        _ => Status::Cancelled,
    };
    let consignments = report.consignments().iter().map(|one| {
        let (consignment, failed) = (one.consignment(), one.outcome().map(|outcome| outcome.failure().is_some()));
        let role = role_of(one.role()).unwrap_or(Role::Bank);
        (role, consignment.number(), consignment.is_last(), failed)
    });
    let consignments = consignments.collect();
    Says { status, withdrawn: report.withdrawn_at(), refunded: report.refunded().map(orders::cents), consignments }
}

impl World {
    /// A card holder seals an order and sends it.
    pub fn place(&mut self, choice: u64) {
        let mut random = Random::new(choice);
        // Half of the orders come from a few, who have sessions.
        let holders = if random.once_in(2) { REGULARS } else { HOLDERS };
        let holder = one_of(0, holders, &mut random);
        if let Some(place) = self.prepare_any(holder, &mut random) {
            self.send_order(holder, place);
            self.begin_story(self.identities[usize::from(holder)].placed[place].digest);
        }
    }

    /// A card holder seals an order and keeps it. The order's place among its own.
    pub(crate) fn prepare_any(&mut self, holder: Who, random: &mut Random) -> Option<usize> {
        let chosen = chosen(random);
        let form = self.identities[usize::from(chosen[0].1)].forms[0];
        let goods = Goods::new(self.step, random.word());
        self.prepare(holder, form, &chosen, &goods, random)
    }

    /// The same with goods that are settled, and with whom.
    pub(crate) fn prepare(
        &mut self,
        holder: Who,
        form: usize,
        chosen: &Chosen,
        goods: &Goods,
        random: &mut Random,
    ) -> Option<usize> {
        let windows = windows(random);
        match self.seal(holder, form, chosen, goods, windows) {
            Ok(()) => {
                let placed = &self.identities[usize::from(holder)].placed;
                self.plans.insert(placed[placed.len() - 1].digest, Plan::new(random.word()));
                Some(placed.len() - 1)
            }
            Err(Stop::Died) => None,
            Err(Stop::Refused(label)) => {
                self.counts.label(label);
                None
            }
        }
    }

    fn seal(&mut self, holder: Who, form: usize, chosen: &Chosen, goods: &Goods, windows: Windows) -> Result<(), Stop> {
        let process = self.of[usize::from(holder)][0];
        let party = self.party(process);
        let card_holder = party.holder(chosen).ok_or(Stop::Refused("no-such-endpoint"))?;
        let now = self.clock.at(process);
        let order = goods.order();
        let split = or_refuse!(card_holder.split(&order, goods.form(form)))?;
        let card_holder = card_holder.with_evidence(&self.sessions(process).evidence).unwrap();
        let sealed = or_refuse!(split.seal(&card_holder, now, windows, &mut self.processes[process].generator))?;
        let SealedOrder { digest, awaiting, envelope, directs, .. } = sealed;
        let digest = *digest.as_bytes();
        self.counts.purchases += 1;
        let Windows { accept, deliver, settle } = windows;
        let dates = Dates { issued: now, accept: now + accept, deliver: now + deliver, settle: now + settle };
        let honest = !self.identities[usize::from(holder)].dishonest;
        let parts = goods.parts(form, chosen);
        self.fact(Fact::Placed { holder, digest, dates, due: goods.due(), parts: parts.clone(), honest });
        let to = |role| chosen.iter().find(|(own, _)| Some(*own) == role_of(role)).unwrap().1;
        let directs = directs.iter().map(|direct| (to(direct.role()), direct.to_bytes())).collect();
        let (envelope, stored) = (envelope.to_bytes(), awaiting.export().to_vec());
        let chosen = *chosen;
        let placed = PlacedOrder {
            digest,
            chosen,
            form,
            due: goods.due(),
            parts,
            envelope,
            directs,
            awaiting: stored,
            resealed: 0,
            is_withdrawing: false,
            is_withdrawn: false,
            is_done: false,
        };
        // Stored before it is sent: this is the only copy.
        self.identity(process).placed.push(placed);
        self.processes[process].awaiting.insert(digest, awaiting);
        self.breath(process)
    }

    /// Seals the parts of an order again.
    pub(crate) fn seal_again(&mut self, holder: Who, place: usize) -> Result<(), Stop> {
        let process = self.of[usize::from(holder)][0];
        let (party, now) = (self.party(process), self.clock.at(process));
        let placed = &self.identities[usize::from(holder)].placed[place];
        if placed.resealed == MOST_SEALINGS {
            return Err(Stop::Refused("sealed-often"));
        }
        let (chosen, digest) = (placed.chosen, placed.digest);
        let card_holder = party.holder(&chosen).ok_or(Stop::Refused("no-such-endpoint"))?;
        let card_holder = card_holder.with_evidence(&self.sessions(process).evidence).unwrap();
        let awaiting = self.awaiting(process, place, &card_holder)?;
        let sealed = match awaiting.seal_again(&card_holder, now, &mut self.processes[process].generator) {
            Ok(sealed) => sealed,
            Err(refused) => {
                self.processes[process].awaiting.insert(digest, refused.state);
                return Err(Stop::Refused(refused.error.label()));
            }
        };
        let SealedOrder { awaiting, envelope, directs, .. } = sealed;
        let placed = &mut self.identities[usize::from(holder)].placed[place];
        let to = |role| placed.chosen.iter().find(|(own, _)| Some(*own) == role_of(role)).unwrap().1;
        placed.directs = directs.iter().map(|direct| (to(direct.role()), direct.to_bytes())).collect();
        (placed.envelope, placed.awaiting) = (envelope.to_bytes(), awaiting.export().to_vec());
        placed.resealed += 1;
        self.processes[process].awaiting.insert(digest, awaiting);
        Ok(())
    }

    /// What reads the receipts of an order: from memory, or from what is stored.
    fn awaiting<K: KeySource>(
        &mut self,
        process: usize,
        place: usize,
        card_holder: &CardHolder<K>,
    ) -> Result<AwaitingReceipt, Stop> {
        let stored = &self.identities[usize::from(self.who(process))].placed[place];
        match self.processes[process].awaiting.remove(&stored.digest) {
            Some(awaiting) if !self.step.is_multiple_of(8) => Ok(awaiting),
            _ => or_refuse!(card_holder.restore(&stored.awaiting)),
        }
    }

    /// Whose order it is.
    pub(crate) fn placed_as(&self, digest: &Digest) -> Option<(Who, usize)> {
        let find = |holder: Who| {
            let placed = &self.identities[usize::from(holder)].placed;
            placed.iter().position(|placed| placed.digest == *digest).map(|place| (holder, place))
        };
        (0..HOLDERS).find_map(find)
    }

    /// Sends an order, or sends it again: the same bytes.
    pub fn send_order(&mut self, holder: Who, place: usize) {
        let placed = &self.identities[usize::from(holder)].placed[place];
        let (envelope, directs, seller) = (placed.envelope.clone(), placed.directs.clone(), placed.chosen[0].1);
        self.send(holder, seller, Kind::Envelope, envelope, Nature::Genuine);
        for (to, direct) in directs {
            self.send(holder, to, Kind::Direct, direct, Nature::Genuine);
        }
    }

    /// Asks the seller to dispatch nothing more.
    pub(crate) fn withdraw(&mut self, holder: Who, place: usize) -> Result<(), Stop> {
        let process = self.of[usize::from(holder)][0];
        let (party, now) = (self.party(process), self.clock.at(process));
        let placed = &mut self.identities[usize::from(holder)].placed[place];
        placed.is_withdrawing = true;
        let (digest, seller) = (placed.digest, placed.chosen[0].1);
        let card_holder = party.holder(&ANY).ok_or(Stop::Refused("no-such-endpoint"))?;
        let card_holder = card_holder.with_evidence(&self.sessions(process).evidence).unwrap();
        let awaiting = self.awaiting(process, place, &card_holder)?;
        let withdrawal = awaiting.withdraw(&card_holder, now, &mut self.processes[process].generator);
        self.processes[process].awaiting.insert(digest, awaiting);
        match withdrawal {
            Ok(withdrawal) => {
                self.fact(Fact::Later { who: holder, digest, what: Later::Withdrawing });
                self.send(holder, seller, Kind::Withdrawal, withdrawal.to_bytes(), Nature::Genuine);
            }
            Err(error) => {
                let label = error.label();
                self.counts.label(label);
                self.fact(Fact::NotMade { who: holder, digest, label, until: Until::Settle, clock: now });
            }
        }
        Ok(())
    }

    pub(crate) fn take_receipt(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let receipt = or_refuse!(Receipt::from_bytes(&message.bytes))?;
        let (digest, holder) = (*receipt.digest().as_bytes(), self.who(process));
        let placed = self.identity(process).placed.iter().position(|placed| placed.digest == digest);
        let place = placed.ok_or(Stop::Refused("unknown-order"))?;
        let party = self.party(process);
        let form = self.identity(process).placed[place].form;
        // Which parties were chosen is in the state.
        let card_holder = party.holder(&ANY).ok_or(Stop::Refused("no-such-endpoint"))?;
        let card_holder = card_holder.with_evidence(&self.sessions(process).evidence).unwrap();
        let awaiting = self.awaiting(process, place, &card_holder)?;
        let report = awaiting.receive(&card_holder, &receipt, self.clock.at(process));
        self.processes[process].awaiting.insert(digest, awaiting);
        let report = or_refuse!(report)?;
        self.breath(process)?;
        let giver = role_of(report.role()).ok_or(Stop::Refused("unknown-role"))?;
        let says = said(&report);
        let nature = message.nature;
        let (about, label) = (Some(digest), "receipt");
        self.fact(Fact::Took { who: holder, nature, digest: about, print: 0, again: false, wrote: false, label });
        if giver == Role::Seller {
            let waits = |(role, way, _): &(Role, Way, _)| (*way == Way::OnApproval).then_some(*role);
            let has_last = |role| says.consignments.iter().any(|(to, _, last, _)| (*to, *last) == (role, true));
            let is_all = orders::shape(form).iter().filter_map(waits).all(has_last);
            let is_over = [Status::Declined, Status::Cancelled].contains(&says.status);
            let placed = &mut self.identities[usize::from(holder)].placed[place];
            let is_all = is_all || says.withdrawn.is_some();
            placed.is_done |= is_over || (says.status == Status::Approved && is_all);
            placed.is_withdrawn |= says.withdrawn.is_some();
        }
        self.fact(Fact::Reported { holder, digest, giver, revision: report.revision(), says });
        Ok(())
    }

    /// All orders that were sent.
    pub fn placed(&self) -> Vec<(Who, usize)> {
        let of = |holder: Who| (0..self.identities[usize::from(holder)].placed.len()).map(move |place| (holder, place));
        (0..HOLDERS).flat_map(of).collect()
    }
}

/// For whoever takes an order at random.
pub fn pick_order(world: &World, random: &mut Random) -> Option<(Who, usize)> {
    let placed = world.placed();
    if placed.is_empty() { None } else { Some(*random.pick(&placed)) }
}

/// For whoever speaks of a party at random.
pub fn anybody(random: &mut Random) -> Who {
    Who::try_from(random.index(CAST.identifiers.len())).unwrap()
}
