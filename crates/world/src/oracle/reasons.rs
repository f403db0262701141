//! Reasons: why something was not taken, not made, or has not come to its end, as far as that can be checked here.

use super::{Check, Known, Oracle, Placed, SKEW, hold, is_short, short};
use crate::trace::{At, Decision, Digest, PartIn, Role, Until, Way, Who};

/// By when a step is to be taken, and the clock by which it was not.
type Time = (Until, u64);

/// An order, and what its card holder meant.
type Of<'a> = (&'a Known, &'a Placed);

impl Oracle {
    /// A genuine message was refused by one party, which the other one sent it to.
    pub(super) fn refused(
        &mut self,
        (who, from): (Who, Option<Who>),
        digest: &Digest,
        label: &'static str,
        (until, clock): Time,
    ) -> Check {
        // What is known is answered for longer than what is new.
        let is_known = self.orders.get(digest).is_some_and(|known| known.accepted.iter().any(|(_, own)| *own == who));
        let is_answered = until == Until::Accept && is_known && !self.has_lost(who, digest);
        let until = if is_answered { Until::Deliver } else { until };
        self.in_its_time(who, digest, label, (until, clock))?;
        let is_between_sound = self.is_bound(from, digest);
        if let Some((known, placed)) = self.sound_order(digest).filter(|_| is_between_sound) {
            hold(self.is_refusal(who, (known, placed), label, (until, clock)), || {
                format!("party {who} refused a genuine message about {} as {label}, which is not so", short(digest))
            })?;
        }
        self.remember(who, digest, label, (until, clock));
        Ok(())
    }

    pub(super) fn not_made(&mut self, who: Who, digest: &Digest, label: &'static str, (until, clock): Time) -> Check {
        self.in_its_time(who, digest, label, (until, clock))?;
        if let Some((known, placed)) = self.sound_order(digest) {
            hold(self.is_hindrance(who, (known, placed), label), || {
                format!("party {who} was kept from a step of {} as {label}, which is not so", short(digest))
            })?;
        }
        self.remember(who, digest, label, (until, clock));
        Ok(())
    }

    /// A bank that is kept from a decision has one of few reasons, each of which shows here.
    pub(super) fn kept(&mut self, who: Who, digest: &Digest, from: Decision, label: &'static str, at: At) -> Check {
        self.in_its_time(who, digest, label, (from.until(), at.clock))?;
        self.remember(who, digest, label, (from.until(), at.clock));
        let known = self.orders.entry(*digest).or_default();
        let parties = known.placed.as_ref().map(|placed| [Some(placed.holder), placed.who(Role::Seller)]);
        let (approved, left) = (known.approved, known.money.left_to_refund());
        let is_revoked = |of: [Option<Who>; 2]| {
            of.into_iter().flatten().any(|peer| self.is(who, |party| party.revoked.contains_key(&peer)))
        };
        let is_so = match (label, from) {
            ("expired", _) => true,
            ("revoked", Decision::Approve) => parties.is_some_and(is_revoked),
            ("too-much", Decision::Grant(Some(sum))) => sum > left,
            ("not-approved", Decision::Grant(Some(_))) => !approved || self.has_lost(who, digest),
            _ => false,
        };
        hold(is_so, || format!("party {who} was kept from {from:?} of {} as {label}, which is not so", short(digest)))
    }

    /// What is said to be over is over, by the clock of whoever says so.
    fn in_its_time(&self, who: Who, digest: &Digest, label: &str, (until, clock): Time) -> Check {
        let dates = self.orders.get(digest).and_then(|known| known.placed.as_ref()).map(|placed| placed.dates);
        let is_over = dates.is_none_or(|dates| clock > dates.end(until));
        hold(label != "expired" || is_over, || {
            format!("party {who} says at {clock} that the time for {} is over, which it is not", short(digest))
        })
    }

    /// A reason for which an order may end, if it still stands when everything else is mended.
    fn remember(&mut self, who: Who, digest: &Digest, label: &'static str, (until, clock): Time) {
        if self.is_calm {
            self.orders.entry(*digest).or_default().refusals.insert((who, label, until), clock);
        }
    }

    pub(super) fn is_honest(&self, who: Who) -> bool {
        !self.is(who, |party| party.dishonest)
    }

    pub(super) fn is_honest_order(&self, placed: &Placed) -> bool {
        placed.honest && self.is_honest(placed.holder) && placed.parts.iter().all(|part| self.is_honest(part.who))
    }

    /// An order between honest parties that have lost nothing.
    fn sound_order(&self, digest: &Digest) -> Option<(&Known, &Placed)> {
        let known = self.orders.get(digest)?;
        let placed = known.placed.as_ref()?;
        let is_sound = known.lost.is_empty() && known.torn.is_empty();
        (is_sound && self.is_honest_order(placed)).then_some((known, placed))
    }

    /// Whether a genuine message about a sound order may be refused so: once the faults have stopped, for few reasons.
    fn is_refusal(&self, who: Who, (known, placed): Of<'_>, label: &str, (until, clock): Time) -> bool {
        let Placed { dates, parts, .. } = placed;
        let has_it = known.accepted.iter().any(|(_, own)| *own == who);
        let is_ahead = || self.are_ahead(placed, clock);
        match label {
            "rejected" => {
                // A bank cannot tell who asks about an order that it has not got, if no part comes along.
                let is_direct = |part: &PartIn| (part.role, part.who, part.way) == (Role::Bank, who, Way::Direct);
                until == Until::Settle && !has_it && parts.iter().any(is_direct)
            }
            "too-long" => !is_short(*dates),
            "ledger-absent" => !has_it,
            "other-party" | "ledger-damaged" => false,
            "ledger-below-floor" => self.is(who, |party| party.mark > dates.issued),
            "other-form" => self.is(who, |party| party.form_changed),
            "not-yet" => !self.is_calm || is_ahead(),
            "expired" | "unknown-session" | "ledger-take-again" => true,
            _ => !self.is_calm,
        }
    }

    /// The same of a step.
    fn is_hindrance(&self, who: Who, (known, placed): Of<'_>, label: &str) -> bool {
        match label {
            "not-approved" => known.answered != Some(true),
            "withdrawn" => known.life.is_withdrawn(),
            "too-much" => known.money.left_to_refund() < known.money.due || known.money.is_asked(),
            "gives-no-receipts" => placed.who(Role::Gateway) == Some(who),
            "ledger-absent" => !known.accepted.iter().any(|(_, own)| *own == who),
            "other-party" | "ledger-damaged" => false,
            "ledger-below-floor" => self.is(who, |party| party.mark > placed.dates.issued),
            // The world's own bound.
            "expired" | "sealed-often" => true,
            "no-session" | "not-authenticated" => !self.is_calm || self.is(who, |party| party.forgot),
            _ => !self.is_calm,
        }
    }

    /// Whether something of an order may have been dated by a clock that was ahead of this one.
    fn are_ahead(&self, Placed { holder, dates, parts, .. }: &Placed, clock: u64) -> bool {
        let mut who = parts.iter().map(|part| part.who).chain([*holder]);
        dates.issued > clock + SKEW || who.any(|who| self.is(who, |party| party.ahead > clock + SKEW))
    }

    /// The refusal in the calm that is a reason, and holds by what is known here.
    pub(super) fn excuse(&self, known: &Known, placed: &Placed, until: u64, now: u64) -> Option<&'static str> {
        let dates = &placed.dates;
        let holds = |((who, label, step), clock): &(&(Who, &'static str, Until), &u64)| match *label {
            // Who has forgotten the order would have to accept it anew.
            "expired" => {
                let forgot = known.lost.contains(who);
                now > dates.end(*step) && (now > until || forgot && now > dates.accept)
            }
            // Sealed, filed or decided by a clock that was ahead, of when it was sent for the last time.
            "not-yet" => self.are_ahead(placed, **clock),
            "too-long" => !is_short(*dates),
            "ledger-below-floor" => self.is(*who, |party| party.mark > dates.issued),
            "ledger-damaged" => known.torn.contains(who),
            // Its part is not sealed again so late.
            "unknown-session" => {
                self.is(*who, |party| party.forgot)
                    && now > dates.deliver
                    && !known.accepted.iter().any(|it| it.1 == *who)
            }
            // For a card holder that sends nothing without a session.
            "no-session" => self.is(*who, |party| party.forgot),
            "other-form" => self.is(*who, |party| party.form_changed),
            // One side has forgotten what the other one speaks of.
            "rejected" | "ledger-absent" => !known.lost.is_empty(),
            _ => false,
        };
        known.refusals.iter().find(holds).map(|((_, label, _), _)| *label)
    }
}
