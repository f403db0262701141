//! A script: everything that a seed makes happen, as a list of events of which any part can be played alone.

use crate::network::{MISCHIEFS, Mischief};
use crate::random::{Random, mix};
use crate::storage::Failure;

/// What happens, with numbers that say to whom and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A card holder places an order.
    Place,
    /// A card holder sends an order again.
    Repeat,
    /// A seller sends what its order needs again, or a bank answers by the digest.
    Again,
    Network(Mischief),
    /// A process dies after a few calls.
    Kill,
    /// The next step of a process waits before it is filed.
    Park,
    Ledger(Failure),
    Fill,
    LoseLast,
    BackUp,
    Restore(Care),
    /// The time goes on at once.
    Jump,
    /// A process's clock is wrong from now on.
    Skew,
    Stick,
    /// Two processes have one generator.
    Fork,
    Revoke,
    /// A card holder seals the parts of an order again.
    SealAgain,
    Reinstate,
    ChangeForm,
    LackKeys,
    FindKeys,
    Handshake,
    ForgetSessions,
    Lie,
    /// A card holder that lies seals an order that does not fit together.
    Spoil,
    /// Keys of a broken cohort are used.
    Break,
}

/// What an operator does when a ledger goes back to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    Nothing,
    /// Raises the floor, and sets no mark.
    Floor,
    /// Raises the floor and sets a mark.
    Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Before which delivery of the network it happens.
    pub at: u64,
    pub deed: Deed,
    /// What chooses within the deed.
    pub choice: u64,
}

/// Out of how many events each deed is how many, roughly.
const WEIGHTS: [(u64, Deed); 26] = [
    (70, Deed::Repeat),
    (50, Deed::Again),
    (40, Deed::Kill),
    (60, Deed::Park),
    (24, Deed::Ledger(Failure::Before)),
    (24, Deed::Ledger(Failure::After)),
    (2, Deed::Ledger(Failure::Torn)),
    (4, Deed::Fill),
    (4, Deed::LoseLast),
    (24, Deed::BackUp),
    (2, Deed::Restore(Care::Nothing)),
    (2, Deed::Restore(Care::Floor)),
    (2, Deed::Restore(Care::Mark)),
    (10, Deed::Jump),
    (10, Deed::Skew),
    (6, Deed::Stick),
    (6, Deed::Fork),
    (14, Deed::Revoke),
    (24, Deed::SealAgain),
    (6, Deed::Reinstate),
    (6, Deed::ChangeForm),
    (6, Deed::LackKeys),
    (6, Deed::FindKeys),
    (28, Deed::Handshake),
    (20, Deed::ForgetSessions),
    (120, Deed::Lie),
];

/// How many orders the script of a seed places.
pub const ORDERS: u64 = 64;
/// Deliveries while orders are placed, and while faults happen: what comes of an order comes late.
const BUSY: u64 = 480;
pub const STORM: u64 = 960;
/// Events beside the orders.
const TROUBLES: u64 = 280;

/// The script of a seed. Some seeds are calm, some have one kind of trouble, most have all.
pub fn script(seed: u64) -> Vec<Event> {
    let mut random = Random::new(mix(seed, 1));
    let mut events: Vec<_> = (0..ORDERS).map(|_| event(Deed::Place, BUSY, &mut random)).collect();
    let troubles = match random.below(8) {
        0 => 0,
        1 => TROUBLES / 8,
        2 => TROUBLES * 2,
        _ => TROUBLES,
    };
    let only = random.once_in(4).then(|| random.word());
    for _ in 0..troubles {
        let choice = only.unwrap_or_else(|| random.word());
        let deed = trouble(&mut Random::new(choice));
        events.push(event(deed, STORM, &mut random));
    }
    events.sort_by_key(|event| event.at);
    events
}

fn event(deed: Deed, until: u64, random: &mut Random) -> Event {
    Event { at: random.below(until), deed, choice: random.word() }
}

fn trouble(random: &mut Random) -> Deed {
    match random.below(16) {
        0..6 => Deed::Network(*random.pick(&MISCHIEFS)),
        6 => *random.pick(&[Deed::Spoil, Deed::Break]),
        _ => {
            let total: u64 = WEIGHTS.iter().map(|(weight, _)| weight).sum();
            let mut place = random.below(total);
            for (weight, deed) in WEIGHTS {
                if place < weight {
                    return deed;
                }
                place -= weight;
            }
            Deed::Repeat
        }
    }
}
