//! Facts of one purchase, and of what may go wrong in it.

use world::oracle::Oracle;
use world::trace::{
    Answer, At, Dates, Demand, Digest, Fact, Later, Load, Nature, PartIn, Role, Says, Status, Until, Way,
};

pub(crate) const DIGEST: Digest = [1; 32];
pub(crate) const SELLER: u16 = 40;
pub(crate) const BANK: u16 = 45;
pub(crate) const COURIER: u16 = 47;
pub(crate) const NOW: At = At { clock: 100, moment: 10 };

/// A seller that lies may be answered to what it did not ask.
pub(crate) const DISHONEST: Fact = Fact::Dishonest { who: SELLER };

pub(crate) fn part(role: Role, who: u16, way: Way, fields: &[(u8, u64)]) -> PartIn {
    PartIn { role, who, way, fields: fields.to_vec() }
}

pub(crate) fn placed() -> Fact {
    let parts = vec![
        part(Role::Seller, SELLER, Way::OnReceipt, &[(0, 5), (9, 6)]),
        part(Role::Bank, BANK, Way::OnReceipt, &[(0, 5), (2, 7)]),
        part(Role::Courier, COURIER, Way::OnApproval, &[(3, 8)]),
    ];
    let dates = Dates { issued: 90, accept: 200, deliver: 300, settle: 400 };
    Fact::Placed { holder: 1, digest: DIGEST, dates, due: 1000, parts, honest: true }
}

pub(crate) fn accepted(role: Role, who: u16, fields: &[(u8, u64)]) -> Fact {
    Fact::Accepted { who, role, digest: DIGEST, fields: fields.to_vec(), asked: false, new: true, at: NOW }
}

pub(crate) fn decided(approved: bool, new: bool) -> Fact {
    Fact::Decided { who: BANK, digest: DIGEST, approved, new, at: NOW }
}

/// By the seller, of what the card holder sent it.
pub(crate) fn refused(nature: Nature, label: &'static str, clock: u64, wrote: bool) -> Fact {
    let (digest, until) = (Some(DIGEST), Until::Accept);
    Fact::Refused { who: SELLER, from: Some(1), nature, digest, label, until, clock, wrote }
}

pub(crate) fn settled(amount: u64) -> Fact {
    Fact::Settled { who: BANK, digest: DIGEST, amount, payer: Some(1), payee: Some(SELLER), new: true }
}

pub(crate) fn answered(approved: bool) -> Fact {
    Fact::Answered { who: SELLER, digest: DIGEST, approved, new: Some(NOW) }
}

pub(crate) fn later(who: u16, what: Later) -> Fact {
    Fact::Later { who, digest: DIGEST, what }
}

pub(crate) fn load(number: u16, last: bool, instructions: u64) -> Load {
    Load { number, last, instructions }
}

pub(crate) fn dispatched(load: Load, new: bool) -> Fact {
    later(SELLER, Later::Dispatched { role: Role::Courier, load, new: new.then_some(NOW) })
}

pub(crate) fn arrived(load: Load) -> Fact {
    later(COURIER, Later::Arrived { role: Role::Courier, load, new: Some(NOW) })
}

pub(crate) fn demanded(number: u16, sum: Option<u64>) -> Fact {
    later(SELLER, Later::Demanded { demand: Demand { number, sum }, new: Some(NOW) })
}

pub(crate) fn resolved(number: u16, sum: Option<u64>, granted: bool, refunded: u64) -> Fact {
    let answer = Answer { granted, refunded };
    later(BANK, Later::Resolved { demand: Demand { number, sum }, answer, new: Some(NOW) })
}

pub(crate) fn told(number: u16, granted: bool, refunded: u64) -> Fact {
    later(SELLER, Later::Told { number, answer: Answer { granted, refunded } })
}

pub(crate) fn booked(number: u16, sum: u64, reverses: bool) -> Fact {
    later(BANK, Later::Booked { number, sum, reverses, payer: Some(1), payee: Some(SELLER), new: true })
}

pub(crate) fn says(status: Status) -> Says {
    Says { status, withdrawn: None, refunded: Some(0), consignments: Vec::new() }
}

pub(crate) fn reported(giver: Role, status: Status) -> Fact {
    Fact::Reported { holder: 1, digest: DIGEST, giver, revision: 0, says: says(status) }
}

/// A purchase in which nothing is wrong.
pub(crate) fn purchase() -> Vec<Fact> {
    vec![
        placed(),
        accepted(Role::Seller, SELLER, &[(0, 5), (9, 6)]),
        accepted(Role::Bank, BANK, &[(0, 5), (2, 7)]),
        decided(true, true),
        settled(5),
        answered(true),
        dispatched(load(1, true, 77), true),
        accepted(Role::Courier, COURIER, &[(3, 8)]),
        arrived(load(1, true, 77)),
        later(SELLER, Later::Gave { role: Role::Seller, says: says(Status::Approved) }),
        reported(Role::Seller, Status::Approved),
        Fact::Ended { now: 100, quiet: true },
    ]
}

pub(crate) fn verdict(facts: &[Fact]) -> Result<(), String> {
    let mut oracle = Oracle::default();
    facts.iter().try_for_each(|fact| oracle.observe(fact))
}

/// The purchase with a fact put in before the place.
pub(crate) fn with(place: usize, fact: Fact) -> Vec<Fact> {
    let mut facts = purchase();
    facts.insert(place, fact);
    facts
}

/// The purchase with another fact in a place.
pub(crate) fn instead(place: usize, fact: Fact) -> Vec<Fact> {
    let mut facts = purchase();
    facts[place] = fact;
    facts
}

pub(crate) fn without(place: usize) -> Vec<Fact> {
    let mut facts = purchase();
    facts.remove(place);
    facts
}

/// The purchase, and what comes of it after all has arrived.
pub(crate) fn and_then(facts: &[Fact]) -> Vec<Fact> {
    let mut all = purchase();
    all.splice(9..9, facts.iter().cloned());
    all
}
