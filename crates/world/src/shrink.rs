//! Shrinking: which of a failing seed's events it takes.

use crate::play::play;
use crate::script::script;

/// The places of the events that are left. What panics is told once, when it is played again.
pub fn shrink(seed: u64) -> Vec<usize> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let left = fewest(seed);
    std::panic::set_hook(hook);
    left
}

/// The places of a smaller list of events that still fails: chunks are left out as long as that succeeds.
fn fewest(seed: u64) -> Vec<usize> {
    let events = script(seed);
    let fails = |places: &[usize]| {
        let chosen: Vec<_> = places.iter().map(|place| events[*place]).collect();
        play(seed, &chosen, None).violation.is_some()
    };
    let mut places: Vec<usize> = (0..events.len()).collect();
    let mut size = places.len().div_ceil(2);
    loop {
        let mut start = 0;
        while start < places.len() {
            let end = (start + size).min(places.len());
            let fewer: Vec<usize> = places[..start].iter().chain(&places[end..]).copied().collect();
            if fails(&fewer) {
                places = fewer;
            } else {
                start = end;
            }
        }
        if size == 1 {
            return places;
        }
        size = size.div_ceil(2);
    }
}
