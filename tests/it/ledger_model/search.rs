//! The search: every state that can be reached, the shortest way first.

use core::fmt;
use std::collections::HashMap;

use super::library::Library;
use super::setting::{Action, Finding, Setting};
use super::world::World;

/// A property that does not hold, and the shortest way there.
#[derive(Debug)]
pub struct Counterexample {
    pub finding: Finding,
    way: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after", self.finding)?;
        self.way.iter().try_for_each(|action| write!(f, "\n  {action}"))
    }
}

/// The states that were reached, each with how.
struct Reached {
    states: Vec<World>,
    from: Vec<Option<(usize, Action)>>,
    places: HashMap<World, usize>,
}

impl Reached {
    fn add(&mut self, state: &World, from: Option<(usize, Action)>) -> usize {
        let next = self.states.len();
        let place = *self.places.entry(*state).or_insert(next);
        if place == next {
            self.states.push(*state);
            self.from.push(from);
        }
        place
    }

    fn counterexample(&self, finding: Finding, mut from: Option<(usize, Action)>) -> Counterexample {
        let mut way = Vec::new();
        while let Some((place, action)) = from {
            way.insert(0, format!("{action:?} by {}", self.states[place].actor(&action)));
            from = self.from[place];
        }
        Counterexample { finding, way }
    }
}

/// Goes through all states, and says how many there are, or which property does not hold.
pub fn explore(setting: Setting) -> Result<usize, Counterexample> {
    let mut library = Library::new();
    let mut reached = Reached { states: Vec::new(), from: Vec::new(), places: HashMap::new() };
    let mut ways_back: Vec<(usize, usize)> = Vec::new();
    reached.add(&World::new(setting.cast), None);
    let mut place = 0;
    while let Some(&state) = reached.states.get(place) {
        let moves: Vec<_> = state.moves().collect();
        let count = moves.len();
        for (number, action) in moves.into_iter().chain(state.mishaps(setting)).enumerate() {
            match state.after(action, setting, &mut library) {
                Ok(next) => {
                    let next = reached.add(&next, Some((place, action)));
                    if number < count {
                        ways_back.push((next, place));
                    }
                }
                Err(finding) => return Err(reached.counterexample(finding, Some((place, action)))),
            }
        }
        place += 1;
    }
    match first_without_end(&reached.states, ways_back) {
        Some(place) => Err(reached.counterexample(Finding::NoEnd, reached.from[place])),
        None => Ok(reached.states.len()),
    }
}

/// The first state from which no moves of the processes, without another mishap, lead to a good end.
fn first_without_end(states: &[World], mut ways_back: Vec<(usize, usize)>) -> Option<usize> {
    ways_back.sort_unstable();
    let mut ends: Vec<_> = (0..states.len()).filter(|place| states[*place].has_ended_well()).collect();
    let mut leads_to_end = vec![false; states.len()];
    while let Some(place) = ends.pop() {
        if !core::mem::replace(&mut leads_to_end[place], true) {
            let first = ways_back.partition_point(|(to, _)| *to < place);
            ends.extend(ways_back[first..].iter().take_while(|(to, _)| *to == place).map(|(_, from)| *from));
        }
    }
    leads_to_end.iter().position(|leads| !leads)
}
