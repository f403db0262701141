//! Two operations against each other, by the CPU time of this thread.

use core::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How often the two take turns. Odd, so that there is a round in the middle.
const ROUNDS: usize = 51;

/// How long one turn is, about.
const TURN: Duration = Duration::from_millis(2);

/// Something to be timed, by the name that it has in the results.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    results: u8,
    run: Box<dyn FnMut()>,
}

impl Operation {
    /// `run` returns what it computed, so that the compiler cannot leave it out.
    pub(crate) fn new<T>(name: &'static str, mut run: impl FnMut() -> T + 'static) -> Self {
        let run = Box::new(move || drop(core::hint::black_box(run())));
        Self { name, results: 1, run }
    }

    /// One run gives so many results, and their times are what counts.
    pub(crate) fn giving(self, results: u8) -> Self {
        Self { results, ..self }
    }

    fn time(&mut self, times: u32) -> Duration {
        let start = cpu_time();
        for _ in 0..times {
            (self.run)();
        }
        cpu_time().saturating_sub(start)
    }

    /// How many nanoseconds one result takes, by one turn.
    fn each(&mut self, times: u32) -> f64 {
        self.time(times).as_secs_f64() * 1e9 / f64::from(times) / f64::from(self.results)
    }

    /// How often it runs in one turn. Finding out warms it up.
    fn times_in_a_turn(&mut self) -> u32 {
        let mut times = 1_u32;
        loop {
            let taken = self.time(times);
            if taken >= TURN {
                return times;
            }
            // At most doubled: the first runs are the slowest.
            let wanted = f64::from(times) * TURN.as_secs_f64() / taken.as_secs_f64().max(1e-9);
            let next = times.saturating_mul(2);
            times = if wanted < f64::from(next) { times.saturating_add(times.div_ceil(8)) } else { next };
        }
    }
}

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap(), now.tv_nsec.try_into().unwrap())
}

/// What came of the rounds: smallest, middle and largest of each.
pub(crate) struct Outcome {
    /// Their time over ours, taken in each round.
    pub(crate) ratio: [f64; 3],
    pub(crate) ours_ns: [f64; 3],
    pub(crate) theirs_ns: [f64; 3],
}

/// Ours, theirs, ours, theirs and so on: what disturbs the machine disturbs both.
pub(crate) fn contest(ours: &mut Operation, theirs: &mut Operation) -> Outcome {
    let turns = [ours.times_in_a_turn(), theirs.times_in_a_turn()];
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let [a, b] = turns;
        rounds.push((ours.each(a), theirs.each(b)));
    }
    Outcome {
        ratio: spread(rounds.iter().map(|(ours, theirs)| theirs / ours)),
        ours_ns: spread(rounds.iter().map(|(ours, _)| *ours)),
        theirs_ns: spread(rounds.iter().map(|(_, theirs)| *theirs)),
    }
}

/// Cycles in a nanosecond: the clock of this core, by a chain of multiplications and additions that wait for each other.
///
/// On x86-64 such a pair takes 3 cycles and 1, on every core since Nehalem and Zen. Elsewhere none is assumed.
pub(crate) fn clock() -> Option<f64> {
    const PAIRS: u32 = 100_000;
    let chain = || {
        let [mut x, addend] = core::hint::black_box([3_u64, 5]);
        for _ in 0..PAIRS {
            x = x.wrapping_mul(x).wrapping_add(addend);
        }
        x
    };
    let mut chain = Operation::new("clock", chain);
    let times = chain.times_in_a_turn();
    let [_, median, _] = spread((0..ROUNDS).map(|_| chain.each(times)));
    cfg!(target_arch = "x86_64").then(|| f64::from(4 * PAIRS) / median)
}

fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [values.first(), values.get(values.len() / 2), values.last()].map(|value| *value.unwrap())
}
