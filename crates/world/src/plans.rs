//! Stories: what is to come of a purchase, and what parties do at a moment of their own choice.

use std::collections::BTreeMap;

use polyseal::message::OrderDigest;

use crate::random::{Random, mix};
use crate::trace::{Digest, Who};
use crate::world::{Stop, World};

/// What is to come of a purchase, if nothing goes wrong.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// In how many consignments it goes to each recipient.
    pub consignments: u16,
    /// Whether recipients tell what became of them, and which one fails, if one does.
    pub reports: bool,
    pub fails: Option<u16>,
    pub attitude: Attitude,
    /// What happens after so many deliveries.
    deeds: [Option<(Deed, u64)>; 4],
}

/// What the bank and the seller make of it besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attitude {
    Usual,
    /// The bank does not decide.
    Silent,
    /// The seller does not relay to the bank.
    Unseen,
    /// The bank refuses to cancel it.
    Stays,
}

/// What a party does of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Withdraw,
    /// The seller asks to cancel the order.
    Cancel,
    /// The seller asks to refund so many thousandths of what is due, as its refund of this number.
    Refund(u16, u64),
    /// Two processes of the seller: one asks to cancel, the other one to refund.
    Race,
    /// The seller dispatches the next consignment.
    Dispatch,
}

impl Plan {
    /// An order of which nothing is known.
    pub const PLAIN: Self =
        Self { consignments: 1, reports: false, fails: None, attitude: Attitude::Usual, deeds: [None; 4] };

    pub fn new(choice: u64) -> Self {
        let mut random = Random::new(choice);
        let random = &mut random;
        let story = random.below(18);
        if story < 9 {
            return Self::PLAIN;
        }
        let consignments = 1 + u16::try_from(random.below(4)).unwrap();
        let fails = random.once_in(3).then(|| 1 + u16::try_from(random.below(4)).unwrap());
        let mut plan = Self { consignments, reports: true, fails, ..Self::PLAIN };
        let mut after = || {
            let most = *random.pick(&[40, 200, 600, 1200]);
            random.below(most)
        };
        let (first, second, third) = (after(), after(), after());
        let share = |place: u64| 100 + mix(choice, place) % 600;
        match story {
            9 | 10 => {}
            11 => plan.deeds[0] = Some((Deed::Withdraw, first)),
            12 => plan.deeds[0] = Some((Deed::Cancel, first)),
            13 => {
                plan.attitude = Attitude::Stays;
                plan.deeds[0] = Some((Deed::Cancel, first));
            }
            14 => {
                plan.attitude = Attitude::Unseen;
                plan.deeds[0] = Some((Deed::Cancel, first));
            }
            15 => {
                plan.attitude = Attitude::Silent;
                plan.deeds[0] = Some((Deed::Cancel, first.max(400)));
            }
            16 => {
                let most = 1 + mix(choice, 9) % 3;
                for (place, after) in (1..=most).zip([first, second, third]) {
                    let number = u16::try_from(place).unwrap();
                    plan.deeds[usize::from(number)] = Some((Deed::Refund(number, share(place)), after));
                }
            }
            _ => plan.deeds[0] = Some((Deed::Race, first)),
        }
        // Stories cross one another.
        if story > 11 && mix(choice, 8).is_multiple_of(4) {
            plan.deeds[3] = plan.deeds[3].or(Some((Deed::Withdraw, third)));
        }
        plan
    }

    /// Whether it is more than one dispatch.
    pub fn is_storied(&self) -> bool {
        self.reports
    }

    /// Whether the order has no other end than to be cancelled.
    pub fn ends_cancelled(&self) -> bool {
        [Attitude::Silent, Attitude::Unseen].contains(&self.attitude)
    }
}

/// How often a deed is tried, and after how many deliveries again: each time after twice as many.
const TRIES: u64 = 8;
const PAUSE: u64 = 20;

/// What is still to be done, by the delivery before which it is.
#[derive(Debug, Default)]
pub struct Agenda(BTreeMap<u64, Vec<Task>>);

#[derive(Clone, Copy, Debug)]
struct Task {
    digest: Digest,
    deed: Deed,
    tries: u64,
}

impl Agenda {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, step: u64, task: Task) {
        self.0.entry(step).or_default().push(task);
    }

    fn has(&self, digest: &Digest, deed: Deed) -> bool {
        self.0.values().flatten().any(|task| (task.digest, task.deed) == (*digest, deed))
    }
}

impl World {
    pub fn plan(&self, digest: &Digest) -> Plan {
        self.plans.get(digest).copied().unwrap_or(Plan::PLAIN)
    }

    /// All that the plan of an order has.
    pub(crate) fn begin_story(&mut self, digest: Digest) {
        for (deed, after) in self.plan(&digest).deeds.into_iter().flatten() {
            self.is_to(digest, deed, after);
        }
    }

    /// Somebody is to do something after so many deliveries.
    pub(crate) fn is_to(&mut self, digest: Digest, deed: Deed, after: u64) {
        if !self.agenda.has(&digest, deed) {
            self.agenda.add(self.step + after, Task { digest, deed, tries: TRIES });
        }
    }

    /// Does what is due. What is not done, and may be later, is tried again.
    pub(crate) fn do_what_is_due(&mut self) {
        while let Some(due) = self.agenda.0.first_entry().filter(|entry| *entry.key() <= self.step) {
            for task in due.remove() {
                let is_done = match self.perform(&task) {
                    Ok(is_done) => is_done,
                    Err(Stop::Died) => false,
                    Err(Stop::Refused(label)) => {
                        self.counts.label(label);
                        false
                    }
                };
                if !is_done && task.tries > 0 {
                    let pause = PAUSE << (TRIES - task.tries);
                    self.agenda.add(self.step + pause, Task { tries: task.tries - 1, ..task });
                }
            }
        }
    }

    /// Whether it is done.
    fn perform(&mut self, task: &Task) -> Result<bool, Stop> {
        let Some((holder, place)) = self.placed_as(&task.digest) else { return Ok(true) };
        if task.deed == Deed::Withdraw {
            return self.withdraw(holder, place).map(|()| true);
        }
        let seller: Who = self.identities[usize::from(holder)].placed[place].chosen[0].1;
        let mut random = Random::new(mix(mix(self.seed, 31), self.step));
        let processes = self.of[usize::from(seller)].clone();
        let process = *random.pick(&processes);
        let digest = OrderDigest::from_bytes(task.digest);
        match task.deed {
            Deed::Race => self.race(&processes, digest, &mut random),
            Deed::Cancel => self.cancel(process, digest),
            Deed::Refund(count, share) => self.refund(process, digest, usize::from(count), share),
            _ => self.dispatch_due(process, digest),
        }
    }
}
