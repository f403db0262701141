//! What must be true of consignments, withdrawals and receipts.

use std::collections::BTreeMap;

use super::{Check, Known, Oracle, Place, Placed, hold, short};
use crate::trace::{At, Dates, Digest, Later, Load, PartIn, Role, Says, Status, Way, Who};

/// What is known of the goods of an order.
#[derive(Default)]
pub(super) struct Life {
    /// Consignments, by role and number: as the seller dispatched them, and as they arrived.
    sent: BTreeMap<(Role, u16), Load>,
    arrived: BTreeMap<(Role, u16), Load>,
    /// Whether they failed: as their recipients filed it, and as the seller has it.
    outcomes: BTreeMap<(Role, u16), bool>,
    heard: BTreeMap<(Role, u16), bool>,
    withdrawing: bool,
    withdrawn: bool,
    /// What givers of receipts had on record.
    given: Vec<(Role, Says)>,
    /// What receipts said, by giver and revision.
    said: BTreeMap<(Role, u64), Says>,
}

impl Life {
    /// What has not arrived. Of an order that is over, nothing has to.
    pub(super) fn left(&self, placed: &Placed, is_over: bool) -> Option<String> {
        if is_over {
            return None;
        }
        let missing = self.sent.keys().find(|place| !self.arrived.contains_key(place));
        if let Some((role, number)) = missing {
            return Some(format!("consignment {number} to {role:?} has not arrived"));
        }
        let is_whole = |role| self.arrived.iter().any(|((to, _), load)| *to == role && load.last);
        let mut waiting = placed.parts.iter().filter(|part| part.way == Way::OnApproval && !self.withdrawn);
        waiting.find(|part| !is_whole(part.role)).map(|part| format!("{:?} has not all", part.role))
    }

    /// What the seller was not told.
    pub(super) fn untold(&self) -> Option<String> {
        if self.withdrawing && !self.withdrawn {
            return Some("its withdrawal is not filed".into());
        }
        let untold = self.outcomes.keys().find(|place| !self.heard.contains_key(place));
        untold.map(|(role, number)| format!("the seller knows nothing of consignment {number} to {role:?}"))
    }

    /// What the card holder was not told.
    fn unread(&self) -> Option<String> {
        let is_read = self.said.keys().any(|(giver, _)| *giver == Role::Seller);
        (!is_read).then(|| "its card holder has read no receipt of the seller".into())
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    pub(super) fn has_failed(&self) -> bool {
        self.heard.values().any(|failed| *failed)
    }

    /// Whether these can be the consignments of one order to one role.
    fn are_in_order(consignments: &BTreeMap<(Role, u16), Load>, role: Role) -> bool {
        let mut own = consignments.range((role, 0)..=(role, u16::MAX)).rev().skip(1);
        own.all(|(_, load)| !load.last)
    }
}

/// Whether a record can become the other one.
fn precedes(one: &Says, other: &Says) -> bool {
    let status = match (one.status, other.status) {
        (Status::Received, _) | (_, Status::Cancelled) => true,
        (one, other) => one == other,
    };
    let stays = |(role, number, last, failed): &(Role, u16, bool, Option<bool>)| {
        let mut others = other.consignments.iter();
        others.any(|it| (it.0, it.1, it.2) == (*role, *number, *last) && (failed.is_none() || it.3 == *failed))
    };
    status
        && (one.withdrawn.is_none() || one.withdrawn == other.withdrawn)
        && one.refunded <= other.refunded
        && one.consignments.iter().all(stays)
}

impl Oracle {
    pub(super) fn about_goods(&mut self, who: Who, digest: &Digest, what: &Later) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let life = &mut known.life;
        match *what {
            Later::Dispatched { role, load, new } => self.dispatched((who, role, digest), load, new),
            Later::Arrived { role, load, new } => self.arrived((who, role, digest), load, new),
            Later::Outcome { role, number, failed } => {
                let before = life.outcomes.insert((role, number), failed);
                let is_there = life.arrived.contains_key(&(role, number));
                hold(is_there, || {
                    format!("party {who} has an outcome of consignment {number} of {name}, and not that")
                })?;
                let same = before.is_none_or(|before| before == failed);
                self.stays(who, digest, same, || format!("consignment {number} of {name} was delivered, and failed"))
            }
            Later::Heard { role, number, failed } => {
                let same = life.heard.insert((role, number), failed).is_none_or(|before| before == failed);
                let said = life.outcomes.get(&(role, number)).copied();
                let giver = known.placed.as_ref().and_then(|placed| placed.who(role));
                hold(!self.is_bound(giver, digest) || said == Some(failed), || {
                    format!("the seller has an outcome of consignment {number} of {name} that was not given")
                })?;
                self.stays(who, digest, same, || {
                    format!("the seller has two outcomes of consignment {number} of {name}")
                })
            }
            Later::Withdrawing => {
                life.withdrawing = true;
                Ok(())
            }
            Later::Withdrawn => {
                life.withdrawn = true;
                let is_asked = life.withdrawing;
                let holder = known.placed.as_ref().map(|placed| placed.holder);
                hold(!self.is_bound(holder, digest) || is_asked, || format!("{name} was withdrawn by somebody else"))
            }
            Later::Gave { role, ref says } => {
                let given = (role, says.clone());
                if !life.given.contains(&given) {
                    life.given.push(given);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn dispatched(&mut self, (who, role, digest): Place<'_>, load: Load, new: Option<At>) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(known.answered == Some(true), || format!("{name} was dispatched and not approved"))?;
        let before = known.life.sent.insert((role, load.number), load);
        let is_next = load.number == 1 || known.life.sent.contains_key(&(role, load.number - 1));
        let in_order = is_next && Life::are_in_order(&known.life.sent, role);
        let (withdrawn, cancelling) = (known.life.withdrawn, known.money.is_cancelling());
        let placed = known.placed.as_ref().map(|placed| (placed.dates, placed.holder));
        let same = before.is_none_or(|before| before == load);
        self.stays(who, digest, same, || format!("{name} was dispatched with two instructions"))?;
        self.stays(who, digest, in_order, || format!("a consignment of {name} was dispatched out of order"))?;
        self.happens(who, digest, ("dispatched", Some(role), load.number), new.is_some())?;
        if let (Some((dates, holder)), Some(at)) = (placed, new) {
            hold(at.clock <= dates.deliver, || format!("{name} was dispatched too late"))?;
            self.not_revoked(who, holder, at.moment, "dispatched an order of")?;
            self.stays(who, digest, !withdrawn, || format!("{name} was dispatched after it was withdrawn"))?;
            self.stays(who, digest, !cancelling, || format!("{name} was dispatched after it was to be cancelled"))?;
        }
        Ok(())
    }

    /// What the seller said is what arrives, once.
    fn arrived(&mut self, (who, role, digest): Place<'_>, load: Load, new: Option<At>) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let before = known.life.arrived.insert((role, load.number), load);
        let in_order = Life::are_in_order(&known.life.arrived, role);
        let same = before.is_none_or(|before| before == load);
        let said = known.life.sent.get(&(role, load.number)).copied();
        let placed = known.placed.as_ref();
        let (seller, until) =
            (placed.and_then(|placed| placed.who(Role::Seller)), placed.map(|placed| placed.dates.deliver));
        if self.is_bound(seller, digest) {
            hold(said.is_some(), || format!("party {who} has a consignment of {name} that was not dispatched"))?;
            hold(said == Some(load), || format!("party {who} has other instructions for {name} than were given"))?;
        }
        self.stays(who, digest, same, || format!("party {who} has two contents of a consignment of {name}"))?;
        self.stays(who, digest, in_order, || format!("party {who} has a consignment of {name} after the last one"))?;
        self.happens(who, digest, ("given a consignment", Some(role), load.number), new.is_some())?;
        let is_late = new.zip(until).is_some_and(|(at, until)| at.clock > until);
        hold(!is_late, || format!("party {who} accepted a consignment too late"))
    }

    /// What a receipt says is what the giver's record has, or had.
    pub(super) fn reported(&mut self, (holder, giver, digest): Place<'_>, revision: u64, says: &Says) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let is_its = known.placed.as_ref().is_none_or(|placed| placed.holder == holder);
        hold(is_its, || format!("party {holder} has read a receipt for {name}, which is another's"))?;
        let said = known.life.said.entry((giver, revision)).or_insert_with(|| says.clone()).clone();
        let known = &self.orders[digest];
        let Some(placed) = &known.placed else { return Err(format!("a receipt for {name}, which nobody placed")) };
        let who = placed.who(giver);
        if !self.is_bound(who, digest) {
            return Ok(());
        }
        hold(said == *says, || format!("two receipts of {giver:?} for {name} say different things of one revision"))?;
        let own = known.life.given.iter().any(|(role, given)| (*role, given) == (giver, says));
        hold(own, || format!("a receipt of {giver:?} for {name} says {says:?}, which is not on record"))?;
        let before = known.life.said.range((giver, 0)..(giver, revision)).next_back();
        let after = known.life.said.range((giver, revision + 1)..=(giver, u64::MAX)).next();
        let grows = before.is_none_or(|(_, before)| precedes(before, says))
            && after.is_none_or(|(_, after)| precedes(says, after));
        hold(grows, || format!("receipts of {giver:?} for {name} go back"))?;
        let is_true = is_true(known, giver, who, says.status);
        hold(is_true, || format!("a receipt of {giver:?} for {name} says {:?}, which is not so", says.status))
    }
}

/// Whether an order is where this giver says that it is.
fn is_true(known: &Known, giver: Role, who: Option<Who>, status: Status) -> bool {
    let says = if giver == Role::Bank { known.decided } else { known.answered };
    let ended = if giver == Role::Bank { known.money.is_cancelled() } else { known.money.has_ended() };
    match status {
        Status::Received => who.is_some_and(|who| known.accepted.contains(&(giver, who))),
        Status::Approved => says == Some(true),
        Status::Declined => says == Some(false),
        Status::Cancelled => giver != Role::Courier && ended,
    }
}

/// What has not come to its end of an order, and until when it could have.
pub(super) fn left(known: &Known, placed: &Placed, forgot: bool) -> Option<(String, u64)> {
    let has = |part: &&PartIn| known.accepted.contains(&(part.role, part.who));
    let Dates { accept, deliver, settle, .. } = placed.dates;
    // What is declined or cancelled ends where it is.
    let is_over = known.answered == Some(false) || known.money.has_ended();
    // What its seller asks to cancel has until its end to be cancelled, and nothing else is expected of it. A bank that
    // lacks a part that only its card holder sends cannot answer.
    let is_unknown = placed.parts.iter().any(|part| (part.role, part.way) == (Role::Bank, Way::Direct) && !has(&part));
    if !forgot && !is_over && !is_unknown && known.money.is_cancelling() {
        return known.money.left(known).map(|what| (what, settle));
    }
    let mut missing = placed.parts.iter().filter(|part| !is_over && !has(part));
    if let Some(part) = missing.clone().find(|part| part.way != Way::OnApproval) {
        return Some((format!("{:?} has no part", part.role), accept));
    }
    if known.answered.is_none() && placed.who(Role::Bank).is_some() && !is_over {
        return Some(("there is no answer".into(), if known.decided.is_some() { deliver } else { accept }));
    }
    if forgot {
        let missing = missing.next().filter(|_| !known.life.is_withdrawn());
        return missing.map(|part| (format!("{:?} has no part", part.role), deliver));
    }
    let goods = known.life.left(placed, is_over).map(|what| (what, deliver));
    let rest = || known.life.untold().or_else(|| known.money.left(known)).map(|what| (what, settle));
    goods.or_else(rest).or_else(|| known.life.unread().map(|what| (what, deliver)))
}
