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

/// What is wrong, without the numbers and digests that are others in another run.
fn kind(violation: &str) -> Vec<&str> {
    violation.split(' ').filter(|word| !word.contains(|letter: char| letter.is_ascii_digit())).collect()
}

/// The places of a smaller list of events that still fails in the same way: chunks are left out as long as that succeeds.
fn fewest(seed: u64) -> Vec<usize> {
    let events = script(seed);
    let whole = play(seed, &events, None).violation.unwrap_or_default();
    let fails = |places: &[usize]| {
        let chosen: Vec<_> = places.iter().map(|place| events[*place]).collect();
        play(seed, &chosen, None).violation.is_some_and(|violation| kind(&violation) == kind(&whole))
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
