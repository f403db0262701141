//! What must be true of decisions and what is settled by them, of demands, their answers, and what is paid back.

use std::collections::BTreeMap;

use super::{Check, Known, Oracle, What, hold, short};
use crate::trace::{Answer, At, Demand, Digest, Later, Role, Who};

/// What is known of the money of an order.
#[derive(Default)]
pub(super) struct Money {
    /// What is to be paid.
    pub(super) due: u64,
    /// What the seller asked for, by number; `None` is to cancel the order.
    demanded: BTreeMap<u16, Option<u64>>,
    /// What the bank answered, and to what; and what the seller has of that.
    resolved: BTreeMap<u16, (Option<u64>, Answer)>,
    told: BTreeMap<u16, Answer>,
    /// What is paid back, by the number of its demand.
    booked: BTreeMap<u16, u64>,
}

impl Money {
    /// Whether the bank has cancelled it.
    pub(super) fn is_cancelled(&self) -> bool {
        self.resolved.values().any(|(sum, answer)| sum.is_none() && answer.granted)
    }

    /// Whether it is cancelled, as the seller knows it.
    pub(super) fn has_ended(&self) -> bool {
        self.cancellations().any(|answer| answer.is_some_and(|answer| answer.granted))
    }

    /// Whether the seller asks to cancel it, or has done so.
    pub(super) fn is_cancelling(&self) -> bool {
        self.cancellations().any(|answer| answer.is_none_or(|answer| answer.granted))
    }

    fn cancellations(&self) -> impl Iterator<Item = Option<&Answer>> {
        self.demanded.iter().filter(|(_, sum)| sum.is_none()).map(|(number, _)| self.told.get(number))
    }

    /// What the seller asked to refund, but for what was refused.
    fn asked(&self) -> u64 {
        let is_open = |number: &u16| self.told.get(number).is_none_or(|answer| answer.granted);
        let sums = self.demanded.iter().filter(|(number, _)| is_open(number)).filter_map(|(_, sum)| *sum);
        sums.fold(0, u64::saturating_add)
    }

    /// What the bank granted to refund.
    fn granted(&self) -> u64 {
        let granted = self.resolved.values().filter(|(_, answer)| answer.granted);
        granted.filter_map(|(sum, _)| *sum).fold(0, u64::saturating_add)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked() > 0
    }

    /// What can still be granted to be refunded.
    pub(super) fn left_to_refund(&self) -> u64 {
        self.due.saturating_sub(self.granted())
    }

    /// What has not been answered, or not been paid back.
    pub(super) fn left(&self, known: &Known) -> Option<String> {
        if self.has_ended() {
            return None;
        }
        if let Some((number, _)) = self.demanded.iter().find(|(number, _)| !self.told.contains_key(number)) {
            return Some(format!("its demand {number} has no answer"));
        }
        let refunded = self.demanded.values().any(Option::is_some);
        let owes = known.answered != Some(false) && known.life.has_failed() && !refunded;
        owes.then(|| "it failed, and nothing was refunded".into())
    }
}

impl Oracle {
    pub(super) fn settled(
        &mut self,
        who: Who,
        digest: &Digest,
        (amount, new): (u64, bool),
        ends: (Option<Who>, Option<Who>),
    ) -> Check {
        let name = short(digest);
        self.happens(who, digest, ("settled", None, 0), new)?;
        let known = self.orders.entry(*digest).or_default();
        known.settled = true;
        hold(known.approved, || format!("{name} was settled and not approved"))?;
        hold(known.values.get(&0) == Some(&amount), || format!("{name} was settled with another amount"))?;
        let Some(placed) = &known.placed else { return Ok(()) };
        hold(ends == (Some(placed.holder), placed.who(Role::Seller)), || {
            format!("{name} was settled between other parties")
        })
    }

    pub(super) fn about_money(&mut self, who: Who, digest: &Digest, what: &Later) -> Check {
        match *what {
            Later::Demanded { demand, new } => self.demanded(who, digest, demand, new),
            Later::Resolved { demand, answer, new } => self.resolved(who, digest, demand, answer, new),
            Later::Told { number, answer } => self.told(who, digest, number, answer),
            Later::Booked { number, sum, reverses, payer, payee, new } => {
                self.happens(who, digest, ("paid back", None, number), new)?;
                self.booked(who, digest, (number, sum, reverses), (payer, payee))
            }
            _ => Ok(()),
        }
    }

    fn demanded(&mut self, who: Who, digest: &Digest, Demand { number, sum }: Demand, new: Option<At>) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let (placed, money) = (known.placed.as_ref(), &mut known.money);
        let is_paid = known.answered == Some(true) || placed.is_some_and(|placed| placed.who(Role::Bank).is_none());
        let settle = placed.map(|placed| placed.dates.settle);
        let after_cancellation = new.is_some() && money.is_cancelling();
        let same = money.demanded.insert(number, sum).is_none_or(|before| before == sum);
        let is_next = number == 1 || money.demanded.contains_key(&(number - 1));
        let within = money.asked() <= money.due;
        self.stays(who, digest, same, || format!("demand {number} of {name} asks for two things"))?;
        self.stays(who, digest, is_next, || format!("demand {number} of {name} is not the next"))?;
        self.stays(who, digest, within, || format!("more than is due was asked back of {name}"))?;
        self.stays(who, digest, !after_cancellation, || format!("{name} was to be cancelled before demand {number}"))?;
        hold(sum.is_none() || is_paid, || format!("a refund of {name} was asked for, which is not approved"))?;
        self.in_time(who, digest, ("asked for a demand", None, number), new, settle)
    }

    fn resolved(&mut self, who: Who, digest: &Digest, demand: Demand, answer: Answer, new: Option<At>) -> Check {
        let Demand { number, sum } = demand;
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let (approved, money) = (known.approved, &mut known.money);
        let was_cancelled = new.is_some() && money.is_cancelled();
        let settle = known.placed.as_ref().map(|placed| placed.dates.settle);
        let same = money.resolved.insert(number, (sum, answer)).is_none_or(|before| before == (sum, answer));
        let (granted, due, asked) = (money.granted(), money.due, money.demanded.get(&number).copied());
        let seller = known.placed.as_ref().and_then(|placed| placed.who(Role::Seller));
        hold(!self.is_bound(seller, digest) || asked == Some(sum), || {
            format!("the bank answered demand {number} of {name}, which was not made")
        })?;
        hold(sum.is_none() || !answer.granted || approved, || format!("{name} was refunded and not approved"))?;
        self.stays(who, digest, same, || format!("demand {number} of {name} has two answers"))?;
        self.stays(who, digest, !was_cancelled, || format!("demand {number} of {name} was answered after its end"))?;
        self.stays(who, digest, granted <= due, || format!("more than is due was refunded of {name}"))?;
        let adds_up = if new.is_some() { answer.refunded == granted } else { answer.refunded <= granted };
        self.stays(who, digest, adds_up, || format!("the refunds of {name} do not add up"))?;
        self.in_time(who, digest, ("answered a demand", None, number), new, settle)
    }

    /// What is new happens for the first time, and not too late.
    fn in_time(&mut self, who: Who, digest: &Digest, what: What, new: Option<At>, until: Option<u64>) -> Check {
        let is_late = new.zip(until).is_some_and(|(at, until)| at.clock > until);
        hold(!is_late, || format!("party {who} {} of {} too late", what.0, short(digest)))?;
        self.happens(who, digest, what, new.is_some())
    }

    /// What the seller has is what the bank said. What cannot be is not taken from a bank that lies, either.
    fn told(&mut self, who: Who, digest: &Digest, number: u16, answer: Answer) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let money = &mut known.money;
        let same = money.told.insert(number, answer).is_none_or(|before| before == answer);
        let sum = money.demanded.get(&number).copied().flatten().filter(|_| answer.granted).unwrap_or(0);
        let (due, said) = (money.due, money.resolved.get(&number).map(|(_, answer)| *answer));
        let bank = known.placed.as_ref().and_then(|placed| placed.who(Role::Bank));
        let is_said = !self.is_bound(bank, digest) || said == Some(answer);
        hold(is_said, || format!("the seller has an answer to demand {number} of {name} that was not given"))?;
        hold((sum..=due).contains(&answer.refunded), || {
            format!("the seller believes that {} of {due} is refunded of {name}, and {sum} at once", answer.refunded)
        })?;
        self.stays(who, digest, same, || format!("the seller has two answers to demand {number} of {name}"))
    }

    fn booked(
        &mut self,
        who: Who,
        digest: &Digest,
        (number, sum, reverses): (u16, u64, bool),
        ends: (Option<Who>, Option<Who>),
    ) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let (is_settled, money) = (known.settled, &mut known.money);
        money.booked.insert(number, sum);
        let (booked, due) = (money.booked.values().copied().fold(0, u64::saturating_add), money.due);
        let answer = money.resolved.get(&number).copied();
        let right = answer.is_some_and(|(asked, answer)| {
            let expected = if reverses { due.checked_sub(answer.refunded) } else { asked };
            answer.granted && reverses == asked.is_none() && expected == Some(sum)
        });
        let parties = known.placed.as_ref().map(|placed| (Some(placed.holder), placed.who(Role::Seller)));
        hold(is_settled, || format!("{name} was paid back and not settled"))?;
        hold(right, || format!("what was paid back of {name} is not what was granted"))?;
        hold(parties.is_none_or(|parties| parties == ends), || format!("{name} was paid back between other parties"))?;
        self.stays(who, digest, booked <= due, || format!("more than is due was paid back of {name}"))
    }
}
