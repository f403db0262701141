//! What is counted while the cluster runs.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::http;

/// What was done to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Kill,
    Crash,
    Roll,
    Revoke,
}

/// What a process has counted since it was started.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Counted {
    /// Steps that another process was first to take.
    pub(crate) lost: u64,
    /// Transactions that the database asked to be made again.
    pub(crate) retried: u64,
    /// Time of the processor in the library, and in all, in microseconds.
    pub(crate) library: u64,
    pub(crate) all: u64,
}

impl Counted {
    fn plus(self, other: Self) -> Self {
        let add = |one: u64, more: u64| one.saturating_add(more);
        Self {
            lost: add(self.lost, other.lost),
            retried: add(self.retried, other.retried),
            library: add(self.library, other.library),
            all: add(self.all, other.all),
        }
    }
}

/// Everything that is counted.
pub(crate) struct Figures {
    begun: Instant,
    /// Whether they are shown as they come.
    is_shown: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ended: u32,
    /// When an order was answered first, and how long that took, in seconds.
    latencies: Vec<(f64, f64)>,
    marks: Vec<(f64, Mark)>,
    /// By port: what processes counted that are gone, and what the present one says.
    processes: BTreeMap<u16, (Counted, Counted)>,
}

impl Figures {
    pub(crate) fn new(is_shown: bool) -> Self {
        Self { begun: Instant::now(), is_shown, inner: Mutex::default() }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    pub(crate) fn ended(&self) {
        self.with(|inner| inner.ended = inner.ended.saturating_add(1));
    }

    pub(crate) fn count(&self) -> u32 {
        self.with(|inner| inner.ended)
    }

    pub(crate) fn answered(&self, after: Duration) {
        let at = self.seconds();
        self.with(|inner| inner.latencies.push((at, after.as_secs_f64())));
    }

    pub(crate) fn mark(&self, mark: Mark) {
        let at = self.seconds();
        self.with(|inner| inner.marks.push((at, mark)));
    }

    pub(crate) fn has_rolled(&self) -> bool {
        self.with(|inner| inner.marks.iter().any(|(_, mark)| *mark == Mark::Roll))
    }

    pub(crate) fn latencies(&self) -> Vec<(f64, f64)> {
        self.with(|inner| inner.latencies.clone())
    }

    pub(crate) fn marks(&self) -> Vec<(f64, Mark)> {
        self.with(|inner| inner.marks.clone())
    }

    pub(crate) fn counted(&self) -> Counted {
        self.with(|inner| {
            let each = inner.processes.values().map(|(gone, present)| gone.plus(*present));
            each.fold(Counted::default(), Counted::plus)
        })
    }

    /// Asks every process for what it has counted. What a process counted last before it was killed is lost.
    pub(crate) async fn sample(&self, cluster: &Cluster) {
        for process in &cluster.processes {
            let Ok(said) = http::ask(process.port, "/figures", Vec::new()).await else { continue };
            let Ok(said) = serde_json::from_slice::<Counted>(&said) else { continue };
            self.with(|inner| {
                let (gone, present) = inner.processes.entry(process.port).or_default();
                if said.all < present.all {
                    *gone = gone.plus(*present);
                }
                *present = said;
            });
        }
    }

    /// One line: how far it is, and how fast.
    fn line(&self, orders: u32) -> String {
        let (seconds, latencies, counted) = (self.seconds(), self.latencies(), self.counted());
        let recent: Vec<_> = latencies.iter().filter(|(at, _)| seconds - at < 5.0).map(|(_, each)| *each).collect();
        let rate = recent.len().to_string().parse::<f64>().unwrap_or(0.0) / seconds.clamp(0.1, 5.0);
        let kills = self.marks().iter().filter(|(_, mark)| *mark == Mark::Kill).count();
        format!(
            "{:>6} of {orders} orders, {rate:5.1} a second, p50 {} p99 {}, {} retries, {} lost races, {kills} kills",
            self.count(),
            milliseconds(percentile(&recent, 50)),
            milliseconds(percentile(&recent, 99)),
            counted.retried,
            counted.lost,
        )
    }
}

/// Looks at the processes and shows a line, until it is stopped.
pub(crate) async fn watch(cluster: Arc<Cluster>, figures: Arc<Figures>, orders: u32) {
    loop {
        sleep(Duration::from_millis(250)).await;
        figures.sample(&cluster).await;
        if figures.is_shown {
            let mut screen = std::io::stderr();
            // Nobody may be looking.
            let _ = write!(screen, "\r{}", figures.line(orders)).and_then(|()| screen.flush());
        }
    }
}

/// The value that so many in a hundred are not above.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = sorted.len().saturating_mul(percent).checked_div(100).unwrap_or(0);
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

pub(crate) fn milliseconds(seconds: f64) -> String {
    format!("{:.0} ms", seconds * 1000.0)
}
