//! The oracle: what must be true of everything that went in and came out. It knows no code of the library. What it holds of
//! handshakes, consignments, sums and reasons is in files of their own; all that is true of any order is here.

mod handshakes;
mod life;
mod money;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};

use handshakes::Meetings;
use life::Life;
use money::Money;

use crate::clock::SKEW;
use crate::report::Tally;
use crate::trace::{At, Dates, Digest, Fact, Later, Nature, PartIn, Role, Seen, Until, Way, Who};

/// The longest windows that receivers take: to accept, to deliver, to settle.
const LONGEST: [u64; 3] = [7 * 24 * 3600, 90 * 24 * 3600, 400 * 24 * 3600];

/// What is known of one order.
#[derive(Default)]
struct Known {
    placed: Option<Placed>,
    /// Its card holder did not make it: somebody did who has broken the cohort.
    impersonated: bool,
    spoiled: BTreeSet<Role>,
    /// Whose ledgers went back since it was made, and whose were torn.
    lost: BTreeSet<Who>,
    torn: BTreeSet<Who>,
    accepted: BTreeSet<(Role, Who)>,
    values: BTreeMap<u8, u64>,
    /// What the bank decided, and what the seller took as its answer.
    decided: Option<bool>,
    answered: Option<bool>,
    /// Whether the bank ever approved it, whatever a ledger that went back made of that.
    approved: bool,
    settled: bool,
    life: Life,
    money: Money,
    /// What only happens once and was new, by what it was.
    news: BTreeSet<(Who, What)>,
    /// Why honest parties refused it in the calm, at steps that it admits until then, and when they did so last.
    refusals: BTreeMap<(Who, &'static str, Until), u64>,
}

struct Placed {
    holder: Who,
    dates: Dates,
    parts: Vec<PartIn>,
    honest: bool,
}

impl Placed {
    fn who(&self, role: Role) -> Option<Who> {
        self.parts.iter().find(|part| part.role == role).map(|part| part.who)
    }
}

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
struct Party {
    dishonest: bool,
    /// It has lost sessions.
    forgot: bool,
    /// Its challenges may be drawn again.
    repeats: bool,
    /// Its ledger refuses new orders that were issued before.
    mark: u64,
    form_changed: bool,
    /// Up to when its clock was ahead.
    ahead: u64,
    /// Since which moment.
    revoked: BTreeMap<Who, u64>,
}

#[derive(Default)]
pub struct Oracle {
    orders: BTreeMap<Digest, Known>,
    parties: BTreeMap<Who, Party>,
    meetings: Meetings,
    tally: Tally,
    /// By whom, and what.
    taken: BTreeSet<(Who, u64)>,
    is_calm: bool,
}

/// What was broken, in a sentence.
pub type Violation = String;
pub type Check = Result<(), Violation>;

type Place<'a> = (Who, Role, &'a Digest);

/// What only happens once: to a role, and with a number, if it has one.
type What = (&'static str, Option<Role>, u16);

fn hold(condition: bool, says: impl FnOnce() -> String) -> Check {
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

impl Oracle {
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether the bank of an order has approved it.
    pub fn is_approved(&self, digest: &Digest) -> bool {
        self.orders.get(digest).is_some_and(|known| known.approved)
    }

    /// Takes note of a fact, and says what is wrong with it.
    pub fn observe(&mut self, fact: &Fact) -> Check {
        match *fact {
            Fact::Placed { holder, digest, dates, due, ref parts, honest } => {
                let known = self.orders.entry(digest).or_default();
                known.money.due = due;
                // Equal orders of one second from one generator that is stuck are one order.
                let same = known.placed.as_ref().is_none_or(|was| was.holder == holder && was.parts == *parts);
                known.placed = Some(Placed { holder, dates, parts: parts.clone(), honest });
                hold(same, || format!("two orders have the digest {}", short(&digest)))
            }
            Fact::Took { who, nature, digest, print, again, wrote, label } => {
                self.took((who, digest), nature, (print, again && label != "envelope"), wrote, label)
            }
            Fact::Refused { who, from, nature, digest, label, until, clock, wrote } => {
                if let Some(digest) = digest.filter(|_| nature == Nature::Genuine) {
                    self.refused((who, from), &digest, label, (until, clock))?;
                }
                let may_write = [Nature::Genuine, Nature::Doubtful].contains(&nature) && label.starts_with("ledger-");
                hold(!wrote || may_write, || format!("party {who} refused a message as {label}, which changed it"))
            }
            Fact::Accepted { who, role, digest, ref fields, asked, new, at } => {
                self.accepted((who, role, &digest), fields, asked, new.then_some(at))
            }
            Fact::Decided { who, digest, approved, new, at } => self.decided(who, &digest, approved, new, at),
            Fact::Settled { who, digest, amount, payer, payee, new } => {
                self.settled(who, &digest, (amount, new), (payer, payee))
            }
            Fact::Answered { who, digest, approved, new } => self.answered(who, &digest, approved, new),
            Fact::Later { who, digest, ref what } => self.later(who, &digest, what),
            Fact::Reported { holder, digest, giver, revision, ref says } => {
                self.reported((holder, giver, &digest), revision, says)
            }
            Fact::NotMade { who, digest, label, until, clock } => self.not_made(who, &digest, label, (until, clock)),
            Fact::Kept { who, digest, from, label, at } => self.kept(who, &digest, from, label, at),
            Fact::Met { who, peer, word, ref session, began, drew, at } => {
                self.met((who, peer, session), word, began, drew, at)
            }
            Fact::Acknowledged { who, peer, ref session } => self.both_ended((who, peer, session)),
            Fact::Ended { now, quiet } => self.ended(now, quiet),
            _ => {
                self.note(fact);
                Ok(())
            }
        }
    }

    /// Facts that excuse something or forbid it.
    fn note(&mut self, fact: &Fact) {
        match *fact {
            Fact::Impersonated { digest } => self.orders.entry(digest).or_default().impersonated = true,
            Fact::Spoiled { digest, role } => drop(self.orders.entry(digest).or_default().spoiled.insert(role)),
            Fact::RolledBack { who, only, mark } => {
                self.party(who).mark = mark;
                self.orders_of(who, only).for_each(|known| _ = known.lost.insert(who));
            }
            Fact::Torn { who, digest } => {
                self.orders_of(who, Some(digest)).for_each(|known| _ = known.torn.insert(who));
            }
            Fact::Spoke { who, to, word, at } => self.meetings.spoke(who, to, word, at),
            Fact::Repeats { who } => self.party(who).repeats = true,
            Fact::Forgot { who } => self.party(who).forgot = true,
            Fact::Revoked { who, peer, moment, on: true } => drop(self.party(who).revoked.insert(peer, moment)),
            Fact::Revoked { who, peer, on: false, .. } => drop(self.party(who).revoked.remove(&peer)),
            Fact::FormChanged { who } => self.party(who).form_changed = true,
            Fact::Ahead { who, until } => self.party(who).ahead = until.max(self.party(who).ahead),
            Fact::Dishonest { who } => self.party(who).dishonest = true,
            Fact::Calm { .. } => self.is_calm = true,
            Fact::LastRound => {
                self.orders
                    .values_mut()
                    .for_each(|known| known.refusals.retain(|(_, label, _), _| *label != "not-yet"));
            }
            _ => {}
        }
    }

    /// The orders of a party, or one of them.
    fn orders_of(&mut self, who: Who, only: Option<Digest>) -> impl Iterator<Item = &mut Known> {
        let has = move |placed: &Placed| placed.parts.iter().any(|part| part.who == who);
        let orders = self.orders.iter_mut().filter(move |(digest, _)| only.is_none_or(|only| only == **digest));
        orders.map(|(_, known)| known).filter(move |known| known.placed.as_ref().is_some_and(has))
    }

    fn party(&mut self, who: Who) -> &mut Party {
        self.parties.entry(who).or_default()
    }

    fn is(&self, who: Who, what: impl Fn(&Party) -> bool) -> bool {
        self.parties.get(&who).is_some_and(what)
    }

    fn took(
        &mut self,
        (who, digest): (Who, Option<Digest>),
        nature: Nature,
        (print, is_again): (u64, bool),
        wrote: bool,
        label: &str,
    ) -> Check {
        hold(nature != Nature::Altered, || format!("party {who} took an altered {label}"))?;
        hold(nature != Nature::Lie, || format!("party {who} took a forged {label}"))?;
        // What is known writes nothing, unless its card holder has sealed it again.
        let is_known = !self.taken.insert((who, print)) || is_again;
        let says = || format!("a repeated {label} changed a ledger of {who}");
        self.stays(who, &digest.unwrap_or_default(), !(is_known && wrote), says)
    }

    /// Whether the ledger of a party went back since this order was made.
    fn has_lost(&self, who: Who, digest: &Digest) -> bool {
        self.orders.get(digest).is_some_and(|known| known.lost.contains(&who))
    }

    /// What a ledger that goes forward does not change.
    fn stays(&mut self, who: Who, digest: &Digest, same: bool, says: impl FnOnce() -> String) -> Check {
        if !same && self.has_lost(who, digest) {
            *self.tally.counted.entry("twice, or otherwise, after a ledger went back").or_default() += 1;
            return Ok(());
        }
        hold(same, says)
    }

    /// A step that happens once: when the ledger says that it is `new`. Otherwise it had happened before, told or not.
    fn happens(&mut self, who: Who, digest: &Digest, what: What, new: bool) -> Check {
        let known = self.orders.entry(*digest).or_default();
        let first = known.news.insert((who, what)) || !new;
        let issued = known.placed.as_ref().map(|placed| placed.dates.issued);
        // A mark keeps a ledger that went back from accepting again what it has forgotten.
        let is_kept_out = what.0 == "accepted" && self.is(who, |party| issued.is_some_and(|at| at < party.mark));
        let says = || format!("order {} was {} twice by party {who}", short(digest), what.0);
        if is_kept_out { hold(first, says) } else { self.stays(who, digest, first, says) }
    }

    fn later(&mut self, who: Who, digest: &Digest, what: &Later) -> Check {
        match what {
            Later::Demanded { .. } | Later::Resolved { .. } | Later::Told { .. } | Later::Booked { .. } => {
                self.about_money(who, digest, what)
            }
            _ => self.about_goods(who, digest, what),
        }
    }

    /// Whether what a party says can be relied on: it is honest, and its ledger goes forward.
    fn is_bound(&self, who: Option<Who>, digest: &Digest) -> bool {
        who.is_some_and(|who| self.is_honest(who) && !self.has_lost(who, digest))
    }

    fn accepted(&mut self, (who, role, digest): Place<'_>, fields: &Seen, asked: bool, new: Option<At>) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(!known.spoiled.contains(&role), || format!("party {who} took a part of {name} that does not fit"))?;
        for (field, value) in fields {
            let agreed = *known.values.entry(*field).or_insert(*value);
            hold(agreed == *value, || format!("two parties see two values of field {field} of {name}"))?;
        }
        known.accepted.insert((role, who));
        let placed = known.placed.as_ref().ok_or_else(|| format!("party {who} has {name}, which nobody placed"))?;
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
            self.gate(who, digest)?;
        }
        self.happens(who, digest, ("accepted", Some(role), 0), new.is_some())?;
        let Some(at) = new else { return Ok(()) };
        if self.orders[digest].impersonated {
            *self.tally.counted.entry("accepted from whoever has broken a cohort").or_default() += 1;
        }
        let until = if asked {
            dates.settle
        } else if gated {
            dates.deliver
        } else {
            dates.accept
        };
        hold(at.clock <= until, || format!("party {who} accepted {name} too late"))?;
        hold(dates.issued <= at.clock + SKEW, || format!("party {who} accepted {name} too early"))?;
        hold(is_short(dates), || format!("party {who} accepted {name}, which holds too long"))?;
        self.not_revoked(who, holder, at.moment, "accepted an order of")
    }

    /// Nobody opens a waiting part without the approval. A card holder and a bank know the token, and may tell it to a seller.
    fn gate(&self, who: Who, digest: &Digest) -> Check {
        let known = &self.orders[digest];
        let Some(placed) = &known.placed else { return Ok(()) };
        let is_told = placed.who(Role::Bank).is_some_and(|bank| !self.is_honest(bank))
            || !self.is_honest(placed.holder) && placed.who(Role::Seller).is_some_and(|seller| !self.is_honest(seller));
        hold(is_told || known.approved, || format!("party {who} opened {} without an approval", short(digest)))
    }

    fn not_revoked(&self, who: Who, peer: Who, moment: u64, what: &str) -> Check {
        let since = self.parties.get(&who).and_then(|party| party.revoked.get(&peer));
        hold(since.is_none_or(|since| *since > moment), || format!("party {who} {what} {peer}, which it has revoked"))
    }

    fn decided(&mut self, who: Who, digest: &Digest, approved: bool, new: bool, at: At) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        hold(known.accepted.contains(&(Role::Bank, who)), || format!("{name} was decided and not accepted"))?;
        let before = known.decided.replace(approved);
        known.approved |= approved;
        let cancelled = known.money.is_cancelled();
        let asked = known.placed.as_ref();
        let asked = asked.map(|it| (it.dates.accept, [Some(it.holder), it.who(Role::Seller)]));
        self.stays(who, digest, before.is_none_or(|before| before == approved), || {
            format!("{name} was approved and declined")
        })?;
        self.happens(who, digest, ("decided", None, 0), new)?;
        if new {
            self.stays(who, digest, !cancelled, || format!("{name} was decided after it was cancelled"))?;
            let Some((until, peers)) = asked else { return Ok(()) };
            hold(at.clock <= until, || format!("{name} was decided too late"))?;
            for peer in peers.into_iter().flatten().filter(|_| approved) {
                self.not_revoked(who, peer, at.moment, "approved an order of, or relayed by,")?;
            }
        }
        Ok(())
    }

    fn answered(&mut self, who: Who, digest: &Digest, approved: bool, new: Option<At>) -> Check {
        let name = short(digest);
        let known = self.orders.entry(*digest).or_default();
        let before = known.answered.replace(approved);
        let decided = known.decided;
        let bank = known.placed.as_ref().and_then(|placed| placed.who(Role::Bank));
        let ended = known.money.has_ended();
        let (holder, until) = known.placed.as_ref().map(|it| (it.holder, it.dates.settle)).unzip();
        self.stays(who, digest, before.is_none_or(|before| before == approved), || format!("two answers for {name}"))?;
        self.happens(who, digest, ("answered", None, 0), new.is_some())?;
        if let Some(at) = new {
            hold(until.is_none_or(|until| at.clock <= until), || format!("{name} was answered too late"))?;
            for peer in holder.filter(|_| approved).into_iter().chain(bank) {
                self.not_revoked(who, peer, at.moment, "took an answer about an order of, or from,")?;
            }
            hold(!self.is_bound(bank, digest) || decided == Some(approved), || {
                format!("the seller has an answer for {name} that was not given")
            })?;
            self.stays(who, digest, !ended, || format!("{name} was answered after it was cancelled"))?;
        }
        Ok(())
    }

    /// Every honest order has come to its end, or there is a reason that is one.
    fn ended(&mut self, now: u64, quiet: bool) -> Check {
        hold(quiet, || "the parties did not come to rest".into())?;
        let mut tally = Tally::default();
        for (digest, known) in &self.orders {
            let Some(placed) = &known.placed else { continue };
            if !self.is_honest_order(placed) {
                let is_honest = placed.honest && self.is_honest(placed.holder);
                *(if is_honest { &mut tally.among_liars } else { &mut tally.of_liars }) += 1;
                continue;
            }
            let is_open = known.approved && !known.settled && known.lost.is_empty();
            hold(!is_open, || format!("order {} is approved, and its bank has booked nothing", short(digest)))?;
            // What a ledger has forgotten is nobody's to answer.
            match life::left(known, placed, !known.lost.is_empty()) {
                None => tally.ended += 1,
                Some((what, until)) => {
                    let refused = &known.refusals;
                    let excuse = self
                        .excuse(known, placed, until, now)
                        .ok_or_else(|| format!("order {} is stranded: {what}, refused {refused:?}", short(digest)))?;
                    let what: String = what.chars().filter(|letter| !letter.is_ascii_digit()).collect();
                    *tally.excused.entry(format!("{what}: {excuse}")).or_default() += 1;
                }
            }
        }
        self.tally.add(&tally);
        Ok(())
    }
}
