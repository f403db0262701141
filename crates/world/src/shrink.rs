//! Shrinking: which of a failing seed's events it takes.

use crate::play::play;
use crate::script::script;

/// The places of a smaller list of events that still fails: chunks are left out as long as that succeeds.
pub fn shrink(seed: u64) -> Vec<usize> {
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
