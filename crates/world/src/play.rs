//! A run: the script's events and the network's deliveries, then the calm in which everything has to come to its end.

mod calm;

use core::any::Any;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use polyseal::message::OrderDigest;

use crate::cast::{ALL, BANK, Lack, SELLER, STRANGER};
use crate::clock::{DAY, SKEW};
use crate::liars;
use crate::oracle::Violation;
use crate::orders::FORMS;
use crate::people::{anybody, pick_order};
use crate::random::{Random, mix};
use crate::report::Counts;
use crate::script::{Care, Deed, Event, STORM};
use crate::trace::{Digest, Fact, Who};
use crate::world::{Stop, World};

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    pub violation: Option<Violation>,
    /// The same for the same seed and events.
    pub trace: u64,
    pub counts: Counts,
}

/// Plays these events of a seed.
pub fn play(seed: u64, events: &[Event], tell: Option<fn(u64, &Fact)>) -> Outcome {
    let mut world = World::new(seed, tell);
    let panicked = unless_it_panics(|| world.run(events)).err();
    world.counts.tally = world.oracle.tally().clone();
    let violation = world.violation().cloned().or(panicked);
    Outcome { violation, trace: world.trace.0, counts: world.counts }
}

/// A panic of the library is a violation like any other: it has to keep its seed.
pub fn unless_it_panics(run: impl FnOnce()) -> Result<(), Violation> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| format!("panicked: {}", words(&*payload)))
}

fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

impl World {
    /// The storm, and the calm if nothing is wrong by then.
    fn run(&mut self, events: &[Event]) {
        let mut next = events.iter().peekable();
        while self.step < STORM && self.violation().is_none() {
            while let Some(event) = next.next_if(|event| event.at <= self.step) {
                self.act(*event);
            }
            self.tick();
        }
        if self.violation().is_none() {
            self.calm();
        }
    }

    /// One delivery, and the steps that have waited long enough.
    fn tick(&mut self) {
        self.step += 1;
        self.moment += 1;
        self.clock.advance(1);
        self.do_what_is_due();
        for process in 0..self.processes.len() {
            if !self.processes[process].parked.is_empty() {
                self.unpark(process);
            }
        }
        if let Some(message) = self.network.take() {
            self.counts.messages += 1;
            self.deliver(&message);
        }
    }

    fn act(&mut self, event: Event) {
        self.moment += 1;
        let mut random = Random::new(mix(event.choice, 7));
        let random = &mut random;
        let service = SELLER + Who::try_from(random.below(u64::from(STRANGER - SELLER))).unwrap();
        let process = random.index(self.processes.len());
        match event.deed {
            Deed::Place => self.place(event.choice),
            Deed::Repeat => {
                if let Some((holder, place)) = pick_order(self, random) {
                    self.send_order(holder, place);
                }
            }
            Deed::Again => self.again(random),
            Deed::Network(mischief) => self.network.mischief(mischief, random, ALL),
            Deed::Kill => {
                let busy = self.busy(random);
                let rewound = random.once_in(3);
                self.processes[busy].light_fuse(random.below(5), rewound);
                if rewound {
                    self.tell_repetition(busy);
                }
            }
            Deed::Park => {
                let busy = self.busy(random);
                self.processes[busy].slow = 1 + random.below(12);
            }
            Deed::Ledger(failure) => {
                let times = 1 + random.below(3);
                self.identities[usize::from(service)].storage.fail_next(failure, times);
            }
            Deed::Fill => self.identities[usize::from(service)].storage.fill(),
            Deed::LoseLast => {
                if let Some(digest) = self.identities[usize::from(service)].storage.lose_last() {
                    self.went_back(service, Some(digest));
                }
            }
            Deed::BackUp => self.identities[usize::from(service)].storage.back_up(),
            Deed::Restore(care) => self.restore(service, care, random.once_in(2)),
            Deed::Jump => {
                let seconds = *random.pick(&[30, 600, 3600, 5 * 3600, DAY, 3 * DAY, 10 * DAY]);
                self.clock.advance(seconds);
            }
            Deed::Skew => {
                let off = *random.pick(&[-400, -200, 100, 250, 310, 4000, -4000, 90_000, -90_000]);
                self.tell_ahead(process);
                self.clock.set_off(process, off);
            }
            Deed::Stick => {
                self.processes[process].generator.stick(Some(7));
                self.tell_repetition(process);
            }
            Deed::Fork => {
                let copy = self.processes[random.index(self.processes.len())].generator.clone();
                self.processes[process].generator = copy;
                self.tell_repetition(process);
            }
            Deed::Revoke => self.revoke_in_an_order(random),
            Deed::SealAgain => self.seal_any_again(random),
            Deed::Reinstate => {
                let revoked: Vec<Who> = self.identities[usize::from(service)].revoked.iter().copied().collect();
                for peer in revoked {
                    self.revoke(service, peer, false);
                }
            }
            Deed::ChangeForm => self.change_form(random),
            Deed::LackKeys => {
                let peer = anybody(random);
                let lack = *random.pick(&[Lack::Newest, Lack::Oldest, Lack::Peer(peer)]);
                self.processes[process].lack = Some(lack);
                self.processes[process].changed();
            }
            Deed::FindKeys => {
                for process in &mut self.processes {
                    process.lack = None;
                    process.changed();
                }
            }
            Deed::Handshake => self.begin_handshake(event.choice),
            Deed::ForgetSessions => self.forget_sessions(anybody(random)),
            Deed::Lie => liars::lie(self, event.choice),
            Deed::Spoil => liars::spoil(self, event.choice),
            Deed::Break => liars::break_cohort(self, event.choice),
        }
    }

    /// A process of a service, which are the busy ones, or sometimes any.
    fn busy(&self, random: &mut Random) -> usize {
        if random.once_in(4) {
            return random.index(self.processes.len());
        }
        let services = self.of[usize::from(SELLER)][0];
        services + random.index(self.processes.len() - services)
    }

    fn again(&mut self, random: &mut Random) {
        let Some((holder, place)) = pick_order(self, random) else { return };
        let placed = &self.identities[usize::from(holder)].placed[place];
        let digest = OrderDigest::from_bytes(placed.digest);
        let is_seller = random.once_in(2);
        let who = usize::from(placed.chosen[usize::from(!is_seller)].1);
        let process = *random.pick(&self.of[who]);
        let done = if is_seller { self.seller_again(process, digest) } else { self.bank_again(process, digest) };
        if let Err(Stop::Refused(label)) = done {
            self.counts.label(label);
        }
    }

    fn tell_repetition(&mut self, process: usize) {
        let who = self.who(process);
        self.fact(Fact::Repeats { who });
    }

    /// How far ahead a clock was, before it is set.
    fn tell_ahead(&mut self, process: usize) {
        let (who, until) = (self.who(process), self.clock.at(process));
        if until > self.clock.now() {
            self.fact(Fact::Ahead { who, until });
        }
    }

    /// From the last copy: with all processes of the party ended before, as an operator should do it, or not.
    fn restore(&mut self, who: Who, care: Care, is_ended: bool) {
        let (now, storage) = (self.clock.now(), &mut self.identities[usize::from(who)].storage);
        if !storage.restore() {
            return;
        }
        if care == Care::Mark {
            storage.refuse_issued_before(now + SKEW + 1);
        }
        if care != Care::Nothing {
            storage.raise_floor(now);
        }
        if is_ended {
            for process in &self.of[usize::from(who)] {
                self.processes[*process].die();
            }
        }
        self.went_back(who, None);
    }

    fn went_back(&mut self, who: Who, only: Option<Digest>) {
        let mark = self.identities[usize::from(who)].storage.mark();
        self.fact(Fact::RolledBack { who, only, mark });
    }

    /// Somebody revokes another party of one of its orders, which may be under way: mostly a service its card holder.
    fn revoke_in_an_order(&mut self, random: &mut Random) {
        let Some((holder, place)) = pick_order(self, random) else { return };
        let chosen = self.identities[usize::from(holder)].placed[place].chosen.map(|(_, who)| who);
        let who = if random.once_in(4) { holder } else { *random.pick(&chosen) };
        let peer = if random.once_in(2) { holder } else { *random.pick(&chosen) };
        self.revoke(who, peer, true);
    }

    fn seal_any_again(&mut self, random: &mut Random) {
        let Some((holder, place)) = pick_order(self, random) else { return };
        match self.seal_again(holder, place) {
            Ok(()) => self.send_order(holder, place),
            Err(Stop::Died) => {}
            Err(Stop::Refused(label)) => self.counts.label(label),
        }
    }

    fn revoke(&mut self, who: Who, peer: Who, on: bool) {
        if who == peer {
            return;
        }
        let revoked = &mut self.identities[usize::from(who)].revoked;
        let _ = if on { revoked.insert(peer) } else { revoked.remove(&peer) };
        for process in self.of[usize::from(who)].clone() {
            self.processes[process].changed();
        }
        self.fact(Fact::Revoked { who, peer, moment: self.moment, on });
    }

    /// With the old one beside it, or at once.
    fn change_form(&mut self, random: &mut Random) {
        let who = SELLER + Who::try_from(random.below(u64::from(BANK - SELLER))).unwrap();
        let forms = &mut self.identities[usize::from(who)].forms;
        let new = random.index(FORMS);
        if random.once_in(3) {
            *forms = vec![new];
        } else {
            forms.insert(0, new);
        }
        for process in self.of[usize::from(who)].clone() {
            self.processes[process].changed();
        }
        self.fact(Fact::FormChanged { who });
    }
}
