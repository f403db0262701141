//! The oracle: what must be true of everything that went in and came out. It knows no code of the library.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::{At, Dates, Digest, Fact, Nature, PartIn, Role, Seen, Status, Way, Who};

/// By how much the clock of who sealed an order may be ahead of its receiver's.
const SKEW: u64 = 300;
/// The longest windows that receivers take: to accept, to deliver, to settle.
const LONGEST: [u64; 3] = [7 * 24 * 3600, 90 * 24 * 3600, 400 * 24 * 3600];

/// What is known of one order.
#[derive(Default)]
struct Known {
    placed: Option<Placed>,
    spoiled: BTreeSet<Role>,
    leaked: bool,
    /// Who has accepted it, and with which instructions.
    accepted: BTreeMap<(Role, Who), Option<u64>>,
    values: BTreeMap<u8, u64>,
    /// Of the bank, and of the seller.
    decided: Option<bool>,
    answered: Option<bool>,
    /// Whether the bank ever approved it, whatever a ledger that went back made of that.
    approved: bool,
    settled: bool,
    dispatched: BTreeMap<Role, u64>,
    /// What only happens once and was new, by what it was.
    news: BTreeSet<(Who, &'static str, Option<Role>)>,
    /// What receipts said, by giver and revision.
    said: BTreeMap<(Role, u64), Status>,
    /// Why honest parties refused it.
    refusals: BTreeSet<(Who, &'static str)>,
}

struct Placed {
    holder: Who,
    dates: Dates,
    parts: Vec<PartIn>,
    honest: bool,
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
struct Party {
    dishonest: bool,
    rolled_back: bool,
    torn: bool,
    floor: u64,
    form_changed: bool,
    /// Up to when its clock was ahead.
    ahead: u64,
    /// Since which step.
    revoked: BTreeMap<Who, u64>,
}

#[derive(Default)]
pub struct Oracle {
    orders: BTreeMap<Digest, Known>,
    parties: BTreeMap<Who, Party>,
    /// What was only counted, because nothing is promised.
    excused: BTreeMap<&'static str, u64>,
    ended: u64,
    is_calm: bool,
}

/// What was broken, in a sentence.
pub type Violation = String;

fn hold(condition: bool, says: impl FnOnce() -> String) -> Result<(), Violation> {
    if condition { Ok(()) } else { Err(says()) }
}

/// Whether an order holds no longer than receivers take.
fn is_short(dates: Dates) -> bool {
    let ends = [dates.accept, dates.deliver, dates.settle];
    ends.iter().zip(LONGEST).all(|(end, longest)| end - dates.issued <= longest)
}

fn short(digest: &Digest) -> String {
    let [a, b, c, d, ..] = digest;
    format!("{a:02x}{b:02x}{c:02x}{d:02x}")
}

fn took(who: Who, nature: Nature, (again, wrote): (bool, bool), label: &str) -> Result<(), Violation> {
    hold(nature != Nature::Altered, || format!("party {who} took an altered {label}"))?;
    hold(nature != Nature::Lie, || format!("party {who} took a forged {label}"))?;
    hold(!(again && wrote), || format!("a repeated {label} changed the ledger of party {who}"))
}

impl Oracle {
    /// How many honest orders came to their end, and what was only counted.
    pub fn tally(&self) -> (u64, &BTreeMap<&'static str, u64>) {
        (self.ended, &self.excused)
    }

    /// Takes note of a fact, and says what is wrong with it.
    pub fn observe(&mut self, fact: &Fact) -> Result<(), Violation> {
        match fact {
            Fact::Placed { holder, digest, dates, parts, honest } => {
                let known = self.orders.entry(*digest).or_default();
                // Equal orders of one second from one generator that is stuck are one order.
                let same = known.placed.as_ref().is_none_or(|was| was.holder == *holder && was.parts == *parts);
                known.placed = Some(Placed { holder: *holder, dates: *dates, parts: parts.clone(), honest: *honest });
                hold(same, || format!("two orders have the digest {}", short(digest)))
            }
            Fact::Spoiled { digest, role } => {
                self.orders.entry(*digest).or_default().spoiled.insert(*role);
                Ok(())
            }
            Fact::Leaked { digest } => {
                self.orders.entry(*digest).or_default().leaked = true;
                Ok(())
            }
            Fact::Took { who, nature, again, wrote, label } => took(*who, *nature, (*again, *wrote), label),
            Fact::Refused { who, nature, digest, label, wrote } => {
                if let Some(digest) = digest.filter(|_| self.is_calm && *nature == Nature::Genuine) {
                    self.orders.entry(digest).or_default().refusals.insert((*who, label));
                }
                let may_write = [Nature::Genuine, Nature::Doubtful].contains(nature) && label.starts_with("ledger-");
                hold(!wrote || may_write, || {
                    format!("party {who} refused a message as {label}, and its ledger changed")
                })
            }
            Fact::NotMade { who, digest, label } => {
                if self.is_calm {
                    self.orders.entry(*digest).or_default().refusals.insert((*who, label));
                }
                Ok(())
            }
            Fact::Accepted { who, role, digest, fields, instructions, new, at } => {
                self.accepted((*who, *role, digest), fields, *instructions, *new, *at)
            }
            Fact::Decided { who, digest, approved, new, at } => self.decided(*who, digest, *approved, *new, *at),
            Fact::Settled { who, digest, amount, payer, payee } => {
                self.settled(*who, digest, *amount, (*payer, *payee))
            }
            Fact::Answered { who, digest, approved, new } => self.answered(*who, digest, *approved, *new),
            Fact::Dispatched { who, digest, role, instructions, new, at } => {
                self.dispatched((*who, digest, *role), *instructions, *new, *at)
            }
            Fact::Reported { holder, digest, giver, status, revision } => {
                self.reported(*holder, digest, (*giver, *revision), *status)
            }
            Fact::Ended { now, quiet } => self.ended(*now, *quiet),
            other => {
                self.note(other);
                Ok(())
            }
        }
    }

    /// Facts about parties, which excuse something or forbid it.
    fn note(&mut self, fact: &Fact) {
        match *fact {
            Fact::RolledBack { who, floor } => {
                let party = self.party(who);
                party.rolled_back = true;
                party.floor = party.floor.max(floor.unwrap_or(0));
            }
            Fact::Torn { who } => self.party(who).torn = true,
            Fact::Revoked { who, peer, step, on: true } => drop(self.party(who).revoked.insert(peer, step)),
            Fact::Revoked { who, peer, on: false, .. } => drop(self.party(who).revoked.remove(&peer)),
            Fact::FormChanged { who } => self.party(who).form_changed = true,
            Fact::Ahead { who, until } => self.party(who).ahead = until.max(self.party(who).ahead),
            Fact::Dishonest { who } => self.party(who).dishonest = true,
            Fact::Calm { .. } => self.is_calm = true,
            _ => {}
        }
    }

    fn party(&mut self, who: Who) -> &mut Party {
        self.parties.entry(who).or_default()
    }

    fn is(&self, who: Who, what: impl Fn(&Party) -> bool) -> bool {
        self.parties.get(&who).is_some_and(what)
    }

    fn count(&mut self, what: &'static str) {
        *self.excused.entry(what).or_default() += 1;
    }

    /// Whether nothing happens twice at this party to an order of these dates.
    fn is_once(&self, who: Who, accepting: Option<Dates>) -> bool {
        // A floor keeps a ledger that went back from accepting again what it may have forgotten.
        let floor_helps = |party: &Party| accepting.is_some_and(|dates| dates.settle < party.floor);
        !self.is(who, |party| party.rolled_back && !floor_helps(party))
    }

    /// A step that happens once, and the ledger said that this was the time.
    fn happens(&mut self, who: Who, digest: &Digest, what: &'static str, role: Option<Role>) -> Result<(), Violation> {
        let known = self.orders.entry(*digest).or_default();
        let first = known.news.insert((who, what, role));
        let accepting = known.placed.as_ref().filter(|_| what == "accepted").map(|placed| placed.dates);
        if !first && !self.is_once(who, accepting) {
            self.count("twice after a ledger went back");
            return Ok(());
        }
        hold(first, || format!("order {} was {what} twice by party {who} ({role:?})", short(digest)))
    }

    fn accepted(
        &mut self,
        (who, role, digest): (Who, Role, &Digest),
        fields: &Seen,
        instructions: Option<u64>,
        new: bool,
        at: At,
    ) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(!known.spoiled.contains(&role), || format!("party {who} took a part of {name} that does not fit"))?;
        for (field, value) in fields {
            let agreed = *known.values.entry(*field).or_insert(*value);
            hold(agreed == *value, || format!("two parties see two values of field {field} of {name}"))?;
        }
        known.accepted.insert((role, who), instructions);
        let Some(placed) = &known.placed else {
            return Err(format!("party {who} has {name}, which nobody placed"));
        };
        let (dates, holder) = (placed.dates, placed.holder);
        let meant = placed.parts.iter().find(|part| (part.role, part.who) == (role, who));
        let meant = meant.ok_or_else(|| format!("{name} has nothing for party {who} as {role:?}"))?.clone();
        if placed.honest {
            let whole = role == Role::Bank || fields.len() == meant.fields.len();
            let only = fields.iter().all(|field| meant.fields.contains(field));
            hold(whole && only, || format!("party {who} reads other fields of {name} than {role:?} may see"))?;
        }
        let gated = meant.way == Way::OnApproval;
        if gated {
            self.gate(who, role, digest, instructions)?;
        }
        if !new {
            return Ok(());
        }
        self.happens(who, digest, "accepted", Some(role))?;
        let until = if gated { dates.deliver } else { dates.accept };
        hold(at.clock <= until, || format!("party {who} accepted {name} too late"))?;
        hold(dates.issued <= at.clock + SKEW, || format!("party {who} accepted {name} too early"))?;
        hold(is_short(dates), || format!("party {who} accepted {name}, which holds too long"))?;
        self.not_revoked(who, holder, at.step, "accepted an order of")
    }

    /// Nobody opens a waiting part without the approval, and what the seller said is what arrives.
    fn gate(&self, who: Who, role: Role, digest: &Digest, instructions: Option<u64>) -> Result<(), Violation> {
        let known = &self.orders[digest];
        let Some(placed) = &known.placed else { return Ok(()) };
        let of = |role| placed.parts.iter().find(|part| part.role == role).map(|part| part.who);
        let keeps = !known.leaked && !of(Role::Bank).is_some_and(|bank| self.is(bank, |party| party.dishonest));
        let name = short(digest);
        hold(!keeps || known.approved, || format!("party {who} opened {name} without an approval"))?;
        let seller_is_honest = !of(Role::Seller).is_some_and(|seller| self.is(seller, |party| party.dishonest));
        if seller_is_honest && !of(Role::Seller).is_some_and(|seller| self.is(seller, |party| party.rolled_back)) {
            let said = known.dispatched.get(&role).copied();
            hold(said.is_some(), || format!("party {who} has {name}, which was not dispatched"))?;
            hold(said == instructions, || format!("party {who} has other instructions for {name} than were given"))?;
        }
        Ok(())
    }

    fn not_revoked(&self, who: Who, peer: Who, step: u64, what: &str) -> Result<(), Violation> {
        let since = self.parties.get(&who).and_then(|party| party.revoked.get(&peer));
        hold(since.is_none_or(|since| *since > step), || format!("party {who} {what} {peer}, which it has revoked"))
    }

    fn decided(&mut self, who: Who, digest: &Digest, approved: bool, new: bool, at: At) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(known.accepted.contains_key(&(Role::Bank, who)), || format!("{name} was decided and not accepted"))?;
        let before = known.decided.replace(approved);
        known.approved |= approved;
        let dates = known.placed.as_ref().map(|placed| (placed.dates, placed.holder));
        if before.is_some_and(|before| before != approved) {
            if self.is_once(who, None) {
                return Err(format!("{name} was approved and declined"));
            }
            self.count("decided otherwise after a ledger went back");
        }
        if new {
            self.happens(who, digest, "decided", None)?;
            if let Some((dates, holder)) = dates.filter(|_| approved) {
                hold(at.clock <= dates.accept, || format!("{name} was approved too late"))?;
                self.not_revoked(who, holder, at.step, "approved an order of")?;
            }
        }
        Ok(())
    }

    fn settled(
        &mut self,
        who: Who,
        digest: &Digest,
        amount: u64,
        ends: (Option<Who>, Option<Who>),
    ) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(!core::mem::replace(&mut known.settled, true), || format!("{name} was settled twice by party {who}"))?;
        hold(known.approved, || format!("{name} was settled and not approved"))?;
        hold(known.values.get(&0) == Some(&amount), || format!("{name} was settled with another amount"))?;
        let Some(placed) = &known.placed else { return Ok(()) };
        let seller = placed.parts.iter().find(|part| part.role == Role::Seller).map(|part| part.who);
        hold(ends == (Some(placed.holder), seller), || format!("{name} was settled between other parties"))
    }

    fn answered(&mut self, who: Who, digest: &Digest, approved: bool, new: bool) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let before = known.answered.replace(approved);
        let decided = known.decided;
        let of = |role| {
            let parts = known.placed.iter().flat_map(|placed| &placed.parts);
            parts.clone().find(|part| part.role == role).map(|part| part.who)
        };
        let bank = of(Role::Bank);
        if before.is_some_and(|before| before != approved) {
            if self.is_once(who, None) {
                return Err(format!("the seller has two answers for {name}"));
            }
            self.count("another answer after a ledger went back");
        }
        if new {
            let honest = bank.is_some_and(|bank| !self.is(bank, |party| party.dishonest || party.rolled_back));
            hold(!honest || decided == Some(approved), || {
                format!("the seller has an answer for {name} that was not given")
            })?;
            self.happens(who, digest, "answered", None)?;
        }
        Ok(())
    }

    fn dispatched(
        &mut self,
        (who, digest, role): (Who, &Digest, Role),
        instructions: u64,
        new: bool,
        at: At,
    ) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(known.answered == Some(true), || format!("{name} was dispatched and not approved"))?;
        let before = known.dispatched.insert(role, instructions);
        let placed = known.placed.as_ref().map(|placed| (placed.dates, placed.holder));
        if before.is_some_and(|before| before != instructions) && self.is_once(who, None) {
            return Err(format!("{name} was dispatched with two instructions"));
        }
        if let Some((dates, holder)) = placed.filter(|_| new) {
            hold(at.clock <= dates.deliver, || format!("{name} was dispatched too late"))?;
            self.not_revoked(who, holder, at.step, "dispatched an order of")?;
            self.happens(who, digest, "dispatched", Some(role))?;
        }
        Ok(())
    }

    /// What a receipt says is what the giver's ledger has, or had.
    fn reported(
        &mut self,
        holder: Who,
        digest: &Digest,
        (giver, revision): (Role, u64),
        status: Status,
    ) -> Result<(), Violation> {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let said = *known.said.entry((giver, revision)).or_insert(status);
        let known = &self.orders[digest];
        let Some(placed) = &known.placed else { return Err(format!("a receipt for {name}, which nobody placed")) };
        let who = placed.parts.iter().find(|part| part.role == giver).map(|part| part.who);
        let is_bound = |who| !self.is(who, |party| party.dishonest || party.rolled_back);
        if placed.holder != holder || !who.is_some_and(is_bound) {
            return Ok(());
        }
        let says = if giver == Role::Bank { known.decided } else { known.answered };
        let is_true = match status {
            Status::Received => who.is_some_and(|who| known.accepted.contains_key(&(giver, who))),
            Status::Approved => says == Some(true),
            Status::Declined => says == Some(false),
            Status::Dispatched => giver == Role::Seller && !known.dispatched.is_empty(),
        };
        hold(said == status, || format!("two receipts of {giver:?} for {name} say different things of one revision"))?;
        hold(is_true, || format!("a receipt of {giver:?} for {name} says {status:?}, which is not so"))
    }

    /// Every honest order has come to its end, or there is a reason that is one.
    fn ended(&mut self, now: u64, quiet: bool) -> Result<(), Violation> {
        hold(quiet, || "the parties did not come to rest".into())?;
        let mut ended = 0;
        for (digest, known) in &self.orders {
            let Some(placed) = &known.placed else { continue };
            let is_honest = |who| !self.is(who, |party| party.dishonest);
            if !placed.honest || !is_honest(placed.holder) || !placed.parts.iter().all(|part| is_honest(part.who)) {
                continue;
            }
            let has = |part: &PartIn| known.accepted.contains_key(&(part.role, part.who));
            // A declined order ends where it is.
            let done = known.answered == Some(false) || placed.parts.iter().all(has);
            let answered = known.answered.is_some() || !placed.parts.iter().any(|part| part.role == Role::Bank);
            if done && answered {
                ended += 1;
            } else if !self.is_excused(known, placed, now) {
                return Err(format!(
                    "order {} is stranded: accepted {:?}, decided {:?}, answered {:?}, refused {:?}",
                    short(digest),
                    known.accepted.keys().collect::<Vec<_>>(),
                    known.decided,
                    known.answered,
                    known.refusals
                ));
            }
        }
        self.ended += ended;
        Ok(())
    }

    /// Whether one of the refusals in the calm is a reason that holds, by what is known here.
    fn is_excused(&self, known: &Known, Placed { dates, parts, .. }: &Placed, now: u64) -> bool {
        known.refusals.iter().any(|(who, label)| match *label {
            "expired" => now > dates.accept,
            // Sealed, filed or decided by a clock that was ahead.
            "not-yet" => {
                let ahead = |who: Who| self.is(who, |party| party.ahead > now + SKEW);
                dates.issued > now + SKEW || parts.iter().any(|part| ahead(part.who))
            }
            "too-long" => !is_short(*dates),
            "ledger-below-floor" => self.is(*who, |party| party.floor > dates.settle),
            "ledger-damaged" => self.is(*who, |party| party.torn),
            "other-form" => self.is(*who, |party| party.form_changed),
            _ => false,
        })
    }
}
