//! Clocks: the true time, and how far each process is off it.

/// When a world begins, in seconds since 1970.
pub const START: u64 = 1_800_000_000;
pub const DAY: u64 = 24 * 3600;
/// How long an epoch lasts.
pub const EPOCH: u64 = 20 * DAY;
/// How many epochs there are; a world begins somewhere in the first.
pub const EPOCHS: u64 = 6;
/// By how much the parties let a sender's clock be ahead of theirs.
pub const SKEW: u64 = 300;

#[derive(Clone, Debug)]
pub struct Clock {
    now: u64,
    /// By how many seconds the clock of each process is off.
    off: Vec<i64>,
}

impl Clock {
    pub fn new(now: u64, processes: usize) -> Self {
        Self { now, off: vec![0; processes] }
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    /// The time as a process has it.
    pub fn at(&self, process: usize) -> u64 {
        self.now.saturating_add_signed(self.off[process])
    }

    pub fn advance(&mut self, seconds: u64) {
        self.now = (self.now + seconds).min(START + EPOCHS * EPOCH - DAY);
    }

    pub fn set_off(&mut self, process: usize, seconds: i64) {
        self.off[process] = seconds;
    }

    pub fn heal(&mut self) {
        self.off.fill(0);
    }
}
